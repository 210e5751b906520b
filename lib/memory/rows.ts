// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";

/** Where what stands in a row. */
export const enum RowAt {
	/** The low 16 bits of the message's number. */
	Number = 0,
	/** {@link ROW_STATE}, and what the owner puts above it. */
	Word = 2,
	/** The owner's. */
	Owner = 4,
}

/** The bits of a row's word that are its state: a `MessageState`, 0 for a message that is done. */
export const ROW_STATE = 7;
/** Numbers are told apart by 16 bits, in flash by whether they are before or behind the newest: so far apart may they be. */
const SPAN = 0x7fff;
/** Not the number of any message. */
const NO_NUMBER = 0.5;

/**
 * A table of the messages that are not done, in the order of their numbers.
 *
 *     first                                     a row of a message that is done is a gap: it goes when it comes to the
 *      ▼                                        front, or when its place is needed, all gaps at once
 *     ┌─────┬─────┬─────┬─────┬─────┐
 *     │ n=7 │ n=8 │ gap │ n=12│     │ ─▶ ring   low = 7, next = 13: numbers that are missing are done
 *     └─────┴─────┴─────┴─────┴─────┘
 *
 * So it holds as many messages as it has rows, however far the oldest of them lags behind the newest.
 */
export abstract class Rows {
	/** The oldest number that is not done; `next` when there is none. */
	low = 1;
	/** The number of the next message. */
	next = 1;
	/** Messages that are not done. */
	count = 0;
	readonly rows: number;
	readonly view: DataView;
	/** Index of the first row, and rows in use from there on, gaps among them. */
	private first = 0;
	private filled = 0;
	/** The number that was looked up last, which nearly always is the next one, too, and its row. */
	private seenNumber = NO_NUMBER;
	private seen = 0;
	/** Where the rows begin. */
	protected origin: number;

	/** Takes `rows` rows of the block, from `start` on. */
	constructor(block: Block, start: number, rows: number) {
		this.view = block.view;
		this.origin = start;
		this.rows = rows;
	}

	/** Bytes of a row, an even number. */
	protected abstract get rowBytes(): number;

	/** True when one more message can begin. */
	get hasRow(): boolean {
		return this.count < this.rows && this.next - this.low < SPAN && this.next < 0x7fff_fffe;
	}

	/** A message's state; 0 when there is none of that number. */
	state(number: number): number {
		const row = this.find(number);
		return row < 0 ? 0 : this.view.getUint16(row + RowAt.Word) & ROW_STATE;
	}

	setState(number: number, state: number): void {
		const at = this.find(number) + RowAt.Word;
		this.view.setUint16(at, (this.view.getUint16(at) & ~ROW_STATE) | state);
	}

	/** The next number after `after` that is not done, or 0. */
	after(after: number): number {
		if (after < this.low) return this.count === 0 ? 0 : this.low; // a gap never stays in front
		if (after >= this.next - 1) return 0;
		for (let index = this.indexBehind(after); index < this.filled; index++) {
			const row = this.row(index);
			if ((this.view.getUint16(row + RowAt.Word) & ROW_STATE) !== 0) return this.numberAt(row);
		}
		return 0;
	}

	/** Ends a message that is there. */
	end(number: number): void {
		this.setState(number, 0);
		this.ended(number);
	}

	/** The state of a message that was there is 0 now. */
	protected ended(number: number): void {
		if (--this.count === 0) this.restart(this.next);
		else if (number === this.low) this.trim();
	}

	/** Where the row of a number is, or -1: it is done, and its row is taken for another one, or it was never there. */
	protected find(number: number): number {
		if (number === this.seenNumber) return this.seen;
		const index = this.indexBehind(number) - 1;
		if (index < 0) return -1;
		const row = this.row(index);
		if (this.numberAt(row) !== number) return -1;
		this.seenNumber = number;
		this.seen = row;
		return row;
	}

	/** Begins the message `next`, whose row's word is `word`; the caller has asked {@link hasRow}. Returns its row. */
	protected begin(word: number): number {
		if (this.filled === this.rows) this.compact();
		const number = this.next++;
		if (this.filled === 0) this.low = number;
		this.seenNumber = number;
		this.seen = this.row(this.filled++);
		return this.fill(this.seen, number, word);
	}

	/** The same for any number, for whom a log is read: `next` is moved behind it. */
	protected insert(number: number, word: number): number {
		this.seenNumber = NO_NUMBER;
		if (this.filled === this.rows) this.compact();
		let index = this.indexBehind(number);
		if (number >= this.next) this.next = number + 1;
		// A gap of this number is taken again: a second row of it would stand where it is not looked for.
		if (index > 0 && this.numberAt(this.row(index - 1)) === number)
			return this.fill(this.row(index - 1), number, word);
		if (index === 0) this.low = number;
		for (let from = this.filled++; from > index; from--) this.copy(this.row(from - 1), this.row(from));
		index = index < 0 ? 0 : index;
		return this.fill(this.row(index), number, word);
	}

	/** All rows empty, and the numbers from `next` on. */
	protected restart(next: number): void {
		this.first = this.filled = this.count = 0;
		this.low = this.next = next;
		this.seenNumber = NO_NUMBER;
	}

	/** Row `index` counted from the oldest, of {@link usedRows}. */
	protected row(index: number): number {
		const at = this.first + index;
		return this.origin + (at < this.rows ? at : at - this.rows) * this.rowBytes;
	}

	/** Rows in use, gaps among them. */
	protected get usedRows(): number {
		return this.filled;
	}

	protected numberAt(row: number): number {
		return this.low + ((this.view.getUint16(row + RowAt.Number) - this.low) & 0xffff);
	}

	/** The index of the first row whose number is above `number`. Without gaps closed before it that is known at once. */
	private indexBehind(number: number): number {
		if (number < this.low) return 0;
		let high = this.filled;
		if (number >= this.next) return high;
		const guess = number - this.low;
		if (guess < high) {
			if (this.numberAt(this.row(guess)) === number) return guess + 1;
			high = guess;
		}
		let low = 0;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.numberAt(this.row(middle)) <= number) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	private fill(row: number, number: number, word: number): number {
		this.view.setInt32(row + RowAt.Number, (number << 16) | word);
		this.count++;
		return row;
	}

	/** Takes the gaps at the front away. */
	private trim(): void {
		this.seenNumber = NO_NUMBER;
		while (this.filled > 0 && (this.view.getUint16(this.row(0) + RowAt.Word) & ROW_STATE) === 0) {
			this.first = this.first + 1 < this.rows ? this.first + 1 : 0;
			this.filled--;
		}
		this.low = this.filled === 0 ? this.next : this.numberAt(this.row(0));
	}

	/** Takes all gaps away. */
	private compact(): void {
		this.seenNumber = NO_NUMBER;
		let to = 0;
		for (let index = 0; index < this.filled; index++) {
			const row = this.row(index);
			if ((this.view.getUint16(row + RowAt.Word) & ROW_STATE) === 0) continue;
			if (to < index) this.copy(row, this.row(to));
			to++;
		}
		this.filled = to;
	}

	private copy(from: number, to: number): void {
		for (let i = 0; i < this.rowBytes; i += 2) this.view.setUint16(to + i, this.view.getUint16(from + i));
	}
}
