// SPDX-License-Identifier: MIT
import type { Limits } from "../limits.js";
import type { Random } from "../ports.js";

/**
 * How long to wait before the next attempt to connect. The first wait is half fixed, half random, so that a thousand boards which
 * lost the same broker do not return in the same second. Each later one is one and a half times to twice the one before it, up to
 * a cap; from the beginning only after a connection has lasted.
 *
 * A wait grows from what was drawn, not from its bound, and so each draw counts for all that follow it. With bounds that double
 * for everybody, most boards are at the same step when the broker returns, and come back in half of the time that the last one
 * takes: of 10,000 boards after two minutes up to 2.6 times as many a second as the mean, after some outages over 4 times.
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
		const drawn = slow || ceiling === backoffMs ? (ceiling + 1) >> 1 : ceiling >> 2;
		const ms = ceiling - drawn + this.random.below(drawn + 1);
		if (!slow) this.ceiling = Math.min(Math.max(ms * 2, backoffMs + 1), backoffMaxMs); // the first has its own draw
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
