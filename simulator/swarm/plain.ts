// SPDX-License-Identifier: MIT
/** The plainest plan: what a failure shrinks to as long as it stays one, and what need not be said of a plan. */

import type { BoardPlan, Plan } from "./plan.js";

export const PLAIN_BOARD: BoardPlan = Object.freeze({
	version: 5,
	program: "traffic",
	sectors: 0,
	sliceBytes: 64,
	unstable: "boot",
	slowFlash: false,
	limits: Object.freeze({}),
	keepAliveSeconds: 60,
	sessionExpirySeconds: 86_400,
	onSessionLost: "requeue",
	resubscribe: "boot",
	ticks: 0,
	synchronised: true,
	qos: 2,
	remembers: false,
	aliases: false,
	queueQos0: false,
	holdMs: -1,
});

export const PLAIN_BROKER: Plan["broker"] = Object.freeze({
	limits: Object.freeze({}),
	identifiers: "rotation",
	passOn: "publish",
});
