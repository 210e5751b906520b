// SPDX-License-Identifier: MIT
/** Every flash command of a workload is a place to cut the power, in every way; one cut, two, three. */
import { CUTS, type Cut } from "../../../simulator/nor-flash.js";
import type { Plan, PlannedCut } from "./plan.js";
import { Trial } from "./trial.js";

/** Commands of a workload that nobody disturbs. */
export function commandsOf(plan: Plan): number {
	const trial = new Trial({ ...plan, cuts: [] });
	const failure = trial.run();
	if (failure !== undefined) throw new Error(`${plan.name}, without a cut: ${failure}`);
	return trial.tally.commands;
}

/** One cut each: every command times every variant, or with `stride` each `stride`th of these pairs. */
export function* singles(plan: Plan, stride = 1, first = 0): Generator<Plan> {
	const commands = commandsOf(plan);
	let number = first;
	for (let nth = 1; nth <= commands; nth++)
		for (let cut = 0; cut < CUTS; cut++)
			if (number++ % stride === 0) yield withCuts(plan, [{ nth, cut: cut as Cut }], number);
}

/** How far from a boot the second and third cuts are. */
const REACH = 7;

/** Two or three cuts: every command, the later ones soon after the boot that follows. */
export function* multiples(plan: Plan, cuts: 2 | 3, stride = 1, first = 0): Generator<Plan> {
	const commands = commandsOf(plan);
	let number = first;
	for (let nth = 1; nth <= commands; nth++)
		for (let cut = 0; cut < CUTS; cut++)
			for (let second = 1; second <= REACH; second++) {
				if (number++ % stride !== 0) continue;
				const list: PlannedCut[] = [
					{ nth, cut: cut as Cut },
					{ nth: second, cut: ((number * 5) % CUTS) as Cut },
				];
				if (cuts === 3) list.push({ nth: 1 + (number % REACH), cut: ((number * 7) % CUTS) as Cut });
				yield withCuts(plan, list, number);
			}
}

function withCuts(plan: Plan, cuts: readonly PlannedCut[], number: number): Plan {
	return { ...plan, cuts, seed: number };
}
