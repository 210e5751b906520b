// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";

/** What {@link Reader.varint} says when there is no value. */
export const enum Varint {
	/** The bytes end before the integer does. */
	Incomplete = -1,
	/** Five bytes, or more of them than the value needs [MQTT-1.5.5-1]. */
	Malformed = -2,
}

/**
 * The reading cursor: integers, variable byte integers and length-prefixed blocks out of a section of the arena.
 * It never reads at or beyond the section's end: a read that would marks the reader as `failed`, gives 0 and does not
 * move, and so does every later one. So a run of reads is checked once, at its end. Allocates nothing.
 */
export class Reader {
	/** Where the next byte is read. */
	position = 0;
	/** True once a read went beyond the section, or met an ill-formed variable byte integer. */
	failed = false;
	private limit = 0;
	private readonly bytes: Uint8Array;
	private readonly view: DataView;

	constructor(arena: Arena) {
		this.bytes = arena.bytes;
		this.view = arena.view;
	}

	/** Starts on the section `[start, limit)` and forgets an earlier failure. */
	begin(start: number, limit: number): void {
		this.position = start;
		this.limit = limit;
		this.failed = false;
	}

	byte(): number {
		const at = this.position;
		if (at >= this.limit) return this.fail();
		this.position = at + 1;
		return this.bytes[at];
	}

	uint16(): number {
		const at = this.position;
		if (at + 2 > this.limit) return this.fail();
		this.position = at + 2;
		return this.view.getUint16(at);
	}

	uint32(): number {
		const at = this.position;
		if (at + 4 > this.limit) return this.fail();
		this.position = at + 4;
		return this.view.getUint32(at);
	}

	/**
	 * A variable byte integer, or a negative {@link Varint}. With `minimal` false more bytes than needed are taken as
	 * well: 3.1.1 describes the short form (2.2.3) but demands it nowhere, and its decoding algorithm takes the others.
	 */
	varint(minimal: boolean): number {
		const bytes = this.bytes;
		const limit = this.limit;
		let at = this.position;
		let value = 0;
		for (let shift = 0; shift < 28; shift += 7) {
			if (at >= limit) {
				this.fail();
				return Varint.Incomplete;
			}
			const byte = bytes[at++];
			value |= (byte & 0x7f) << shift;
			if (byte < 0x80) {
				if (minimal && byte === 0 && shift > 0) break; // [MQTT-1.5.5-1]
				this.position = at;
				return value;
			}
		}
		this.fail();
		return Varint.Malformed;
	}

	/** Steps over `size` bytes and returns where they start. */
	skip(size: number): number {
		const at = this.position;
		if (at + size > this.limit) return this.fail();
		this.position = at + size;
		return at;
	}

	/** Steps over a string or binary data with its two-byte length, and returns where that length stands. */
	block(): number {
		const at = this.position;
		const limit = this.limit;
		if (at + 2 > limit) return this.fail();
		const end = at + 2 + this.view.getUint16(at);
		if (end > limit) return this.fail();
		this.position = end;
		return at;
	}

	private fail(): number {
		this.failed = true;
		this.limit = -1;
		return 0;
	}
}
