// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/sensors` of a board with a Sensirion SHTC3: the SDK's driver. */
import SHTC3 from "embedded:sensor/Humidity-Temperature/SHTC3";
import type { Sensors } from "../ports.js";
import type { SensorParts } from "./parts.js";
import { sensing } from "./sensing.js";

export function openSensors(parts: SensorParts): Sensors {
	return sensing(parts, SHTC3);
}
