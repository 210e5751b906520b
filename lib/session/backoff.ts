// SPDX-License-Identifier: MIT
import type { Limits } from "../limits.js";
import type { Random } from "../ports.js";

/**
 * How long to wait before the next attempt to connect: half fixed, half random, so that a thousand boards which lost the
 * same broker do not return in the same second; doubling to a cap; from the beginning only after a connection has lasted.
 */
export class Backoff {
	private random: Random;
	private ceiling: number;
	/** Milliseconds that may be taken off the wait that {@link next} told last. */
	private spare = 0;

	constructor(limits: Limits, random: Random) {
		this.random = random;
		this.ceiling = limits.backoffMs;
	}

	/** Milliseconds until the next attempt, in the slow lane or not. */
	next(slow: boolean, limits: Limits): number {
		const { backoffMs, backoffMaxMs, slowLaneMs } = limits;
		const ceiling = slow ? slowLaneMs : this.ceiling;
		if (!slow) this.ceiling = ceiling * 2 < backoffMaxMs ? ceiling * 2 : backoffMaxMs;
		const half = ceiling >> 1;
		const ms = half + this.random.below(ceiling - half + 1);
		this.spare = slow || ms < backoffMs ? 0 : ms - backoffMs;
		return ms;
	}

	/**
	 * What is left of the wait, `ms`, now that the network is back: attempts stay `backoffMs` apart, or as far as they were to
	 * be if that is less, and the slow lane stays as slow as it is.
	 */
	hasten(ms: number): number {
		const left = ms - this.spare;
		this.spare = 0;
		return left > 0 ? left : 0;
	}

	/** The connection has lasted: failures before it do not count any more. */
	stable(limits: Limits): void {
		this.ceiling = limits.backoffMs;
	}
}
