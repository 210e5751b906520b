// SPDX-License-Identifier: MIT
/**
 * A board's sensors on XS: a sample of the BME280 allocates nothing, and its integers are those of Node, to the last bit.
 * A driver that returns objects, as those of the SDK do, costs what those objects cost.
 */

import Bme280 from "../../../firmware/drivers/sensors/bme280.js";
import { BoardSensors } from "../../../firmware/drivers/sensors/board-sensors.js";
import { Compensation } from "../../../firmware/drivers/sensors/compensation.js";
import { check, gate } from "../gate.js";

/** Registers of a BME280 with the calibration of the data sheet's example; only as much as the driver looks at. */
class Registers {
	readonly #bytes = new Uint8Array(256);
	#pointer = 0;

	constructor() {
		this.#bytes.set(
			[
				112, 107, 67, 103, 24, 252, 125, 142, 67, 214, 208, 11, 39, 11, 140, 0, 249, 255, 140, 60, 248, 198,
				112, 23, 0, 75,
			],
			0x88,
		);
		this.#bytes[0xd0] = 0x60;
		this.#bytes.set([106, 1, 0, 19, 43, 3, 30], 0xe1);
		this.#bytes.set([0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 0x6d, 0x60], 0xf7);
	}

	write(bytes: Uint8Array): void {
		if (bytes.length === 1) this.#pointer = bytes[0];
	}

	read(view: Uint8Array): void {
		for (let i = 0; i < view.length; i++) view[i] = this.#bytes[this.#pointer + i];
	}

	close(): void {}
}

const at = { io: Registers, data: 21, clock: 22 };
const timer = { delay(): void {} };

const sensors = new BoardSensors({ driver: Bme280, at, timer, network: { signal: -61 } });
sensors.sample();
check("a sample is that of Node", sensors.temperature === 2508 && sensors.pressure === 100_653);
gate("a sample of the BME280", () => sensors.sample());

const compensation = new Compensation();
const calibration = new Uint8Array(26);
const more = new Uint8Array(7);
const registers = new Registers();
registers.write(Uint8Array.of(0x88));
registers.read(calibration);
registers.write(Uint8Array.of(0xe1));
registers.read(more);
compensation.load(calibration, more);
/** Over the whole range of all three converters; `compensation.test.ts` demands the same number of Node. */
let sum = 0;
for (let i = 0; i < 4096; i++) {
	compensation.setTemperature((i * 40_503) & 0xfffff);
	compensation.setPressure((i * 30_011) & 0xfffff);
	compensation.setHumidity((i * 20_011) & 0xffff);
	sum = (sum * 31 + compensation.temperature) % 2_147_483_647;
	sum = (sum * 31 + compensation.pressure) % 2_147_483_647;
	sum = (sum * 31 + compensation.humidity) % 2_147_483_647;
}
check("4,096 compensated measurements are those of Node", sum === 1_932_035_427, `${sum}`);

/** As the SDK's drivers do it. */
class Objects {
	sample() {
		return { thermometer: { temperature: 21.5 }, hygrometer: { humidity: 45 } };
	}
	close(): void {}
}
const others = new BoardSensors({ driver: Objects, at, timer });
others.sample();
check("the objects of another driver are its own", others.temperature === 2150 && others.humidity === 4500);
