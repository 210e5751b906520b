// SPDX-License-Identifier: MIT
/**
 * A flash partition as it is on a board, with everything that can go wrong: NOR rules, commands of at most 64 bytes
 * that stay in a page of 256, the power cut in the middle of any of them, worn sectors, encryption. Fast, because a
 * million lives are lived on it: a command allocates nothing.
 */

import type { Flash } from "../lib/ports.js";
import { Cells, Cut, cellBytes, type NorImage, sectorBytes } from "./nor/cells.js";
import { blockBytes, Cipher } from "./nor/cipher.js";
import { SeededRandom } from "./world/random.js";

export { CUTS, Cut, cellBytes, type NorImage, sectorBytes } from "./nor/cells.js";

const pageBytes = 256;
/** Microseconds: what ESP-IDF's emulator has for a program command, and for the erase of a sector. */
const programUs = 13;
const programByteUs = 1.45;
const eraseUs = 37_100;

/** The power is gone: thrown by every call until {@link NorFlash.reboot}. Always the same object. */
export class PowerCut extends Error {
	override readonly name = "PowerCut";
}
export const POWER_CUT = new PowerCut("the power is cut");

/** What is wrong with a sector: the first two are not told, the others throw. */
export type SectorFault =
	| "programs nothing"
	| "erases nothing"
	| "refuses to program"
	| "refuses to erase"
	| "refuses to read";
const FAULTS: readonly SectorFault[] = [
	"programs nothing",
	"erases nothing",
	"refuses to program",
	"refuses to erase",
	"refuses to read",
];

export interface NorFlashOptions {
	/** Of 4096 bytes; default 16. */
	sectors?: number;
	/** The longest program command: 64, or 32 as for buffers outside of internal memory, and always with encryption. */
	sliceBytes?: 64 | 32;
	/** A cell that is programmed a second time between two erases is counted (default), or the command throws. */
	reprogram?: "count" | "throw";
	/**
	 * Bits that a cut left unstable take another value at each boot (default), at each read, or at each boot and then mostly
	 * those of one command the same, so that what was cut short reads as complete, or as blank, now and again.
	 */
	unstable?: "boot" | "read" | "together";
	/** Reads and writes in blocks of 16 bytes and programs in rows of 32; erased flash reads as noise. Default false. */
	encrypted?: boolean;
	/** Erases that a sector takes before it has `worn`; default Infinity. */
	endurance?: number;
	worn?: SectorFault;
	/** One erase in so many takes 400 ms, eleven times as long as the others; default 0: none. */
	slowErases?: number;
	/** Where torn bits come from. */
	random?: SeededRandom;
}

export class NorFlash implements Flash {
	/** Told at once when the power is cut, before the call throws: stop the world of the board here. */
	onCut: (() => void) | undefined;
	/** Told how long each command keeps the board, in microseconds. */
	onBusy: ((microseconds: number) => void) | undefined;
	/** Told of each command that programs a cell again, before it does: its address, and the first byte for it. */
	onReprogram: ((address: number, first: number) => void) | undefined;
	/** No power: each call throws. */
	dead = false;
	/** Program commands and erases so far. */
	commands = 0;
	/** Of which erases. */
	eraseCommands = 0;
	/** Cells programmed again without an erase. */
	reprogrammed = 0;
	readonly encrypted: boolean;
	readonly #options: NorFlashOptions;
	readonly #cells: Cells;
	readonly #size: { readonly size: number; readonly blockLength: number };
	readonly #slice: number;
	readonly #cipher = new Cipher(0x5eed);
	/** A row of the encrypted partition. */
	readonly #row = new Uint8Array(cellBytes);
	/** 0, or 1 + index into `FAULTS`, by sector. */
	readonly #faults: Uint8Array;
	#anyFault = false;
	// Countdowns; 0: not armed.
	#cutIn = 0;
	#cutEraseIn = 0;
	#cut: Cut = Cut.Before;
	#failProgramIn = 0;
	#failEraseIn = 0;
	#failEraseSilently = false;

	constructor(options: NorFlashOptions = {}) {
		const sectors = options.sectors ?? 16;
		if (!(Number.isInteger(sectors) && sectors > 0)) throw new RangeError(`${sectors} sectors`);
		this.#options = options;
		this.encrypted = options.encrypted ?? false;
		this.#slice = this.encrypted ? cellBytes : (options.sliceBytes ?? 64);
		this.#cells = new Cells(sectors, options.random ?? new SeededRandom(1, "flash"));
		this.#size = { size: sectors * sectorBytes, blockLength: sectorBytes };
		this.#faults = new Uint8Array(sectors);
	}

	// ── the port ─────────────────────────────────────────────────────────────────────────────────────────────────

	status(): { readonly size: number; readonly blockLength: number } {
		return this.#size;
	}

	read(view: Uint8Array, offset: number): number {
		const { length } = view;
		this.#check(length, offset);
		if (this.#anyFault) this.#refuse("refuses to read", offset, offset + length - 1);
		if (this.#options.unstable === "read" && this.#cells.unstable > 0)
			this.#cells.redraw(offset & -blockBytes, offset + length);
		if (this.encrypted) return this.#decrypt(view, offset);
		const { data } = this.#cells;
		if (length > 2 * cellBytes) view.set(data.subarray(offset, offset + length));
		else for (let at = 0; at < length; at++) view[at] = data[offset + at];
		return length;
	}

	write(view: Uint8Array, offset: number): void {
		const { length } = view;
		this.#check(length, offset);
		if (this.encrypted) {
			this.#encrypt(view, offset);
			return;
		}
		for (let at = 0; at < length; ) {
			const address = offset + at;
			const page = pageBytes - (address % pageBytes);
			const most = page < this.#slice ? page : this.#slice;
			const count = length - at < most ? length - at : most;
			this.#program(view, at, count, address);
			at += count;
		}
	}

	eraseBlock(first: number, end = first + 1): void {
		const blocks = this.#faults.length;
		const legal =
			Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= blocks;
		if (!legal) throw new RangeError(`flash has no blocks ${first} to ${end - 1}`);
		for (let sector = first; sector < end; sector++) this.#erase(sector);
	}

	// ── power ────────────────────────────────────────────────────────────────────────────────────────────────────

	/** The power is cut during the `nth` command from now, 1: the next; or, with `erases`, during the `nth` erase. */
	arm(nth: number, cut: Cut, erases = false): void {
		this.#cutIn = erases ? 0 : nth;
		this.#cutEraseIn = erases ? nth : 0;
		this.#cut = cut;
	}

	disarm(): void {
		this.#cutIn = this.#cutEraseIn = 0;
	}

	/** The power goes while no command is under way. */
	powerOff(): void {
		this.disarm();
		this.dead = true;
		this.onCut?.();
	}

	/** The power comes back: unstable bits show another value. */
	reboot(): void {
		this.disarm();
		this.dead = false;
		this.#cells.settle(this.#options.unstable === "together");
	}

	// ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────

	/** A sector has this fault from now on; undefined: none. */
	spoil(sector: number, fault: SectorFault | undefined): void {
		this.#faults[sector] = fault === undefined ? 0 : 1 + FAULTS.indexOf(fault);
		this.#anyFault = this.#faults.some((one) => one !== 0);
	}

	/** The `nth` program command from now throws when it is half done. */
	failProgram(nth: number): void {
		this.#failProgramIn = nth;
	}

	/** The `nth` erase from now throws, or, `silently`, leaves bits behind. */
	failErase(nth: number, silently = false): void {
		this.#failEraseIn = nth;
		this.#failEraseSilently = silently;
	}

	/** One bit of the chip reads as its opposite from now on. */
	flip(address: number, bit: number): void {
		this.#cells.data[address] ^= 1 << bit;
	}

	// ── what can be seen from outside ────────────────────────────────────────────────────────────────────────────

	/** How often each sector was erased. */
	get wear(): Uint32Array {
		return this.#cells.erases;
	}

	/** The bytes in the chip, as a flash tool reads them: with encryption not what {@link read} reads. The object is live. */
	get bytes(): Uint8Array {
		return this.#cells.data;
	}

	/** Bytes that have unstable bits. */
	get unstable(): number {
		return this.#cells.unstable;
	}

	get random(): SeededRandom {
		return this.#cells.random;
	}

	set random(random: SeededRandom) {
		this.#cells.random = random;
	}

	/** Everything that survives without power. */
	snapshot(): NorImage {
		return this.#cells.snapshot();
	}

	/** As {@link snapshot} found it, of a partition of the same size; with power, nothing armed. */
	restore(image: NorImage): void {
		this.#cells.restore(image);
		this.#awake();
	}

	/** As new, or holding `image`, a dump of the same size. */
	renew(image?: Uint8Array): void {
		this.#cells.renew();
		if (image !== undefined) {
			if (image.length !== this.#size.size) throw new RangeError(`a dump of ${image.length} bytes`);
			this.#cells.data.set(image);
		}
		this.#faults.fill(0);
		this.#anyFault = false;
		this.commands = this.eraseCommands = this.reprogrammed = 0;
		this.#awake();
	}

	#awake(): void {
		this.dead = false;
		this.#cutIn = this.#cutEraseIn = this.#failProgramIn = this.#failEraseIn = 0;
	}

	// ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

	#program(source: Uint8Array, at: number, count: number, address: number): void {
		this.commands++;
		this.onBusy?.(programUs + programByteUs * count);
		this.#note(source[at], count, address);
		if (this.#cutIn > 0 && --this.#cutIn === 0) {
			this.#cells.tear(this.#cut, source, at, count, address);
			this.#die();
		}
		if (this.#failProgramIn > 0 && --this.#failProgramIn === 0) {
			this.#cells.program(source, at, count >> 1, address);
			throw new Error("the flash refused to program");
		}
		if (this.#anyFault) {
			this.#refuse("refuses to program", address, address);
			if (this.#has("programs nothing", address)) return;
		}
		this.#cells.program(source, at, count, address);
	}

	/** Counts what this command does to the cells that it touches. */
	#note(first: number, count: number, address: number): void {
		const { programs } = this.#cells;
		const last = ((address + count - 1) / cellBytes) | 0;
		for (let cell = (address / cellBytes) | 0; cell <= last; cell++) {
			if (programs[cell] > 0) {
				this.reprogrammed++;
				this.onReprogram?.(cell * cellBytes, first);
				if (this.#options.reprogram === "throw") throw new Error(`cell ${cell} is programmed twice`);
			}
			if (programs[cell] < 255) programs[cell]++;
		}
	}

	#erase(sector: number): void {
		if (this.dead) throw POWER_CUT;
		const { slowErases = 0, endurance = Number.POSITIVE_INFINITY, worn } = this.#options;
		const cells = this.#cells;
		this.commands++;
		this.eraseCommands++;
		const slow = slowErases > 0 && cells.random.below(slowErases) === 0;
		this.onBusy?.(slow ? 400_000 : eraseUs);
		const due = this.#cutIn > 0 && --this.#cutIn === 0;
		if (due || (this.#cutEraseIn > 0 && --this.#cutEraseIn === 0)) {
			cells.tearErase(this.#cut, sector);
			this.#die();
		}
		if (cells.erases[sector] >= endurance && worn !== undefined) this.spoil(sector, worn);
		if (this.#failEraseIn > 0 && --this.#failEraseIn === 0) {
			if (!this.#failEraseSilently) throw new Error("the flash refused to erase");
			cells.eraseBadly(sector);
			return;
		}
		if (this.#anyFault) {
			this.#refuse("refuses to erase", sector * sectorBytes, sector * sectorBytes);
			if (this.#has("erases nothing", sector * sectorBytes)) return;
		}
		cells.erase(sector);
	}

	#die(): never {
		this.disarm();
		this.dead = true;
		this.onCut?.();
		throw POWER_CUT;
	}

	#check(length: number, offset: number): void {
		if (this.dead) throw POWER_CUT;
		if (!(Number.isInteger(offset) && offset >= 0 && offset + length <= this.#size.size))
			throw new RangeError(`flash has no bytes ${offset} to ${offset + length - 1}`);
		if (this.encrypted && (offset % blockBytes !== 0 || length % blockBytes !== 0))
			throw new RangeError(`encrypted flash is used in blocks of 16 bytes, not ${length} at ${offset}`);
	}

	#has(fault: SectorFault, address: number): boolean {
		return this.#faults[(address / sectorBytes) | 0] === 1 + FAULTS.indexOf(fault);
	}

	/** Throws when one of the sectors from `start` to `last` has that fault. */
	#refuse(fault: SectorFault, start: number, last: number): void {
		for (let at = start - (start % sectorBytes); at <= last; at += sectorBytes)
			if (this.#has(fault, at)) throw new Error(`sector ${at / sectorBytes} ${fault}`);
	}

	// ── encryption ───────────────────────────────────────────────────────────────────────────────────────────────

	#decrypt(view: Uint8Array, offset: number): number {
		const { data } = this.#cells;
		for (let at = 0; at < view.length; at += blockBytes)
			this.#cipher.decrypt(data, offset + at, view, at, offset + at);
		return view.length;
	}

	/** Row by row; of a row of which only half is written, the other half is programmed once more as it is. */
	#encrypt(view: Uint8Array, offset: number): void {
		const row = this.#row;
		const end = offset + view.length;
		for (let address = offset - (offset % cellBytes); address < end; address += cellBytes) {
			for (let half = 0; half < cellBytes; half += blockBytes) {
				const at = address + half;
				if (at >= offset && at < end) this.#cipher.encrypt(view, at - offset, row, half, at);
				else for (let i = 0; i < blockBytes; i++) row[half + i] = this.#cells.data[at + i];
			}
			this.#program(row, 0, cellBytes, address);
		}
	}
}
