// SPDX-License-Identifier: MIT
import { RowAt, Rows } from "../memory/rows.js";
import type { Block } from "../ports.js";
import { MessageState, Trait } from "../wire/record.js";
import type { Log } from "./log.js";

/**
 * A message: number u16; a word of state 3 bits, traits 3, cells 6 (0: it is in the outbox), hash of the topic 4; position
 * u16 of its evidence, or its number in the outbox.
 */
export const TABLE_ROW = 6;

const enum Bits {
	/** All traits but `Trait.Volatile`, which 0 cells say. */
	Traits = 14,
	TraitsShift = 2,
	Cells = 63,
	CellsShift = 6,
	HashShift = 12,
}

/**
 * Every message that is not done: its state, and where its evidence is, the record or event by which the next life would
 * know of it.
 */
export class Table extends Rows {
	private log: Log;

	constructor(log: Log, block: Block, start: number, rows: number) {
		super(block, start, rows);
		this.log = log;
	}

	protected get rowBytes(): number {
		return TABLE_ROW;
	}

	/** Where the evidence is; 0 when it is lost. Of a message in the outbox the low 16 bits of its number there. */
	position(number: number): number {
		return this.view.getUint16(this.find(number) + RowAt.Owner);
	}

	/** Cells of the evidence; 0 for a message in the outbox. */
	cells(number: number): number {
		return (this.word(number) >> Bits.CellsShift) & Bits.Cells;
	}

	/** True when the evidence is in this block of the partition. */
	isIn(number: number, block: number): boolean {
		const position = this.position(number);
		return position >> 7 === block && position > 0 && this.cells(number) > 0;
	}

	traits(number: number): number {
		const word = this.word(number);
		const traits = (word >> Bits.TraitsShift) & Bits.Traits;
		return ((word >> Bits.CellsShift) & Bits.Cells) === 0 ? traits | Trait.Volatile : traits;
	}

	/** True when the topic has this hash, as far as the table knows. */
	mayHave(number: number, hash: number): boolean {
		return this.word(number) >> Bits.HashShift === (hash & 15);
	}

	/** The oldest message after `after` that was never sent and has all bits of `trait`, or 0. */
	waiting(after: number, trait: number): number {
		for (let number = this.after(after); number !== 0; number = this.after(number)) {
			const state = this.state(number);
			const fresh = state === MessageState.DuePublish || state === MessageState.DueOnce;
			if (fresh && (this.traits(number) & trait) === trait) return number;
		}
		return 0;
	}

	/** The next message begins; {@link hasRow}. In the outbox: `cells` is 0. Returns its number. */
	add(position: number, cells: number, state: number, traits: number, hash: number): number {
		const number = this.next;
		this.view.setUint16(this.begin(wordOf(cells, state, traits, hash)) + RowAt.Owner, position);
		if (cells > 0) this.log.hold(position, cells);
		return number;
	}

	/** Reading a log: a message is there, perhaps once more. Returns false when there is no row for it. */
	restore(
		number: number,
		position: number,
		cells: number,
		state: number,
		traits: number,
		hash: number,
	): boolean {
		const word = wordOf(cells, state, traits, hash);
		let row = this.find(number);
		if (row >= 0 && this.state(number) !== MessageState.Done) {
			this.release(number);
			this.view.setUint16(row + RowAt.Word, word);
		} else {
			if (this.count === this.rows) return false;
			row = this.insert(number, word);
		}
		this.view.setUint16(row + RowAt.Owner, position);
		this.log.hold(position, cells);
		return true;
	}

	/** The evidence is elsewhere now; 0: it is lost. */
	move(number: number, position: number, cells: number): void {
		this.release(number);
		const row = this.find(number);
		this.view.setUint16(row + RowAt.Owner, position);
		const others = this.view.getUint16(row + RowAt.Word) & ~(Bits.Cells << Bits.CellsShift);
		this.view.setUint16(row + RowAt.Word, others | (cells << Bits.CellsShift));
		if (position > 0) this.log.hold(position, cells);
	}

	/** Ends a message, and gives up its evidence. */
	finish(number: number): void {
		this.release(number);
		this.end(number);
	}

	/** Reading a log: `number` was given away. */
	reach(number: number): void {
		if (number < this.next) return;
		if (this.count === 0) this.restart(number + 1);
		else this.next = number + 1;
	}

	/** All rows empty, and the numbers from 1. */
	reset(): void {
		this.restart(1);
	}

	private release(number: number): void {
		const row = this.find(number);
		const position = this.view.getUint16(row + RowAt.Owner);
		const cells = (this.view.getUint16(row + RowAt.Word) >> Bits.CellsShift) & Bits.Cells;
		if (cells > 0 && position > 0) this.log.release(position, cells);
	}

	private word(number: number): number {
		return this.view.getUint16(this.find(number) + RowAt.Word);
	}
}

function wordOf(cells: number, state: number, traits: number, hash: number): number {
	const kept = (traits & Bits.Traits) << Bits.TraitsShift;
	return state | kept | (cells << Bits.CellsShift) | ((hash & 15) << Bits.HashShift);
}
