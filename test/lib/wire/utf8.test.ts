// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { TextRule, textFault } from "../../../lib/wire/utf8.js";
import { ascii, fromHex, newArena } from "./bytes.js";

function fault(bytes: Uint8Array, rule: TextRule): number {
	const arena = newArena(bytes.length + 8);
	arena.bytes.fill(0x80); // continuation bytes all around
	arena.bytes.set(bytes, 4);
	return textFault(arena.view, 4, 4 + bytes.length, rule);
}

describe("well-formed UTF-8 [3.1.1: MQTT-1.5.3-1, MQTT-1.5.3-2] [5.0: MQTT-1.5.4-1, MQTT-1.5.4-2]", () => {
	test.each([
		"",
		"00".replace("00", "01"),
		"7f",
		"c2 80",
		"df bf",
		"e0 a0 80",
		"ed 9f bf",
		"ee 80 80",
		"ef bf bf",
		"f0 90 80 80",
		"f4 8f bf bf",
		"ef bb bf 61",
	])("%s is", (hex) => {
		for (const lead of ["", "61", "61 61", "61 61 61", "61 61 61 61", "c3 a9"])
			for (const tail of ["", "61", "61 61 61 61 61"])
				expect(fault(fromHex(lead + hex + tail), TextRule.TopicName)).toBe(0);
	});

	test.each([
		"00",
		"80",
		"bf",
		"c0 80",
		"c0 af",
		"c1 bf",
		"c2",
		"c2 41",
		"e0 80 80",
		"e0 9f bf",
		"e2 82",
		"e2 82 41",
		"e2 41 82",
		"ed a0 80",
		"ed bf bf",
		"f0 80 80 80",
		"f0 8f bf bf",
		"f0 9f 8c",
		"f0 9f 8c 41",
		"f4 90 80 80",
		"f5 80 80 80",
		"ff",
	])("%s is not", (hex) => {
		for (const lead of ["", "61", "61 61", "61 61 61", "61 61 61 61", "c3 a9"]) {
			expect(fault(fromHex(lead + hex), TextRule.Any)).toBe(0x81);
			expect(fault(fromHex(`${lead + hex}61 61 61 61 61`), TextRule.Any)).toBe(0x81);
		}
	});

	test("a wildcard at any place of a topic name [MQTT-3.3.2-2]", () => {
		for (let length = 1; length < 14; length++)
			for (let at = 0; at < length; at++)
				for (const wildcard of [0x23, 0x2b]) {
					const bytes = ascii("/abc,def!ghi*j").slice(0, length);
					bytes[at] = wildcard;
					expect(fault(bytes, TextRule.TopicName)).toBe(0x90);
					expect(fault(bytes, TextRule.Any)).toBe(0);
				}
	});

	test("every ASCII byte in each place of a word", () => {
		for (let c = 0; c < 128; c++)
			for (let at = 0; at < 4; at++) {
				const bytes = ascii("aaaa");
				bytes[at] = c;
				const expected = c === 0 ? 0x81 : c === 0x23 || c === 0x2b ? 0x90 : 0;
				expect(fault(bytes, TextRule.TopicName)).toBe(expected);
				expect(fault(bytes, TextRule.Any)).toBe(c === 0 ? 0x81 : 0);
			}
	});
});
