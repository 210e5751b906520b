// SPDX-License-Identifier: MIT
/**
 * Sets the wall clock by SNTP, and keeps it right.
 *
 *     Waiting for the network ──▶ Asking a server ──▶ Set: asks again after some hours
 *                 ▲                  │      ▲                     │
 *                 └── Resting ◀── all failed └── the next server ◀─┘
 *
 * Readings want the time of day, and TLS needs it: certificates have dates. A TLS dialler refuses to dial while
 * `Clock.epochSeconds` is 0, so {@link SntpOptions.onSet} should end the client's wait.
 *
 * Facts of the SDK's module (`modules/network/sntp/sntp.js`, `modsntp.c`): the constructor throws "no network"; a request is
 * repeated every 5 seconds, after five times the server has failed, and it then goes on with the name that the callback
 * returns; it closes itself before it tells a time. Seconds are a signed 32-bit number, which from 2038 on is negative. A
 * server that does not know the time itself sends zero, which comes out as a moment in 2036: that one is refused.
 * An exception in the callback would restart the device.
 */

import type { Alarm, Clock, Random, Timer } from "../../lib/index.js";
import { Backoff } from "./backoff.js";
import { type Network, wordsOf } from "./network.js";

export interface SntpRequest {
	/** The SDK's typings do not name it. */
	close?(): void;
}

/** As much as is used here of the class of the SDK's module `sntp`. */
export interface SntpClass {
	new (
		options: { host: string },
		callback: (message: number, value?: number | string) => string | undefined,
	): SntpRequest;
	readonly time: number;
	readonly error: number;
}

/** As much as is used here of the SDK's module `time`. */
export interface WallClock {
	/** Seconds since 1970. */
	set(seconds: number): void;
}

export interface SntpOptions {
	readonly io: SntpClass;
	readonly Time: WallClock;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	/** Names or addresses, asked in turn. */
	readonly servers: readonly string[];
	/** How often it asks; 1 to 168, default 6. */
	readonly hours?: number;
	/** The time was set for the first time. */
	readonly onSet?: () => void;
	/** Times before it are refused, in seconds since 1970; default {@link EARLIEST}. */
	readonly earliest?: number;
}

/** 2026-01-01: no board that runs this lived before. */
export const EARLIEST = 1_767_225_600;
/** What the SDK makes of a server's zero: 2036-02-07 06:28:16. */
const ZERO = 2_085_978_496;

const enum State {
	Closed = 0,
	/** For the network. */
	Waiting = 1,
	Asking = 2,
	Resting = 3,
	/** The time is right; until the next time. */
	Set = 4,
}

const enum Ms {
	/** How often it looks whether the network is up, should nobody {@link Sntp.wake} it. */
	Watch = 5000,
	/** The SDK gives a server up after 25 s, and another 25 s may go by before a name is resolved. */
	Asking = 60_000,
	RestFirst = 4000,
	RestMost = 600_000,
	Hour = 3_600_000,
}

/** An SNTP answer has whole seconds: what is closer than this is not corrected, only made worse. */
const CLOSE_SECONDS = 2;

export class Sntp implements Alarm {
	/** The clock was set in this life. */
	set = false;
	/** What was corrected the last time, in seconds; 0 the first time. */
	correction = 0;
	/** Why the last request failed, in words; "" when it did not. */
	lastError = "";
	#state = State.Closed;
	#deadline = 0;
	/** The server that is asked, or was asked last. */
	#server = 0;
	/** Servers that failed in a row. */
	#failed = 0;
	/** Tells late callbacks of earlier requests from those of the present one. */
	#turn = 0;
	#request: SntpRequest | undefined;
	/** What the present request has answered: seconds, 0 for a failure; undefined: nothing yet. */
	#answer: number | undefined;
	readonly #timer: Timer;
	readonly #options: SntpOptions;
	readonly #backoff: Backoff;

	constructor(options: SntpOptions) {
		this.#options = options;
		this.#timer = options.clock.timer(this);
		this.#backoff = new Backoff(options.random, Ms.RestFirst, Ms.RestMost);
	}

	/** Sets the clock as soon as there is a network, and keeps it right. */
	open(): void {
		if (this.#state !== State.Closed || this.#options.servers.length === 0) return;
		this.#backoff.reset();
		this.#rest(State.Waiting, 0);
	}

	close(): void {
		this.#state = State.Closed;
		this.#timer.disarm();
		this.#hangUp();
	}

	/** The network is up: whoever waits for it, or rests after a failure, asks at once. */
	wake(): void {
		if (this.#state === State.Waiting || this.#state === State.Resting) this.#timer.arm(0);
	}

	onAlarm(): void {
		switch (this.#state) {
			case State.Closed:
				return;
			case State.Asking:
				if (this.#answer !== undefined) this.#take(this.#answer);
				else if (this.#left <= 0) this.#fail(`${this.#host} did not answer in time`);
				else this.#timer.arm(this.#left);
				return;
			case State.Set:
				if (this.#left > 0) {
					this.#timer.arm(this.#left);
					return;
				}
				break;
		}
		if (this.#options.network.up) this.#ask();
		else this.#rest(State.Waiting, Ms.Watch);
	}

	get #host(): string {
		return this.#options.servers[this.#server];
	}

	get #left(): number {
		return (this.#deadline - this.#options.clock.ticks) | 0;
	}

	#ask(): void {
		this.#rest(State.Asking, Ms.Asking);
		this.#answer = undefined;
		const turn = ++this.#turn;
		try {
			this.#request = new this.#options.io({ host: this.#host }, (message, value) =>
				this.#onMessage(turn, message, value),
			);
		} catch (thrown) {
			this.#fail(wordsOf(thrown));
		}
	}

	/** Called by the SDK: takes down the answer; whatever is to be done is done by the alarm. Returning no name ends the request. */
	#onMessage(turn: number, message: number, value?: number | string): undefined {
		const { io } = this.#options;
		if (turn !== this.#turn || (message !== io.time && message !== io.error)) return;
		this.#request = undefined;
		this.#turn++;
		this.#answer = message === io.time && typeof value === "number" ? value >>> 0 : 0;
		if (this.#answer === 0) this.lastError = String(value);
		this.#timer.arm(0);
	}

	#take(seconds: number): void {
		const trouble = this.#refuse(seconds);
		if (trouble !== "") {
			this.#fail(trouble);
			return;
		}
		const first = !this.set;
		this.set = true;
		this.lastError = "";
		this.#hangUp();
		this.#failed = 0;
		this.#backoff.reset();
		this.#rest(State.Set, (this.#options.hours ?? 6) * Ms.Hour);
		if (first) this.#options.onSet?.();
	}

	/** Sets the clock, or says why not. */
	#refuse(seconds: number): string {
		const { clock, earliest = EARLIEST, Time } = this.#options;
		if (seconds === 0) return `${this.#host}: ${this.lastError}`;
		if (seconds < earliest || seconds === ZERO) {
			return `${this.#host} says that it is ${seconds} s after 1970: that is not believed`;
		}
		const before = clock.epochSeconds;
		this.correction = before === 0 ? 0 : seconds - before;
		try {
			if (before === 0 || Math.abs(this.correction) >= CLOSE_SECONDS) Time.set(seconds);
			return "";
		} catch (thrown) {
			return wordsOf(thrown);
		}
	}

	/** The next server is asked at once, and after the last of them it rests. */
	#fail(words: string): void {
		const { servers } = this.#options;
		this.#hangUp();
		this.lastError = words;
		this.#server = (this.#server + 1) % servers.length;
		this.#failed++;
		this.#rest(State.Resting, this.#failed % servers.length === 0 ? this.#backoff.next() : 0);
	}

	#hangUp(): void {
		const request = this.#request;
		this.#request = undefined;
		this.#answer = undefined;
		this.#turn++;
		try {
			request?.close?.();
		} catch {
			// It had closed itself.
		}
	}

	#rest(state: State, ms: number): void {
		this.#state = state;
		this.#deadline = (this.#options.clock.ticks + ms) | 0;
		this.#timer.arm(ms);
	}
}
