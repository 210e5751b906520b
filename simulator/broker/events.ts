// SPDX-License-Identifier: MIT
/** What the broker tells: numbers that only count, and events for displays and checkers. */

import type { Qos, Version } from "./protocol.js";

/** Why a message did not reach somebody. */
export const DROP_CAUSES = [
	"offline",
	"backlog",
	"queueFull",
	"tooLarge",
	"expired",
	"denied",
	"quota",
	"retainedFull",
	"sessionEnded",
] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** Running totals, except where "now" is said. */
export interface Counters {
	/** Network connections, now. */
	connections: number;
	/** Of which have a session, now. */
	clients: number;
	/** Sessions with and without a connection, now. */
	sessions: number;
	/** Subscriptions and retained messages, now. */
	subscriptions: number;
	retained: number;
	accepted: number;
	/** Connections turned away: over the limit, or by a CONNACK. */
	refused: number;
	takeovers: number;
	/** Connections ended by the broker because of what the peer sent, or failed to send. */
	faults: number;
	bytesIn: number;
	bytesOut: number;
	packetsIn: number;
	packetsOut: number;
	/** PUBLISH taken from clients; those sent, resends included. */
	messagesIn: number;
	messagesOut: number;
	resent: number;
	wills: number;
	/** Messages that did not reach a subscriber (or, "denied" and "quota": were not taken), by cause. */
	readonly dropped: Record<DropCause, number>;
}

export function newCounters(): Counters {
	const dropped = {} as Record<DropCause, number>;
	for (const cause of DROP_CAUSES) dropped[cause] = 0;
	return {
		connections: 0,
		clients: 0,
		sessions: 0,
		subscriptions: 0,
		retained: 0,
		accepted: 0,
		refused: 0,
		takeovers: 0,
		faults: 0,
		bytesIn: 0,
		bytesOut: 0,
		packetsIn: 0,
		packetsOut: 0,
		messagesIn: 0,
		messagesOut: 0,
		resent: 0,
		wills: 0,
		dropped,
	};
}

/** Payloads in events are the broker's own memory: read them, don't keep or change them. */
export type BrokerEvent =
	| {
			kind: "connect";
			clientId: string;
			version: Version;
			address: string;
			sessionPresent: boolean;
			user: string;
	  }
	| { kind: "refuse"; clientId: string; address: string; reason: number }
	| {
			kind: "disconnect";
			clientId: string;
			address: string;
			reason: number;
			by: "client" | "broker" | "network";
	  }
	| { kind: "session-end"; clientId: string }
	| { kind: "subscribe"; clientId: string; filter: string; reason: number }
	| { kind: "unsubscribe"; clientId: string; filter: string; reason: number }
	| {
			kind: "publish";
			clientId: string;
			topic: string;
			qos: Qos;
			retain: boolean;
			payload: Uint8Array;
			will: boolean;
	  }
	| {
			kind: "deliver";
			clientId: string;
			topic: string;
			qos: Qos;
			id: number;
			dup: boolean;
			payload: Uint8Array;
	  }
	| {
			kind: "settled";
			clientId: string;
			topic: string;
			qos: Qos;
			id: number;
			reason: number;
			payload: Uint8Array;
	  }
	| { kind: "drop"; clientId: string; topic: string; qos: Qos; cause: DropCause; payload: Uint8Array }
	| { kind: "restart"; keepSessions: boolean };
