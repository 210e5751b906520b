// SPDX-License-Identifier: MIT
import mqttPacket from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { encodeProperties, type PropertyFields, WILL, writeProperties } from "../../../lib/wire/fields.js";
import { PacketType } from "../../../lib/wire/protocol.js";
import { Writer } from "../../../lib/wire/writer.js";
import { fromHex, newArena, toHex } from "./bytes.js";

function hexOf(fields: PropertyFields): string {
	const arena = newArena(400);
	const { start, end } = encodeProperties(arena, 7, 400, fields);
	expect(start).toBe(9);
	expect(arena.view.getUint16(7)).toBe(end - start);
	return toHex(arena.bytes, start, end);
}

/** With the length in front, at the end of an arena of `size` bytes. */
function sectionOf(packetType: number, fields: PropertyFields, size = 400): string {
	const arena = newArena(size);
	const writer = new Writer(arena);
	writer.begin(3, size);
	writeProperties(writer, packetType, fields);
	return writer.overflowed ? "overflowed" : toHex(arena.bytes, 3, writer.position);
}

/** Each field, its bytes, and the packets of a client in which it may stand [5.0, table 2-4]. */
const EACH: readonly (readonly [fields: PropertyFields, bytes: string, packets: readonly number[]])[] = [
	[{ payloadFormat: 1 }, "01 01", [WILL, PacketType.Publish]],
	[{ messageExpirySeconds: 4_294_967_295 }, "02 ff ff ff ff", [WILL]],
	[{ contentType: "a/b" }, "03 00 03 61 2f 62", [WILL, PacketType.Publish]],
	[{ responseTopic: "r" }, "08 00 01 72", [WILL, PacketType.Publish]],
	[{ correlationData: Uint8Array.of(0, 255) }, "09 00 02 00 ff", [WILL, PacketType.Publish]],
	[{ correlationData: "é" }, "09 00 02 c3 a9", [WILL, PacketType.Publish]],
	[{ subscriptionIdentifier: 268_435_455 }, "0b ff ff ff 7f", [PacketType.Subscribe]],
	[{ sessionExpirySeconds: 0 }, "11 00 00 00 00", [PacketType.Connect, PacketType.Disconnect]],
	[{ authenticationMethod: "m" }, "15 00 01 6d", [PacketType.Connect, PacketType.Auth]],
	[{ requestProblemInformation: false }, "17 00", [PacketType.Connect]],
	[{ willDelaySeconds: 60 }, "18 00 00 00 3c", [WILL]],
	[{ requestResponseInformation: true }, "19 01", [PacketType.Connect]],
	[
		{ reasonString: "no" },
		"1f 00 02 6e 6f",
		[
			PacketType.Puback,
			PacketType.Pubrec,
			PacketType.Pubrel,
			PacketType.Pubcomp,
			PacketType.Disconnect,
			PacketType.Auth,
		],
	],
	[{ receiveMaximum: 65_535 }, "21 ff ff", [PacketType.Connect]],
	[{ topicAliasMaximum: 0 }, "22 00 00", [PacketType.Connect]],
	[
		{
			userProperties: [
				["a", "1"],
				["a", ""],
			],
		},
		"26 00 01 61 00 01 31 26 00 01 61 00 00",
		[
			WILL,
			PacketType.Connect,
			PacketType.Publish,
			PacketType.Puback,
			PacketType.Pubrec,
			PacketType.Pubrel,
			PacketType.Pubcomp,
			PacketType.Subscribe,
			PacketType.Unsubscribe,
			PacketType.Disconnect,
			PacketType.Auth,
		],
	],
	[{ maximumPacketSize: 1 }, "27 00 00 00 01", [PacketType.Connect]],
];

describe("properties into bytes", () => {
	test.each(EACH)("%j is %s", (fields, bytes, packets) => {
		expect(hexOf(fields)).toBe(bytes);
		const arena = newArena(100);
		const mask = encodeProperties(arena, 0, 100, fields).packets;
		for (let type = 0; type < 16; type++)
			expect((mask >> type) & 1, `packet type ${type}`).toBe(packets.includes(type) ? 1 : 0);
	});

	test("the authentication data stand beside their method [5.0, 3.1.2.11.10]", () => {
		expect(hexOf({ authenticationMethod: "m", authenticationData: Uint8Array.of(1) })).toBe(
			"15 00 01 6d 16 00 01 01",
		);
		expect(() => hexOf({ authenticationData: "x" })).toThrow(/needs an authenticationMethod/);
	});

	test("none, and fields that are undefined, are no bytes", () => {
		expect(hexOf({})).toBe("");
		expect(hexOf({ contentType: undefined, payloadFormat: 0 })).toBe("01 00");
	});

	test("another codec reads what a PUBLISH has of them [5.0 MQTT-3.3.2-13, MQTT-3.3.2-19]", () => {
		const section = sectionOf(PacketType.Publish, {
			payloadFormat: 1,
			contentType: "text/plain; größe",
			responseTopic: "antwort/日本",
			correlationData: Uint8Array.of(1, 2, 3),
			userProperties: [
				["unit", "°C"],
				["unit", "K"],
			],
		});
		const bytes = fromHex(`00 01 61 ${section}`);
		const packets: unknown[] = [];
		const parser = mqttPacket.parser({ protocolVersion: 5 });
		parser.on("packet", (packet) => packets.push((packet as { properties?: unknown }).properties));
		parser.parse(Buffer.from([0x30, bytes.length, ...bytes]));
		expect(packets).toMatchObject([
			{
				payloadFormatIndicator: true,
				contentType: "text/plain; größe",
				responseTopic: "antwort/日本",
				correlationData: Buffer.of(1, 2, 3),
				userProperties: { unit: ["°C", "K"] },
			},
		]);
	});
});

describe("what throws", () => {
	test.each<[unknown, RegExp]>([
		[{ contenttype: "a" }, /none called contenttype/],
		[{ contentType: 5 }, /contentType must be a string/],
		[{ contentType: "a\u0000b" }, /U\+0000/],
		[{ contentType: "\ud800" }, /surrogate/],
		[{ reasonString: "x".repeat(65_536) }, /65,535 bytes/],
		[{ correlationData: new Uint8Array(65_536) }, /65,535 bytes/],
		[{ userProperties: [["a", 1]] }, /userProperties must be a string/],
		[{ payloadFormat: 2 }, /payloadFormat must be 0 to 1, not 2/],
		[{ receiveMaximum: 0 }, /receiveMaximum must be 1 to 65535, not 0/],
		[{ maximumPacketSize: 0 }, /maximumPacketSize must be 1 to 4294967295, not 0/],
		[{ subscriptionIdentifier: 0 }, /subscriptionIdentifier must be 1 to 268435455, not 0/],
		[{ sessionExpirySeconds: 0.5 }, /sessionExpirySeconds must be 0 to 4294967295, not 0.5/],
		[{ sessionExpirySeconds: -1 }, /not -1/],
		[{ contentType: "a", reasonString: "b" }, /no packet has reasonString together with those before it/],
		[{ subscriptionIdentifier: 1, contentType: "a" }, /no packet has contentType/],
	])("%j: %s", (fields, message) => {
		const arena = newArena(140_000);
		expect(() => encodeProperties(arena, 0, 140_000, fields as PropertyFields)).toThrow(message);
	});

	test.each(["", "a/+", "#"])("response topic %j [5.0 MQTT-3.3.2-14]", (responseTopic) => {
		expect(() => hexOf({ responseTopic })).toThrow(/responseTopic is a topic name, without wildcards/);
	});

	test("no room, at any byte", () => {
		const fields: PropertyFields = { contentType: "a/b", userProperties: [["k", "v"]], correlationData: "c" };
		const arena = newArena(64);
		const { end } = encodeProperties(arena, 0, 64, fields);
		for (let limit = 0; limit < end; limit++)
			expect(() => encodeProperties(arena, 0, limit, fields), `${limit}`).toThrow(/region for text is full/);
		expect(encodeProperties(arena, 0, end, fields).end).toBe(end);
	});
});

describe("with their length in front", () => {
	test("of one byte, and of two from 128 on", () => {
		expect(sectionOf(PacketType.Connect, {})).toBe("00");
		expect(sectionOf(PacketType.Connect, { receiveMaximum: 4 })).toBe("03 21 00 04");
		const most = "x".repeat(124);
		expect(sectionOf(PacketType.Publish, { contentType: most })).toMatch(/^7f 03 00 7c 78 78 /);
		expect(sectionOf(PacketType.Publish, { contentType: `${most}x` })).toMatch(
			/^80 01 03 00 7d 78 78 .* 78$/,
		);
	});

	test("what does not belong in the packet throws, and is named", () => {
		expect(() =>
			sectionOf(PacketType.Publish, { payloadFormat: 1, contentType: undefined, messageExpirySeconds: 1 }),
		).toThrow(/messageExpirySeconds does not belong/);
		expect(() => sectionOf(WILL, { receiveMaximum: 1 })).toThrow(/receiveMaximum does not belong/);
		expect(() => sectionOf(PacketType.Publish, { subscriptionIdentifier: 1 })).toThrow(
			/subscriptionIdentifier does not belong/,
		);
	});

	test("what does not fit shows at the writer, at any byte", () => {
		const fields: PropertyFields = { contentType: "x".repeat(130) };
		const whole = 3 + 2 + 133;
		expect(sectionOf(PacketType.Publish, fields, whole)).toMatch(/^85 01 03 00 82 78/);
		for (let size = 3; size < whole; size++)
			expect(sectionOf(PacketType.Publish, fields, size), `${size}`).toBe("overflowed");
	});
});
