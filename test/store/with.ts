// SPDX-License-Identifier: MIT
/** Runs plans under vitest: the first violation fails the test, with the command that repeats it. */
import { expect } from "vitest";
import type { Plan } from "./campaign/plan.js";
import { repeatCommand, runPlan } from "./campaign/report.js";

/** Power cuts so far, of this file of tests. */
export let cutsSoFar = 0;

/** Returns the number of cuts. */
export function withoutViolation(plans: Iterable<Plan>): number {
	let cuts = 0;
	for (const plan of plans) {
		const { failure, tally } = runPlan(plan);
		cuts += tally.cuts;
		cutsSoFar += tally.cuts;
		if (failure !== undefined) expect.fail(`${failure}\nrepeat: ${repeatCommand(plan)}`);
	}
	return cuts;
}
