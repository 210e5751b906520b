// SPDX-License-Identifier: MIT
/** What happens in a run, as facts: written as lines for people, or as JSON. Times are in seconds since the start. */

import type { BudgetTerm } from "../../lib/index.js";

export interface Measured {
	/** 1 and up. */
	readonly n: number;
	/** Hundredths of a degree Celsius, and of a percent. */
	readonly t: number;
	readonly h: number;
	/** Millivolts. */
	readonly battery: number;
	/** dBm. */
	readonly rssi: number;
}

/** What the boards did in all, and how it ended. */
export interface Summary {
	readonly seconds: number;
	readonly boards: number;
	readonly readings: number;
	/** By the broker; with QoS 0 those that were sent. */
	readonly acknowledged: number;
	readonly refused: number;
	readonly rejected: number;
	/** Still in an outbox: they go with the board. */
	readonly unfinished: number;
	readonly commands: number;
	readonly dials: number;
	readonly connects: number;
	readonly resends: number;
	readonly packetsOut: number;
	readonly packetsIn: number;
	readonly bytesOut: number;
	readonly bytesIn: number;
	readonly roundTripMs: number;
	readonly peakRoundTripMs: number;
	readonly peakMessages: number;
	readonly peakBytes: number;
	readonly memory: readonly BudgetTerm[];
	readonly memoryBytes: number;
}

export type BoardEvent =
	| { readonly event: "dial" }
	| { readonly event: "link" }
	| { readonly event: "online"; readonly sessionPresent: boolean }
	/** `retryMs` -1: there will be no other attempt. */
	| {
			readonly event: "offline";
			readonly reason: number;
			readonly cause: string;
			readonly retryMs: number;
	  }
	| { readonly event: "subscribed"; readonly reason: number }
	/** Taken while there is no connection. */
	| ({ readonly event: "waiting"; readonly pending: number } & Measured)
	| ({
			readonly event: "reading";
			readonly qos: number;
			readonly ms: number;
			readonly pending: number;
	  } & Measured)
	| ({ readonly event: "refused"; readonly refusal: number; readonly cause: string } & Measured)
	| ({
			readonly event: "lost";
			readonly outcome: number;
			readonly reason: number;
			readonly cause: string;
	  } & Measured)
	| { readonly event: "command"; readonly command: "identify" | "report" | "invalid" }
	| { readonly event: "identify" }
	| { readonly event: "interval"; readonly seconds: number };

export type RunEvent =
	| {
			readonly event: "start";
			readonly version: string;
			readonly url: string;
			readonly embedded: boolean;
			/** TLS, and any certificate will do. */
			readonly insecure: boolean;
			readonly boards: readonly string[];
			readonly root: string;
			readonly protocol: 4 | 5;
			readonly qos: number;
			readonly intervalSeconds: number;
			readonly seed: number;
			readonly memoryBytes: number;
	  }
	/** We send a command, to show what that is like. */
	| { readonly event: "demonstration"; readonly topic: string; readonly payload: string }
	/** The embedded broker's view; verbose only. */
	| { readonly event: "broker"; readonly what: string; readonly clientId: string; readonly detail: string }
	| { readonly event: "stopping"; readonly pending: number }
	| ({ readonly event: "end" } & Summary);

/** Where events go. */
export interface Output {
	board(name: string, event: BoardEvent): void;
	run(event: RunEvent): void;
}
