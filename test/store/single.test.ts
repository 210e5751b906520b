// SPDX-License-Identifier: MIT
/** The power is cut once: at each command of each workload, in three of the nine ways, which change from command to command. */
import { describe, expect, test } from "vitest";
import { singles } from "./campaign/exhaustive.js";
import { WORKLOADS } from "./campaign/workloads.js";
import { cutsSoFar, withoutViolation } from "./with.js";

/** One in so many pairs of command and variant: all of them are run by `npm run power-cut -- --exhaustive`. */
const STRIDE = 4;

describe("One power cut", () => {
	test.each(WORKLOADS.map((plan, first) => [plan.name, plan, first] as const))(
		"%s",
		(_name, plan, first) => {
			expect(withoutViolation(singles(plan, STRIDE, first))).toBeGreaterThan(10);
		},
		60_000,
	);

	test("there were more than two thousand of them", () => {
		console.log(`${cutsSoFar} single power cuts`);
		expect(cutsSoFar).toBeGreaterThan(2000);
	});
});
