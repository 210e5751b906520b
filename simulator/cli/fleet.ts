// SPDX-License-Identifier: MIT
/** One run of `ringbuoy fleet`: its ground, its boards, its course, and what came of it. */

import type { Settings } from "../../firmware/ports.js";
import { Counter } from "../../lib/index.js";
import { FACTORY_SETTINGS } from "../board/index.js";
import { Course, type Stage, type StageFigures } from "../fleet/course.js";
import { Fleet } from "../fleet/fleet.js";
import { footprint } from "../fleet/footprint.js";
import { Strain, type StrainFigures } from "../fleet/strain.js";
import { SeededRandom, World } from "../world.js";
import { limitsFor } from "./boards.js";
import { descriptorLimit, shortage } from "./descriptors.js";
import type { Cause, FleetOutput, FleetSummary, StageReport } from "./fleet-events.js";
import { forgetAll } from "./fleet-farewell.js";
import { type FleetGround, groundFor } from "./fleet-ground.js";
import type { FleetSettings } from "./fleet-settings.js";
import { REASONS } from "./reasons.js";
import { RunError } from "./usage.js";
import { version } from "./version.js";
import { grouped } from "./words.js";

const PROGRESS_MS = 1000;
/** Of host time, that a world runs before the terminal and Ctrl-C have their turn. */
const SLICE_MS = 50;
/** The clients give their flush five seconds; whoever is not done a little later is left behind. */
const STOP_MS = 6_000;
/** Sessions at a broker of others outlive the run by this: nobody comes back to them. */
const SESSION_SECONDS = 300;
/** A broker may take so long to forget them in 3.1.1. */
const FORGET_MS = 60_000;
/** Boards after an outage: the peak is at most so many times the mean, when there are enough that chance does not count. */
const RATIO_MOST = 2.2;
const RATIO_BOARDS = 10_000;

const DROPPED: Readonly<Record<number, string>> = {
	[Counter.DroppedGaveWay]: "gave way to a newer one: the store was full",
	[Counter.DroppedExpired]: "too old before it could be sent",
	[Counter.DroppedOffline]: "QoS 0, and the link went first",
	[Counter.DroppedUnsendable]: "the broker does not take such a message",
	[Counter.DroppedSessionLost]: "the broker lost the session; it may have arrived",
	[Counter.DroppedUnreadable]: "the store could not read it back",
	[Counter.Rejected]: "the broker refused it",
};

export class FleetRun {
	readonly #settings: FleetSettings;
	readonly #output: FleetOutput;
	readonly #ground: FleetGround;
	readonly #fleet: Fleet;
	readonly #course: Course;
	readonly #strain = new Strain();
	readonly #startedMs = performance.now();
	readonly #stages: StageReport[] = [];
	#cpu = process.cpuUsage();
	/** The worst of the stages in which the fleet was whole. */
	#strained: StrainFigures | undefined;
	#usedBefore = 0;
	#bytesPerBoard: number | undefined;
	#forgotten: number | undefined;
	#progress: NodeJS.Timeout | undefined;
	#toldMs = 0;
	#toldAcknowledged = 0;
	#over = false;
	#finish!: () => void;
	readonly #finished = new Promise<void>((resolve) => {
		this.#finish = resolve;
	});

	/** Throws a `UsageError` when the certificates cannot be used, a {@link RunError} when there cannot be as many sockets. */
	constructor(settings: FleetSettings, output: FleetOutput) {
		this.#settings = settings;
		this.#output = output;
		this.#ground = groundFor(settings);
		const { names } = settings;
		const short = shortage(names.length * this.#ground.descriptors, descriptorLimit(), names.length);
		if (short !== undefined) throw new RunError(short);
		this.#usedBefore = footprint();
		this.#fleet = this.#makeFleet();
		this.#course = new Course({
			fleet: this.#fleet,
			ground: this.#ground,
			stages: settings.stages,
			onStage: (stage) => this.#onStage(stage),
			onFigures: (figures) => this.#onFigures(figures),
			onEnd: () => this.#onEnd(),
		});
	}

	/** Resolves when it is over: true, if nothing failed. */
	async run(): Promise<boolean> {
		await this.#ground.open();
		this.#announce();
		this.#strain.start();
		this.#toldMs = this.#fleet.timeline.now;
		this.#progress = setInterval(() => this.#tell(), PROGRESS_MS);
		try {
			if (!this.#over) this.#course.start();
			if (this.#ground.timeline instanceof World) await this.#compute(this.#ground.timeline);
			else await this.#finished;
			await this.#sayGoodbye();
		} finally {
			clearInterval(this.#progress);
			this.#strain.stop();
			await this.#ground.close();
		}
		const summary = this.#summary();
		this.#output.tell(summary);
		return summary.failures.length === 0;
	}

	/** Ends with the stage under way. Harmless when it is called again. */
	stop(): void {
		if (this.#course.stage === undefined) this.#onEnd();
		else this.#course.stop();
	}

	#makeFleet(): Fleet {
		const { names, seed } = this.#settings;
		return new Fleet({
			timeline: this.#ground.timeline,
			names,
			dialler: (index) => this.#ground.dialler(index),
			settings: this.#boardSettings(),
			limits: limitsFor(this.#settings),
			seed,
		});
	}

	/** Virtual time goes on as fast as this machine computes it. */
	async #compute(world: World): Promise<void> {
		while (!this.#over) {
			for (const until = performance.now() + SLICE_MS; !this.#over && performance.now() < until; )
				for (let steps = 0; steps < 100 && !this.#over; steps++) world.step();
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	async #sayGoodbye(): Promise<void> {
		const fleet = this.#fleet;
		const { timeline } = this.#ground;
		this.#output.tell({ event: "stopping" });
		fleet.stop();
		if (timeline instanceof World) {
			timeline.runUntil(() => fleet.isDone, timeline.now + STOP_MS);
			return;
		}
		const until = performance.now() + STOP_MS;
		while (!fleet.isDone && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
		await this.#forget();
	}

	/** 3.1.1 knows no expiry: a broker of others would keep the sessions for good. */
	async #forget(): Promise<void> {
		const { broker, version: protocol, names, seed } = this.#settings;
		if (broker === undefined || protocol !== 4 || this.#fleet.arrivals === 0) return;
		const limits = limitsFor(this.#settings);
		const settings = this.#boardSettings();
		const random = new SeededRandom(seed);
		const farewell = (index: number) => ({
			...{ name: names[index], dialler: this.#ground.dialler(index), random, settings, limits },
		});
		this.#forgotten = await forgetAll(this.#fleet.powered, farewell, FORGET_MS);
	}

	#boardSettings(): Settings {
		const { root, user, password, version: protocol, qos, intervalSeconds, broker } = this.#settings;
		return Object.freeze({
			...FACTORY_SETTINGS,
			...{ root, user, password, version: protocol, qos, intervalSeconds, broker: broker?.url ?? "our own" },
			...(broker === undefined ? {} : { sessionExpirySeconds: SESSION_SECONDS }),
		});
	}

	#announce(): void {
		const {
			names,
			boards,
			shard,
			root,
			version: protocol,
			qos,
			intervalSeconds,
			seed,
			world,
		} = this.#settings;
		const { url, embedded } = this.#ground;
		this.#output.tell({
			...{ event: "start", version, url, embedded, insecure: this.#settings.insecure },
			...{ boards: names.length, ofBoards: boards },
			shard: shard.count > 1 ? `${shard.index}/${shard.count}` : undefined,
			...{ first: names[0], last: names[names.length - 1] },
			...{ root, protocol, qos, intervalSeconds, seed, virtual: world },
		});
	}

	#onStage(stage: Stage): void {
		this.#strain.clear();
		this.#cpu = process.cpuUsage();
		this.#output.tell({ event: "stage", ...stage });
	}

	#onFigures(figures: StageFigures): void {
		const { figures: strain } = this.#strain;
		if (figures.stage === "steady" && !this.#settings.world) this.#strained = strain;
		const { user, system } = process.cpuUsage(this.#cpu);
		const report = { ...figures, cpuSeconds: (user + system) / 1e6 };
		this.#stages.push(report);
		this.#output.tell({ event: "figures", ...report });
		if (figures.stage !== "ramp") return;
		this.#bytesPerBoard = (footprint() - this.#usedBefore) / this.#fleet.size;
		if (figures.gaveUp) this.#course.stop();
	}

	#onEnd(): void {
		this.#over = true;
		this.#finish();
	}

	#tell(): void {
		const { stage } = this.#course;
		if (stage === undefined) return;
		const fleet = this.#fleet;
		const { latency } = fleet;
		const now = fleet.timeline.now;
		const seconds = (now - this.#toldMs) / 1000;
		const ofSeconds = stage.seconds > 0 && stage.seconds < Infinity ? stage.seconds : undefined;
		this.#output.tell({
			...{ event: "progress", stage: stage.name, stageSeconds: this.#course.elapsedSeconds, ofSeconds },
			...{ powered: fleet.powered, connected: fleet.connected, boards: fleet.size },
			perSecond: seconds > 0 ? (fleet.acknowledged - this.#toldAcknowledged) / seconds : 0,
			...{ p50Ms: latency.percentile(0.5), p95Ms: latency.percentile(0.95), p99Ms: latency.percentile(0.99) },
			strain: this.#settings.world ? undefined : this.#strain.figures,
		});
		this.#toldMs = now;
		this.#toldAcknowledged = fleet.acknowledged;
	}

	#summary(): FleetSummary {
		const fleet = this.#fleet;
		const { dials, connects, resends, dropped } = fleet.totals();
		const ramp = this.#stages.find(({ stage }) => stage === "ramp");
		const last = this.#stages[this.#stages.length - 1];
		return {
			event: "end",
			seconds: (performance.now() - this.#startedMs) / 1000,
			virtualSeconds: this.#settings.world ? fleet.timeline.now / 1000 : undefined,
			...{ boards: fleet.size, connected: last?.connected ?? 0 },
			connectSeconds: ramp === undefined || ramp.gaveUp ? undefined : ramp.seconds,
			...{ readings: fleet.taken, acknowledged: fleet.acknowledged, refused: fleet.refused },
			...{ dials, connects, resends, denied: fleet.denied, forgotten: this.#forgotten },
			...{ lost: causesOf(fleet.lost), failed: causesOf(fleet.failed) },
			dropped: [...dropped].map(([counter, count]) => ({ cause: DROPPED[counter], count })),
			...{ bytesPerBoard: this.#bytesPerBoard, bufferBytes: fleet.bufferBytes / Math.max(1, fleet.powered) },
			...{ embedded: this.#ground.embedded, stages: this.#stages, strain: this.#strained },
			...{ failures: this.#failures(), warnings: this.#warnings() },
		};
	}

	#failures(): string[] {
		const { withinSeconds, bytesMost } = this.#settings;
		const fleet = this.#fleet;
		const failures: string[] = [];
		for (const { stage, plannedSeconds, seconds, connected, gaveUp, returns } of this.#stages) {
			if (gaveUp) {
				const left = `${grouped(fleet.size - connected)} of ${grouped(fleet.size)} boards were not connected`;
				failures.push(`${stage}: ${left} after ${seconds.toFixed(0)} s`);
			} else if (stage === "ramp" && withinSeconds !== undefined && seconds > withinSeconds)
				failures.push(`it took ${seconds.toFixed(1)} s until all were connected, not ${withinSeconds} s`);
			if (
				stage === "restart" &&
				returns !== undefined &&
				fleet.size >= RATIO_BOARDS &&
				returns.ratio > RATIO_MOST
			)
				failures.push(
					`after an outage of ${plannedSeconds} s the peak was ${returns.ratio.toFixed(2)} times the mean, more than ${RATIO_MOST}`,
				);
		}
		if (bytesMost !== undefined && this.#bytesPerBoard !== undefined && this.#bytesPerBoard > bytesMost)
			failures.push(`a board takes ${grouped(this.#bytesPerBoard)} bytes, more than ${grouped(bytesMost)}`);
		if (fleet.acknowledged === 0) failures.push("no reading was acknowledged");
		return failures;
	}

	#warnings(): string[] {
		const warnings: string[] = [];
		const strain = this.#strained;
		if (strain?.limited) {
			const busy = `busy ${(strain.busy * 100).toFixed(0)} % of the time, ${strain.lateP99Ms.toFixed(0)} ms late`;
			warnings.push(
				`the simulator itself was the bottleneck (${busy}): rate and latency are this process's, not the broker's. ` +
					"Use fewer --boards, a longer --interval, or several processes with --shard.",
			);
		}
		const { lastError } = this.#ground;
		if (/EMFILE|ENFILE/.test(lastError)) {
			const limit = descriptorLimit();
			const need = this.#fleet.size * this.#ground.descriptors;
			warnings.push(shortage(Math.max(need, (limit ?? 0) + 1), limit, this.#fleet.size) ?? lastError);
		} else if (/EADDRNOTAVAIL/.test(lastError))
			warnings.push(
				"This machine has no ports left for more connections to that broker: use several with --shard.",
			);
		else if (this.#fleet.failed.size > 0 && lastError !== "") warnings.push(lastError);
		return warnings;
	}
}

function causesOf(table: ReadonlyMap<number, number>): Cause[] {
	return [...table]
		.map(([reason, count]) => ({ reason, count, cause: REASONS[reason]?.[0] ?? `Reason ${reason}` }))
		.sort((a, b) => b.count - a.count);
}
