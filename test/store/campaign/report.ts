// SPDX-License-Identifier: MIT
/** Plans as commands that repeat them, and smaller plans that fail the same way. */
import type { Cut } from "../../../simulator/nor-flash.js";
import type { Plan, PlannedCut, Step } from "./plan.js";
import { swarm } from "./swarm.js";
import { type Tally, Trial } from "./trial.js";
import { WORKLOADS } from "./workloads.js";

/** The one command that repeats a run. */
export function repeatCommand(plan: Plan): string {
	if (plan.name === "swarm") return `npm run power-cut -- --repeat ${plan.seed}`;
	const at = plan.cuts.map(({ nth, cut, erases }) => `${nth}:${cut}${erases ? "e" : ""}`).join(",");
	return `npm run power-cut -- --workload "${plan.name}" --at ${at} --repeat ${plan.seed}`;
}

/** The plan that such a command means. */
export function planOf(seed: number, workload?: string, at = ""): Plan {
	if (workload === undefined) return swarm(seed);
	const plan = WORKLOADS.find(({ name }) => name === workload);
	if (plan === undefined) throw new Error(`there is no workload "${workload}"`);
	const cuts = at === "" ? [] : at.split(",").map(cutOf);
	return { ...plan, seed, cuts };
}

function cutOf(text: string): PlannedCut {
	const [, nth, cut, erases] = /^(\d+):(\d)(e?)$/.exec(text) ?? [];
	if (nth === undefined) throw new Error(`a cut is command:variant, or erase:variant and an e, not ${text}`);
	return { nth: Number(nth), cut: Number(cut) as Cut, erases: erases === "e" };
}

export interface Outcome {
	readonly failure: string | undefined;
	readonly tally: Tally;
}

export function runPlan(plan: Plan): Outcome {
	const trial = new Trial(plan);
	return { failure: trial.run(), tally: trial.tally };
}

/** What goes wrong, without the particulars. */
function kindOf(failure: string | undefined): string {
	return failure === undefined ? "" : failure.split(/[:(]/, 1)[0].replaceAll(/\d+/g, "#");
}

/** The smallest plan found, by leaving out steps and cuts, that fails in the same way. */
export function shrink(plan: Plan): Plan {
	const kind = kindOf(runPlan(plan).failure);
	const fails = (smaller: Plan): boolean => kindOf(runPlan(smaller).failure) === kind;
	let best = plan;
	for (let again = true; again; ) {
		again = false;
		for (const smaller of candidates(best)) {
			if (!fails(smaller)) continue;
			best = smaller;
			again = true;
			break;
		}
	}
	return best;
}

function* candidates(plan: Plan): Generator<Plan> {
	for (let i = 0; i < plan.script.length; i++) yield { ...plan, script: plan.script.toSpliced(i, 1) };
	for (let i = plan.cuts.length - 1; i >= 0; i--) yield { ...plan, cuts: plan.cuts.toSpliced(i, 1) };
	for (let i = 0; i < plan.script.length; i++) {
		const step = plan.script[i];
		if ((step[0] !== "publish" && step[0] !== "receive") || step[2] === 1) continue;
		for (const count of [step[2] >> 1, step[2] - 1]) {
			const fewer = [...step] as unknown as [string, number, number];
			fewer[2] = count;
			yield { ...plan, script: plan.script.with(i, fewer as unknown as Step) };
		}
	}
	const { sizes } = plan;
	if (sizes.length > 1) yield { ...plan, sizes: [sizes[0]] };
	if (sizes[0] > 16) yield { ...plan, sizes: [16] };
	if (plan.echo >= 0) yield { ...plan, echo: -1 };
	if (plan.byHand >= 0) yield { ...plan, byHand: -1 };
	if (plan.stalls) yield { ...plan, stalls: false };
	if (plan.conditions.randomPieces || (plan.conditions.pieceBytes ?? 1436) < 100)
		yield { ...plan, conditions: { ...plan.conditions, pieceBytes: 1436, randomPieces: false } };
}

/** Adds what one run counted to a sum. */
export function add(sum: Tally, tally: Tally): void {
	for (const key of Object.keys(sum) as (keyof Tally)[]) {
		if (key === "mostCommands" || key === "spread") sum[key] = Math.max(sum[key], tally[key]);
		else sum[key] += tally[key];
	}
}
