// SPDX-License-Identifier: MIT
/**
 * The physics of NOR flash: an array of bytes whose bits can only be cleared one by one and only be set by the sector,
 * and what becomes of them when the power goes away in the middle of that.
 */

import type { SeededRandom } from "../world/random.js";

export const sectorBytes = 4096;
/** The unit that is not to be programmed twice between two erases, as chips with error correction have it. */
export const cellBytes = 32;

/**
 * How far a command comes whose power is cut. An unstable bit is one that reads differently after each boot.
 *
 * | | a program command | an erase |
 * |---|---|---|
 * | Before, After | did not begin; is complete | the same |
 * | Prefix | its first bytes are there | everything from some place on was programmed to 0, the first phase of an erase |
 * | Bits5, Bits50, Bits95 | so many of a hundred bits are cleared | so many of a hundred bits are set |
 * | Flaky | four tenths are cleared, four tenths are unstable | a mixture of everything |
 * | Weak | it reads as complete in the next life, and every bit of it is unstable later | 2 bits of a hundred are |
 * | Ghost | nothing is seen of it in the next life, later its bits are unstable | 2 bits of a hundred are |
 */
export const Cut = {
	Before: 0,
	After: 1,
	Prefix: 2,
	Bits5: 3,
	Bits50: 4,
	Bits95: 5,
	Flaky: 6,
	Weak: 7,
	Ghost: 8,
} as const;
export type Cut = (typeof Cut)[keyof typeof Cut];
export const CUTS = 9;

/** Probabilities as parts of 256. */
const PART = { [Cut.Bits5]: 13, [Cut.Bits50]: 128, [Cut.Bits95]: 243 } as const;
const FOUR_TENTHS = 102;
const EIGHT_TENTHS = 205;

/** A copy of everything that a partition is. */
export interface NorImage {
	readonly data: Uint8Array;
	readonly programs: Uint8Array;
	readonly unstable: Uint8Array;
	readonly places: Uint32Array;
	readonly calm: number;
	readonly erases: Uint32Array;
}

export class Cells {
	readonly data: Uint8Array;
	/** How often each cell was programmed since its sector was erased; at most 255. */
	readonly programs: Uint8Array;
	/** How often each sector was erased. */
	readonly erases: Uint32Array;
	random: SeededRandom;
	/** Bits that read as they like. */
	readonly #unstable: Uint8Array;
	/** Where they are, in no order, and how many places. */
	readonly #places: Uint32Array;
	#count = 0;
	/** So many of the last places keep their value during the next life. */
	#calm = 0;

	constructor(sectors: number, random: SeededRandom) {
		const bytes = sectors * sectorBytes;
		this.data = new Uint8Array(bytes).fill(0xff);
		this.programs = new Uint8Array(bytes / cellBytes);
		this.erases = new Uint32Array(sectors);
		this.random = random;
		this.#unstable = new Uint8Array(bytes);
		this.#places = new Uint32Array(bytes);
	}

	/** Bytes with unstable bits. */
	get unstable(): number {
		return this.#count;
	}

	/** As new: erased, never worn. */
	renew(): void {
		this.data.fill(0xff);
		this.programs.fill(0);
		this.erases.fill(0);
		this.#unstable.fill(0);
		this.#count = this.#calm = 0;
	}

	/** Clears the bits that are 0 in `count` bytes of `source`; they are firm now. */
	program(source: Uint8Array, at: number, count: number, address: number): void {
		const { data } = this;
		for (let i = 0; i < count; i++) data[address + i] &= source[at + i];
		if (this.#count === 0) return;
		for (let i = 0; i < count; i++) this.#unstable[address + i] &= source[at + i];
	}

	/** Sets all bits of a sector. */
	erase(sector: number): void {
		const start = sector * sectorBytes;
		this.data.fill(0xff, start, start + sectorBytes);
		this.#steady(sector);
	}

	/** An erase that nobody sees fail: a few bits stay as they were. */
	eraseBadly(sector: number): void {
		const start = sector * sectorBytes;
		const { data } = this;
		const kept = start + this.random.below(sectorBytes);
		const old = data[kept];
		for (let at = start; at < start + sectorBytes; at++) if (this.random.next() >>> 24 > 2) data[at] = 0xff;
		if (old !== 0xff) data[kept] = old;
		this.#steady(sector);
	}

	/** A program command that is cut short. */
	tear(cut: Cut, source: Uint8Array, at: number, count: number, address: number): void {
		if (cut === Cut.Before) return;
		if (cut === Cut.After) this.program(source, at, count, address);
		else if (cut === Cut.Prefix) this.program(source, at, this.random.below(count), address);
		else for (let i = 0; i < count; i++) this.#tearByte(cut, source[at + i], address + i);
	}

	/** An erase that is cut short. */
	tearErase(cut: Cut, sector: number): void {
		if (cut === Cut.Before) return;
		const start = sector * sectorBytes;
		const end = start + sectorBytes;
		const { data } = this;
		if (cut === Cut.After) {
			this.erase(sector);
		} else if (cut === Cut.Prefix) {
			data.fill(0, start + this.random.below(sectorBytes), end);
		} else if (cut === Cut.Flaky) {
			this.#steady(sector);
			for (let at = start; at < end; at++) {
				const bits = this.random.next();
				data[at] |= bits;
				this.#unsettle(at, (bits >>> 8) & (bits >>> 16) & 0xff, false);
			}
		} else if (cut === Cut.Weak || cut === Cut.Ghost) {
			if (cut === Cut.Weak) this.erase(sector);
			const places = (sectorBytes * 8 * 2) / 100;
			for (let i = 0; i < places; i++)
				this.#unsettle(start + this.random.below(sectorBytes), 1 << this.random.below(8), true);
		} else {
			// From what was there, or from the zeros of the first phase.
			if (this.random.below(2) === 0) data.fill(0, start, end);
			for (let at = start; at < end; at++) data[at] |= this.#bits(PART[cut]);
		}
	}

	/**
	 * A boot: unstable bits take the value that they show during this life. `together`: those of one command mostly agree,
	 * as when it depends on temperature and voltage what they read as.
	 */
	settle(together: boolean): void {
		const places = this.#count - this.#calm;
		if (together) this.#drawTogether(places);
		else this.#draw(0, this.data.length, places);
		this.#calm = 0;
	}

	/** Unstable bits from `start` to `end - 1` take another value. */
	redraw(start: number, end: number): void {
		this.#draw(start, end, this.#count - this.#calm);
	}

	snapshot(): NorImage {
		return {
			data: this.data.slice(),
			programs: this.programs.slice(),
			unstable: this.#unstable.slice(),
			places: this.#places.slice(0, this.#count),
			calm: this.#calm,
			erases: this.erases.slice(),
		};
	}

	restore(image: NorImage): void {
		this.data.set(image.data);
		this.programs.set(image.programs);
		this.erases.set(image.erases);
		this.#unstable.set(image.unstable);
		this.#places.set(image.places);
		this.#count = image.places.length;
		this.#calm = image.calm;
	}

	#tearByte(cut: Cut, target: number, address: number): void {
		const { data } = this;
		const wanted = ~target & data[address];
		if (wanted === 0) return;
		if (cut === Cut.Weak) {
			data[address] &= ~wanted;
			this.#unsettle(address, wanted, true);
		} else if (cut === Cut.Ghost) this.#unsettle(address, wanted, true);
		else if (cut === Cut.Flaky) {
			for (let bit = 1; bit < 0x100; bit <<= 1) {
				if ((wanted & bit) === 0) continue;
				const draw = this.random.next() >>> 24;
				if (draw < FOUR_TENTHS) data[address] &= ~bit;
				else if (draw < EIGHT_TENTHS) this.#unsettle(address, bit, false);
			}
		} else data[address] &= ~(wanted & this.#bits(PART[cut as keyof typeof PART]));
	}

	/** Eight bits, each 1 with a probability of `part` in 256. */
	#bits(part: number): number {
		let bits = 0;
		for (let half = 0; half < 2; half++) {
			const draw = this.random.next();
			for (let i = 0; i < 32; i += 8) bits = (bits << 1) | (((draw >>> i) & 0xff) < part ? 1 : 0);
		}
		return bits;
	}

	/** These bits are unstable from now on; `calm`: from the life after the next. */
	#unsettle(address: number, bits: number, calm: boolean): void {
		if (bits === 0) return;
		const known = this.#unstable[address] !== 0;
		this.#unstable[address] |= bits;
		if (known) return;
		if (calm) {
			this.#places[this.#count++] = address;
			this.#calm++;
			return;
		}
		// Before those that are calm.
		const place = this.#count - this.#calm;
		this.#places[this.#count++] = this.#places[place];
		this.#places[place] = address;
	}

	/** All bits of a sector are firm. */
	#steady(sector: number): void {
		this.erases[sector]++;
		this.programs.fill(0, (sector * sectorBytes) / cellBytes, ((sector + 1) * sectorBytes) / cellBytes);
		if (this.#count === 0) return;
		this.#unstable.fill(0, sector * sectorBytes, (sector + 1) * sectorBytes);
		const places = this.#places;
		const firstCalm = this.#count - this.#calm;
		let kept = 0;
		let calm = 0;
		for (let i = 0; i < this.#count; i++) {
			if (this.#unstable[places[i]] === 0) continue;
			places[kept++] = places[i];
			if (i >= firstCalm) calm++;
		}
		this.#count = kept;
		this.#calm = calm;
	}

	#draw(start: number, end: number, places: number): void {
		const { data, random } = this;
		for (let i = 0; i < places; i++) {
			const at = this.#places[i];
			if (at < start || at >= end) continue;
			const bits = this.#unstable[at];
			data[at] = (data[at] & ~bits) | (random.next() & bits);
		}
	}

	#drawTogether(places: number): void {
		const { data, random } = this;
		const boot = random.next();
		for (let i = 0; i < places; i++) {
			const at = this.#places[i];
			const bits = this.#unstable[at];
			const mood = Math.imul((at >> 6) ^ boot, 0x9e3779b1) >>> 30;
			if (mood === 0) data[at] &= ~bits;
			else if (mood === 1) data[at] |= bits;
			else data[at] = (data[at] & ~bits) | (random.next() & bits);
		}
	}
}
