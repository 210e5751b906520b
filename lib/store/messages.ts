// SPDX-License-Identifier: MIT
import type { Limits } from "../limits.js";
import type { Outbox } from "../memory/outbox.js";
import { MessageState, Record, Trait } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";
import type { Cleaner } from "./cleaner.js";
import type { Expiry } from "./expiry.js";
import { EventKind, Geometry, Rec, RecordType } from "./format.js";
import { type Journal, recordHash, topicHash } from "./journal.js";
import { cellsOf } from "./log.js";

/** Numbers that are set aside at once for volatile messages of QoS 1 and 2, so that a reboot does not give them away again. */
const RESERVE = 16;

/**
 * Messages of a flash store: those to be kept are made in the log's scratch and go from there into the flash, the others
 * are made in the outbox and stay there. Both are rows of one table, in one order of numbers.
 */
export class Messages {
	/** The end of the record that was loaded last. */
	loadedEnd = 0;
	private journal: Journal;
	private cleaner: Cleaner;
	private outbox: Outbox;
	private expiry: Expiry;
	/** The longest kept record, and how far ahead messages are noted as sent. */
	private recordBytes: number;
	private window: number;
	/** Where the record being composed starts; -1: there is none. In the scratch it is a message to be kept. */
	private reserved = -1;
	/** The number whose record the scratch holds. */
	private loaded = 0;

	constructor(journal: Journal, cleaner: Cleaner, outbox: Outbox, expiry: Expiry, limits: Limits) {
		this.journal = journal;
		this.cleaner = cleaner;
		this.outbox = outbox;
		this.expiry = expiry;
		this.recordBytes = limits.recordBytes;
		this.window = limits.window;
	}

	/** Like `Store.reserve`; so are the others of these names. */
	reserve(bytes: number, volatile: boolean): number {
		const { log, table } = this.journal;
		const outbox = this.outbox;
		if (this.reserved >= 0 && !(this.reserved === log.scratch + Rec.Body && log.moved)) return Refusal.Busy;
		if (volatile) {
			if (!outbox.fits(bytes)) return Refusal.TooLong;
			if (!table.hasRow || !outbox.hasRoom(bytes)) return Refusal.Full;
			this.reserved = outbox.reserve(bytes);
			return this.reserved;
		}
		if (bytes + Rec.Body > this.recordBytes) return Refusal.TooLong;
		if (!table.hasRow || !log.fits(cellsOf(bytes)) || !this.cleaner.open()) return Refusal.Full;
		this.loaded = 0;
		log.moved = false;
		this.reserved = log.scratch + Rec.Body;
		return this.reserved;
	}

	seal(end: number): number {
		const { log, table } = this.journal;
		const start = this.reserved;
		this.reserved = -1;
		const kept = start === log.scratch + Rec.Body;
		if (start < 0 || (kept && log.moved)) return Refusal.NothingComposed;
		const flags = log.view.getUint8(start + Record.Flags);
		const traits = log.view.getUint8(start + Record.Traits);
		const qos = (flags >> 1) & 3;
		const hash = recordHash(log, start);
		if (kept) return this.keep(end - start, traits, hash);
		const state = qos === 0 ? MessageState.DueOnce : MessageState.DuePublish;
		const key = this.outbox.append(start, end, state, traits);
		return table.add(key & 0xffff, 0, state, traits, hash);
	}

	/** Writes the record in the scratch, whose body is `length` bytes. Returns its number or a refusal. */
	private keep(length: number, traits: number, hash: number): number {
		const journal = this.journal;
		const { log, table } = journal;
		const { scratch } = log;
		const cells = cellsOf(length);
		const number = table.next;
		// Ends of messages may wait, but not so long that the next life would find more messages than it has rows.
		const settled = table.count + journal.events.count < table.rows || journal.write(true);
		const entered = settled && log.enter(cells);
		const arg = entered ? this.expiry.toFlash(scratch) : 0;
		const position = entered ? log.append(scratch, RecordType.Message, number, arg, length) : -1;
		if (position < 0) {
			journal.check();
			return journal.faulty ? Refusal.StoreFault : Refusal.Full;
		}
		if (!log.moved) this.expiry.fromFlash(scratch);
		this.loaded = number;
		return table.add(position, cells, MessageState.DuePublish, traits, hash);
	}

	discard(): void {
		this.reserved = -1;
	}

	latest(topicStart: number, topicEnd: number): number {
		const { table, log } = this.journal;
		const hash = topicHash(log.bytes, topicStart, topicEnd);
		let number = table.waiting(0, Trait.KeepLatest);
		while (number !== 0 && !(table.mayHave(number, hash) && this.isAbout(number, topicStart, topicEnd)))
			number = table.waiting(number, Trait.KeepLatest);
		return number;
	}

	/** True when the message has the topic that stands from `start` to `end`. Leaves the scratch alone: it may stand there. */
	private isAbout(number: number, start: number, end: number): boolean {
		const { table, log } = this.journal;
		const { view, small } = log;
		const cells = table.cells(number);
		if (cells === 0) {
			const at = this.outbox.start(this.keyOf(number)) + Record.TopicLength;
			return view.getUint16(at) === end - start && areSame(view, at + 2, start, end);
		}
		// In the flash: two bytes of length and the topic, cell by cell.
		const position = table.position(number);
		let from = Rec.Body + Record.TopicLength;
		if (position === 0 || log.fetchCell(position) < 0 || view.getUint16(small + from) !== end - start)
			return false;
		from += 2;
		for (let at = start, cell = position; at < end; cell++) {
			if (cell > position && log.fetchCell(cell) < 0) return false;
			const room = at + Geometry.CellBytes - from;
			const to = room < end ? room : end;
			if (!areSame(view, small + from, at, to)) return false;
			at = to;
			from = 0;
		}
		return true;
	}

	load(number: number): number {
		const { table, log } = this.journal;
		const cells = table.cells(number);
		if (cells === 0) {
			const key = this.keyOf(number);
			const start = this.outbox.start(key);
			this.loadedEnd = start + this.outbox.length(key);
			return start;
		}
		// After PUBREC what is known of it is an event.
		if (table.state(number) === MessageState.AwaitComp) return Refusal.StoreFault;
		const at =
			number === this.loaded && !log.moved ? log.scratch : this.read(number, table.position(number), cells);
		if (at < 0) {
			this.journal.lose(number);
			this.journal.check();
			return Refusal.StoreFault;
		}
		this.loadedEnd = at + Rec.Body + log.view.getUint16(at + Rec.Length);
		return at + Rec.Body;
	}

	/** Reads a message's record. Twice, when the first time does not agree with its checks. Returns where it is, or -1. */
	private read(number: number, position: number, cells: number): number {
		const { log } = this.journal;
		if (this.reserved === log.scratch + Rec.Body) this.reserved = -1;
		for (let attempt = 0; position > 0 && attempt < 2; attempt++) {
			const at = log.fetch(position, cells);
			if (at < 0 || !log.sound(at, log.sequence(position))) continue;
			if (log.view.getUint32(at + Rec.Number) !== number) continue;
			this.expiry.fromFlash(at);
			this.loaded = number;
			log.moved = at !== log.scratch;
			return at;
		}
		return -1;
	}

	mark(number: number, state: number): void {
		const journal = this.journal;
		const { table } = journal;
		const before = table.state(number);
		if (before === 0 || before === state) return;
		const kept = table.cells(number) > 0;
		const dropped = before === MessageState.DuePublish;
		if (state === MessageState.Done) {
			if (!kept) this.outbox.mark(this.keyOf(number), MessageState.Done);
			table.finish(number);
			if (kept) journal.note(dropped ? EventKind.Dropped : EventKind.Done, number & 0xffff, 0);
			return;
		}
		table.setState(number, state);
		if (state === MessageState.AwaitComp) {
			if (kept) journal.note(EventKind.Released, number & 0xffff, 0);
		} else if (state === MessageState.DuePublish || state === MessageState.DueOnce) return;
		else if (kept && number > journal.sent) {
			journal.sent = number + this.window - 1;
			journal.note(EventKind.Sent, journal.sent & 0xffff, 0);
		} else if (!kept && number >= journal.reserved) {
			journal.reserved = number + RESERVE;
			journal.note(EventKind.Reserved, 0, journal.reserved);
		}
	}

	/** A new session begins: sent messages are due again, those after PUBREC are done. */
	unsend(): void {
		const { table } = this.journal;
		for (let number = table.after(0); number !== 0; number = table.after(number)) {
			const state = table.state(number);
			if (state === MessageState.AwaitComp) this.mark(number, MessageState.Done);
			else if (state !== MessageState.DueOnce) table.setState(number, MessageState.DuePublish);
		}
	}

	/** The number in the outbox of a volatile message: the table has its low 16 bits. */
	private keyOf(number: number): number {
		const { low } = this.outbox;
		return low + ((this.journal.table.position(number) - low) & 0xffff);
	}
}

/** True when the bytes at `other` are those from `start` to `end`. */
function areSame(view: DataView, other: number, start: number, end: number): boolean {
	const shift = other - start;
	for (let at = start; at < end; at++) if (view.getUint8(at) !== view.getUint8(at + shift)) return false;
	return true;
}
