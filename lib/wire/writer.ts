// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import { Protocol } from "./protocol.js";
import { putVarint, varintSize } from "./varint.js";

/** Reads a string without boxing it, which would cost two slots for every character on XS. NaN is its end. */
export const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (
	text: string,
	index: number,
) => number;

const enum Character {
	Replacement = 0xfffd,
	Quote = 0x22,
	Minus = 0x2d,
	Dot = 0x2e,
	Zero = 0x30,
	Backslash = 0x5c,
}

/** Control character → the letter of its short escape in JSON; 0 where it has none. */
// biome-ignore format: sixteen a line
const ESCAPE: Readonly<Uint8Array> = Uint8Array.of(
	0, 0, 0, 0, 0, 0, 0, 0, /* b */ 0x62, /* t */ 0x74, /* n */ 0x6e, 0, /* f */ 0x66, /* r */ 0x72,
);

/**
 * The writing cursor, in two roles: the codec builds packets with it, and applications build payloads with it, without
 * making a string or an array on the way:
 *
 *     body.text('{"t":'); body.decimal(2153, 2); body.text(',"room":"'); body.json(room); body.text('"}');
 *
 * Nothing is ever written at or beyond the limit. What does not fit marks the writer as {@link overflowed}, `position`
 * stays where that call began, and all later writes are ignored: check once, at the end. (`commit` refuses a payload
 * that overflowed, so applications need not check at all.) No method throws and none allocates.
 */
export class Writer {
	/** Where the next byte goes. Read it to learn how long something became; move it only within what was begun. */
	position = 0;
	private limit = 0;
	private readonly out: Uint8Array;

	constructor(arena: Block) {
		this.out = arena.bytes;
	}

	/** True when something did not fit since {@link begin}. */
	get overflowed(): boolean {
		return this.limit < 0;
	}

	/** Starts at offset `start` of the arena; the last byte that may be written is `limit - 1`. */
	begin(start: number, limit: number): void {
		this.position = start;
		this.limit = limit;
	}

	/** One byte: the low eight bits of `n`. */
	byte(n: number): void {
		const at = this.position;
		if (at < this.limit) {
			this.out[at] = n;
			this.position = at + 1;
		} else this.overflow();
	}

	/** Two bytes, big-endian, modulo 2¹⁶. */
	uint16(n: number): void {
		const at = this.position;
		if (at + 2 <= this.limit) {
			this.out[at] = n >> 8;
			this.out[at + 1] = n;
			this.position = at + 2;
		} else this.overflow();
	}

	/** Four bytes, big-endian, modulo 2³². */
	uint32(n: number): void {
		const at = this.position;
		if (at + 4 <= this.limit) {
			const { out } = this;
			out[at] = n >>> 24;
			out[at + 1] = n >> 16;
			out[at + 2] = n >> 8;
			out[at + 3] = n;
			this.position = at + 4;
		} else this.overflow();
	}

	/** MQTT's variable byte integer, one to four bytes. What it cannot hold (below 0, above 268,435,455) counts as not fitting. */
	varint(n: number): void {
		const at = this.position;
		if (n >= 0 && n <= Protocol.LengthMax && at + varintSize(n) <= this.limit)
			this.position = putVarint(this.out, at, n);
		else this.overflow();
	}

	/** The bytes `[start, end)` of the same arena, such as a topic. */
	copy(start: number, end: number): void {
		const at = this.position;
		const next = at + end - start;
		if (next <= this.limit) {
			this.out.copyWithin(at, start, end);
			this.position = next;
		} else this.overflow();
	}

	/** All bytes of an array that is not part of the arena. */
	bytes(view: Uint8Array): void {
		const at = this.position;
		const next = at + view.length;
		if (next <= this.limit) {
			this.out.set(view, at);
			this.position = next;
		} else this.overflow();
	}

	/** A string as UTF-8. A surrogate without its partner becomes U+FFFD. */
	text(s: string): void {
		this.string(s, false);
	}

	/** A string as it stands inside the quotes of JSON: `"`, `\` and control characters are escaped. The quotes are yours to write. */
	json(s: string): void {
		this.string(s, true);
	}

	/** An integer in decimal digits, up to ±(2⁵³ - 1); a fraction is dropped, NaN and what is larger becomes `null`. */
	integer(n: number): void {
		this.decimal(n, 0);
	}

	/**
	 * A fixed-point number: the integer `n`, with the last `digits` (0 to 15) of its digits behind the point. Sensors
	 * give hundredths of a degree: `decimal(2153, 2)` is `21.53` and `decimal(-5, 2)` is `-0.05`. A fraction of `n` is
	 * dropped; NaN and what is beyond ±(2⁵³ - 1) becomes `null`, as in JSON.
	 */
	decimal(n: number, digits: number): void {
		const size = n < 0 ? -n : n;
		if (size <= 9_007_199_254_740_991) this.digits(size - (size % 1), digits, n <= -1);
		else this.text("null");
	}

	private digits(rest: number, digits: number, negative: boolean): void {
		let width = 1;
		for (let power = 10; rest >= power; power *= 10) width++;
		if (width <= digits) width = digits + 1;
		let at = this.position + width + (digits > 0 ? 1 : 0) + (negative ? 1 : 0);
		if (at > this.limit) {
			this.overflow();
			return;
		}
		this.position = at;
		const bytes = this.out;
		for (let i = 0; i < width; i++) {
			const digit = rest % 10;
			if (i === digits && i > 0) bytes[--at] = Character.Dot;
			bytes[--at] = Character.Zero + digit;
			// Small numbers stay integers: doubles are software on an ESP32.
			rest = rest <= 0x7fff_ffff ? (rest / 10) | 0 : (rest - digit) / 10;
		}
		if (negative) bytes[--at] = Character.Minus;
	}

	private string(s: string, inQuotes: boolean): void {
		const bytes = this.out;
		const limit = this.limit;
		let at = this.position;
		let c = 0;
		for (let i = 0; at >= 0 && (c = charCodeAt(s, i)) === c; i++) {
			if (c < 0x80 && !(inQuotes && (c < 0x20 || c === Character.Quote || c === Character.Backslash))) {
				if (at < limit) bytes[at++] = c;
				else at = -1;
			} else if (c < 0x80) at = this.escape(at, c);
			else {
				if (c >= 0xd800 && c < 0xe000) {
					c = codePoint(c, charCodeAt(s, i + 1));
					if (c !== Character.Replacement) i++;
				}
				at = this.wide(at, c);
			}
		}
		if (at < 0) this.overflow();
		else this.position = at;
	}

	/** Writes a character beyond ASCII; returns where it ends, -1 when there is no room. */
	private wide(at: number, c: number): number {
		const bytes = this.out;
		const end = at + (c < 0x800 ? 2 : c < 0x1_0000 ? 3 : 4);
		if (end > this.limit) return -1;
		if (c < 0x800) bytes[at++] = 0xc0 | (c >> 6);
		else {
			if (c < 0x1_0000) bytes[at++] = 0xe0 | (c >> 12);
			else {
				bytes[at++] = 0xf0 | (c >> 18);
				bytes[at++] = 0x80 | ((c >> 12) & 0x3f);
			}
			bytes[at++] = 0x80 | ((c >> 6) & 0x3f);
		}
		bytes[at] = 0x80 | (c & 0x3f);
		return end;
	}

	/** Writes an ASCII character as JSON's escape of it; returns where it ends, -1 when there is no room. */
	private escape(at: number, c: number): number {
		const bytes = this.out;
		const letter = c < 0x0e ? ESCAPE[c] : c < 0x20 ? 0 : c;
		const end = at + (letter === 0 ? 6 : 2);
		if (end > this.limit) return -1;
		bytes[at] = Character.Backslash;
		if (letter !== 0) {
			bytes[at + 1] = letter;
			return end;
		}
		const digit = c & 0x0f;
		bytes[at + 1] = 0x75; // u
		bytes[at + 2] = Character.Zero;
		bytes[at + 3] = Character.Zero;
		bytes[at + 4] = Character.Zero + (c >> 4);
		bytes[at + 5] = digit < 10 ? Character.Zero + digit : 0x57 + digit;
		return end;
	}

	/** Refuses this write and, by a limit below every position, all later ones. */
	private overflow(): void {
		this.limit = -1;
	}
}

/** The character of a surrogate and what follows it, or the replacement for a surrogate without its partner. */
function codePoint(high: number, low: number): number {
	if (high < 0xdc00 && low >= 0xdc00 && low < 0xe000)
		return 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return Character.Replacement;
}
