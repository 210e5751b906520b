// SPDX-License-Identifier: MIT
/** `ringbuoy run`: plays a scenario in virtual time and says whether its promises hold. */

import { parseArgs, styleText } from "node:util";
import { SCENARIOS } from "../scenarios/index.js";
import { describe, type OptionGroup, parseOptions, type Typed } from "./options.js";
import { type Loaded, load } from "./run-load.js";
import { JsonRun, TextRun } from "./run-output.js";
import { Performance, type Terminal } from "./run-performance.js";
import { performPlan } from "./run-plan.js";
import { UsageError } from "./usage.js";
import { wrapped } from "./words.js";

const RUN_OPTIONS: readonly OptionGroup[] = [
	{
		title: "Options",
		options: [
			{
				name: "seed",
				value: "NUMBER",
				help: "draws other weather, delays and cuts; the same seed, the same run; default 1",
			},
			{ name: "pcap", value: "FILE", help: "write what boards and broker say to each other, for Wireshark" },
			{ name: "json", help: "one JSON object a line: story, board events, expectations, end" },
			{ name: "verbose", help: "tell what each board does, too; with --json: its readings" },
			{ name: "help", help: "this" },
		],
	},
];

const NAME_COLUMNS = 17;

export const RUN_HELP = `${[
	"ringbuoy run: a story of boards and a broker in virtual time, with promises that hold or do not",
	"",
	"  ringbuoy run                          lists the scenarios",
	"  ringbuoy run power-cut                plays one",
	"  ringbuoy run ./mine.js --seed 7       one of your own; .ts, too, where esbuild is installed",
	"  ringbuoy run power-cut --pcap out.pcapng",
	...describe(RUN_OPTIONS),
	"",
	"Exit code: 0 every expectation held, 1 one did not, 2 usage.",
].join("\n")}\n`;

/** Runs the command. Returns whether all expectations held. Throws a {@link UsageError}, or a {@link RunError}. */
export async function run(args: readonly string[], terminal: Terminal): Promise<boolean> {
	const { names, options } = apart(args);
	const typed = parseOptions(options, RUN_OPTIONS);
	if (typed.has("help")) {
		terminal.write(RUN_HELP.trimEnd());
		return true;
	}
	if (names.length > 1) throw new UsageError(`one scenario at a time: leave out ${names.slice(1).join(" ")}`);
	if (names.length === 0) {
		list(typed.has("json"), terminal);
		return true;
	}
	return perform(await load(names[0]), typed, terminal);
}

/** What stands alone, and the options with their values. */
function apart(args: readonly string[]): { names: string[]; options: string[] } {
	const valued = RUN_OPTIONS.flatMap(({ options }) => options).filter(({ value }) => value !== undefined);
	const { tokens } = parseArgs({
		args: [...args],
		options: Object.fromEntries(valued.map(({ name }) => [name, { type: "string" as const }])),
		...{ strict: false, tokens: true, allowPositionals: true },
	});
	const alone = new Set<number>();
	for (const token of tokens) if (token.kind === "positional") alone.add(token.index);
	return {
		names: args.filter((_, index) => alone.has(index)),
		options: args.filter((_, index) => !alone.has(index)).map((arg) => (arg === "-h" ? "--help" : arg)),
	};
}

function list(json: boolean, { write, paint, columns }: Terminal): void {
	for (const [name, { title, about }] of Object.entries(SCENARIOS)) {
		if (json) {
			write(JSON.stringify({ name, title, about }));
			continue;
		}
		write(`${paint("bold", name.padEnd(NAME_COLUMNS))}${title}`);
		for (const line of wrapped(about, columns - NAME_COLUMNS)) write(`${" ".repeat(NAME_COLUMNS)}${line}`);
	}
	if (!json)
		write("\nringbuoy run NAME plays one, ringbuoy run ./FILE.js one of your own; --help has the options");
}

function seedOf(typed: Typed): number {
	const text = typed.get("seed") ?? "1";
	const seed = Number(text);
	if (text.trim() === "" || !Number.isSafeInteger(seed) || seed < 0)
		throw new UsageError(`--seed is a whole number from 0 on, not "${text}"`);
	return seed;
}

function perform(loaded: Loaded, typed: Typed, terminal: Terminal): boolean {
	const seed = seedOf(typed);
	const verbose = typed.has("verbose");
	const { write } = terminal;
	if (loaded.kind === "plan")
		return performPlan(loaded, typed.has("seed") ? seed : undefined, typed, terminal);
	const output = typed.has("json")
		? new JsonRun(write, verbose)
		: new TextRun(write, { ...terminal, verbose });
	return new Performance(loaded, seed, typed.get("pcap"), output, terminal).play();
}

/** Lines on standard output, with colours and progress where somebody looks at a terminal. */
export function terminalOf({ stdout, env }: Pick<NodeJS.Process, "stdout" | "env">): Terminal {
	// Whoever reads our lines has seen enough: `ringbuoy run | head`.
	stdout.on("error", () => {});
	const terminal = stdout.isTTY === true && env["TERM"] !== "dumb";
	const clear = terminal ? "\r\u001b[K" : "";
	const colour = terminal && !env["NO_COLOR"] && !env["CI"];
	return {
		write: (line) => stdout.write(`${clear}${line}\n`),
		progress: terminal ? (line) => stdout.write(`${clear}${line}`) : undefined,
		paint: (style, text) => (colour ? styleText(style, text) : text),
		columns: Math.max(60, Math.min(100, stdout.columns ?? 100)),
	};
}
