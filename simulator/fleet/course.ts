// SPDX-License-Identifier: MIT
/**
 * What a fleet goes through, stage by stage: all boards are switched on, they report at a steady rate, all links break, the
 * broker goes and comes back. Driven by its timeline, so it is the same in real and in virtual time.
 */

import type { Scheduled } from "../seams.js";
import type { Fleet } from "./fleet.js";
import { type ReturnFigures, Returns } from "./returns.js";

export type StageName = "ramp" | "steady" | "rest" | "storm" | "restart";

export interface Stage {
	readonly name: StageName;
	/**
	 * `ramp`: over which all are switched on, 0: as fast as they connect. `steady`: how long, Infinity: until it is stopped.
	 * `rest`: how long every connection must have lasted. `restart`: the outage. `storm`: 0.
	 */
	readonly seconds: number;
}

/** What happened in a stage. */
export interface StageFigures {
	readonly stage: StageName;
	/** As it was asked for. */
	readonly plannedSeconds: number;
	readonly seconds: number;
	/** Boards, at its end. */
	readonly connected: number;
	/** Readings that the broker has acknowledged (QoS 0: sent). */
	readonly acknowledged: number;
	readonly perSecond: number;
	/** Milliseconds from commit to acknowledged; 0 when there were none. */
	readonly p50Ms: number;
	readonly p95Ms: number;
	readonly p99Ms: number;
	readonly mostMs: number;
	/** Of a storm, and of a restart. */
	readonly returns: ReturnFigures | undefined;
	/** It took too long: not all boards were connected when it was given up. */
	readonly gaveUp: boolean;
}

/** What the fleet stands on, and how it is shaken. */
export interface Ground {
	/** Breaks every connection of the boards. */
	cut(): void;
	/** The broker falls over, or is back; undefined: it is not ours. */
	fall?(): void;
	rise?(): void;
}

export interface CourseOptions {
	readonly fleet: Fleet;
	readonly ground: Ground;
	readonly stages: readonly Stage[];
	/** Boards that may be on their way at once while they are switched on. */
	readonly dialsMost?: number;
	/** Seconds without a new most of connected boards, after which a stage is given up; default 120, after an outage four minutes more. */
	readonly patienceSeconds?: number;
	/** What counts as a second in {@link Returns}, for fleets that are small. */
	readonly windowMs?: number;
	readonly onStage?: (stage: Stage) => void;
	readonly onFigures?: (figures: StageFigures) => void;
	readonly onEnd: () => void;
}

/** How often it looks. */
const LOOK_MS = 10;
/** Boards that are switched on in one look, at most: sockets and timers want their turn, too. */
const POWER_MOST = 50;
const DIALS_MOST = 200;
const PATIENCE_SECONDS = 120;

export class Course {
	readonly #options: CourseOptions;
	readonly #fleet: Fleet;
	readonly #returns: Returns;
	#at = -1;
	#beganMs = 0;
	#acknowledged = 0;
	#arrivals = 0;
	/** When a board was last connected. */
	#arrivedMs = 0;
	/** The most boards that have come and were connected in this stage, and since when. */
	#most = 0;
	#mostMs = 0;
	/** The broker is away. */
	#away = false;
	#next: Scheduled | undefined;
	#ended = false;

	constructor(options: CourseOptions) {
		this.#options = options;
		this.#fleet = options.fleet;
		this.#returns = new Returns(options.fleet.size, options.windowMs);
		this.#fleet.onArrival = () => {
			this.#arrivedMs = this.#now;
			this.#returns.add(this.#arrivedMs);
		};
	}

	/** The stage under way; undefined: it has not begun, or is over. */
	get stage(): Stage | undefined {
		return this.#options.stages[this.#at];
	}

	start(): void {
		this.#enter();
	}

	/** Ends with the stage under way. */
	stop(): void {
		if (this.#ended) return;
		if (this.#away) this.#rise();
		if (this.stage !== undefined) this.#leave(false);
		this.#end();
	}

	get #now(): number {
		return this.#fleet.timeline.now;
	}

	/** Seconds since the stage began. */
	get elapsedSeconds(): number {
		return (this.#now - this.#beganMs) / 1000;
	}

	#enter(): void {
		this.#at++;
		const stage = this.stage;
		if (stage === undefined) {
			this.#end();
			return;
		}
		this.#beganMs = this.#now;
		this.#acknowledged = this.#fleet.acknowledged;
		this.#arrivals = this.#fleet.arrivals;
		this.#most = 0;
		this.#mostMs = this.#now + stage.seconds * 1000;
		this.#fleet.latency.clear();
		this.#returns.begin(this.#now);
		this.#options.onStage?.(stage);
		const { ground } = this.#options;
		if (stage.name === "storm") ground.cut();
		if (stage.name === "restart") {
			this.#away = true;
			ground.fall?.();
		}
		this.#look();
	}

	readonly #look = (): void => {
		if (this.#ended) return;
		const over = this.#isOver(this.stage!);
		if (over === undefined) {
			this.#next = this.#fleet.timeline.after(this.#lookMs, this.#look);
			return;
		}
		this.#leave(over === "given up");
		this.#enter();
	};

	/** While boards are switched on as fast as they connect, it looks in each turn. */
	get #lookMs(): number {
		const { name, seconds } = this.stage!;
		return name === "ramp" && seconds === 0 && this.#fleet.powered < this.#fleet.size ? 1 : LOOK_MS;
	}

	#isOver({ name, seconds }: Stage): "over" | "given up" | undefined {
		const fleet = this.#fleet;
		const elapsed = this.elapsedSeconds;
		switch (name) {
			case "ramp":
				this.#powerOn(seconds);
				break;
			case "steady":
				return elapsed >= seconds ? "over" : undefined;
			case "rest":
				if (this.#isWhole && this.#now - this.#arrivedMs >= seconds * 1000) return "over";
				return elapsed > seconds + this.#patience ? "given up" : undefined;
			case "restart":
				if (this.#away && elapsed >= seconds) this.#rise();
				if (this.#away) return undefined;
		}
		const back = Math.min(fleet.connected, fleet.arrivals - this.#arrivals);
		if (back === fleet.size) return "over";
		if (back > this.#most) {
			this.#most = back;
			this.#mostMs = Math.max(this.#mostMs, this.#now);
		}
		return this.#now - this.#mostMs > this.#patience * 1000 ? "given up" : undefined;
	}

	get #patience(): number {
		const { patienceSeconds = PATIENCE_SECONDS } = this.#options;
		return this.stage?.name === "restart" ? patienceSeconds + 240 : patienceSeconds;
	}

	get #isWhole(): boolean {
		return this.#fleet.connected === this.#fleet.size;
	}

	#rise(): void {
		this.#away = false;
		this.#returns.begin(this.#now);
		this.#options.ground.rise?.();
	}

	#powerOn(seconds: number): void {
		const fleet = this.#fleet;
		const { dialsMost = DIALS_MOST } = this.#options;
		const due = seconds === 0 ? fleet.size : Math.ceil((fleet.size * this.elapsedSeconds) / seconds);
		for (let count = 0; count < POWER_MOST || seconds > 0; count++) {
			if (fleet.powered >= Math.min(due, fleet.size)) return;
			if (seconds === 0 && fleet.powered - fleet.connected >= dialsMost) return;
			fleet.powerOn();
		}
	}

	#leave(gaveUp: boolean): void {
		const fleet = this.#fleet;
		const { name, seconds: planned } = this.stage!;
		const seconds = this.elapsedSeconds;
		const acknowledged = fleet.acknowledged - this.#acknowledged;
		const { latency } = fleet;
		const measured = name === "storm" || name === "restart";
		this.#options.onFigures?.({
			...{ stage: name, plannedSeconds: planned, seconds, connected: fleet.connected, acknowledged },
			perSecond: seconds > 0 ? acknowledged / seconds : 0,
			...{ p50Ms: latency.percentile(0.5), p95Ms: latency.percentile(0.95) },
			...{ p99Ms: latency.percentile(0.99), mostMs: latency.mostMs },
			returns: measured ? this.#returns.figures : undefined,
			gaveUp,
		});
	}

	#end(): void {
		if (this.#ended) return;
		this.#ended = true;
		if (this.#next !== undefined) this.#fleet.timeline.cancel(this.#next);
		this.#fleet.onArrival = undefined;
		this.#options.onEnd();
	}
}
