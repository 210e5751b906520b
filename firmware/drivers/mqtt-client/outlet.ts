// SPDX-License-Identifier: MIT
import type { Staging } from "./staging.js";
import type { Bytes, More, Socket } from "./types.js";

/**
 * The sending side: packets are put together in the staging buffer and leave in as few writes as there can be, a long
 * payload in one of its own, from where it is. The caller has looked at {@link room} before {@link begin}.
 */
export class Outlet {
	/** Bytes that the socket takes now. */
	room = 0;
	/** A part of something was written and the rest was not, or the socket gave up: nothing may follow. */
	broken = false;
	socket: Socket | undefined;
	#at = 0;
	/** Bytes of this unit that the socket has not got yet. */
	#left = 0;
	readonly #staging: Staging;
	/** What a TLS socket says less than it needs for its record. */
	readonly #margin: number;
	/** One object for all writes. */
	readonly #more: More = { more: true, byteLength: 0 };

	constructor(staging: Staging, margin: number) {
		this.#staging = staging;
		this.#margin = margin;
	}

	/** Begins a unit of exactly `size` bytes; for a TLS socket it is one record. */
	begin(size: number): void {
		this.#staging.restore();
		this.#at = 0;
		this.#left = size;
		this.#more.byteLength = size;
	}

	byte(n: number): void {
		if (this.#at === this.#staging.size) this.flush();
		this.#staging.bytes[this.#at++] = n;
	}

	uint16(n: number): void {
		this.byte(n >> 8);
		this.byte(n & 0xff);
	}

	/** A fixed header: its first byte and Remaining Length [2.2]. Of what {@link begin} began it is first, or one of a few. */
	header(first: number, remaining: number): void {
		const { bytes, size } = this.#staging;
		if (this.#at + 5 > size) this.flush();
		let at = this.#at;
		bytes[at++] = first;
		while (remaining >= 0x80) {
			bytes[at++] = (remaining & 0x7f) | 0x80;
			remaining >>>= 7;
		}
		bytes[at++] = remaining;
		this.#at = at;
	}

	/** After {@link begin}, the head of a PUBLISH: fixed header, topic and, unless it is 0, identifier. */
	head(first: number, remaining: number, topic: Uint8Array, id: number): void {
		this.header(first, remaining);
		const { bytes, size } = this.#staging;
		const length = topic.length;
		let at = this.#at;
		if (at + 4 + length > size) {
			this.block(topic);
			if (id !== 0) this.uint16(id);
			return;
		}
		bytes[at++] = length >> 8;
		bytes[at++] = length;
		bytes.set(topic, at);
		at += length;
		if (id !== 0) {
			bytes[at++] = id >> 8;
			bytes[at++] = id;
		}
		this.#at = at;
	}

	/** Two bytes of length, then the bytes [1.5.3]. */
	block(bytes: Uint8Array): void {
		this.uint16(bytes.length);
		this.data(bytes);
	}

	data(data: Bytes): void {
		const { size, bytes } = this.#staging;
		const length = data.byteLength;
		if (length === 0) return;
		if (data instanceof Uint8Array && length <= size) {
			if (length > size - this.#at) this.flush();
			bytes.set(data, this.#at);
			this.#at += length;
		} else {
			this.flush();
			// A TLS socket counts elements, not bytes.
			const whole =
				ArrayBuffer.isView(data) && !(data instanceof Uint8Array)
					? new Uint8Array(data.buffer, data.byteOffset, length)
					: data;
			const more = this.ahead(length);
			this.heard((this.socket as Socket).write(whole, more));
		}
	}

	/** The unit is whole: what is left in the staging buffer goes. */
	flush(): void {
		const count = this.#at;
		if (count === 0) return;
		this.#at = 0;
		const more = this.ahead(count);
		this.heard(this.#staging.send(this.socket as Socket, count, more));
	}

	/** Counts `count` bytes as gone; from here on an exception leaves the unit broken, but for that of its first write. */
	private ahead(count: number): More | undefined {
		this.broken = this.#left !== this.#more.byteLength;
		this.#left -= count;
		return this.#left > 0 ? this.#more : undefined;
	}

	private heard(room: number | undefined): void {
		const broken = room === undefined;
		this.broken = broken;
		if (broken) this.room = 0;
		else if (this.#left === 0) this.room = room > this.#margin ? room - this.#margin : 0;
	}
}

/** How many bytes {@link Outlet.header} takes. */
export function headerSize(remaining: number): number {
	if (remaining < 0x80) return 2;
	if (remaining < 0x4000) return 3;
	return remaining < 0x20_0000 ? 4 : 5;
}
