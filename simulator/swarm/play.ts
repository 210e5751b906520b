// SPDX-License-Identifier: MIT
/** Plays a plan once. */

import type { Plan } from "./plan.js";
import { Run, type Tally } from "./run.js";

export interface Played {
	/** What is wrong; undefined: nothing. */
	readonly failure: string | undefined;
	readonly tally: Tally;
}

/**
 * Never throws for what happens in the world; a plan that no world can be made of throws. `prepare` sees the run before it
 * begins.
 */
export function play(plan: Plan, prepare?: (run: Run) => void): Played {
	const run = new Run(plan);
	prepare?.(run);
	const failure = run.run();
	return { failure, tally: run.tally };
}

/** What is wrong with a plan, be it that no world can be made of it; undefined: nothing. */
export function failureOf(plan: Plan): string | undefined {
	try {
		return play(plan).failure;
	} catch (error) {
		return error instanceof Error ? (error.stack ?? error.message) : String(error);
	}
}
