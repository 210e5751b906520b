// SPDX-License-Identifier: MIT
import { Reason } from "./protocol.js";

/** Which characters {@link textFault} refuses besides U+0000. */
export const enum TextRule {
	/** None: any MQTT string. */
	Any = 0,
	/** The wildcards `+` and `#`: a topic name. It is the `+` four times, and differs from `#` in the bits 0x08 only. */
	TopicName = 0x2b2b_2b2b,
}

const enum Word {
	Ones = 0x0101_0101,
	/** 0x80808080 as a signed integer: the top bit of each byte. */
	High = -0x7f7f_7f80,
	Eights = 0x0808_0808,
}

/**
 * Checks that `[at, end)` is well-formed UTF-8: nothing overlong, no surrogates, nothing above U+10FFFF
 * [MQTT-1.5.3-1, MQTT-1.5.4-1], no U+0000 [MQTT-1.5.3-2, MQTT-1.5.4-2]; a byte order mark is a character like others
 * [MQTT-1.5.3-3, MQTT-1.5.4-3]. Returns 0, `Reason.MalformedPacket`, or `Reason.TopicNameInvalid` for a wildcard.
 *
 * ASCII goes four bytes at a time. A word without top bits has a byte that is zero exactly when subtracting one from
 * each byte brings a top bit up; bytes that are a wildcard are made zero by `(w | 0x08…) ^ 0x2b…`.
 */
export function textFault(view: DataView, at: number, end: number, rule: TextRule): number {
	const last = end - 4;
	const eights = rule & Word.Eights;
	for (;;) {
		while (at <= last) {
			const w = view.getInt32(at);
			if ((((w - Word.Ones) | (((w | eights) ^ rule) - Word.Ones) | w) & Word.High) !== 0) break;
			at += 4;
		}
		if (at >= end) return 0;
		const c = view.getUint8(at);
		if (c < 0x80) {
			if (c === 0) return Reason.MalformedPacket;
			if (rule !== TextRule.Any && (c | 0x08) === 0x2b) return Reason.TopicNameInvalid;
			at++;
		} else {
			at = afterCharacter(view, at, end, c);
			if (at < 0) return Reason.MalformedPacket;
		}
	}
}

/** Where the character ends that starts with `c`, not ASCII, at `at`; -1 when it is ill-formed [Unicode, table 3-7]. */
function afterCharacter(view: DataView, at: number, end: number, c: number): number {
	const size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c < 0xc2 || c > 0xf4 || at + size > end) return -1;
	const second = view.getUint8(at + 1);
	if ((second & 0xc0) !== 0x80) return -1;
	if (size === 2) return at + 2;
	if (c === 0xe0 && second < 0xa0) return -1; // overlong
	if (c === 0xed && second > 0x9f) return -1; // a surrogate
	if (c === 0xf0 && second < 0x90) return -1; // overlong
	if (c === 0xf4 && second > 0x8f) return -1; // above U+10FFFF
	if ((view.getUint8(at + 2) & 0xc0) !== 0x80) return -1;
	if (size === 4 && (view.getUint8(at + 3) & 0xc0) !== 0x80) return -1;
	return at + size;
}

/** The string of `[start, end)`, taken for UTF-8; what is not is replaced by U+FFFD. By hand: the core asks nothing of its host. Allocates. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
	let text = "";
	for (let at = start; at < end; ) {
		const lead = bytes[at++];
		const more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
		let code = more === 0 ? lead : lead & (0x3f >> more);
		let left = lead >= 0x80 && (lead < 0xc2 || lead > 0xf4) ? -1 : more;
		for (; left > 0 && at < end && (bytes[at] & 0xc0) === 0x80; left--)
			code = (code << 6) | (bytes[at++] & 0x3f);
		const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0;
		const legal = left === 0 && code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		text += legal ? String.fromCodePoint(code) : "\ufffd";
	}
	return text;
}
