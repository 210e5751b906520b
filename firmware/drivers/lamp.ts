// SPDX-License-Identifier: MIT
/** A lamp on a pin, by which a person finds this board among others. */
import type { Alarm, Clock, Timer } from "../../lib/index.js";
import type { Indicator } from "../ports.js";

/** The part that we use of `embedded:io/digital` (`modules/io/digital/esp32/digital.c`). */
export interface DigitalClass {
	/** Throws when the pin is in use. */
	new (options: { readonly pin: number; readonly mode: number }): { write(level: number): void };
	readonly Output: number;
}

export interface LampOptions {
	/** The module `embedded:io/digital`. */
	readonly io: DigitalClass;
	readonly clock: Clock;
	readonly pin: number;
	/** The level at which it shines, 0 or 1. */
	readonly lit: number;
}

/** Four times a second, for five seconds. */
const HALF_PERIOD_MS = 125;
const TURNS = 40;

export class Lamp implements Indicator, Alarm {
	readonly #pin: { write(level: number): void };
	readonly #lit: number;
	readonly #timer: Timer;
	/** Changes that are left; even: it is dark. */
	#turns = 0;

	/** Throws when the pin cannot be had. */
	constructor({ io, clock, pin, lit }: LampOptions) {
		this.#pin = new io({ pin, mode: io.Output });
		this.#lit = lit;
		this.#timer = clock.timer(this);
		this.#pin.write(1 - lit);
	}

	identify(): void {
		const shines = this.#turns % 2 === 1;
		this.#turns = TURNS + (shines ? 1 : 0);
		this.onAlarm();
	}

	onAlarm(): void {
		if (this.#turns === 0) return;
		this.#turns--;
		this.#pin.write(this.#turns % 2 === 1 ? this.#lit : 1 - this.#lit);
		if (this.#turns > 0) this.#timer.arm(HALF_PERIOD_MS);
	}
}
