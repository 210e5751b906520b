// SPDX-License-Identifier: MIT
/**
 * What a board offers to a program, and what a program is to its board: types only.
 *
 * A program gets everything through {@link Board} and therefore runs unchanged on an ESP32, on Node, and in a world of
 * virtual time. Whatever crosses here while it runs is a number, because numbers cost nothing on XS.
 */

import type { Client, Clock, Dialler, Limits, Memory, Power, Qos, Random, Store } from "../lib/index.js";

export interface Board {
	/** Names this board among others: client identifier and a level of its topics. Without "/", "+" and "#". */
	readonly name: string;
	readonly memory: Memory;
	readonly dialler: Dialler;
	readonly clock: Clock;
	readonly random: Random;
	/** Made with {@link limits}. */
	readonly store: Store;
	readonly limits: Limits;
	readonly settings: Settings;
	readonly sensors: Sensors;
	/** Sleep, for the programs that do; a board without it leaves it out. */
	readonly power?: Power;
	/** A lamp, a buzzer: something by which a person finds this board among others. */
	readonly indicator?: Indicator;
	/** Somebody who wants to know how the program is doing: a display, a log, a test. */
	readonly report?: Report;
	/** How the board itself is doing, for the diagnostics topic; a board that does not know leaves it out. */
	readonly health?: Health;
}

/** What its owner decided; read once, at the start. */
export interface Settings {
	/** The topics of this board begin with `<root>/<name>/`. */
	readonly root: string;
	/** A name for the broker: a session in flash is not taken to another one. */
	readonly broker?: string;
	readonly user?: string;
	readonly password?: string;
	/** 5; 4 for MQTT 3.1.1; or "auto": 5, and 4 with a broker that knows no other. */
	readonly version: 4 | 5 | "auto";
	/** Of readings. */
	readonly qos: Qos;
	/** Between readings; 1 to 86400. */
	readonly intervalSeconds: number;
	/** 0 to 65535; 0 is off. */
	readonly keepAliveSeconds: number;
	/** How long the broker keeps our session while we are away. */
	readonly sessionExpirySeconds: number;
}

/**
 * Sensors in integers: fractions are for displays. The fields are those of the last {@link sample}; NaN is what this board
 * does not have, or could not measure, and readings leave it out.
 */
export interface Sensors {
	/** Measures now. Takes little time and allocates nothing; what a driver of the SDK does is said in `boards/README.md`. */
	sample(): void;
	/** Hundredths of a degree Celsius. */
	readonly temperature: number;
	/** Hundredths of a percent of relative humidity, 0 to 10000. */
	readonly humidity: number;
	/** Pascals, 30000 to 110000. A board that cannot measure it may leave it out. */
	readonly pressure?: number;
	/** Millivolts of the battery. */
	readonly battery: number;
	/** Strength of the radio's signal in dBm, negative. */
	readonly signal: number;
}

export interface Indicator {
	/** Makes itself noticed for a few seconds. Returns at once. */
	identify(): void;
}

/** Why the chip started. */
export const Reset = Object.freeze({
	/** Nobody knows; also what is not in this list. */
	Unknown: 0,
	/** Power came. */
	Power: 1,
	/** The reset pin, or a debugger. */
	Pin: 2,
	/** By itself: look at the {@link Ending}. */
	Software: 3,
	/** The system crashed. */
	Panic: 4,
	/** Something did not return for too long. */
	Watchdog: 5,
	/** Out of deep sleep. */
	Sleep: 6,
	/** The voltage fell too low: a weak supply, or an empty battery. */
	Brownout: 7,
} as const);
export type Reset = (typeof Reset)[keyof typeof Reset];

/** Why a life ended, as far as the program and its engine could tell before it did. */
export const Ending = Object.freeze({
	/** Nobody had the time to say: a power cut, a crash of the system, a watchdog, a stack that overflowed. */
	Unknown: 0,
	/** No broker for `rebootMinutes`. */
	NoBroker: 1,
	/** An exception that nobody caught; {@link Health.lastWords} has it. */
	Exception: 2,
	/** The heap of the engine was full. */
	MemoryFull: 3,
	/** Anything else for which the engine gave up; {@link Health.lastWords} has its word. */
	Engine: 4,
	/** The program could not start. */
	Start: 5,
	/** It went to sleep. */
	Asleep: 6,
} as const);
export type Ending = (typeof Ending)[keyof typeof Ending];

/** How the board itself is doing. A number that is not known is NaN. */
export interface Health {
	readonly reset: Reset;
	/** Of the life before this one. */
	readonly ending: Ending;
	/** What the exception that ended it said: at most 48 bytes of printable ASCII without `"` and `\`; empty if there was none. */
	readonly lastWords: Uint8Array;
	/** Why the last connection of that life ended, as `Listener.onOffline` told it; 0: it had none, or nobody knows. */
	readonly lastReason: number;
	/** How often this board has started, this time among them; NaN where nobody can count it. */
	readonly starts: number;
	/** Looks at what changes: the fields below are of this moment. Allocates nothing. */
	sample(): void;
	/** Memory that the system has left. */
	readonly freeBytes: number;
	/** Used by the engine's heap: slots, and chunks. */
	readonly slotBytes: number;
	readonly chunkBytes: number;
	/** Of garbage, since the engine began to count. */
	readonly collections: number;
	/** dBm; NaN where there is no radio. */
	readonly signal: number;
	/** The program tells why a connection ended, or was not made: kept for the next life. */
	offline(reason: number): void;
}

/** What a program did with a word from outside. */
export const Command = Object.freeze({
	/** It is not known, or its value makes no sense: ignored. */
	Invalid: 0,
	/** "identify": the indicator was started. */
	Identify: 1,
	/** "report": a reading was taken at once. */
	Report: 2,
} as const);
export type Command = (typeof Command)[keyof typeof Command];

/** The topics that a program listens to. */
export const Inlet = Object.freeze({
	/** `set/interval`. */
	Interval: 0,
	/** `do`. */
	Command: 1,
} as const);
export type Inlet = (typeof Inlet)[keyof typeof Inlet];

/** What a program tells its host while it runs; numbers only. The methods must not throw. */
export interface Report {
	online(sessionPresent: boolean): void;
	/** As `Listener.onOffline`: why, and milliseconds to the next attempt; -1: none. */
	offline(reason: number, retryMs: number): void;
	/** The sensors were sampled for reading `number`, 1 and up; the next call is {@link queued} for it. */
	sampled(number: number): void;
	/** Reading `number` was accepted: `ticket` is positive and settled once; or it was not: a negative `Refusal`. */
	queued(number: number, ticket: number): void;
	/**
	 * What became of a ticket; it need not be a reading's. With QoS 0 this comes before its {@link queued}. `restored`: it
	 * was given in an earlier life.
	 */
	settled(ticket: number, outcome: number, reason: number, restored: boolean): void;
	/** Granted QoS (0 to 2), or 0x80 and above: the broker refused it, and nothing comes in there. */
	subscribed(reason: number, inlet: Inlet): void;
	command(command: Command, inlet: Inlet): void;
	/** The interval between readings is now this many seconds. */
	interval(seconds: number): void;
	/** Something is wrong with the flash, a `StoreFault`: the program goes on, what it sends does not survive a reboot. */
	storeFault?(fault: number): void;
	/** A minute of `soak.ts` is over, the `minutes`th: messages that came back so far, and how many broke MQTT's word. */
	soaked?(minutes: number, back: number, wrong: number): void;
}

/** A program at work. A module of `programs/` exports `start(board: Board): Program`. */
export interface Program {
	readonly client: Client;
	/** Says goodbye: what waits is sent if there is a connection, then DISCONNECT. `Report.offline` with -1 ends it. */
	stop(): void;
}
