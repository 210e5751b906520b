// SPDX-License-Identifier: MIT
/** The part of the ECMA-419 I2C class that sensors use here, and how a sensor is told where it is. Types only. */

/** Every call throws when the device does not answer (`modules/io/i2c/esp32/_i2c.c`: "read failed", "write failed"). */
export interface I2c {
	/** Fills the whole view. */
	read(view: Uint8Array): unknown;
	write(view: Uint8Array): unknown;
	close(): void;
}

/** Throws for pins that are in use, an address twice on one bus, a speed of 0. */
export type I2cClass = new (options: I2cOptions) => I2c;

export interface I2cOptions {
	/** Pins. */
	readonly data: number;
	readonly clock: number;
	/** Which of the chip's controllers; left out: any. */
	readonly port?: number;
	/** 7 bits. */
	readonly address?: number;
	/** Speed of the bus. */
	readonly hz?: number;
}

/** As all sensor drivers of ECMA-419 take it: the class of the bus, and its options. */
export interface SensorAt extends I2cOptions {
	readonly io: I2cClass;
}

/** Of the SDK's module "timer": waits, and the board does nothing else meanwhile. */
export interface Delay {
	delay(ms: number): void;
}
