// SPDX-License-Identifier: MIT
/**
 * A flash partition with the rules of NOR: writing clears bits, erasing a block of 4096 bytes sets all of them. In
 * memory, blocks made when they are first written; or in a file, which is an image as a flash tool reads it from a board.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import type { Flash } from "../../lib/ports.js";

export const flashBlockBytes = 4096;
const erased = 0xff;

export interface NodeFlashOptions {
	/** Bytes, a multiple of 4096; default 65536, or the length of the file. */
	size?: number;
	/** Keeps it in this file, made when it is missing. Every command is written through at once. */
	file?: string;
}

export class NodeFlash implements Flash {
	/** How often each block was erased since this object was made. */
	readonly wear: Uint32Array;
	/** Write and erase commands since this object was made. */
	commands = 0;
	readonly #size: number;
	/** Undefined: erased, as a new chip is. */
	readonly #blocks: (Uint8Array | undefined)[];
	#file: number | undefined;

	/** Throws when the size is no multiple of 4096, or the file is of another size. */
	constructor(options: NodeFlashOptions = {}) {
		if (options.file !== undefined) this.#file = openSync(options.file, "a+");
		if (this.#file !== undefined) {
			// "a+" makes the file when it is missing; "r+" then writes at a place instead of at the end.
			closeSync(this.#file);
			this.#file = openSync(options.file!, "r+");
		}
		const present = this.#file === undefined ? 0 : fstatSync(this.#file).size;
		this.#size = options.size ?? (present || 65536);
		if (!(this.#size > 0 && this.#size % flashBlockBytes === 0)) {
			throw new RangeError(`a flash partition is a multiple of ${flashBlockBytes} bytes, not ${this.#size}`);
		}
		if (present !== 0 && present !== this.#size) {
			throw new RangeError(`${options.file} holds ${present} bytes, not ${this.#size}`);
		}
		this.#blocks = new Array(this.#size / flashBlockBytes).fill(undefined);
		this.wear = new Uint32Array(this.#blocks.length);
		if (this.#file !== undefined) this.#load(present);
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return { size: this.#size, blockLength: flashBlockBytes };
	}

	read(view: Uint8Array, offset: number): number {
		this.#check(view, offset);
		for (let at = 0; at < view.length; ) {
			const block = this.#blocks[Math.floor((offset + at) / flashBlockBytes)];
			const inside = (offset + at) % flashBlockBytes;
			const count = Math.min(view.length - at, flashBlockBytes - inside);
			if (block === undefined) view.fill(erased, at, at + count);
			else view.set(block.subarray(inside, inside + count), at);
			at += count;
		}
		return view.length;
	}

	write(view: Uint8Array, offset: number): void {
		this.#check(view, offset);
		this.commands++;
		for (let at = 0; at < view.length; at++) {
			const number = Math.floor((offset + at) / flashBlockBytes);
			this.#blocks[number] ??= new Uint8Array(flashBlockBytes).fill(erased);
			this.#blocks[number]![(offset + at) % flashBlockBytes] &= view[at];
		}
		if (this.#file === undefined) return;
		const now = new Uint8Array(view.length);
		this.read(now, offset);
		writeSync(this.#file, now, 0, now.length, offset);
	}

	eraseBlock(first: number, end = first + 1): void {
		if (
			!(
				Number.isInteger(first) &&
				Number.isInteger(end) &&
				first >= 0 &&
				first < end &&
				end <= this.#blocks.length
			)
		) {
			throw new RangeError(`flash has no blocks ${first} to ${end - 1}`);
		}
		for (let number = first; number < end; number++) {
			this.commands++;
			this.#blocks[number] = undefined;
			this.wear[number]++;
			if (this.#file !== undefined) this.#writeErased(number);
		}
	}

	/** Closes the file, if there is one. */
	close(): void {
		if (this.#file !== undefined) closeSync(this.#file);
		this.#file = undefined;
	}

	#check(view: Uint8Array, offset: number): void {
		if (!(Number.isInteger(offset) && offset >= 0 && offset + view.length <= this.#size)) {
			throw new RangeError(`flash has no bytes ${offset} to ${offset + view.length - 1}`);
		}
	}

	#load(present: number): void {
		if (present === 0) {
			ftruncateSync(this.#file!, this.#size);
			for (let number = 0; number < this.#blocks.length; number++) this.#writeErased(number);
			return;
		}
		for (let number = 0; number < this.#blocks.length; number++) {
			const block = new Uint8Array(flashBlockBytes);
			readSync(this.#file!, block, 0, flashBlockBytes, number * flashBlockBytes);
			if (block.some((byte) => byte !== erased)) this.#blocks[number] = block;
		}
	}

	#writeErased(number: number): void {
		const blank = new Uint8Array(flashBlockBytes).fill(erased);
		writeSync(this.#file!, blank, 0, flashBlockBytes, number * flashBlockBytes);
	}
}
