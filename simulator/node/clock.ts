// SPDX-License-Identifier: MIT
/** Real time. */

import type { Alarm, Clock, Timer } from "../../lib/ports.js";

/** The longest delay that `setTimeout` takes, in milliseconds (24.8 days): above it, it fires at once. */
const delayMaxMs = 2 ** 31 - 1;

export interface NodeClockOptions {
	/** What `ticks` shows at the start; default: the age of the process. */
	ticks?: number;
	/**
	 * Whether an armed timer keeps the process alive. Default true: a client that waits to dial again has nothing else
	 * that does, and the program would end silently.
	 */
	ref?: boolean;
}

/** Monotonic, from `performance.now()`; the wall clock is the host's and counts as known. */
export class NodeClock implements Clock {
	readonly #startMs: number;
	readonly #ref: boolean;

	constructor(options: NodeClockOptions = {}) {
		this.#startMs = options.ticks === undefined ? 0 : options.ticks - performance.now();
		this.#ref = options.ref ?? true;
	}

	get ticks(): number {
		return (performance.now() + this.#startMs) | 0;
	}

	get seconds(): number {
		return Math.floor(performance.now() / 1000);
	}

	get epochSeconds(): number {
		return Math.floor(Date.now() / 1000);
	}

	timer(wake: Alarm): Timer {
		return new NodeTimer(wake, this.#ref);
	}
}

/**
 * A client moves its timer later with almost every packet, and `setTimeout` makes an object each time. So a timeout that
 * is under way and due earlier stays: when it fires, it is set again for the rest.
 */
class NodeTimer implements Timer {
	readonly #wake: Alarm;
	readonly #ref: boolean;
	#timeout: NodeJS.Timeout | undefined;
	/** When the timeout under way fires, and when the owner wants to be woken; in milliseconds of `performance.now()`. */
	#firesMs = 0;
	#wantedMs = Infinity;

	constructor(wake: Alarm, ref: boolean) {
		this.#wake = wake;
		this.#ref = ref;
	}

	arm(ms: number): void {
		const now = performance.now();
		this.#wantedMs = now + ms;
		if (this.#timeout !== undefined && this.#firesMs <= this.#wantedMs) return;
		clearTimeout(this.#timeout);
		this.#start(now);
	}

	disarm(): void {
		clearTimeout(this.#timeout);
		this.#timeout = undefined;
		this.#wantedMs = Infinity;
	}

	#start(now: number): void {
		const delayMs = Math.min(Math.ceil(this.#wantedMs - now), delayMaxMs);
		this.#firesMs = now + delayMs;
		this.#timeout = setTimeout(this.#fire, delayMs);
		if (!this.#ref) this.#timeout.unref();
	}

	readonly #fire = (): void => {
		this.#timeout = undefined;
		const now = performance.now();
		if (now < this.#wantedMs) {
			this.#start(now);
			return;
		}
		this.#wantedMs = Infinity;
		this.#wake.onAlarm();
	};
}
