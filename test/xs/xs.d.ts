// SPDX-License-Identifier: MIT
/** The global that the harness (host.c) gives to modules. It exists on XS only. */

/** Totals of the `n` calls of the last {@link XsHost.alloc}. */
interface XsAllocation {
	readonly n: number;
	/** Heap slots: 16 bytes each on 32 bit, 32 on 64 bit. Meaningless when `collections` is not 0. */
	readonly slots: number;
	/** New chunks, and their bytes with header and rounding. */
	readonly chunks: number;
	readonly chunkBytes: number;
	/** Chunks that were extended in place, and by how much. */
	readonly grown: number;
	readonly grownBytes: number;
	/** Calls of malloc, calloc, realloc by the engine: C heap, not XS heap. */
	readonly mallocs: number;
	readonly mallocBytes: number;
	/** The deepest that the JavaScript stack went below the caller, in slots. */
	readonly stack: number;
	/** Collections that fell inside. */
	readonly collections: number;
}

interface XsHost {
	/** Calls `f` to warm up (43 times), collects, then calls it `n` times from C with `this` undefined and counts. One result object, filled anew each time. */
	alloc(f: () => unknown, n?: number, warmUp?: number): XsAllocation;
	/** Calls `f` n times from C; returns the nanoseconds of processor time. */
	repeat(f: () => unknown, n: number): number;
	/** Full collections; returns the live slots. */
	collect(): number;
	/** Slots in use now, garbage included. */
	slots(): number;
	/** Chunk bytes in use now, garbage included. */
	chunkBytes(): number;
	/** Collections so far, whoever asked for them. */
	collections(): number;
	/** Bytes that the heap can still give without a collection. */
	freeHeap(): number;
	/** A native move between views with all bounds checked, for scripted peers. */
	copy(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void;
	/** A monotonic clock. */
	nanoseconds(): number;
	print(text: string): void;
	readonly version: string;
	readonly bits: 32 | 64;
	readonly slotBytes: 16 | 32;
	/** What `--heap` said, 0 without. */
	readonly heapBytes: number;
}

declare const xs: XsHost;
