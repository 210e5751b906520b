// SPDX-License-Identifier: MIT
/** A ring of bytes with a fixed capacity whose block is borrowed while it is not empty: an idle connection holds none. */

/** Blocks of one size, kept for the next ring that needs one. Shared by all connections of the process. */
export class BlockPool {
	readonly bytes: number;
	readonly #free: Buffer[] = [];
	/** The view made last: a steady sender needs the same one again. */
	#view: Buffer = Buffer.alloc(0);

	/** `bytes`: a power of two. */
	constructor(bytes: number) {
		this.bytes = bytes;
	}

	/** A Buffer, because a socket makes one of everything else that it is to write. */
	take(): Buffer {
		return this.#free.pop() ?? Buffer.alloc(this.bytes);
	}

	/** A view of `count` bytes of a block. */
	view(block: Buffer, start: number, count: number): Buffer {
		const last = this.#view;
		if (last.length === count && last.buffer === block.buffer && last.byteOffset === block.byteOffset + start)
			return last;
		this.#view = block.subarray(start, start + count);
		return this.#view;
	}

	/** Keeps a few; a burst's blocks go back to the collector. */
	give(block: Buffer): void {
		if (this.#free.length < 64) this.#free.push(block);
	}
}

export class ByteRing {
	readonly #pool: BlockPool;
	#block: Buffer | undefined;
	/** Where the oldest byte lies. */
	#first = 0;
	#used = 0;

	constructor(pool: BlockPool) {
		this.#pool = pool;
	}

	get used(): number {
		return this.#used;
	}

	get room(): number {
		return this.#pool.bytes - this.#used;
	}

	/** Appends `bytes[start]` to `bytes[end - 1]`; the caller keeps `end - start <= room`. */
	put(bytes: Uint8Array, start: number, end: number): void {
		if (end <= start) return;
		this.#block ??= this.#pool.take();
		const capacity = this.#pool.bytes;
		const at = (this.#first + this.#used) & (capacity - 1);
		const straight = Math.min(end - start, capacity - at);
		copy(bytes, start, start + straight, this.#block, at);
		if (start + straight < end) copy(bytes, start + straight, end, this.#block, 0);
		this.#used += end - start;
	}

	/** Moves the oldest bytes to `bytes[start]` and on, at most up to `limit`; returns how many. */
	take(bytes: Uint8Array, start: number, limit: number): number {
		let at = start;
		while (at < limit && this.#used > 0) {
			const count = Math.min(limit - at, this.straight);
			copy(this.#block!, this.#first, this.#first + count, bytes, at);
			this.drop(count);
			at += count;
		}
		return at - start;
	}

	/** How many of the oldest bytes lie in one piece. */
	get straight(): number {
		return Math.min(this.#used, this.#pool.bytes - this.#first);
	}

	/** A view of the first `count` bytes, `count <= straight`: valid until they are dropped. */
	peek(count: number): Buffer {
		return this.#pool.view(this.#block!, this.#first, count);
	}

	/** Forgets the oldest `count` bytes. */
	drop(count: number): void {
		this.#used -= count;
		this.#first = (this.#first + count) & (this.#pool.bytes - 1);
		if (this.#used > 0) return;
		this.#first = 0;
		if (this.#block !== undefined) this.#pool.give(this.#block);
		this.#block = undefined;
	}

	/** Forgets everything; with `keepBlock` its block is not used again, because somebody else may still look at it. */
	clear(keepBlock = false): void {
		if (keepBlock) this.#block = undefined;
		this.#used = 0;
		this.drop(0);
	}
}

/** A view costs more than a short loop. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
	if (end - start <= 24) for (let i = start; i < end; i++) to[at++] = from[i];
	else to.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
}
