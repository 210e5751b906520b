// SPDX-License-Identifier: MIT
import { HASH_SEED, hashOf } from "../memory/hash.js";
import { type Block, StoreFault } from "../ports.js";
import { MessageState, Record, Trait } from "../wire/record.js";
import { EVENT_ROW, EVENT_ROWS, Events } from "./events.js";
import {
	EVENT_BYTES,
	EventKind,
	eventBytes,
	Geometry,
	Rec,
	RecordType,
	SessionAt,
	SessionFlag,
} from "./format.js";
import { INBOUND_ROW, Inbound } from "./inbound.js";
import { cellsOf, type Log } from "./log.js";
import { TABLE_ROW, Table } from "./table.js";

/** Bytes of the longest client identifier that a server may assign. */
export const ASSIGNED_MAX = 64;
const SESSION_BYTES = SessionAt.Assigned + ASSIGNED_MAX;

/**
 * The state of a store, in tables, and how it gets into the log and out of it. What changes is an event in a queue
 * ({@link note}) until {@link write} has made records of them; reading a log is {@link read}, record by record.
 */
export class Journal {
	/** The flash cannot be used in this life, or not any more. */
	faulty = false;
	/** Exchange state is given up, and the barrier that says so is not written yet. */
	clearing = false;
	established = false;
	/** Messages up to this number may have been sent. */
	sent = 0;
	/** Numbers below this one may have been given away to messages that leave no other trace. */
	reserved = 1;
	/** The sector of the newest Session record; everything of its kind that stands before it is void. 0: none. */
	sessionSequence = 0;
	readonly log: Log;
	table!: Table;
	inbound!: Inbound;
	events!: Events;
	/** The body of a Session record: identity, expiry and so on as they are now. */
	session = 0;

	private reported: StoreFault = StoreFault.None;

	constructor(log: Log) {
		this.log = log;
	}

	/** Bytes of the block that {@link attach} takes. */
	static bytes(log: Log, messages: number, inbound: number): number {
		return log.size + messages * TABLE_ROW + inbound * INBOUND_ROW + EVENT_ROWS * EVENT_ROW + SESSION_BYTES;
	}

	attach(block: Block, start: number, messages: number, inbound: number): void {
		const { log } = this;
		log.attach(block, start);
		let at = start + log.size;
		this.table = new Table(log, block, at, messages);
		log.owner = this;
		at += messages * TABLE_ROW;
		this.inbound = new Inbound(log, block.view, at, inbound);
		at += inbound * INBOUND_ROW;
		this.events = new Events(block.view, at);
		this.session = at + EVENT_ROWS * EVENT_ROW;
		log.view.setFloat64(this.session + SessionAt.Remembered, Number.NaN);
	}

	get next(): number {
		return this.table.next;
	}

	get pending(): number {
		return this.events.count + (this.clearing ? 1 : 0);
	}

	get remembered(): number {
		return this.log.view.getFloat64(this.session + SessionAt.Remembered);
	}

	// ── into the log ─────────────────────────────────────────────────────────────────────────────────────────────

	/** Something changed. Written early when the queue is full: it is older than what is being done now. */
	note(kind: number, key: number, word: number): void {
		if (this.faulty) return;
		if (this.events.full && !this.writeCell(EVENT_ROWS)) this.events.shift();
		this.events.push(kind, key, word);
	}

	/**
	 * The application's number becomes `value`, in one piece with the identifier that was opened last. A number that
	 * belongs to an earlier event is written before it is lost.
	 */
	remember(value: number): void {
		const { events, log } = this;
		let target = events.count - 1;
		while (target >= 0 && events.kind(target) !== EventKind.Opened) target--;
		let pending = events.count - 1;
		while (pending >= 0 && (pending === target || !events.hasNumber(pending))) pending--;
		while (target >= 0 && pending >= 0) {
			const before = events.count;
			if (!this.writeCell(pending + 1)) break;
			target -= before - events.count;
			pending -= before - events.count;
		}
		log.view.setFloat64(this.session + SessionAt.Remembered, value);
		if (target >= 0) events.setAux(target);
		else if (pending < 0) this.note(EventKind.Remembered, 0, 0);
	}

	/** Writes what must be written, or, with `all`, everything. Returns false when the flash failed or there is no room. */
	write(all: boolean): boolean {
		while (this.mustWrite || (all && this.events.count > 0)) if (!this.writeCell(EVENT_ROWS)) return false;
		return true;
	}

	/** True when events have to be written: one that something depends on, or as many as fill a cell. */
	get mustWrite(): boolean {
		const events = this.events;
		return events.required > 0 || events.count >= EVENT_BYTES >> 2;
	}

	/** Writes a snapshot of the session. `barrier`: what was exchanged before it is void. Uses the scratch. */
	writeSession(barrier: boolean): boolean {
		const { log, session } = this;
		const { view, scratch } = log;
		// The application's number must not become durable before the identifier that it belongs to.
		if (!barrier && !this.write(false)) return false;
		const length = SessionAt.Assigned + view.getUint8(session + SessionAt.AssignedLength);
		if (!log.enter(cellsOf(length))) return false;
		view.setUint32(session + SessionAt.Sent, this.sent);
		view.setUint32(session + SessionAt.Reserved, this.reserved);
		log.bytes.copyWithin(scratch + Rec.Body, session, session + length);
		let flags = this.established ? SessionFlag.Established : 0;
		if (barrier) flags |= SessionFlag.Barrier;
		if (!Number.isNaN(this.remembered)) flags |= SessionFlag.Remembers;
		if (log.append(scratch, RecordType.Session, 0, flags, length) < 0) return false;
		log.moved = true;
		this.holdSession(log.head);
		return true;
	}

	/** Writes a record that is nothing but its type and the number of the next message. */
	writeMark(type: RecordType): boolean {
		const { log } = this;
		const arg = type === RecordType.Boot ? log.newest : 0;
		return log.enter(1) && log.append(log.small, type, this.table.next, arg, 0) >= 0;
	}

	/** Writes one record of at most `most` events. */
	private writeCell(most: number): boolean {
		const { log, events } = this;
		if (!log.enter(1)) return false;
		const { small } = log;
		let taken = 0;
		let length = 0;
		while (taken < most && taken < events.count) {
			const head = events.head(taken);
			const bytes = eventBytes(head >>> 24, (head >> 16) & 0xff);
			if (length + bytes > EVENT_BYTES) break;
			this.encode(taken++, head, bytes, small + Rec.Body + length);
			length += bytes;
		}
		log.bytes.fill(0xff, small + Rec.Body + length, small + Rec.Body + EVENT_BYTES);
		const position = log.append(small, RecordType.Events, 0, 0, EVENT_BYTES);
		if (position < 0) return false;
		for (; taken > 0; taken--) {
			this.place(events.kind(0), events.key(0), position);
			events.shift();
		}
		log.trim();
		return true;
	}

	/** Writes the event at `index`, which begins with `head` and takes `bytes` bytes, to `at`. */
	private encode(index: number, head: number, bytes: number, at: number): void {
		const { log } = this;
		log.view.setInt32(at, head);
		if (bytes === 4) return;
		const number = this.session + SessionAt.Remembered;
		if (head >>> 24 === EventKind.Remembered) log.bytes.copyWithin(at + 4, number, number + 8);
		else log.view.setInt32(at + 4, this.events.word(index));
		if (bytes === 16) log.bytes.copyWithin(at + 8, number, number + 8);
	}

	/** An event is at `position`: where it is evidence, that is noted. */
	private place(kind: number, key: number, position: number): void {
		const { table } = this;
		if (kind === EventKind.Opened) this.inbound.place(key, position);
		else if (kind === EventKind.Released) {
			const number = this.numberOf(key);
			if (table.state(number) === MessageState.AwaitComp && table.cells(number) > 0)
				table.move(number, position, 1);
		}
	}

	/** The newest Session record is in this sector. One cell stands for it; which one does not matter. */
	holdSession(sequence: number): void {
		const { log } = this;
		if (this.sessionSequence > 0) log.release(log.position(this.sessionSequence, 1), 1);
		this.sessionSequence = sequence;
		log.hold(log.position(sequence, 1), 1);
	}

	/** Writes the record at `at` once more, at the head, where {@link Log.enter} made room for it. Returns its position or -1. */
	copy(at: number): number {
		const { log } = this;
		const { view, scratch } = log;
		if (at !== scratch)
			log.bytes.copyWithin(scratch, at, at + view.getUint8(at + Rec.Cells) * Geometry.CellBytes);
		const type = view.getUint8(scratch + Rec.Type);
		const number = view.getUint32(scratch + Rec.Number);
		const arg = view.getUint16(scratch + Rec.Arg);
		const position = log.append(scratch, type, number, arg, view.getUint16(scratch + Rec.Length));
		log.moved = true;
		return position;
	}

	// ── out of the log ───────────────────────────────────────────────────────────────────────────────────────────

	/** Everything as in an empty store. */
	reset(): void {
		const { log } = this;
		log.releaseAll();
		log.newest = 0;
		this.table.reset();
		this.inbound.count = 0;
		this.events.clear();
		this.established = false;
		this.sent = 0;
		this.reserved = 1;
		this.sessionSequence = 0;
		log.bytes.fill(0, this.session, this.session + SESSION_BYTES);
		log.view.setFloat64(this.session + SessionAt.Remembered, Number.NaN);
	}

	/** Takes the sound record at `at`, which stands at `position` of the sector. Returns why that cannot be, or `StoreFault.None`. */
	read(at: number, position: number, sequence: number): StoreFault {
		const { view } = this.log;
		const type = view.getUint8(at + Rec.Type);
		if (type === RecordType.Message) return this.applyMessage(at, position);
		if (type === RecordType.Events) return this.applyEvents(at + Rec.Body, position);
		else if (type === RecordType.Session) this.applySession(at, sequence);
		else if (type >= RecordType.Boot && type <= RecordType.Proof)
			this.table.reach(view.getUint32(at + Rec.Number) - 1);
		else if ((type & RecordType.Critical) !== 0) return StoreFault.Version;
		return StoreFault.None;
	}

	private applyMessage(at: number, position: number): StoreFault {
		const { table, log } = this;
		const { view } = log;
		const number = view.getUint32(at + Rec.Number);
		const length = view.getUint16(at + Rec.Length);
		const body = at + Rec.Body;
		if (number > 0x7fff_ffff || !isMessage(view, body, length)) return StoreFault.None;
		table.reach(number);
		const hash = recordHash(log, body);
		// As if it had been sent: what was, is known at the end of the log.
		const state =
			(view.getUint8(body + Record.Flags) & 4) !== 0 ? MessageState.AwaitRec : MessageState.AwaitAck;
		const traits = view.getUint8(body + Record.Traits);
		const fits = table.restore(number, position, cellsOf(length), state, traits, hash);
		return fits ? StoreFault.None : StoreFault.Geometry;
	}

	private applyEvents(at: number, position: number): StoreFault {
		const { view } = this.log;
		for (let offset = 0; offset < EVENT_BYTES; ) {
			const event = at + offset;
			const kind = view.getUint8(event);
			offset += eventBytes(kind, view.getUint8(event + 1));
			if (offset > EVENT_BYTES) break;
			const key = view.getUint16(event + 2);
			if (kind === EventKind.Opened) {
				if (!this.inbound.open(key, view.getInt32(event + 4), true)) return StoreFault.Geometry;
				this.inbound.place(key, position);
				if (view.getUint8(event + 1) === 1) this.takeRemembered(event + 8);
			} else if (kind === EventKind.Closed) this.inbound.close(key);
			else if (kind === EventKind.Remembered) this.takeRemembered(event + 4);
			else if (kind === EventKind.Subscribed)
				view.setUint32(this.session + SessionAt.Subscribed, view.getUint32(event + 4));
			else if (kind === EventKind.Reserved) {
				const reserved = view.getUint32(event + 4);
				if (reserved > this.reserved) this.reserved = reserved;
			} else if (!this.applyProgress(kind, this.numberOf(key), position)) return StoreFault.Geometry;
		}
		return StoreFault.None;
	}

	/** An event of a message that is sent. Returns false when there is no row for it. */
	private applyProgress(kind: number, number: number, position: number): boolean {
		const { table } = this;
		if (kind === EventKind.Sent) {
			if (number > this.sent) this.sent = number;
		} else if (kind === EventKind.Done || kind === EventKind.Dropped) {
			if (table.state(number) !== 0) table.finish(number);
		} else if (kind === EventKind.Released && number > 0) {
			table.reach(number);
			return table.restore(number, position, 1, MessageState.AwaitComp, 0, 0);
		}
		return true;
	}

	private takeRemembered(at: number): void {
		const { view } = this.log;
		view.setFloat64(this.session + SessionAt.Remembered, view.getFloat64(at));
	}

	private applySession(at: number, sequence: number): void {
		const { log, session, table } = this;
		const { view } = log;
		const length = view.getUint16(at + Rec.Length);
		const flags = view.getUint16(at + Rec.Arg);
		if (length < SessionAt.Assigned || length > SESSION_BYTES) return;
		const body = at + Rec.Body;
		if (SessionAt.Assigned + view.getUint8(body + SessionAt.AssignedLength) !== length) return;
		log.bytes.copyWithin(session, body, body + length);
		if ((flags & SessionFlag.Remembers) === 0) view.setFloat64(session + SessionAt.Remembered, Number.NaN);
		this.established = (flags & SessionFlag.Established) !== 0;
		this.sent = view.getUint32(session + SessionAt.Sent);
		const reserved = view.getUint32(session + SessionAt.Reserved);
		if (reserved > this.reserved) this.reserved = reserved;
		this.holdSession(sequence);
		if ((flags & SessionFlag.Barrier) === 0) return;
		this.inbound.clear();
		for (let number = table.after(0); number !== 0; number = table.after(number))
			if (table.state(number) === MessageState.AwaitComp) table.finish(number);
	}

	/** The number nearest to the next one that ends in these 16 bits. */
	numberOf(key: number): number {
		const { next } = this.table;
		return next + (((key - next) << 16) >> 16);
	}

	// ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────

	/** Looks whether the flash has failed meanwhile. One record that is lost does not stop the others. */
	check(): void {
		const { log } = this;
		if (log.fault === StoreFault.None) return;
		this.reported = log.fault;
		if (log.fault !== StoreFault.RecordLost && log.fault !== StoreFault.ReadFailed) this.fail(log.fault);
		log.fault = StoreFault.None;
	}

	/** The flash cannot be used any more in this life, for what the log says or else for `fault`. */
	fail(fault: StoreFault): void {
		const { log } = this;
		this.reported = log.fault === StoreFault.None ? fault : log.fault;
		log.fault = StoreFault.None;
		this.faulty = true;
		this.events.clear();
	}

	/** Something was lost in an earlier life. */
	lost(): void {
		if (this.reported === StoreFault.None) this.reported = StoreFault.RecordLost;
	}

	/** What went wrong since the last call. */
	takeFault(): StoreFault {
		const fault = this.reported;
		this.reported = StoreFault.None;
		return fault;
	}

	/** A message whose record cannot be read back: its evidence is lost, its row stays. */
	lose(number: number): void {
		this.log.fault = StoreFault.RecordLost;
		if (this.table.position(number) > 0) this.table.move(number, 0, 1);
	}
}

/** True when a body can be a message: what its lengths say fits. */
function isMessage(view: DataView, body: number, length: number): boolean {
	if (length < Record.Overhead) return false;
	const text = view.getUint16(body + Record.TopicLength) + view.getUint16(body + Record.PropertiesLength);
	return Record.Overhead + text <= length && (view.getUint8(body + Record.Flags) & 0xf8) === 0;
}

/** The hash of the topic of the record at `at`; 0 where nobody asks for it. */
export function recordHash(log: Log, at: number): number {
	const { view, bytes } = log;
	if ((view.getUint8(at + Record.Traits) & Trait.KeepLatest) === 0) return 0;
	const topic = at + Record.Topic;
	return topicHash(bytes, topic, topic + view.getUint16(at + Record.TopicLength));
}

/** A hash of a topic, of which the table keeps the low bits; asked for only where `Trait.KeepLatest` is. */
export function topicHash(bytes: Uint8Array, start: number, end: number): number {
	const hash = hashOf(bytes, start, end, HASH_SEED);
	return hash ^ (hash >>> 16);
}
