// SPDX-License-Identifier: MIT
/** A pcapng file, block by block (draft-ietf-opsawg-pcapng), streamed: it holds no more than a buffer. */

import { closeSync, openSync, writeSync } from "node:fs";

/** Written when it is full. */
const BUFFER_BYTES = 65_536;

const enum Block {
	Interface = 1,
	Names = 4,
	Packet = 6,
	Section = 0x0a0d0d0a,
}
const ETHERNET = 1;
const enum Option {
	Comment = 1,
	InterfaceName = 2,
	Application = 4,
}

export class Blocks {
	/** Why the file could not be written; what comes later is not tried. */
	error: NodeJS.ErrnoException | undefined;
	readonly #file: number;
	readonly #buffer = Buffer.alloc(BUFFER_BYTES);
	#length = 0;
	#open = true;

	/** Makes the file anew. Throws when that cannot be done. */
	constructor(file: string) {
		this.#file = openSync(file, "w");
		const head = Buffer.alloc(16);
		head.writeUInt32LE(0x1a2b3c4d, 0); // the order of bytes
		head.writeUInt16LE(1, 4); // version 1.0
		head.writeBigInt64LE(-1n, 8); // the section's length is not known
		this.#block(Block.Section, [head, option(Option.Application, "ringbuoy"), END]);
		const wire = Buffer.alloc(8);
		wire.writeUInt16LE(ETHERNET, 0);
		this.#block(Block.Interface, [wire, option(Option.InterfaceName, "ringbuoy"), END]);
	}

	/** A frame at `us` microseconds since 1970, with a comment, if any. */
	packet(us: number, frame: Uint8Array, comment: string): void {
		const head = Buffer.alloc(20);
		head.writeUInt32LE(Math.floor(us / 0x1_0000_0000), 4);
		head.writeUInt32LE(us % 0x1_0000_0000, 8);
		head.writeUInt32LE(frame.length, 12);
		head.writeUInt32LE(frame.length, 16);
		const options = comment === "" ? [] : [option(Option.Comment, comment), END];
		this.#block(Block.Packet, [head, padded(frame), ...options]);
	}

	/** The name that belongs to an IPv4 address. */
	name(address: number, name: string): void {
		const text = Buffer.from(`${name}\0`);
		const record = Buffer.alloc(8);
		record.writeUInt16LE(1, 0); // IPv4
		record.writeUInt16LE(4 + text.length, 2);
		record.writeUInt32BE(address, 4);
		this.#block(Block.Names, [record, padded(text), END]);
	}

	/** Writes what is in the buffer: whole blocks only, so that the file can be read at any time. */
	flush(): void {
		this.#write(this.#buffer.subarray(0, this.#length));
		this.#length = 0;
	}

	close(): void {
		if (!this.#open) return;
		this.flush();
		this.#open = false;
		closeSync(this.#file);
	}

	#block(type: Block, parts: readonly Uint8Array[]): void {
		if (!this.#open || this.error !== undefined) return;
		const bytes = parts.reduce((sum, part) => sum + part.length, 12);
		if (this.#length + bytes > BUFFER_BYTES) this.flush();
		let at = this.#buffer.writeUInt32LE(type, this.#length);
		at = this.#buffer.writeUInt32LE(bytes, at);
		for (const part of parts) {
			this.#buffer.set(part, at);
			at += part.length;
		}
		this.#length = this.#buffer.writeUInt32LE(bytes, at);
	}

	#write(bytes: Uint8Array): void {
		try {
			for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
		} catch (error) {
			this.error ??= error as NodeJS.ErrnoException;
		}
	}
}

/** Ends a list of options, or of names. */
const END = Buffer.alloc(4);

function option(code: Option, text: string): Buffer {
	const value = Buffer.from(text).subarray(0, 1024);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(code, 0);
	head.writeUInt16LE(value.length, 2);
	return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Uint8Array {
	const over = bytes.length % 4;
	return over === 0 ? bytes : Buffer.concat([bytes, END.subarray(over)]);
}
