// SPDX-License-Identifier: MIT
import type { Block, Random } from "../ports.js";
import { checkText } from "../wire/topic.js";
import { Writer } from "../wire/writer.js";
import type { AuthenticationMethod } from "./authentication.js";
import { HASH_BYTES, KEY_BYTES, Sha256 } from "./sha256.js";

export interface ScramOptions {
	/** A name of 1 to 255 bytes. */
	readonly user: string;
	/**
	 * Text, or bytes. What is beyond ASCII must have been prepared: RFC 4013 (in short, Unicode's form NFKC) is not applied here.
	 * Its key is derived in the client's turn when the server tells salt and iterations for the first time, and again when it
	 * tells others. Each iteration takes 90 µs of a desktop's XS (`test/xs/gates/authentication.ts`), and far longer on a
	 * microcontroller, which does nothing else meanwhile. There, give `saltedPassword`.
	 */
	readonly password?: string | Uint8Array;
	/** In place of the password: its 32 bytes of {@link saltedPassword}, made where there is time, with the server's salt and iterations. */
	readonly saltedPassword?: Uint8Array;
	/** For nonces: the board's. It must be hard to guess. */
	readonly random: Random;
	/** A server that asks for fewer is not trusted: whoever listens could try passwords faster. Default 4096 [RFC 7677]. */
	readonly leastIterations?: number;
	/** A server that asks for more is refused, since it would keep us busy. Default 65536. Counts with a password only. */
	readonly mostIterations?: number;
}

/** Where what stands in the object's bytes. */
const enum At {
	Sha = 0,
	/** The password as a key. */
	Password = 288,
	Salted = 352,
	/** Used while `Salted` is made. */
	Spare = 384,
	/** The key of the HMAC that is being made; before that, what it is made of. */
	Key = 416,
	ClientKey = 480,
	/** What the server has to prove, and keys on the way to it. */
	Signature = 512,
	/** The salt of `Salted`. */
	Salt = 544,
	/** The salt that the server tells; up to three bytes may be written at once. */
	Told = 608,
	End = 676,
}

const enum Step {
	None = 0,
	Begun = 1,
	Answered = 2,
}

const SALT_MOST = 64;
const NONCE_BYTES = 24;
const COMMA = 0x2c;
const EQUALS = 0x3d;

// biome-ignore format: a table
const BASE64: Readonly<Uint8Array> = Uint8Array.of(
	0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50,
	0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
	0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
	0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2b, 0x2f,
);
/** "Client Key". */
const CLIENT_KEY: Readonly<Uint8Array> = Uint8Array.of(
	0x43,
	0x6c,
	0x69,
	0x65,
	0x6e,
	0x74,
	0x20,
	0x4b,
	0x65,
	0x79,
);
/** "Server Key". */
const SERVER_KEY: Readonly<Uint8Array> = Uint8Array.of(
	0x53,
	0x65,
	0x72,
	0x76,
	0x65,
	0x72,
	0x20,
	0x4b,
	0x65,
	0x79,
);
/** ",c=biws,r=": no channel is bound. */
const BINDING: Readonly<Uint8Array> = Uint8Array.of(
	0x2c,
	0x63,
	0x3d,
	0x62,
	0x69,
	0x77,
	0x73,
	0x2c,
	0x72,
	0x3d,
);

/**
 * SCRAM-SHA-256 [RFC 5802, RFC 7677], a method for {@link Authentication}: the password never travels, and the server has to
 * prove that it has it, too. Channels are not bound, so the link wants TLS all the same.
 *
 *     CONNECT or AUTH 0x19  ─ n,,n=user,r=nonce ──────────────▶
 *                           ◀─ r=nonce+theirs,s=salt,i=rounds ─ AUTH 0x18
 *     AUTH 0x18             ─ c=biws,r=nonce+theirs,p=proof ──▶
 *                           ◀─ v=signature ─────────────────── CONNACK or AUTH, reason 0
 *
 * It takes 1,336 bytes of heap on 32 bit with a name of four characters, and needs 180 `dataBytes` with a nonce of 24 bytes of
 * the server's. Allocates nothing once made.
 */
export class ScramSha256 implements AuthenticationMethod {
	readonly name = "SCRAM-SHA-256";
	private step: Step = Step.None;
	/** Iterations and length of the salt of what was derived last; 0: nothing was. */
	private iterations = 0;
	private saltLength = 0;
	private readonly random: Random;
	private readonly least: number;
	/** 0: the salted password was given. */
	private readonly most: number;
	private readonly block: Block;
	private readonly sha: Sha256;
	/** `n=user,r=nonce`. */
	private readonly bare: Uint8Array;

	constructor(options: ScramOptions) {
		const { password, saltedPassword, leastIterations = 4096, mostIterations = 65_536 } = options;
		if ((password === undefined) === (saltedPassword === undefined))
			throw new RangeError("scram: either a password or a saltedPassword");
		if (!(Number.isInteger(leastIterations) && leastIterations > 0 && leastIterations <= mostIterations))
			throw new RangeError("scram: leastIterations must be 1 to mostIterations");
		this.random = options.random;
		this.least = leastIterations;
		this.most = password === undefined ? 0 : mostIterations;
		this.block = newBlock(At.End);
		this.sha = new Sha256(this.block, At.Sha);
		if (password !== undefined) readyKey(this.block, this.sha, password, At.Key, At.Password);
		else if (saltedPassword!.length === HASH_BYTES) this.block.bytes.set(saltedPassword!, At.Salted);
		else throw new RangeError("scram: saltedPassword has 32 bytes");
		const name = utf8(options.user.replaceAll("=", "=3D").replaceAll(",", "=2C"));
		if (name.length === 0 || name.length > 255) throw new RangeError("scram: user must have 1 to 255 bytes");
		this.bare = utf8(`n=,r=${" ".repeat(name.length + NONCE_BYTES)}`);
		this.bare.set(name, 2);
		this.bare.set(utf8(",r="), 2 + name.length);
	}

	begin(out: Writer): void {
		const { bare } = this;
		for (let at = bare.length - NONCE_BYTES; at < bare.length; at++) bare[at] = BASE64[this.random.below(64)];
		out.text("n,,");
		out.bytes(bare);
		this.step = Step.Begun;
	}

	answer(bytes: Uint8Array, start: number, end: number, out: Writer): boolean {
		const begun = this.step === Step.Begun;
		this.step = Step.None;
		if (!begun) return false;
		const nonceEnd = this.nonceEnd(bytes, start, end);
		if (nonceEnd < 0 || !this.salt(bytes, nonceEnd, end)) return false;
		const { block, sha } = this;
		// ClientKey and its hash, StoredKey; what is signed with that hides ClientKey from whoever does not have StoredKey.
		this.keyFrom(CLIENT_KEY, At.ClientKey);
		sha.begin();
		sha.add(block.bytes, At.ClientKey, At.ClientKey + HASH_BYTES);
		sha.end(At.Signature);
		this.sign(bytes, start, end, nonceEnd);
		for (let i = 0; i < HASH_BYTES; i++) block.bytes[At.ClientKey + i] ^= block.bytes[At.Signature + i];
		out.text("c=biws,r=");
		for (let at = start + 2; at < nonceEnd; at++) out.byte(bytes[at]);
		out.text(",p=");
		for (let i = 0; i < 44; i++) out.byte(base64At(block.bytes, At.ClientKey, i));
		this.keyFrom(SERVER_KEY, At.Signature);
		this.sign(bytes, start, end, nonceEnd);
		this.step = Step.Answered;
		return true;
	}

	finish(bytes: Uint8Array, start: number, end: number): boolean {
		const answered = this.step === Step.Answered;
		this.step = Step.None;
		// "v=" and 44 characters; what comes behind a comma we need not know.
		if (!answered || end - start < 46 || (end - start > 46 && bytes[start + 46] !== COMMA)) return false;
		let difference = (bytes[start] ^ 0x76) | (bytes[start + 1] ^ EQUALS);
		for (let i = 0; i < 44; i++)
			difference |= bytes[start + 2 + i] ^ base64At(this.block.bytes, At.Signature, i);
		return difference === 0;
	}

	/** Where the server's nonce ends, which begins with ours and goes on [RFC 5802, 5.1]; -1: it does not. */
	private nonceEnd(bytes: Uint8Array, start: number, end: number): number {
		const { bare } = this;
		const ours = bare.length - NONCE_BYTES;
		let at = start + 2;
		if (end - start < 2 + NONCE_BYTES || bytes[start] !== 0x72 || bytes[start + 1] !== EQUALS) return -1;
		for (let i = 0; i < NONCE_BYTES; i++) if (bytes[at++] !== bare[ours + i]) return -1;
		const from = at;
		while (at < end && bytes[at] !== COMMA) if (bytes[at] < 0x21 || bytes[at++] > 0x7e) return -1;
		return at > from && at < end ? at : -1;
	}

	/** Takes `,s=salt,i=iterations` at `at`, and derives the salted password when it is another one. False: it is not as it ought to be. */
	private salt(bytes: Uint8Array, at: number, end: number): boolean {
		if (at + 3 > end || bytes[at + 1] !== 0x73 || bytes[at + 2] !== EQUALS) return false;
		at += 3;
		const from = at;
		while (at < end && bytes[at] !== COMMA) at++;
		const length = this.decode(bytes, from, at);
		if (length <= 0 || at + 4 > end || bytes[at + 1] !== 0x69 || bytes[at + 2] !== EQUALS) return false;
		let iterations = 0;
		for (at += 3; at < end && bytes[at] !== COMMA; at++) {
			const digit = bytes[at] - 0x30;
			if (digit < 0 || digit > 9 || iterations > 9_999_999) return false;
			iterations = iterations * 10 + digit;
		}
		// What may follow is for us to pass over: only "m=" at the beginning would be mandatory.
		if (iterations < this.least) return false;
		if (this.most === 0) return true;
		return iterations <= this.most && this.derive(length, iterations);
	}

	private derive(length: number, iterations: number): boolean {
		const { bytes } = this.block;
		let same = iterations === this.iterations && length === this.saltLength;
		for (let i = 0; same && i < length; i++) same = bytes[At.Told + i] === bytes[At.Salt + i];
		if (same) return true;
		bytes.copyWithin(At.Salt, At.Told, At.Told + length);
		this.saltLength = length;
		this.iterations = iterations;
		this.sha.derive(At.Password, At.Salt, At.Salt + length, iterations, At.Salted);
		return true;
	}

	/** Decodes the salt. Returns its length, or -1 when it is no base64, or too long. */
	private decode(bytes: Uint8Array, start: number, end: number): number {
		if (((end - start) & 3) !== 0) return -1;
		const out = this.block.bytes;
		let length = 0;
		let bits = 0;
		for (let at = start; at < end; at++) {
			const c = bytes[at];
			// One or two "=" stand for what is missing at the end.
			if (c === EQUALS && at >= end - 2 && bytes[end - 1] === EQUALS) {
				length -= 1;
				bits <<= 6;
			} else {
				const value = sextet(c);
				if (value < 0) return -1;
				bits = (bits << 6) | value;
			}
			if (((at - start) & 3) !== 3) continue;
			if (length + 3 > SALT_MOST) return -1;
			for (let i = 0; i < 3; i++) out[At.Told + (at - start - 3) * 0.75 + i] = bits >> (16 - 8 * i);
			length += 3;
			bits = 0;
		}
		return length;
	}

	/** HMAC of a constant with the salted password, to `to`. */
	private keyFrom(text: Uint8Array, to: number): void {
		const { sha } = this;
		sha.key(At.Salted, At.Salted + HASH_BYTES, At.Key);
		sha.beginMac(At.Key);
		sha.add(text, 0, text.length);
		sha.endMac(At.Key, to);
	}

	/** HMAC of all that was said, with the key in `At.Signature`, in place of it [RFC 5802, 3: AuthMessage]. */
	private sign(bytes: Uint8Array, start: number, end: number, nonceEnd: number): void {
		const { sha, bare } = this;
		sha.key(At.Signature, At.Signature + HASH_BYTES, At.Key);
		sha.beginMac(At.Key);
		sha.add(bare, 0, bare.length);
		sha.byte(COMMA);
		sha.add(bytes, start, end);
		sha.add(BINDING, 0, BINDING.length);
		sha.add(bytes, start + 2, nonceEnd);
		sha.endMac(At.Key, At.Signature);
	}
}

/**
 * The 32 bytes that `ScramOptions.saltedPassword` wants: PBKDF2 of the password, as the server does it. For where there is time,
 * such as a program that sets boards up: it takes two hashes for each iteration. Allocates.
 */
export function saltedPassword(
	password: string | Uint8Array,
	salt: Uint8Array,
	iterations: number,
): Uint8Array {
	const block = newBlock(At.Salt + salt.length);
	const sha = new Sha256(block, At.Sha);
	readyKey(block, sha, password, At.Key, At.Password);
	block.bytes.set(salt, At.Salt);
	sha.derive(At.Password, At.Salt, At.Salt + salt.length, iterations, At.Salted);
	return block.bytes.slice(At.Salted, At.Salted + HASH_BYTES);
}

function newBlock(size: number): Block {
	const bytes = new Uint8Array(size);
	return { bytes, view: new DataView(bytes.buffer) };
}

/** Makes a password ready for HMAC, by way of `from`; one of more than 64 bytes is its hash [RFC 2104]. Construction only. */
function readyKey(block: Block, sha: Sha256, password: string | Uint8Array, from: number, to: number): void {
	const bytes = typeof password === "string" ? utf8(password) : password;
	let { length } = bytes;
	if (length > KEY_BYTES) {
		sha.begin();
		sha.add(bytes, 0, length);
		sha.end(from);
		length = HASH_BYTES;
	} else block.bytes.set(bytes, from);
	sha.key(from, from + length, to);
}

/** Text in UTF-8. Throws for what no MQTT string may hold. Construction only. */
function utf8(text: string): Uint8Array {
	checkText(text);
	const block = newBlock(3 * text.length);
	const writer = new Writer(block);
	writer.begin(0, block.bytes.length);
	writer.text(text);
	return block.bytes.slice(0, writer.position);
}

/** Character `i` (0 to 43) of the base64 of the 32 bytes at `at`. */
function base64At(bytes: Uint8Array, at: number, i: number): number {
	if (i === 43) return EQUALS;
	const first = at + ((i * 3) >> 2);
	const shift = (i * 6) & 7;
	// The second byte of the last sextet is not there: it counts as 0.
	const pair = (bytes[first] << 8) | (i === 42 ? 0 : bytes[first + 1]);
	return BASE64[(pair >> (10 - shift)) & 63];
}

/** The six bits that a character of base64 stands for; -1: it is none. */
function sextet(c: number): number {
	if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
	if (c >= 0x41 && c <= 0x5a) return c - 0x41;
	if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
	return c === 0x2b ? 62 : c === 0x2f ? 63 : -1;
}
