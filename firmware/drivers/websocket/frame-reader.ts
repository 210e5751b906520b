// SPDX-License-Identifier: MIT
/**
 * The headers of WebSocket frames as a server sends them (RFC 6455, section 5.2), read byte by byte; payloads are left
 * to the caller. Everything that a server must not send is a violation.
 *
 * ```
 *  0               1               2 … 3  or  2 … 9
 * +-+-+-+-+-------+-+-------------+-----------------+-----------
 * |F|R|R|R| opcode|M| length 7    | 16 or 64 bits   | payload …
 * +-+-+-+-+-------+-+-------------+-----------------+-----------
 * ```
 */

/** RFC 6455, section 11.8. */
export const enum Opcode {
	Continuation = 0,
	Text = 1,
	Binary = 2,
	Close = 8,
	Ping = 9,
	Pong = 10,
}

/** What a byte of a header led to; below these: a {@link Violation}. */
export const enum Header {
	/** The header goes on. */
	More = 0,
	/** It is complete: `opcode` and `remaining` are those of the frame. */
	Complete = 1,
}

/** What was wrong; {@link violationWords} has the words. */
export const enum Violation {
	Reserved = -1,
	Opcode = -2,
	Masked = -3,
	Control = -4,
	Text = -5,
	Order = -6,
	Length = -7,
}

const words = Object.freeze([
	"",
	"a reserved bit is set",
	"the opcode is unknown",
	"a server must not mask",
	"a control frame is fragmented or too long",
	"text came, MQTT is binary",
	"the fragments of a message are out of order",
	"a length is not in its shortest form, or beyond 2 GiB",
]);

export function violationWords(violation: number): string {
	return words[-violation];
}

const enum State {
	First,
	Second,
	Length,
}

export class FrameReader {
	/** Bytes of the frame's payload that the caller has not taken yet: it counts them down. */
	remaining = 0;
	opcode = Opcode.Continuation;
	#state = State.First;
	/** A message was begun and not finished: its next fragment is a continuation. */
	#open = false;
	#final = false;
	/** Bytes of the extended length that are to come, and how many there are in all. */
	#lengthLeft = 0;
	#lengthBytes = 0;
	/** What came of it: it is no payload yet. */
	#extended = 0;

	reset(): void {
		this.remaining = 0;
		this.#state = State.First;
		this.#open = false;
	}

	/** How many bytes certainly belong to the header: so many may be read at once. */
	get need(): number {
		if (this.#state === State.Length) return this.#lengthLeft;
		return this.#state === State.First ? 2 : 1;
	}

	/** Takes one byte of a header; `remaining` must be 0. */
	push(byte: number): Header | Violation {
		if (this.#state === State.First) return this.#first(byte);
		if (this.#state === State.Second) return this.#second(byte);
		return this.#length(byte);
	}

	#first(byte: number): Header | Violation {
		if ((byte & 0x70) !== 0) return Violation.Reserved;
		const opcode = byte & 15;
		this.#final = (byte & 0x80) !== 0;
		if (opcode >= Opcode.Close) {
			if (opcode > Opcode.Pong) return Violation.Opcode;
			if (!this.#final) return Violation.Control;
		} else {
			if (opcode > Opcode.Binary) return Violation.Opcode;
			// [MQTT-6.0.0-1]: the client closes the connection at any other frame than a binary one.
			if (opcode === Opcode.Text) return Violation.Text;
			if ((opcode === Opcode.Continuation) !== this.#open) return Violation.Order;
			this.#open = !this.#final;
		}
		this.opcode = opcode;
		this.#state = State.Second;
		return Header.More;
	}

	#second(byte: number): Header | Violation {
		if (byte >= 0x80) return Violation.Masked;
		if (byte > 125 && this.opcode >= Opcode.Close) return Violation.Control;
		if (byte <= 125) return this.#complete(byte);
		this.#extended = 0;
		this.#lengthBytes = byte === 126 ? 2 : 8;
		this.#lengthLeft = this.#lengthBytes;
		this.#state = State.Length;
		return Header.More;
	}

	#length(byte: number): Header | Violation {
		const length = this.#extended * 256 + byte;
		if (length > 0x7fff_ffff) return Violation.Length;
		this.#extended = length;
		if (--this.#lengthLeft > 0) return Header.More;
		if (length < (this.#lengthBytes === 2 ? 126 : 65_536)) return Violation.Length;
		return this.#complete(length);
	}

	#complete(length: number): Header {
		this.remaining = length;
		this.#state = State.First;
		return Header.Complete;
	}
}
