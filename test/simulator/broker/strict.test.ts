// SPDX-License-Identifier: MIT
/** What mqtt-packet lets pass: each case is bytes, and the reason with which the connection ends. */

import { describe, expect, it } from "vitest";
import { Subscriptions } from "../../../simulator/broker/subscriptions.js";
import { formOf, matches } from "../../../simulator/broker/topics.js";
import { rig, VERSIONS } from "./rig.js";

const text = (value: string) => [0, value.length, ...Buffer.from(value)];
const packet = (first: number, ...body: number[]) => [first, body.length, ...body];

type Case = [title: string, bytes: number[], reason: number];

const BOTH: Case[] = [
	["[3.1.1 MQTT-2.2.2-2] [5.0 MQTT-2.1.3-1] type 0", packet(0x00), 0x81],
	["[3.1.1 MQTT-3.3.1-4] [5.0 MQTT-3.3.1-4] QoS 3", packet(0x36, ...text("a"), 0, 1), 0x81],
	["[3.1.1 MQTT-3.3.1-2] [5.0 MQTT-3.3.1-2] DUP with QoS 0", packet(0x38, ...text("a")), 0x81],
	[
		"[3.1.1 MQTT-2.3.1-1] [5.0 MQTT-2.2.1-3] SUBSCRIBE with identifier 0",
		packet(0x82, 0, 0, 0, ...text("a"), 0),
		0x81,
	],
	[
		"[3.1.1 MQTT-3.8.1-1] [5.0 MQTT-3.8.1-1] SUBSCRIBE with flags 0000",
		packet(0x80, 0, 1, 0, ...text("a"), 0),
		0x81,
	],
	[
		"[3.1.1 MQTT-3.10.1-1] [5.0 MQTT-3.10.1-1] UNSUBSCRIBE with flags 0000",
		packet(0xa0, 0, 1, 0, ...text("a")),
		0x81,
	],
	["[3.1.1 MQTT-3.6.1-1] [5.0 MQTT-3.6.1-1] PUBREL with flags 0000", packet(0x60, 0, 1), 0x81],
	["PUBACK with flags 0010", packet(0x42, 0, 1), 0x81],
	["PUBACK with identifier 0", packet(0x40, 0, 0), 0x81],
	["PUBACK cut short", packet(0x40, 0), 0x81],
	["PINGREQ with a body", packet(0xc0, 0), 0x81],
	["[3.1.1 MQTT-3.14.1-1] [5.0 MQTT-3.14.1-1] DISCONNECT with flags", packet(0xe1), 0x81],
	["CONNACK from a client", packet(0x20, 0, 0), 0x82],
	["SUBACK from a client", packet(0x90, 0, 1, 0), 0x82],
	["PINGRESP from a client", packet(0xd0), 0x82],
	["[5.0 MQTT-1.5.5-1] a length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 0x01], 0x81],
	["[5.0 MQTT-1.5.5-1] a length not in its shortest form", [0xc0, 0x80, 0x00], 0x81],
	["a topic longer than its packet", packet(0x30, 0, 9, 97), 0x81],
];

/** Without properties; 5.0 gets a 0 put in after the topic. */
const TOPICS: [string, number[]][] = [
	["[3.1.1 MQTT-3.3.2-2, MQTT-4.7.1-1] [5.0 MQTT-3.3.2-2, MQTT-4.7.0-1] wildcard #", text("a/#")],
	["[3.1.1 MQTT-3.3.2-2] [5.0 MQTT-3.3.2-2] wildcard +", text("+")],
	["[3.1.1 MQTT-1.5.3-2, MQTT-4.7.3-2] [5.0 MQTT-1.5.4-2, MQTT-4.7.3-2] U+0000", [0, 3, 97, 0, 98]],
	[
		"[3.1.1 MQTT-1.5.3-1, MQTT-3.3.2-1] [5.0 MQTT-1.5.4-1, MQTT-3.3.2-1] a surrogate",
		[0, 3, 0xed, 0xa0, 0x80],
	],
	["[3.1.1 MQTT-1.5.3-1] [5.0 MQTT-1.5.4-1] an overlong form", [0, 2, 0xc0, 0xaf]],
	["[3.1.1 MQTT-1.5.3-1] [5.0 MQTT-1.5.4-1] a byte alone", [0, 1, 0xff]],
];

describe.each(VERSIONS)("malformed packets, version %i", (version) => {
	it.each(BOTH)("%s", (_, bytes, reason) => {
		const { client, broker } = rig();
		client(version, "one").raw(bytes).expectEnd(reason);
		expect(broker.counters).toMatchObject({ faults: 1, sessions: 0 });
	});

	it.each(TOPICS)("PUBLISH: %s", (_, topic) => {
		const properties = version === 5 ? [0] : [];
		rig()
			.client(version, "one")
			.raw(packet(0x30, ...topic, ...properties))
			.expectEnd(0x81);
	});

	it.each(["a#", "a/#/b", "a+", "+a", "#/", ""])(
		"[3.1.1 MQTT-4.7.1-2, MQTT-4.7.1-3, MQTT-4.7.3-1] [5.0 MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.3-1] filter %j",
		(filter) => {
			const one = rig().client(version, "one");
			const properties = version === 5 ? [0] : [];
			one.raw(packet(0x82, 0, 1, ...properties, ...text(filter), 0)).expectEnd(0x81);
		},
	);

	it("nothing behind the fault is read", () => {
		const { client } = rig();
		const sub = client(version, "sub");
		sub.subscribe("#", 0);
		const body = version === 5 ? [0, 1, 97, 0] : [0, 1, 97];
		client(version, "one")
			.raw([...packet(0x00), ...packet(0x30, ...body)])
			.take();
		sub.quiet();
	});
});

const ONLY_4: Case[] = [
	["[3.1.1 MQTT-4.7.3-1] an empty topic", packet(0x30, 0, 0), 0x81],
	["PUBACK with a reason", packet(0x40, 0, 1, 0), 0x81],
	["DISCONNECT with a reason", packet(0xe0, 0), 0x81],
	["AUTH", packet(0xf0), 0x81],
	["[3.1.1 MQTT-3.8.3-3] SUBSCRIBE without filters", packet(0x82, 0, 1), 0x81],
	["[3.1.1 MQTT-3-8.3-4] reserved bits of the QoS", packet(0x82, 0, 1, ...text("a"), 4), 0x81],
];

const property = (...bytes: number[]) => packet(0x30, ...text("a"), bytes.length, ...bytes);
const ONLY_5: Case[] = [
	["[5.0 MQTT-3.8.3-2] SUBSCRIBE without filters", packet(0x82, 0, 1, 0), 0x82],
	["[5.0 MQTT-3.8.3-5] reserved bits of the options", packet(0x82, 0, 1, 0, ...text("a"), 0x40), 0x81],
	["subscription QoS 3", packet(0x82, 0, 1, 0, ...text("a"), 3), 0x82],
	["retain handling 3", packet(0x82, 0, 1, 0, ...text("a"), 0x30), 0x82],
	["subscription identifier 0", packet(0x82, 0, 1, 2, 11, 0, ...text("a"), 0), 0x82],
	["a property twice", property(1, 1, 1, 1), 0x82],
	["a property of another packet", property(17, 0, 0, 0, 1), 0x81],
	["[5.0 MQTT-3.3.4-6] a subscription identifier from a client", property(11, 1), 0x81],
	["an unknown property", property(4, 0), 0x81],
	["a flag of 2", property(1, 2), 0x82],
	["a property cut short", property(2, 0, 0), 0x81],
	["properties longer than the packet", packet(0x30, ...text("a"), 9, 1, 1), 0x81],
	["[5.0 MQTT-3.3.2-14] a wildcard in the response topic", property(8, ...text("a/+")), 0x82],
	["bytes behind an acknowledgement", packet(0x40, 0, 1, 0, 0, 0), 0x81],
	["[5.0 MQTT-3.4.2-1] a reason that PUBACK has not", packet(0x40, 0, 1, 0x55), 0x81],
	["a server reference from a client", packet(0xe0, 0, 4, 28, ...text("x")), 0x81],
];

describe("malformed packets, of one version", () => {
	it.each(ONLY_4)("3.1.1: %s", (_, bytes, reason) => rig().client(4, "one").raw(bytes).expectEnd(reason));
	it.each(ONLY_5)("5.0: %s", (_, bytes, reason) => rig().client(5, "one").raw(bytes).expectEnd(reason));

	it.each([
		[
			"will QoS 3 [3.1.1 MQTT-3.1.2-14] [5.0 MQTT-3.1.2-12]",
			4,
			[4, 0x1e, 0, 0, ...text("a"), ...text("w"), ...text("")],
		],
		[
			"will retain without a will [3.1.1 MQTT-3.1.2-15] [5.0 MQTT-3.1.2-13]",
			4,
			[4, 0x22, 0, 0, ...text("a")],
		],
		["a password without a user [3.1.1 MQTT-3.1.2-22]", 4, [4, 0x42, 0, 0, ...text("a"), ...text("p")]],
		["bytes behind the end", 4, [4, 2, 0, 0, ...text("a"), 0]],
		["cut short", 4, [4, 2, 0, 0, 0, 9, 97]],
		["a client id with U+0000", 4, [4, 2, 0, 0, 0, 1, 0]],
		["authentication data without a method", 5, [5, 2, 0, 0, 4, 22, 0, 1, 1, ...text("a")]],
		["a duplicate property", 5, [5, 2, 0, 0, 6, 33, 0, 5, 33, 0, 5, ...text("a")]],
	] as const)("CONNECT: %s", (_, version, rest) => {
		const { peer, broker } = rig();
		const one = peer(version).raw(packet(0x10, ...text("MQTT"), ...rest));
		expect(one.ended).toBe("in order");
		if (version === 5) expect(one.expect("connack").reasonCode).toBeGreaterThan(0x80);
		else expect(one.received).toEqual([]);
		expect(broker.counters).toMatchObject({ sessions: 0, faults: 1 });
	});

	it("5.0: a password without a user is legal", () => {
		const one = rig()
			.peer(5)
			.raw(packet(0x10, ...text("MQTT"), 5, 0x42, 0, 0, 0, ...text("a"), ...text("p")));
		expect(one.expect("connack").reasonCode).toBe(0);
	});

	it("5.0: short forms of acknowledgements, DISCONNECT of length 1 and 0 are legal", () => {
		const { client, events } = rig();
		const one = client(5, "one");
		one
			.raw(packet(0x40, 0, 1))
			.raw(packet(0x40, 0, 1, 0x10))
			.raw(packet(0x40, 0, 1, 0, 0))
			.quiet();
		one.raw(packet(0xe0));
		client(5, "two").raw(packet(0xe0, 4));
		const reasons = events.filter((event) => event.kind === "disconnect").map((event) => event.reason);
		expect(reasons).toEqual([0, 4]);
	});
});

describe("topics by the book", () => {
	// The examples of 5.0, section 4.7.1 and 4.7.2
	it.each([
		["sport/tennis/player1/#", "sport/tennis/player1", true],
		["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
		["sport/#", "sport", true],
		["#", "a/b", true],
		["sport/tennis/+", "sport/tennis/player1", true],
		["sport/tennis/+", "sport/tennis/player1/ranking", false],
		["sport/+", "sport", false],
		["sport/+", "sport/", true],
		["+/+", "/finance", true],
		["/+", "/finance", true],
		["+", "/finance", false],
		["#", "$SYS/a", false],
		["+/monitor/Clients", "$SYS/monitor/Clients", false],
		["$SYS/#", "$SYS/a", true],
		["a", "A", false],
		["a//b", "a//b", true],
		["a/+/b", "a//b", true],
	])("%s and %s: %s", (filter, topic, expected) => {
		expect(matches(filter, topic)).toBe(expected);
		const tree = new Subscriptions<object>();
		tree.add(filter, {}, { qos: 0, noLocal: false, retainAsPublished: false, identifier: 0 });
		expect(tree.route(topic).targets.length === 1).toBe(expected);
	});

	it("the tree says what the plain rule says, and is empty when all is removed", () => {
		const levels = ["", "a", "b", "$s"];
		const wild = [...levels, "+"];
		const build = (from: string[], seed: number) => {
			const parts: string[] = [];
			for (let rest = seed; parts.length < 1 + (seed % 4); rest = Math.floor(rest / 7) + 3)
				parts.push(from[rest % from.length]);
			return parts;
		};
		const tree = new Subscriptions<{ filter: string }>();
		const subscribers = new Map<string, { filter: string }>();
		for (let seed = 0; seed < 600; seed++) {
			const filter = [...build(wild, seed), ...(seed % 3 === 0 ? ["#"] : [])].join("/");
			if (!formOf(filter) || subscribers.has(filter)) continue;
			const subscriber = { filter };
			subscribers.set(filter, subscriber);
			tree.add(filter, subscriber, { qos: 0, noLocal: false, retainAsPublished: false, identifier: 0 });
		}
		for (let seed = 0; seed < 300; seed++) {
			const topic = build(levels, seed).join("/");
			const got = tree.route(topic).targets.map((target) => target.subscriber.filter);
			const expected = [...subscribers.keys()].filter((filter) => matches(filter, topic));
			expect(got).toEqual(expected);
		}
		for (const [filter, subscriber] of subscribers) expect(tree.remove(filter, subscriber)).toBe(true);
		expect(tree.count).toBe(0);
		expect(tree.route("a").targets).toEqual([]);
	});
});
