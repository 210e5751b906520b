// SPDX-License-Identifier: MIT
/** Who runs the seeds: this process, or children of it that share them. Results come in the order of the seeds. */

import { type ChildProcess, fork } from "node:child_process";
import { draw } from "../swarm/draw.js";
import { playCaptured } from "./run-plan.js";
import type { WorldResult } from "./world-events.js";
import type { WorldJob } from "./world-settings.js";

/** Second argument of `ringbuoy world` in a child. */
export const PART = "part";
/** Seeds that a child has at once: the one that it runs, and the next. */
const DEPTH = 2;
/** Milliseconds that a run may take, and per virtual minute of it. */
const HANG_MS = 60_000;
const HANG_MINUTE_MS = 1_000;
/** Of host time, that this process runs before Ctrl-C has its turn. */
const SLICE_MS = 50;

/** What a child is told, and then seed by seed what to run. */
type Order = { readonly job: WorldJob } | { readonly seed: number };

/** The seeds of a call, one after the other. */
export class Seeds {
	readonly first: number;
	readonly #end: number;
	#next: number;

	constructor(first: number, count: number) {
		this.first = first;
		this.#end = first + count;
		this.#next = first;
	}

	/** Undefined: there is none left. */
	take(): number | undefined {
		return this.#next < this.#end ? this.#next++ : undefined;
	}

	/** There are no more. */
	stop(): void {
		this.#next = Number.POSITIVE_INFINITY;
	}

	get isEmpty(): boolean {
		return this.#next >= this.#end;
	}
}

/** Who works. `run` resolves when the seeds are used up and all of those that were taken have been told. */
export interface Labour {
	run(): Promise<void>;
}

/** Puts results in the order of their seeds. */
class InOrder {
	readonly #waiting = new Map<number, WorldResult>();
	readonly #tell: (result: WorldResult) => void;
	#next: number;

	constructor(first: number, tell: (result: WorldResult) => void) {
		this.#next = first;
		this.#tell = tell;
	}

	put(result: WorldResult): void {
		this.#waiting.set(result.seed, result);
		for (let next = this.#waiting.get(this.#next); next !== undefined; next = this.#waiting.get(this.#next)) {
			this.#waiting.delete(this.#next++);
			this.#tell(next);
		}
	}
}

export function runSeed(seed: number, { minutes, boards, pcap }: WorldJob): WorldResult {
	return { seed, ...playCaptured(draw(seed, { minutes, boards }), pcap) };
}

export class OwnLabour implements Labour {
	readonly #seeds: Seeds;
	readonly #job: WorldJob;
	readonly #tell: (result: WorldResult) => void;

	constructor(seeds: Seeds, job: WorldJob, tell: (result: WorldResult) => void) {
		this.#seeds = seeds;
		this.#job = job;
		this.#tell = tell;
	}

	async run(): Promise<void> {
		let until = 0;
		for (let seed = this.#seeds.take(); seed !== undefined; seed = this.#seeds.take()) {
			if (performance.now() > until) {
				await turn();
				until = performance.now() + SLICE_MS;
			}
			this.#tell(runSeed(seed, this.#job));
		}
	}
}

/** One child, and what it has been given to do. */
interface Hand {
	readonly child: ChildProcess;
	readonly seeds: number[];
	/** Ends it when the run at the head of `seeds` takes too long. */
	watchdog: NodeJS.Timeout | undefined;
	/** Why we ended it. */
	hung: boolean;
}

export interface SharedLabourOptions {
	readonly seeds: Seeds;
	readonly job: WorldJob;
	readonly workers: number;
	readonly tell: (result: WorldResult) => void;
	/** A child has ended by itself; its seeds are run by another, unless one of them has ended two. */
	readonly onLost: (why: string, seeds: readonly number[]) => void;
	/** Makes a child; default: this very command as a part. */
	readonly hire?: () => ChildProcess;
	/** Real milliseconds after which a run is taken for one that hangs. */
	readonly hangMs?: number;
}

export class SharedLabour implements Labour {
	readonly #options: SharedLabourOptions;
	readonly #results: InOrder;
	readonly #hands = new Set<Hand>();
	/** Seeds of children that are lost. */
	readonly #again: number[] = [];
	/** Seeds that a child was running when it was lost. */
	readonly #suspects = new Set<number>();
	#finish!: () => void;
	readonly #finished = new Promise<void>((resolve) => {
		this.#finish = resolve;
	});

	constructor(options: SharedLabourOptions) {
		this.#options = options;
		this.#results = new InOrder(options.seeds.first, options.tell);
	}

	async run(): Promise<void> {
		for (let i = 0; i < this.#options.workers; i++) this.#hire();
		await this.#finished;
	}

	#hire(): void {
		const child = this.#options.hire?.() ?? fork(process.argv[1], ["world", PART]);
		const hand: Hand = { child, seeds: [], watchdog: undefined, hung: false };
		this.#hands.add(hand);
		child.on("message", (result: WorldResult) => this.#done(hand, result));
		child.on("error", () => {});
		child.on("exit", (code, signal) => this.#closed(hand, signal ?? `exit code ${code}`));
		this.#send(hand, { job: this.#options.job });
		this.#feed(hand);
	}

	#done(hand: Hand, result: WorldResult): void {
		// What comes after the end of its process is run again already.
		if (!this.#hands.has(hand)) return;
		hand.seeds.shift();
		this.#watch(hand);
		this.#results.put(result);
		this.#feed(hand);
	}

	/** Gives it the next seeds, or lets it go. */
	#feed(hand: Hand): void {
		while (hand.seeds.length < DEPTH) {
			const seed = this.#again.shift() ?? this.#options.seeds.take();
			if (seed === undefined) break;
			hand.seeds.push(seed);
			if (hand.seeds.length === 1) this.#watch(hand);
			this.#send(hand, { seed });
		}
		if (hand.seeds.length === 0 && hand.child.connected) hand.child.disconnect();
	}

	#send(hand: Hand, order: Order): void {
		// One that is gone is heard of in `exit`.
		if (hand.child.connected) hand.child.send(order, () => {});
	}

	#watch(hand: Hand): void {
		clearTimeout(hand.watchdog);
		if (hand.seeds.length === 0) return;
		const { job, hangMs: ms = HANG_MS + HANG_MINUTE_MS * job.minutes } = this.#options;
		hand.watchdog = setTimeout(() => {
			hand.hung = true;
			hand.child.kill("SIGKILL");
		}, ms);
	}

	#closed(hand: Hand, why: string): void {
		clearTimeout(hand.watchdog);
		this.#hands.delete(hand);
		if (hand.seeds.length > 0) this.#lost(hand, why);
		if (this.#again.length > 0) this.#hire();
		if (this.#hands.size === 0) this.#finish();
	}

	#lost({ seeds, hung }: Hand, why: string): void {
		const [running] = seeds;
		if (hung || this.#suspects.has(running)) {
			const failure = hung ? "does not come to an end" : `ends its process (${why})`;
			this.#results.put({ seed: running, failure, tally: undefined });
			seeds.shift();
		} else {
			this.#suspects.add(running);
			this.#options.onLost(why, [...seeds]);
		}
		this.#again.push(...seeds);
	}
}

/** In a child: runs what it is told to, until nobody is there to tell. */
export function workAsPart(): Promise<void> {
	const queue: number[] = [];
	let job: WorldJob | undefined;
	let busy = false;
	const work = () => {
		const seed = queue.shift();
		busy = seed !== undefined;
		if (seed === undefined || job === undefined) return;
		process.send!(runSeed(seed, job));
		setImmediate(work);
	};
	// The terminal sends Ctrl-C to all of us; what to do about it is for the one who asked.
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
	process.on("message", (order: Order) => {
		if ("job" in order) job = order.job;
		else queue.push(order.seed);
		if (!busy) work();
	});
	return new Promise((resolve) => {
		process.on("disconnect", () => {
			queue.length = 0;
			resolve();
		});
	});
}

function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
