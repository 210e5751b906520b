// SPDX-License-Identifier: MIT
/** A board as a scenario has it: by name, with a power switch and a network to lose, and a list of what it owes the broker. */

import type { Board, Program, Report, Settings } from "../../firmware/ports.js";
import { Sensor } from "../../firmware/programs/sensor.js";
import { Sleeper } from "../../firmware/programs/sleeper.js";
import { Soak } from "../../firmware/programs/soak.js";
import { Counter, DEFAULT_LIMITS, type Limits, TINY_LIMITS } from "../../lib/index.js";
import { FACTORY_SETTINGS } from "../board/index.js";
import { CUTS, type Cut, type NorFlashOptions } from "../nor-flash.js";
import type { StageBoard, StageBoardOptions } from "../stage/index.js";
import type { Conditions, SeededRandom } from "../world.js";
import type { Teller } from "./events.js";
import type { Ledger } from "./ledger.js";

const PROGRAMS = { sensor: Sensor, sleeper: Sleeper, soak: Soak } as const;

/** A firmware: one of `firmware/programs` by its name, or the `start` of one of your own. */
export type ProgramChoice = keyof typeof PROGRAMS | ((board: Board) => Program);

export interface SceneBoardOptions {
	/** Default "sensor". */
	readonly program?: ProgramChoice;
	/** Over those of the factory: root "ringbuoy", version 5, QoS 1, a reading every 2 seconds, keep alive 60 seconds. */
	readonly settings?: Partial<Settings>;
	/** Its flash: default 16 sectors of 4096 bytes, in order. False: none, what waits goes with the power. */
	readonly flash?: NorFlashOptions | false;
	/** How much it has room for: what a board with enough memory has (default), or a small one. */
	readonly limits?: "default" | "tiny" | Limits;
	/** What its connections are like; over those of the scene. */
	readonly conditions?: Partial<Conditions>;
	/** What its clock shows at power-on: milliseconds that wrap around at 2³¹. Default 0. */
	readonly ticks?: number;
	/** It is switched on later, with `powerOn`. */
	readonly off?: boolean;
}

/** What of a scene's board is told to the stage; the rest comes from the scene. */
export function stageOptions(name: string, options: SceneBoardOptions, report: Report): StageBoardOptions {
	const { program = "sensor", settings, flash, limits = "default", conditions, ticks } = options;
	return {
		...{ name, settings, flash, conditions, ticks, report },
		start: startOf(program),
		limits: limits === "default" ? DEFAULT_LIMITS : limits === "tiny" ? TINY_LIMITS : limits,
	};
}

function startOf(program: ProgramChoice): (board: Board) => Program {
	if (typeof program === "function") return program;
	if (!(program in PROGRAMS))
		throw new RangeError(`there is no program "${program}"; there are ${Object.keys(PROGRAMS).join(", ")}`);
	return (board) => {
		const started = new PROGRAMS[program](board);
		started.open();
		return started;
	};
}

export class SceneBoard {
	readonly name: string;
	/** All that a board is made of, for what this class has no word for: flash, clock, links, the program itself. */
	readonly device: StageBoard;
	/** Its settings, those of the factory included. */
	readonly settings: Settings;
	readonly #ledger: Ledger;
	readonly #random: SeededRandom;
	/** Of the lives that are over. */
	#dials = 0;
	#resends = 0;

	/** For scenes: it is not switched on yet. */
	constructor(
		device: StageBoard,
		settings: Partial<Settings> | undefined,
		ledger: Ledger,
		random: SeededRandom,
		tell: Teller,
	) {
		this.device = device;
		this.name = device.name;
		this.#random = random;
		this.settings = { ...FACTORY_SETTINGS, ...settings };
		this.#ledger = ledger;
		const board = this.name;
		device.onBoot = (cause) => {
			this.#retire();
			if (device.flash === undefined) ledger.beginAnew();
			tell({ event: "boot", board, boot: device.machine.boots, cause });
		};
		device.onCut = (torn) => tell({ event: "cut", board, torn });
		device.onSleep = (ms) => tell({ event: "asleep", board, ms: Math.round(ms) });
	}

	// ── what can be seen ─────────────────────────────────────────────────────────────────────────────────────────

	/** It has power, and is not asleep. */
	get running(): boolean {
		return this.device.running;
	}

	/** It has a connection, and the broker has accepted it. */
	get online(): boolean {
		return this.device.online;
	}

	/** Messages accepted and not settled, its status among them; 0 while it is off or asleep. */
	get pending(): number {
		return this.running ? this.device.pending : 0;
	}

	/** Readings that it took so far, and that its store accepted. */
	get taken(): number {
		return this.#ledger.taken;
	}

	/** Readings that the broker has, each counted once. */
	get arrived(): number {
		return this.#ledger.arrived;
	}

	/**
	 * Numbers of the readings that its store accepted and that the broker does not have, or not yet. Without flash they begin
	 * anew with each boot, and those that went with the power stay here.
	 */
	get missing(): number[] {
		return this.#ledger.missing();
	}

	/** Numbers of the readings that the broker has got more than once: with QoS 1 that may be. */
	get repeated(): number[] {
		return this.#ledger.repeated();
	}

	/** Readings of which it knows that they will not arrive: a full store let them go, or the broker did not take them. */
	get lost(): number {
		return this.#ledger.lost;
	}

	/** Power-ons, wake-ups and restarts so far. */
	get boots(): number {
		return this.device.machine.boots;
	}

	/** Milliseconds of deep sleep so far. */
	get sleptMs(): number {
		return this.device.sleptMs;
	}

	/** Attempts to connect so far. */
	get dials(): number {
		return this.#dials + this.#counted(Counter.Dials);
	}

	/** Messages that were sent again so far. */
	get resends(): number {
		return this.#resends + this.#counted(Counter.Resends);
	}

	// ── power ────────────────────────────────────────────────────────────────────────────────────────────────────

	/** Harmless when it is on; ends a sleep. */
	powerOn(): void {
		this.device.powerOn();
	}

	/** The power is gone, now; it comes back after `offMs` (default 300), or, Infinity, with {@link powerOn}. */
	cutPower(offMs?: number): void {
		this.device.cutPower(offMs);
	}

	/**
	 * The power goes in the middle of its `nth` flash command from now, 1 being the next; `how` much of the command is done
	 * by then is drawn from the seed, unless it is said.
	 */
	cutPowerInFlash(nth = 1, how?: Cut, offMs?: number): void {
		this.device.cutPowerAt(nth, how ?? (this.#random.below(CUTS) as Cut), false, offMs);
	}

	// ── network ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** Its Wi-Fi goes: the connection breaks, and it finds no network until {@link regainNetwork}. */
	loseNetwork(): void {
		this.device.reach("no network");
		this.device.link?.cut();
	}

	regainNetwork(): void {
		this.device.reach("none");
	}

	/** Changes what its connections are like, this one and those to come. */
	become(conditions: Partial<Conditions>): void {
		this.device.become(conditions);
	}

	/** Of the latest life, which may be over. */
	#counted(counter: Counter): number {
		return this.device.machine.program?.client.counters[counter] ?? 0;
	}

	/** A life begins: what the one before has counted is kept. */
	#retire(): void {
		this.#dials = this.dials;
		this.#resends = this.resends;
	}
}
