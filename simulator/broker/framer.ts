// SPDX-License-Identifier: MIT
/**
 * Cuts a stream of bytes into packets, and bounds what it gathers.
 *
 * mqtt-packet can do this too, but it believes any length and keeps what comes: five bytes would make it wait
 * for 256 MiB. Here the length is judged as soon as it is known, memory grows only with what has really
 * arrived, and the decoder is handed one whole packet at a time.
 */

import { Code } from "./protocol.js";

/** Who is handed the packets. */
export interface Receiver {
	/** One whole packet, valid during the call. Returns false to stop: the connection has ended. */
	receive(bytes: Buffer, start: number, body: number, end: number): boolean;
}

export class Framer {
	readonly #maximum: number;
	readonly #receiver: Receiver;
	#held: Buffer | undefined;
	#length = 0;

	constructor(maximumPacketSize: number, receiver: Receiver) {
		this.#maximum = maximumPacketSize;
		this.#receiver = receiver;
	}

	/** Bytes of a packet that is not complete. */
	get held(): number {
		return this.#length;
	}

	/** Forgets what it holds. */
	reset(): void {
		this.#held = undefined;
		this.#length = 0;
	}

	/** Takes what arrived. Returns 0, or the reason code of a fixed header that cannot be. */
	feed(chunk: Uint8Array): number {
		let bytes = Buffer.isBuffer(chunk)
			? chunk
			: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		let end = bytes.length;
		if (this.#length > 0) {
			this.#append(bytes);
			bytes = this.#held!;
			end = this.#length;
		}
		let at = 0;
		while (end - at >= 2) {
			const packet = measure(bytes, at, end);
			if (packet === 0) break;
			if (packet < 0) return Code.Malformed;
			const body = at + headerBytes(bytes, at);
			if (body - at + packet - 1 > this.#maximum) return Code.PacketTooLarge;
			const next = body + packet - 1;
			if (next > end) break;
			if (!this.#receiver.receive(bytes, at, body, next)) {
				this.reset();
				return 0;
			}
			at = next;
		}
		this.#keep(bytes, at, end);
		return 0;
	}

	#keep(bytes: Buffer, at: number, end: number): void {
		if (at === end) this.reset();
		else if (bytes === this.#held) {
			if (at === 0) return;
			bytes.copyWithin(0, at, end);
			this.#length = end - at;
		} else {
			this.#held = Buffer.allocUnsafeSlow(Math.max(64, end - at));
			this.#length = bytes.copy(this.#held, 0, at, end);
		}
	}

	#append(bytes: Buffer): void {
		const need = this.#length + bytes.length;
		let held = this.#held!;
		if (need > held.length) {
			held = Buffer.allocUnsafeSlow(Math.max(need, held.length * 2));
			this.#held!.copy(held, 0, 0, this.#length);
			this.#held = held;
		}
		bytes.copy(held, this.#length);
		this.#length = need;
	}
}

/** The remaining length plus one; 0 if more bytes are needed to know, -1 if it is malformed. */
function measure(bytes: Buffer, at: number, end: number): number {
	let value = 0;
	for (let count = 0; count < 4; count++) {
		const from = at + 1 + count;
		if (from >= end) return 0;
		const byte = bytes[from];
		value += (byte & 0x7f) << (7 * count);
		if (byte < 0x80) return byte === 0 && count > 0 ? -1 : value + 1; // [MQTT-1.5.5-1]
	}
	return -1;
}

function headerBytes(bytes: Buffer, at: number): number {
	let count = 2;
	while (bytes[at + count - 1] >= 0x80) count++;
	return count;
}
