// SPDX-License-Identifier: MIT
/**
 * Bosch BME280 on I2C: temperature, pressure, humidity. Data sheet BST-BME280-DS002.
 *
 * A driver in the sensor pattern of ECMA-419, as those of the SDK, and unlike them it allocates nothing in `sample`: the
 * object that it returns is always the same. It measures on demand (forced mode) and sleeps in between at 0.1 uA.
 */

import {
	CALIBRATION_BYTES,
	CALIBRATION_H_BYTES,
	Compensation,
	SKIPPED_16,
	SKIPPED_20,
} from "./compensation.js";
import type { Delay, I2c, SensorAt } from "./i2c.js";

const enum Register {
	Calibration = 0x88,
	Id = 0xd0,
	Reset = 0xe0,
	CalibrationH = 0xe1,
	/** Takes effect with the next write to {@link Control}. */
	ControlH = 0xf2,
	Status = 0xf3,
	Control = 0xf4,
	Config = 0xf5,
	/** Pressure 3 bytes, temperature 3, humidity 2: read in one go they belong to one measurement. */
	Data = 0xf7,
}

const enum Value {
	Bme280 = 0x60,
	Bmp280 = 0x58,
	SoftReset = 0xb6,
	Forced = 1,
	Measuring = 0x08,
	CopyingCalibration = 0x01,
}

/** Start-up and reset take 2 ms (table 1). */
const RESET_MS = 2;
/** How often a state that ought to be over is looked at again, a millisecond apart. */
const PATIENCE = 10;

/** Measurements that are averaged into one: 1, 2, 4, 8, 16; 0 leaves the quantity out. */
export type Oversampling = 0 | 1 | 2 | 4 | 8 | 16;

export interface Bme280Configuration {
	/** Default 1. The other two need it. */
	readonly temperature?: Exclude<Oversampling, 0>;
	/** Default 1. */
	readonly pressure?: Oversampling;
	/** Default 1. */
	readonly humidity?: Oversampling;
}

/** As ECMA-419 has it. NaN: it was left out, or could not be measured. */
export interface Bme280Sample {
	/** Degrees Celsius. */
	readonly thermometer: { readonly temperature: number };
	/** Percent. */
	readonly hygrometer: { readonly humidity: number };
	/** Pascals. */
	readonly barometer: { readonly pressure: number };
}

export interface Bme280Options {
	/** Address 0x76 with SDO at GND, which is the default here; 0x77 with SDO at VDD. */
	readonly sensor: SensorAt;
	readonly timer: Delay;
	/** A measurement failed, in words. */
	readonly onError?: (message: string) => void;
}

export default class Bme280 {
	/** Measurements that failed. */
	errors = 0;
	readonly #io: I2c;
	readonly #timer: Delay;
	readonly #onError: ((message: string) => void) | undefined;
	readonly #compensation = new Compensation();
	readonly #thermometer = { temperature: Number.NaN };
	readonly #hygrometer = { humidity: Number.NaN };
	readonly #barometer = { pressure: Number.NaN };
	readonly #sample: Bme280Sample = {
		thermometer: this.#thermometer,
		hygrometer: this.#hygrometer,
		barometer: this.#barometer,
	};
	readonly #register = new Uint8Array(1);
	readonly #byte = new Uint8Array(1);
	/** Both control registers with their values, in one transfer (section 6.2.1). */
	readonly #start = new Uint8Array([Register.ControlH, 0, Register.Control, 0]);
	readonly #data = new Uint8Array(8);
	#measureMs = 0;

	/** Throws when there is no BME280: what the bus throws, or an error with the identity of what is there. */
	constructor(options: Bme280Options) {
		const { sensor, timer, onError } = options;
		this.#timer = timer;
		this.#onError = onError;
		this.#io = new sensor.io({ hz: 400_000, address: 0x76, ...sensor });
		try {
			this.#identify();
			this.#calibrate();
			this.configure();
		} catch (error) {
			this.#io.close();
			throw error;
		}
	}

	configure(configuration: Bme280Configuration = {}): void {
		const { temperature = 1, pressure = 1, humidity = 1 } = configuration;
		this.#start[1] = codeOf(humidity);
		this.#start[3] = (codeOf(temperature) << 5) | (codeOf(pressure) << 2) | Value.Forced;
		// The longest that it takes (appendix 9.1).
		const pressureMs = pressure === 0 ? 0 : 2.3 * pressure + 0.575;
		const humidityMs = humidity === 0 ? 0 : 2.3 * humidity + 0.575;
		this.#measureMs = Math.ceil(1.25 + 2.3 * temperature + pressureMs + humidityMs);
	}

	/**
	 * Measures now, and waits for it: 10 ms as it is configured from the start. Never throws: a failure is counted, told to
	 * `onError`, and the values are NaN. What is returned is filled anew by the next call.
	 */
	sample(): Bme280Sample {
		let fault = "";
		try {
			fault = this.#measure();
		} catch (error) {
			fault = (error as Error).message;
		}
		if (fault !== "") {
			this.errors++;
			this.#thermometer.temperature = Number.NaN;
			this.#hygrometer.humidity = Number.NaN;
			this.#barometer.pressure = Number.NaN;
			this.#onError?.(fault);
		}
		return this.#sample;
	}

	/** The sensor sleeps already. */
	close(): void {
		this.#io.close();
	}

	/** Returns what went wrong, "" for nothing. */
	#measure(): string {
		this.#io.write(this.#start);
		this.#timer.delay(this.#measureMs);
		if (!this.#over(Value.Measuring)) return "the measurement does not end";
		this.#read(Register.Data, this.#data);
		const data = this.#data;
		const compensation = this.#compensation;
		const temperature = (data[3] << 12) | (data[4] << 4) | (data[5] >> 4);
		if (temperature === SKIPPED_20) return "nothing was measured";
		compensation.setTemperature(temperature);
		this.#thermometer.temperature = compensation.temperature / 100;
		const pressure = (data[0] << 12) | (data[1] << 4) | (data[2] >> 4);
		if (pressure === SKIPPED_20) this.#barometer.pressure = Number.NaN;
		else {
			compensation.setPressure(pressure);
			this.#barometer.pressure = compensation.pressure / 256;
		}
		const humidity = (data[6] << 8) | data[7];
		if (humidity === SKIPPED_16) this.#hygrometer.humidity = Number.NaN;
		else {
			compensation.setHumidity(humidity);
			this.#hygrometer.humidity = compensation.humidity / 1024;
		}
		return "";
	}

	#identify(): void {
		this.#read(Register.Id, this.#byte);
		const id = this.#byte[0];
		if (id === Value.Bme280) return;
		const what = id === Value.Bmp280 ? " (a BMP280: it has no humidity)" : "";
		throw new Error(`unexpected sensor: chip id 0x${id.toString(16)} in place of 0x60${what}`);
	}

	#calibrate(): void {
		this.#io.write(new Uint8Array([Register.Reset, Value.SoftReset]));
		this.#timer.delay(RESET_MS);
		if (!this.#over(Value.CopyingCalibration)) throw new Error("the sensor does not come out of its reset");
		const bytes = new Uint8Array(CALIBRATION_BYTES);
		const more = new Uint8Array(CALIBRATION_H_BYTES);
		this.#read(Register.Calibration, bytes);
		this.#read(Register.CalibrationH, more);
		if (!this.#compensation.load(bytes, more)) throw new Error("the sensor has no calibration");
		this.#io.write(new Uint8Array([Register.Config, 0])); // no filter: each measurement stands for itself
	}

	/** Waits until a bit of the status is 0; returns whether it is. */
	#over(bit: Value): boolean {
		for (let looks = 0; looks < PATIENCE; looks++) {
			this.#read(Register.Status, this.#byte);
			if ((this.#byte[0] & bit) === 0) return true;
			this.#timer.delay(1);
		}
		return false;
	}

	#read(register: Register, view: Uint8Array): void {
		this.#register[0] = register;
		this.#io.write(this.#register);
		this.#io.read(view);
	}
}

/** 0, 1, 2, 4, 8, 16 as the registers have it: 0 to 5. */
function codeOf(oversampling: Oversampling): number {
	return oversampling === 0 ? 0 : 32 - Math.clz32(oversampling);
}
