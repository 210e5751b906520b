// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";

/** Bytes of the block that a {@link Sha256} works in: its state, and the schedule, which begins with the piece of the message. */
export const SHA256_BYTES = 32 + 256;
/** Bytes of a hash. */
export const HASH_BYTES = 32;
/** Bytes of a key that was made ready for HMAC, see {@link Sha256.key}. */
export const KEY_BYTES = 64;

/** Bytes of a message that are worked in at once. */
const PIECE = 64;

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes, and the cube roots of the first 64. */
// biome-ignore format: eight a line
const START: Readonly<Int32Array> = Int32Array.of(
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
// biome-ignore format: eight a line
const ROUND: Readonly<Int32Array> = Int32Array.of(
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

/** SHA-256 and HMAC [RFC 6234] over a part of a block, where all that it is given as an offset stands, too. Allocates nothing. */
export class Sha256 {
	/** Bytes of the message so far. */
	private length = 0;
	private readonly bytes: Uint8Array;
	private readonly view: DataView;
	/** The state, and where the piece of the message begins. */
	private readonly state: number;
	private readonly piece: number;

	/** Takes {@link SHA256_BYTES} of the block, from `start` on. */
	constructor(block: Block, start: number) {
		this.bytes = block.bytes;
		this.view = block.view;
		this.state = start;
		this.piece = start + HASH_BYTES;
	}

	/** Begins a message. */
	begin(): void {
		for (let i = 0; i < 8; i++) this.view.setInt32(this.state + i * 4, START[i]);
		this.length = 0;
	}

	/** The next byte of the message: the low eight bits of `n`. */
	byte(n: number): void {
		this.bytes[this.piece + (this.length++ & (PIECE - 1))] = n;
		if ((this.length & (PIECE - 1)) === 0) this.work();
	}

	/** The next bytes of the message: `source[start]` to `source[end - 1]`. */
	add(source: Uint8Array, start: number, end: number): void {
		for (let at = start; at < end; at++) this.byte(source[at]);
	}

	/** Ends the message and writes its hash to `to`. */
	end(to: number): void {
		const bits = this.length * 8;
		this.byte(0x80);
		while ((this.length & (PIECE - 1)) !== PIECE - 8) this.byte(0);
		this.view.setUint32(this.piece + PIECE - 8, 0); // no message here has 2³² bits
		this.view.setUint32(this.piece + PIECE - 4, bits);
		this.work();
		this.bytes.copyWithin(to, this.state, this.state + HASH_BYTES);
	}

	/** Makes the key `[start, end)`, of {@link KEY_BYTES} at most, ready at `to`, for which {@link KEY_BYTES} are needed. */
	key(start: number, end: number, to: number): void {
		this.pad(start, end, 0x36, to);
		this.pad(start, end, 0x5c, to + HASH_BYTES);
	}

	/** Begins an HMAC with the key that was made ready at `key`. */
	beginMac(key: number): void {
		this.bytes.copyWithin(this.state, key, key + HASH_BYTES);
		this.length = PIECE;
	}

	/** Ends it, and writes it to `to`. */
	endMac(key: number, to: number): void {
		this.end(to);
		this.beginMac(key + HASH_BYTES);
		this.add(this.bytes, to, to + HASH_BYTES);
		this.end(to);
	}

	/** HMAC of the 32 bytes at `from`, written to `to`: what {@link derive} does thousands of times. */
	private macOfHash(key: number, from: number, to: number): void {
		const { bytes, view, state, piece } = this;
		for (let half = key; half <= key + HASH_BYTES; half += HASH_BYTES) {
			bytes.copyWithin(state, half, half + HASH_BYTES);
			bytes.copyWithin(piece, from, from + HASH_BYTES);
			bytes.fill(0, piece + HASH_BYTES, piece + PIECE);
			view.setUint8(piece + HASH_BYTES, 0x80);
			view.setUint16(piece + PIECE - 2, (PIECE + HASH_BYTES) * 8);
			this.work();
			bytes.copyWithin(to, state, state + HASH_BYTES);
			from = to;
		}
	}

	/**
	 * PBKDF2 [RFC 8018] of one hash: with the password as a key that was made ready at `key`, and the salt `[start, end)`.
	 * Written to `to`; the 32 bytes at `to + 32` are used on the way. Takes two rounds of the hash for each iteration.
	 */
	derive(key: number, start: number, end: number, iterations: number, to: number): void {
		const { bytes, view } = this;
		const next = to + HASH_BYTES;
		this.beginMac(key);
		this.add(bytes, start, end);
		for (let i = 0; i < 4; i++) this.byte(i === 3 ? 1 : 0);
		this.endMac(key, to);
		bytes.copyWithin(next, to, next);
		for (let n = 1; n < iterations; n++) {
			this.macOfHash(key, next, next);
			for (let i = 0; i < HASH_BYTES; i += 4)
				view.setInt32(to + i, view.getInt32(to + i) ^ view.getInt32(next + i));
		}
	}

	/** The state after the key, combined with `mask`, as the first piece of a message. */
	private pad(start: number, end: number, mask: number, to: number): void {
		this.begin();
		for (let i = 0; i < PIECE; i++) this.byte((start + i < end ? this.bytes[start + i] : 0) ^ mask);
		this.bytes.copyWithin(to, this.state, this.state + HASH_BYTES);
	}

	/** Works the piece into the state [RFC 6234, 6.2]. */
	private work(): void {
		const view = this.view;
		const state = this.state;
		const first = this.piece;
		const last = first + 256;
		for (let at = first + PIECE; at < last; at += 4) {
			const x = view.getInt32(at - 60);
			const y = view.getInt32(at - 8);
			const sx = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const sy = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			view.setInt32(at, sx + sy + view.getInt32(at - 64) + view.getInt32(at - 28));
		}
		let a = view.getInt32(state);
		let b = view.getInt32(state + 4);
		let c = view.getInt32(state + 8);
		let d = view.getInt32(state + 12);
		let e = view.getInt32(state + 16);
		let f = view.getInt32(state + 20);
		let g = view.getInt32(state + 24);
		let h = view.getInt32(state + 28);
		for (let i = 0; i < 64; i++) {
			const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const t = (h + s + ((e & f) ^ (~e & g)) + ROUND[i] + view.getInt32(first + i * 4)) | 0;
			const u = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const v = (a & b) ^ (a & c) ^ (b & c);
			h = g;
			g = f;
			f = e;
			e = (d + t) | 0;
			d = c;
			c = b;
			b = a;
			a = (t + u + v) | 0;
		}
		view.setInt32(state, view.getInt32(state) + a);
		view.setInt32(state + 4, view.getInt32(state + 4) + b);
		view.setInt32(state + 8, view.getInt32(state + 8) + c);
		view.setInt32(state + 12, view.getInt32(state + 12) + d);
		view.setInt32(state + 16, view.getInt32(state + 16) + e);
		view.setInt32(state + 20, view.getInt32(state + 20) + f);
		view.setInt32(state + 24, view.getInt32(state + 24) + g);
		view.setInt32(state + 28, view.getInt32(state + 28) + h);
	}
}
