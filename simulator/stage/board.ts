// SPDX-License-Identifier: MIT
/**
 * A board on the stage: what its owner holds in the hand. It has a partition, a power switch, a clock that need not be right,
 * an antenna; its program is any of `firmware/programs`, or one that is made for the play.
 */

import type { Board, Health, Program, Report, Sensors, Settings } from "../../firmware/ports.js";
import { DEFAULT_LIMITS, type Limits } from "../../lib/limits.js";
import type { Dialler, Memory, Store } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/index.js";
import { type Cause, Machine, VirtualBoard, VirtualSensors } from "../board/index.js";
import { NodeMemory } from "../node/memory.js";
import { type Cut, NorFlash, type NorFlashOptions } from "../nor-flash.js";
import {
	type Conditions,
	type DialFault,
	Scope,
	type SeededRandom,
	VirtualClock,
	type VirtualDialler,
	type VirtualLink,
} from "../world.js";
import type { Stage } from "./stage.js";
import { type Tap, TappedDialler } from "./tap.js";

/** Milliseconds without power after a cut, unless it is said how many. */
const OFF_MS = 300;

export interface StageBoardOptions {
	/** Client identifier, level of its topics, and name of its links. */
	readonly name: string;
	/** What it runs: `start` of a program. */
	readonly start: (board: Board) => Program;
	/** Its partition: default 16 sectors; false: none, the store is in RAM. */
	readonly flash?: NorFlashOptions | NorFlash | false;
	/** Makes the store of a life, instead of the one that is usual for such a board. */
	readonly store?: (flash: NorFlash | undefined, limits: Limits) => Store;
	/** Makes the memory of a life; default: an array. */
	readonly memory?: () => Memory;
	readonly settings?: Partial<Settings>;
	readonly limits?: Limits;
	readonly conditions?: Partial<Conditions>;
	/** What its clock shows at power-on: milliseconds that wrap around at 2³¹. Default 0. */
	readonly ticks?: number;
	/** It knows the time of day from power-on. Default true. */
	readonly synchronised?: boolean;
	readonly report?: Report;
	readonly health?: Health;
	readonly sensors?: Sensors;
	/** Who sees the bytes of its connections. */
	readonly taps?: readonly Tap[];
	/** A dialler of the play's own around that of the board. */
	readonly dialler?: (dialler: Dialler) => Dialler;
	/** It is switched on later. */
	readonly off?: boolean;
}

export class StageBoard {
	readonly name: string;
	/** Undefined: none. */
	readonly flash: NorFlash | undefined;
	/** Power switch, deep sleep. */
	readonly machine: Machine;
	readonly limits: Limits;
	readonly sensors: Sensors;
	readonly random: SeededRandom;
	/** Power cuts so far. */
	cuts = 0;
	/** Milliseconds of deep sleep so far. */
	sleptMs = 0;
	/** The board of the life under way, or of the last one. */
	board!: VirtualBoard;
	clock!: VirtualClock;
	scope = new Scope();
	/** A life begins: what is done to each is done here. The program has not started yet. */
	onBoot: ((cause: Cause) => void) | undefined;
	/** The power has gone; `torn`: inside of a flash command, not between two events. */
	onCut: ((torn: boolean) => void) | undefined;
	/** It goes to sleep. */
	onSleep: ((ms: number) => void) | undefined;
	#dialler: VirtualDialler | undefined;
	readonly #stage: Stage;
	readonly #options: StageBoardOptions;
	readonly #departs: SeededRandom;
	#reach: DialFault = "none";
	#conditions: Partial<Conditions>;
	/** How long it stays off after the cut that is armed. */
	#offMs = OFF_MS;
	/** The power goes by the switch, while no flash command is under way. */
	#switched = false;
	/** What its clock shows when it wakes up. */
	#seconds = 0;

	constructor(stage: Stage, options: StageBoardOptions) {
		this.#stage = stage;
		this.#options = options;
		this.name = options.name;
		this.limits = options.limits ?? DEFAULT_LIMITS;
		this.random = stage.world.random.fork(options.name);
		this.#departs = this.random.fork("departs");
		this.#conditions = options.conditions ?? {};
		this.flash = this.#partition(options.flash ?? {});
		const weather = new VirtualClock(stage.world);
		this.sensors = options.sensors ?? new VirtualSensors(weather, this.random.fork("weather"));
		this.machine = new Machine({
			schedule: { after: (ms, action) => this.#later(ms, action), cancel: (it) => stage.world.cancel(it) },
			boot: (scope, cause) => this.#boot(scope, cause),
			onSleep: (ms) => this.#sleep(ms),
		});
	}

	// ── what can be seen ─────────────────────────────────────────────────────────────────────────────────────────

	/** The program of the life under way, or of the last one. */
	get program(): Program {
		return this.machine.program!;
	}

	get running(): boolean {
		return this.machine.running;
	}

	get online(): boolean {
		return this.running && this.program.client.online;
	}

	/** Messages accepted and not settled. */
	get pending(): number {
		return this.program.client.pending;
	}

	/** Its latest link, dead or alive. */
	get link(): VirtualLink | undefined {
		return this.#dialler?.link;
	}

	// ── power ────────────────────────────────────────────────────────────────────────────────────────────────────

	powerOn(): void {
		this.#stage.guard(() => this.machine.powerOn());
	}

	/** The power is gone, now; it comes back after `offMs`, or, Infinity, with {@link powerOn}. */
	cutPower(offMs = OFF_MS): void {
		if (!this.running) return;
		this.#offMs = offMs;
		this.#switched = true;
		if (this.flash === undefined) this.#die();
		else this.flash.powerOff();
		this.#switched = false;
	}

	/** The power goes in the middle of the `nth` flash command from now, or, with `erases`, the `nth` erase. */
	cutPowerAt(nth: number, cut: Cut, erases = false, offMs = OFF_MS): void {
		this.#offMs = offMs;
		this.flash?.arm(nth, cut, erases);
	}

	// ── the way to the broker ────────────────────────────────────────────────────────────────────────────────────

	/** How its dials end from now on, until it is said otherwise. */
	reach(fault: DialFault): void {
		this.#reach = fault;
		if (this.#dialler !== undefined) this.#dialler.fault = fault;
	}

	/** Changes what its links are like, this one and those to come. */
	become(conditions: Partial<Conditions>): void {
		this.#conditions = { ...this.#conditions, ...conditions };
		if (this.#dialler !== undefined) Object.assign(this.#dialler.conditions, conditions);
		if (this.link !== undefined) Object.assign(this.link.conditions, conditions);
	}

	// ── lives ────────────────────────────────────────────────────────────────────────────────────────────────────

	#partition(flash: NorFlashOptions | NorFlash | false): NorFlash | undefined {
		if (flash === false) return undefined;
		const { random } = this;
		const partition =
			flash instanceof NorFlash ? flash : new NorFlash({ random: random.fork("flash"), ...flash });
		partition.onCut = () => this.#die();
		return partition;
	}

	#later(ms: number, action: () => void) {
		return this.#stage.world.after(ms, () => this.#stage.guard(action));
	}

	#die(): void {
		this.cuts++;
		if (!this.#switched) this.#stage.cut();
		// What was written in the turn that the cut ends may have left the board, or not.
		if (this.#departs.chance(0.5)) this.link?.depart();
		this.#seconds = 0;
		const offMs = this.#offMs;
		this.#offMs = OFF_MS;
		this.machine.cutPower(offMs < Number.POSITIVE_INFINITY ? offMs : undefined);
		this.onCut?.(!this.#switched);
	}

	#sleep(ms: number): void {
		this.sleptMs += ms;
		this.#seconds = this.clock.seconds + Math.ceil(ms / 1000);
		this.onSleep?.(ms);
	}

	#boot(scope: Scope, cause: Cause): Program {
		const { world, network } = this.#stage;
		const options = this.#options;
		const { flash, limits, name } = this;
		const life = this.machine.boots;
		this.scope = scope;
		flash?.reboot();
		const taps = options.taps ?? [];
		const { ticks = 0, synchronised = true } = options;
		const seconds = cause === "power" ? 0 : this.#seconds;
		this.clock = new VirtualClock(world, { scope, ticks, seconds, synchronised });
		const dialler = network.dialler({ name: `${name}/${life}`, scope, conditions: this.#conditions });
		dialler.fault = this.#reach;
		this.#dialler = dialler;
		const tapped = taps.length > 0 ? new TappedDialler(dialler, taps) : dialler;
		this.board = new VirtualBoard({
			name,
			limits,
			memory: options.memory?.() ?? new NodeMemory(),
			dialler: options.dialler?.(tapped) ?? tapped,
			clock: this.clock,
			random: this.random.fork(`life ${life}`),
			store:
				options.store?.(flash, limits) ??
				(flash && new FlashStore(flash, limits, { whenFaulty: "volatile" })),
			sensors: this.sensors,
			power: this.machine,
			settings: options.settings,
			report: options.report,
			health: options.health,
		});
		this.onBoot?.(cause);
		return options.start(this.board);
	}
}
