// SPDX-License-Identifier: MIT
/** The clock of one virtual board. */

import type { Alarm, Clock, Timer } from "../../lib/ports.js";
import { Event, type Timeline } from "./queue.js";
import type { Mortal, Scope } from "./scope.js";

export interface VirtualClockOptions {
	/** What `ticks` shows when the clock is made; default 0. Close to 2³¹ it makes the wrap-around happen soon. */
	ticks?: number;
	/** What `seconds` shows when the clock is made; default 0. */
	seconds?: number;
	/** True: the wall clock is right from the start. Default false: `epochSeconds` is 0 until {@link VirtualClock.synchronise}. */
	synchronised?: boolean;
	/** The board whose timers these are. */
	scope?: Scope;
}

/** Follows the world's time; what a board believes may differ from it by settable offsets. */
export class VirtualClock implements Clock {
	/** Added to the milliseconds behind `ticks` and `seconds`: a jump of the monotonic clock. Timers under way do not move. */
	offsetMs = 0;
	/** Added to the wall clock: how wrong `epochSeconds` is. */
	epochOffsetMs = 0;
	readonly #world: Timeline;
	readonly #scope: Scope | undefined;
	readonly #bornMs: number;
	readonly #ticks: number;
	readonly #seconds: number;
	#synchronised: boolean;

	constructor(world: Timeline, options: VirtualClockOptions = {}) {
		this.#world = world;
		this.#scope = options.scope;
		this.#bornMs = world.now;
		this.#ticks = options.ticks ?? 0;
		this.#seconds = options.seconds ?? 0;
		this.#synchronised = options.synchronised ?? false;
	}

	get ticks(): number {
		return (Math.floor(this.#age) + this.#ticks) | 0;
	}

	get seconds(): number {
		return Math.floor(this.#age / 1000) + this.#seconds;
	}

	get epochSeconds(): number {
		return this.#synchronised ? Math.floor((this.#world.epochMs + this.epochOffsetMs) / 1000) : 0;
	}

	/** The wall clock is known from now on, `epochOffsetMs` aside. */
	synchronise(): void {
		this.#synchronised = true;
	}

	timer(wake: Alarm): Timer {
		return new VirtualTimer(this.#world, wake, this.#scope);
	}

	get #age(): number {
		return this.#world.now - this.#bornMs + this.offsetMs;
	}
}

class VirtualTimer extends Event implements Timer, Mortal {
	readonly #world: Timeline;
	readonly #wake: Alarm;
	readonly #scope: Scope | undefined;

	constructor(world: Timeline, wake: Alarm, scope: Scope | undefined) {
		super();
		this.#world = world;
		this.#wake = wake;
		this.#scope = scope;
	}

	arm(ms: number): void {
		this.#scope?.add(this);
		this.#world.arm(this, ms);
	}

	disarm(): void {
		this.vanish();
		this.#scope?.delete(this);
	}

	vanish(): void {
		this.#world.cancel(this);
	}

	happen(): void {
		this.#scope?.delete(this);
		this.#wake.onAlarm();
	}
}
