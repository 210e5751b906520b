// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import type { Message } from "../../../lib/wire/message.js";
import { Packet } from "../../../lib/wire/packet.js";
import { encodeText, Filter } from "../../../lib/wire/topic.js";

/** A message with this payload, in the middle of other bytes. */
function message(payload: number[], flags = 0, topic = "a/b"): { lens: Message; arena: Arena } {
	const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes).fill(0x39) }, 256);
	const packet = new Packet(arena);
	packet.flags = flags;
	packet.topicStart = 12;
	packet.topicEnd = encodeText(arena, 10, 100, topic);
	packet.payloadStart = 100;
	packet.payloadEnd = 100 + payload.length;
	for (let i = 0; i < payload.length; i++) arena.bytes[100 + i] = payload[i];
	return { lens: packet, arena };
}

function ascii(text: string): number[] {
	return Array.from(text, (character) => character.charCodeAt(0));
}

describe("a message", () => {
	test("shows where its bytes are", () => {
		const { lens, arena } = message([1, 2, 3], 0b0101);
		expect([lens.payloadStart, lens.payloadEnd, lens.length]).toEqual([100, 103, 3]);
		expect([lens.topicStart, lens.topicEnd, lens.topic()]).toEqual([12, 15, "a/b"]);
		expect([lens.qos, lens.retain, lens.bytes === arena.bytes]).toEqual([2, true, true]);
		expect([0, 1, 2, 3, -1].map((i) => lens.byteAt(i))).toEqual([1, 2, 3, undefined, undefined]);
		expect(Array.from(lens.payload())).toEqual([1, 2, 3]);
	});

	test("copyTo copies as much as fits; equals compares all of it", () => {
		const { lens } = message([1, 2, 3]);
		const small = new Uint8Array(2);
		const large = new Uint8Array(5).fill(9);
		expect([lens.copyTo(small), lens.copyTo(large)]).toEqual([2, 3]);
		expect([Array.from(small), Array.from(large)]).toEqual([
			[1, 2],
			[1, 2, 3, 9, 9],
		]);
		expect(
			[[1, 2, 3], [1, 2], [1, 2, 3, 57], [1, 2, 4], []].map((one) => lens.equals(Uint8Array.from(one))),
		).toEqual([true, false, false, false, false]);
	});

	test("an empty payload", () => {
		const { lens } = message([]);
		expect([lens.length, lens.text(), lens.payload().length, lens.copyTo(new Uint8Array(3))]).toEqual([
			0,
			"",
			0,
			0,
		]);
		expect(lens.equals(new Uint8Array(0))).toBe(true);
		expect(lens.integer()).toBeNaN();
	});

	test.each([
		["0", 0],
		["42", 42],
		["-42", -42],
		["007", 7],
		["999999999999999", 999999999999999],
	])("integer: %s", (text, value) => {
		expect(message(ascii(text)).lens.integer()).toBe(value);
	});

	test.each(["", "-", "4.2", " 4", "4 ", "+4", "0x10", "1234567890123456", "--4", "4-"])(
		"integer: not %j",
		(text) => {
			expect(message(ascii(text)).lens.integer()).toBeNaN();
		},
	);

	test.each([
		[[0x68, 0x69], "hi"],
		[[0xc3, 0xb6], "ö"],
		[[0xe2, 0x82, 0xac], "€"],
		[[0xf0, 0x9f, 0x8c, 0xa1], "\u{1f321}"],
		[[0xef, 0xbb, 0xbf, 0x61], "\ufeffa"],
		[[0x61, 0xff, 0x62], "a\ufffdb"],
		[[0xc3], "\ufffd"],
		[[0xe2, 0x82], "\ufffd"],
		[[0xe2, 0x82, 0x61], "\ufffda"],
		[[0x80, 0x61], "\ufffda"],
		[[0xc0, 0x80], "\ufffd\ufffd"],
		[[0xed, 0xa0, 0x80], "\ufffd"],
		[[0xf4, 0x90, 0x80, 0x80], "\ufffd"],
	])("text of %j is %j", (bytes, text) => {
		expect(message(bytes).lens.text()).toBe(text);
	});

	test("matches filters by their bytes", () => {
		for (const [topic, pattern, yes] of [
			["a/b", "a/b", true],
			["a/b", "a/+", true],
			["a/b", "#", true],
			["a/b", "a/c", false],
			["$SYS/x", "#", false],
			["a/b", "$share/g/a/+", true],
		] as const) {
			const { lens, arena } = message([], 0, topic);
			const filter = new Filter(202, encodeText(arena, 200, 256, pattern), null);
			expect(lens.matches(filter), `${topic} ${pattern}`).toBe(yes);
		}
	});
});
