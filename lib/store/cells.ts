// SPDX-License-Identifier: MIT
import { type Block, type Flash, StoreFault } from "../ports.js";
import { Geometry } from "./format.js";

/** The longest piece that is programmed or searched at once. */
const PIECE_BYTES = Geometry.PageCells * Geometry.CellBytes;

/**
 * A partition of flash as cells of 32 bytes, read and programmed through views that are made once. All flash goes through
 * here, so here are the only places where its exceptions are caught.
 */
export class Cells {
	fault: StoreFault = StoreFault.None;
	/** Records were programmed in more than one piece, or read: the scratch does not hold what it held. */
	moved = false;
	/** Bytes programmed, and blocks erased, in this life. */
	programmed = 0;
	erases = 0;
	/** Where a record is made or read: its place in the block; and the same for one cell. */
	scratch = 0;
	small = 0;
	readonly blocks: number;
	readonly encrypted: boolean;
	/** Cells of the longest record. */
	readonly recordCells: number;
	bytes!: Uint8Array;
	view!: DataView;
	private flash: Flash;
	/** Windows on the scratch: four cells, a page, a whole record; one on `small` and one on the cell behind it, the mirror. */
	private four!: Uint8Array;
	private page!: Uint8Array;
	private record!: Uint8Array;
	private one!: Uint8Array;
	private mirror!: Uint8Array;

	/** Throws a RangeError on a partition that this format cannot use. */
	constructor(flash: Flash, recordBytes: number, encrypted: boolean) {
		const { size, blockLength } = flash.status();
		this.blocks = Math.floor(size / Geometry.BlockBytes);
		if (blockLength !== Geometry.BlockBytes)
			throw new RangeError(`a store needs flash that is erased 4096 bytes at a time, not ${blockLength}`);
		if (this.blocks < Geometry.BlocksMin || this.blocks > Geometry.BlocksMax)
			throw new RangeError(`a store needs a partition of 24576 to 1044480 bytes, not ${size}`);
		this.flash = flash;
		this.recordCells = recordBytes / Geometry.CellBytes;
		this.encrypted = encrypted;
	}

	/** Bytes of the block that {@link attach} takes. */
	get size(): number {
		return this.scratchBytes + 2 * Geometry.CellBytes;
	}

	attach(block: Block, start: number): void {
		const { bytes } = block;
		const at = bytes.byteOffset + start;
		const { buffer } = bytes;
		const { scratchBytes } = this;
		this.bytes = bytes;
		this.view = block.view;
		this.scratch = start;
		this.small = start + scratchBytes;
		this.four = new Uint8Array(buffer, at, 4 * Geometry.CellBytes);
		this.page = new Uint8Array(buffer, at, PIECE_BYTES);
		this.record = new Uint8Array(buffer, at, scratchBytes);
		this.one = new Uint8Array(buffer, at + scratchBytes, Geometry.CellBytes);
		this.mirror = new Uint8Array(buffer, at + scratchBytes + Geometry.CellBytes, Geometry.CellBytes);
	}

	/** Bytes of the scratch. */
	get scratchBytes(): number {
		const bytes = this.recordCells * Geometry.CellBytes;
		return bytes < PIECE_BYTES ? PIECE_BYTES : bytes;
	}

	private get mirrorAt(): number {
		return this.small + Geometry.CellBytes;
	}

	/** Reads `cells` from `position` on. Returns where they stand in the block, in the scratch; -1 when the flash refused. */
	fetch(position: number, cells: number): number {
		const view = cells <= 4 ? this.four : cells <= Geometry.PageCells ? this.page : this.record;
		const end = this.blocks * Geometry.BlockBytes - view.length;
		const address = position * Geometry.CellBytes;
		const from = address < end ? address : end; // a view may reach beyond the partition
		this.moved = true;
		return this.readInto(view, from) ? this.scratch + address - from : -1;
	}

	/** Reads one cell; returns where it stands, at `small`, or -1. */
	fetchCell(position: number): number {
		return this.readInto(this.one, position * Geometry.CellBytes) ? this.small : -1;
	}

	/** True when the cell at `at` reads as erased. Written out: the loop around it takes as much again as what is in it. */
	isBlank(at: number): boolean {
		const view = this.view;
		const front = view.getInt32(at) & view.getInt32(at + 4) & view.getInt32(at + 8) & view.getInt32(at + 12);
		const back = view.getInt32(at + 16) & view.getInt32(at + 20) & view.getInt32(at + 24);
		return (front & back & view.getInt32(at + 28)) === -1;
	}

	/** True when the cells at `at` and at `other` are the same. */
	private isSame(at: number, other: number): boolean {
		const view = this.view;
		for (let end = at + Geometry.CellBytes; at < end; at += 8, other += 8)
			if (view.getInt32(at) !== view.getInt32(other) || view.getInt32(at + 4) !== view.getInt32(other + 4))
				return false;
		return true;
	}

	/** Erases a block and looks whether it is blank. Tries twice. */
	erase(block: number): boolean {
		for (let attempt = 0; attempt < 2; attempt++) {
			this.erases++;
			if (this.eraseOnce(block) && (this.encrypted || this.isErased(block))) return true;
		}
		this.fault = StoreFault.EraseFailed;
		return false;
	}

	/** True when all cells of a block read as erased. One `try` for all: each costs a native malloc. */
	isErased(block: number): boolean {
		const { flash, mirror, mirrorAt } = this;
		const end = (block + 1) * Geometry.BlockBytes;
		try {
			for (let address = block * Geometry.BlockBytes; address < end; address += Geometry.CellBytes) {
				flash.read(mirror, address);
				if (!this.isBlank(mirrorAt)) return false;
			}
			return true;
		} catch {
			this.fault = StoreFault.ReadFailed;
			return false;
		}
	}

	/**
	 * Programs whole cells, from front to back, in pieces for which there are windows: 8, 4 or 1. Single cells go through
	 * `small`; only when a longer piece is not the first does the rest move to the front of the scratch.
	 */
	protected program(at: number, cells: number, position: number): boolean {
		const { bytes, small } = this;
		let address = position * Geometry.CellBytes;
		let from = at;
		for (let left = cells; left > 0; ) {
			const step = left >= Geometry.PageCells ? Geometry.PageCells : left >= 4 ? 4 : 1;
			const to = step === 1 ? small : at;
			if (from !== to) {
				if (step > 1) this.moved = true;
				bytes.copyWithin(to, from, from + (step === 1 ? 1 : left) * Geometry.CellBytes);
				if (step > 1) from = at;
			}
			const view = step === 1 ? this.one : step === 4 ? this.four : this.page;
			if (!this.programPiece(view, to, address)) return false;
			from += step * Geometry.CellBytes;
			address += step * Geometry.CellBytes;
			left -= step;
		}
		return true;
	}

	/** Programs what `view` shows, which is what stands at `at`, and reads it back cell by cell. */
	protected programPiece(view: Uint8Array, at: number, address: number): boolean {
		const { flash, mirror, mirrorAt } = this;
		const { length } = view;
		this.programmed += length;
		let written = false;
		try {
			flash.write(view, address);
			written = true;
			for (let offset = 0; offset < length; offset += Geometry.CellBytes) {
				flash.read(mirror, address + offset);
				if (!this.isSame(at + offset, mirrorAt)) return false;
			}
			return true;
		} catch {
			if (written) this.fault = StoreFault.ReadFailed;
			return false;
		}
	}

	private readInto(view: Uint8Array, address: number): boolean {
		try {
			this.flash.read(view, address);
			return true;
		} catch {
			this.fault = StoreFault.ReadFailed;
			return false;
		}
	}

	private eraseOnce(block: number): boolean {
		try {
			this.flash.eraseBlock(block);
			return true;
		} catch {
			return false;
		}
	}
}
