// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Battery } from "../../../../firmware/drivers/sensors/battery.js";
import Bme280 from "../../../../firmware/drivers/sensors/bme280.js";
import {
	BoardSensors,
	type BoardSensorsOptions,
	type DriverClass,
} from "../../../../firmware/drivers/sensors/board-sensors.js";
import { Bus } from "./bus.js";
import { Bme280Chip, Sht3xChip, Sht3xLike } from "./chips.js";

const timer = { delay() {} };

function sensorsOf(bus: Bus, driver: DriverClass, more: Partial<BoardSensorsOptions> = {}) {
	const told: string[] = [];
	const sensors = new BoardSensors({
		driver,
		at: { io: bus.io, data: 21, clock: 22 },
		timer,
		onChange: (words) => told.push(words),
		...more,
	});
	return { sensors, told };
}

describe("the sensors of a board", () => {
	test("with a BME280: integers, pressure among them", () => {
		const bus = new Bus();
		bus.chips.set(0x76, new Bme280Chip());
		const { sensors } = sensorsOf(bus, Bme280);
		expect(sensors.working).toBe(false);
		sensors.sample();
		expect(sensors.temperature).toBe(2508);
		expect(sensors.pressure).toBe(100_653);
		expect(Number.isInteger(sensors.humidity)).toBe(true);
		expect(sensors.working).toBe(true);
	});

	test("with a driver as the SDK has them, SHT3x: rounded to hundredths, without pressure", () => {
		const bus = new Bus();
		const chip = new Sht3xChip();
		bus.chips.set(0x44, chip);
		const { sensors } = sensorsOf(bus, Sht3xLike);
		for (const [celsius, percent] of [
			[21.5, 45],
			[-12.34, 99.9],
			[0, 0],
		]) {
			Object.assign(chip, { celsius, percent });
			sensors.sample();
			expect(Math.abs(sensors.temperature - celsius * 100)).toBeLessThanOrEqual(1);
			expect(Math.abs(sensors.humidity - percent * 100)).toBeLessThanOrEqual(1);
			expect(sensors.pressure).toBeNaN();
		}
	});

	test("a value whose checksum is wrong is left out, and the other one is not", () => {
		const bus = new Bus();
		const chip = new Sht3xChip();
		bus.chips.set(0x44, chip);
		const { sensors, told } = sensorsOf(bus, Sht3xLike);
		chip.spoiled = 0;
		sensors.sample();
		expect(sensors.temperature).toBeNaN();
		expect(sensors.humidity).toBe(4500);
		expect(told).toEqual([]);
	});

	test("without any: everything is NaN, nothing is a failure", () => {
		const sensors = new BoardSensors({});
		sensors.sample();
		const { temperature, humidity, pressure, battery, signal } = sensors;
		expect([temperature, humidity, pressure, battery, signal]).toEqual([NaN, NaN, NaN, NaN, NaN]);
		expect([sensors.failures, sensors.working, sensors.lastError]).toEqual([0, false, ""]);
	});

	test("battery and radio are asked at each sample, also while the sensor is out of order", () => {
		const network = { signal: -61 };
		let raw: number | undefined = 3000;
		class Analog {
			resolution = 12;
			read() {
				return raw;
			}
		}
		const battery = new Battery({ io: Analog, pin: 35, factor: 2 });
		const { sensors } = sensorsOf(new Bus(), Bme280, { network, battery });
		sensors.sample();
		expect([sensors.battery, sensors.signal]).toEqual([Math.round((3000 * 2450 * 2) / 4095), -61]);
		network.signal = Number.NaN;
		raw = undefined; // the converter failed
		sensors.sample();
		expect([sensors.battery, sensors.signal]).toEqual([NaN, NaN]);
	});

	test("a driver without a place is a programmer's error", () => {
		expect(() => new BoardSensors({ driver: Bme280 })).toThrow(/give BoardSensors its bus/);
	});
});

describe("a sensor that fails", () => {
	test("is told once with its cause, tried again ever more rarely, and told once when it is back", () => {
		const bus = new Bus();
		const { sensors, told } = sensorsOf(bus, Bme280);
		const attempts: number[] = [];
		let before = 0;
		for (let n = 1; n <= 300; n++) {
			sensors.sample();
			if (sensors.failures > before) attempts.push(n);
			before = sensors.failures;
			expect(sensors.temperature).toBeNaN();
		}
		expect(attempts).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 192, 256]);
		expect(told).toEqual(["write failed"]);
		expect(sensors.lastError).toBe("write failed");
		bus.chips.set(0x76, new Bme280Chip());
		for (let n = 0; n < 64; n++) sensors.sample();
		expect(sensors.temperature).toBe(2508);
		expect(told).toEqual(["write failed", ""]);
		expect([sensors.working, sensors.lastError, bus.open.size]).toEqual([true, "", 1]);
	});

	test("is found again, even where the driver left its bus open when its constructor threw", () => {
		const bus = new Bus();
		const { sensors, told } = sensorsOf(bus, Sht3xLike);
		sensors.sample();
		expect([told, bus.open.size]).toEqual([["write failed"], 0]);
		bus.chips.set(0x44, new Sht3xChip());
		sensors.sample();
		expect([sensors.temperature, sensors.lastError, bus.open.size]).toEqual([2150, "", 1]);
		sensors.close();
		expect(bus.open.size).toBe(0);
	});

	test("keeps its driver over a hiccup, and gets a new one after three failures in a row", () => {
		const bus = new Bus();
		bus.chips.set(0x76, new Bme280Chip());
		let made = 0;
		class Counted extends Bme280 {
			constructor(options: ConstructorParameters<typeof Bme280>[0]) {
				super(options);
				made++;
			}
		}
		const { sensors, told } = sensorsOf(bus, Counted);
		sensors.sample();
		bus.dead = 2;
		sensors.sample();
		sensors.sample();
		expect([sensors.failures, sensors.working, made]).toEqual([2, false, 1]);
		sensors.sample();
		expect([sensors.working, made]).toEqual([true, 1]);
		bus.dead = 3;
		for (let n = 0; n < 4; n++) sensors.sample();
		expect([sensors.failures, sensors.working, made, bus.open.size]).toEqual([5, true, 2, 1]);
		expect(told).toEqual(["write failed", "", "write failed", ""]);
	});

	test("does not hide behind a driver that only tells, throws nothing, and measures nothing", () => {
		const broken = {
			tells: class {
				constructor({ onError }: { onError: (message: string) => void }) {
					onError("unexpected sensor"); // the SDK's SHTC3 then closes its bus and returns
				}
				sample(): undefined {
					throw new TypeError("undefined reference");
				}
				close() {
					throw new TypeError("undefined reference");
				}
			},
			measuresNothing: class {
				sample() {
					return { thermometer: {}, hygrometer: {} };
				}
				close() {}
			},
			hasNothing: class {
				sample(): undefined {}
				close() {}
			},
			throwsEmpty: class {
				sample(): undefined {
					throw new Error();
				}
				close() {}
			},
		};
		const causes = Object.values(broken).map((driver) => {
			const { sensors } = sensorsOf(new Bus(), driver);
			sensors.sample();
			expect(sensors.failures).toBe(1);
			for (let n = 0; n < 10; n++) sensors.sample();
			return sensors.lastError;
		});
		expect(causes).toEqual([
			"unexpected sensor",
			"the sensor measured nothing",
			"the sensor measured nothing",
			"the sensor does not answer",
		]);
	});
});
