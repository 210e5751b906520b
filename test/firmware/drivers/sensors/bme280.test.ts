// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import Bme280 from "../../../../firmware/drivers/sensors/bme280.js";
import { Bus } from "./bus.js";
import { Bme280Chip, EXAMPLE } from "./chips.js";

class Waits {
	ms = 0;
	delay(ms: number): void {
		this.ms += ms;
	}
}

function board(chip: Bme280Chip | undefined = new Bme280Chip()) {
	const bus = new Bus();
	if (chip !== undefined) bus.chips.set(0x76, chip);
	const timer = new Waits();
	const errors: string[] = [];
	const sensor = { io: bus.io, data: 21, clock: 22 };
	const open = (at = {}) =>
		new Bme280({ sensor: { ...sensor, ...at }, timer, onError: (words) => errors.push(words) });
	return { bus, chip: chip!, timer, errors, open };
}

describe("the BME280", () => {
	test("measures on demand, and gives degrees, percent and pascals", () => {
		const { open, timer, chip, errors } = board();
		const driver = open();
		timer.ms = 0;
		const sample = driver.sample();
		expect(sample.thermometer.temperature).toBe(25.08);
		expect(sample.barometer.pressure).toBeCloseTo(100_653.25, 2);
		expect(sample.hygrometer.humidity).toBeGreaterThan(40);
		expect(sample.hygrometer.humidity).toBeLessThan(70);
		expect(chip.measurements).toBe(1);
		expect(timer.ms, "the longest measurement of the data sheet, 9.3 ms").toBe(10);
		expect(errors).toEqual([]);
	});

	test("fills the same object anew, so that a sample allocates nothing", () => {
		const { open, chip } = board();
		const driver = open();
		const first = driver.sample();
		const { thermometer, hygrometer, barometer } = first;
		chip.raw = { ...chip.raw, temperature: 540_000 };
		expect(driver.sample()).toBe(first);
		expect(first).toEqual({ thermometer, hygrometer, barometer });
		expect(thermometer.temperature).toBeGreaterThan(30);
	});

	test("is found at its other address, too", () => {
		const { bus, open } = board();
		bus.chips.set(0x77, bus.chips.get(0x76)!);
		bus.chips.delete(0x76);
		expect(open({ address: 0x77 }).sample().thermometer.temperature).toBe(25.08);
		expect([...bus.open]).toEqual(["21/22/119"]);
	});

	test("sleeps between measurements, and is set up anew for each: a chip that was without power measures again", () => {
		const { open, chip } = board();
		const driver = open();
		driver.sample();
		expect(chip.registers[0xf4] & 3).toBe(0);
		chip.write(Uint8Array.of(0xe0, 0xb6)); // all registers as after power-on: humidity off
		expect(driver.sample().hygrometer.humidity).toBeGreaterThan(0);
	});

	test("waits for a slow chip, and gives up on one that never ends", () => {
		const { open, chip, errors, timer } = board();
		const driver = open();
		chip.slowness = 5;
		timer.ms = 0;
		expect(driver.sample().thermometer.temperature).toBe(25.08);
		expect(timer.ms).toBe(15);
		chip.slowness = 1000;
		expect(driver.sample().thermometer.temperature).toBeNaN();
		expect(errors).toEqual(["the measurement does not end"]);
		chip.slowness = 0;
		chip.read(100); // whatever was left of it
	});

	test.each([
		[{ temperature: 1, pressure: 0, humidity: 0 }, 4, 0b001_000_01, 0],
		[{ temperature: 16, pressure: 16, humidity: 16 }, 113, 0b101_101_01, 5],
		[{ temperature: 2, pressure: 4, humidity: 8 }, 35, 0b010_011_01, 4],
	] as const)(
		"configure(%o) is what the registers get, and waits %i ms",
		(configuration, ms, control, humidity) => {
			const { open, timer, bus } = board();
			const driver = open();
			driver.configure(configuration);
			const written: number[] = [];
			const chip = bus.chips.get(0x76)!;
			bus.chips.set(0x76, {
				read: (count) => chip.read(count),
				write: (bytes) => {
					written.push(...bytes);
					chip.write(bytes);
				},
			});
			timer.ms = 0;
			driver.sample();
			expect(timer.ms).toBe(ms);
			expect(written.slice(0, 4)).toEqual([0xf2, humidity, 0xf4, control]);
		},
	);

	test("what is left out is NaN, and no failure", () => {
		const { open, errors } = board();
		const driver = open();
		driver.configure({ pressure: 0, humidity: 0 });
		const { thermometer, hygrometer, barometer } = driver.sample();
		expect(thermometer.temperature).toBe(25.08);
		expect(hygrometer.humidity).toBeNaN();
		expect(barometer.pressure).toBeNaN();
		expect(errors).toEqual([]);
	});

	test("counts and tells a bus that fails at any transfer of a sample, does not throw, and goes on after it", () => {
		const { bus, open, errors } = board();
		const driver = open();
		const transfers = bus.transfers;
		driver.sample();
		const each = bus.transfers - transfers;
		expect(each).toBe(5);
		for (let broken = 0; broken < each; broken++) {
			let left = broken;
			const chip = bus.chips.get(0x76)!;
			const fail = (words: string): void => {
				if (left-- === 0) throw new Error(words);
			};
			bus.chips.set(0x76, {
				read: (count) => {
					fail("read failed");
					return chip.read(count);
				},
				write: (bytes) => {
					fail("write failed");
					chip.write(bytes);
				},
			});
			const { thermometer, hygrometer, barometer } = driver.sample();
			expect([thermometer.temperature, hygrometer.humidity, barometer.pressure]).toEqual([NaN, NaN, NaN]);
			expect(driver.errors).toBe(broken + 1);
			bus.chips.set(0x76, chip);
			expect(driver.sample().thermometer.temperature).toBe(25.08);
		}
		expect(errors).toEqual(["write failed", "write failed", "read failed", "write failed", "read failed"]);
	});

	test.each([
		[undefined, /write failed/],
		[new Bme280Chip(EXAMPLE, 0x58), /chip id 0x58 in place of 0x60 \(a BMP280: it has no humidity\)/],
		[new Bme280Chip(EXAMPLE, 0x55), /chip id 0x55 in place of 0x60$/],
		[
			new Bme280Chip({ T: [0, 0, 0], P: [0, 0, 0, 0, 0, 0, 0, 0, 0], H: [0, 0, 0, 0, 0, 0] }),
			/no calibration/,
		],
	] as const)("throws for what is no BME280, and lets the bus go: %#", (chip, words) => {
		const bus = new Bus();
		if (chip !== undefined) bus.chips.set(0x76, chip);
		const at = { io: bus.io, data: 1, clock: 2 };
		expect(() => new Bme280({ sensor: at, timer: new Waits() })).toThrow(words);
		expect(bus.open.size).toBe(0);
	});

	test("close() lets the bus go", () => {
		const { bus, open } = board();
		open().close();
		expect(bus.open.size).toBe(0);
	});
});
