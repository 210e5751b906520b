// SPDX-License-Identifier: MIT
/** The type of a driver of the SDK, `embedded:sensor/...`, which has none of its own: for mcconfig, by the manifests here. */

import type { DriverClass } from "../drivers/sensors/board-sensors.js";

declare const driver: DriverClass;
export default driver;
