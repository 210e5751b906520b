// SPDX-License-Identifier: MIT
/** Whether the process keeps up: how late its timers are, and how much of the time it is busy. */

import { Histogram } from "./histogram.js";

const EVERY_MS = 20;
/** Above these, what was measured is the simulator as much as the broker. */
const BUSY_MOST = 0.9;
const LATE_MOST_MS = 100;

export interface StrainFigures {
	/** Part of the time in which the event loop did something, 0 to 1. */
	readonly busy: number;
	/** Milliseconds that a timer was late: of 99 in 100 at most this, and the worst. */
	readonly lateP99Ms: number;
	readonly lateMostMs: number;
	/** One of them was above its bound: the simulator itself was the bottleneck. */
	readonly limited: boolean;
}

export class Strain {
	readonly #late = new Histogram();
	#loop = performance.eventLoopUtilization();
	#timer: NodeJS.Timeout | undefined;
	#dueMs = 0;

	start(): void {
		this.#arm();
		this.clear();
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	/** What was before does not count. */
	clear(): void {
		this.#late.clear();
		this.#loop = performance.eventLoopUtilization();
		this.#dueMs = performance.now() + EVERY_MS;
	}

	/** Since the start, or since it was cleared. */
	get figures(): StrainFigures {
		const { utilization: busy } = performance.eventLoopUtilization(this.#loop);
		const lateP99Ms = this.#late.percentile(0.99);
		const lateMostMs = this.#late.mostMs;
		return { busy, lateP99Ms, lateMostMs, limited: busy > BUSY_MOST || lateP99Ms > LATE_MOST_MS };
	}

	#arm(): void {
		this.#dueMs = performance.now() + EVERY_MS;
		this.#timer = setTimeout(this.#look, EVERY_MS);
		this.#timer.unref();
	}

	readonly #look = (): void => {
		this.#late.add(Math.max(0, performance.now() - this.#dueMs));
		this.#arm();
	};
}
