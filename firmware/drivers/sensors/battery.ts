// SPDX-License-Identifier: MIT
/** The voltage of a battery behind a divider, by an analog pin. */

/** The part of the ECMA-419 class that is used here. */
export interface Analog {
	readonly resolution: number;
	/** Undefined when the converter fails (`modules/io/analog/esp32/_analog.c`). */
	read(): number | undefined;
}

export type AnalogClass = new (options: { readonly pin: number }) => Analog;

export interface BatteryOptions {
	readonly io: AnalogClass;
	readonly pin: number;
	/** The battery has this many times the pin's voltage. */
	readonly factor: number;
	/** The pin's voltage at which the converter shows its largest number: what the SDK's C code scales to at 12 dB. */
	readonly fullMv?: number;
}

/** Readings that are averaged into one: the converter is noisy. */
const READINGS = 8;
/** `kAttenuationTable` in the SDK's `_analog.c`. */
const FULL_MV = 2450;

export class Battery {
	readonly #analog: Analog;
	/** Millivolts of the battery for each step of the converter. */
	readonly #step: number;

	/** Throws when the pin is no analog one, or in use. */
	constructor(options: BatteryOptions) {
		const { io, pin, factor, fullMv = FULL_MV } = options;
		this.#analog = new io({ pin });
		this.#step = (fullMv * factor) / (2 ** this.#analog.resolution - 1);
	}

	/** Millivolts; NaN when the converter fails. */
	read(): number {
		let sum = 0;
		for (let i = 0; i < READINGS; i++) sum += this.#analog.read() ?? Number.NaN;
		return Math.round((sum / READINGS) * this.#step);
	}
}
