// SPDX-License-Identifier: MIT
/** The bytes that boards have written and the broker has not got yet: all connections of a network share a few large blocks. */

const SLAB_BYTES = 1 << 16;
/** Longer pieces are not copied byte by byte. */
const SHORT = 160;

/** A block; it is used again when it is empty. */
export class Slab {
	readonly bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
	used = 0;
	/** Parcels in it. */
	parcels = 0;
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
	if (end - start > SHORT) to.set(from.subarray(start, end), at);
	else for (let i = start; i < end; i++) to[at++] = from[i];
}

/** The longest piece. */
export const PIECE_BYTES = 8192;
/** Where bytes are shown to the broker, and a view for each length that there was: making one costs more than to copy a packet. */
const stage = Buffer.alloc(PIECE_BYTES);
const views: (Buffer | undefined)[] = new Array(PIECE_BYTES + 1).fill(undefined);

export class Cargo {
	#slab = new Slab();
	readonly #free: Slab[] = [];

	/** Takes bytes, {@link PIECE_BYTES} at most, and returns the block that has them; they end where it is used to. */
	put(bytes: Uint8Array, start: number, end: number): Slab {
		if (this.#slab.used + end - start > SLAB_BYTES) this.#slab = this.#free.pop() ?? new Slab();
		const slab = this.#slab;
		copy(bytes, start, end, slab.bytes, slab.used);
		slab.used += end - start;
		return slab;
	}

	/** Shows bytes of a block, until the next call. */
	show({ bytes }: Slab, start: number, count: number): Buffer {
		copy(bytes, start, start + count, stage, 0);
		return (views[count] ??= stage.subarray(0, count));
	}

	/** A parcel of the block has arrived. */
	drop(slab: Slab): void {
		if (--slab.parcels > 0) return;
		slab.used = 0;
		if (slab !== this.#slab) this.#free.push(slab);
	}
}
