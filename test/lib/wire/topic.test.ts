// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { encodeText, filterFault, isShared, matches, topicFault } from "../../../lib/wire/topic.js";
import { ascii, newArena, toHex } from "./bytes.js";

function match(filter: string, topic: string): boolean {
	const bytes = ascii(`#${filter}#${topic}#`);
	const end = 1 + filter.length;
	return matches(bytes, 1, end, end + 1, end + 1 + topic.length);
}

const fault = (check: typeof topicFault, text: string) => check(ascii(`+${text}+`), 1, 1 + text.length);

describe("matching [4.7]", () => {
	test.each([
		// The examples of the standard.
		["sport/tennis/player1/#", "sport/tennis/player1", true],
		["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
		["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
		["sport/#", "sport", true],
		["#", "a/b/c", true],
		["sport/tennis/+", "sport/tennis/player1", true],
		["sport/tennis/+", "sport/tennis/player2", true],
		["sport/tennis/+", "sport/tennis/player1/ranking", false],
		["sport/+", "sport", false],
		["sport/+", "sport/", true],
		["+/+", "/finance", true],
		["/+", "/finance", true],
		["+", "/finance", false],
		["ACCOUNTS", "Accounts", false],
		["/finance", "finance", false],
		// Levels may be empty.
		["+", "", false],
		["", "a", false],
		["a//b", "a//b", true],
		["a/+/b", "a//b", true],
		["a/+/b", "a/b", false],
		["+/", "/", true],
		["+/", "a/", true],
		["+/", "a", false],
		["/", "/", true],
		["//", "/", false],
		["a/+/+", "a/b/", true],
		// The parent of #.
		["+/#", "a", true],
		["a/+/#", "a/b", true],
		["a/+/#", "a", false],
		["a/#", "ab", false],
		["a/#", "b", false],
		["a/#", "a/", true],
		["/#", "/", true],
		["/#", "a", false],
		// Prefixes are not enough.
		["a/b", "a/bc", false],
		["a/bc", "a/b", false],
		["a/b", "a/b/", false],
		["a/b/", "a/b", false],
		["+/b", "a/bc", false],
		["+/b/c", "a/b", false],
	])("filter %s, topic %s: %s", (filter, topic, expected) => {
		expect(match(filter, topic)).toBe(expected);
	});

	test.each([
		["#", "$SYS/x", false],
		["+/monitor/Clients", "$SYS/monitor/Clients", false],
		["+", "$SYS", false],
		["$SYS/#", "$SYS/x", true],
		["$SYS/#", "$SYS", true],
		["$SYS/monitor/+", "$SYS/monitor/Clients", true],
		["a/+", "a/$b", true],
		["a/#", "a/$b", true],
	])("[MQTT-4.7.2-1] filter %s, topic %s: %s", (filter, topic, expected) => {
		expect(match(filter, topic)).toBe(expected);
	});

	test.each([
		["$share/g/a/+", "a/b", true],
		["$share/g/a/+", "a/b/c", false],
		["$share/g/#", "a", true],
		["$share/g/#", "$SYS/x", false],
		["$share/g//a", "/a", true],
		["$share/g/+", "g", true],
		["$share/g/a", "$share/g/a", false],
		["$share/g/", "a", false],
		["$share/g", "g", false],
		["$shared/g", "$shared/g", true],
		["$share", "$share", true],
	])("[4.8.2] filter %s, topic %s: %s", (filter, topic, expected) => {
		expect(match(filter, topic)).toBe(expected);
	});
});

describe("names and filters that are not legal", () => {
	test.each(["a", "/", "a/b", "$SYS/x", " ", "a b/c"])("[MQTT-4.7.3-1] topic %j is", (text) => {
		expect(fault(topicFault, text)).toBeUndefined();
	});

	test.each(["", "+", "#", "a/+", "a/#/b", "a+"])("[MQTT-3.3.2-2, MQTT-4.7.1-1] topic %j is not", (text) => {
		expect(fault(topicFault, text)).toMatch(/^a topic /);
	});

	test.each([
		"#",
		"+",
		"/",
		"a/#",
		"+/+/#",
		"/+/",
		"+/",
		"$SYS/#",
		"$share/g/a",
		"$share/g/#",
		"$share/g//",
		"$share",
	])("[MQTT-4.7.1-2, MQTT-4.7.1-3] filter %s is", (text) => {
		expect(fault(filterFault, text)).toBeUndefined();
	});

	test.each(["", "a#", "#/", "#/a", "##", "a/#/b", "a+", "+a", "a/+b/c", "++", "a/b+", "/#a"])(
		"[MQTT-4.7.1-2, MQTT-4.7.1-3] filter %j is not",
		(text) => {
			expect(fault(filterFault, text)).toMatch(/\w+ \w+/);
		},
	);

	test.each(["$share/", "$share//a", "$share/g", "$share/g/", "$share/+/a", "$share/g#/a", "$share/g/a+"])(
		"[MQTT-4.8.2-1, MQTT-4.8.2-2] filter %s is not",
		(text) => {
			expect(fault(filterFault, text)).toMatch(/\w+ \w+/);
		},
	);

	test("isShared looks at the whole prefix", () => {
		expect(isShared(ascii("$share/g/a"), 0, 10)).toBe(true);
		expect(isShared(ascii("$share/"), 0, 6)).toBe(false);
		expect(isShared(ascii("$sharE/a"), 0, 8)).toBe(false);
	});
});

describe("text becomes bytes once", () => {
	test("with its length before it", () => {
		const arena = newArena(32);
		expect(encodeText(arena, 4, 32, "a/é🌡")).toBe(4 + 2 + 8);
		expect(toHex(arena.bytes, 4, 14)).toBe("00 08 61 2f c3 a9 f0 9f 8c a1");
	});

	test.each([
		["a\u0000b", /U\+0000/],
		["\ud800", /surrogate/],
		["\udc00", /surrogate/],
		["a\ud800b", /surrogate/],
		["\ud800\ud800\udc00", /surrogate/],
		["\ud83c\udf21\udf21", /surrogate/],
	])("[MQTT-1.5.4-1, MQTT-1.5.4-2] %j is refused", (text, message) => {
		expect(() => encodeText(newArena(32), 0, 32, text)).toThrow(message);
	});

	test("it needs room, and uses all of it", () => {
		for (let limit = 0; limit < 5; limit++)
			expect(() => encodeText(newArena(8), 0, limit, "abc")).toThrow(/region for text is full/);
		expect(encodeText(newArena(8), 0, 5, "abc")).toBe(5);
		expect(() => encodeText(newArena(8), 0, 1, "")).toThrow(/region for text is full/);
		expect(encodeText(newArena(8), 0, 2, "")).toBe(2);
	});

	test("at most 65,535 bytes [3.1.1 MQTT-4.7.3-3] [5.0 MQTT-4.7.3-3]", () => {
		const arena = newArena(70_000);
		expect(encodeText(arena, 0, 70_000, "a".repeat(65_535))).toBe(65_537);
		expect(() => encodeText(arena, 0, 70_000, "a".repeat(65_536))).toThrow(/65,535/);
	});
});
