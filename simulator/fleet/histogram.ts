// SPDX-License-Identifier: MIT
/**
 * Times in a fixed table: 32 steps for each doubling, so a percentile is at most 3.2 percent too high. From a microsecond to over
 * an hour; what is above counts as the highest.
 */

const STEP_BITS = 5;
const STEPS = 1 << STEP_BITS;
const DOUBLINGS = 27;
const MOST_US = 2 ** (DOUBLINGS + STEP_BITS) - 1;

export class Histogram {
	readonly #counts = new Float64Array((DOUBLINGS + 1) * STEPS);
	#count = 0;
	#mostMs = 0;

	/** How many were added. */
	get count(): number {
		return this.#count;
	}

	/** The longest, exactly. */
	get mostMs(): number {
		return this.#mostMs;
	}

	add(ms: number): void {
		this.#count++;
		if (ms > this.#mostMs) this.#mostMs = ms;
		this.#counts[slotOf(Math.min(MOST_US, Math.max(0, Math.round(ms * 1000))))]++;
	}

	/** The time that this part of all, 0 to 1, did not exceed; 0 when there are none. */
	percentile(part: number): number {
		const rank = Math.max(1, Math.ceil(part * this.#count));
		let sum = 0;
		for (let slot = 0; slot < this.#counts.length; slot++) {
			sum += this.#counts[slot];
			if (sum >= rank) return Math.min(this.#mostMs, endOf(slot) / 1000);
		}
		return 0;
	}

	clear(): void {
		this.#counts.fill(0);
		this.#count = 0;
		this.#mostMs = 0;
	}
}

function slotOf(us: number): number {
	if (us < STEPS) return us;
	const doubling = 31 - Math.clz32(us) - STEP_BITS;
	return (doubling + 1) * STEPS + ((us >>> doubling) - STEPS);
}

/** The longest time of a slot, in microseconds. */
function endOf(slot: number): number {
	if (slot < STEPS) return slot;
	const doubling = (slot >> STEP_BITS) - 1;
	return ((slot & (STEPS - 1)) + STEPS + 1) * 2 ** doubling - 1;
}
