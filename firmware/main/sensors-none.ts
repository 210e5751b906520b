// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/sensors` of a board without a sensor: battery and radio, where it has them. */
import type { Sensors } from "../ports.js";
import type { SensorParts } from "./parts.js";
import { sensing } from "./sensing.js";

export function openSensors(parts: SensorParts): Sensors {
	return sensing(parts);
}
