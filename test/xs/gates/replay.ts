// SPDX-License-Identifier: MIT
// xs: counts nothing
/**
 * The same bytes in, the same bytes out: tapes that Node recorded in a seeded world, with power cuts, are played into the
 * code that ships, here. Each thing that it sends, programs, arms or tells is compared as it happens; the first difference
 * is printed, with its place. At the end the flash image has the same hash.
 */

import { play } from "../../replay/player.js";
import { RECORDINGS } from "../../replay/recordings.js";
import { What } from "../../replay/tape.js";
import { check } from "../gate.js";

const bytesOf = ArrayBuffer as unknown as { fromString(text: string): ArrayBuffer };
const LETTERS = new Uint8Array(
	bytesOf.fromString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
);
const VALUES = new Uint8Array(128);
LETTERS.forEach((letter, value) => {
	VALUES[letter] = value;
});

/** Base64 without padding, by hand: XS has none. Every piece but the last is of whole groups. */
function unpacked(pieces: readonly string[]): Uint8Array {
	let letters = 0;
	for (const piece of pieces) letters += piece.length;
	const bytes = new Uint8Array((letters * 3) >> 2);
	let at = 0;
	for (const piece of pieces) {
		const text = new Uint8Array(bytesOf.fromString(piece));
		let bits = 0;
		let kept = 0;
		for (let i = 0; i < text.length; i++) {
			bits = ((bits << 6) | VALUES[text[i]]) & 0xffff;
			kept += 6;
			if (kept < 8) continue;
			kept -= 8;
			bytes[at++] = bits >> kept;
		}
	}
	return bytes;
}

for (const { title, tape } of RECORDINGS) {
	const from = xs.nanoseconds();
	const { difference, steps, sent, programmed, cuts, counts } = play(unpacked(tape));
	const ms = Math.round((xs.nanoseconds() - from) / 1e6);
	const lives = counts[What.Boot];
	const messages = counts[What.Settled] + counts[What.Message];
	const values = { lives, cuts, steps, messages, sent, programmed, ms };
	check(title, difference === undefined, difference, values);
}
check("there are tapes", RECORDINGS.length > 0);
