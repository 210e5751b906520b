// SPDX-License-Identifier: MIT
import { StoreFault } from "../ports.js";
import { MessageState } from "../wire/record.js";
import { EventKind, Geometry, Rec, RecordType } from "./format.js";
import type { Journal } from "./journal.js";
import type { Recovery } from "./recovery.js";

/**
 * What a life writes first: that it begins, and what it found last. That may have been cut short and have read well only
 * this once, so it is written again before anything is done that depends on it.
 */
export class Beginning {
	private journal: Journal;

	constructor(journal: Journal) {
		this.journal = journal;
	}

	/** Returns false when the flash failed. */
	run(recovery: Recovery): boolean {
		const journal = this.journal;
		const { log } = journal;
		// Twice, each at the start of a page. What is torn may be seen in one life and not in another, so an earlier one may have
		// begun a page further on, and have been cut there without a trace: the second mark lies over that. And one mark on bits
		// that do not last must not be all that is seen of this life.
		if (!journal.writeMark(RecordType.Boot) && !this.beginBehind()) return false;
		log.skipPage();
		if (!journal.writeMark(RecordType.Boot)) return false;
		if (log.doubtful && !log.reaffirm()) return false;
		return recovery.doubt === 0 || this.affirm(recovery);
	}

	/** The last record of an earlier life is written again, whatever it says. Then a mark proves that the copy was completed. */
	private affirm(recovery: Recovery): boolean {
		const journal = this.journal;
		const { log } = journal;
		const { doubt, doubtCells } = recovery;
		if (!log.enter(doubtCells)) return false;
		const at = log.reread(doubt, doubtCells, recovery.doubtSequence);
		if (at < 0) return log.fault === StoreFault.None && this.restate(doubt, recovery.doubtBefore);
		const type = log.view.getUint8(at + Rec.Type);
		const to = journal.copy(at);
		if (to < 0) return false;
		if (type === RecordType.Session) journal.holdSession(log.head);
		this.moveEvidence(doubt, to);
		return journal.writeMark(RecordType.Proof);
	}

	/**
	 * The record at `position` was read once and not again: what it said is written anew. But a message is as it was `before`,
	 * or was not promised.
	 */
	private restate(position: number, before: number): boolean {
		const journal = this.journal;
		const { table, inbound } = journal;
		for (let number = table.after(0); number !== 0; number = table.after(number)) {
			if (table.cells(number) === 0 || table.position(number) !== position) continue;
			if (table.state(number) === MessageState.AwaitComp)
				journal.note(EventKind.Released, number & 0xffff, 0);
			else if (before > 0) table.move(number, before, table.cells(number));
			else {
				journal.note(EventKind.Dropped, number & 0xffff, 0); // or it would be there when its bits heal
				table.finish(number);
			}
		}
		for (let index = 0; index < inbound.count; index++) {
			const row = inbound.row(index);
			if (inbound.position(row) === position)
				journal.note(EventKind.Opened, inbound.id(row), inbound.hash(row));
		}
		return journal.write(true) && journal.writeSession(false);
	}

	/** What was known by the record at `from` is known by that at `to`. */
	private moveEvidence(from: number, to: number): void {
		const { table, inbound } = this.journal;
		for (let number = table.after(0); number !== 0; number = table.after(number))
			if (table.cells(number) > 0 && table.position(number) === from)
				table.move(number, to, table.cells(number));
		inbound.moved(from, to);
	}

	/** Encrypted: pages that seemed blank were not, up to the end of the sector. The mark goes into the next one. */
	private beginBehind(): boolean {
		const journal = this.journal;
		const { log } = journal;
		if (!log.encrypted || log.fault !== StoreFault.WriteFailed) return false;
		log.fault = StoreFault.None;
		log.cell = Geometry.Cells;
		return journal.writeMark(RecordType.Boot);
	}
}
