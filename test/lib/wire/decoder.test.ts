// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Decoder, type InboundAliases } from "../../../lib/wire/decoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { PacketType, Property } from "../../../lib/wire/protocol.js";
import { fromHex, newArena, toHex } from "./bytes.js";

const START = 4;

function setUp(bytes: Uint8Array, version5: boolean) {
	const arena = newArena(START + bytes.length + 16);
	arena.bytes.set(bytes, START);
	const packet = new Packet(arena);
	const decoder = new Decoder(packet);
	decoder.version5 = version5;
	return { arena, packet, decoder, end: START + bytes.length };
}

function decode(hex: string, version5: boolean): number {
	const { decoder, end } = setUp(fromHex(hex), version5);
	return decoder.decode(START, end);
}

/** Takes whatever topic aliases up to `inboundMaximum` mean. */
const aliasesUpTo = (inboundMaximum: number): InboundAliases => ({ inboundMaximum, inbound: () => 0 });

const two = (n: number): string => n.toString(16).padStart(2, "0");

/** Packets of 5.0 with one reason code, and the codes that the tables of the standard give to a server. */
const reasons: Array<[string, (code: string) => string, number[]]> = [
	[
		"CONNACK [MQTT-3.2.2-8]",
		(code) => `20 03 00 ${code} 00`,
		[
			0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99,
			0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
		],
	],
	[
		"PUBACK [MQTT-3.4.2-1]",
		(code) => `40 03 00 01 ${code}`,
		[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
	],
	[
		"PUBREC [MQTT-3.5.2-1]",
		(code) => `50 03 00 01 ${code}`,
		[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
	],
	["PUBREL [MQTT-3.6.2-1]", (code) => `62 03 00 01 ${code}`, [0x00, 0x92]],
	["PUBCOMP [MQTT-3.7.2-1]", (code) => `70 03 00 01 ${code}`, [0x00, 0x92]],
	[
		"SUBACK [MQTT-3.9.3-2]",
		(code) => `90 04 00 01 00 ${code}`,
		[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
	],
	[
		"UNSUBACK [MQTT-3.11.3-2]",
		(code) => `b0 04 00 01 00 ${code}`,
		[0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
	],
	[
		"DISCONNECT [MQTT-3.14.2-1]",
		(code) => `e0 01 ${code}`,
		[
			0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96,
			0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
		],
	],
	["AUTH [MQTT-3.15.2-1]", (code) => `f0 06 ${code} 04 15 00 01 53`, [0x00, 0x18]],
];

test("[3.1.1: 2.2.3] [5.0 MQTT-1.5.5-1] a length has four bytes at most, whatever the fifth says", () => {
	for (const version5 of [false, true])
		for (const four of ["80 80 80 80", "ff ff ff ff", "82 80 80 80"])
			for (const fifth of ["00", "01", "08", "7f", "80"]) {
				const { decoder, end } = setUp(fromHex(`30 ${four} ${fifth} 00 00`), version5);
				expect(decoder.frame(START, end), `${four} ${fifth}`).toBe(-0x81);
			}
});

describe("reason codes of 5.0: those of the packet, and no others", () => {
	test.each(reasons)("%s", (_name, packet, legal) => {
		const accepted: number[] = [];
		for (let code = 0; code < 256; code++) {
			const result = decode(packet(two(code)), true);
			if (result === 0) accepted.push(code);
			else expect(result).toBe(0x82);
		}
		expect(accepted).toEqual(legal);
	});
});

/** Property → a value of it on the wire, and the packets in which a server may send it [5.0, table 2-4]. */
const properties: Array<[string, number, string, string]> = [
	["Payload Format Indicator", 0x01, "01", "publish"],
	["Message Expiry Interval", 0x02, "00 00 00 01", "publish"],
	["Content Type", 0x03, "00 01 61", "publish"],
	["Response Topic", 0x08, "00 01 61", "publish"],
	["Correlation Data", 0x09, "00 01 00", "publish"],
	["Subscription Identifier", 0x0b, "01", "publish"],
	["Session Expiry Interval", 0x11, "00 00 00 01", "connack"],
	["Assigned Client Identifier", 0x12, "00 01 61", "connack"],
	["Server Keep Alive", 0x13, "00 00", "connack"],
	["Authentication Method", 0x15, "00 01 61", "connack auth"],
	["Authentication Data", 0x16, "00 01 00", "connack auth"],
	["Request Problem Information", 0x17, "01", ""],
	["Will Delay Interval", 0x18, "00 00 00 01", ""],
	["Request Response Information", 0x19, "01", ""],
	["Response Information", 0x1a, "00 01 61", "connack"],
	["Server Reference", 0x1c, "00 01 61", "connack disconnect"],
	["Reason String", 0x1f, "00 01 61", "connack puback pubrec pubrel pubcomp suback unsuback disconnect auth"],
	["Receive Maximum", 0x21, "00 01", "connack"],
	["Topic Alias Maximum", 0x22, "00 00", "connack"],
	["Topic Alias", 0x23, "00 01", "publish"],
	["Maximum QoS", 0x24, "01", "connack"],
	["Retain Available", 0x25, "01", "connack"],
	[
		"User Property",
		0x26,
		"00 01 61 00 01 62",
		"connack publish puback pubrec pubrel pubcomp suback unsuback disconnect auth",
	],
	["Maximum Packet Size", 0x27, "00 00 00 01", "connack"],
	["Wildcard Subscription Available", 0x28, "00", "connack"],
	["Subscription Identifier Available", 0x29, "00", "connack"],
	["Shared Subscription Available", 0x2a, "00", "connack"],
];

/** What stands before and after the property section. */
const frames: Record<string, [string, string, string]> = {
	connack: ["20", "00 00", ""],
	publish: ["30", "00 01 61", "68 69"],
	puback: ["40", "00 01 00", ""],
	pubrec: ["50", "00 01 00", ""],
	pubrel: ["62", "00 01 00", ""],
	pubcomp: ["70", "00 01 00", ""],
	suback: ["90", "00 01", "00"],
	unsuback: ["b0", "00 01", "00"],
	disconnect: ["e0", "00", ""],
	auth: ["f0", "18", ""],
};

function withProperties(name: string, section: string): Uint8Array {
	const [first, before, after] = frames[name];
	const bytes = fromHex(section);
	const body = fromHex(before + two(bytes.length) + section + after);
	return Uint8Array.of(Number.parseInt(first, 16), body.length, ...body);
}

function decodeWith(name: string, section: string, aliasMaximum = 10): number {
	const { decoder, end } = setUp(withProperties(name, section), true);
	decoder.aliases = aliasesUpTo(aliasMaximum);
	return decoder.decode(START, end);
}

describe("properties of 5.0 [2.2.2.2]", () => {
	test.each(properties)("%s stands where the table has it, and nowhere else", (_name, id, value, packets) => {
		const legal = packets === "" ? [] : packets.split(" ");
		for (const name of Object.keys(frames)) {
			const method = name === "auth" && id !== 0x15 ? "15 00 01 53" : "";
			const result = decodeWith(name, `${method}${two(id)}${value}`);
			// Legal in a DISCONNECT, though not in a server's [MQTT-3.14.2-2].
			const fault = name === "disconnect" && id === Property.SessionExpiryInterval ? 0x82 : 0x81;
			expect(result, name).toBe(legal.includes(name) ? 0 : fault);
		}
	});

	test.each(properties.filter(([, , , packets]) => packets !== ""))(
		"%s twice",
		(_name, id, value, packets) => {
			const name = packets.split(" ")[0];
			const repeats = id === Property.UserProperty || id === Property.SubscriptionIdentifier;
			expect(decodeWith(name, `${two(id)}${value}${two(id)}${value}`)).toBe(repeats ? 0 : 0x82);
		},
	);

	test.each(properties.filter(([, , , packets]) => packets !== ""))(
		"%s cut short",
		(_name, id, value, packets) => {
			const name = packets.split(" ")[0];
			const bytes = fromHex(value);
			for (let length = 0; length < bytes.length; length++)
				expect(decodeWith(name, two(id) + toHex(bytes, 0, length)), `${length} bytes`).toBe(0x81);
		},
	);

	test("identifiers that are not in the table", () => {
		const known = properties.map(([, id]) => id);
		for (let id = 0; id < 256; id++)
			if (!known.includes(id)) expect(decodeWith("connack", `${two(id)} 00 00 00 00`)).toBe(0x81);
	});

	test.each(properties.filter(([, , value, packets]) => fromHex(value).length === 1 && packets !== ""))(
		"%s has a value from 0 or 1 up to its limit",
		(_name, id, _value, packets) => {
			const name = packets.split(" ")[0];
			const isIdentifier = id === Property.SubscriptionIdentifier;
			expect(decodeWith(name, `${two(id)} 00`)).toBe(isIdentifier ? 0x82 : 0);
			expect(decodeWith(name, `${two(id)} 01`)).toBe(0);
			expect(decodeWith(name, `${two(id)} 02`)).toBe(isIdentifier ? 0 : 0x82);
			expect(decodeWith(name, `${two(id)} ff`)).toBe(isIdentifier ? 0x81 : 0x82);
		},
	);

	test.each([
		["Receive Maximum [3.2.2.3.3]", "connack", "21 00 00", 0x82],
		["Maximum Packet Size [3.2.2.3.6]", "connack", "27 00 00 00 00", 0x82],
		["Topic Alias [MQTT-3.3.2-8]", "publish", "23 00 00", 0x94],
		["Subscription Identifier [3.3.2.3.8]", "publish", "0b 00", 0x82],
		["Server Keep Alive", "connack", "13 00 00", 0],
		["Topic Alias Maximum", "connack", "22 00 00", 0],
		["Session Expiry Interval", "connack", "11 00 00 00 00", 0],
		["Message Expiry Interval", "publish", "02 00 00 00 00", 0],
	])("%s 0", (_name, packet, section, fault) => {
		expect(decodeWith(packet, section)).toBe(fault);
	});

	test("a user property may be repeated, its parts may be empty [MQTT-3.1.3-10]", () => {
		expect(decodeWith("publish", "26 00 00 00 00 26 00 00 00 00")).toBe(0);
	});
});

describe("topic aliases [MQTT-3.1.2-26, MQTT-3.1.2-27]", () => {
	test.each([
		[0, 1, 0x94],
		[10, 10, 0],
		[10, 11, 0x94],
		[65_535, 65_535, 0],
	])("up to %i: alias %i", (maximum, alias, fault) => {
		const section = `23 ${two(alias >> 8)} ${two(alias & 255)}`;
		expect(decodeWith("publish", section, maximum)).toBe(fault);
	});

	test("an alias may stand in place of the topic [3.3.2.1]", () => {
		const { decoder, packet, end } = setUp(fromHex("30 06 00 00 03 23 00 05"), true);
		decoder.aliases = aliasesUpTo(5);
		expect(decoder.decode(START, end)).toBe(0);
		expect(packet.topicEnd - packet.topicStart).toBe(0);
		expect(packet.property(Property.TopicAlias, 0)).toBe(5);
	});
});

describe("one packet after another", () => {
	test("nothing of a packet is left in the next", () => {
		const packets = [
			"32 0f 00 03 61 2f 62 00 07 05 02 00 00 00 01 68 69",
			"90 04 00 09 00 02",
			"e0 01 8b",
			"d0 00",
			"20 09 01 00 06 21 00 10 22 00 01",
			"40 02 00 05",
			"30 04 00 01 61 00",
		];
		const all = setUp(fromHex(packets.join("")), true);
		let at = START;
		for (const hex of packets) {
			const alone = setUp(fromHex(hex), true);
			expect(alone.decoder.decode(START, alone.end)).toBe(0);
			const size = all.decoder.frame(at, all.end);
			expect(all.decoder.decode(at, at + size)).toBe(0);
			const shift = at - START;
			for (const field of ["type", "flags", "id"] as const)
				expect(all.packet[field], `${hex}: ${field}`).toBe(alone.packet[field]);
			if (all.packet.type !== PacketType.Publish)
				expect(all.packet.reason, `${hex}: reason`).toBe(alone.packet.reason);
			for (const field of ["payloadStart", "payloadEnd", "propertiesStart", "propertiesEnd"] as const)
				expect(all.packet[field] - shift, `${hex}: ${field}`).toBe(alone.packet[field]);
			at += size;
		}
		expect(at).toBe(all.end);
	});

	test("decode looks at the header anew when frame was asked about something else", () => {
		const { arena, decoder, end } = setUp(fromHex("40 02 00 05"), false);
		expect(decoder.frame(START, end)).toBe(4);
		expect(decoder.decode(START, end)).toBe(0);
		arena.bytes[START] = 0x43;
		expect(decoder.decode(START, end)).toBe(0x81);
		arena.bytes[START] = 0x10;
		expect(decoder.decode(START, end)).toBe(0x82);
	});

	test("frame of nothing is nothing", () => {
		const { decoder } = setUp(fromHex("40 02 00 05"), false);
		expect(decoder.frame(START, START)).toBe(0);
		expect(decoder.frame(START, START - 1)).toBe(0);
	});

	test("frame tells sizes that are far from here [MQTT-1.5.5-1]", () => {
		const { decoder, end } = setUp(fromHex("30 ff ff ff 7f"), true);
		expect(decoder.frame(START, end)).toBe(268_435_460);
		expect(decoder.decode(START, end)).toBe(0x81);
	});
});
