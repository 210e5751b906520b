// SPDX-License-Identifier: MIT
/**
 * The world: virtual time, one seed, one queue of events. Everything that happens in it is an event, time jumps from one
 * to the next, and the same seed gives the same run, byte for byte. Nothing in it may read the host's clock, draw from
 * the host's random source, or wait for a promise.
 */

import type { Scheduled } from "./seams.js";
import { Event, EventQueue, type Timeline } from "./world/queue.js";
import { SeededRandom } from "./world/random.js";

export { VirtualClock, type VirtualClockOptions } from "./world/clock.js";
export type { Conditions, DialFault } from "./world/conditions.js";
export type { VirtualLink } from "./world/link.js";
export {
	type DiallerOptions,
	type Listening,
	VirtualDialler,
	VirtualNetwork,
	type VirtualNetworkOptions,
} from "./world/network.js";
export type { Direction } from "./world/pipe.js";
export { SeededRandom } from "./world/random.js";
export { type Mortal, Scope } from "./world/scope.js";
export type { TraceEntry, Tracer } from "./world/trace.js";

export interface WorldOptions {
	/** Repeats a run; a whole number up to 2⁵³ - 1. Default 1. */
	seed?: number;
	/** Milliseconds since 1970 at virtual time 0. Default 2026-01-01T00:00:00Z. */
	epochMs?: number;
	/** The most events that may happen at one instant of virtual time: above it, two parts chase each other. Default 1 000 000. */
	instantEventsMax?: number;
	/** The most events of the whole run. Default 1 000 000 000. */
	eventsMax?: number;
}

export class World implements Timeline {
	readonly seed: number;
	/** The root of all draws. Give each consumer its own `random.fork("label")` instead of drawing from it. */
	readonly random: SeededRandom;
	readonly #queue = new EventQueue();
	readonly #epochMs: number;
	readonly #instantEventsMax: number;
	readonly #eventsMax: number;
	#now = 0;
	#events = 0;
	#instantEvents = 0;

	constructor(options: WorldOptions = {}) {
		this.seed = options.seed ?? 1;
		this.random = new SeededRandom(this.seed);
		this.#epochMs = options.epochMs ?? Date.UTC(2026, 0, 1);
		this.#instantEventsMax = options.instantEventsMax ?? 1_000_000;
		this.#eventsMax = options.eventsMax ?? 1_000_000_000;
	}

	/** Virtual milliseconds since the start; fractions are possible. */
	get now(): number {
		return this.#now;
	}

	get epochMs(): number {
		return this.#epochMs + this.#now;
	}

	/** How many events have happened. */
	get events(): number {
		return this.#events;
	}

	/** How many events wait. */
	get pending(): number {
		return this.#queue.size;
	}

	after(delayMs: number, action: () => void): Scheduled {
		if (!(delayMs >= 0 && delayMs < Infinity)) throw this.error(`a delay of ${delayMs} ms`);
		return this.#queue.push(this.#now + delayMs, action);
	}

	arm(event: Event, delayMs: number): void {
		if (!(delayMs >= 0 && delayMs < Infinity)) throw this.error(`a delay of ${delayMs} ms`);
		this.#queue.add(event, this.#now + delayMs);
	}

	cancel(scheduled: Scheduled): void {
		if (scheduled instanceof Event) this.#queue.remove(scheduled);
	}

	/** Lets the next event happen; false when there is none. */
	step(): boolean {
		const event = this.#queue.pop();
		if (event === undefined) return false;
		this.#count(event.time);
		this.#now = event.time;
		try {
			event.happen();
		} catch (error) {
			if (error instanceof WorldError) throw error;
			throw this.error(error instanceof Error ? error.message : String(error), error);
		}
		return true;
	}

	/** Lets everything up to and including `untilMs` happen; then it is `untilMs`. A time that is past changes nothing. */
	run(untilMs: number): void {
		for (
			let next = this.#queue.peek();
			next !== undefined && next.time <= untilMs;
			next = this.#queue.peek()
		) {
			this.step();
		}
		if (untilMs > this.#now) this.#now = untilMs;
	}

	/**
	 * Steps until `predicate` holds; asked before the first event and after each. Returns false, and leaves the time at
	 * `limitMs` (absolute), when it did not hold by then or nothing is left to happen.
	 */
	runUntil(predicate: () => boolean, limitMs: number): boolean {
		while (!predicate()) {
			const next = this.#queue.peek();
			if (next === undefined || next.time > limitMs) {
				if (limitMs > this.#now && limitMs < Infinity) this.#now = limitMs;
				return false;
			}
			this.step();
		}
		return true;
	}

	/** An error that says how to repeat it. */
	error(what: string, cause?: unknown): WorldError {
		return new WorldError(`${what} [seed ${this.seed}, at ${this.#now} ms, event ${this.#events}]`, {
			cause,
		});
	}

	#count(time: number): void {
		this.#events++;
		this.#instantEvents = time === this.#now ? this.#instantEvents + 1 : 1;
		if (this.#instantEvents > this.#instantEventsMax) {
			throw this.error(`livelock: more than ${this.#instantEventsMax} events without time going on`);
		}
		if (this.#events > this.#eventsMax) throw this.error(`more than ${this.#eventsMax} events`);
	}
}

/** Something went wrong in a world; the message carries seed and time, `cause` what was thrown. */
export class WorldError extends Error {
	override readonly name = "WorldError";
}
