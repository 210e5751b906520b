// SPDX-License-Identifier: MIT
/** The power is cut two and three times, the later ones during recovery or soon after it; in random runs; in boot loops. */
import { describe, expect, test } from "vitest";
import { multiples } from "./campaign/exhaustive.js";
import { PLAIN } from "./campaign/plan.js";
import { swarm } from "./campaign/swarm.js";
import { SHORT, WORKLOADS } from "./campaign/workloads.js";
import { cutsSoFar, withoutViolation } from "./with.js";

const short = WORKLOADS.filter(({ name }) => SHORT.includes(name)).map(
	(plan, first) => [plan.name, plan, first] as const,
);

describe.each([
	[2, 11],
	[3, 17],
] as const)("%i power cuts", (cuts, stride) => {
	test.each(short)(
		"%s",
		(_name, plan, first) => {
			expect(withoutViolation(multiples(plan, cuts, stride, first))).toBeGreaterThan(20);
		},
		60_000,
	);
});

describe("Many power cuts", () => {
	const RUNS = Number(process.env.POWER_CUT_RUNS ?? 400);
	const first = Number(process.env.POWER_CUT_SEED ?? 1);

	test(`${RUNS} random runs, from seed ${first}`, () => {
		const plans = Array.from({ length: RUNS }, (_, i) => swarm(first + i));
		expect(withoutViolation(plans)).toBeGreaterThan(RUNS);
	}, 120_000);

	test("two thousand unclean starts in a row", () => {
		const loop = [
			["online"],
			["publish", 2, 4],
			["loop", 2000, 3],
			["publish", 1, 3],
			["receive", 2, 2],
			["settle"],
		] as const;
		const limits = { ...WORKLOADS[0].limits };
		expect(
			withoutViolation([{ ...PLAIN, name: "a long boot loop", limits, script: loop, mountChecks: 50 }]),
		).toBe(2000);
	}, 60_000);

	test("there were more than three thousand in all", () => {
		console.log(`${cutsSoFar} power cuts, two and three times, at random, in a row`);
		expect(cutsSoFar).toBeGreaterThan(3000);
	});
});
