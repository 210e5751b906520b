// SPDX-License-Identifier: MIT
/**
 * What may kill a mutant, by name: each check is a row of runs, a run is plain data, and {@link verdict} says what is wrong
 * with one. Compiled once with the sources as they are and once for each mutant: the runs of the one are given to the other.
 */
import { Cut, type NorFlash } from "../../simulator/nor-flash.js";
import { draw } from "../../simulator/swarm/draw.js";
import { Run as WorldRun } from "../../simulator/swarm/run.js";
import { SeededRandom } from "../../simulator/world/random.js";
import { Fuzz, type FuzzOptions } from "../lib/store/model.js";
import { explore } from "../model/explore.js";
import { PLANS } from "../model/plans.js";
import type { Plan as ModelPlan } from "../model/run.js";
import { multiples, singles } from "../store/campaign/exhaustive.js";
import type { Plan, PlannedCut } from "../store/campaign/plan.js";
import { swarm } from "../store/campaign/swarm.js";
import { Trial } from "../store/campaign/trial.js";
import { WORKLOADS } from "../store/campaign/workloads.js";
import { RULES } from "./rules.js";
import { AIMED } from "./workloads.js";

export type Run =
	| { readonly kind: "rule"; readonly name: string }
	| { readonly kind: "store"; readonly options: FuzzOptions; readonly headers: boolean }
	| { readonly kind: "plan"; readonly plan: Plan; readonly headers: boolean }
	| { readonly kind: "model"; readonly plan: ModelPlan }
	| { readonly kind: "world"; readonly seed: number; readonly minutes: number };

const LIMITS = { keptMessages: 24, window: 4, receiveMaximum: 8, recordBytes: 512, outboxBytes: 1024 };
const SMALL = { sectors: 6, limits: LIMITS, cutEvery: 6, longest: 200, backlog: 6, steps: 300 };
const FULL = {
	sectors: 8,
	limits: { ...LIMITS, keptMessages: 96 },
	cutEvery: 25,
	longest: 100,
	backlog: 60,
	steps: 600,
};

/** A store without a client, against a model of its word. */
const STORES: Readonly<Record<string, Omit<FuzzOptions, "seed">>> = {
	"no cuts": { ...SMALL, cutEvery: 0, steps: 3000, longest: 400 },
	"cut often": SMALL,
	"cut rarely": { ...SMALL, cutEvery: 40, steps: 600 },
	weak: { ...SMALL, cuts: [Cut.Weak, Cut.Ghost] },
	"weak headers": { ...SMALL, cuts: [Cut.Weak, Cut.Ghost] },
	together: { ...SMALL, cuts: [Cut.Weak, Cut.Ghost], unstable: "together" },
	"together, long records": {
		...SMALL,
		sectors: 8,
		limits: { ...LIMITS, recordBytes: 1024 },
		longest: 900,
		cuts: [Cut.Weak, Cut.Ghost],
		unstable: "together",
	},
	"together headers": { ...SMALL, cuts: [Cut.Weak, Cut.Ghost], unstable: "together" },
	"at each read": { ...SMALL, unstable: "read" },
	"much room": { ...SMALL, sectors: 12, steps: 2000, cutEvery: 40 },
	"few rows": { ...SMALL, limits: { ...LIMITS, keptMessages: 6 }, backlog: 5, cutEvery: 15 },
	"long queue": FULL,
	"long records": { ...FULL, limits: { ...LIMITS, recordBytes: 1024 }, longest: 900, backlog: 12 },
	encrypted: { ...SMALL, sectors: 8, encrypted: true, cutEvery: 25 },
};

/**
 * Swarms whose cuts are all of one kind. With "headers" in its name a cut at an erase comes one command later, when the
 * header of the sector is programmed.
 */
const AIMS: Readonly<Record<string, (cut: PlannedCut, random: SeededRandom) => PlannedCut>> = {
	anywhere: (cut) => cut,
	erases: (cut, random) => ({ ...cut, erases: true, nth: 1 + random.below(2) }),
	weak: (cut, random) => ({ ...cut, cut: random.chance(0.5) ? Cut.Weak : Cut.Ghost }),
	together: (cut, random) => ({ ...cut, cut: random.chance(0.5) ? Cut.Weak : Cut.Ghost }),
	"at each read": (cut, random) => ({ ...cut, cut: random.chance(0.5) ? Cut.Weak : cut.cut }),
	headers: (cut, random) => ({
		...cut,
		erases: true,
		nth: 1,
		cut: random.chance(0.5) ? Cut.Weak : Cut.Ghost,
	}),
	early: (cut, random) => ({ ...cut, erases: false, nth: 1 + random.below(6) }),
};

/** What else these swarms have in common. */
const CHANGES: Readonly<Record<string, Partial<Plan>>> = {
	together: { unstable: "together" },
	"at each read": { unstable: "read", encrypted: false },
};

/** Virtual minutes of a random run of the world. */
const WORLDS: Readonly<Record<string, number>> = { "ten minutes": 10 };

function workload(name: string): Plan {
	const plan = [...WORKLOADS, ...AIMED].find((one) => one.name === name);
	if (plan === undefined) throw new Error(`there is no workload "${name}"`);
	return plan;
}

/** The runs of a check, `kind: name`. Those of a workload come in a random order, always the same. */
export function* runs(check: string): Generator<Run> {
	const [kind, name] = check.split(": ");
	if (kind === "rule") yield { kind, name };
	else if (kind === "store") {
		const options = STORES[name];
		if (options === undefined) throw new Error(`there is no store "${name}"`);
		const headers = name.endsWith("headers");
		for (let seed = 1; ; seed++) yield { kind, options: { ...options, seed }, headers };
	} else if (kind === "swarm") {
		const aim = AIMS[name];
		if (aim === undefined) throw new Error(`there is no aim "${name}"`);
		for (let seed = 1; ; seed++) {
			const random = new SeededRandom(seed, name);
			const plan = { ...swarm(seed), ...CHANGES[name] };
			const cuts = plan.cuts.map((cut) => aim(cut, random));
			yield { kind: "plan", plan: { ...plan, cuts }, headers: name === "headers" };
		}
	} else if (kind === "model") {
		const plans = PLANS[name];
		if (plans === undefined) throw new Error(`there is no model "${name}"`);
		for (const plan of plans) yield { kind, plan };
	} else if (kind === "world") {
		const minutes = WORLDS[name];
		if (minutes === undefined) throw new Error(`there is no world "${name}"`);
		for (let seed = 1; ; seed++) yield { kind, seed, minutes };
	} else if (kind === "one cut") yield* shuffled(singles(workload(name)));
	else if (kind === "two cuts") yield* shuffled(multiples(workload(name), 2));
	else if (kind === "three cuts") yield* shuffled(multiples(workload(name), 3));
	else throw new Error(`there is no kind of check "${kind}"`);
}

function* shuffled(plans: Generator<Plan>): Generator<Run> {
	const random = new SeededRandom(1, "order");
	const list = [...plans];
	for (let left = list.length; left > 0; left--) {
		const index = random.below(left);
		const plan = list[index];
		list[index] = list[left - 1];
		yield { kind: "plan", plan, headers: false };
	}
}

/** Each cut at an erase comes one command later, from now on and until the partition is used for something else. */
function aimAtHeaders(flash: NorFlash): void {
	const { eraseBlock, arm, disarm, renew } = flash;
	let due = 0;
	let kind: Cut = Cut.Before;
	Object.assign(flash, {
		arm(nth: number, cut: Cut, erases = false): void {
			due = erases ? nth : 0;
			kind = cut;
			if (!erases) arm.call(flash, nth, cut);
		},
		disarm(): void {
			due = 0;
			disarm.call(flash);
		},
		eraseBlock(first: number, end?: number): void {
			eraseBlock.call(flash, first, end);
			if (due > 0 && --due === 0) arm.call(flash, 1, kind);
		},
		renew(image?: Uint8Array): void {
			for (const name of ["arm", "disarm", "eraseBlock", "renew"]) Reflect.deleteProperty(flash, name);
			renew.call(flash, image);
		},
	});
}

/** What is wrong with a run, or "". */
export function verdict(run: Run): string {
	try {
		if (run.kind === "plan") {
			const trial = new Trial(run.plan);
			if (run.headers) aimAtHeaders(trial.machine.flash);
			return trial.run() ?? "";
		}
		if (run.kind === "store") {
			const fuzz = new Fuzz(run.options);
			if (run.headers) aimAtHeaders(fuzz.flash);
			return fuzz.run();
		}
		if (run.kind === "model") {
			explore(run.plan);
			return "";
		}
		if (run.kind === "world") return new WorldRun(draw(run.seed, { minutes: run.minutes })).run() ?? "";
		const rule = RULES[run.name];
		if (rule === undefined) throw new Error(`there is no rule "${run.name}"`);
		return rule();
	} catch (error) {
		return error instanceof Error ? (error.stack ?? error.message) : String(error);
	}
}

/** Every rule of rules.ts, by name. */
export const rules: readonly string[] = Object.keys(RULES);
