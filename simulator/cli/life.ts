// SPDX-License-Identifier: MIT
/** One life of a virtual board, from power-on to power-off: hears the numbers of its program, and makes events of them. */

import {
	Command,
	type Health,
	type Indicator,
	Inlet,
	type Program,
	type Report,
	type Settings,
} from "../../firmware/ports.js";
import { Sensor } from "../../firmware/programs/sensor.js";
import { Sleeper } from "../../firmware/programs/sleeper.js";
import { Soak } from "../../firmware/programs/soak.js";
import { Counter, type Limits, Settled } from "../../lib/index.js";
import type { Clock, Dialler, Flash, Power, Random, Store } from "../../lib/ports.js";
import { PacketType } from "../../lib/wire/protocol.js";
import { VirtualBoard, type VirtualSensors, WatchedDialler, type Watcher } from "../board/index.js";
import { NodeMemory } from "../node/index.js";
import type { Scope } from "../world/scope.js";
import type { Diagnosis } from "./diagnosis.js";
import type { BoardEvent, Measured } from "./events.js";
import { explainAnswer, explainOutcome, FAULTS, REFUSALS } from "./reasons.js";

export interface Reading extends Measured {
	readonly takenMs: number;
}

/** What `--program` starts. */
export const PROGRAMS = { sensor: Sensor, sleeper: Sleeper, soak: Soak } as const;
export type ProgramName = keyof typeof PROGRAMS;

/** What a board is made of, and what of it the next life finds again. */
export interface LifeParts {
	readonly name: string;
	readonly program: ProgramName;
	readonly dialler: Dialler & { readonly lastError?: string };
	readonly clock: Clock;
	readonly random: Random;
	readonly sensors: VirtualSensors;
	readonly settings: Settings;
	readonly limits: Limits;
	readonly flash: Flash | undefined;
	readonly power: Power;
	readonly health: Health;
	/** Accepted readings by ticket, which goes on through the lives of a flash store. */
	readonly readings: Map<number, Reading>;
	/** Tickets that were settled lately: after a cut they may be settled again. */
	readonly settled: Set<number>;
	readonly tally: Tally;
	readonly diagnosis: Diagnosis;
}

/** Counted through all lives of a board. */
export interface Tally {
	/** Readings. */
	taken: number;
	refused: number;
	/** That the broker has; with QoS 0, those that were sent. */
	acknowledged: number;
	restored: number;
	lost: number;
	/** Carried out. */
	commands: number;
	ignored: number;
}

const INLETS = { [Inlet.Interval]: "set/interval", [Inlet.Command]: "do" } as const;
/** A reading that takes longer while the link is up is worth a word. */
const OVERDUE_MS = 2_000;

export class Life implements Report, Watcher, Indicator {
	readonly program: Program & { open(): void };
	readonly store: Store;
	readonly bornMs = performance.now();
	/** Its connection is closed, and it does not want another. */
	closed = false;
	readonly #parts: LifeParts;
	readonly #scope: Scope;
	readonly #emit: (event: BoardEvent) => void;
	readonly #dialler: WatchedDialler;
	/** The link of the latest attempt came up. */
	#up = false;
	/** CONNACKs up to its beginning. */
	#connacks = 0;
	#sampled: Reading | undefined;
	/** Settled before `commit` returned their ticket: QoS 0. */
	#early: Map<number, readonly [outcome: number, reason: number]> | undefined;

	/** Throws when a limit is too small for the settings. The program waits for its `open`. */
	constructor(parts: LifeParts, scope: Scope, emit: (event: BoardEvent) => void) {
		this.#parts = parts;
		this.#scope = scope;
		this.#emit = emit;
		this.#dialler = new WatchedDialler(parts.dialler, this);
		const { name, clock, random, sensors, settings, limits, flash, power, health } = parts;
		const board = new VirtualBoard({
			...{ name, clock, random, sensors, settings, limits, flash, power, health },
			...{ memory: new NodeMemory(), dialler: this.#dialler, report: this, indicator: this },
		});
		this.store = board.store;
		this.program = new PROGRAMS[parts.program](board);
	}

	/** Of a dead board nothing is heard, also when its program is still on its way out of a torn flash command. */
	#tell(event: BoardEvent): void {
		if (this.#scope.alive) this.#emit(event);
	}

	onDial(): void {
		this.#up = false;
		this.#connacks = this.#connacksNow;
		this.#tell({ event: "dial" });
	}

	onUp(): void {
		this.#up = true;
		this.#tell({ event: "link" });
	}

	get #connacksNow(): number {
		return this.program.client.counters[Counter.PacketsIn + PacketType.Connack];
	}

	online(sessionPresent: boolean): void {
		this.closed = false;
		this.#tell({ event: "online", sessionPresent });
	}

	offline(reason: number, retryMs: number): void {
		this.closed = retryMs < 0;
		const cause = this.#parts.diagnosis.explain({
			reason,
			words: this.#dialler.lastError,
			up: this.#up,
			answered: this.#connacksNow !== this.#connacks,
			nowMs: performance.now(),
		});
		this.#tell({ event: "offline", reason, cause, retryMs });
	}

	sampled(n: number): void {
		const { temperature: t, humidity: h, battery, signal: rssi } = this.#parts.sensors;
		this.#sampled = { n, t, h, battery, rssi, takenMs: performance.now() };
		this.#early = new Map();
	}

	queued(n: number, ticket: number): void {
		const { tally, readings } = this.#parts;
		const reading = this.#sampled!;
		const early = this.#early!.get(ticket);
		this.#early = undefined;
		if (!this.#scope.alive) return;
		tally.taken++;
		if (ticket < 0) {
			tally.refused++;
			const cause = REFUSALS[ticket] ?? `refusal ${ticket}`;
			this.#tell({ event: "refused", ...measured(reading), refusal: ticket, cause });
			return;
		}
		readings.set(ticket, reading);
		this.#tell({ event: "accepted", n, ticket });
		if (early !== undefined) this.settled(ticket, ...early, false);
		else if (!this.program.client.online && this.#parts.program === "sensor")
			this.#tell({ event: "waiting", ...measured(reading), pending: readings.size });
		else if (this.program.client.online) setTimeout(() => this.#overdue(ticket), OVERDUE_MS).unref();
	}

	#overdue(ticket: number): void {
		const { readings } = this.#parts;
		const reading = readings.get(ticket);
		if (reading === undefined || !this.program.client.online) return;
		this.#tell({ event: "waiting", ...measured(reading), pending: readings.size });
	}

	settled(ticket: number, outcome: number, reason: number, restored: boolean): void {
		if (!this.#scope.alive) return;
		const { tally, readings, settings } = this.#parts;
		const reading = readings.get(ticket);
		const arrived = outcome === Settled.Acknowledged || outcome === Settled.Sent;
		const [cause, advice] = explainOutcome(outcome, reason);
		if (reading === undefined) {
			this.#early?.set(ticket, [outcome, reason]);
			if (!restored) return;
			const again = this.#parts.settled.has(ticket);
			if (arrived && !again) tally.restored++;
			this.#tell({ event: "restored", ticket, outcome, reason, cause, advice, again });
			return;
		}
		readings.delete(ticket);
		remember(this.#parts.settled, ticket);
		if (arrived) {
			tally.acknowledged++;
			const ms = performance.now() - reading.takenMs;
			const { qos } = settings;
			this.#tell({ event: "reading", ...measured(reading), qos, ms, pending: readings.size });
			return;
		}
		tally.lost++;
		this.#tell({ event: "lost", ...measured(reading), outcome, reason, cause, advice });
	}

	subscribed(reason: number, inlet: Inlet): void {
		const filter = this.#topic(inlet);
		const [cause, advice] = explainAnswer(reason);
		if (reason < 0x80) this.#tell({ event: "subscribed", filter, reason });
		else this.#tell({ event: "denied", filter, reason, cause, advice });
	}

	command(command: Command, inlet: Inlet): void {
		if (!this.#scope.alive) return;
		const { tally } = this.#parts;
		if (command === Command.Invalid) {
			tally.ignored++;
			this.#tell({ event: "ignored", topic: this.#topic(inlet) });
			return;
		}
		tally.commands++;
		this.#tell({ event: "command", command: command === Command.Identify ? "identify" : "report" });
	}

	#topic(inlet: Inlet): string {
		return `${this.#parts.settings.root}/${this.#parts.name}/${INLETS[inlet]}`;
	}

	interval(seconds: number): void {
		this.#tell({ event: "interval", seconds });
	}

	storeFault(fault: number): void {
		this.#tell({ event: "fault", fault, cause: FAULTS[fault] ?? `fault ${fault}` });
	}

	soaked(minutes: number, back: number, wrong: number): void {
		this.#tell({ event: "soaked", minutes, back, wrong });
	}

	identify(): void {
		this.#tell({ event: "identify" });
	}
}

/** More than a store holds, and not all there ever were. */
const REMEMBERED = 4_096;

function remember(settled: Set<number>, ticket: number): void {
	settled.add(ticket);
	if (settled.size > REMEMBERED) settled.delete(settled.values().next().value!);
}

export function measured({ n, t, h, battery, rssi }: Reading): Measured {
	return { n, t, h, battery, rssi };
}
