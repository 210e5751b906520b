// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { BudgetTerm } from "../limits.js";
import { Settled } from "../listener.js";
import type { Arena } from "../memory/arena.js";
import type { Random } from "../ports.js";
import type { OpenRequests, ReplyHandler } from "../session/extras.js";
import type { Session } from "../session/session.js";
import type { Message } from "../wire/message.js";
import { Property, Reason } from "../wire/protocol.js";
import { Refusal } from "../wire/refusal.js";
import { findProperty } from "../wire/section.js";
import { checkText, Filter, type Properties, topicFault } from "../wire/topic.js";
import { Writer } from "../wire/writer.js";

/** How many requests, and where the answers go. */
export interface RequestOptions {
	/** The topic to which answers are sent: a name that no other client uses. */
	readonly responseTopic: string;
	/** Requests that may be open at once, 1 to 64, default 4; each takes 20 bytes, and a slot for its handler. */
	readonly rows?: number;
	/**
	 * Bytes of the longest Response Information that the server may give, 1 to 256: it is asked for one with CONNECT, and if it gives one
	 * the answers go to that, a slash, and `responseTopic`. Default 0: it is not asked.
	 */
	readonly informationBytes?: number;
}

/** Bytes of a row, and what stands where in it. A row is free when it has no handler. */
const enum Row {
	/** The request's ticket. */
	Ticket = 0,
	/** The correlation data: the number of the request in this life, and 62 bits of chance. */
	Data = 4,
	/** Ticks at which it is given up. */
	Deadline = 16,
	Bytes = 20,
}

const enum Size {
	Data = 12,
	/** Property and length, before the topic; the same and the data, behind it. */
	Before = 3,
	Behind = 15,
}

const SLASH = 0x2f;
/** Of one draw; two of them are in the correlation data. */
const CHANCE = 0x7fff_ffff;

/**
 * Requests over Response Topic and Correlation Data of 5.0 [4.10], from a fixed table. The response topic is subscribed to with
 * QoS 1 when a connection is there, as one of `limits.subscriptions`; what comes with it goes to the handlers of the requests, and
 * never to `onMessage`. `onSubscribed` tells of {@link filter} what the broker said.
 *
 * An answer belongs to a request when it brings back its correlation data, which nobody can guess who has not seen it: neither
 * another board nor an earlier life of this one. One that comes late, or twice, is counted in `Counter.Strays`.
 *
 * A request survives its connection: it is sent like any message of its QoS, and its answer may come over the next one. Only time
 * ends it, or the news that nobody has got it. It does not survive its life, so nothing of it goes into flash.
 */
export class Requests implements OpenRequests {
	/** The response topic, as it is subscribed to. */
	readonly filter: Filter = new Filter(0, 0);
	readonly informationBytes: number;
	/** Requests that are open. */
	count = 0;
	private readonly handlers: (ReplyHandler | null)[] = [];
	private readonly name: string;
	private readonly nameBytes: number;
	private session!: Session;
	private random!: Random;
	private start = 0;
	private lastNumber = 0;
	/** The row that was prepared last. */
	private row = 0;
	/** Why no request can be made now, a refusal; 0: one can. */
	private obstacle = 0;

	constructor(options: RequestOptions) {
		const { responseTopic, rows = 4, informationBytes = 0 } = options;
		if (!(Number.isInteger(rows) && rows >= 1 && rows <= 64))
			throw new RangeError(`requests: rows must be 1 to 64, not ${rows}`);
		if (!(Number.isInteger(informationBytes) && informationBytes >= 0 && informationBytes <= 256))
			throw new RangeError(`requests: informationBytes must be 0 to 256, not ${informationBytes}`);
		checkText(responseTopic);
		this.name = responseTopic;
		this.nameBytes = utf8Length(responseTopic);
		this.informationBytes = informationBytes;
		for (let row = 0; row < rows; row++) this.handlers.push(null);
	}

	term(): BudgetTerm {
		const { informationBytes, nameBytes } = this;
		const topic = Size.Before + nameBytes + (informationBytes > 0 ? informationBytes + 1 : 0) + Size.Behind;
		return {
			name: "requests",
			bytes: this.handlers.length * Row.Bytes + topic,
			reason: "open requests, response topic",
		};
	}

	attach(arena: Arena, session: Session, random: Random): void {
		const { bytes } = this.term();
		this.session = session;
		this.random = random;
		this.start = arena.region(bytes);
		const first = this.topicAt;
		const writer = new Writer(arena);
		writer.begin(first, this.start + bytes);
		writer.text(this.name);
		const fault = topicFault(arena.bytes, first, writer.position);
		if (fault !== undefined) throw new RangeError(`requests: ${JSON.stringify(this.name)}: ${fault}`);
		if (bytes > session.limits.sendBytes >> 1)
			throw new RangeError("requests: responseTopic is longer than limits.sendBytes allows");
		this.place(first, writer.position);
		if (this.informationBytes > 0) this.obstacle = Refusal.Offline; // until the first CONNACK says where answers go
	}

	// ── a request ────────────────────────────────────────────────────────────────────────────────────────────────

	get propertiesStart(): number {
		return this.topicAt - Size.Before;
	}

	get propertiesEnd(): number {
		return this.filter.end + Size.Behind;
	}

	prepare(properties: Properties | null): number {
		const { session, random } = this;
		const { view } = session.packet;
		if (!session.encoder.version5) return Refusal.NotOffered;
		if (this.obstacle !== 0) return this.obstacle;
		if (
			properties !== null &&
			(has(view, properties, Property.ResponseTopic) || has(view, properties, Property.CorrelationData))
		)
			return Refusal.NotOffered; // it would have them twice [5.0, 3.3.2.3.5, 3.3.2.3.6]
		let row = 0;
		while (row < this.handlers.length && this.handlers[row] !== null) row++;
		if (row === this.handlers.length) return Refusal.TableFull;
		this.row = row;
		this.lastNumber = this.lastNumber === 0x7fff_ffff ? 1 : this.lastNumber + 1;
		const at = this.rowAt(row) + Row.Data;
		view.setInt32(at, this.lastNumber);
		view.setInt32(at + 4, random.below(CHANCE));
		view.setInt32(at + 8, random.below(CHANCE));
		session.packet.bytes.copyWithin(this.propertiesEnd - Size.Data, at, at + Size.Data);
		return 0;
	}

	expect(ticket: number, onReply: ReplyHandler, ms: number): void {
		const { clock, packet } = this.session;
		const at = this.rowAt(this.row);
		packet.view.setInt32(at + Row.Ticket, ticket);
		packet.view.setInt32(at + Row.Deadline, (clock.ticks + ms) | 0);
		this.handlers[this.row] = onReply;
		this.count++;
	}

	// ── what the session tells ───────────────────────────────────────────────────────────────────────────────────

	online(): void {
		const { session, filter } = this;
		if (!session.encoder.version5) return;
		this.obstacle = 0;
		const moved =
			this.informationBytes > 0 && this.inform(session.packet.property(Property.ResponseInformation, 0));
		if (this.obstacle !== 0 || (filter.row >= 0 && !moved)) return;
		if (!session.subscriptions.add(filter, 1, session.limits.subscriptions))
			this.obstacle = Refusal.TableFull;
	}

	answers(): boolean {
		const { packet, counters } = this.session;
		const { view } = packet;
		if (!this.isOurs(packet.topicStart, packet.topicEnd)) return false;
		const data = packet.property(Property.CorrelationData, 0);
		let row = data > 0 && view.getUint16(data) === Size.Data ? 0 : this.handlers.length;
		while (
			row < this.handlers.length &&
			!(this.handlers[row] !== null && this.equal(this.rowAt(row) + Row.Data, data + 2, Size.Data))
		)
			row++;
		if (row === this.handlers.length) {
			if (packet.last) counters[Counter.Strays]++;
		} else if (packet.last) this.finish(row, packet, Reason.Success);
		else (this.handlers[row] as ReplyHandler)(packet, Reason.Success, this.ticket(row));
		return true;
	}

	settled(ticket: number, outcome: Settled, reason: number): void {
		if (this.count === 0) return;
		let row = 0;
		while (row < this.handlers.length && !(this.handlers[row] !== null && this.ticket(row) === ticket)) row++;
		if (row === this.handlers.length) return;
		// What is uncertain may have arrived, and be answered.
		if (outcome === Settled.Expired) this.finish(row, undefined, Reason.ReplyTimeout);
		else if (
			outcome === Settled.Rejected ||
			outcome === Settled.Dropped ||
			reason === Reason.NoMatchingSubscribers
		)
			this.finish(row, undefined, reason);
	}

	tend(now: number): boolean {
		let moved = false;
		for (let row = 0; this.count > 0 && row < this.handlers.length; row++) {
			if (this.handlers[row] === null || this.left(row, now) > 0) continue;
			this.finish(row, undefined, Reason.ReplyTimeout);
			moved = true;
		}
		return moved;
	}

	remaining(now: number): number {
		let nearest = -1;
		for (let row = 0; this.count > 0 && row < this.handlers.length; row++) {
			if (this.handlers[row] === null) continue;
			const ms = this.left(row, now);
			if (nearest < 0 || ms < nearest) nearest = ms > 0 ? ms : 0;
		}
		return nearest;
	}

	/** The row is free before its handler runs, which may use it. */
	private finish(row: number, reply: Message | undefined, reason: number): void {
		const handler = this.handlers[row] as ReplyHandler;
		this.handlers[row] = null;
		this.count--;
		handler(reply, reason, this.ticket(row));
	}

	// ── the response topic ───────────────────────────────────────────────────────────────────────────────────────

	/**
	 * Takes the server's Response Information, whose length stands at `at`, 0: there is none, and makes the response topic of it.
	 * Returns whether it is another one than before [5.0, 3.2.2.3.15].
	 */
	private inform(at: number): boolean {
		const { bytes, view } = this.session.packet;
		const { filter, nameBytes, topicAt } = this;
		const length = at > 0 ? view.getUint16(at) : 0;
		if (length > this.informationBytes) this.obstacle = Refusal.TooLong;
		else if (length > 0 && topicFault(bytes, at + 2, at + 2 + length) !== undefined)
			this.obstacle = Refusal.NotOffered;
		if (this.obstacle !== 0) return false;
		const name = topicAt + (length > 0 ? length + 1 : 0);
		const moved = name !== filter.end - nameBytes || !this.equal(at + 2, topicAt, length);
		bytes.copyWithin(name, filter.end - nameBytes, filter.end);
		if (length > 0) {
			bytes.copyWithin(topicAt, at + 2, at + 2 + length);
			bytes[name - 1] = SLASH;
		}
		this.place(topicAt, name + nameBytes);
		return moved;
	}

	/** The response topic stands from `start` to `end`: puts what is around it in its place. */
	private place(start: number, end: number): void {
		const { bytes, view } = this.session.packet;
		const filter = this.filter as { start: number; end: number };
		filter.start = start;
		filter.end = end;
		bytes[start - Size.Before] = Property.ResponseTopic;
		view.setUint16(start - 2, end - start);
		bytes[end] = Property.CorrelationData;
		view.setUint16(end + 1, Size.Data);
	}

	private isOurs(start: number, end: number): boolean {
		const { filter } = this;
		return end - start === filter.end - filter.start && this.equal(start, filter.start, end - start);
	}

	// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────

	private get topicAt(): number {
		return this.rowAt(this.handlers.length) + Size.Before;
	}

	private rowAt(row: number): number {
		return this.start + row * Row.Bytes;
	}

	private ticket(row: number): number {
		return this.session.packet.view.getInt32(this.rowAt(row) + Row.Ticket);
	}

	private left(row: number, now: number): number {
		return (this.session.packet.view.getInt32(this.rowAt(row) + Row.Deadline) - now) | 0;
	}

	private equal(a: number, b: number, length: number): boolean {
		const { bytes } = this.session.packet;
		let i = 0;
		while (i < length && bytes[a + i] === bytes[b + i]) i++;
		return i === length;
	}
}

function has(view: DataView, properties: Properties, property: number): boolean {
	return findProperty(view, properties.start, properties.end, property, 0) > 0;
}

/** Bytes of a text that was checked. */
function utf8Length(text: string): number {
	let length = 0;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		length += c < 0x80 ? 1 : c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 2 : 3; // half of a pair has half of four
	}
	return length;
}
