// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Compensation } from "../../../../firmware/drivers/sensors/compensation.js";
import { SeededRandom } from "../../../../simulator/world.js";
import { Bme280Chip, type Calibration, EXAMPLE, type Raw } from "./chips.js";
import { type Compensated, floats, integers } from "./reference.js";

function compensated(calibration: Calibration, raw: Raw): Compensated {
	const { registers } = new Bme280Chip(calibration);
	const compensation = new Compensation();
	compensation.load(registers.slice(0x88, 0xa2), registers.slice(0xe1, 0xe8));
	compensation.setTemperature(raw.temperature);
	compensation.setPressure(raw.pressure);
	compensation.setHumidity(raw.humidity);
	const { temperature, pressure, humidity } = compensation;
	return { temperature, pressure, humidity };
}

describe("BME280, from raw values to quantities", () => {
	test("gives what the worked example of Bosch's data sheet gives (BST-BMP280-DS001, 3.12: the same routines)", () => {
		const raw = { temperature: 519_888, pressure: 415_148, humidity: 28_000 };
		const { temperature, pressure } = compensated(EXAMPLE, raw);
		expect(temperature).toBe(2508); // 25.08 degrees
		// The example prints 25767236, 100653.27 Pa, which is its floating point: its integer routine gives 3 less.
		expect(pressure).toBe(25_767_233);
	});

	test("is the C of the data sheet bit by bit, for any calibration whatever", () => {
		const seed = 20_260_611;
		const random = new SeededRandom(seed);
		const signed = (): number => random.below(65_536) - 32_768;
		let compared = 0;
		for (let round = 0; round < 30_000; round++) {
			const near = (value: number, share: number): number =>
				value + Math.round((random.below(2001) / 1000 - 1) * Math.abs(value) * share);
			// Half of them like real chips, half of them anything.
			const wild = round % 2 === 1;
			const calibration: Calibration = wild
				? {
						T: [1 + random.below(65_535), signed(), signed()],
						P: [1 + random.below(65_535), ...Array.from({ length: 8 }, signed)] as never,
						H: [
							random.below(256),
							signed(),
							random.below(256),
							random.below(4096) - 2048,
							random.below(4096) - 2048,
							random.below(256) - 128,
						],
					}
				: {
						T: EXAMPLE.T.map((value) => near(value, 0.1)) as never,
						P: EXAMPLE.P.map((value) => near(value, 0.1)) as never,
						H: EXAMPLE.H.map((value) => near(value, 0.2)) as never,
					};
			const raw = {
				temperature: random.below(1 << 20),
				pressure: random.below(1 << 20),
				humidity: random.below(1 << 16),
			};
			const expected = integers(calibration, raw);
			if (expected === "overflow") continue; // undefined in C
			compared++;
			expect(compensated(calibration, raw), `seed ${seed}, round ${round}`).toEqual(expected);
		}
		expect(compared).toBeGreaterThan(15_000);
	});

	test("agrees with the formulas in floating point, over the whole range of a real chip", () => {
		const seed = 7;
		const random = new SeededRandom(seed);
		let worst = { temperature: 0, pressure: 0, humidity: 0 };
		let compared = 0;
		for (let round = 0; round < 20_000; round++) {
			const raw = {
				temperature: 300_000 + random.below(450_000),
				pressure: 200_000 + random.below(500_000),
				humidity: 15_000 + random.below(35_000),
			};
			const exact = floats(EXAMPLE, raw);
			if (exact.temperature < -40 || exact.temperature > 85) continue;
			if (exact.pressure < 30_000 || exact.pressure > 110_000) continue;
			compared++;
			const ours = compensated(EXAMPLE, raw);
			const off = {
				temperature: Math.abs(ours.temperature / 100 - exact.temperature),
				pressure: Math.abs(ours.pressure / 256 - exact.pressure),
				humidity: Math.abs(ours.humidity / 1024 - exact.humidity),
			};
			worst = {
				temperature: Math.max(worst.temperature, off.temperature),
				pressure: Math.max(worst.pressure, off.pressure),
				humidity: Math.max(worst.humidity, off.humidity),
			};
		}
		expect(compared, `seed ${seed}`).toBeGreaterThan(2_000);
		expect(worst.temperature).toBeLessThan(0.011);
		expect(worst.pressure).toBeLessThan(1);
		expect(worst.humidity).toBeLessThan(0.05);
	});

	test("reads the two numbers of twelve bits that share a byte with their signs", () => {
		const raw = { temperature: 519_888, pressure: 415_148, humidity: 28_000 };
		let compared = 0;
		for (const [h4, h5] of [
			[-1, 1],
			[1, -1],
			[300, -2048],
			[-200, 2047],
		]) {
			const calibration = { ...EXAMPLE, H: [75, 362, 0, h4, h5, -30] as const };
			const expected = integers(calibration, raw);
			if (expected === "overflow") continue;
			compared++;
			expect(compensated(calibration, raw)).toEqual(expected);
		}
		expect(compared).toBe(4);
	});

	test("takes blank memory for no calibration", () => {
		for (const byte of [0, 0xff])
			expect(new Compensation().load(new Uint8Array(26).fill(byte), new Uint8Array(7).fill(byte))).toBe(
				false,
			);
	});

	test("a divisor of 0 is a pressure of 0, as in the data sheet, and never NaN", () => {
		// With P1 = 1 the divisor is 0 where 2^47 + (fine - 128000) * P2 * 4096 falls below 2^33.
		const compensation = new Compensation();
		const calibration: Calibration = {
			T: [1, 32_767, 0],
			P: [1, -32_768, 0, 0, 0, 0, 0, 0, 0],
			H: EXAMPLE.H,
		};
		const { registers } = new Bme280Chip(calibration);
		compensation.load(registers.slice(0x88, 0xa2), registers.slice(0xe1, 0xe8));
		let zeros = 0;
		for (let adc = 0; adc < 1 << 20; adc += 8) {
			compensation.setTemperature(adc);
			compensation.setPressure(415_148);
			if (Number.isNaN(compensation.pressure)) throw new Error(`NaN for ${adc}`);
			if (compensation.pressure === 0) zeros++;
		}
		expect(zeros).toBeGreaterThan(0);
	});

	test("is on Node what it is on XS: gates/board-sensors.ts demands the same number there", () => {
		const compensation = new Compensation();
		const { registers } = new Bme280Chip();
		compensation.load(registers.slice(0x88, 0xa2), registers.slice(0xe1, 0xe8));
		let sum = 0;
		for (let i = 0; i < 4096; i++) {
			compensation.setTemperature((i * 40_503) & 0xfffff);
			compensation.setPressure((i * 30_011) & 0xfffff);
			compensation.setHumidity((i * 20_011) & 0xffff);
			sum = (sum * 31 + compensation.temperature) % 2_147_483_647;
			sum = (sum * 31 + compensation.pressure) % 2_147_483_647;
			sum = (sum * 31 + compensation.humidity) % 2_147_483_647;
		}
		expect(sum).toBe(1_932_035_427);
	});
});
