// SPDX-License-Identifier: MIT
/**
 * Writes frames as a client sends them (RFC 6455, section 5): whole, masked, and without a copy. The payload is masked where
 * it stands in the caller's memory; its header borrows the bytes before it, so that both leave in one write, which below us
 * may be a record of TLS; and everything is as before when {@link FrameWriter.write} returns.
 */

import type { Random, Transport } from "../../../lib/index.js";
import type { Opcode } from "./frame-reader.js";
import { Mask } from "./mask.js";

/** Of the longest header. */
export const headerBytes = 8;
/** What a length of two bytes can tell. */
export const payloadBytesMost = 65_535;

const FIN = 0x80;
const MASKED = 0x80;

export class FrameWriter {
	readonly #header = new Uint8Array(headerBytes);
	/** What stands where the header is put for a moment. */
	readonly #borrowed = new Uint8Array(headerBytes);
	readonly #mask = new Mask();
	readonly #random: Random;

	constructor(random: Random) {
		this.#random = random;
	}

	/** The caller keeps the length in {@link payloadBytesMost}, and room for the header. */
	write(below: Transport, opcode: Opcode, bytes: Uint8Array, start: number, end: number): void {
		const size = this.compose(opcode, end - start);
		const mask = this.#mask;
		mask.toggle(bytes, start, end);
		if (start < size) {
			// The first bytes of a block: there is nothing before them to borrow.
			below.write(this.#header, 0, size);
			below.write(bytes, start, end);
		} else {
			const at = start - size;
			move(bytes, at, this.#borrowed, 0, size);
			move(this.#header, 0, bytes, at, size);
			below.write(bytes, at, end);
			move(this.#borrowed, 0, bytes, at, size);
		}
		mask.toggle(bytes, start, end);
	}

	/** Makes the header and its key; returns its length. */
	private compose(opcode: Opcode, length: number): number {
		const header = this.#header;
		const size = length < 126 ? 6 : headerBytes;
		header[0] = FIN | opcode;
		if (length < 126) header[1] = MASKED | length;
		else {
			header[1] = MASKED | 126;
			header[2] = length >> 8;
			header[3] = length;
		}
		const key = (this.#random.below(0x10000) << 16) | this.#random.below(0x10000);
		this.#mask.key = key;
		for (let i = 0; i < 4; i++) header[size - 4 + i] = key >>> (i << 3);
		return size;
	}
}

/** A few bytes from one block to another; a view of them would cost more. */
function move(from: Uint8Array, start: number, to: Uint8Array, at: number, count: number): void {
	for (let i = 0; i < count; i++) to[at + i] = from[start + i];
}
