// SPDX-License-Identifier: MIT
/**
 * Thousands of boards as plain objects in one process: each is the full client with the sensor program, as it runs on a
 * microcontroller. What is alike for all of them they share: clock, limits, settings, blocks of memory.
 */

import type { Settings } from "../../firmware/ports.js";
import { start } from "../../firmware/programs/sensor.js";
import { Counter, type Limits, Reason } from "../../lib/index.js";
import type { Dialler } from "../../lib/ports.js";
import { VirtualBoard } from "../board/index.js";
import { VirtualClock } from "../world/clock.js";
import type { Timeline } from "../world/queue.js";
import { SeededRandom } from "../world/random.js";
import { Flights } from "./flights.js";
import { Histogram } from "./histogram.js";
import { Member } from "./member.js";
import { Slabs } from "./slabs.js";

export interface FleetOptions {
	/** Real time or that of a world. */
	readonly timeline: Timeline;
	/** Of each board; their number is that of the boards. */
	readonly names: readonly string[];
	readonly dialler: (index: number) => Dialler;
	/** All of them: the boards share this object. */
	readonly settings: Settings;
	readonly limits: Limits;
	/** The draws of a board depend on this and on its name, not on the others. */
	readonly seed: number;
}

/** Counts that only grow. */
export interface Totals {
	readonly dials: number;
	readonly connects: number;
	readonly resends: number;
	/** By `Counter` of what became of them: messages that did not reach the broker. */
	readonly dropped: ReadonlyMap<number, number>;
}

const DROPS: readonly number[] = [
	Counter.DroppedGaveWay,
	Counter.DroppedExpired,
	Counter.DroppedOffline,
	Counter.DroppedUnsendable,
	Counter.DroppedSessionLost,
	Counter.DroppedUnreadable,
	Counter.Rejected,
];

export class Fleet {
	readonly timeline: Timeline;
	readonly members: readonly Member[];
	readonly flights: Flights;
	/** From commit to acknowledged (QoS 0: sent), of readings; whoever reads it may clear it. */
	latency = new Histogram();
	/** Boards that are connected. */
	connected = 0;
	/** Connections that came up. */
	arrivals = 0;
	/** Readings taken; of which the store took none; that the broker has. */
	taken = 0;
	refused = 0;
	acknowledged = 0;
	/** Subscriptions that the broker did not grant. */
	denied = 0;
	/** Connections that ended, and attempts that led to none, by their reason. */
	readonly lost = new Map<number, number>();
	readonly failed = new Map<number, number>();
	/** A board is online. */
	onArrival: (() => void) | undefined;
	readonly #options: FleetOptions;
	readonly #clock: VirtualClock;
	readonly #memory = new Slabs();
	#powered = 0;
	#done = 0;

	constructor(options: FleetOptions) {
		const { timeline, names, limits } = options;
		this.#options = options;
		this.timeline = timeline;
		this.#clock = new VirtualClock(timeline, { synchronised: true });
		this.members = Array.from(names, (_, index) => new Member(this, index));
		this.flights = new Flights(names.length, limits.outboxMessages);
	}

	get size(): number {
		return this.members.length;
	}

	/** Boards that have power. */
	get powered(): number {
		return this.#powered;
	}

	/** Bytes of the boards' own buffers, as they would be on a microcontroller. */
	get bufferBytes(): number {
		return this.#memory.allocated;
	}

	/** Switches the next board on. Throws when a limit is too small for the settings. */
	powerOn(): void {
		const index = this.#powered++;
		const member = this.members[index];
		const { names, dialler, settings, limits, seed } = this.#options;
		const name = names[index];
		const random = new SeededRandom(seed, name);
		member.program = start(
			new VirtualBoard({
				...{ name, settings, limits, memory: this.#memory, clock: this.#clock },
				...{ dialler: dialler(index), random, report: member },
			}),
		);
	}

	/** Lets all of them say goodbye. */
	stop(): void {
		for (const { program } of this.members) program?.stop();
	}

	/** All have said it, or need not: there will be no other connection. */
	get isDone(): boolean {
		return this.#done === this.#powered;
	}

	/** Adds up what the clients have counted: a walk through all of them. */
	totals(): Totals {
		let dials = 0;
		let connects = 0;
		let resends = 0;
		const dropped = new Map<number, number>();
		for (const { program } of this.members) {
			if (program === undefined) continue;
			const { counters } = program.client;
			dials += counters[Counter.Dials];
			connects += counters[Counter.Connects];
			resends += counters[Counter.Resends];
			for (const cause of DROPS)
				if (counters[cause] > 0) dropped.set(cause, (dropped.get(cause) ?? 0) + counters[cause]);
		}
		return { dials, connects, resends, dropped };
	}

	/** For members. */
	onOnline(): void {
		this.connected++;
		this.arrivals++;
		this.onArrival?.();
	}

	/** For members. */
	onOffline(wasOnline: boolean, reason: number, retryMs: number): void {
		if (wasOnline) this.connected--;
		if (retryMs < 0) this.#done++;
		if (reason === Reason.ClosedByApplication) return;
		const table = wasOnline ? this.lost : this.failed;
		table.set(reason, (table.get(reason) ?? 0) + 1);
	}
}
