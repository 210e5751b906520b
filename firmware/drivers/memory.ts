// SPDX-License-Identifier: MIT
/**
 * The bytes of a device, and the way in which exact ranges of them cross to native code without an allocation.
 *
 * A native call of XS takes a whole view, `tcp.read(view)` throws when the view is longer than what waits, and `subarray`
 * allocates. So each block is a fixed view over a resizable buffer with a tail behind it, and all blocks share one small
 * window, a resizable buffer too, whose view tracks its length:
 *
 *     block   [ what the core works in          | tail ]
 *                    at ──copyWithin──────────▶ [count]   shrink to its end, window.set(tail), grow back
 *     window  [count]──▶ write(window)                    as long as the bytes, grown back afterwards
 *     window  [count]◀── read(window)                     then block.set(window, at), and grown back
 *
 * A collection trims a buffer that is short just then, and growing it back allocates. Foreign code, which may collect, only
 * ever runs while the window is short, never a block: that costs a window at worst.
 */
import type { Memory } from "../../lib/index.js";

class Block {
	readonly bytes: number;
	readonly full: number;
	readonly buffer: ArrayBuffer;
	/** What the core works in. */
	readonly view: Uint8Array;
	/** All of it, the tail included. */
	readonly whole: Uint8Array;
	/** From the end of {@link view} to wherever the buffer ends now. */
	readonly tail: Uint8Array;

	constructor(bytes: number, tailBytes: number) {
		const full = bytes + tailBytes;
		this.bytes = bytes;
		this.full = full;
		// At full length from the start: a buffer has no more room than it ever had length.
		this.buffer = new ArrayBuffer(full, { maxByteLength: full });
		this.view = new Uint8Array(this.buffer, 0, bytes);
		this.whole = new Uint8Array(this.buffer);
		this.tail = new Uint8Array(this.buffer, bytes);
	}
}

/** The memory port of a device, shared by its diallers. */
export class DeviceMemory implements Memory {
	/** Bytes that cross in one native call. Each block is longer by as much. */
	readonly windowBytes: number;
	readonly #buffer: ArrayBuffer;
	readonly #window: Uint8Array;
	readonly #blocks: Block[] = [];

	constructor(windowBytes = 256) {
		this.windowBytes = windowBytes;
		this.#buffer = new ArrayBuffer(windowBytes, { maxByteLength: windowBytes });
		this.#window = new Uint8Array(this.#buffer);
	}

	allocate(bytes: number): Uint8Array {
		const block = new Block(bytes, this.windowBytes);
		this.#blocks.push(block);
		return block.view;
	}

	/** The window with `count` bytes from `bytes[at]` on, 1 to {@link windowBytes}, for one native write. Then {@link restore}. */
	filled(bytes: Uint8Array, at: number, count: number): Uint8Array {
		const window = this.#window;
		const block = this.blockOf(bytes);
		if (block === undefined) {
			// Not of this memory: legal, but slow.
			for (let i = 0; i < count; i++) window[i] = bytes[at + i];
		} else {
			block.whole.copyWithin(block.bytes, at, at + count);
			block.buffer.resize(block.bytes + count);
			window.set(block.tail);
			block.buffer.resize(block.full);
		}
		this.#buffer.resize(count);
		return window;
	}

	/** The window, `count` bytes long (1 to {@link windowBytes}), for one native read. Then {@link taken} or {@link restore}. */
	empty(count: number): Uint8Array {
		this.#buffer.resize(count);
		return this.#window;
	}

	/** Moves the window's first `count` bytes, which a native read has filled, to `bytes[at]` and on; restores the window. */
	taken(bytes: Uint8Array, at: number, count: number): void {
		this.#buffer.resize(count);
		bytes.set(this.#window, at);
		this.#buffer.resize(this.windowBytes);
	}

	/** Makes the window whole again. */
	restore(): void {
		this.#buffer.resize(this.windowBytes);
	}

	/** By identity: the core hands over the very view that it got. */
	private blockOf(view: Uint8Array): Block | undefined {
		const blocks = this.#blocks;
		let i = blocks.length;
		while (i > 0) if (blocks[--i].view === view) return blocks[i];
		return undefined;
	}
}
