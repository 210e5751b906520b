// SPDX-License-Identifier: MIT
import type { More, Socket } from "./types.js";

/**
 * Bytes between us and the socket. A native call takes a whole view, and on XS a view of a part costs four slots; so the
 * buffer is as short as the bytes while the socket has it, and its one view follows. Nothing is allocated after construction.
 */
export class Staging {
	readonly size: number;
	/** As long as {@link size}, but inside {@link send} and {@link receive}. */
	readonly bytes: Uint8Array;
	readonly #buffer: ArrayBuffer;

	constructor(size: number) {
		this.size = size;
		this.#buffer = new ArrayBuffer(size, { maxByteLength: size });
		this.bytes = new Uint8Array(this.#buffer);
	}

	/** Back to full length, after a call that threw. */
	restore(): void {
		if (this.#buffer.byteLength !== this.size) this.#buffer.resize(this.size);
	}

	/** Writes the first `count` bytes. Returns what `socket.write` returns, and throws what it throws. */
	send(socket: Socket, count: number, more: More | undefined): number | undefined {
		this.#buffer.resize(count);
		const room = socket.write(this.bytes, more);
		this.#buffer.resize(this.size);
		return room;
	}

	/** Reads at most `count` bytes, at most {@link size}, and puts them at `to[at]`. Returns how many there were. */
	receive(socket: Socket, count: number, to: Uint8Array, at: number): number {
		this.#buffer.resize(count);
		const got = socket.read(this.bytes) as number | undefined;
		if (got !== undefined && got > 0) to.set(this.bytes, at);
		this.#buffer.resize(this.size);
		return got ?? 0;
	}
}
