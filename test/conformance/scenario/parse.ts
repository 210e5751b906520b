// SPDX-License-Identifier: MIT
/** Reads a scenario: a head of `name: value` lines, an empty line, then the play, one line a step. See README.md. */
import { loadRequirements } from "../requirements.js";

/** What a line does. */
export type Verb =
	| "hears"
	| "sends"
	| "dials"
	| "closes"
	| "told"
	| "call"
	| "wait"
	| "close"
	| "cut"
	| "connected";

export interface Step {
	/** Line of the file, from 1. */
	readonly line: number;
	readonly verb: Verb;
	readonly rest: string;
	/** In which versions it is played. */
	readonly versions: readonly string[];
}

export interface Scenario {
	readonly path: string;
	readonly title: string;
	/** Version → identifiers and sections that it shows; a version that is missing is not played. */
	readonly shows: ReadonlyMap<string, readonly string[]>;
	/** Changes to the options of the client. */
	readonly options: Readonly<Record<string, unknown>>;
	/** Making the client must throw this. */
	readonly throws: string | undefined;
	readonly steps: readonly Step[];
}

/** One mistake in a scenario file, with its place. */
export class ScenarioError extends Error {
	constructor(path: string, line: number, what: string) {
		super(`${path}:${line}: ${what}`);
	}
}

const VERSION_NAMES = ["3.1.1", "5.0"];
const requirements = loadRequirements();

/** Verbs by the first word of a line. */
const verbs: Readonly<Record<string, Verb>> = {
	">": "hears",
	"<": "sends",
	dials: "dials",
	closes: "closes",
	told: "told",
	call: "call",
	wait: "wait",
	close: "close",
	cut: "cut",
	connected: "connected",
};
/** Verbs that need words behind them; the others must have none. */
const wordy: readonly Verb[] = ["hears", "sends", "told", "call", "wait"];
/** And those that may have some. */
const either: readonly Verb[] = ["dials"];

export function parseScenario(path: string, text: string): Scenario {
	const lines = text.split(/\r?\n/);
	const shows = new Map<string, string[]>();
	let title = "";
	let options: Record<string, unknown> = {};
	let throws: string | undefined;
	let at = 0;
	for (; at < lines.length && lines[at].trim() !== ""; at++) {
		const line = lines[at];
		if (line.startsWith("#")) continue;
		const fail = (what: string): never => {
			throw new ScenarioError(path, at + 1, what);
		};
		const head = /^([\w.]+): (.+)$/.exec(line);
		if (head === null) fail(`the head has lines "name: value" and ends with an empty line, this is: ${line}`);
		const [, name, value] = head!;
		if (name === "title") title = value;
		else if (name === "throws") throws = value;
		else if (name === "options") options = readJson(value, fail) as Record<string, unknown>;
		else if (VERSION_NAMES.includes(name)) shows.set(name, readShown(name, value, fail));
		else fail(`the head knows title, 3.1.1, 5.0, options and throws, not ${name}`);
	}
	if (title === "") throw new ScenarioError(path, 1, "the head has no title");
	if (shows.size === 0) throw new ScenarioError(path, 1, "the head says for no version what is shown");
	const steps = lines.flatMap((line, i) => (i < at ? [] : readStep(path, i + 1, line, [...shows.keys()])));
	if ((steps.length === 0) !== (throws !== undefined))
		throw new ScenarioError(path, at + 1, "a scenario either has steps, or `throws` in its head");
	return { path, title, shows, options, throws, steps };
}

/** Identifiers must be those of a rule that binds clients; a number such as 3.2.2.3.6 is a section. */
function readShown(version: string, value: string, fail: (what: string) => never): string[] {
	const words = value.split(/[ ,]+/);
	for (const word of words) {
		if (/^\d+(?:\.\d+)+$/.test(word)) continue;
		const found = requirements.get(`${version} ${word}`);
		if (found === undefined) fail(`${version} has no ${word}`);
		else if (found.binds === "server") fail(`${word} of ${version} binds servers, no client shows it`);
	}
	return words;
}

function readJson(text: string, fail: (what: string) => never): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		return fail(`not JSON: ${(error as Error).message}`);
	}
}

function readStep(path: string, line: number, text: string, played: readonly string[]): Step[] {
	const trimmed = text.trim();
	if (trimmed === "" || trimmed.startsWith("#")) return [];
	const [, version, first, rest] = /^(?:(3\.1\.1|5\.0)\| *)?(\S+)(?: +(.*))?$/.exec(trimmed)!;
	const verb = verbs[first];
	const fail = (what: string): never => {
		throw new ScenarioError(path, line, what);
	};
	if (verb === undefined)
		return fail(`there is no step "${first}"; steps are ${Object.keys(verbs).join(", ")}`);
	if (!either.includes(verb) && wordy.includes(verb) !== (rest !== undefined))
		return fail(wordy.includes(verb) ? `"${first}" needs words behind it` : `"${first}" stands alone`);
	if (version !== undefined && !played.includes(version))
		return fail(`${version} is not played: the head does not say what it shows`);
	return [{ line, verb, rest: rest ?? "", versions: version === undefined ? played : [version] }];
}
