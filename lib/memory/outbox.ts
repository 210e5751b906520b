// SPDX-License-Identifier: MIT
import { Row } from "../limits.js";
import type { Block } from "../ports.js";

/**
 * Messages owed to the broker, whole and in order, in one piece of the arena.
 *
 *     table  row of number n = n mod rows        bytes   ┌──────┬─────────┬──────┬────────────────┐
 *     ┌────────┬────────┬───────┬───┐                    │ n=7  │ (n=8    │ n=9  │ free, or being │
 *     │ offset │ length │ state │ 0 │                    │      │  done)  │      │ composed       │
 *     └────────┴────────┴───────┴───┘                    └──────┴─────────┴──────┴────────────────┘
 *       u16      u16      u8      u8                       0      hole            tail
 *
 * Numbers run without gaps from `low`, the oldest that is still there, to `next - 1`; a state of 0 means that the
 * number is done. Records are appended at the tail. When the room behind the tail is too short but the holes would
 * suffice, the records move down together: one native copy for each run without holes, once every few dozen messages.
 * Offsets therefore change; only numbers stay.
 */
export class Outbox {
	/** The oldest number that is not done; equal to `next` when there is none. */
	low = 1;
	/** The number that the next message gets. */
	next = 1;
	/** Messages that are not done. */
	count = 0;
	/** Bytes of those messages. */
	used = 0;
	#tail = 0;
	#bytes: Uint8Array;
	#view: DataView;
	#table: number;
	#rows: number;
	#start: number;
	#size: number;

	/** Takes `rows` table rows and `size` bytes of the block, from `start` on. */
	constructor(block: Block, start: number, rows: number, size: number) {
		this.#bytes = block.bytes;
		this.#view = block.view;
		this.#table = start;
		this.#rows = rows;
		this.#start = start + rows * Row.Outbox;
		this.#size = size;
	}

	/** Bytes of the arena that `rows` and `size` take. */
	static bytes(rows: number, size: number): number {
		return rows * Row.Outbox + size;
	}

	/** True when a message of `bytes` bytes would be taken now. */
	hasRoom(bytes: number): boolean {
		return this.next - this.low < this.#rows && this.#size - this.used >= bytes && this.next < 0x7fff_fffe;
	}

	/** True when a message of `bytes` bytes could be taken by an empty outbox. */
	fits(bytes: number): boolean {
		return bytes <= this.#size;
	}

	/** Returns where `bytes` bytes may be written, all in one piece. The caller has asked {@link hasRoom}. */
	reserve(bytes: number): number {
		if (this.count === 0) {
			this.#tail = 0;
			if (this.next > 0x7000_0000) this.low = this.next = 1; // nothing is in flight: the numbers start anew
		} else if (this.#size - this.#tail < bytes) this.compact();
		return this.#start + this.#tail;
	}

	/** Makes what was written from `start` (from {@link reserve}) to `end` the newest message, and returns its number. */
	append(start: number, end: number, state: number): number {
		const number = this.next++;
		const row = this.row(number);
		this.#view.setUint16(row, start - this.#start);
		this.#view.setUint16(row + 2, end - start);
		this.#view.setUint8(row + 4, state);
		this.count++;
		this.used += end - start;
		this.#tail = end - this.#start;
		return number;
	}

	/** The next number after `after` that is not done, or 0. */
	after(after: number): number {
		let number = after < this.low ? this.low : after + 1;
		while (number < this.next) {
			if (this.#view.getUint8(this.row(number) + 4) !== 0) return number;
			number++;
		}
		return 0;
	}

	/** The state of a message; 0 when there is none of that number. */
	state(number: number): number {
		return number < this.low || number >= this.next ? 0 : this.#view.getUint8(this.row(number) + 4);
	}

	/** Where the record starts. Only while its state is not 0; valid until the next {@link reserve}. */
	start(number: number): number {
		return this.#start + this.#view.getUint16(this.row(number));
	}

	/** Bytes of the record. */
	length(number: number): number {
		return this.#view.getUint16(this.row(number) + 2);
	}

	/** Changes the state; 0 ends the message and frees its bytes. */
	mark(number: number, state: number): void {
		const row = this.row(number);
		this.#view.setUint8(row + 4, state);
		if (state !== 0) return;
		this.count--;
		this.used -= this.#view.getUint16(row + 2);
		if (number !== this.low) return;
		let low = number + 1;
		while (low < this.next && this.#view.getUint8(this.row(low) + 4) === 0) low++;
		this.low = low;
	}

	private row(number: number): number {
		return this.#table + (number % this.#rows) * Row.Outbox;
	}

	/** Moves the records together, towards the start. Runs of neighbours move in one copy. */
	private compact(): void {
		const view = this.#view;
		let to = 0;
		let runFrom = 0;
		let runEnd = 0;
		for (let number = this.low; number < this.next; number++) {
			const row = this.row(number);
			if (view.getUint8(row + 4) === 0) continue;
			const offset = view.getUint16(row);
			const length = view.getUint16(row + 2);
			if (offset !== runEnd) {
				this.move(runFrom, runEnd, to - (runEnd - runFrom));
				runFrom = offset;
			}
			runEnd = offset + length;
			view.setUint16(row, to);
			to += length;
		}
		this.move(runFrom, runEnd, to - (runEnd - runFrom));
		this.#tail = to;
	}

	private move(from: number, end: number, to: number): void {
		if (from !== to && from !== end)
			this.#bytes.copyWithin(this.#start + to, this.#start + from, this.#start + end);
	}
}
