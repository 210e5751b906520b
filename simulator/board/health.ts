// SPDX-License-Identifier: MIT
/** How a virtual board is doing: why it started, and how its last life ended. It has no heap of its own to tell of. */

import { Ending, type Health, Reset, type Sensors } from "../../firmware/ports.js";
import type { Cause } from "./machine.js";

const RESETS: Readonly<Record<Cause, Reset>> = {
	power: Reset.Power,
	wake: Reset.Sleep,
	restart: Reset.Software,
};

/** One for all lives of a board: {@link begin} is called for each. */
export class VirtualHealth implements Health {
	reset: Reset = Reset.Unknown;
	ending: Ending = Ending.Unknown;
	readonly lastWords = new Uint8Array(0);
	lastReason = 0;
	starts = 0;
	readonly freeBytes = Number.NaN;
	readonly slotBytes = Number.NaN;
	readonly chunkBytes = Number.NaN;
	readonly collections = Number.NaN;
	readonly #sensors: Sensors;
	#reason = 0;

	constructor(sensors: Sensors) {
		this.#sensors = sensors;
	}

	/** As that of its sensors. */
	get signal(): number {
		return this.#sensors.signal;
	}

	/** A life begins. After a power cut nothing is known of the one before, as on a board. */
	begin(cause: Cause): void {
		this.starts++;
		this.reset = RESETS[cause];
		this.ending = cause === "wake" ? Ending.Asleep : Ending.Unknown;
		this.lastReason = cause === "power" ? 0 : this.#reason;
		this.#reason = 0;
	}

	sample(): void {}

	offline(reason: number): void {
		this.#reason = reason;
	}
}
