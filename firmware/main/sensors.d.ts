// SPDX-License-Identifier: MIT
/** The SDK's modules that sensors import, for a `tsc` without the SDK; none of mcconfig's inputs, as `embedded.d.ts`. */

declare module "embedded:sensor/*" {
	const driver: import("../drivers/sensors/board-sensors.js").DriverClass;
	export default driver;
}

declare module "embedded:io/i2c" {
	const I2C: import("../drivers/sensors/i2c.js").I2cClass;
	export default I2C;
}

declare module "embedded:io/analog" {
	const Analog: import("../drivers/sensors/battery.js").AnalogClass;
	export default Analog;
}
