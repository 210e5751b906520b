// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/sensors` of a board with a Bosch BME280: our own driver. */
import Bme280 from "../drivers/sensors/bme280.js";
import type { Sensors } from "../ports.js";
import type { SensorParts } from "./parts.js";
import { sensing } from "./sensing.js";

export function openSensors(parts: SensorParts): Sensors {
	return sensing(parts, Bme280);
}
