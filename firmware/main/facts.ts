// SPDX-License-Identifier: MIT
/**
 * What a board is, as data: the type of its `board.json`, which on XS is the module `ringbuoy/board`.
 *
 * The SDK's linker freezes a JSON module that is preloaded and puts it into flash: it costs no memory, and a write throws.
 */

export type NetworkKind = "ethernet" | "wifi";

export interface Facts {
	/** For people. */
	readonly title: string;
	/** "ESP32", "ESP32-S3", "ESP32-C3"; "none" for one that is simulated. */
	readonly chip: string;
	/** What `mcconfig -p` calls it, "esp32/nodemcu"; "none" for a board that no SDK builds for. */
	readonly target: string;
	/** Of the flash chip, as the partition table uses it: a larger chip does no harm. */
	readonly flashBytes: number;
	/** In order of preference: the first one that is up is used. */
	readonly networks: readonly NetworkKind[];
	/** Where the store keeps the session. The label is always "ringbuoy". */
	readonly partition: { readonly label: string; readonly bytes: number };
	readonly sensor: SensorFacts | null;
	/** A lamp that blinks at "identify"; `lit` is the level at which it shines. */
	readonly lamp: { readonly pin: number; readonly lit: number } | null;
	readonly battery: BatteryFacts | null;
	/** What such a board is set to before its owner changes anything; names and values as in `firmware/drivers/settings.ts`. */
	readonly settings: Readonly<Record<string, string | number>>;
}

/** A sensor on I2C. */
export interface SensorFacts {
	/** Names `firmware/main/sensors-<part>.ts` and its `manifest-<part>.json`. */
	readonly part: string;
	/** Pins. */
	readonly data: number;
	readonly clock: number;
	/** Of the chip's controllers; left out: any. */
	readonly port?: number;
	/** 7 bits; left out: the part's usual one. */
	readonly address?: number;
	/** Speed of the bus; left out: the driver's own. */
	readonly hz?: number;
}

/** An analog pin behind a divider: the battery has `factor` times the pin's voltage. */
export interface BatteryFacts {
	readonly pin: number;
	readonly factor: number;
}
