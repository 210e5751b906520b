// SPDX-License-Identifier: MIT
/** What the modules of a gate may ask of the program that runs them (host.c). */

/** What {@link Host.count} tells: since the last {@link Host.mark}, but for the last four. */
export const enum What {
	/** Slots made, collected or not. */
	Slots = 0,
	/** Chunks made or extended, and their bytes. */
	Chunks = 1,
	ChunkBytes = 2,
	/** Calls of malloc, calloc, realloc of the whole program: C heap, not XS heap. */
	Mallocs = 3,
	MallocBytes = 4,
	Collections = 5,
	/** Byte codes executed. */
	Codes = 6,
	/** The deepest that the JavaScript stack was, in slots, the whole stack counted. */
	Stack = 7,
	/** In use now, garbage included. */
	LiveSlots = 8,
	LiveChunkBytes = 9,
	/** The most that was ever in use. */
	PeakSlots = 10,
	PeakChunkBytes = 11,
}

export default class Host {
	static print(text: string): void;
	/** `--name value` of the command line. Allocates. */
	static argument(name: string): string | undefined;
	static exit(code: number): never;
	static collect(): void;
	static mark(): void;
	static count(what: What): number;
	/** A native move between views, for models of hardware. */
	static copy(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void;
}
