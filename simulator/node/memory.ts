// SPDX-License-Identifier: MIT
/** Memory of the host: plain buffers of fixed length, because resizable ones are slow here. */

import type { Memory } from "../../lib/ports.js";

export class NodeMemory implements Memory {
	#allocated = 0;

	/** Bytes given out so far. */
	get allocated(): number {
		return this.#allocated;
	}

	allocate(bytes: number): Uint8Array {
		this.#allocated += bytes;
		return new Uint8Array(bytes);
	}
}
