// SPDX-License-Identifier: MIT
/** DER (X.690), read strictly and forward. Throws nothing. */

/** DER tags (X.690) that occur here. */
export const enum Tag {
	Boolean = 0x01,
	Integer = 0x02,
	Bits = 0x03,
	Octets = 0x04,
	Identifier = 0x06,
	Utc = 0x17,
	Sequence = 0x30,
	Version = 0xa0,
	Extensions = 0xa3,
	KeyIdentifier = 0x80,
	DnsName = 0x82,
	IpAddress = 0x87,
}

/** Reads DER forward, within a range; `ok` is false for good, also in all that is around, when the bytes are none. */
export class Reader {
	readonly bytes: Uint8Array;
	at: number;
	end: number;
	ok = true;
	readonly #around: Reader | undefined;

	constructor(bytes: Uint8Array, at: number, end: number, around?: Reader) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
		this.#around = around;
	}

	/** Of the next element; 0 behind the last one. */
	get tag(): number {
		return this.at < this.end ? this.bytes[this.at] : 0;
	}

	get done(): boolean {
		return this.at >= this.end;
	}

	get length(): number {
		return this.end - this.at;
	}

	/** The content of the next element, which is passed. Lengths are as short as they can be. */
	next(): Reader {
		const { bytes } = this;
		const tag = this.tag;
		let at = this.at + 1;
		let length = at < this.end ? bytes[at++] : -1;
		if (length >= 0x80) {
			const count = length & 0x7f;
			length = count === 0 || count > 3 ? -1 : 0;
			for (let left = count; left > 0 && length >= 0; left--)
				length = at < this.end ? length * 256 + bytes[at++] : -1;
			if (length < (count === 1 ? 0x80 : count === 2 ? 0x100 : 0x10000)) length = -1;
		}
		if (length < 0 || at + length > this.end || (tag & 0x1f) === 0x1f) {
			this.fail();
			this.at = this.end;
			return new Reader(bytes, this.end, this.end, this);
		}
		this.at = at + length;
		return new Reader(bytes, at, at + length, this);
	}

	/** The content of the next element, which has to be of this kind. */
	expect(tag: Tag): Reader {
		if (this.tag !== tag) this.fail();
		return this.next();
	}

	fail(): void {
		this.ok = false;
		this.#around?.fail();
	}

	/** Nothing may be left. */
	close(): void {
		if (!this.done) this.fail();
	}

	/** Significant bytes of the positive integer that is next; 0 when it is none. */
	natural(): Reader {
		const value = this.expect(Tag.Integer);
		const { bytes, at } = value;
		if (value.done || bytes[at] >= 0x80) value.fail();
		else if (bytes[at] === 0) {
			value.at++;
			// A zero in front is there for the sign, and zero alone is not positive.
			if (value.done || bytes[at + 1] < 0x80) value.fail();
		}
		return value;
	}

	get text(): string {
		let text = "";
		for (let i = this.at; i < this.end; i++) text += String.fromCharCode(this.bytes[i]);
		return text;
	}

	/** True when the content is exactly that. */
	is(expected: readonly number[]): boolean {
		if (this.length !== expected.length) return false;
		for (let i = 0; i < expected.length; i++) if (this.bytes[this.at + i] !== expected[i]) return false;
		return true;
	}
}
