// SPDX-License-Identifier: MIT
/** The scripted workloads: small, so that every flash command of each can be cut in every way. */
import { PLAIN, type Plan, type Step } from "./plan.js";

const DROP_OLDEST = 0x20;
const KEEP_LATEST = 0x40;
const SETTLE_STORED = 0x80;
const VOLATILE = 0x10;

const LIMITS = {
	keptMessages: 64,
	recordBytes: 1024,
	window: 4,
	receiveMaximum: 4,
	outboxMessages: 16,
	outboxBytes: 2048,
	backoffMs: 50,
	backoffMaxMs: 400,
	pingReplyMs: 1000,
	requestMs: 1500,
	connackMs: 1000,
	connectMs: 2000,
};

function workload(name: string, script: readonly Step[], changes: Partial<Plan> = {}): Plan {
	const limits = { ...LIMITS, ...changes.limits };
	return {
		...PLAIN,
		...changes,
		name,
		script,
		limits,
		broker: { inflight: limits.receiveMaximum, ...changes.broker },
	};
}

/** Fills the ring with messages that wait, so that what follows has to clean. */
const FILL: Step[] = [
	["reachable", false],
	["publish", 1, 40, 0, 0, 60],
	["pass", 2000],
];

export const WORKLOADS: readonly Plan[] = [
	workload("a blank partition, nothing else", [["online"], ["pass", 500]]),
	workload("QoS 1, one by one", [["online"], ["publish", 1, 6, 0, 40], ["settle"]]),
	workload("QoS 1, a burst", [["online"], ["publish", 1, 9], ["settle"]]),
	workload("QoS 1 before the first connection", [
		["reachable", false],
		["publish", 1, 5],
		["reachable", true],
		["settle"],
	]),
	workload("QoS 2, one by one", [["online"], ["publish", 2, 5, 0, 60], ["settle"]]),
	workload("QoS 2, a burst", [["online"], ["publish", 2, 9], ["settle"]]),
	workload("QoS 2, identifiers that soon come again", [["online"], ["publish", 2, 8, 0, 15], ["settle"]], {
		limits: { publishIds: 3, window: 2 },
	}),
	workload("QoS 2, passed on with PUBREL", [["online"], ["publish", 2, 6, 0, 10], ["settle"]], {
		passOn: "pubrel",
	}),
	workload(
		"3.1.1, both ways",
		[["online"], ["publish", 2, 3], ["receive", 2, 3], ["publish", 1, 2], ["settle"]],
		{
			version: 4,
		},
	),
	workload("QoS 2 received, one by one", [["online"], ["pass", 50], ["receive", 2, 5, 60], ["settle"]]),
	workload(
		"QoS 2 received, a burst, lowest identifiers",
		[["online"], ["pass", 50], ["receive", 2, 8], ["settle"]],
		{
			identifiers: "lowest",
		},
	),
	workload("all kinds, both ways", [
		["online"], ["pass", 50], ["publish", 2, 2], ["receive", 2, 2], ["publish", 1, 2], ["receive", 1, 2],
		["publish", 0, 2], ["publish", 2, 2, VOLATILE], ["receive", 2, 2, 20], ["settle"],
	]), // biome-ignore format: a list
	workload("an answer to each message", [["online"], ["pass", 50], ["receive", 2, 4, 20], ["settle"]], {
		echo: 2,
	}),
	workload(
		"acknowledged by hand, with the number",
		[["online"], ["pass", 50], ["receive", 2, 3, 20], ["cut link"], ["receive", 2, 2], ["settle"]],
		{ byHand: 25 },
	),
	workload("the link breaks in between", [
		["online"], ["publish", 2, 4], ["pass", 12], ["cut link"], ["receive", 2, 3], ["publish", 1, 3], ["settle"],
	]), // biome-ignore format: a list
	workload("the broker restarts and keeps its sessions", [
		["online"], ["publish", 2, 3, 0, 3], ["receive", 2, 2, 3], ["restart", true], ["publish", 2, 2], ["settle"],
	]), // biome-ignore format: a list
	workload("the broker loses the session", [
		["online"], ["publish", 2, 3, 0, 3], ["receive", 2, 2, 3], ["forget"], ["publish", 1, 2], ["receive", 2, 2, 30],
		["settle"],
	]), // biome-ignore format: a list
	workload("another identity", [
		["online"], ["publish", 2, 3, 0, 2], ["rename"], ["off", 20], ["publish", 2, 2], ["settle"],
	]), // biome-ignore format: a list
	workload("sleep and wake", [
		["online"], ["publish", 1, 2], ["publish", 2, 2], ["sleep", 5000], ["publish", 2, 2], ["receive", 2, 2, 10],
		["sleep", 5000, true], ["receive", 2, 1], ["settle"],
	]), // biome-ignore format: a list
	workload("messages that give way", [
		["reachable", false], ["publish", 1, 5, KEEP_LATEST], ["publish", 2, 5, KEEP_LATEST], ["publish", 1, 3],
		["reachable", true], ["settle"],
	]), // biome-ignore format: a list
	workload("the oldest is dropped", [
		["reachable", false], ["publish", 1, 11, DROP_OLDEST, 0, 400], ["publish", 2, 3, DROP_OLDEST, 0, 400],
		["reachable", true], ["settle"],
	], { limits: { keptMessages: 8 } }), // biome-ignore format: a list
	workload("told when it is stored", [
		["online"],
		["publish", 1, 4, SETTLE_STORED, 10],
		["publish", 2, 3, SETTLE_STORED],
		["settle"],
	]),
	workload("numbers of the application", [
		["online"],
		["remember"],
		["pass", 100],
		["receive", 2, 3, 15],
		["remember"],
		["off", 5],
		["settle"],
	]),
	workload("records of many cells", [["online"], ["publish", 2, 4, 0, 20], ["publish", 1, 3], ["settle"]], {
		sizes: [600, 30, 900],
	}),
	workload("a nearly full ring is cleaned", [
		...FILL,
		["publish", 1, 30, 0, 3, 60],
		["reachable", true],
		["settle"],
	]),
	workload("erases while it is used", [["online"], ["publish", 1, 60, 0, 3, 400], ["settle"]]),
	workload("maintenance in between", [["online"], ["publish", 1, 12, 0, 800, 800], ["settle"]]),
	workload(
		"an encrypted partition",
		[["online"], ["publish", 2, 3, 0, 15], ["receive", 2, 3, 15], ["off", 10], ["publish", 1, 3], ["settle"]],
		{
			encrypted: true,
		},
	),
	workload(
		"slices of one cell, flash that takes its time",
		[["online"], ["publish", 2, 3, 0, 20], ["receive", 2, 2, 20], ["settle"]],
		{
			sliceBytes: 32,
			stalls: true,
		},
	),
	workload(
		"bits that differ at each read",
		[["online"], ["publish", 2, 4, 0, 15], ["receive", 2, 3, 15], ["settle"]],
		{ unstable: "read" },
	),
	workload("a boot loop", [
		["online"],
		["publish", 2, 3],
		["loop", 6, 20],
		["receive", 2, 2],
		["loop", 4, 3],
		["settle"],
	]),
];

/** Short enough for two and three cuts. */
export const SHORT: readonly string[] = [
	"a blank partition, nothing else",
	"QoS 1, one by one",
	"QoS 2, one by one",
	"QoS 2 received, one by one",
	"QoS 2, identifiers that soon come again",
	"sleep and wake",
];
