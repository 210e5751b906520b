// SPDX-License-Identifier: MIT
import { Row } from "../limits.js";
import type { Block } from "../ports.js";
import { ROW_STATE, RowAt, Rows } from "./rows.js";

/** In a row, from `RowAt.Owner` on. */
const enum At {
	Offset = 4,
	Length = 6,
}

/**
 * Messages owed to the broker, whole and in order, in one piece of the arena.
 *
 *     rows, oldest first                              bytes   ┌──────┬─────────┬──────┬────────────────┐
 *     ┌────────┬────────────────┬────────┬────────┐           │ n=7  │ (n=8    │ n=9  │ free, or being │
 *     │ number │ state, traits  │ offset │ length │           │      │  done)  │      │ composed       │
 *     └────────┴────────────────┴────────┴────────┘           └──────┴─────────┴──────┴────────────────┘
 *       u16      u16              u16      u16                  0      hole             tail
 *
 * Records are appended at the tail. When the room behind the tail is too short but the holes would suffice, the records
 * move down together: one native copy for each run without holes, once every few dozen messages. Offsets therefore
 * change; only numbers stay.
 */
export class Outbox extends Rows {
	/** Bytes of the messages that are not done. */
	used = 0;
	/** Counted, as the offsets in the rows, from where the rows begin. */
	private tail: number;
	private bytes: Uint8Array;
	private size: number;

	/** Takes `rows` table rows and `size` bytes of the block, from `start` on. */
	constructor(block: Block, start: number, rows: number, size: number) {
		super(block, start, rows);
		this.bytes = block.bytes;
		this.tail = rows * Row.Outbox;
		this.size = size;
	}

	protected get rowBytes(): number {
		return Row.Outbox;
	}

	/** Bytes of the arena that `rows` and `size` take. */
	static bytes(rows: number, size: number): number {
		return rows * Row.Outbox + size;
	}

	/** True when a message of `bytes` bytes would be taken now. */
	hasRoom(bytes: number): boolean {
		return this.hasRow && this.size - this.used >= bytes;
	}

	/** True when a message of `bytes` bytes could be taken by an empty outbox. */
	fits(bytes: number): boolean {
		return bytes <= this.size;
	}

	/** Returns where `bytes` bytes may be written, all in one piece. The caller has asked {@link hasRoom}. */
	reserve(bytes: number): number {
		if (this.count === 0) {
			this.tail = this.rows * Row.Outbox;
			if (this.next > 0x7000_0000) this.restart(1); // nothing is in flight: the numbers start anew
		} else if (this.rows * Row.Outbox + this.size - this.tail < bytes) this.close();
		return this.origin + this.tail;
	}

	/**
	 * Makes what was written from `start` (from {@link reserve}) to `end` the newest message, and returns its number. `traits`
	 * are kept with it.
	 */
	append(start: number, end: number, state: number, traits: number): number {
		const number = this.next;
		const row = this.begin(state | (traits << 8));
		this.view.setInt32(row + At.Offset, ((start - this.origin) << 16) | (end - start));
		this.used += end - start;
		this.tail = end - this.origin;
		return number;
	}

	/** Where the record starts. Only while its state is not 0; valid until the next {@link reserve}. */
	start(number: number): number {
		return this.origin + this.view.getUint16(this.find(number) + At.Offset);
	}

	/** Bytes of the record. */
	length(number: number): number {
		return this.view.getUint16(this.find(number) + At.Length);
	}

	/** What {@link append} was given; 0 for a number that is not here. */
	traits(number: number): number {
		const row = this.find(number);
		if (row < 0) return 0;
		const word = this.view.getUint16(row + RowAt.Word);
		return (word & ROW_STATE) === 0 ? 0 : word >>> 8;
	}

	/** Changes the state of a message that is not done; 0 ends it and frees its bytes. */
	mark(number: number, state: number): void {
		const row = this.find(number);
		if (row < 0) return;
		const word = this.view.getUint16(row + RowAt.Word);
		if ((word & ROW_STATE) === 0) return;
		this.view.setUint16(row + RowAt.Word, (word & ~ROW_STATE) | state);
		if (state !== 0) return;
		this.used -= this.view.getUint16(row + At.Length);
		this.ended(number);
	}

	/** Closes the holes: moves the records together, towards the start. Runs of neighbours move in one copy. */
	private close(): void {
		const view = this.view;
		let to = this.rows * Row.Outbox;
		let runFrom = to;
		let runEnd = to;
		for (let index = 0; index < this.usedRows; index++) {
			const row = this.row(index);
			if ((view.getUint16(row + RowAt.Word) & ROW_STATE) === 0) continue;
			const offset = view.getUint16(row + At.Offset);
			const length = view.getUint16(row + At.Length);
			if (offset !== runEnd) {
				this.move(runFrom, runEnd, to - (runEnd - runFrom));
				runFrom = offset;
			}
			runEnd = offset + length;
			view.setUint16(row + At.Offset, to);
			to += length;
		}
		this.move(runFrom, runEnd, to - (runEnd - runFrom));
		this.tail = to;
	}

	private move(from: number, end: number, to: number): void {
		if (from !== to && from !== end)
			this.bytes.copyWithin(this.origin + to, this.origin + from, this.origin + end);
	}
}
