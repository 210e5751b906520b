// SPDX-License-Identifier: MIT
/** What a random run is made of: plain data, which is drawn from a seed, printed, cut down and written out as a scenario. */

import type { Limits } from "../../lib/limits.js";
import type { BrokerLimits } from "../broker/index.js";
import type { Cut } from "../nor-flash.js";
import type { Conditions, DialFault, Direction } from "../world.js";

export type Qos = 0 | 1 | 2;

/** One board of a run. */
export interface BoardPlan {
	readonly version: 4 | 5;
	/**
	 * What it runs: a program that publishes what the acts say, or the sensor firmware, which has its own mind; nothing is published
	 * to it, and acts that let it publish do nothing.
	 */
	readonly program: "traffic" | "sensor";
	/** Sectors of its partition; 0: none, its store is in RAM. */
	readonly sectors: number;
	/** The longest program command of its flash. */
	readonly sliceBytes: 64 | 32;
	/** Bits that a power cut left unstable take another value at each boot, or at each read. */
	readonly unstable: "boot" | "read";
	/** Flash commands take their time, and some erases long; the program stands still meanwhile. */
	readonly slowFlash: boolean;
	/** Over the defaults. */
	readonly limits: Partial<Limits>;
	readonly keepAliveSeconds: number;
	readonly sessionExpirySeconds: number;
	readonly onSessionLost: "requeue" | "drop";
	readonly resubscribe: "boot" | "lost";
	/** What its clock shows at power-on; close to 2³¹ it wraps around soon. */
	readonly ticks: number;
	/** It knows the time of day. */
	readonly synchronised: boolean;
	/** Of its subscription; of a sensor's readings. */
	readonly qos: Qos;
	/** QoS 2 messages are counted in a number that is kept with them. */
	readonly remembers: boolean;
	/** 5.0: topic aliases both ways. */
	readonly aliases: boolean;
	/** QoS 0 waits for a connection, too. */
	readonly queueQos0: boolean;
	/** Milliseconds for which QoS 1 and 2 messages are held, and then acknowledged by hand; -1: returning acknowledges. */
	readonly holdMs: number;
}

/** What is done to packets between a board and the broker: `in` to the broker, `out` from it. */
export type Packets =
	| "connect"
	| "connack"
	| "puback"
	| "pubrec"
	| "pubrel"
	| "pubcomp"
	| "subscribe"
	| "suback"
	| "pingreq"
	| "pingresp"
	| "disconnect";

/**
 * One thing that happens, `at` milliseconds of virtual time after the start. `board` is an index into {@link Plan.boards}.
 * The first three are the work, the others are faults.
 */
export type Act =
	/**
	 * A board publishes `count` messages to a board, one each `everyMs`; 0: all in one go. `flags` are those of `Client.publish`,
	 * `expirySeconds` 0 is for ever.
	 */
	| readonly [
			at: number,
			"publish",
			board: number,
			to: number,
			qos: Qos,
			count: number,
			bytes: number,
			everyMs: number,
			flags: number,
			expirySeconds: number,
	  ]
	/** Somebody else, at the broker, publishes to a board. */
	| readonly [at: number, "send", to: number, qos: Qos, count: number, bytes: number, everyMs: number]
	/** A board says goodbye and sleeps, for so long: its next life begins after one that ended in order. */
	| readonly [at: number, "sleep", board: number, ms: number]
	/** The link breaks, and both ends are told. */
	| readonly [at: number, "cut link", board: number]
	/** It breaks when so many more bytes have arrived: in the middle of a packet. */
	| readonly [at: number, "cut in a packet", board: number, way: Direction, bytes: number]
	/** Half-open: nothing arrives any more, and nobody is told. */
	| readonly [at: number, "half-open", board: number, way: Direction | "both"]
	/** Nothing arrives for so long, then everything: an old connection may speak after a new one. */
	| readonly [at: number, "stall", board: number, way: Direction | "both", ms: number]
	/** What the way is like, for so long. */
	| readonly [at: number, "conditions", board: number, conditions: Partial<Conditions>, ms: number]
	| readonly [at: number, "restart broker", keepSessions: boolean, downMs: number]
	| readonly [at: number, "forget session", board: number]
	/** The n-th packet of a kind from now on is lost, doubled or late. */
	| readonly [
			at: number,
			"packet",
			board: number,
			way: "in" | "out",
			packet: Packets,
			nth: number,
			times: number,
			deed: "drop" | "duplicate" | number,
	  ]
	/** The broker answers with a reason of its own. */
	| readonly [
			at: number,
			"answer",
			board: number,
			packet: "connack" | "puback" | "pubrec" | "suback",
			reason: number,
			nth: number,
	  ]
	| readonly [at: number, "disconnect", board: number, reason: number]
	/** The broker hangs, for a board or for all (-1). */
	| readonly [at: number, "silence", board: number, ms: number]
	/** Somebody else connects with the client identifier of a board, and stays for a while; `clean`: in a session of their own. */
	| readonly [at: number, "impostor", board: number, clean: boolean, ms: number]
	/** The broker says what no broker may, see `ILLEGAL`. */
	| readonly [at: number, "illegal", board: number, what: number]
	/** Dials end so, for so long. */
	| readonly [at: number, "dial", board: number, fault: DialFault, ms: number]
	/** Wi-Fi goes, and comes back. */
	| readonly [at: number, "wifi", board: number, ms: number]
	/** The board's clock goes on by so much at once; its wall clock is wrong by so much. */
	| readonly [at: number, "clock jump", board: number, ms: number]
	| readonly [at: number, "wall clock", board: number, ms: number]
	| readonly [at: number, "power", board: number, offMs: number]
	/** The power goes in the middle of the n-th flash command, or erase. */
	| readonly [
			at: number,
			"power in flash",
			board: number,
			nth: number,
			cut: Cut,
			erases: boolean,
			offMs: number,
	  ]
	/** The battery is weak: the power goes again and again, so long after each boot. */
	| readonly [at: number, "brown-out", board: number, times: number, afterMs: number];

export interface Plan {
	readonly seed: number;
	/** Virtual minutes in which things happen; the last of them are without faults. */
	readonly minutes: number;
	readonly broker: {
		readonly limits: Partial<BrokerLimits>;
		readonly identifiers: "rotation" | "lowest" | "random";
		readonly passOn: "publish" | "pubrel";
	};
	/** What the ways of all boards are like. */
	readonly conditions: Partial<Conditions>;
	readonly boards: readonly BoardPlan[];
	/** In the order of time. */
	readonly acts: readonly Act[];
}

/** Name of a board in the world. */
export function nameOf(board: number): string {
	return `board-${board}`;
}
