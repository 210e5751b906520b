// SPDX-License-Identifier: MIT
/** Seeded random numbers: the same seed and label give the same draws, on every machine. */

import type { Random } from "../../lib/ports.js";

/**
 * xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state filled by
 * splitmix32 from a hash of seed and label. Not for secrets.
 */
export class SeededRandom implements Random {
	readonly seed: number;
	/** The labels that led here from the root, joined by "/"; empty at the root. */
	readonly label: string;
	/** Four numbers, not a typed array: of thousands of boards each has several. */
	readonly #state: RandomState = { a: 0, b: 0, c: 0, d: 0 };

	/** `seed`: any whole number up to 2⁵³ - 1. */
	constructor(seed: number, label = "") {
		if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a whole number, not ${seed}`);
		this.seed = seed;
		this.label = label;
		fill(this.#state, `${seed}/${label}`);
	}

	/**
	 * An independent source for one consumer. It depends on the seed and the labels, not on what was drawn before:
	 * a new consumer does not shift the draws of the others.
	 */
	fork(label: string): SeededRandom {
		return new SeededRandom(this.seed, this.label === "" ? label : `${this.label}/${label}`);
	}

	/** The next 32 bits, as a number from 0 to 2³² - 1. */
	next(): number {
		return xoshiro(this.#state);
	}

	/** An integer from 0 to `limit - 1`, exactly even: the draws that would favour small numbers are thrown away. */
	below(limit: number): number {
		if (!(limit >= 1 && limit <= 2 ** 32)) throw new RangeError(`below(${limit}): a limit is 1 to 2^32`);
		const even = 2 ** 32 - (2 ** 32 % limit);
		let drawn = this.next();
		while (drawn >= even) drawn = this.next();
		return drawn % limit;
	}

	/** A number from 0 up to, but not including, 1, in steps of 2⁻³². */
	fraction(): number {
		return this.next() / 2 ** 32;
	}

	/** True with the given probability, 0 to 1. Always draws once. */
	chance(probability: number): boolean {
		return this.fraction() < probability;
	}
}

/** 128 bits, as four integers of 32; the sign does not matter. */
export interface RandomState {
	a: number;
	b: number;
	c: number;
	d: number;
}

/** One step of xoshiro128** 1.1: the next 32 bits of this state, which must not be all zero. */
export function xoshiro(s: RandomState): number {
	const result = Math.imul(rotate(Math.imul(s.b, 5), 7), 9) >>> 0;
	const shifted = s.b << 9;
	s.c ^= s.a;
	s.d ^= s.b;
	s.b ^= s.c;
	s.a ^= s.d;
	s.c ^= shifted;
	s.d = rotate(s.d, 11);
	return result;
}

function rotate(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}

/** cyrb53's two lanes (bryc, public domain) hash the text; splitmix32 spreads them over the four words of state. */
function fill(state: RandomState, text: string): void {
	let h1 = 0xdeadbeef;
	let h2 = 0x41c6ce57;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		h1 = Math.imul(h1 ^ unit, 2654435761);
		h2 = Math.imul(h2 ^ unit, 1597334677);
	}
	state.a = splitmix(h1 + GOLDEN);
	state.b = splitmix(h1 + 2 * GOLDEN);
	state.c = splitmix(h2 + GOLDEN);
	state.d = splitmix(h2 + 2 * GOLDEN);
	if ((state.a | state.b | state.c | state.d) === 0) state.a = 1; // the one state that xoshiro never leaves
}

const GOLDEN = 0x9e3779b9;

function splitmix(value: number): number {
	let z = value | 0;
	z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
	z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
	return z ^ (z >>> 15);
}
