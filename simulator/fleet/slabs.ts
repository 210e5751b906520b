// SPDX-License-Identifier: MIT
/** Memory for thousands of boards: a few large blocks, because each buffer of its own costs the host some hundred bytes more. */

import type { Memory } from "../../lib/ports.js";

const SLAB_BYTES = 1 << 20;

export class Slabs implements Memory {
	#slab = new ArrayBuffer(0);
	#used = 0;
	#allocated = 0;

	/** Bytes given out so far. */
	get allocated(): number {
		return this.#allocated;
	}

	/** What one board gets touches nobody else's, but shares a buffer with it. */
	allocate(bytes: number): Uint8Array {
		this.#allocated += bytes;
		if (this.#used + bytes > this.#slab.byteLength) {
			this.#slab = new ArrayBuffer(Math.max(SLAB_BYTES, bytes));
			this.#used = 0;
		}
		const block = new Uint8Array(this.#slab, this.#used, bytes);
		this.#used += (bytes + 7) & ~7;
		return block;
	}
}
