// SPDX-License-Identifier: MIT
/**
 * What a board can measure, for its program: a sensor of any driver in the ECMA-419 pattern, the battery, the radio.
 *
 * A sensor that fails never stops the program. It is told once, its values are NaN, and it is tried again: the next
 * sample, then every second, fourth, ... up to every 64th, because an attempt takes time and makes objects. Drivers of the SDK
 * allocate with every sample, too; `bme280.ts` does not.
 */

import type { Sensors } from "../../ports.js";
import type { Delay, I2c, I2cOptions, SensorAt } from "./i2c.js";

/** What a sample of an ECMA-419 sensor may have; a driver leaves out what it could not measure. */
export interface Sample {
	/** Degrees Celsius. */
	readonly thermometer?: { readonly temperature?: number };
	/** Percent. */
	readonly hygrometer?: { readonly humidity?: number };
	/** Pascals. */
	readonly barometer?: { readonly pressure?: number };
}

export interface Driver {
	/** Undefined: nothing new. Throws when the bus does. */
	sample(): Sample | undefined;
	close(): void;
}

export interface DriverOptions {
	readonly sensor: SensorAt;
	readonly timer: Delay;
	readonly onError: (message: string) => void;
}

/** Throws when there is no such sensor; some of the SDK say so to `onError` only. */
export type DriverClass = new (options: DriverOptions) => Driver;

export interface BoardSensorsOptions {
	/** Left out: the board has none. */
	readonly driver?: DriverClass;
	/** Where it is; needed with a driver. */
	readonly at?: SensorAt;
	readonly timer?: Delay;
	/** Left out: the board does not run on one. */
	readonly battery?: { read(): number };
	/** Left out, or with a signal of NaN: the board has no radio. */
	readonly network?: { readonly signal: number };
	/** The sensor works no longer, or again: the words are "" then. */
	readonly onChange?: (words: string) => void;
}

/** Failures in a row after which the driver is made anew. */
const FAILURES_MAX = 3;
/** Samples between two attempts, at most. */
const PAUSE_MAX = 64;

export class BoardSensors implements Sensors {
	temperature = Number.NaN;
	humidity = Number.NaN;
	pressure = Number.NaN;
	battery = Number.NaN;
	signal = Number.NaN;
	/** Attempts to measure, or to find the sensor, that failed. */
	failures = 0;
	/** What happened last, in words; empty: all is well. */
	lastError = "";
	readonly #options: BoardSensorsOptions;
	/** Where the sensor is, with a class of the bus that notes what it makes. */
	readonly #at: SensorAt | undefined;
	#driver: Driver | undefined;
	/** A driver of the SDK whose constructor throws leaves it open, and then its address counts as in use for ever. */
	#bus: I2c | undefined;
	/** Failures since the last success. */
	#row = 0;
	/** Samples until the next attempt, and how many it was the last time. */
	#wait = 0;
	#pause = 0;
	/** The driver has said so during this attempt. */
	#complaint = "";
	readonly #onError = (message: string): void => {
		this.#complaint = message;
	};

	/** Asks nobody: the sensor is looked for with the first sample, and again later if it is not there. */
	constructor(options: BoardSensorsOptions) {
		this.#options = options;
		if (options.driver !== undefined && options.at === undefined)
			throw new RangeError("a sensor needs a place: give BoardSensors its bus, too");
		this.#at = options.at && { ...options.at, io: this.#noting(options.at) };
	}

	/** There is a sensor, and the last attempt to measure was a success. */
	get working(): boolean {
		return this.#driver !== undefined && this.#row === 0;
	}

	sample(): void {
		this.battery = this.#options.battery?.read() ?? Number.NaN;
		this.signal = this.#options.network?.signal ?? Number.NaN;
		if (this.#options.driver === undefined) return;
		if (this.#wait > 0) {
			this.#wait--;
			return;
		}
		this.#complaint = "";
		let sample: Sample | undefined;
		try {
			if (this.#driver === undefined) this.#driver = this.#open();
			if (this.#complaint === "") sample = this.#driver.sample();
		} catch (error) {
			this.#complaint = (error as Error).message || "the sensor does not answer";
		}
		this.#take(sample);
	}

	close(): void {
		this.#shut();
	}

	#take(sample: Sample | undefined): void {
		this.temperature = Math.round((sample?.thermometer?.temperature ?? Number.NaN) * 100);
		this.humidity = Math.round((sample?.hygrometer?.humidity ?? Number.NaN) * 100);
		this.pressure = Math.round(sample?.barometer?.pressure ?? Number.NaN);
		const nothing =
			Number.isNaN(this.temperature) && Number.isNaN(this.humidity) && Number.isNaN(this.pressure);
		if (nothing && this.#complaint === "") this.#complaint = "the sensor measured nothing";
		if (this.#complaint === "") this.#succeed();
		else this.#fail(this.#complaint);
	}

	#succeed(): void {
		this.#row = 0;
		this.#pause = 0;
		if (this.lastError === "") return;
		this.lastError = "";
		this.#options.onChange?.("");
	}

	#fail(words: string): void {
		this.failures++;
		this.#row++;
		if (this.#driver === undefined || this.#row >= FAILURES_MAX) {
			this.#shut();
			this.#pause = Math.min(PAUSE_MAX, this.#pause === 0 ? 1 : this.#pause * 2);
			this.#wait = this.#pause - 1;
		}
		if (this.lastError === words) return;
		const first = this.lastError === "";
		this.lastError = words;
		if (first) this.#options.onChange?.(words);
	}

	#open(): Driver {
		const { driver, timer } = this.#options;
		return new driver!({ sensor: this.#at!, timer: timer!, onError: this.#onError });
	}

	#noting({ io }: SensorAt): SensorAt["io"] {
		const note = (bus: I2c): I2c => {
			this.#bus = bus;
			return bus;
		};
		return function (this: unknown, options: I2cOptions) {
			return note(new io(options));
		} as unknown as SensorAt["io"];
	}

	/** A driver that is broken may fail even here: the SDK's SHTC3 writes to the bus. */
	#shut(): void {
		const driver = this.#driver;
		this.#driver = undefined;
		try {
			driver?.close();
		} catch {
			// What matters is the bus, and that is closed next; closing it twice is no error.
		}
		this.#bus?.close();
		this.#bus = undefined;
	}
}
