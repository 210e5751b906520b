// SPDX-License-Identifier: MIT
/** Random runs for people: what failed, in words, and a summary that can be kept; and for machines. */

import { styleText } from "node:util";
import type { Totals } from "../swarm/totals.js";
import { wordsOf } from "../swarm/words.js";
import { counted, duration, grouped, type Paint, wrapped } from "./words.js";
import type { Shrunk, WorldEvent, WorldOutput } from "./world-events.js";
import type { WorldSettings } from "./world-settings.js";

export interface WorldTextOptions {
	readonly colour: boolean;
	/** 60 to 100. */
	readonly columns: number;
	/** A terminal, on which a line can be drawn anew. */
	readonly live: boolean;
	readonly verbose: boolean;
	/** Of ringbuoy. */
	readonly version: string;
	/** Version of Node. */
	readonly node: string;
}

/** Without a terminal, progress is told so often; seconds. */
const PLAIN_EVERY = 30;
const LABEL = 15;

type End = Extract<WorldEvent, { event: "end" }>;

export class WorldText implements WorldOutput {
	readonly #write: (text: string) => void;
	readonly #options: WorldTextOptions;
	readonly #paint: Paint;
	#settings!: WorldSettings;
	/** A line of progress stands there. */
	#pending = false;
	#plainAt = PLAIN_EVERY;

	/** `write` adds nothing to what it is given. */
	constructor(write: (text: string) => void, options: WorldTextOptions) {
		this.#write = write;
		this.#options = options;
		this.#paint = (style, text) => (options.colour ? styleText(style, text) : text);
	}

	tell(event: WorldEvent): void {
		const paint = this.#paint;
		switch (event.event) {
			case "start":
				this.#settings = event.settings;
				this.#lines([greeting(event.settings, this.#options.version, paint), ""]);
				break;
			case "run":
				if (this.#options.verbose) this.#lines([runLine(event)]);
				break;
			case "failure":
				this.#failure(event);
				break;
			case "shrunk":
				this.#shrunk(event);
				break;
			case "unsteady":
				this.#marked(
					"unsteady",
					`seed ${event.seed} says ${event.failure ?? "nothing"} when it is run again`,
				);
				break;
			case "written":
				this.#lines(["", `${event.file} is written: npx ringbuoy run ${event.file}`]);
				break;
			case "worker":
				this.#marked("warning", `a worker has ended (${event.why}); another runs ${event.seeds.join(", ")}`);
				break;
			case "progress":
				this.#progress(event);
				break;
			case "end":
				this.#lines(report(event, this.#options, paint, this.#settings));
		}
	}

	#failure({ seed, failure, command }: Extract<WorldEvent, { event: "failure" }>): void {
		this.#marked("failed", `seed ${seed}: ${failure}`);
		this.#lines([`  ${"repeat".padEnd(9)}${command}`]);
	}

	#shrunk({ seed, plan, failure, from, trials, seconds, unfinished }: Shrunk): void {
		const paint = this.#paint;
		const acts = `${counted(plan.acts.length, "act")} of ${from.acts.length}`;
		const boards = `${counted(plan.boards.length, "board")} of ${from.boards.length}`;
		const effort = `${counted(trials, "trial")} in ${duration(seconds * 1000)}${unfinished ? ", not all" : ""}`;
		this.#lines([
			"",
			paint("bold", `Seed ${seed}, shrunk to ${acts}, ${boards}`) + paint("dim", `  ${effort}`),
		]);
		const lines = [...wordsOf(plan), failure];
		for (const line of lines)
			this.#lines(
				wrapped(line, this.#options.columns - 6).map((part, at) => `${at === 0 ? "  " : "      "}${part}`),
			);
		if (this.#settings.out === undefined)
			this.#lines([paint("dim", `  add --out ${seed}.js to have it as a scenario for ringbuoy run`)]);
	}

	#progress({ totals, seconds }: Extract<WorldEvent, { event: "progress" }>): void {
		const { runs } = this.#settings;
		const of = runs < Number.POSITIVE_INFINITY ? ` of ${grouped(runs)}` : "";
		const line =
			`  ${grouped(totals.runs)}${of} runs · ${hours(totals)} · ${counted(totals.messages, "message")} · ` +
			`${grouped(totals.failed)} failed · ${duration(seconds * 1000)}`;
		if (this.#options.live) {
			this.#clear();
			this.#write(line);
			this.#pending = true;
		} else if (seconds >= this.#plainAt) {
			this.#plainAt += PLAIN_EVERY;
			this.#lines([line]);
		}
	}

	/** Takes the line of progress away. */
	#clear(): void {
		if (this.#pending) this.#write("\r\u001b[K");
		this.#pending = false;
	}

	#marked(word: string, text: string): void {
		const style = word === "failed" ? "red" : "yellow";
		const lines = text.split("\n").flatMap((line) => wrapped(line, this.#options.columns - 11));
		this.#lines(
			lines.map((line, at) => `  ${at === 0 ? this.#paint(style, word.padEnd(9)) : " ".repeat(9)}${line}`),
		);
	}

	#lines(lines: readonly string[]): void {
		this.#clear();
		this.#write(lines.map((line) => `${line}\n`).join(""));
	}
}

/** One JSON object a line. */
export class WorldJson implements WorldOutput {
	readonly #write: (text: string) => void;
	readonly #verbose: boolean;
	readonly #version: string;

	constructor(write: (text: string) => void, verbose: boolean, version: string) {
		this.#write = write;
		this.#verbose = verbose;
		this.#version = version;
	}

	tell(event: WorldEvent): void {
		switch (event.event) {
			case "start":
				if (this.#verbose) this.#line({ event: "start", version: this.#version, ...event.settings });
				break;
			case "progress":
				break;
			case "run": {
				if (!this.#verbose) break;
				const { seed, failure, tally } = event;
				this.#line({ event: "run", seed, failure, ...tally, digest: tally && hash(tally.digest) });
				break;
			}
			case "shrunk":
				this.#line({ ...event, from: undefined, words: wordsOf(event.plan) });
				break;
			case "end": {
				const { totals, ...rest } = event;
				const failures = [...totals.failures].map(([kind, { count, seed }]) => ({ kind, count, seed }));
				this.#line({ ...rest, version: this.#version, ...totals, failures });
				break;
			}
			default:
				this.#line(event);
		}
	}

	#line(event: object): void {
		this.#write(`${JSON.stringify(event)}\n`);
	}
}

function greeting(settings: WorldSettings, version: string, paint: Paint): string {
	const { seed, runs, minutes, boards, workers, forSeconds } = settings;
	const what =
		forSeconds === undefined
			? `${counted(runs, "run")} of ${counted(minutes, "virtual minute")}`
			: `runs of ${counted(minutes, "virtual minute")} for ${duration(forSeconds * 1000)}`;
	const parts = [what, `from seed ${seed} on`];
	if (boards !== undefined) parts.push(counted(boards, "board"));
	parts.push(processes(workers));
	return `${paint("bold", `ringbuoy ${version}`)}: ${parts.join(", ")}`;
}

function runLine({ seed, failure, tally }: Extract<WorldEvent, { event: "run" }>): string {
	if (tally === undefined) return `  ${seed}  failed`;
	const { digest, messages, delivered, powerCuts, faults } = tally;
	const count = Object.values(faults).reduce((sum, one) => sum + one, 0);
	return (
		`  ${seed}  ${hash(digest)}  ${counted(messages, "message")}, ${grouped(delivered)} delivered, ` +
		`${counted(count, "fault")}, ${counted(powerCuts, "power cut")}${failure === undefined ? "" : "  failed"}`
	);
}

function report(
	end: End,
	options: WorldTextOptions,
	paint: Paint,
	{ seed, workers }: WorldSettings,
): string[] {
	const { totals, seconds, command, stopped } = end;
	const { columns, version, node } = options;
	const row = (what: string, ...parts: string[]) =>
		wrapped(parts.join(" · "), columns - 2 - LABEL).map(
			(part, at) => `  ${(at === 0 ? what : "").padEnd(LABEL)}${part}`,
		);
	const seeds = totals.runs > 1 ? `seeds ${seed} to ${seed + totals.runs - 1}` : `seed ${seed}`;
	const faults = Object.entries(totals.faults).sort((a, b) => b[1] - a[1]);
	const verdict =
		totals.failed === 0 ? paint("green", "no violation") : paint("red", `${grouped(totals.failed)} failed`);
	return [
		"",
		paint("bold", `After ${counted(totals.runs, "run")}, ${seeds}, in ${duration(seconds * 1000)}`) +
			(stopped ? ", when you asked to stop" : ""),
		...row("result", verdict),
		...[...totals.failures].flatMap(([kind, { count, seed }]) =>
			row("", `${counted(count, "time")}, seed ${seed} first: ${kind}`),
		),
		...row(
			"virtual time",
			hours(totals),
			`${grouped(totals.virtualMs / 1000 / Math.max(seconds, 0.001))} times as fast as the clock`,
		),
		...row(
			"messages",
			`${grouped(totals.messages)} accepted`,
			`${grouped(totals.delivered)} delivered`,
			`${grouped(totals.repeats)} came again`,
		),
		...row("connections", grouped(totals.connections)),
		...row("packets", grouped(totals.packets)),
		...row("power cuts", grouped(totals.powerCuts)),
		...row(
			"faults",
			grouped(totals.faultCount),
			...faults.map(([kind, count]) => `${kind} ${grouped(count)}`),
		),
		...row("with", `ringbuoy ${version}`, `Node ${node}`, processes(workers)),
		...row("command", command),
	];
}

function processes(workers: number): string {
	return workers === 1 ? "1 process" : `${workers} processes`;
}

function hours({ virtualMs }: Totals): string {
	const hours = virtualMs / 3_600_000;
	return `${hours < 10 ? hours.toFixed(1) : grouped(hours)} virtual hours`;
}

function hash(digest: number): string {
	return digest.toString(16).padStart(8, "0");
}
