// SPDX-License-Identifier: MIT
/**
 * The sensor firmware: a reading every interval, its availability, a setting and two commands.
 *
 *     <root>/<name>/reading        {"t":21.53,"h":45.20,"battery":3712,"rssi":-61,"n":17,"at":1767225600}
 *     <root>/<name>/status         online | offline      retained; the broker says "offline" if we vanish
 *     <root>/<name>/set/interval   seconds, 1 to 86400   retain it to make it last; empty: the board's own setting
 *     <root>/<name>/do             identify | report
 *     <root>/<name>/diagnostics    see diagnostics.ts; boards that have a health
 *
 * Everything is made in the constructor; afterwards nothing is allocated. Without a connection readings wait in the store
 * and arrive later, in order, with the time they were taken. When it is full, the oldest that was never sent gives way:
 * of a sensor the latest readings are worth most. `n` counts all readings ever taken, so where one is missing it has a gap.
 * Settings above a day are cut to it; what is no number, or below 1, is ignored and counted, as unknown commands are.
 *
 * With a flash store the readings that wait survive a power cut, and `n` goes on where it was.
 */

import {
	type Alarm,
	Client,
	DROP_OLDEST,
	type Filter,
	KEEP_LATEST,
	type Listener,
	type Message,
	RETAIN,
	Refusal,
	type StoreFault,
	type Timer,
	type Topic,
	VOLATILE,
} from "../../lib/index.js";
import { type Board, Command, Inlet, type Program, type Report, type Sensors } from "../ports.js";
import { Diagnostics } from "./diagnostics.js";
import { READING_BYTES, writeReading } from "./reading.js";

/** Seconds: a day is where a sensor that nobody hears from counts as broken. */
const INTERVAL_MAX = 86_400;
/** Bytes of "offline". */
const STATUS_BYTES = 8;
/** Our availability is about now: it need not survive a reboot, and only the latest word of it is worth sending. */
const STATUS_FLAGS = RETAIN | VOLATILE | KEEP_LATEST;

/** Constants of the module: see reading.ts. */
const ONLINE = "online";
const OFFLINE = "offline";

const enum Status {
	Offline = 0,
	Online = 1,
}

export class Sensor implements Program, Listener, Alarm {
	readonly client: Client;
	/** Readings taken, those of earlier lives that the store remembers among them; the number of the last one. */
	readings = 0;
	/** Of which the store took none: it was full, or there was no connection and QoS 0 does not wait. */
	refused = 0;
	/** Commands and settings that made no sense. */
	invalid = 0;
	#intervalMs: number;
	/** No reading was taken since the start. */
	#fresh = true;
	/** When the next reading is due, in ticks of the clock. */
	#due = 0;
	/** A reading was refused for want of room: the first room is for a fresh one. */
	#readingOwed = false;
	/** Our availability has changed and nobody was told yet. */
	#statusOwed = false;
	#stopped = false;
	readonly #board: Board;
	readonly #sensors: Sensors;
	readonly #report: Report | undefined;
	readonly #timer: Timer;
	readonly #names: Names;
	readonly #diagnostics: Diagnostics | undefined;

	constructor(board: Board) {
		const { name, memory, dialler, clock, random, store, limits, settings } = board;
		const base = `${settings.root}/${name}`;
		const { broker, user, password, version, keepAliveSeconds, sessionExpirySeconds } = settings;
		this.#board = board;
		this.#sensors = board.sensors;
		this.#report = board.report;
		this.#intervalMs = clampedMs(settings.intervalSeconds);
		this.client = new Client({
			...{ memory, dialler, clock, random, store, limits },
			...{ clientId: name, broker, user, password, version, keepAliveSeconds, sessionExpirySeconds },
			will: { topic: `${base}/status`, payload: "offline", qos: 1, retain: true },
			listener: this,
		});
		this.#names = new Names(this.client, base);
		this.#timer = clock.timer(this);
		const { health } = board;
		this.#diagnostics = health && new Diagnostics(this.client, board, health, base);
	}

	/** Connects, and takes the first reading when that is done, or after an interval if it takes longer. */
	open(): void {
		this.client.subscribe(this.#names.interval, 1);
		this.client.subscribe(this.#names.command, 1);
		this.client.open();
		const kept = this.client.remembered;
		if (kept >= 0) this.readings = kept; // NaN: there was none
		this.#restart();
	}

	/** Takes a reading now. */
	onAlarm(): void {
		if (this.#stopped) return;
		const now = this.#board.clock.ticks;
		this.#due = (this.#due + this.#intervalMs) | 0;
		// From the time when it was due, so that it does not drift; but after a long sleep nothing is made up for.
		if (((this.#due - now) | 0) <= 0) this.#due = (now + this.#intervalMs) | 0;
		this.#timer.arm((this.#due - now) | 0);
		this.#read();
	}

	stop(): void {
		if (this.#stopped) return;
		this.#stopped = true;
		this.#timer.disarm();
		this.#diagnostics?.stop();
		// A DISCONNECT takes the will back: saying "offline" is up to us. Without a connection the will has said it.
		if (this.client.online) {
			this.#tell(Status.Offline);
			this.client.flush();
		}
		this.client.close();
	}

	// ── what the client tells ────────────────────────────────────────────────────────────────────────────────────

	onOnline(sessionPresent: boolean): void {
		this.#report?.online(sessionPresent);
		if (this.#stopped) return;
		this.#tell(Status.Online);
		this.#diagnostics?.online();
		if (!this.#fresh) return;
		this.#restart();
		this.#read();
	}

	onOffline(reason: number, retryMs: number): void {
		this.#diagnostics?.offline(reason);
		this.#report?.offline(reason, retryMs);
	}

	onSettled(ticket: number, outcome: number, reason: number, restored: boolean): void {
		this.#report?.settled(ticket, outcome, reason, restored);
	}

	onStoreFault(fault: StoreFault): void {
		this.#report?.storeFault?.(fault);
	}

	onSubscribed(filter: Filter, reason: number): void {
		this.#report?.subscribed(reason, filter === this.#names.command ? Inlet.Command : Inlet.Interval);
	}

	onRoom(): void {
		if (this.#statusOwed) this.#tell(this.#stopped ? Status.Offline : Status.Online);
		this.#diagnostics?.room();
		if (!this.#readingOwed || this.#stopped) return;
		this.#readingOwed = false;
		this.#read();
	}

	onMessage(message: Message): void {
		if (message.matches(this.#names.interval)) this.#set(message);
		else if (message.matches(this.#names.command)) this.#do(message);
	}

	// ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────

	#read(): void {
		const { client } = this;
		const { store, settings } = this.#board;
		const number = ++this.readings;
		this.#fresh = false;
		this.#sensors.sample();
		this.#report?.sampled(number);
		// Durable before its reading is, also inside a callback, where `client.remember` would be so at its end only: a power
		// cut may leave a gap of one, but never gives a number twice.
		store.remember(number);
		store.commit();
		const body = client.compose(this.#names.reading, settings.qos, DROP_OLDEST, READING_BYTES);
		let ticket = client.refusal;
		if (body !== undefined) {
			writeReading(body, this.#board, number, 0);
			ticket = client.commit();
		}
		if (ticket < 0) {
			this.refused++;
			this.#readingOwed = ticket === Refusal.Full;
		}
		this.#report?.queued(number, ticket);
	}

	#tell(status: Status): void {
		const { client } = this;
		const body = client.compose(this.#names.status, 1, STATUS_FLAGS, STATUS_BYTES);
		this.#statusOwed = body === undefined && client.refusal === Refusal.Full;
		if (body === undefined) return; // a broker without retained messages has no use for it
		body.text(status === Status.Online ? ONLINE : OFFLINE);
		client.commit();
	}

	/** A new interval counts from now. */
	#restart(): void {
		this.#due = (this.#board.clock.ticks + this.#intervalMs) | 0;
		this.#timer.arm(this.#intervalMs);
	}

	#set(message: Message): void {
		const seconds = message.length === 0 ? this.#board.settings.intervalSeconds : message.integer();
		// NaN fails this, too.
		if (!(seconds >= 1)) {
			this.#ignore(Inlet.Interval);
			return;
		}
		const intervalMs = clampedMs(seconds);
		// The retained setting comes anew with every new session: it must not put the next reading off.
		if (intervalMs === this.#intervalMs) return;
		this.#intervalMs = intervalMs;
		if (!this.#stopped) this.#restart();
		this.#report?.interval(intervalMs / 1000);
	}

	#do(message: Message): void {
		// A retained command would be carried out again at every start: it is none.
		if (message.retain) this.#ignore(Inlet.Command);
		else if (message.equals(this.#names.identify)) {
			this.#report?.command(Command.Identify, Inlet.Command);
			this.#board.indicator?.identify();
		} else if (message.equals(this.#names.report)) {
			this.#report?.command(Command.Report, Inlet.Command);
			if (!this.#stopped) this.#read();
		} else this.#ignore(Inlet.Command);
	}

	#ignore(inlet: Inlet): void {
		this.invalid++;
		this.#report?.command(Command.Invalid, inlet);
	}
}

/** The topics, filters and words of one board: bytes, made once. */
class Names {
	readonly reading: Topic;
	readonly status: Topic;
	readonly interval: Filter;
	readonly command: Filter;
	readonly identify = bytesOf("identify");
	readonly report = bytesOf("report");

	constructor(client: Client, base: string) {
		this.reading = client.topic(`${base}/reading`);
		this.status = client.topic(`${base}/status`);
		this.interval = client.filter(`${base}/set/interval`);
		this.command = client.filter(`${base}/do`);
	}
}

export function start(board: Board): Sensor {
	const sensor = new Sensor(board);
	sensor.open();
	return sensor;
}

function clampedMs(seconds: number): number {
	return Math.max(1, Math.min(seconds, INTERVAL_MAX)) * 1000;
}

/** ASCII only. */
function bytesOf(word: string): Uint8Array {
	const bytes = new Uint8Array(word.length);
	for (let i = 0; i < word.length; i++) bytes[i] = word.charCodeAt(i);
	return bytes;
}
