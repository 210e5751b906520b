// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/sensors` of a board with a Sensirion SHT30, SHT31, SHT35: the SDK's driver. */
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import type { Sensors } from "../ports.js";
import type { SensorParts } from "./parts.js";
import { sensing } from "./sensing.js";

export function openSensors(parts: SensorParts): Sensors {
	return sensing(parts, SHT3x);
}
