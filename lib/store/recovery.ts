// SPDX-License-Identifier: MIT
import { type Random, StoreFault } from "../ports.js";
import { MessageState } from "../wire/record.js";
import { Geometry, Header, Rec, RecordType, Version } from "./format.js";
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
	doubtCells = 0;
	doubtSequence = 0;
	/** When it is a message that was known before it: the place of that record. */
	doubtBefore = 0;
	protected readonly journal: Journal;
	protected readonly log: Log;
	/** Sequence of the newest sector. */
	private newest = 0;
	/** Of the sector that was read last: the cell behind all that is not blank; copies of its header; whether there is anything else. */
	private used = 0;
	private copies = 0;
	private entered = false;
	/** A record follows that proves that the header was completed; and one that is no mark. */
	private proven = false;
	private matters = false;

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
		this.newest = newest;
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
			used = this.used;
			const fault = this.scan(sequence);
			if (fault !== StoreFault.None) return fault;
		}
		if (newest === log.tail && !this.matters) return this.format(random, newest + 1);
		this.place(newest, used);
		this.settle();
		return StoreFault.None;
	}

	/** True when a sector holds a record that is no first mark, whatever became of its header. */
	private hasRecords(sequence: number): boolean {
		const { log } = this;
		let base = 0;
		let end = 0;
		for (let cell = 1; cell < Geometry.Cells; cell++) {
			const position = log.position(sequence, cell);
			if (cell >= end) {
				const page = log.fetch(position, Geometry.PageCells);
				if (page < 0) return false;
				base = page - cell * Geometry.CellBytes;
				end = cell + Geometry.PageCells;
			}
			const at = base + cell * Geometry.CellBytes;
			const cells = log.headed(at, sequence, cell);
			if (cells === 0 || cells > log.recordCells || log.view.getUint8(at + Rec.Type) === RecordType.Boot)
				continue;
			end = 0;
			const whole = log.fetch(position, cells);
			if (whole >= 0 && log.sound(whole, sequence)) return true;
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
		const entry = pageBehind(this.used);
		log.head = newest;
		log.cell = entry;
		if (this.proven) return;
		// Its header is in doubt, and must be written again behind the marks of this life: that takes three pages.
		if (entry <= Geometry.Cells - 3 * Geometry.PageCells) {
			log.doubtful = true;
			if (this.entered) return;
			log.head--;
			log.doubtful = false;
			log.entry = entry;
			log.cell = pageBehind(used);
			return;
		}
		// Nothing but marks of lives that did nothing: the next one is taken, or this one is erased once more.
		log.cell = Geometry.Cells;
		if (this.copies < COPIES || log.used > log.cleanAbove) log.head--;
	}

	/**
	 * Takes the records of a sector, in order. What cannot be a record is passed over cell by cell. Returns a fault on a
	 * record that must be known and is not, or when the flash refused.
	 */
	protected scan(sequence: number): StoreFault {
		const { log } = this;
		this.used = 1;
		this.copies = 0;
		this.entered = this.matters = this.proven = false;
		/** The cells that stand in the scratch: `base` is the place of cell 0, as it were. */
		let base = 0;
		let end = 0;
		/** The last place that holds no record; where the last head without its body claims to end; a mark of a life came last. */
		let gap = -1;
		let claim = 0;
		let begun = false;
		for (let cell = 1; cell < Geometry.Cells; ) {
			const position = log.position(sequence, cell);
			if (cell >= end) {
				base = log.fetch(position, Geometry.PageCells) - cell * Geometry.CellBytes;
				end = cell + Geometry.PageCells;
				if (log.fault !== StoreFault.None) return log.fault;
			}
			let at = base + cell * Geometry.CellBytes;
			const copies = this.copies;
			const cells = this.claimed(at, sequence, cell);
			if (cells > log.recordCells) return StoreFault.Geometry;
			if (this.copies > copies) claim = 0;
			if (cell + cells > end) {
				at = log.fetch(position, cells);
				if (at < 0) return log.fault;
				base = at - cell * Geometry.CellBytes;
				end = cell + (cells <= 4 ? 4 : cells <= Geometry.PageCells ? Geometry.PageCells : cells);
			}
			if (cells > 0 && log.sound(at, sequence)) {
				const boot = this.isBoot(at);
				if (gap === cell - 1 && isTorn(cell, claim, begun) && !boot) this.damaged = true;
				begun = boot;
				const next = cell + cells < end ? at + cells * Geometry.CellBytes : -1;
				const fault = this.meet(at, position, sequence, cells, next);
				if (fault !== StoreFault.None) return fault;
				cell += cells;
				claim = 0;
				if (this.used < cell) this.used = cell;
			} else {
				this.pass(at, position, cells);
				if (cells > 0 && !this.isBoot(at)) claim = cell + cells; // the mark of a life may be lost
				if (this.copies === copies) gap = cell;
				cell++;
			}
		}
		return StoreFault.None;
	}

	/** Looks what a cell is, and notes that it is used. Returns the cells of the record whose head stands there, or 0. */
	private claimed(at: number, sequence: number, cell: number): number {
		const { log } = this;
		if (!log.encrypted && log.isBlank(at)) return 0;
		if (cell % Geometry.PageCells === 0 && log.isHeader(at, cell)) {
			this.copies++;
			if (this.used <= cell) this.used = cell + 1;
			return 0;
		}
		const cells = log.headed(at, sequence, cell);
		if (log.encrypted && cells === 0) return 0; // it may as well be blank
		this.entered = true;
		// What a torn head claims may be blank in another life: where that can be seen, only what is not blank counts.
		const end = cell + (log.encrypted && cells > 0 ? cells : 1);
		if (this.used < end) this.used = end;
		return cells;
	}

	/** A cell at which no record begins; `cells` of one whose head is right. Whoever inspects a dump looks here. */
	protected pass(_at: number, _position: number, _cells: number): void {}

	/**
	 * A sound record. The last one of a life may have been cut short, and read as whole in one life and not in another. So
	 * the marks of later lives are asked whether they found it. `next` is where the cell behind it stands, or -1.
	 */
	private meet(at: number, position: number, sequence: number, cells: number, next: number): StoreFault {
		const type = this.log.view.getUint8(at + Rec.Type);
		if (type === RecordType.Boot) return this.take(at, position, sequence, cells);
		const mark = type === RecordType.End || type === RecordType.Proof;
		this.proven = true;
		if (!mark) this.matters = true;
		const whole = mark || this.isFollowed(position, cells, sequence, next);
		if (!whole && this.isDenied(position, cells, sequence)) return StoreFault.None;
		return this.take(at, position, sequence, cells);
	}

	private isBoot(at: number): boolean {
		return this.log.view.getUint8(at + Rec.Type) === RecordType.Boot;
	}

	/** True when a record of the same life stands right behind this one, which is then whole. */
	private isFollowed(position: number, cells: number, sequence: number, next: number): boolean {
		const { log } = this;
		const cell = (position % Geometry.Cells) + cells;
		if (cell >= Geometry.Cells) return false;
		const at = next < 0 ? log.fetchCell(position + cells) : next;
		return at >= 0 && log.headed(at, sequence, cell) > 0 && !this.isBoot(at);
	}

	/**
	 * True when a life found this record no more: its mark names one before it. What that life did was done without it, so it
	 * would be news from the past. Looks as far as a record that is whole; behind that nobody can have missed this one. One
	 * with a mark inside is not: what stands behind it belongs to a later life.
	 */
	private isDenied(position: number, cells: number, sequence: number): boolean {
		const { log } = this;
		let cell = (position % Geometry.Cells) + cells;
		for (let later = sequence; later <= this.newest; later++, cell = 1) {
			let end = 0; // of a record that seems to be whole
			while (cell < Geometry.Cells && (end === 0 || cell < end)) {
				const there = log.position(later, cell);
				const at = log.fetchCell(there);
				if (at < 0) return false;
				const claimed = log.headed(at, later, cell);
				const boot = claimed > 0 && this.isBoot(at);
				if (claimed > 0 && !boot && end === 0 && this.isFollowed(there, claimed, later, -1))
					end = cell + claimed;
				else if (boot && log.sound(at, later)) {
					end = 0;
					if (this.named(at, later) < sequence * Geometry.Cells + (position % Geometry.Cells)) return true;
					cell++;
					continue;
				}
				cell = (cell + Geometry.PageCells) & -Geometry.PageCells;
			}
			if (end > 0) return false;
		}
		return false;
	}

	/** Where the record that the mark at `at` names stands in the order of the log; it may be in a sector that is dead. */
	private named(at: number, sequence: number): number {
		const { view, blocks } = this.log;
		const position = view.getUint16(at + Rec.Arg);
		const behind = (sequence + blocks - (position >> 7)) % blocks;
		return position === 0 ? 0 : (sequence - behind) * Geometry.Cells + (position % Geometry.Cells);
	}

	/** A sound record that counts. */
	protected take(at: number, position: number, sequence: number, cells: number): StoreFault {
		const { journal } = this;
		const { view } = this.log;
		const type = view.getUint8(at + Rec.Type);
		this.clean = type === RecordType.End;
		if (type === RecordType.Boot) return journal.read(at, position, sequence);
		const mark = type === RecordType.End || type === RecordType.Proof;
		this.doubt = mark ? 0 : position;
		this.doubtCells = cells;
		this.doubtSequence = sequence;
		if (!mark) this.log.newest = position;
		const number = type === RecordType.Message ? view.getUint32(at + Rec.Number) : 0;
		this.doubtBefore = journal.table.state(number) === 0 ? 0 : journal.table.position(number);
		return journal.read(at, position, sequence);
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
 * True when a record at `cell` that is no mark of a life, with nothing right before it, proves that one was damaged there. After
 * a cut two marks come, each at the start of a page (`begun`: the first), of which the second may be lost; and where a record
 * does not read back, the next begins a page. `claim` is where the last head without its body says that it ends.
 */
function isTorn(cell: number, claim: number, begun: boolean): boolean {
	const at = cell % Geometry.PageCells;
	return at > 1 || (at === 1 && !begun) || claim === cell;
}
