// SPDX-License-Identifier: MIT
/** What a run of the power-cut campaign is made of. Plain data: it is printed, repeated and cut down. */
import type { Limits } from "../../../lib/index.js";
import type { BrokerLimits } from "../../../simulator/broker/index.js";
import type { Cut } from "../../../simulator/nor-flash.js";
import type { Conditions } from "../../../simulator/world.js";

export type Qos = 0 | 1 | 2;

/** One thing that happens. Milliseconds are of virtual time. */
export type Step =
	/** The application publishes `count` messages, one each `ms`; 0: all in one go. `flags` are those of `Client.publish`. */
	| readonly ["publish", qos: Qos, count: number, flags?: number, ms?: number, bytes?: number]
	/** The broker publishes `count` messages to the board. */
	| readonly ["receive", qos: Qos, count: number, ms?: number]
	| readonly ["pass", ms: number]
	/** Waits until the client is online, or until it has nothing pending and the broker nothing for it; for a while. */
	| readonly ["online"]
	| readonly ["settle"]
	/** The link breaks now, or after so many more bytes in a direction; or nothing comes through any more and nobody is told. */
	| readonly ["cut link"]
	| readonly ["cut after", direction: "up" | "down", bytes: number]
	| readonly ["silence"]
	/** Whether the broker can be reached. */
	| readonly ["reachable", yes: boolean]
	| readonly ["restart", keepSessions: boolean]
	| readonly ["forget"]
	/** Flush, DISCONNECT, power off in order, and a new life after `ms`. With `early` the power goes before it is done. */
	| readonly ["sleep", ms: number, early?: boolean]
	/** The power goes while nothing is written, and comes back after `ms`. */
	| readonly ["off", ms: number]
	/** So many power cuts in a row, `ms` after the start each. */
	| readonly ["loop", count: number, ms: number]
	/** The board has another client identifier from its next life on. */
	| readonly ["rename"]
	/** The application keeps a number that belongs to no message. */
	| readonly ["remember"];

/** A cut during the `nth` command, or erase, after the boot that followed the one before. */
export interface PlannedCut {
	readonly nth: number;
	readonly cut: Cut;
	readonly erases?: boolean;
}

export interface Plan {
	/** What it is called in a report. */
	readonly name: string;
	readonly seed: number;
	readonly version: 4 | 5;
	readonly sectors: number;
	readonly encrypted: boolean;
	readonly sliceBytes: 64 | 32;
	readonly unstable: "boot" | "read" | "together";
	/** Flash commands take their time, and some erases take long. */
	readonly stalls: boolean;
	readonly limits: Partial<Limits>;
	readonly broker: Partial<BrokerLimits>;
	readonly identifiers: "rotation" | "lowest" | "random";
	readonly passOn: "publish" | "pubrel";
	readonly conditions: Partial<Conditions>;
	readonly sessionExpirySeconds: number;
	/** Whether the time of day is known, from the start of each life. */
	readonly synchronised: boolean;
	/** Payload bytes of what the application publishes, one after the other. */
	readonly sizes: readonly number[];
	/** Publishes of this QoS from inside the handler; -1: none. */
	readonly echo: Qos | -1;
	/** Milliseconds for which each QoS 2 message is held, and then acknowledged by hand; -1: returning acknowledges. */
	readonly byHand: number;
	/** Of the mounts after a cut, one in so many is done three times and compared; 0: none. */
	readonly mountChecks: number;
	readonly script: readonly Step[];
	readonly cuts: readonly PlannedCut[];
}

export const PLAIN: Plan = {
	name: "plain",
	seed: 1,
	version: 5,
	sectors: 6,
	encrypted: false,
	sliceBytes: 64,
	unstable: "boot",
	stalls: false,
	limits: {},
	broker: {},
	identifiers: "rotation",
	passOn: "publish",
	conditions: { upMs: 5, downMs: 5 },
	sessionExpirySeconds: 86_400,
	synchronised: true,
	sizes: [24],
	echo: -1,
	byHand: -1,
	mountChecks: 1,
	script: [],
	cuts: [],
};

/** True when the broker may lose the session: then QoS 2 may arrive twice, and what waited for the board may be lost. */
export function isLossy(plan: Plan): boolean {
	return plan.script.some(
		([kind, argument]) =>
			kind === "forget" || kind === "rename" || (kind === "restart" && argument === false) || expires(plan),
	);
}

/** The session may end because the board is away for longer than the broker keeps it. */
function expires(plan: Plan): boolean {
	return plan.sessionExpirySeconds < 600;
}
