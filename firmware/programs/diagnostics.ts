// SPDX-License-Identifier: MIT
/**
 * How the board itself is doing, for whoever looks after many of them: part of a program, used where a board has a `health`.
 *
 *     <root>/<name>/diagnostics   retained, at each connect and every ten minutes
 *     {"reset":"software","starts":12,"ending":"no broker","reason":-18,"uptime":3600,"offline":-4,
 *      "connects":3,"dials":5,"free":123456,"slots":20480,"chunks":31744,"collections":0,"rssi":-61}
 *
 * `ending`, `reason` and `words` are about the life before this one: why it ended, why its last connection did, and what
 * the exception said; `offline` is why the last connection of this life did. What is not known is left out. It is about
 * now: it stays in RAM, and only the latest is sent.
 */

import {
	type Alarm,
	type Client,
	Counter,
	KEEP_LATEST,
	RETAIN,
	Refusal,
	type Timer,
	type Topic,
	VOLATILE,
	type Writer,
} from "../../lib/index.js";
import { type Board, Ending, type Health } from "../ports.js";

/** Between two reports of one connection. */
const PERIOD_MS = 600_000;
/** Bytes of the longest report: names and punctuation 190, ten numbers of at most 11 characters, 48 of last words. */
const REPORT_BYTES = 360;
/** Of one that stops at what is most wanted, for boards whose packets are short. */
const BRIEF_BYTES = 128;
const FLAGS = VOLATILE | KEEP_LATEST;

/** Constants of the module: see reading.ts. */
const RESET = '{"reset":"';
const QUOTE = '"';
const STARTS = ',"starts":';
const ENDING = ',"ending":"';
const REASON = ',"reason":';
const UPTIME = ',"uptime":';
const OFFLINE = ',"offline":';
const END = "}";
const WORDS = ',"words":"';
const CONNECTS = ',"connects":';
const DIALS = ',"dials":';
const FREE = ',"free":';
const SLOTS = ',"slots":';
const CHUNKS = ',"chunks":';
const COLLECTIONS = ',"collections":';
const RSSI = ',"rssi":';

/** By `Reset`. */
const RESETS: readonly string[] = Object.freeze([
	"unknown",
	"power",
	"pin",
	"software",
	"panic",
	"watchdog",
	"sleep",
	"brownout",
]);

/** By `Ending`; nothing is said about one that nobody knows. */
const ENDINGS: readonly string[] = Object.freeze([
	"",
	"no broker",
	"exception",
	"memory full",
	"engine",
	"start",
	"asleep",
]);

export class Diagnostics implements Alarm {
	/** Reports that the client has accepted. */
	reports = 0;
	/** Why the last connection of this life ended; 0: none has. */
	#reason = 0;
	/** A report was refused for want of room: the next room is for it. */
	#owed = false;
	readonly #client: Client;
	readonly #health: Health;
	readonly #board: Board;
	readonly #topic: Topic;
	readonly #timer: Timer;
	readonly #bornSeconds: number;

	/** For a board that has a {@link Health}; `base` is `<root>/<name>`. Before `client.open`. */
	constructor(client: Client, board: Board, health: Health, base: string) {
		this.#client = client;
		this.#health = health;
		this.#board = board;
		this.#topic = client.topic(`${base}/diagnostics`);
		this.#timer = board.clock.timer(this);
		this.#bornSeconds = board.clock.seconds;
	}

	/** From the program's `onOnline`: reports, and goes on to do so. */
	online(): void {
		this.onAlarm();
	}

	/** From the program's `onOffline`. */
	offline(reason: number): void {
		this.#timer.disarm();
		this.#owed = false;
		this.#reason = reason;
		this.#health.offline(reason);
	}

	/** From the program's `onRoom`. */
	room(): void {
		if (this.#owed) this.#tell();
	}

	/** From the program's `stop`. */
	stop(): void {
		this.#timer.disarm();
		this.#owed = false;
	}

	onAlarm(): void {
		this.#timer.arm(PERIOD_MS);
		this.#tell();
	}

	#tell(): void {
		const client = this.#client;
		let body = this.#compose(REPORT_BYTES);
		const brief = body === undefined && client.refusal === Refusal.TooLong;
		if (brief) body = this.#compose(BRIEF_BYTES);
		this.#owed = body === undefined && client.refusal === Refusal.Full;
		if (body === undefined) return;
		this.#write(body, brief);
		if (client.commit() > 0) this.reports++;
	}

	/** Retained; a broker that retains nothing still tells those who listen. */
	#compose(bytes: number): Writer | undefined {
		const client = this.#client;
		const body = client.compose(this.#topic, 1, FLAGS | RETAIN, bytes);
		if (body !== undefined || client.refusal !== Refusal.NotOffered) return body;
		return client.compose(this.#topic, 1, FLAGS, bytes);
	}

	#write(body: Writer, brief: boolean): void {
		const health = this.#health;
		health.sample();
		body.text(RESET);
		body.text(RESETS[health.reset]);
		body.text(QUOTE);
		field(body, STARTS, health.starts);
		if (health.ending !== Ending.Unknown) {
			body.text(ENDING);
			body.text(ENDINGS[health.ending]);
			body.text(QUOTE);
		}
		field(body, REASON, reasonOf(health.lastReason));
		field(body, UPTIME, this.#board.clock.seconds - this.#bornSeconds);
		field(body, OFFLINE, reasonOf(this.#reason));
		if (!brief) this.#writeMore(body);
		body.text(END);
	}

	#writeMore(body: Writer): void {
		const health = this.#health;
		const { counters } = this.#client;
		if (health.lastWords.length > 0) {
			body.text(WORDS);
			body.bytes(health.lastWords);
			body.text(QUOTE);
		}
		field(body, CONNECTS, counters[Counter.Connects]);
		field(body, DIALS, counters[Counter.Dials]);
		field(body, FREE, health.freeBytes);
		field(body, SLOTS, health.slotBytes);
		field(body, CHUNKS, health.chunkBytes);
		field(body, COLLECTIONS, health.collections);
		field(body, RSSI, health.signal);
	}
}

/** 0 is none. */
function reasonOf(reason: number): number {
	return reason === 0 ? Number.NaN : reason;
}

/** A field of JSON, its name with the comma before; leaves out what is not known. */
export function field(body: Writer, name: string, value: number): void {
	if (Number.isNaN(value)) return;
	body.text(name);
	body.integer(value);
}
