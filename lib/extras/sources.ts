// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { BudgetTerm } from "../limits.js";
import { Settled } from "../listener.js";
import type { Arena } from "../memory/arena.js";
import { published } from "../session/exchange.js";
import type { PayloadSources, Source } from "../session/extras.js";
import type { Session } from "../session/session.js";
import { ALIAS_BYTES, type OutboundAliases } from "../wire/encoder.js";
import { PacketType, PublishFlag, Reason } from "../wire/protocol.js";
import { MessageState, Record } from "../wire/record.js";

export type { Source } from "../session/extras.js";

/** A row: number of the message u32, 0 for none; bytes of its payload u32. */
const enum Row {
	Number = 0,
	Length = 4,
	Bytes = 8,
}

/** How far the message is that is being written. */
const enum Pouring {
	No = 0,
	/** Its head has gone into the send region, its payload not to its end: nothing else may be written. */
	Open = 1,
	/** All of it has gone to the link, which has not sent it yet. */
	Draining = 2,
}

/** Bytes of a PINGREQ. */
const PING_BYTES = 2;

/**
 * Messages whose payload is read when the link has room for it, for `client.publishFrom`: a picture in flash, a log, a file.
 *
 *     store  ┌ record: topic, properties ┐   source ─read─▶ send region ─▶ link, as it has room
 *            └───────────────────────────┘                    │
 *     begin   PINGREQ if the last packet is long ago, head ──▶│
 *     pour                                         payload ──▶│ piece by piece, nothing else
 *     at its end                                              └─▶ control packets first, then the next PUBLISH
 *
 * One PUBLISH may take many turns. What it takes the link to send it is quiet for the broker, which counts whole packets: keep
 * it below the Keep Alive, or split the payload. Room that is freed meanwhile is a sign of life of the other side.
 *
 * A message that is cut off was not sent: it is sent again from its beginning, without DUP, and its expiry holds. Takes 8 bytes
 * of the client's block for each row.
 */
export class Sources implements PayloadSources {
	private state: Pouring = Pouring.No;
	/** The message that is being written, or was; how much of it is read, and how much there is. */
	private number = 0;
	private offset = 0;
	private length = 0;
	/** Its row; -1: its ticket is settled, so nobody may ask its source any more, and zeros make it whole. */
	private row = -1;
	private qos = 0;
	/** It was sent on an earlier connection. */
	private again = false;
	/** The message whose source is being read. When that is so at the next reading, the source has thrown. */
	private reading = 0;
	private mayBegin = true;
	/** What the link had of room before it began. */
	private room = 0;
	private session!: Session;
	private start = 0;
	private readonly rows: number;
	private readonly held: (Source | null)[];

	/** `rows`: messages that have a source and are not settled, 1 to 255. */
	constructor(rows = 2) {
		if (!(Number.isInteger(rows) && rows >= 1 && rows <= 255))
			throw new RangeError(`sources: rows must be 1 to 255, not ${rows}`);
		this.rows = rows;
		this.held = new Array<Source | null>(rows).fill(null);
	}

	term(): BudgetTerm {
		return {
			name: "sources",
			bytes: this.rows * Row.Bytes,
			reason: "messages that are read when they are sent",
		};
	}

	attach(arena: Arena, session: Session): void {
		this.session = session;
		this.start = arena.region(this.rows * Row.Bytes);
	}

	get hasRow(): boolean {
		return this.find(0) >= 0;
	}

	hold(number: number, source: Source, length: number): void {
		const { view } = this.session.packet;
		const row = this.find(0);
		const at = this.start + row * Row.Bytes;
		view.setUint32(at + Row.Number, number);
		view.setUint32(at + Row.Length, length);
		this.held[row] = source;
	}

	lengthOf(number: number): number {
		const row = this.find(number);
		return row < 0 ? 0 : this.session.packet.view.getUint32(this.start + row * Row.Bytes + Row.Length);
	}

	settled(number: number): void {
		const row = this.find(number);
		if (row < 0) return;
		this.session.packet.view.setUint32(this.start + row * Row.Bytes + Row.Number, 0);
		this.held[row] = null;
		if (number === this.number) this.row = -1;
	}

	get open(): boolean {
		return this.state === Pouring.Open;
	}

	get busy(): boolean {
		return this.state !== Pouring.No;
	}

	/**
	 * An acknowledgement of a message that is still being written. The broker may refuse it early, or know the identifier of
	 * QoS 2 from before; it cannot have taken it.
	 */
	early(number: number, reason: number): boolean {
		if (number !== this.number || this.state !== Pouring.Open || reason >= 0x80) return false;
		return !this.again || this.qos === 1;
	}

	begin(
		number: number,
		at: number,
		id: number,
		again: boolean,
		expirySeconds: number,
		aliases: OutboundAliases | null,
	): number {
		const { store, encoder, link, now } = this.session;
		const length = this.lengthOf(number);
		const first = encoder.position === encoder.start;
		const due = first && link.keepAliveMs > 0 && ((now - link.lastSent) | 0) * 4 > link.keepAliveMs;
		const head = encoder.publishSize(at, store.loadedEnd, expirySeconds, length) - length;
		const from = encoder.position + head + ALIAS_BYTES + (due ? PING_BYTES : 0);
		const room = encoder.limit - from;
		if (room <= 0 || !this.mayBegin) return 0;
		const count = length < room ? length : room;
		const thrown = this.reading === number;
		this.row = this.find(number);
		this.number = number;
		this.length = length;
		this.offset = 0;
		if (!thrown) {
			this.again = again;
			this.qos = (encoder.bytes[at + Record.Flags] & PublishFlag.QosMask) >> PublishFlag.QosShift;
			// From here on it gives way to none. To QoS 0 nothing but this is meant.
			if (!again) store.mark(number, this.qos === 0 ? MessageState.AwaitAck : published(this.qos));
		}
		// Read before the head is written: a source that fails at once costs no connection.
		if (!this.read(from, count)) {
			this.drop();
			return -1;
		}
		at = store.load(number); // the source may have called us, and its record stand elsewhere
		if (due && count < length && encoder.ping()) link.pingDue = false;
		if (encoder.position > encoder.start) link.lastSent = now; // packets that leave with it
		encoder.publish(at, store.loadedEnd, id, again, expirySeconds, aliases, length);
		encoder.bytes.copyWithin(encoder.position, from, from + count);
		this.state = Pouring.Open;
		this.advance(count);
		return 1;
	}

	pour(): boolean {
		const { encoder } = this.session;
		const left = this.length - this.offset;
		const room = encoder.limit - encoder.position;
		const count = left < room ? left : room;
		if (count <= 0) return true;
		if (this.read(encoder.position, count)) {
			this.advance(count);
			return true;
		}
		this.state = Pouring.No;
		this.drop();
		return false;
	}

	writable(room: number): void {
		if (this.state === Pouring.No) return;
		const { link, clock } = this.session;
		link.heard(clock.ticks);
		if (this.state === Pouring.Draining && room >= this.room) this.state = Pouring.No;
	}

	look(room: number, mayBegin: boolean): void {
		this.mayBegin = mayBegin;
		if (this.state === Pouring.No) this.room = room;
	}

	cut(): void {
		const open = this.state === Pouring.Open;
		this.state = Pouring.No;
		if (open && this.row >= 0 && !this.again)
			this.session.store.mark(this.number, this.qos === 0 ? MessageState.DueOnce : MessageState.DuePublish);
	}

	/** `count` more bytes stand at the encoder's position. */
	private advance(count: number): void {
		const { session } = this;
		const { encoder } = session;
		encoder.position += count;
		session.counters[Counter.BytesOut + PacketType.Publish] += count;
		this.offset += count;
		if (this.offset < this.length) {
			encoder.limit = encoder.position; // nothing else fits
			return;
		}
		this.state = Pouring.Draining;
		if (this.qos === 0 && this.row >= 0) session.settle(this.number, Settled.Sent, Reason.Success);
	}

	/** Reads `count` bytes to `at`. Returns false when the source has failed. */
	private read(at: number, count: number): boolean {
		const { bytes } = this.session.encoder;
		if (this.row < 0) {
			bytes.fill(0, at, at + count);
			return true;
		}
		if (this.reading === this.number) return false;
		this.reading = this.number;
		const done = (this.held[this.row] as Source).read(bytes, at, at + count, this.offset);
		this.reading = 0;
		return done === count;
	}

	/** The source has failed: its message is given up. */
	private drop(): void {
		this.reading = 0;
		const outcome = this.again ? Settled.Uncertain : Settled.Dropped; // an earlier connection may have got it through
		this.session.drop(this.number, outcome, Reason.SourceFailed, Counter.DroppedUnreadable);
	}

	/** The row of a message, or -1. */
	private find(number: number): number {
		const { view } = this.session.packet;
		for (let row = 0; row < this.rows; row++)
			if (view.getUint32(this.start + row * Row.Bytes + Row.Number) === number) return row;
		return -1;
	}
}
