// SPDX-License-Identifier: MIT
/** What a call of `ringbuoy world` is: options, checked before anything runs. */

import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Typed } from "./options.js";
import { UsageError } from "./usage.js";
import { number, seconds } from "./values.js";

const MINUTES = 10;
/** Three days: a payload says with 16 bits which message it is. */
const MINUTES_MOST = 4_320;
const SHRINK_SECONDS = 20;

/** What all runs have in common. */
export interface WorldJob {
	readonly minutes: number;
	/** Undefined: each run draws it. */
	readonly boards: number | undefined;
	/** Of the only run. */
	readonly pcap: string | undefined;
}

export interface WorldSettings extends WorldJob {
	readonly seed: number;
	/** Infinity: until {@link forSeconds} are over. */
	readonly runs: number;
	/** Of real time; undefined: until all have run. */
	readonly forSeconds: number | undefined;
	readonly workers: number;
	readonly keepGoing: boolean;
	/** 0: a plan that fails is left as it is. */
	readonly shrinkSeconds: number;
	readonly out: string | undefined;
	readonly verbose: boolean;
	readonly json: boolean;
}

/** Throws a {@link UsageError} that says what is wrong with which option. */
export function worldSettings(typed: Typed): WorldSettings {
	if (typed.has("for") && typed.has("runs"))
		throw new UsageError("--for ends the runs by the clock, --runs by their number: one of them");
	const forSeconds = seconds(typed, "for");
	const out = typed.get("out");
	if (out !== undefined && !/\.m?js$/.test(out))
		throw new UsageError(`--out writes JavaScript: a name that ends with .js, not "${out}"`);
	const runs = forSeconds === undefined ? number(typed, "runs", 1, 1e9, 1000) : Number.POSITIVE_INFINITY;
	const pcap = typed.get("pcap");
	if (pcap !== undefined && runs !== 1) throw new UsageError("--pcap writes down one run: add --runs 1");
	return {
		seed: number(typed, "seed", 0, Number.MAX_SAFE_INTEGER - 1e9, randomInt(2 ** 31)),
		...{ runs, forSeconds, out, pcap },
		minutes: number(typed, "minutes", 1, MINUTES_MOST, MINUTES),
		boards: typed.has("boards") ? number(typed, "boards", 1, 8, 1) : undefined,
		workers: Math.min(runs, number(typed, "workers", 1, 256, availableParallelism())),
		keepGoing: typed.has("keep-going"),
		shrinkSeconds: typed.get("shrink") === "0" ? 0 : (seconds(typed, "shrink") ?? SHRINK_SECONDS),
		verbose: typed.has("verbose"),
		json: typed.has("json"),
	};
}

/** The command that repeats the run of that seed. */
export function commandFor(seed: number, job: Pick<WorldJob, "boards" | "minutes">, runs = 1): string {
	const boards = job.boards === undefined ? "" : ` --boards ${job.boards}`;
	return `npx ringbuoy world --seed ${seed} --runs ${runs} --minutes ${job.minutes}${boards}`;
}
