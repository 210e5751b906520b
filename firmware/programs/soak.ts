// SPDX-License-Identifier: MIT
/**
 * The endurance test of a board and its broker: messages to itself, of each QoS one a second, counted when they come back.
 *
 *     <root>/<name>/soak/0, 1, 2   64 bytes: run, QoS, number, and a pattern made of the number
 *     <root>/<name>/soak           retained, each minute: {"minute":60,"well":true,"sent":10797,"back":10795,"lost":0,...}
 *     <root>/<name>/diagnostics    see diagnostics.ts; boards that have a health
 *
 * | what came of a number                       | QoS 0    | QoS 1     | QoS 2     |
 * |---------------------------------------------|----------|-----------|-----------|
 * | it was left out                             | `missed` | `lost`    | `lost`    |
 * | it came again                               | `doubled`| `repeats` | `doubled` |
 * | other bytes, or another QoS than was granted| `bent`   | `bent`    | `bent`    |
 *
 * `lost`, `doubled`, `bent` break MQTT's word: then the board is not `well`, nor when a minute online brought nothing back. What
 * the broker's loss of a session explains is `excused`; messages of an earlier life are `earlier`, and not looked at.
 *
 * QoS 2 goes through the store in flash, where there is one, and wears it: `firmware/README.md` says how much. QoS 1
 * stays in RAM.
 */

import {
	type Alarm,
	Client,
	Counter,
	KEEP_LATEST,
	type Listener,
	type Message,
	RETAIN,
	type Settled,
	type StoreFault,
	type Timer,
	type Topic,
	VOLATILE,
	type Writer,
} from "../../lib/index.js";
import { type Board, Inlet, type Program } from "../ports.js";
import { Diagnostics, field } from "./diagnostics.js";

/** Between two messages; each QoS in turn. */
const STEP_MS = 333;
const MINUTE_MS = 60_000;
/** Bytes of each message, its head of 9 included. */
const MESSAGE_BYTES = 64;
const HEAD_BYTES = 9;
/** Bytes of the longest report: names and punctuation 190, eighteen numbers of at most 10 characters. */
const REPORT_BYTES = 384;
/** `Settled.Sent` and `Settled.Acknowledged`. */
const ARRIVED_MOST: Settled = 1;

/** Constants of the module: see reading.ts. */
const MINUTE = '{"minute":';
const SENT = ',"sent":';
const BACK = ',"back":';
const LOST = ',"lost":';
const DOUBLED = ',"doubled":';
const BENT = ',"bent":';
const SILENT = ',"silent":';
const REPEATS = ',"repeats":';
const MISSED = ',"missed":';
const EXCUSED = ',"excused":';
const REFUSED = ',"refused":';
const FAILED = ',"failed":';
const EARLIER = ',"earlier":';
const PENDING = ',"pending":';
const CONNECTS = ',"connects":';
const FREE = ',"free":';
const SLOTS = ',"slots":';
const CHUNKS = ',"chunks":';
const COLLECTIONS = ',"collections":';
const END = "}";
const WELL = ',"well":true';
const NOT_WELL = ',"well":false';

/** What became of the messages of all QoS. */
class Totals {
	sent = 0;
	back = 0;
	lost = 0;
	doubled = 0;
	missed = 0;
	repeats = 0;
	excused = 0;
}

/** The messages of one QoS. */
class Lane {
	readonly topic: Topic;
	readonly qos: 0 | 1 | 2;
	/** The number that was accepted last, and the highest that came back. */
	sent = 0;
	come = 0;
	/** Up to this number, whatever happens is explained. */
	excusedTo = 0;
	/** {@link come} when the minute began. */
	mark = 0;
	readonly #totals: Totals;

	constructor(topic: Topic, qos: 0 | 1 | 2, totals: Totals) {
		this.topic = topic;
		this.qos = qos;
		this.#totals = totals;
	}

	take(number: number): void {
		const { come, qos } = this;
		const totals = this.#totals;
		totals.back++;
		if (number > come) {
			this.come = number;
			if (number > come + 1) this.#miss(number - come - 1, come + 1);
		} else if (qos === 1) totals.repeats++;
		else if (number <= this.excusedTo) totals.excused++;
		else totals.doubled++;
	}

	/** `count` numbers from `first` on were left out. */
	#miss(count: number, first: number): void {
		const totals = this.#totals;
		if (this.qos === 0) totals.missed += count;
		else if (first <= this.excusedTo) totals.excused += count;
		else totals.lost += count;
	}
}

export class Soak implements Program, Listener, Alarm {
	readonly client: Client;
	/** Of this life, that were reported. */
	minutes = 0;
	/** Payloads that are not what was sent. */
	bent = 0;
	/** Messages that the client did not take, and those that the broker did not. */
	refused = 0;
	failed = 0;
	/** Of an earlier life. */
	earlier = 0;
	/** Minutes online in which nothing came back. */
	silent = 0;
	#stopped = false;
	/** The broker has granted our subscription, with this QoS; before that there is no traffic. */
	#granted = -1;
	/** Connects when the minute began, and whether it was online then. */
	#connects = -1;
	#turn = 0;
	/** When the next message, and the next report, is due; in ticks. */
	#due = 0;
	#minuteDue = 0;
	readonly #run: number;
	readonly #totals = new Totals();
	readonly #lanes: readonly Lane[];
	readonly #report: Topic;
	readonly #timer: Timer;
	readonly #board: Board;
	readonly #diagnostics: Diagnostics | undefined;

	constructor(board: Board) {
		const { name, memory, dialler, clock, random, store, limits, settings, health } = board;
		const { root, broker, user, password, version, keepAliveSeconds, sessionExpirySeconds } = settings;
		const base = `${root}/${name}`;
		this.#board = board;
		this.#run = random.below(0x7fff_ffff);
		const client = new Client({
			...{ memory, dialler, clock, random, store, limits },
			...{ clientId: name, broker, user, password, version, keepAliveSeconds, sessionExpirySeconds },
			listener: this,
		});
		this.client = client;
		this.#lanes = ([0, 1, 2] as const).map(
			(qos) => new Lane(client.topic(`${base}/soak/${qos}`), qos, this.#totals),
		);
		this.#report = client.topic(`${base}/soak`);
		this.#diagnostics = health && new Diagnostics(client, board, health, base);
		client.subscribe(client.filter(`${base}/soak/+`), 2);
		this.#timer = clock.timer(this);
	}

	open(): void {
		const now = this.#board.clock.ticks;
		this.client.open();
		this.#due = now;
		this.#minuteDue = (now + MINUTE_MS) | 0;
		this.#timer.arm(STEP_MS);
	}

	/** Messages that broke MQTT's word, and minutes in which nothing came. */
	get wrong(): number {
		const { lost, doubled } = this.#totals;
		return lost + doubled + this.bent + this.silent;
	}

	/** Messages that came back. */
	get back(): number {
		return this.#totals.back;
	}

	onAlarm(): void {
		if (this.#stopped) return;
		const now = this.#board.clock.ticks;
		this.#due = (this.#due + STEP_MS) | 0;
		if (((this.#due - now) | 0) <= 0) this.#due = (now + STEP_MS) | 0;
		this.#timer.arm((this.#due - now) | 0);
		if (this.#granted >= 0) this.#send();
		if (((now - this.#minuteDue) | 0) < 0) return;
		this.#minuteDue = (this.#minuteDue + MINUTE_MS) | 0;
		this.#tell();
	}

	stop(): void {
		if (this.#stopped) return;
		this.#stopped = true;
		this.#timer.disarm();
		this.#diagnostics?.stop();
		if (this.client.online) this.client.flush();
		this.client.close();
	}

	// ── what the client tells ────────────────────────────────────────────────────────────────────────────────────

	onOnline(sessionPresent: boolean): void {
		this.#board.report?.online(sessionPresent);
		if (this.#stopped) return;
		// With the session went what the broker had for us.
		if (!sessionPresent)
			for (let qos = 1; qos <= 2; qos++) this.#lanes[qos].excusedTo = this.#lanes[qos].sent;
		this.#diagnostics?.online();
	}

	onOffline(reason: number, retryMs: number): void {
		this.#diagnostics?.offline(reason);
		this.#board.report?.offline(reason, retryMs);
	}

	onSubscribed(_filter: unknown, reason: number): void {
		this.#granted = reason < 0x80 ? reason : -1;
		this.#board.report?.subscribed(reason, Inlet.Command);
	}

	onSettled(ticket: number, outcome: number, reason: number, restored: boolean): void {
		if (outcome > ARRIVED_MOST) this.failed++;
		this.#board.report?.settled(ticket, outcome, reason, restored);
	}

	onStoreFault(fault: StoreFault): void {
		this.#board.report?.storeFault?.(fault);
	}

	onRoom(): void {
		this.#diagnostics?.room();
	}

	onMessage(message: Message): void {
		const { bytes, payloadStart: at } = message;
		const long = message.length === MESSAGE_BYTES;
		if (long && word(bytes, at) !== this.#run) {
			this.earlier++;
			return;
		}
		const qos = bytes[at + 4];
		const number = word(bytes, at + 5);
		if (!long || qos > 2 || !this.#holds(message, qos, number)) this.bent++;
		else this.#lanes[qos].take(number);
	}

	// ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────

	/** True when QoS and pattern are as they were sent. */
	#holds(message: Message, qos: number, number: number): boolean {
		const { bytes, payloadStart, payloadEnd } = message;
		if (message.qos !== (qos < this.#granted ? qos : this.#granted)) return false;
		for (let at = payloadStart + HEAD_BYTES; at < payloadEnd; at++)
			if (bytes[at] !== ((number + at - payloadStart) & 0xff)) return false;
		return true;
	}

	#send(): void {
		const { client } = this;
		const lane = this.#lanes[this.#turn];
		this.#turn = this.#turn === 2 ? 0 : this.#turn + 1;
		const body = client.compose(lane.topic, lane.qos, lane.qos === 1 ? VOLATILE : 0, MESSAGE_BYTES);
		if (body === undefined) {
			this.refused++;
			return;
		}
		const number = lane.sent + 1;
		body.uint32(this.#run);
		body.byte(lane.qos);
		body.uint32(number);
		for (let i = HEAD_BYTES; i < MESSAGE_BYTES; i++) body.byte((number + i) & 0xff);
		// First the number: with QoS 0 the message may be back before `commit` is.
		lane.sent = number;
		if (client.commit() > 0) {
			this.#totals.sent++;
			return;
		}
		lane.sent = number - 1;
		this.refused++;
	}

	/** The minute is over. */
	#tell(): void {
		const { client } = this;
		const connects = client.counters[Counter.Connects];
		const { report, health } = this.#board;
		if (client.online && connects === this.#connects && this.#granted >= 0 && this.#quiet()) this.silent++;
		this.#connects = client.online ? connects : -1;
		for (let qos = 0; qos <= 2; qos++) this.#lanes[qos].mark = this.#lanes[qos].come;
		this.minutes++;
		health?.sample();
		report?.soaked?.(this.minutes, this.back, this.wrong);
		const body = client.compose(this.#report, 1, RETAIN | VOLATILE | KEEP_LATEST, REPORT_BYTES);
		if (body === undefined) return;
		this.#write(body, connects);
		client.commit();
	}

	/** Nothing has come back since the last report. */
	#quiet(): boolean {
		for (let qos = 0; qos <= 2; qos++) if (this.#lanes[qos].come !== this.#lanes[qos].mark) return false;
		return true;
	}

	#write(body: Writer, connects: number): void {
		const { health } = this.#board;
		const { sent, back, lost, doubled, repeats, missed, excused } = this.#totals;
		body.text(MINUTE);
		body.integer(this.minutes);
		body.text(this.wrong === 0 ? WELL : NOT_WELL);
		field(body, SENT, sent);
		field(body, BACK, back);
		field(body, LOST, lost);
		field(body, DOUBLED, doubled);
		field(body, BENT, this.bent);
		field(body, SILENT, this.silent);
		field(body, REPEATS, repeats);
		field(body, MISSED, missed);
		field(body, EXCUSED, excused);
		field(body, REFUSED, this.refused);
		field(body, FAILED, this.failed);
		field(body, EARLIER, this.earlier);
		field(body, PENDING, this.client.pending);
		field(body, CONNECTS, connects);
		if (health !== undefined) {
			field(body, FREE, health.freeBytes);
			field(body, SLOTS, health.slotBytes);
			field(body, CHUNKS, health.chunkBytes);
			field(body, COLLECTIONS, health.collections);
		}
		body.text(END);
	}
}

/** Four bytes, big-endian. */
function word(bytes: Uint8Array, at: number): number {
	return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function start(board: Board): Soak {
	const soak = new Soak(board);
	soak.open();
	return soak;
}
