// SPDX-License-Identifier: MIT
/** Restarts, and sleep as far as there is one. */
import type { Alarm, Clock, Power, Timer } from "../../lib/index.js";

export interface PowerOptions {
	/** The SDK's global `System` (`modules/io/system/system.js`); `restart` does not return. */
	readonly system: { restart(): void };
	readonly clock: Clock;
	/** A native deep sleep that starts the board anew after so many milliseconds and does not return. The SDK has none. */
	readonly sleep?: ((ms: number) => void) | undefined;
	/** Before the board sleeps: closes what uses power, keeps what must be kept. */
	readonly onSleep?: () => void;
}

/**
 * The SDK has no deep sleep for the ESP32: `System.deepSleep` does nothing there. Without a native one of your own the board
 * stays awake with its radio off, and restarts when the time is up. To the program it is the same, to the battery it is not:
 * some 20 mA in place of 10 µA.
 */
export class DevicePower implements Power, Alarm {
	readonly #system: { restart(): void };
	readonly #sleep: ((ms: number) => void) | undefined;
	readonly #onSleep: (() => void) | undefined;
	readonly #timer: Timer;

	constructor(options: PowerOptions) {
		this.#system = options.system;
		this.#sleep = options.sleep;
		this.#onSleep = options.onSleep;
		this.#timer = options.clock.timer(this);
	}

	/** True where the board really sleeps. */
	get sleeps(): boolean {
		return this.#sleep !== undefined;
	}

	deepSleep(ms: number): void {
		this.#onSleep?.();
		if (this.#sleep === undefined) this.#timer.arm(ms);
		else this.#sleep(ms);
	}

	restart(): void {
		this.#system.restart();
	}

	/** The sleep without one is over. */
	onAlarm(): void {
		this.restart();
	}
}
