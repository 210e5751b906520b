// SPDX-License-Identifier: MIT
/** The store's recovery, telling of each record that it sees, in words. */

import { StoreFault } from "../../lib/ports.js";
import {
	EPOCH_EXPIRY,
	EVENT_BYTES,
	EventKind,
	eventBytes,
	Geometry,
	lengthened,
	Rec,
	RecordType,
	SessionAt,
	SessionFlag,
} from "../../lib/store/format.js";
import { Recovery } from "../../lib/store/recovery.js";
import { Record, Trait } from "../../lib/wire/record.js";

const PREVIEW = 32;

/** What recovery makes of an entry. */
export type Fate = "live" | "superseded" | "done" | "mark" | "torn" | "void" | "no record" | "dead";

/** A record, or a cell that is none. */
export interface Entry {
	readonly sequence: number;
	readonly block: number;
	readonly cell: number;
	readonly cells: number;
	readonly type: string;
	readonly number?: number;
	/** The body, decoded. */
	readonly what: string;
	fate: Fate;
	why: string;
}

/** Recovery that tells of each cell that it sees. */
export class Examination extends Recovery {
	readonly entries: Entry[] = [];
	/** A sector is read that recovery leaves alone. */
	dead = false;
	/** The position of the newest snapshot of the session. */
	session = 0;

	/** The records of a sector, and what cannot be one. */
	look(sequence: number): void {
		this.dead = true;
		this.scan(sequence);
		this.dead = false;
	}

	/** Sound records of a sector that recovery passed over in silence. */
	lookAgain(sequence: number): void {
		const { log, entries } = this;
		const block = sequence % log.blocks;
		for (let cell = 1; cell < Geometry.Cells; cell++) {
			if (
				entries.some(
					(entry) => entry.block === block && cell >= entry.cell && cell < entry.cell + entry.cells,
				)
			)
				continue;
			const position = log.position(sequence, cell);
			const small = log.fetchCell(position);
			const cells = small < 0 ? 0 : log.headed(small, sequence, cell);
			const at = cells === 0 ? -1 : log.fetch(position, cells);
			if (at < 0 || !log.sound(at, sequence)) continue;
			entries.push(
				this.entry(
					at,
					position,
					sequence,
					cells,
					"void",
					"a later life did not find it, and went on without it",
				),
			);
		}
	}

	private entry(
		at: number,
		position: number,
		sequence: number,
		cells: number,
		fate: Fate,
		why: string,
	): Entry {
		const { view } = this.log;
		const type = view.getUint8(at + Rec.Type);
		return {
			sequence,
			block: position >> 7,
			cell: position & 127,
			cells,
			type: TYPES[type] ?? `type 0x${type.toString(16)}`,
			...(type === RecordType.Message ? { number: view.getUint32(at + Rec.Number) } : {}),
			what: this.body(at, type),
			fate,
			why,
		};
	}

	/** Reads the header of a block into the log's `small`; the sequence, 0 or below 0. */
	headerOf(block: number): number {
		return this.header(block);
	}

	protected override take(at: number, position: number, sequence: number, cells: number): StoreFault {
		const fate = this.dead ? "dead" : "done";
		this.entries.push(
			this.entry(at, position, sequence, cells, fate, this.dead ? "its sector is before the tail" : ""),
		);
		if (this.dead) return StoreFault.None;
		if (this.log.view.getUint8(at + Rec.Type) === RecordType.Session) this.session = position;
		return super.take(at, position, sequence, cells);
	}

	protected override pass(at: number, position: number, cells: number): void {
		const { log } = this;
		const cell = position & 127;
		if (log.isBlank(at) || (cell % Geometry.PageCells === 0 && log.isHeader(at, cell))) return;
		const last = this.entries.at(-1);
		const block = position >> 7;
		// The rest of a record that was told of already.
		if (cells === 0 && last !== undefined && last.block === block && cell < last.cell + last.cells) return;
		if (
			cells === 0 &&
			last?.fate === "no record" &&
			last.block === block &&
			cell === last.cell + last.cells
		) {
			this.entries[this.entries.length - 1] = { ...last, cells: last.cells + 1 };
			return;
		}
		const type = log.view.getUint8(at + Rec.Type);
		const torn = cells > 0;
		this.entries.push({
			sequence: 0,
			block,
			cell,
			cells: torn ? cells : 1,
			type: torn ? (TYPES[type] ?? `type 0x${type.toString(16)}`) : "?",
			what: torn ? "its head is right, the rest is not" : "",
			fate: torn ? "torn" : "no record",
			why: "cut short, damaged, or of an earlier use of the sector",
		});
	}

	private body(at: number, type: number): string {
		const { view } = this.log;
		const body = at + Rec.Body;
		if (type === RecordType.Message) return this.message(at);
		if (type === RecordType.Events) return this.events(body);
		if (type === RecordType.Session)
			return sessionWords(this.log.bytes, view, body, view.getUint16(at + Rec.Arg));
		return `next message is ${view.getUint32(at + Rec.Number)}`;
	}

	private message(at: number): string {
		const { view, bytes } = this.log;
		const body = at + Rec.Body;
		const flags = view.getUint8(body + Record.Flags);
		const traits = view.getUint8(body + Record.Traits);
		const topic = body + Record.Topic;
		const properties = topic + view.getUint16(body + Record.TopicLength);
		const payload = properties + view.getUint16(body + Record.PropertiesLength);
		const end = body + view.getUint16(at + Rec.Length);
		const words = [`QoS ${flags >> 1}${(flags & 1) !== 0 ? " retain" : ""}`, text(bytes, topic, properties)];
		words.push(`${end - payload} bytes ${text(bytes, payload, end)}`);
		for (const [bit, word] of TRAITS) if ((traits & bit) !== 0) words.push(word);
		const expires = view.getUint32(body + Record.Expires);
		if (expires !== 0) {
			const left = lengthened(view.getUint16(at + Rec.Arg));
			const until = (traits & EPOCH_EXPIRY) !== 0 ? new Date(expires * 1000).toISOString() : "";
			words.push(until === "" ? `stale ${left} s after it was accepted` : `stale at ${until}`);
		}
		return words.join(", ");
	}

	private events(body: number): string {
		const { view } = this.log;
		const words: string[] = [];
		for (let offset = 0; offset < EVENT_BYTES; ) {
			const at = body + offset;
			const kind = view.getUint8(at);
			const aux = view.getUint8(at + 1);
			offset += eventBytes(kind, aux);
			if (kind === EventKind.None || offset > EVENT_BYTES) continue;
			const key = view.getUint16(at + 2);
			if (kind === EventKind.Opened) {
				words.push(`opened ${key}`);
				if (aux === 1) words.push(`remember ${view.getFloat64(at + 8)}`);
			} else if (kind === EventKind.Closed) words.push(`closed ${key}`);
			else if (kind === EventKind.Remembered) words.push(`remember ${view.getFloat64(at + 4)}`);
			else if (kind === EventKind.Subscribed) words.push(`subscribed ${hex(view.getUint32(at + 4))}`);
			else if (kind === EventKind.Reserved) words.push(`reserved up to ${view.getUint32(at + 4)}`);
			else words.push(`${EVENTS[kind] ?? `kind ${kind}`} ${this.journal.numberOf(key)}`);
		}
		return words.join(", ");
	}
}

export function sessionWords(bytes: Uint8Array, view: DataView, at: number, flags: number): string {
	const identity = view.getUint32(at + SessionAt.Identity);
	const words = [identity === 0 ? "nobody's" : `identity ${hex(identity)}`];
	words.push((flags & SessionFlag.Established) !== 0 ? "established" : "not established");
	if ((flags & SessionFlag.Barrier) !== 0) words.push("a new session: what was exchanged before is void");
	words.push(`expires after ${view.getUint32(at + SessionAt.ExpirySeconds)} s`);
	words.push(`sent up to ${view.getUint32(at + SessionAt.Sent)}`);
	if ((flags & SessionFlag.Remembers) !== 0)
		words.push(`remember ${view.getFloat64(at + SessionAt.Remembered)}`);
	const subscribed = view.getUint32(at + SessionAt.Subscribed);
	if (subscribed !== 0) words.push(`subscribed ${hex(subscribed)}`);
	const length = view.getUint8(at + SessionAt.AssignedLength);
	if (length > 0)
		words.push(`assigned ${text(bytes, at + SessionAt.Assigned, at + SessionAt.Assigned + length)}`);
	return words.join(", ");
}

const TYPES: Readonly<{ [type: number]: string | undefined }> = {
	[RecordType.Session]: "session",
	[RecordType.Message]: "message",
	[RecordType.Events]: "events",
	[RecordType.Boot]: "boot",
	[RecordType.End]: "end",
	[RecordType.Proof]: "proof",
};

const EVENTS: Readonly<{ [kind: number]: string | undefined }> = {
	[EventKind.Done]: "done",
	[EventKind.Dropped]: "dropped",
	[EventKind.Released]: "PUBREC for",
	[EventKind.Sent]: "sent up to",
};

const TRAITS: readonly (readonly [bit: number, word: string])[] = [
	[Trait.DropOldest, "drop oldest"],
	[Trait.KeepLatest, "keep latest"],
	[Trait.SettleWhenStored, "settled when stored"],
];

export function hex(value: number): string {
	return (value >>> 0).toString(16).padStart(8, "0");
}

/** Text as it may be shown: quoted, short, nothing that moves a cursor. */
function text(bytes: Uint8Array, start: number, end: number): string {
	const shown = Buffer.from(bytes.subarray(start, Math.min(end, start + PREVIEW))).toString("utf8");
	return `${JSON.stringify(shown.replace(/[^\x20-\x7e\u00a0-\uffff]/g, "."))}${end - start > PREVIEW ? "..." : ""}`;
}
