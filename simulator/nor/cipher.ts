// SPDX-License-Identifier: MIT
/**
 * Stands for the flash encryption of the ESP32: blocks of 16 bytes, each turned into another by a key and its address,
 * so that one bit that is wrong in flash spoils all 16 bytes that are read, and erased flash reads as noise. It is no
 * cipher to hide anything with.
 */

export const blockBytes = 16;
const ROUNDS = 3;

/** The quarter round of ChaCha (Bernstein), which can be run backwards, over the four words of a block. */
export class Cipher {
	readonly #words = new Int32Array(4);
	readonly #bytes = new Uint8Array(this.#words.buffer);
	readonly #key: number;

	constructor(key: number) {
		this.#key = key | 0;
	}

	/** Turns the 16 bytes of `from` into those that flash holds at `address`. */
	encrypt(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, address: number): void {
		this.#take(from, fromAt);
		const words = this.#words;
		let [a, b, c, d] = [words[0], words[1], words[2], words[3]];
		for (let round = 0; round < ROUNDS; round++) {
			a ^= this.#tweak(address, round);
			a = (a + b) | 0;
			d = rotate(d ^ a, 16);
			c = (c + d) | 0;
			b = rotate(b ^ c, 12);
			a = (a + b) | 0;
			d = rotate(d ^ a, 8);
			c = (c + d) | 0;
			b = rotate(b ^ c, 7);
		}
		this.#give(a, b, c, d, to, toAt);
	}

	decrypt(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, address: number): void {
		this.#take(from, fromAt);
		const words = this.#words;
		let [a, b, c, d] = [words[0], words[1], words[2], words[3]];
		for (let round = ROUNDS - 1; round >= 0; round--) {
			b = rotate(b, 25) ^ c;
			c = (c - d) | 0;
			d = rotate(d, 24) ^ a;
			a = (a - b) | 0;
			b = rotate(b, 20) ^ c;
			c = (c - d) | 0;
			d = rotate(d, 16) ^ a;
			a = (a - b) | 0;
			a ^= this.#tweak(address, round);
		}
		this.#give(a, b, c, d, to, toAt);
	}

	#tweak(address: number, round: number): number {
		return Math.imul(address + this.#key, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b);
	}

	#take(from: Uint8Array, at: number): void {
		for (let i = 0; i < blockBytes; i++) this.#bytes[i] = from[at + i];
	}

	#give(a: number, b: number, c: number, d: number, to: Uint8Array, at: number): void {
		this.#words[0] = a;
		this.#words[1] = b;
		this.#words[2] = c;
		this.#words[3] = d;
		for (let i = 0; i < blockBytes; i++) to[at + i] = this.#bytes[i];
	}
}

function rotate(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}
