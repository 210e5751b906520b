// SPDX-License-Identifier: MIT
/** Real time for the broker. */

import type { Schedule, Scheduled } from "../seams.js";

const delayMaxMs = 2 ** 31 - 1;

/**
 * Its timers do not keep the process alive: a broker lives as long as somebody listens, not as long as a session waits
 * to expire. What is due at once (`after(0, …)`) is always done.
 */
export class NodeSchedule implements Schedule {
	readonly #startMs = performance.now();
	/** Fixed at the start, so that `epochMs` never goes back either. */
	readonly #startEpochMs = Date.now();

	get now(): number {
		return performance.now() - this.#startMs;
	}

	get epochMs(): number {
		return this.#startEpochMs + this.now;
	}

	after(delayMs: number, action: () => void): Scheduled {
		if (!(delayMs >= 0)) throw new RangeError(`a delay of ${delayMs} ms`);
		return new NodeScheduled(delayMs, action);
	}

	cancel(scheduled: Scheduled): void {
		if (scheduled instanceof NodeScheduled) scheduled.cancel();
	}
}

class NodeScheduled {
	readonly #action: () => void;
	#immediate: NodeJS.Immediate | undefined;
	#timeout: NodeJS.Timeout | undefined;

	constructor(delayMs: number, action: () => void) {
		this.#action = action;
		if (delayMs === 0) this.#immediate = setImmediate(action);
		else this.#wait(delayMs);
	}

	cancel(): void {
		clearImmediate(this.#immediate);
		clearTimeout(this.#timeout);
	}

	/** `setTimeout` fires at once when the delay is above 24.8 days: those are waited for in parts. */
	#wait(delayMs: number): void {
		const part = Math.min(Math.ceil(delayMs), delayMaxMs);
		this.#timeout = setTimeout(() => (part < delayMs ? this.#wait(delayMs - part) : this.#action()), part);
		this.#timeout.unref();
	}
}
