// SPDX-License-Identifier: MIT
import type { Memory } from "../ports.js";

/**
 * One block of bytes for everything that the client keeps: received packet, packets to send, outbox, text.
 *
 * One block, because inside one buffer `copyWithin` moves bytes natively and for free, while `set` between two views
 * of the same buffer clones the source on XS. Inside the core only offsets into {@link bytes} travel, never views.
 */
export class Arena {
	/** The whole block. */
	readonly bytes: Uint8Array;
	/** The same bytes, for multi-byte fields: half the price of two byte accesses. */
	readonly view: DataView;
	private used = 0;

	/** Takes `size` bytes from the board's memory. */
	constructor(memory: Memory, size: number) {
		this.bytes = memory.allocate(size);
		if (this.bytes.length !== size)
			throw new RangeError(`Memory gave ${this.bytes.length} bytes, not ${size}`);
		this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
	}

	/** Sets `size` bytes aside for good and returns where they start. Throws when the block is used up: construction only. */
	region(size: number): number {
		const start = this.used;
		if (start + size > this.bytes.length)
			throw new RangeError("the arena's regions are larger than the arena");
		this.used = start + size;
		return start;
	}
}
