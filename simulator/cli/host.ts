// SPDX-License-Identifier: MIT
/** The host of one virtual board: hears the numbers of its program, and makes events of them. */

import { Command, type Indicator, type Report, type Sensors } from "../../firmware/ports.js";
import { Sensor } from "../../firmware/programs/sensor.js";
import { Settled } from "../../lib/index.js";
import { VirtualBoard, type VirtualBoardOptions, WatchedDialler, type Watcher } from "../board/index.js";
import type { BoardEvent, Measured } from "./events.js";
import { explain, explainOutcome, REFUSALS } from "./reasons.js";

interface Reading extends Measured {
	readonly takenMs: number;
}

const COMMANDS = {
	[Command.Invalid]: "invalid",
	[Command.Identify]: "identify",
	[Command.Report]: "report",
} as const;

export interface HostOptions extends VirtualBoardOptions {}

export class Host implements Report, Watcher, Indicator {
	readonly name: string;
	readonly program: Sensor;
	/** Readings that the broker has; with QoS 0, those that were sent. */
	acknowledged = 0;
	/** Readings that were accepted, and then not taken by the broker, or lost with a session. */
	lost = 0;
	commands = 0;
	/** It was told to stop, and its connection is closed. */
	done = false;
	readonly #emit: (event: BoardEvent) => void;
	readonly #sensors: Sensors;
	readonly #dialler: WatchedDialler;
	readonly #qos: number;
	/** Accepted readings by ticket. */
	readonly #readings = new Map<number, Reading>();
	#sampled: Reading | undefined;
	/** Settled before `commit` returned their ticket: QoS 0. */
	#early: Map<number, readonly [outcome: number, reason: number]> | undefined;

	/** Throws when a limit is too small for the settings. The program waits for its `open`. */
	constructor(options: HostOptions, emit: (event: BoardEvent) => void) {
		this.name = options.name;
		this.#emit = emit;
		this.#dialler = new WatchedDialler(options.dialler, this);
		const board = new VirtualBoard({ ...options, dialler: this.#dialler, report: this, indicator: this });
		this.#sensors = board.sensors;
		this.#qos = board.settings.qos;
		this.program = new Sensor(board);
	}

	/** Messages that are not done, the status among them. */
	get pending(): number {
		return this.program.client.pending;
	}

	/** Readings that are not done. */
	get unfinished(): number {
		return this.#readings.size;
	}

	onDial(): void {
		this.#emit({ event: "dial" });
	}

	onUp(): void {
		this.#emit({ event: "link" });
	}

	online(sessionPresent: boolean): void {
		this.#emit({ event: "online", sessionPresent });
	}

	offline(reason: number, retryMs: number): void {
		this.done = retryMs < 0;
		this.#emit({
			event: "offline",
			reason,
			cause: explain(reason, this.#dialler.lastError),
			retryMs,
		});
	}

	sampled(n: number): void {
		const { temperature: t, humidity: h, battery, signal: rssi } = this.#sensors;
		this.#sampled = { n, t, h, battery, rssi, takenMs: performance.now() };
		this.#early = new Map();
	}

	queued(_number: number, ticket: number): void {
		const reading = this.#sampled!;
		const early = this.#early!.get(ticket);
		this.#early = undefined;
		if (ticket < 0) {
			const cause = REFUSALS[ticket] ?? `refusal ${ticket}`;
			this.#emit({ event: "refused", ...measured(reading), refusal: ticket, cause });
			return;
		}
		this.#readings.set(ticket, reading);
		if (early !== undefined) this.settled(ticket, ...early);
		else if (!this.program.client.online) {
			this.#emit({ event: "waiting", ...measured(reading), pending: this.#readings.size });
		}
	}

	settled(ticket: number, outcome: number, reason: number): void {
		const reading = this.#readings.get(ticket);
		if (reading === undefined) {
			this.#early?.set(ticket, [outcome, reason]);
			return;
		}
		this.#readings.delete(ticket);
		if (outcome === Settled.Acknowledged || outcome === Settled.Sent) {
			this.#acknowledge(reading);
			return;
		}
		this.lost++;
		const cause = explainOutcome(outcome, reason);
		this.#emit({ event: "lost", ...measured(reading), outcome, reason, cause });
	}

	subscribed(reason: number): void {
		this.#emit({ event: "subscribed", reason });
	}

	command(command: Command): void {
		this.commands++;
		this.#emit({ event: "command", command: COMMANDS[command] });
	}

	interval(seconds: number): void {
		this.#emit({ event: "interval", seconds });
	}

	identify(): void {
		this.#emit({ event: "identify" });
	}

	#acknowledge(reading: Reading): void {
		this.acknowledged++;
		const ms = performance.now() - reading.takenMs;
		this.#emit({ event: "reading", ...measured(reading), qos: this.#qos, ms, pending: this.#readings.size });
	}
}

function measured({ n, t, h, battery, rssi }: Reading): Measured {
	return { n, t, h, battery, rssi };
}
