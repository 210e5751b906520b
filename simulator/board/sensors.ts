// SPDX-License-Identifier: MIT
/** Virtual sensors: plausible weather, a battery that empties, a radio that wobbles; from a seed, in integers. */

import type { Sensors } from "../../firmware/ports.js";
import type { Clock, Random } from "../../lib/ports.js";

const halfDay = 43_200;
/** A stay of a day away from the board moves its weather no further than this many seconds would. */
const stepsMax = 60;

/** An integer that wanders around 0 and is drawn back to it, never beyond `limit`. */
class Walk {
	value = 0;
	readonly #random: Random;
	readonly #stride: number;
	readonly #limit: number;

	constructor(random: Random, stride: number, limit: number) {
		this.#random = random;
		this.#stride = stride;
		this.#limit = limit;
	}

	step(): number {
		const drift = this.#random.below(2 * this.#stride + 1) - this.#stride;
		const next = this.value + drift - Math.trunc((this.value * this.#stride) / (8 * this.#limit));
		this.value = Math.max(-this.#limit, Math.min(this.#limit, next));
		return this.value;
	}
}

export class VirtualSensors implements Sensors {
	temperature = 0;
	humidity = 0;
	battery = 0;
	signal = 0;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #air: Walk;
	readonly #damp: Walk;
	readonly #radio: Walk;
	/** What this room, this battery and this place are like. */
	readonly #warmth: number;
	readonly #moisture: number;
	readonly #charge: number;
	readonly #reach: number;
	/** Seconds of the day at which this board believes the sun to rise. */
	readonly #sunrise: number;
	readonly #bornSeconds: number;
	#sampledSeconds: number;

	/** `random` decides everything besides the time; give each board its own. */
	constructor(clock: Clock, random: Random) {
		this.#clock = clock;
		this.#random = random;
		this.#air = new Walk(random, 6, 150);
		this.#damp = new Walk(random, 12, 500);
		this.#radio = new Walk(random, 2, 9);
		this.#warmth = 1_900 + random.below(500);
		this.#moisture = 4_200 + random.below(1_200);
		this.#charge = 3_600 + random.below(500);
		this.#reach = -45 - random.below(30);
		this.#sunrise = random.below(2 * halfDay);
		this.#bornSeconds = this.#sampledSeconds = clock.seconds;
		this.sample();
	}

	sample(): void {
		const now = this.#clock.seconds;
		const steps = Math.max(1, Math.min(stepsMax, now - this.#sampledSeconds));
		this.#sampledSeconds = now;
		for (let i = 0; i < steps; i++) {
			this.#air.step();
			this.#damp.step();
			this.#radio.step();
		}
		const sun = daylight(now + this.#sunrise);
		this.temperature = this.#warmth + sun + this.#air.value;
		// Warm air is dry air: relative humidity falls as temperature rises.
		const humidity = this.#moisture - 2 * sun - 2 * this.#air.value + this.#damp.value;
		this.humidity = Math.max(0, Math.min(10_000, humidity));
		// A millivolt in ten minutes is about ten days for a cell; the converter's noise comes on top.
		const used = Math.trunc((now - this.#bornSeconds) / 600);
		this.battery = Math.max(2_900, this.#charge - used) - this.#random.below(4);
		this.signal = this.#reach + this.#radio.value;
	}
}

/** Hundredths of a degree, -400 to 400 over a day: two parabolas in place of a sine. */
function daylight(seconds: number): number {
	const t = seconds % halfDay;
	const height = Math.trunc((4 * t * (halfDay - t)) / 4_665_600);
	return Math.trunc(seconds / halfDay) % 2 === 0 ? height : -height;
}
