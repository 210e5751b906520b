// SPDX-License-Identifier: MIT
import { Geometry } from "./format.js";
import type { Log } from "./log.js";

/** Erases that a sector of NOR flash takes, as data sheets promise (Winbond W25Q, Micron N25Q); some copies take a tenth. */
export const ENDURANCE = 100_000;
const YEAR_SECONDS = 31_557_600;

/** What a store has done to its flash: as of when it was asked for. */
export class Wear {
	/** Bytes programmed in this life. */
	readonly bytesWritten: number;
	/** Blocks erased in this life. */
	readonly erases: number;
	/** Blocks of the partition. */
	readonly blocks: number;
	/** Blocks erased since the partition was formatted. */
	readonly erasesEver: number;
	/** Erases of the most worn block, since the partition was formatted; those that had to be repeated are not in it. */
	readonly erasesMost: number;
	/** Seconds of this life. */
	readonly seconds: number;

	constructor(log: Log, seconds: number) {
		const newest = log.head + (log.entry > 0 ? 1 : 0);
		this.bytesWritten = log.programmed;
		this.erases = log.erases;
		this.blocks = log.blocks;
		this.erasesEver = Math.max(0, newest - log.blocks);
		this.erasesMost = Math.ceil(this.erasesEver / log.blocks);
		this.seconds = seconds;
	}

	/** Years until the partition is worn out, at the rate of this life so far; Infinity while nothing was written. */
	lifeYears(endurance: number = ENDURANCE): number {
		const sector = (Geometry.Cells - 1) * Geometry.CellBytes;
		const rate = this.bytesWritten / Math.max(1, this.seconds);
		return (this.blocks * sector * Math.max(0, endurance - this.erasesMost)) / rate / YEAR_SECONDS;
	}
}
