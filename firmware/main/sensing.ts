// SPDX-License-Identifier: MIT
/** What the `sensors-<part>.ts` have in common: a driver at the place of which the board's facts tell, battery and radio. */

import Analog from "embedded:io/analog";
import I2C from "embedded:io/i2c";
import Timer from "timer";
import { Battery } from "../drivers/sensors/battery.js";
import { BoardSensors, type DriverClass } from "../drivers/sensors/board-sensors.js";
import type { I2cClass } from "../drivers/sensors/i2c.js";
import type { Facts } from "./facts.js";
import type { SensorParts } from "./parts.js";

/** Never throws; a battery's pin that cannot be had is told and left out. */
export function sensing({ facts, network, log }: SensorParts, driver?: DriverClass): BoardSensors {
	const { sensor } = facts;
	const battery = batteryOf(facts, log);
	const rest = {
		timer: Timer,
		network,
		...(battery && { battery }),
		onChange: (words: string) => log(words === "" ? "the sensor is back" : `the sensor fails: ${words}`),
	};
	if (driver === undefined || sensor === null) return new BoardSensors(rest);
	return new BoardSensors({ ...rest, driver, at: { ...sensor, io: I2C as unknown as I2cClass } });
}

function batteryOf({ battery }: Facts, log: (words: string) => void): Battery | undefined {
	if (battery === null) return undefined;
	try {
		return new Battery({ ...battery, io: Analog });
	} catch (error) {
		log(`the battery cannot be measured: ${(error as Error).message}`);
		return undefined;
	}
}
