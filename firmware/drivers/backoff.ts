// SPDX-License-Identifier: MIT
import type { Random } from "../../lib/index.js";

/**
 * How long to rest before the next attempt: half fixed, half random, so that the boards of a house which lost the same
 * access point do not return in the same second; doubling up to a most. The client's own is not public.
 */
export class Backoff {
	readonly #random: Random;
	readonly #firstMs: number;
	readonly #mostMs: number;
	#ceilingMs: number;

	constructor(random: Random, firstMs: number, mostMs: number) {
		this.#random = random;
		this.#firstMs = firstMs;
		this.#mostMs = mostMs;
		this.#ceilingMs = firstMs;
	}

	/** Milliseconds until the next attempt: `ceiling / 2` to `ceiling`. */
	next(): number {
		const ceiling = this.#ceilingMs;
		this.#ceilingMs = Math.min(ceiling * 2, this.#mostMs);
		const half = ceiling >> 1;
		return half + this.#random.below(ceiling - half + 1);
	}

	/** What failed before does not count any more. */
	reset(): void {
		this.#ceilingMs = this.#firstMs;
	}
}
