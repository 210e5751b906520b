// SPDX-License-Identifier: MIT
/** One timer that can be moved, over any span: a host's own timers end at 2³¹ ms and fire at once beyond. */

import type { Schedule, Scheduled } from "../seams.js";

const LONGEST_MS = 0x7fffffff;

export class Alarm {
	readonly #schedule: Schedule;
	readonly #ring: () => void;
	#scheduled: Scheduled | undefined;

	constructor(schedule: Schedule, ring: () => void) {
		this.#schedule = schedule;
		this.#ring = ring;
	}

	/** Rings once, `ms` from now, and not at the time set before. */
	set(ms: number): void {
		this.clear();
		const step = Math.min(ms, LONGEST_MS);
		this.#scheduled = this.#schedule.after(step, () => {
			this.#scheduled = undefined;
			if (ms > step) this.set(ms - step);
			else this.#ring();
		});
	}

	clear(): void {
		if (this.#scheduled) this.#schedule.cancel(this.#scheduled);
		this.#scheduled = undefined;
	}
}
