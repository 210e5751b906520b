// SPDX-License-Identifier: MIT
/**
 * SHA-1 (FIPS 180-4) and Base64 (RFC 4648), as far as the WebSocket handshake needs them: a proof that the other end has
 * read the request, no secret. Cold, and smaller than the SDK's `crypt`, which a board without TLS does not carry.
 */

/** The digest of `message`: 20 bytes. */
export function sha1(message: Uint8Array): Uint8Array {
	const { length } = message;
	// A one-bit, zeros, and the length in bits fill up the last block of 64 bytes.
	const padded = new Uint8Array((length + 72) & ~63);
	padded.set(message);
	padded[length] = 0x80;
	const view = new DataView(padded.buffer);
	view.setUint32(padded.length - 4, length << 3);
	const state = new Int32Array(5);
	state[0] = 0x67452301;
	state[1] = 0xefcdab89;
	state[2] = 0x98badcfe;
	state[3] = 0x10325476;
	state[4] = 0xc3d2e1f0;
	const schedule = new Int32Array(80);
	for (let at = 0; at < padded.length; at += 64) addBlock(state, schedule, view, at);
	const digest = new Uint8Array(20);
	const out = new DataView(digest.buffer);
	for (let i = 0; i < 5; i++) out.setInt32(i << 2, state[i]);
	return digest;
}

/** FIPS 180-4, section 6.1.2. */
function addBlock(state: Int32Array, schedule: Int32Array, view: DataView, at: number): void {
	for (let t = 0; t < 16; t++) schedule[t] = view.getInt32(at + (t << 2));
	for (let t = 16; t < 80; t++)
		schedule[t] = rotated(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
	let a = state[0];
	let b = state[1];
	let c = state[2];
	let d = state[3];
	let e = state[4];
	for (let t = 0; t < 80; t++) {
		let mixed: number;
		if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
		else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
		else if (t < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else mixed = (b ^ c ^ d) + 0xca62c1d6;
		mixed = (rotated(a, 5) + mixed + e + schedule[t]) | 0;
		e = d;
		d = c;
		c = rotated(b, 30);
		b = a;
		a = mixed;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

function rotated(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}

/** Base64 as bytes of ASCII, padded with "=". */
export function base64(bytes: Uint8Array): Uint8Array {
	const { length } = bytes;
	const out = new Uint8Array(Math.ceil(length / 3) * 4);
	let at = 0;
	for (let i = 0; i < length; i += 3) {
		const group = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		out[at++] = sextet(group >>> 18);
		out[at++] = sextet(group >>> 12);
		out[at++] = i + 1 < length ? sextet(group >>> 6) : 0x3d;
		out[at++] = i + 2 < length ? sextet(group) : 0x3d;
	}
	return out;
}

/** The character for the low six bits. */
function sextet(value: number): number {
	const six = value & 63;
	if (six < 26) return six + 0x41;
	if (six < 52) return six - 26 + 0x61;
	if (six < 62) return six - 52 + 0x30;
	return six === 62 ? 0x2b : 0x2f;
}
