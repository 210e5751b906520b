// SPDX-License-Identifier: MIT
/** Workloads for rules that the general ones meet too seldom. */
import type { Plan, Step } from "../store/campaign/plan.js";
import { WORKLOADS } from "../store/campaign/workloads.js";

function workload(name: string, script: readonly Step[], changes: Partial<Plan> = {}): Plan {
	const base = WORKLOADS[0];
	return { ...base, ...changes, name, script, limits: { ...base.limits, ...changes.limits } };
}

export const AIMED: readonly Plan[] = [
	workload(
		"an old identifier in a new session",
		[
			["online"],
			["pass", 50],
			["receive", 2, 1, 8],
			["publish", 1, 1],
			["forget"],
			["pass", 300],
			["receive", 2, 3, 20],
			["settle"],
		],
		{ identifiers: "lowest" },
	),
	workload("volatile and kept in turn", [
		["online"], ["publish", 2, 2, 0x10], ["pass", 7], ["off", 5], ["publish", 2, 2], ["settle"],
		["publish", 2, 1], ["publish", 2, 2, 0x10], ["pass", 6], ["publish", 2, 1], ["off", 5], ["publish", 2, 2],
		["settle"],
	]), // biome-ignore format: a list
	workload("two at once, with the number", [
		["online"], ["pass", 50], ["receive", 2, 4], ["pass", 3], ["receive", 2, 4], ["remember"], ["settle"],
	]), // biome-ignore format: a list
	workload(
		"bits that agree",
		[
			["online"],
			["publish", 2, 3, 0, 15],
			["receive", 2, 2, 15],
			["off", 3],
			["off", 3],
			["publish", 1, 2],
			["settle"],
		],
		{ unstable: "together" },
	),
];
