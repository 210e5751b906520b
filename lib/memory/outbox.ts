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
	private tail = 0;
	private bytes: Uint8Array;
	private from: number;
	private size: number;

	/** Takes `rows` table rows and `size` bytes of the block, from `start` on. */
	constructor(block: Block, start: number, rows: number, size: number) {
		super(block, start, rows, Row.Outbox);
		this.bytes = block.bytes;
		this.from = start + rows * Row.Outbox;
		this.size = size;
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
			this.tail = 0;
			if (this.next > 0x7000_0000) this.restart(1); // nothing is in flight: the numbers start anew
		} else if (this.size - this.tail < bytes) this.close();
		return this.from + this.tail;
	}

	/**
	 * Makes what was written from `start` (from {@link reserve}) to `end` the newest message, and returns its number. `traits`
	 * are kept with it.
	 */
	append(start: number, end: number, state: number, traits: number): number {
		const number = this.next;
		const row = this.begin(state | (traits << 8));
		this.view.setUint16(row + At.Offset, start - this.from);
		this.view.setUint16(row + At.Length, end - start);
		this.used += end - start;
		this.tail = end - this.from;
		return number;
	}

	/** Where the record starts. Only while its state is not 0; valid until the next {@link reserve}. */
	start(number: number): number {
		return this.from + this.view.getUint16(this.find(number) + At.Offset);
	}

	/** Bytes of the record. */
	length(number: number): number {
		return this.view.getUint16(this.find(number) + At.Length);
	}

	/** What {@link append} was given. */
	traits(number: number): number {
		return this.view.getUint8(this.find(number) + RowAt.Word);
	}

	/** Changes the state of a message that is not done; 0 ends it and frees its bytes. */
	mark(number: number, state: number): void {
		if (this.state(number) === 0) return;
		if (state !== 0) {
			this.setState(number, state);
			return;
		}
		this.used -= this.length(number);
		this.end(number);
	}

	/** Closes the holes: moves the records together, towards the start. Runs of neighbours move in one copy. */
	private close(): void {
		const view = this.view;
		let to = 0;
		let runFrom = 0;
		let runEnd = 0;
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
		if (from !== to && from !== end) this.bytes.copyWithin(this.from + to, this.from + from, this.from + end);
	}
}
