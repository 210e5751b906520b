// SPDX-License-Identifier: MIT
import { MessageState } from "../wire/record.js";
import { EventKind, Rec } from "./format.js";
import type { Journal } from "./journal.js";

/** Cells that are moved for each cell that was written. A quarter of the ring is not needed, so three would do. */
const RATE = 4;
/** What is paid for at once, at most; the rest is owed. */
const DEBT_MOST = 32;
/** Cells that are moved at once when there is no room otherwise, at most. */
const MOVED_MOST = 256;
/** Behind every number. */
const ALL = 0x7fff_ffff;

/**
 * Moves what is still needed from the tail of the ring to its head, so that sectors can be given up. It does so a few
 * cells at a time, in step with what is written, and only when the ring is nearly full: a board that is online drains
 * its messages long before, and nothing of them is ever copied.
 *
 * What is needed is looked up in the tables, not in the flash: one walk over them for each sector.
 */
export class Cleaner {
	private journal: Journal;
	/** The sector that is being emptied, and the number up to which its messages are out of it. */
	private sequence = 0;
	private number = 0;
	/** Cells that were written and are not paid for yet, and what the log had programmed when that was counted. */
	private debt = 0;
	private seen = 0;

	constructor(journal: Journal) {
		this.journal = journal;
	}

	/** True when there is something to move. */
	get due(): boolean {
		const log = this.journal.log;
		if (log.used <= log.cleanAbove) return false;
		log.trim();
		return log.used > log.cleanAbove;
	}

	/** True when the snapshot of the session is all that keeps the tail from being given up. */
	get held(): boolean {
		const { log, sessionSequence } = this.journal;
		log.trim();
		return sessionSequence === log.tail && log.needed(log.tail) === 1 && log.used > 2;
	}

	/** Writes what is pending, so that sectors can be given up. Returns whether there is still something to move. */
	private settled(): boolean {
		return this.journal.write(true) && this.due;
	}

	/** Pays for what was written since the last time, and for `cells` more. Uses the scratch when something has to be moved. */
	pay(cells: number): void {
		const { log } = this.journal;
		let debt = 0;
		if (this.due && this.settled()) {
			debt = this.debt + cells + ((log.programmed - this.seen) >> 5);
			if (debt > DEBT_MOST) debt = DEBT_MOST;
			let left = debt * RATE;
			if (log.used > log.cleanAbove + 1) left += left;
			while (left > 0 && this.due && log.tail < log.head) {
				const moved = this.move();
				if (moved === 0) break;
				left -= moved;
			}
			debt = left > 0 && this.due ? debt : 0;
		}
		this.debt = debt;
		this.seen = log.programmed;
	}

	/** Sees to it that a message may be appended, when there is no other way by moving and erasing at once. Returns whether it may. */
	open(): boolean {
		const { log } = this.journal;
		if (!log.isOpen) this.settled();
		for (let left = MOVED_MOST; !log.isOpen && left > 0; ) {
			log.trim();
			const moved = log.tail < log.head ? this.move() : 0;
			if (moved === 0) break;
			left -= moved;
		}
		log.trim();
		return log.isOpen || (log.used < log.blocks - 2 && log.prepare());
	}

	/** Moves one thing out of the tail. Returns its cells, or 0 when that cannot be now. */
	private move(): number {
		const { log, table } = this.journal;
		if (this.sequence !== log.tail) {
			this.sequence = log.tail;
			this.number = 0;
		}
		const block = log.tail % log.blocks;
		for (let number = table.after(this.number); number !== 0; number = table.after(number)) {
			this.number = number - 1; // if it cannot be moved now, it is the next one again
			if (table.isIn(number, block)) return this.moveMessage(number);
		}
		this.number = ALL;
		return this.moveRest(block);
	}

	private moveMessage(number: number): number {
		const journal = this.journal;
		const { log, table } = journal;
		if (table.state(number) === MessageState.AwaitComp) {
			journal.note(EventKind.Released, number & 0xffff, 0);
			return journal.write(false) ? 1 : 0;
		}
		const cells = table.cells(number);
		const position = table.position(number);
		if (!log.enter(cells)) return 0;
		const at = log.fetch(position, cells);
		if (at < 0) return 0;
		if (!log.sound(at, log.tail) || log.view.getUint32(at + Rec.Number) !== number) {
			journal.lose(number);
			return 1;
		}
		const to = journal.copy(at);
		if (to < 0) return 0;
		table.move(number, to, cells);
		return cells;
	}

	/** Inbound identifiers, and the session. */
	private moveRest(block: number): number {
		const journal = this.journal;
		const { inbound, log } = journal;
		let moved = 0;
		for (let index = 0; index < inbound.count; index++) {
			const row = inbound.row(index);
			if (inbound.position(row) >> 7 !== block || inbound.position(row) === 0) continue;
			journal.note(EventKind.Opened, inbound.id(row), inbound.hash(row));
			moved++;
		}
		if (moved > 0) return journal.write(false) ? moved : 0;
		return journal.sessionSequence <= log.tail && journal.writeSession(false) ? 4 : 0;
	}
}
