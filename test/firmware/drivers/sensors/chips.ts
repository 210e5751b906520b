// SPDX-License-Identifier: MIT
/** Models of chips at the level of their registers: what the data sheets say they answer. */

import type { Delay, I2c, SensorAt } from "../../../../firmware/drivers/sensors/i2c.js";
import type { Chip } from "./bus.js";

/** Calibration of a BME280, by the names of its data sheet. */
export interface Calibration {
	readonly T: readonly [number, number, number];
	readonly P: readonly [number, number, number, number, number, number, number, number, number];
	readonly H: readonly [number, number, number, number, number, number];
}

/** T and P of the worked example in Bosch's data sheet of the BMP280 (BST-BMP280-DS001, 3.12); H of a chip that was read out. */
export const EXAMPLE: Calibration = {
	T: [27504, 26435, -1000],
	P: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
	H: [75, 362, 0, 315, 50, 30],
};

/** What the converters of a BME280 deliver. */
export interface Raw {
	readonly temperature: number;
	readonly pressure: number;
	readonly humidity: number;
}

/** BST-BME280-DS002, memory map in section 5.3. */
export class Bme280Chip implements Chip {
	readonly registers = new Uint8Array(256);
	/** What the next measurement finds. */
	raw: Raw = { temperature: 519_888, pressure: 415_148, humidity: 28_000 };
	/** Measurements made, and looks at the status while one goes on. */
	measurements = 0;
	/** Looks at the status until a measurement is over. */
	slowness = 0;
	#pointer = 0;
	#left = 0;

	constructor(calibration = EXAMPLE, id = 0x60) {
		this.registers[0xd0] = id;
		for (const [at, byte] of calibrationBytes(calibration)) this.registers[at] = byte;
		this.#reset();
	}

	write(bytes: Uint8Array): void {
		if (bytes.length === 1) {
			this.#pointer = bytes[0];
			return;
		}
		// Pairs of register and value, without auto-increment (6.2.1).
		for (let at = 0; at + 1 < bytes.length; at += 2) this.#set(bytes[at], bytes[at + 1]);
	}

	read(count: number): Uint8Array {
		const answer = new Uint8Array(count);
		for (let i = 0; i < count; i++) answer[i] = this.#get((this.#pointer + i) & 0xff);
		return answer;
	}

	#get(register: number): number {
		if (register !== 0xf3 || this.#left === 0) return this.registers[register];
		this.#left--;
		return 0x08;
	}

	#set(register: number, value: number): void {
		if (register === 0xe0 && value === 0xb6) this.#reset();
		if (![0xf2, 0xf4, 0xf5].includes(register)) return;
		this.registers[register] = value;
		if (register === 0xf4 && (value & 3) !== 0) this.#measure(value);
	}

	#reset(): void {
		for (const register of [0xf2, 0xf4, 0xf5]) this.registers[register] = 0;
		this.#store(0x80000, 0x80000, 0x8000);
	}

	#measure(control: number): void {
		this.measurements++;
		this.#left = this.slowness;
		const { temperature, pressure, humidity } = this.raw;
		this.#store(
			(control >> 2) & 7 ? pressure : 0x80000,
			control >> 5 ? temperature : 0x80000,
			this.registers[0xf2] & 7 ? humidity : 0x8000,
		);
		this.registers[0xf4] = control & ~3; // back to sleep
	}

	#store(pressure: number, temperature: number, humidity: number): void {
		const bytes = [pressure, temperature].flatMap((value) => [
			value >> 12,
			(value >> 4) & 255,
			(value & 15) << 4,
		]);
		this.registers.set([...bytes, humidity >> 8, humidity & 255], 0xf7);
	}
}

/** Register and byte of every calibration value; H4 and H5 are 12 bits each and share 0xE5. */
function calibrationBytes({ T, P, H }: Calibration): [number, number][] {
	const words = [...T, ...P].flatMap((value, i): [number, number][] => [
		[0x88 + 2 * i, value & 255],
		[0x89 + 2 * i, (value >> 8) & 255],
	]);
	const [h1, h2, h3, h4, h5, h6] = H;
	return [
		...words,
		[0xa1, h1],
		[0xe1, h2 & 255],
		[0xe2, (h2 >> 8) & 255],
		[0xe3, h3],
		[0xe4, (h4 >> 4) & 255],
		[0xe5, (h4 & 15) | ((h5 & 15) << 4)],
		[0xe6, (h5 >> 4) & 255],
		[0xe7, h6 & 255],
	];
}

/** Sensirion's checksum of two bytes: polynomial 0x31, from 0xFF. */
export function crc8(bytes: readonly number[]): number {
	let crc = 0xff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x31 : 0)) & 0xff;
	}
	return crc;
}

/** SHT3x: commands of two bytes, answers of words with a checksum each (data sheet, section 4). */
export class Sht3xChip implements Chip {
	celsius = 21.5;
	percent = 45;
	/** Spoils the checksum of this word: 0 the temperature, 1 the humidity; -1 none. */
	spoiled = -1;
	#answer: number[] = [];

	write(bytes: Uint8Array): void {
		const command = (bytes[0] << 8) | bytes[1];
		if (command === 0x2c06) {
			const words = [((this.celsius + 45) / 175) * 65535, (this.percent / 100) * 65535];
			this.#answer = words.flatMap((word, i) => checked(Math.round(word), i === this.spoiled));
		} else if (command === 0xf32d) this.#answer = checked(0, false);
		else this.#answer = [];
	}

	read(count: number): Uint8Array {
		if (this.#answer.length < count) throw new Error("read failed");
		return Uint8Array.from(this.#answer.slice(0, count));
	}
}

function checked(word: number, spoiled: boolean): number[] {
	const bytes = [word >> 8, word & 255];
	return [...bytes, crc8(bytes) ^ (spoiled ? 1 : 0)];
}

/**
 * A driver that behaves as the SDK's `modules/drivers/sensors/sht3x/sht3x.js`: a fresh object with every sample, a value
 * left out where its checksum is wrong, what the bus throws let through.
 */
export class Sht3xLike {
	readonly #io: I2c;

	constructor({ sensor, timer }: { sensor: SensorAt; timer: Delay }) {
		this.#io = new sensor.io({ hz: 1_000_000, address: 0x44, ...sensor });
		this.#timer = timer;
		this.#command(0x30a2);
	}

	readonly #timer: Delay;

	sample() {
		const bytes = new Uint8Array(6);
		this.#command(0x2c06);
		this.#io.read(bytes);
		const sample: { hygrometer: { humidity?: number }; thermometer: { temperature?: number } } = {
			hygrometer: {},
			thermometer: {},
		};
		if (bytes[2] === crc8([bytes[0], bytes[1]]))
			sample.thermometer.temperature = ((bytes[0] * 256 + bytes[1]) * 175) / 65535 - 45;
		if (bytes[5] === crc8([bytes[3], bytes[4]]))
			sample.hygrometer.humidity = ((bytes[3] * 256 + bytes[4]) * 100) / 65535;
		return sample;
	}

	close(): void {
		this.#io.close();
	}

	#command(command: number): void {
		this.#io.write(Uint8Array.of(command >> 8, command & 255));
		this.#timer.delay(50);
	}
}
