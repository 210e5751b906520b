// SPDX-License-Identifier: MIT
import { StoreFault } from "../ports.js";
import { Cells } from "./cells.js";
import { crc32 } from "./crc.js";
import { Geometry, Header, Rec, RecordType, Version } from "./format.js";

/** Bytes of one sector's row: cells that are still needed, u16. */
const LIVE_BYTES = 2;

/** What a log has to know of its owner. */
interface Owner {
	/** The number of the next message. */
	readonly next: number;
	/** Changes that are not in the log yet: 0 when all that is not needed any more is known in flash to be so. */
	readonly pending: number;
}

/**
 * A ring of sectors in flash, written from front to back, cell by cell, each cell once between two erases.
 *
 *        tail                     head    ready
 *         ▼                        ▼        ▼
 *     ┌────────┬────────┬────────┬────────┬────────┬────────┐
 *     │ needed │ needed │ needed │ being  │ erased,│ dead   │
 *     │ a bit  │        │        │ filled │ headed │        │
 *     └────────┴────────┴────────┴────────┴────────┴────────┘
 *
 * A record exists if and only if its checks are right at its place; there is no commit mark and nothing is changed in
 * place. A sector is erased only after a durable header said that it is dead, and gets its header as soon as it is
 * blank: a valid header proves that the erase was completed.
 *
 * The log knows sectors and records; what records mean is for its owner.
 */
export class Log extends Cells {
	/** Sequence of the sector that is being filled, and its next free cell; 128 when it is full. */
	head = 0;
	cell: number = Geometry.Cells;
	/** Sequence of the oldest sector that is needed. */
	tail = 0;
	/**
	 * Where the sector behind `head` is entered, 0 when it is not prepared: at 1, or at the start of a later page when its
	 * header was found by this life and may have been the last thing that an earlier one programmed.
	 */
	entry = 0;
	/** The header of the head is in doubt for that reason: {@link reaffirm} is due before anything that matters. */
	doubtful = false;
	/** The tail that the newest header tells. */
	durableTail = 0;
	/** Cells needed, weighted by what long records waste at the end of a sector. */
	charged = 0;
	/** This step may still erase, see {@link step}. */
	mayErase = true;
	/** The cell, counted in the partition, of the newest record that is no mark; 0: there is none. Marks of a life's beginning name it. */
	newest = 0;
	/** The type of the record that this life wrote last; 0: none. */
	last = 0;
	storeId = 0;
	owner!: Owner;

	/** Bytes of the block that {@link attach} takes. */
	override get size(): number {
		return super.size + this.blocks * LIVE_BYTES;
	}

	private get live(): number {
		return this.small + 2 * Geometry.CellBytes;
	}

	// ── places ───────────────────────────────────────────────────────────────────────────────────────────────────

	/** The position of a cell: its number in the partition. */
	position(sequence: number, cell: number): number {
		return (sequence % this.blocks) * Geometry.Cells + cell;
	}

	/** The sequence of the sector that a position of the log is in. */
	sequence(position: number): number {
		const ahead = (position >> 7) - (this.tail % this.blocks);
		return this.tail + (ahead < 0 ? ahead + this.blocks : ahead);
	}

	/** Cells of a sector that are needed. */
	needed(sequence: number): number {
		return this.view.getUint16(this.live + (sequence % this.blocks) * LIVE_BYTES);
	}

	/** `cells` from `position` on are needed. */
	hold(position: number, cells: number): void {
		this.add(position, cells);
		this.charged += weight(cells);
	}

	/** They are not needed any more. */
	release(position: number, cells: number): void {
		this.add(position, -cells);
		this.charged -= weight(cells);
	}

	/** Forgets all that was held. */
	releaseAll(): void {
		this.bytes.fill(0, this.live, this.live + this.blocks * LIVE_BYTES);
		this.charged = 0;
	}

	/** True when `cells` more can be held with the certainty that the ring can always be cleaned. */
	fits(cells: number): boolean {
		return this.charged + weight(cells) <= this.capacity;
	}

	/** True when a message may be appended: the last sectors are for events and for cleaning. */
	get isOpen(): boolean {
		return this.used < this.blocks - 3 || (this.entry > 0 && this.used < this.blocks - 2);
	}

	/** Cells that may be held: three quarters of what is left after the sectors that cleaning needs. */
	get capacity(): number {
		return ((this.cleanAbove * (Geometry.Cells - 1) * 3) / 4) | 0;
	}

	/** Sectors from tail to head. */
	get used(): number {
		return this.head - this.tail + 1;
	}

	/** With more sectors in use than this, each write also cleans a little. */
	get cleanAbove(): number {
		return this.blocks - 5 - ((this.blocks - 8) >> 4);
	}

	/** Gives up sectors at the tail in which nothing is needed, once the records say so: a header may be read only this once. */
	trim(): void {
		if (this.owner.pending > 0) return;
		while (this.tail < this.head && this.needed(this.tail) === 0) this.tail++;
	}

	// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** The cells of the record whose head stands at `at` and was read from `cell` of a sector; 0 when that is no head. */
	headed(at: number, sequence: number, cell: number): number {
		const { view } = this;
		const cells = view.getUint8(at + Rec.Cells);
		const type = view.getUint8(at + Rec.Type);
		if (cells === 0 || cells > Geometry.RecordCells || cell + cells > Geometry.Cells || type === 0xff)
			return 0;
		if (cellsOf(view.getUint16(at + Rec.Length)) !== cells) return 0;
		return view.getUint16(at + Rec.Check) === this.check(at, sequence, cell) ? cells : 0;
	}

	/** True when the whole record at `at` is as it was written in that sector. */
	sound(at: number, sequence: number): boolean {
		return this.view.getInt32(at + Rec.Crc) === this.crc(at, sequence);
	}

	/** Reads a record until it is sound, three times at most: unstable bits. Returns where it stands, or -1. */
	reread(position: number, cells: number, sequence: number): number {
		for (let attempt = 0; attempt < 3; attempt++) {
			const at = this.fetch(position, cells);
			if (at < 0 || this.sound(at, sequence)) return at;
		}
		return -1;
	}

	// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

	/**
	 * Makes sure that `cells` fit behind the head, in one sector. Returns false when that cannot be, or the flash failed
	 * (`fault`). Leaves the scratch alone. At most one erase.
	 */
	enter(cells: number): boolean {
		if (this.cell + cells <= Geometry.Cells) return true;
		if (this.entry === 0 && !this.prepare()) return false;
		this.head++;
		this.cell = this.entry;
		this.entry = 0;
		this.doubtful = this.cell > 1;
		// A life begins with a mark; else it takes one to be sure of the cell.
		if (!this.doubtful || this.last === 0) return true;
		return this.append(this.small, RecordType.Boot, this.owner.next, this.newest, 0) >= 0 && this.reaffirm();
	}

	/** What comes next begins a page, when what came last did. */
	skipPage(): void {
		if (this.cell % Geometry.PageCells === 1) this.cell += Geometry.PageCells - 1;
	}

	/** A step begins: it may erase one block. */
	step(): void {
		this.mayErase = true;
	}

	/**
	 * Appends the record whose body stands at `at + Rec.Body` (`at` is `scratch` or `small`); {@link enter} made room for it.
	 * Returns its position, or -1 (`fault`). `cell` is then behind it.
	 */
	append(at: number, type: number, number: number, arg: number, length: number): number {
		const { view, bytes } = this;
		const cells = cellsOf(length);
		// Zeros, so that a cell that was begun is hardly ever taken for a blank one, whatever its bits do later.
		bytes.fill(0, at + Rec.Body + length, at + cells * Geometry.CellBytes);
		view.setInt32(at + Rec.Type, (type << 24) | (cells << 16) | length); // three neighbours
		view.setUint32(at + Rec.Number, number);
		view.setUint16(at + Rec.Arg, arg);
		// Twice, because a page may be worn; or as often as it takes when what seems blank may not be. No cell is used again.
		for (
			let left = this.encrypted ? Geometry.PageCells * 2 : 2;
			left > 0 && this.cell + cells <= Geometry.Cells;
			left--
		) {
			const position = this.position(this.head, this.cell);
			view.setUint16(at + Rec.Check, this.check(at, this.head, this.cell));
			view.setInt32(at + Rec.Crc, this.crc(at, this.head));
			this.cell += cells;
			if (at === this.scratch) this.moved = false;
			this.last = type;
			if (this.program(at, cells, position)) {
				if (type >= RecordType.Critical) this.newest = position;
				return position;
			}
			if (at === this.scratch && this.moved) break;
			this.cell = (this.cell + Geometry.PageCells - 1) & -Geometry.PageCells;
		}
		this.fault = StoreFault.WriteFailed;
		return -1;
	}

	/** True when the next sector can be erased: it is durably dead, and its header can say so of the one after it. */
	get preparable(): boolean {
		return this.entry === 0 && this.durableTail + this.blocks > this.head + 1 && this.used <= this.blocks - 2;
	}

	/** Erases the sector behind the head and writes its header. Returns false when that may not be, or the flash failed. */
	prepare(): boolean {
		this.trim();
		if (!this.preparable || !this.mayErase) return false;
		this.mayErase = false;
		const sequence = this.head + 1;
		if (!this.erase(sequence % this.blocks) || !this.writeHeader(sequence, 0, this.tail)) return false;
		this.entry = 1;
		return true;
	}

	/** Writes the header of the head once more, at the start of the next page. It says no more than the first. */
	reaffirm(): boolean {
		this.doubtful = false;
		this.cell = (this.cell + Geometry.PageCells - 1) & -Geometry.PageCells;
		return this.writeHeader(this.head, this.cell++, this.durableTail);
	}

	/** Begins anew, in a blank block, with the sector of this sequence: a mark, and the header behind it. */
	format(storeId: number, sequence: number): boolean {
		this.storeId = storeId;
		this.tail = this.durableTail = this.head = sequence;
		this.cell = this.entry = 0;
		this.releaseAll();
		return this.append(this.small, RecordType.Boot, this.owner.next, this.newest, 0) >= 0 && this.reaffirm();
	}

	private add(position: number, cells: number): void {
		const at = this.live + (position >> 7) * LIVE_BYTES;
		this.view.setUint16(at, this.view.getUint16(at) + cells);
	}

	private seed(sequence: number): number {
		return this.storeId ^ Math.imul(sequence, 0x9e3779b1);
	}

	private check(at: number, sequence: number, cell: number): number {
		const crc = crc32(this.view, at, at + Rec.Check, this.seed(sequence) ^ Math.imul(cell, 0x85ebca6b));
		return (crc ^ (crc >>> 16)) & 0xffff;
	}

	private crc(at: number, sequence: number): number {
		const seed = crc32(this.view, at, at + Rec.Crc, this.seed(sequence));
		return crc32(this.view, at + Rec.Body, at + Rec.Body + this.view.getUint16(at + Rec.Length), seed);
	}

	private writeHeader(sequence: number, cell: number, tail: number): boolean {
		const { view, small } = this;
		view.setUint32(small + Header.Magic, Version.Magic);
		view.setUint8(small + Header.Major, Version.Major);
		view.setUint8(small + Header.Incompatible, 0);
		view.setUint8(small + Header.Compatible, 0);
		view.setUint8(small + Header.Blocks, this.blocks);
		view.setUint32(small + Header.Sequence, sequence);
		view.setUint32(small + Header.StoreId, this.storeId);
		view.setUint32(small + Header.Tail, tail);
		view.setUint32(small + Header.Reserved, 0);
		view.setUint32(small + Header.Next, this.owner.next);
		view.setInt32(small + Header.Crc, this.headerCrc(small, cell));
		if (this.program(small, 1, this.position(sequence, cell))) {
			this.durableTail = tail;
			return true;
		}
		this.fault = StoreFault.WriteFailed;
		return false;
	}

	/** True when a sound header stands at `at`, which was read from `cell` of a sector. */
	isHeader(at: number, cell: number): boolean {
		return (
			this.view.getUint32(at) === Version.Magic &&
			this.view.getInt32(at + Header.Crc) === this.headerCrc(at, cell)
		);
	}

	/** True when {@link format} may have been cut short at `at`, read from `cell`: no bit is cleared that it would not clear. */
	mayBecomeFirst(at: number, cell: number): boolean {
		const { view } = this;
		const start = cell === 0 ? (RecordType.Boot << 24) | (1 << 16) : Version.Magic;
		const rest = cell === 0 ? this.owner.next : (Version.Major << 24) | this.blocks;
		return (view.getInt32(at) & start) === start && (view.getInt32(at + 4) & rest) === rest;
	}

	private headerCrc(at: number, cell: number): number {
		return crc32(this.view, at, at + Header.Crc, cell);
	}
}

/** Cells of a record whose body has so many bytes. */
export function cellsOf(length: number): number {
	return (Rec.Body + length + Geometry.CellBytes - 1) >> 5;
}

/** What a record counts when it is asked whether there is room: long ones leave cells unused at the end of a sector. */
function weight(cells: number): number {
	return cells + ((cells * cells * 11) >> 10);
}
