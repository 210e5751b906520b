// SPDX-License-Identifier: MIT
/**
 * How boards come back after an outage: evenly, or all at once. The peak is the most connections in any window of a second,
 * wherever it begins; the mean is over the time from the broker's return to the last board's.
 */

const WINDOW_MS = 1000;

export interface ReturnFigures {
	readonly count: number;
	/** From the broker's return until the last one was connected. */
	readonly seconds: number;
	/** Connections a second. */
	readonly peak: number;
	readonly mean: number;
	/** `peak / mean`. */
	readonly ratio: number;
}

export class Returns {
	readonly #times: Float64Array;
	readonly #windowMs: number;
	#count = 0;
	#backMs = 0;

	/** `windowMs`: other than a second for a small fleet, where chance alone makes a second of many arrivals. */
	constructor(boards: number, windowMs: number = WINDOW_MS) {
		this.#times = new Float64Array(boards);
		this.#windowMs = windowMs;
	}

	/** The broker is back, or the links were cut while it was there. */
	begin(nowMs: number): void {
		this.#backMs = nowMs;
		this.#count = 0;
	}

	/** A board is connected; who comes twice makes the measurement a little longer, and is not counted. */
	add(nowMs: number): void {
		if (this.#count < this.#times.length) this.#times[this.#count++] = nowMs;
	}

	get figures(): ReturnFigures {
		const count = this.#count;
		if (count === 0) return { count, seconds: 0, peak: 0, mean: 0, ratio: 0 };
		const times = this.#times.subarray(0, count);
		let most = 0;
		for (let first = 0, last = 0; last < count; last++) {
			while (times[last] - times[first] >= this.#windowMs) first++;
			most = Math.max(most, last - first + 1);
		}
		// What is over within one window has no rate beside its own.
		const seconds = Math.max(this.#windowMs, times[count - 1] - this.#backMs) / 1000;
		const peak = (most * 1000) / this.#windowMs;
		const mean = count / seconds;
		return { count, seconds, peak, mean, ratio: peak / mean };
	}
}
