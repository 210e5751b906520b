// SPDX-License-Identifier: MIT
/**
 * The virtual ESP32 sensor board: a plain object with the ports of whatever time it lives in. Real time and sockets
 * (`simulator/node`) or a world (`simulator/world`): the board does not know, and neither does its program.
 */

import type { Board, Health, Indicator, Report, Sensors, Settings } from "../../firmware/ports.js";
import { DEFAULT_LIMITS, type Limits } from "../../lib/limits.js";
import type { Clock, Dialler, Flash, Memory, Power, Random, Store } from "../../lib/ports.js";
import { FlashStore, RamStore } from "../../lib/store/index.js";
import { VirtualSensors } from "./sensors.js";

/** What a new board has been set to, before its owner changes anything. */
export const FACTORY_SETTINGS: Settings = Object.freeze({
	root: "ringbuoy",
	version: 5,
	qos: 1,
	intervalSeconds: 2,
	keepAliveSeconds: 60,
	sessionExpirySeconds: 3_600,
});

export interface VirtualBoardOptions {
	/** Client identifier and level of its topics. Throws when it is no such level. */
	readonly name: string;
	readonly memory: Memory;
	readonly dialler: Dialler;
	readonly clock: Clock;
	/** For the backoff. */
	readonly random: Random;
	/** For the weather around the board; default `random`. */
	readonly weather?: Random;
	/** Over those of the factory. */
	readonly settings?: Partial<Settings>;
	readonly limits?: Limits;
	/** The partition for the store. Without it the store is in RAM, and messages go with the power. */
	readonly flash?: Flash;
	/** Default: one in {@link flash}, or in RAM, with these limits. A flash that fails does not silence the board. */
	readonly store?: Store;
	/** Default: the board cannot sleep. */
	readonly power?: Power;
	readonly sensors?: Sensors;
	readonly indicator?: Indicator;
	readonly report?: Report;
	/** Default: it does not know. */
	readonly health?: Health;
}

export class VirtualBoard implements Board {
	readonly name: string;
	readonly memory: Memory;
	readonly dialler: Dialler;
	readonly clock: Clock;
	readonly random: Random;
	readonly store: Store;
	readonly limits: Limits;
	readonly settings: Settings;
	readonly sensors: Sensors;
	readonly power: Power | undefined;
	readonly indicator: Indicator | undefined;
	readonly report: Report | undefined;
	readonly health: Health | undefined;

	constructor(options: VirtualBoardOptions) {
		if (options.name === "" || /[/+#\0]/.test(options.name)) {
			throw new RangeError(`"${options.name}" cannot name a board: it is one level of a topic`);
		}
		this.name = options.name;
		this.memory = options.memory;
		this.dialler = options.dialler;
		this.clock = options.clock;
		this.random = options.random;
		this.limits = options.limits ?? DEFAULT_LIMITS;
		this.store = options.store ?? storeOf(options.flash, this.limits);
		this.settings = settingsFrom(options.settings);
		this.sensors = options.sensors ?? new VirtualSensors(this.clock, options.weather ?? this.random);
		this.power = options.power;
		this.indicator = options.indicator;
		this.report = options.report;
		this.health = options.health;
	}
}

/** Settings that are whole and frozen are those of the board itself: thousands of boards may share them. */
function settingsFrom(changes: Partial<Settings> = FACTORY_SETTINGS): Settings {
	const whole = Object.isFrozen(changes) && Object.keys(FACTORY_SETTINGS).every((name) => name in changes);
	return whole ? (changes as Settings) : { ...FACTORY_SETTINGS, ...changes };
}

function storeOf(flash: Flash | undefined, limits: Limits): Store {
	if (flash === undefined) return new RamStore(limits);
	return new FlashStore(flash, limits, { whenFaulty: "volatile" });
}
