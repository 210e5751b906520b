// SPDX-License-Identifier: MIT
/** Time on a device, by the SDK's modules "timer" and "time". */
import type { Alarm, Clock, Timer } from "../../lib/index.js";
import type { ExceptionHandler } from "./socket.js";

/** The part that we use of the SDK's module "timer" (`modules/base/timer`). */
export interface TimerModule {
	/** Calls `callback` after `ms`, then each `repeat`; a timer without repetition destroys itself when it fires. */
	set(callback: () => void, ms: number, repeat: number): object;
	/** Without times: never. */
	schedule(timer: object, ms?: number, repeat?: number): void;
}

/** The part that we use of the SDK's module "time" (`modules/base/time`). */
export interface TimeModule {
	/** Milliseconds; a signed 32-bit integer on the ESP32, a large double on Linux. */
	readonly ticks: number;
}

export interface ClockOptions {
	/** The module "timer". */
	readonly Timer: TimerModule;
	/** The module "time". */
	readonly Time: TimeModule;
	/** Takes exceptions out of alarms. Without it they are the engine's, which restarts the device. */
	readonly onException?: ExceptionHandler | undefined;
}

/** The wall clock counts as set from here on: 2026-01-01. A board that was never told the time begins at 1970. */
const EPOCH_MIN_SECONDS = 1_767_225_600;

/** How often somebody looks at the ticks at least, so that no wrap is missed: 12.4 days; they wrap after 49.7. */
const LOOK_MS = 1 << 30;

export class DeviceClock implements Clock {
	readonly #Timer: TimerModule;
	readonly #Time: TimeModule;
	readonly #onException: ExceptionHandler | undefined;
	/** The ticks when somebody looked last, and the milliseconds since the start until then. */
	#seen: number;
	#ms = 0;

	constructor(options: ClockOptions) {
		this.#Timer = options.Timer;
		this.#Time = options.Time;
		this.#onException = options.onException;
		this.#seen = options.Time.ticks | 0;
		options.Timer.set(() => this.look(), LOOK_MS, LOOK_MS);
	}

	get ticks(): number {
		return this.#Time.ticks | 0;
	}

	get seconds(): number {
		this.look();
		return Math.floor(this.#ms / 1000);
	}

	get epochSeconds(): number {
		const seconds = Math.floor(Date.now() / 1000);
		return seconds < EPOCH_MIN_SECONDS ? 0 : seconds;
	}

	timer(wake: Alarm): Timer {
		return new DeviceTimer(this.#Timer, wake, this.#onException);
	}

	private look(): void {
		const now = this.#Time.ticks | 0;
		this.#ms += (now - this.#seen) >>> 0;
		this.#seen = now;
	}
}

/**
 * A one-shot that is made once. The SDK destroys a timer whose repetition is 0 when it has fired, so this one repeats, and
 * is stopped at the beginning of its callback (`modules/base/timer/mc/timer.c`); first delay and repetition are equal
 * because the Linux one handles no others (`modules/base/timer/lin/timer.c`). Arming and firing allocate nothing.
 */
class DeviceTimer implements Timer {
	readonly #Timer: TimerModule;
	readonly #timer: object;

	constructor(module: TimerModule, wake: Alarm, onException: ExceptionHandler | undefined) {
		const fire = (): void => {
			module.schedule(this.#timer);
			if (onException === undefined) wake.onAlarm();
			else {
				try {
					wake.onAlarm();
				} catch (error) {
					onException(error);
				}
			}
		};
		this.#Timer = module;
		this.#timer = module.set(fire, LOOK_MS, LOOK_MS);
		module.schedule(this.#timer);
	}

	arm(ms: number): void {
		const delay = ms > 0 ? ms : 1;
		this.#Timer.schedule(this.#timer, delay, delay);
	}

	disarm(): void {
		this.#Timer.schedule(this.#timer);
	}
}
