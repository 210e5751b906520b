// SPDX-License-Identifier: MIT
/** Many random runs: who runs them, what they count together, and what is made of those that fail. */

import { writeFileSync } from "node:fs";
import { draw } from "../swarm/draw.js";
import type { Plan } from "../swarm/plan.js";
import { failureOf } from "../swarm/play.js";
import { scriptOf } from "../swarm/script.js";
import { Shrinker } from "../swarm/shrink.js";
import { kindOf, Totals } from "../swarm/totals.js";
import { RunError } from "./usage.js";
import type { Shrunk, WorldOutput, WorldResult } from "./world-events.js";
import { type Labour, OwnLabour, Seeds, SharedLabour } from "./world-labour.js";
import { commandFor, type WorldSettings } from "./world-settings.js";

const PROGRESS_MS = 500;
/** Of host time, that shrinking takes before Ctrl-C has its turn. */
const SLICE_MS = 50;
/** Failures of different kinds that are shrunk. */
const SHRUNK_MOST = 5;

/** What a test may replace. */
export interface Means {
	/** Who runs the seeds. */
	readonly labour?: (seeds: Seeds, tell: (result: WorldResult) => void) => Labour;
	/** What is wrong with a plan. */
	readonly judge?: (plan: Plan) => string | undefined;
}

export class WorldRuns {
	readonly #settings: WorldSettings;
	readonly #output: WorldOutput;
	readonly #means: Means;
	readonly #seeds: Seeds;
	readonly #totals = new Totals();
	/** The first failures of their kinds. */
	readonly #failed: WorldResult[] = [];
	readonly #startedMs = performance.now();
	#stopped = false;
	/** Nobody wants to wait any more. */
	#hurry = false;

	constructor(settings: WorldSettings, output: WorldOutput, means: Means = {}) {
		this.#means = means;
		this.#settings = settings;
		this.#output = output;
		this.#seeds = new Seeds(settings.seed, settings.runs);
	}

	/** Resolves when it is over: true, if nothing failed. */
	async run(): Promise<boolean> {
		const { forSeconds } = this.#settings;
		this.#output.tell({ event: "start", settings: this.#settings });
		const progress = setInterval(() => this.#progress(), PROGRESS_MS);
		const over = forSeconds && setTimeout(() => this.#seeds.stop(), forSeconds * 1000);
		const labour = this.#labour();
		await labour.run();
		clearInterval(progress);
		clearTimeout(over || undefined);
		const seconds = this.#seconds;
		await this.#explain();
		this.#output.tell({
			...{ event: "end", totals: this.#totals, seconds, stopped: this.#stopped },
			command: commandFor(this.#settings.seed, this.#settings, Math.max(1, this.#totals.runs)),
		});
		return this.#totals.failed === 0;
	}

	/** Ends with the runs under way. Harmless when it is called again. */
	stop(): void {
		if (!this.#seeds.isEmpty) this.#stopped = true;
		this.#seeds.stop();
		this.#hurry = true;
	}

	get #seconds(): number {
		return (performance.now() - this.#startedMs) / 1000;
	}

	#labour(): Labour {
		const { workers } = this.#settings;
		const seeds = this.#seeds;
		const tell = (result: WorldResult) => this.#take(result);
		if (this.#means.labour !== undefined) return this.#means.labour(seeds, tell);
		if (workers === 1) return new OwnLabour(seeds, this.#settings, tell);
		const { minutes, boards, pcap } = this.#settings;
		const onLost = (why: string, lost: readonly number[]) =>
			this.#output.tell({ event: "worker", why, seeds: lost });
		return new SharedLabour({ seeds, workers, tell, onLost, job: { minutes, boards, pcap } });
	}

	#take(result: WorldResult): void {
		const { seed, failure, tally } = result;
		this.#output.tell({ event: "run", ...result });
		if (tally === undefined) this.#totals.runs++;
		else this.#totals.add(tally);
		if (failure === undefined) return;
		const isNew = this.#totals.fail(seed, failure);
		this.#output.tell({ event: "failure", seed, failure, command: commandFor(seed, this.#settings) });
		if (isNew && tally !== undefined) this.#failed.push(result);
		if (!this.#settings.keepGoing) this.#seeds.stop();
	}

	#progress(): void {
		this.#output.tell({ event: "progress", totals: this.#totals, seconds: this.#seconds });
	}

	// ── what failed ──────────────────────────────────────────────────────────────────────────────────────────────

	/** Shrinks what failed, and writes the first of it out. */
	async #explain(): Promise<void> {
		const { out, runs, seed, shrinkSeconds } = this.#settings;
		let first: { plan: Plan; title: string } | undefined;
		for (const { seed, failure } of this.#failed.slice(0, SHRUNK_MOST)) {
			if (this.#hurry) break;
			const plan = this.#plan(seed);
			first ??= { plan, title: `seed ${seed}: ${kindOf(failure!)}` };
			if (shrinkSeconds === 0) continue;
			const shrunk = await this.#shrink(seed, plan, failure!);
			if (shrunk === undefined) continue;
			if (first.plan === plan) first = { ...first, plan: shrunk.plan };
			this.#output.tell({ event: "shrunk", ...shrunk });
		}
		if (out === undefined) return;
		if (runs === 1) first ??= { plan: this.#plan(seed), title: `seed ${seed}` };
		if (first !== undefined) this.#write(out, scriptOf(first.plan, first.title));
	}

	#plan(seed: number): Plan {
		const { minutes, boards } = this.#settings;
		return draw(seed, { minutes, boards });
	}

	async #shrink(seed: number, plan: Plan, failure: string): Promise<Shrunk | undefined> {
		const { judge = failureOf } = this.#means;
		const again = judge(plan);
		if (again === undefined || kindOf(again) !== kindOf(failure)) {
			this.#output.tell({ event: "unsteady", seed, failure: again });
			return undefined;
		}
		const shrinker = new Shrinker(plan, again, judge);
		const began = performance.now();
		const end = began + this.#settings.shrinkSeconds * 1000;
		let until = began + SLICE_MS;
		let unfinished = false;
		while (shrinker.step()) {
			if (performance.now() < until) continue;
			await new Promise((resolve) => setImmediate(resolve));
			until = performance.now() + SLICE_MS;
			unfinished = until > end || this.#hurry;
			if (unfinished) break;
		}
		const { best, trials } = shrinker;
		const seconds = (performance.now() - began) / 1000;
		return { seed, plan: best, failure: shrinker.failure, from: plan, trials, seconds, unfinished };
	}

	#write(file: string, text: string): void {
		try {
			writeFileSync(file, text);
		} catch (error) {
			throw new RunError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
		}
		this.#output.tell({ event: "written", file });
	}
}
