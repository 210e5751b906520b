// SPDX-License-Identifier: MIT
import type { Platform } from "./types.js";

/** Longer than anything waits. */
const FOREVER_MS = 1 << 30;

/**
 * One alarm of a client, which goes with it. The SDK destroys a timer without repetition when it has fired, so this one
 * repeats, and is stopped at the beginning of its callback; first delay and repetition are equal because the timer of the
 * Linux simulator handles no others. Only construction allocates.
 */
export class Alarm {
	readonly #Timer: Platform["Timer"];
	#timer: object | undefined;

	constructor(Timer: Platform["Timer"], wake: () => void) {
		this.#Timer = Timer;
		const timer = Timer.set(
			() => {
				if (this.#timer === undefined) return;
				Timer.schedule(this.#timer);
				wake();
			},
			FOREVER_MS,
			FOREVER_MS,
		);
		this.#timer = timer;
		Timer.schedule(timer);
	}

	/** Wakes once, `ms` from now; replaces the earlier time. */
	arm(ms: number): void {
		if (this.#timer === undefined) return;
		const delay = ms > 0 ? ms : 1;
		this.#Timer.schedule(this.#timer, delay, delay);
	}

	/** Never again. */
	close(): void {
		if (this.#timer !== undefined) this.#Timer.clear(this.#timer);
		this.#timer = undefined;
	}
}
