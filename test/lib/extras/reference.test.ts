// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { placesIn } from "../../../lib/extras/reference.js";

function places(text: string): string[] {
	const bytes = new TextEncoder().encode(`##${text}##`);
	return placesIn(bytes, 2, bytes.length - 2).map(({ host, port }) => `${host}|${port}`);
}

describe("[5.0 4.11] A Server Reference", () => {
	test.each([
		["myserver.xyz.org", ["myserver.xyz.org|0"]],
		["myserver.xyz.org:8883", ["myserver.xyz.org|8883"]],
		["10.10.151.22:8883 [fe80::9610:3eff:fe1c]:1883", ["10.10.151.22|8883", "fe80::9610:3eff:fe1c|1883"]],
		["[::1]", ["::1|0"]],
		["[::ffff:10.0.0.1]:1", ["::ffff:10.0.0.1|1"]],
		["  a   b:65535 ", ["a|0", "b|65535"]],
		["node_1-x.Cluster", ["node_1-x.Cluster|0"]],
		["a b c d e f", ["a|0", "b|0", "c|0", "d|0"]],
		[`${"a".repeat(253)}:1`, [`${"a".repeat(253)}|1`]],
	])("%s", (text, expected) => {
		expect(places(text)).toEqual(expected);
	});

	test.each([
		"",
		"   ",
		":1883",
		"a:",
		"a:0",
		"a:65536",
		"a:123456",
		"a:00001x",
		"a:-1",
		"a:1883/",
		"a/b",
		"mqtt://a",
		"user@a",
		"-a",
		".a",
		"_mqtt._tcp.a",
		"a\tb",
		"a\r\nHost:b",
		"a\0",
		"bücher.example",
		"[",
		"[]",
		"[a]",
		"[::1",
		"[::1]x",
		"[::1]:",
		"[::1%eth0]",
		"::1",
		"a,b",
		"'a'",
		"%61",
		"a".repeat(254),
		`[${"0:".repeat(23)}]`,
		`a ${" ".repeat(512)}`,
	])("is none: %j", (text) => {
		expect(places(text)).toEqual([]);
	});

	test("what stands behind its end is no part of it", () => {
		const bytes = new TextEncoder().encode("[::1]:1883");
		expect(placesIn(bytes, 0, 4)).toEqual([]);
		expect(placesIn(bytes, 0, 5)).toEqual([{ host: "::1", port: 0 }]);
		expect(placesIn(bytes, 0, 7)).toEqual([{ host: "::1", port: 1 }]);
	});

	test("one part that is no place leaves the others", () => {
		expect(places("mqtt://x a:1 b: c")).toEqual(["a|1", "c|0"]);
	});

	test("whatever the bytes are: nothing is thrown, no more than four, and nothing but host and port", () => {
		let seed = 1;
		const random = (limit: number): number => {
			seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
			return (seed >> 8) % limit;
		};
		const alphabet = "ab9.-_:[] %/@\0ü";
		for (let round = 0; round < 20_000; round++) {
			let text = "";
			for (let i = random(24); i > 0; i--) text += alphabet[random(alphabet.length)];
			const found = places(text);
			expect(found.length).toBeLessThanOrEqual(4);
			for (const one of found) expect(one).toMatch(/^([0-9A-Za-z][\w.-]*|[0-9a-f:.]+)\|\d{1,5}$/);
		}
	});
});
