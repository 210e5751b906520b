// SPDX-License-Identifier: MIT
/** What happens in a run, as facts: written as lines for people, or as JSON. Times are in seconds since the start. */

import type { BudgetTerm } from "../../lib/index.js";
import type { Cause, Torn } from "../board/index.js";

export interface Measured {
	/** 1 and up, through all lives of the board. */
	readonly n: number;
	/** Hundredths of a degree Celsius, and of a percent. */
	readonly t: number;
	readonly h: number;
	/** Millivolts. */
	readonly battery: number;
	/** dBm. */
	readonly rssi: number;
}

/** What the boards have done to their flash. */
export interface FlashSummary {
	/** Of one board. */
	readonly bytes: number;
	readonly sectors: number;
	readonly bytesWritten: number;
	readonly erases: number;
	/** Erases of the sectors of one board, in this run: of the least and the most worn one. */
	readonly least: number;
	readonly most: number;
	/** Until the first of them is worn out, at the rate of this run; undefined: nothing was written. */
	readonly lifeYears: number | undefined;
}

/** What the boards did in all, and how it ended. */
export interface Summary {
	readonly seconds: number;
	readonly boards: number;
	readonly readings: number;
	/** By the broker; with QoS 0 those that were sent. */
	readonly acknowledged: number;
	/** Messages of an earlier run, out of the flash, that were acknowledged. */
	readonly restored: number;
	readonly refused: number;
	/** Accepted, and then lost: not taken by the broker, given way, or gone with the power. */
	readonly lost: number;
	/** Still waiting; out of RAM they go with the board. */
	readonly unfinished: number;
	/** Lives begun, and those that a power cut has ended. */
	readonly boots: number;
	readonly cuts: number;
	/** Carried out. */
	readonly commands: number;
	/** Commands and settings that made no sense. */
	readonly ignored: number;
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
	/** Undefined: their stores are in RAM. */
	readonly flash: FlashSummary | undefined;
}

export type BoardEvent =
	/** The power is gone, in the middle of a flash command or not. */
	| { readonly event: "cut"; readonly torn: Torn | "nothing" }
	/** A life begins, with what the store still has. */
	| {
			readonly event: "boot";
			/** 1 and up, in this run. */
			readonly boot: number;
			readonly cause: Cause;
			/** The earlier life did not end in order. */
			readonly unclean: boolean;
			/** Messages that wait, and inbound QoS 2 exchanges that are open. */
			readonly waiting: number;
			readonly inbound: number;
			/** The board knows of a session at the broker. */
			readonly session: boolean;
	  }
	| { readonly event: "asleep"; readonly ms: number; readonly awakeMs: number }
	/** Something is wrong with the flash: a `StoreFault`. */
	| { readonly event: "fault"; readonly fault: number; readonly cause: string }
	/** A reading is in the store: verbose only. */
	| { readonly event: "accepted"; readonly n: number; readonly ticket: number }
	/**
	 * What became of a message of an earlier run; or, `again`, of one of this run that was settled before a power cut, which
	 * had not reached the flash yet.
	 */
	| {
			readonly event: "restored";
			readonly again: boolean;
			readonly ticket: number;
			readonly outcome: number;
			readonly reason: number;
			readonly cause: string;
			readonly advice: string;
	  }
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
	/** Granted with the QoS `reason`: verbose only. */
	| { readonly event: "subscribed"; readonly filter: string; readonly reason: number }
	/** The broker refused a subscription. */
	| {
			readonly event: "denied";
			readonly filter: string;
			readonly reason: number;
			readonly cause: string;
			readonly advice: string;
	  }
	/** The session that a broker of 3.1.1 would have kept for good: it was told at the end to forget it, or could not be. */
	| { readonly event: "forgotten"; readonly done: boolean }
	/** Taken while there is no connection, or not acknowledged for some seconds. */
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
			/** What to do about it; empty: nothing. */
			readonly advice: string;
	  } & Measured)
	| { readonly event: "command"; readonly command: "identify" | "report" }
	/** A command or a setting that made no sense. */
	| { readonly event: "ignored"; readonly topic: string }
	| { readonly event: "identify" }
	/** Of `--program soak`: so many minutes, messages that came back, and those that were lost, doubled or bent. */
	| {
			readonly event: "soaked";
			readonly minutes: number;
			readonly back: number;
			readonly wrong: number;
	  }
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
			readonly program: "sensor" | "sleeper" | "soak";
			readonly memoryBytes: number;
			/** Bytes of each board's partition; 0: its store is in RAM. */
			readonly flashBytes: number;
			/** The file in which the first board's is kept; undefined: in memory. */
			readonly flashFile: string | undefined;
			/**
			 * How long the broker keeps a session that no later run takes up; 0: it is told to forget it at the end. Undefined: the
			 * broker ends with this run, or the session is in a file.
			 */
			readonly sessionSeconds: number | undefined;
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
