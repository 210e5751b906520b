// SPDX-License-Identifier: MIT
import { type Random, StoreFault } from "../ports.js";
import { MessageState } from "../wire/record.js";
import { EventKind, Geometry, Header, Rec, RecordType, Version } from "./format.js";
import type { Journal } from "./journal.js";
import type { Log } from "./log.js";

/** Copies of a header that cannot all be in doubt. */
const COPIES = 2;

/**
 * What an earlier life left, brought back: one pass over the sectors that are needed, bounded by the partition. Nothing is
 * written but the header of a partition that is blank. `FORMAT.md` says when a record is valid; why, in short:
 *
 * - A record counts if its checks are right at its place, and for nothing else. The length of one that is not right is not
 *   trusted: the search goes on at its next cell.
 * - The next record goes to a page in which nothing was programmed, as far as one can see, nor can have been by a command
 *   that left no trace. The first one is a mark, which may be lost.
 */
export class Recovery {
	/** True when the earlier life ended in order, or there was none. */
	clean = false;
	/** Something is missing that no power cut can have taken: a record, or the header of a sector. */
	damaged = false;
	/** The last record of an earlier life, when nothing proves that it was written to its end; 0: there is none. */
	doubt = 0;
	protected readonly journal: Journal;
	protected readonly log: Log;
	#doubtCells = 0;
	#doubtSequence = 0;
	/** Of the sector that was read last: the cell behind all that is not blank; copies of its header; whether there is anything else. */
	#used = 0;
	#copies = 0;
	#entered = false;
	/** A record follows that proves that the header was completed; and one that is no mark. */
	#proven = false;
	#matters = false;

	constructor(journal: Journal) {
		this.journal = journal;
		this.log = journal.log;
	}

	/** Returns `StoreFault.None`, or why the store cannot be used; then nothing was changed. */
	run(random: Random): StoreFault {
		const { log } = this;
		this.journal.reset();
		let newest = 0;
		let fault: StoreFault = StoreFault.None;
		for (let block = 0; block < log.blocks; block++) {
			const found = this.header(block);
			if (found < 0) fault = -found as StoreFault;
			if (found > newest) newest = found;
		}
		if (log.fault !== StoreFault.None) return log.fault;
		if (fault !== StoreFault.None) return fault;
		return newest === 0 ? this.found(random) : this.read(newest, random);
	}

	/** Says in the log that a life begins, and settles what the last command of an earlier one left in doubt. Returns false when that fails. */
	begin(): boolean {
		const { log, journal } = this;
		if (!journal.writeMark(RecordType.Boot) && !this.beginBehind()) return false;
		if (log.doubtful && !log.reaffirm()) return false;
		return this.doubt === 0 || this.affirm(this.doubt, this.#doubtCells, this.#doubtSequence);
	}

	/**
	 * The record at `position`, the last one of an earlier life, may have been cut short and read well only this once. It is
	 * written again, whatever it says: nothing came after it. Then a mark proves that the copy was completed.
	 */
	private affirm(position: number, cells: number, sequence: number): boolean {
		const { log, journal } = this;
		if (!log.enter(cells)) return false;
		let at = log.fetch(position, cells);
		for (let attempt = 0; attempt < 3 && at >= 0 && !log.sound(at, sequence); attempt++)
			at = log.fetch(position, cells);
		if (at < 0) return false;
		if (!log.sound(at, sequence)) return this.restate(position);
		const type = log.view.getUint8(at + Rec.Type);
		const to = journal.copy(at);
		if (to < 0) return false;
		if (type === RecordType.Session) journal.holdSession(log.head);
		this.moveEvidence(position, to);
		return journal.writeMark(RecordType.Proof);
	}

	/** The record at `position` was read once and not again: what it said is written anew, but for a message, which was not promised. */
	private restate(position: number): boolean {
		const { table, inbound } = this.journal;
		for (let number = table.after(0); number !== 0; number = table.after(number)) {
			if (table.cells(number) === 0 || table.position(number) !== position) continue;
			if (table.state(number) === MessageState.AwaitComp)
				this.journal.note(EventKind.Released, number & 0xffff, 0);
			else table.finish(number);
		}
		for (let index = 0; index < inbound.count; index++) {
			const row = inbound.row(index);
			if (inbound.position(row) === position)
				this.journal.note(EventKind.Opened, inbound.id(row), inbound.hash(row));
		}
		return this.journal.write(true) && this.journal.writeSession(false);
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
		const { log, journal } = this;
		if (!log.encrypted || log.fault !== StoreFault.WriteFailed) return false;
		log.fault = StoreFault.None;
		log.cell = Geometry.Cells;
		return journal.writeMark(RecordType.Boot);
	}

	/** Reads the header of a block into `log.small`. Returns its sequence; 0: there is none; or a negative fault. */
	protected header(block: number): number {
		const { log } = this;
		const { view, small, blocks } = log;
		for (let cell = 0; cell < Geometry.Cells; cell += Geometry.PageCells) {
			if (log.fetchCell(block * Geometry.Cells + cell) < 0) return 0;
			if (!log.isHeader(small, cell)) continue;
			if (view.getUint8(small + Header.Major) !== Version.Major) return -StoreFault.Version;
			if ((view.getUint8(small + Header.Incompatible) & ~Version.Known) !== 0) return -StoreFault.Version;
			if (view.getUint8(small + Header.Blocks) !== blocks) return -StoreFault.Geometry;
			const sequence = view.getUint32(small + Header.Sequence);
			const tail = view.getUint32(small + Header.Tail);
			if (sequence > 0x7fff_ffff || sequence % blocks !== block) continue;
			if (tail <= sequence && tail + blocks > sequence && tail > 0) return sequence;
		}
		return 0;
	}

	/** No sector has a header: a new partition, one whose first header was cut short, or somebody else's. */
	private found(random: Random): StoreFault {
		const { log } = this;
		if (log.encrypted) return StoreFault.Foreign; // whether it is blank cannot be asked
		let free = 0;
		for (let block = 0; block < log.blocks; block++) {
			const used = this.firstHeader(block);
			if (used < 0) return this.faultOr(StoreFault.Foreign);
			if (used > 0) free = block + 1;
		}
		return this.format(random, log.blocks + free);
	}

	/**
	 * Begins a store behind all sectors in which that was tried before: what becomes of their headers does not matter then.
	 * In a block that is blank; one that had to be erased may be so only for now, when that was cut short.
	 */
	private format(random: Random, sequence: number): StoreFault {
		const { log } = this;
		this.clean = true;
		this.doubt = 0;
		this.journal.reset();
		let first = sequence;
		while (first < sequence + log.blocks && !log.isErased(first % log.blocks)) first++;
		if (first === sequence + log.blocks && !log.erase(first % log.blocks)) return log.fault;
		return log.format(1 + random.below(0x7fff_ffff), first) ? StoreFault.None : log.fault;
	}

	/** 0: the block is blank. 1: it holds nothing but what may be a first mark and header, cut short. -1: it holds something else. */
	private firstHeader(block: number): number {
		const { log } = this;
		let used = 0;
		for (let cell = 0; cell < Geometry.Cells; cell += Geometry.PageCells) {
			const at = log.fetch(block * Geometry.Cells + cell, Geometry.PageCells);
			if (at < 0) return -1;
			for (let next = 0; next < Geometry.PageCells; next++) {
				if (log.isBlank(at + next * Geometry.CellBytes)) continue;
				if (next > 0 || cell > Geometry.PageCells || !log.mayBecomeFirst(at, cell)) return -1;
				used = 1;
			}
		}
		return used;
	}

	private read(found: number, random: Random): StoreFault {
		const { log } = this;
		const { view, small } = log;
		const { table } = this.journal;
		this.header(found % log.blocks);
		log.storeId = view.getUint32(small + Header.StoreId);
		log.tail = log.durableTail = view.getUint32(small + Header.Tail);
		let newest = found;
		while (this.hasRecords(newest + 1)) newest++; // its header is damaged
		if (newest > found) this.damaged = true;
		for (let sequence = log.tail; sequence <= found; sequence++) {
			const there = this.header(sequence % log.blocks) === sequence;
			if (there && view.getUint32(small + Header.StoreId) !== log.storeId) return StoreFault.Corrupt;
			if (there) table.reach(view.getUint32(small + Header.Next) - 1);
			// None of them can be missing by a power cut.
			else if (!this.hasRecords(sequence)) return this.faultOr(StoreFault.Corrupt);
			else this.damaged = true;
		}
		let used = 0;
		for (let sequence = log.tail; sequence <= newest; sequence++) {
			used = this.#used;
			const fault = this.scan(sequence);
			if (fault !== StoreFault.None) return fault;
		}
		if (newest === log.tail && !this.#matters) return this.format(random, newest + 1);
		this.place(newest, used);
		this.settle();
		return StoreFault.None;
	}

	/** True when a sector holds a record that is no first mark, whatever became of its header. */
	private hasRecords(sequence: number): boolean {
		const { log } = this;
		for (let cell = 1; cell < Geometry.Cells; cell++) {
			const position = log.position(sequence, cell);
			let at = log.fetchCell(position);
			if (at < 0) return false;
			const cells = log.headed(at, sequence, cell);
			if (cells === 0 || cells > log.recordCells || log.view.getUint8(at + Rec.Type) === RecordType.Boot)
				continue;
			if (cells > 1) at = log.fetch(position, cells);
			if (at >= 0 && log.sound(at, sequence)) return true;
		}
		return false;
	}

	private faultOr(other: StoreFault): StoreFault {
		return this.log.fault === StoreFault.None ? other : this.log.fault;
	}

	/**
	 * Where the log goes on. The newest sector may have been prepared and not entered; the one before it, `used` so far, is the
	 * head then.
	 */
	private place(newest: number, used: number): void {
		const { log } = this;
		const entry = pageBehind(this.#used);
		log.head = newest;
		log.cell = entry;
		if (this.#proven) return;
		// Its header is in doubt, and must be written again behind the mark of this life: that takes two pages.
		if (entry <= Geometry.Cells - 2 * Geometry.PageCells) {
			log.doubtful = true;
			if (this.#entered) return;
			log.head--;
			log.doubtful = false;
			log.entry = entry;
			log.cell = pageBehind(used);
			return;
		}
		// Nothing but marks of lives that did nothing: the next one is taken, or this one is erased once more.
		log.cell = Geometry.Cells;
		if (this.#copies < COPIES || log.used > log.cleanAbove) log.head--;
	}

	/**
	 * Takes the records of a sector, in order. What cannot be a record is passed over cell by cell. Returns a fault on a
	 * record that must be known and is not, or when the flash refused.
	 */
	protected scan(sequence: number): StoreFault {
		const { log } = this;
		this.#used = 1;
		this.#copies = 0;
		this.#entered = this.#matters = this.#proven = false;
		/** The cells that stand in the scratch: `base` is the place of cell 0, as it were. */
		let base = 0;
		let end = 0;
		/** The last place that holds no record. */
		let gap = 0;
		for (let cell = 1; cell < Geometry.Cells; ) {
			const position = log.position(sequence, cell);
			if (cell >= end) {
				base = log.fetch(position, Geometry.PageCells) - cell * Geometry.CellBytes;
				end = cell + Geometry.PageCells;
				if (log.fault !== StoreFault.None) return log.fault;
			}
			let at = base + cell * Geometry.CellBytes;
			const cells = this.claimed(at, sequence, cell);
			if (cells > log.recordCells) return StoreFault.Geometry;
			if (cell + cells > end) {
				at = log.fetch(position, cells);
				if (at < 0) return log.fault;
				base = at - cell * Geometry.CellBytes;
				end = cell + (cells <= 4 ? 4 : cells <= Geometry.PageCells ? Geometry.PageCells : cells);
			}
			if (cells > 0 && log.sound(at, sequence)) {
				if (isTorn(gap, cell) && log.view.getUint8(at + Rec.Type) !== RecordType.Boot) this.damaged = true;
				const fault = this.take(at, position, sequence, cells);
				if (fault !== StoreFault.None) return fault;
				cell += cells;
			} else gap = cell++;
		}
		return StoreFault.None;
	}

	/** Looks what a cell is, and notes that it is used. Returns the cells of the record whose head stands there, or 0. */
	private claimed(at: number, sequence: number, cell: number): number {
		const { log } = this;
		if (!log.encrypted && log.isBlank(at)) return 0;
		if (cell % Geometry.PageCells === 0 && log.isHeader(at, cell)) {
			this.#copies++;
			if (this.#used <= cell) this.#used = cell + 1;
			return 0;
		}
		const cells = log.headed(at, sequence, cell);
		if (log.encrypted && cells === 0) return 0; // it may as well be blank
		this.#entered = true;
		const end = cell + (cells > 0 ? cells : 1);
		if (this.#used < end) this.#used = end;
		return cells;
	}

	protected take(at: number, position: number, sequence: number, cells: number): StoreFault {
		const type = this.log.view.getUint8(at + Rec.Type);
		const fault = this.journal.read(at, position, sequence);
		if (fault !== StoreFault.None) return fault;
		this.clean = type === RecordType.End;
		if (type === RecordType.Boot) return fault;
		const mark = type === RecordType.End || type === RecordType.Proof;
		this.#proven = true;
		this.doubt = mark ? 0 : position;
		this.#doubtCells = cells;
		this.#doubtSequence = sequence;
		if (!mark) this.#matters = true;
		return fault;
	}

	/** The states in which the messages come back: those that cannot have been sent are due. */
	private settle(): void {
		const { table, sent, reserved } = this.journal;
		table.reach(reserved - 1);
		for (let number = table.after(0); number !== 0; number = table.after(number)) {
			const state = table.state(number);
			if (number > sent && state !== MessageState.AwaitComp) table.setState(number, MessageState.DuePublish);
		}
	}
}

/** The start of a page in which nothing was programmed when everything up to `used` may have been, and one command more. */
function pageBehind(used: number): number {
	const page = (used + Geometry.PageCells - 1) & -Geometry.PageCells;
	const next = page === used ? page + Geometry.PageCells : page;
	return next < Geometry.Cells ? next : Geometry.Cells;
}

/**
 * True when a record at `cell` proves that what stood at `gap` was damaged: in a page records stand one behind the other. The
 * first place of a page is that of a mark, which may be lost.
 */
function isTorn(gap: number, cell: number): boolean {
	return gap % Geometry.PageCells !== 0 && (gap & -Geometry.PageCells) === (cell & -Geometry.PageCells);
}
