// SPDX-License-Identifier: MIT
/** The host of one virtual board: what of it lives through a power cut, its power switch, and what all its lives did. */

import type { Settings } from "../../firmware/ports.js";
import { type BudgetTerm, Counter, type Limits } from "../../lib/index.js";
import type { Random } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/index.js";
import {
	type Cause,
	Machine,
	MortalClock,
	MortalDialler,
	Orphans,
	PluggedFlash,
	type Torn,
	VirtualHealth,
	VirtualSensors,
} from "../board/index.js";
import { NodeClock, type NodeFlash } from "../node/index.js";
import { Scope } from "../world/scope.js";
import { Diagnosis } from "./diagnosis.js";
import type { BoardEvent } from "./events.js";
import { Farewell } from "./farewell.js";
import { Life, type LifeParts, measured, type Reading, type Tally } from "./life.js";

/** Milliseconds from the end of a cut until the program runs again: the chip's own start. */
const OFF_MS = 300;

export interface HostOptions {
	readonly name: string;
	readonly program: LifeParts["program"];
	readonly dialler: LifeParts["dialler"];
	/** For the backoff. */
	readonly random: Random;
	/** For the weather around the board. */
	readonly weather: Random;
	/** Where in a flash command the plug is pulled. */
	readonly plug: Random;
	readonly settings: Settings;
	readonly limits: Limits;
	/** Undefined: its store is in RAM. */
	readonly flash: NodeFlash | undefined;
	/** "host:port" of the broker, for people, and whether TLS is spoken with it. */
	readonly place: string;
	readonly secure: boolean;
	/** Nobody will come back to its session: at the end the broker is told to forget it. */
	readonly forget: boolean;
}

export class Host {
	readonly name: string;
	/** The memory budget of its program. */
	readonly memory: readonly BudgetTerm[];
	readonly tally: Tally = {
		...{ taken: 0, refused: 0, acknowledged: 0, restored: 0, lost: 0, commands: 0, ignored: 0 },
	};
	readonly machine: Machine;
	/** Power cuts. */
	cuts = 0;
	/** Into flash, by all lives. */
	bytesWritten = 0;
	/** Erases of its most worn sector, since it was formatted. */
	erasesMost = 0;
	readonly flash: NodeFlash | undefined;
	readonly #options: HostOptions;
	readonly #emit: (event: BoardEvent) => void;
	readonly #plugged: PluggedFlash | undefined;
	readonly #clock = new NodeClock();
	readonly #sensors: VirtualSensors;
	readonly #health: VirtualHealth;
	readonly #orphans = new Orphans();
	readonly #readings = new Map<number, Reading>();
	readonly #settled = new Set<number>();
	/** Of the lives that are over. */
	readonly #past = new Uint32Array(Counter.Count);
	readonly #diagnosis: Diagnosis;
	#life: Life | undefined;
	/** The broker was there when it was last asked for. */
	#reached = false;
	#stopping = false;
	/** Begun when the board has said goodbye. */
	#farewell: Farewell | undefined;
	#left = false;

	/** Throws when a limit is too small for the settings. */
	constructor(options: HostOptions, emit: (event: BoardEvent) => void) {
		const { name, flash, plug, weather } = options;
		this.name = name;
		this.flash = flash;
		this.#options = options;
		this.#emit = (event) => {
			this.#notice(event);
			emit(event);
		};
		this.#diagnosis = new Diagnosis(options.place, options.secure);
		this.#plugged = flash === undefined ? undefined : new PluggedFlash(flash, plug);
		if (this.#plugged !== undefined) this.#plugged.onCut = (torn) => this.#cut(torn);
		this.#sensors = new VirtualSensors(this.#clock, weather);
		this.#health = new VirtualHealth(this.#sensors);
		const schedule = {
			after: (ms: number, action: () => void) => setTimeout(action, ms),
			cancel: (scheduled: object) => clearTimeout(scheduled as NodeJS.Timeout),
		};
		this.machine = new Machine({
			schedule,
			boot: (scope, cause) => this.#boot(scope, cause),
			onSleep: (ms) => this.#sleep(ms),
		});
		this.memory = this.#make(new Scope()).program.client.memory;
	}

	powerOn(): void {
		this.machine.powerOn();
	}

	/** Pulls the plug, and puts it back a moment later. */
	cutPower(): void {
		this.#cut("nothing");
	}

	/** The plug is pulled in the middle of the `nth` flash command from now. Without flash nothing happens. */
	cutInFlash(nth: number): void {
		this.#plugged?.arm(nth);
	}

	/** Lets the program say goodbye; without power, or asleep, it stays where it is. */
	stop(): void {
		this.#stopping = true;
		this.#plugged?.arm(0);
		const life = this.#life;
		if (life !== undefined) life.program.stop();
		else this.machine.cutPower();
		if (life === undefined || life.closed) this.#leave();
	}

	/** Forgets what is still open. The last thing to be called. */
	close(): void {
		this.#retire();
		this.machine.cutPower();
		this.#farewell?.close();
		this.#orphans.close();
		this.flash?.close();
	}

	/** It was told to stop, its connection is closed, and the broker need not be told anything more. */
	get done(): boolean {
		return this.#left;
	}

	/** Messages that are not done, the status among them. */
	get pending(): number {
		return this.machine.running ? this.#life!.program.client.pending : 0;
	}

	/** Readings that are not done. */
	get unfinished(): number {
		return this.#readings.size;
	}

	/** A sum over all lives. */
	counter(index: number): number {
		return this.#past[index] + (this.#life?.program.client.counters[index] ?? 0);
	}

	/** The most of any life. */
	peak(index: number): number {
		return Math.max(this.#past[index], this.#life?.program.client.counters[index] ?? 0);
	}

	#make(scope: Scope): Life {
		const { name, program, dialler, random, settings, limits } = this.#options;
		const parts: LifeParts = {
			...{ name, program, random, settings, limits, sensors: this.#sensors },
			...{ power: this.machine, health: this.#health },
			dialler: new MortalDialler(dialler, scope, this.#orphans),
			clock: new MortalClock(this.#clock, scope),
			flash: this.#plugged,
			readings: this.#readings,
			settled: this.#settled,
			tally: this.tally,
			diagnosis: this.#diagnosis,
		};
		return new Life(parts, scope, this.#emit);
	}

	#boot(scope: Scope, cause: Cause): Life["program"] {
		this.#plugged?.powerOn();
		this.#health.begin(cause);
		const life = this.#make(scope);
		this.#life = life;
		life.program.open();
		if (!scope.alive) return life.program; // the power went in the middle of it
		const { store } = life;
		this.#emit({
			event: "boot",
			boot: this.machine.boots,
			cause,
			unclean: store.unclean,
			waiting: store.count,
			inbound: store.inboundCount,
			session: store.established,
		});
		for (const [ticket, reading] of this.#readings)
			if (store.state(ticket) === 0) this.#lose(ticket, reading);
		return life.program;
	}

	#notice(event: BoardEvent): void {
		if (event.event === "online") this.#reached = true;
		else if (event.event === "offline" && event.retryMs > 0) this.#reached = false;
		else if (event.event === "offline" && event.retryMs < 0 && this.#stopping) this.#leave();
	}

	/** It has stopped: there is one thing left to do, at most. */
	#leave(): void {
		const { name, dialler, random, settings, limits, forget } = this.#options;
		if (this.#left || this.#farewell !== undefined) return;
		this.#left = !(forget && this.#reached);
		if (this.#left) return;
		this.#farewell = new Farewell({ name, dialler, random, settings, limits }, (done) => {
			this.#left = true;
			this.#emit({ event: "forgotten", done });
		});
	}

	#sleep(ms: number): void {
		const awakeMs = performance.now() - this.#life!.bornMs;
		this.#retire();
		this.#emit({ event: "asleep", ms, awakeMs });
	}

	#cut(torn: Torn | "nothing"): void {
		if (this.#stopping || !this.machine.running) return;
		this.#plugged?.powerOff();
		this.cuts++;
		this.#retire();
		this.machine.cutPower(OFF_MS);
		this.#emit({ event: "cut", torn });
		if (this.flash === undefined) for (const [ticket, reading] of this.#readings) this.#lose(ticket, reading);
	}

	/** The power took it along. */
	#lose(ticket: number, reading: Reading): void {
		this.#readings.delete(ticket);
		this.tally.lost++;
		const cause = "it was in RAM when the power went";
		this.#emit({ event: "lost", ...measured(reading), outcome: -1, reason: 0, cause, advice: "" });
	}

	/** A life is over: what it has counted is added up. */
	#retire(): void {
		const life = this.#life;
		this.#life = undefined;
		if (life === undefined) return;
		const { counters } = life.program.client;
		for (let index = 0; index < Counter.Count; index++) {
			const most = PEAKS.has(index);
			this.#past[index] = most
				? Math.max(this.#past[index], counters[index])
				: this.#past[index] + counters[index];
		}
		if (!(life.store instanceof FlashStore)) return;
		const { bytesWritten, erasesMost } = life.store.wear;
		this.bytesWritten += bytesWritten;
		this.erasesMost = erasesMost;
	}
}

/** Counters that are no sums. */
const PEAKS: ReadonlySet<number> = new Set([
	Counter.PeakMessages,
	Counter.PeakBytes,
	Counter.PeakInFlight,
	Counter.PeakOwed,
	Counter.RoundTripMs,
	Counter.PeakRoundTripMs,
]);
