// SPDX-License-Identifier: MIT
import type { Client } from "../../lib/index.js";
import { type Plan, Run } from "./run.js";

/** What came of it. */
export interface Explored {
	/** States that differ. */
	readonly states: number;
	/** Steps from one to another that were taken. */
	readonly steps: number;
	/** Ways through them from the beginning to the end: what was proved for each. */
	readonly paths: number;
	/** The longest of those, steps. */
	readonly length: number;
}

/** A way that breaks a rule, in words. */
export class Broken extends Error {
	override readonly name = "Broken";
}

const ON_THE_WAY = -1;
/** Every so many states it is looked whether a client of its own comes to the same one. */
const SAMPLE = 997;

/**
 * Goes through everything that can happen, depth first; a state that was seen is not gone through again. Throws
 * {@link Broken} at the first step that breaks a rule.
 */
export function explore(plan: Plan, harm?: (client: Client) => void): Explored {
	const run = new Run(plan, harm);
	/** Of each state, how many ways lead from it to an end. */
	const seen = new Map<string, number>();
	const way: number[] = [];
	let steps = 0;
	let length = 0;

	const visit = (): number => {
		const key = run.key();
		const known = seen.get(key);
		if (known === ON_THE_WAY)
			throw broken(plan, way, new Error("what happens leads back to where it began"), harm);
		if (known !== undefined) return known;
		seen.set(key, ON_THE_WAY);
		if (way.length > length) length = way.length;
		if (seen.size % SAMPLE === 1) compare(run, key, way, harm);
		const choices = attempt(() => run.steps());
		const here = choices.length > 0 ? run.save() : null;
		let paths = 0;
		for (let index = 0; index < choices.length; index++) {
			if (index > 0 && here !== null) run.restore(here);
			way.push(choices[index]);
			attempt(() => run.take(choices[index]));
			steps++;
			paths += visit();
			way.pop();
		}
		if (paths === 0) paths = 1;
		seen.set(key, paths);
		return paths;
	};
	const attempt = <Result>(what: () => Result): Result => {
		try {
			return what();
		} catch (error) {
			throw error instanceof Broken ? error : broken(plan, way, error as Error, harm);
		}
	};

	const paths = visit();
	return { states: seen.size, steps, paths, length };
}

/** Throws when a client of its own, which is put back nowhere, comes to another state on that way. */
function compare(run: Run, key: string, way: readonly number[], harm?: (client: Client) => void): void {
	run.checkSnapshots();
	const alone = new Run(run.plan, harm);
	for (const step of way) alone.take(step);
	if (alone.key() !== key) throw new Error(`the state was not put back: ${way}`);
}

function broken(plan: Plan, way: readonly number[], error: Error, harm?: (client: Client) => void): Broken {
	const words: string[] = [];
	const run = new Run(plan, harm);
	try {
		for (const step of way) {
			words.push(run.describe(step));
			run.take(step);
		}
	} catch {
		// It is the same one.
	}
	return new Broken(`${error.message}\nafter ${words.join("\n  ")}\nof ${JSON.stringify(plan)}`, {
		cause: error,
	});
}
