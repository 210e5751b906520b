// SPDX-License-Identifier: MIT

import { describe, expect, test } from "vitest";
import { Encoder } from "../../../lib/wire/encoder.js";
import { PacketType } from "../../../lib/wire/protocol.js";
import { Record } from "../../../lib/wire/record.js";
import { ascii, fromHex, newArena, putText, toHex } from "./bytes.js";

/** Where the region of the encoder lies; texts and records stand before it. */
const START = 512;
const END = 1024;
const POISON = 0xa5;

function setUp(version5: boolean) {
	const arena = newArena(END + 16);
	arena.bytes.fill(POISON, START);
	const encoder = new Encoder(arena, START, END);
	encoder.version5 = version5;
	return { arena, encoder };
}

const waiting = ({ arena, encoder }: ReturnType<typeof setUp>): string =>
	toHex(arena.bytes, encoder.start, encoder.position);

/** Writes a record at 16 and returns where it ends. */
function putRecord(
	set: ReturnType<typeof setUp>,
	flags: number,
	topic: string,
	properties: string,
	payload: string,
) {
	const { bytes, view } = set.arena;
	const propertyBytes = fromHex(properties);
	bytes.fill(0, 16, 16 + Record.Overhead);
	bytes[16 + Record.Flags] = flags;
	view.setUint16(16 + Record.PropertiesLength, propertyBytes.length);
	let end = putText(set.arena, 16 + Record.TopicLength, topic).end;
	bytes.set(propertyBytes, end);
	end += propertyBytes.length;
	bytes.set(ascii(payload), end);
	return end + payload.length;
}

/** The packet that `write` makes; checks that it needs all of its size, and leaves nothing when it has less. */
function encoded(version5: boolean, write: (set: ReturnType<typeof setUp>) => boolean): string {
	const set = setUp(version5);
	expect(write(set)).toBe(true);
	const size = set.encoder.position - START;
	for (let room = size - 1; room >= 0; room -= room > 40 ? 7 : 1) {
		const small = setUp(version5);
		small.encoder.limit = START + room;
		expect(write(small), `in ${room} bytes`).toBe(false);
		expect(small.encoder.position).toBe(START);
		const touched = small.arena.bytes.findIndex((byte, at) => at >= START + room && byte !== POISON);
		expect(touched).toBe(-1);
	}
	return waiting(set);
}

/** Properties, as they stand in a packet, before the region of the encoder. */
function putProperties({ arena }: ReturnType<typeof setUp>, hex: string): { start: number; end: number } {
	const bytes = fromHex(hex);
	arena.bytes.set(bytes, 300);
	return { start: 300, end: 300 + bytes.length };
}

describe("PUBLISH", () => {
	const publish =
		(flags: number, properties: string, payload: string, id: number, dup: boolean, expiry: number) =>
		(set: ReturnType<typeof setUp>): boolean => {
			const end = putRecord(set, flags, "a/b", properties, payload);
			const size = set.encoder.publishSize(16, end, expiry);
			const done = set.encoder.publish(16, end, id, dup, expiry);
			if (done) expect(size).toBe(set.encoder.position - START);
			return done;
		};

	test.each([
		["QoS 0 without identifier [MQTT-2.3.1-5]", 0, "hi", 7, false, "30 07 00 03 61 2f 62 68 69"],
		["QoS 0 without DUP [MQTT-3.3.1-2]", 1, "hi", 7, true, "31 07 00 03 61 2f 62 68 69"],
		["QoS 1", 2, "hi", 0x1234, false, "32 09 00 03 61 2f 62 12 34 68 69"],
		["QoS 2, retained, again [MQTT-3.3.1-1]", 5, "hi", 7, true, "3d 09 00 03 61 2f 62 00 07 68 69"],
		["an empty payload", 2, "", 7, false, "32 07 00 03 61 2f 62 00 07"],
	])("3.1.1: %s", (_title, flags, payload, id, dup, hex) => {
		expect(encoded(false, publish(flags, "", payload, id, dup, 0))).toBe(hex);
		expect(encoded(false, publish(flags, "01 01", payload, id, dup, 60)), "no properties, no expiry").toBe(
			hex,
		);
	});

	test.each([
		["no properties: length 0 [MQTT-2.2.2-1]", 0, "", 0, "30 08 00 03 61 2f 62 00 68 69"],
		["properties", 2, "01 01", 0, "32 0c 00 03 61 2f 62 00 07 02 01 01 68 69"],
		["expiry", 2, "", 258, "32 0f 00 03 61 2f 62 00 07 05 02 00 00 01 02 68 69"],
		["both", 2, "01 01", 0xffff_fffe, "32 11 00 03 61 2f 62 00 07 07 02 ff ff ff fe 01 01 68 69"],
	])("5.0: %s", (_title, flags, properties, expiry, hex) => {
		expect(encoded(true, publish(flags, properties, "hi", 7, false, expiry))).toBe(hex);
	});

	test("an alias is asked for only where the packet fits with it, too", () => {
		for (const payload of ["x".repeat(20), "x".repeat(114), "x".repeat(117), "x".repeat(120)]) {
			const plain = setUp(true);
			plain.encoder.publish(16, putRecord(plain, 2, "a/b", "", payload), 7, false, 0);
			const size = plain.encoder.position - START;
			for (let room = size; room < size + 8; room++) {
				const set = setUp(true);
				set.encoder.limit = START + room;
				let asked = 0;
				const aliases = { outbound: () => -1 - asked++ };
				expect(set.encoder.publish(16, putRecord(set, 2, "a/b", "", payload), 7, false, 0, aliases)).toBe(
					true,
				);
				expect(set.encoder.position).toBeLessThanOrEqual(START + room);
				expect(asked).toBe(room < size + 5 ? 0 : 1);
				expect(set.encoder.position - START).toBe(waiting(set).split(" ").length);
			}
		}
	});

	test("lengths of two bytes, of the packet and of the properties", () => {
		const payload = "x".repeat(130);
		const property = `26 00 01 6b 00 80${" 76".repeat(128)}`;
		const hex = encoded(true, publish(0, property, payload, 0, false, 0));
		expect(hex.slice(0, 32)).toBe("30 8f 02 00 03 61 2f 62 86 01 26");
		expect(hex.length).toBe((3 + 0x10f) * 3 - 1);
	});
});

describe("acknowledgements", () => {
	test.each([
		[PacketType.Puback, "40 02 ab cd"],
		[PacketType.Pubrec, "50 02 ab cd"],
		[PacketType.Pubrel, "62 02 ab cd"],
		[PacketType.Pubcomp, "70 02 ab cd"],
	])("type %i [MQTT-2.3.1-6, MQTT-3.6.1-1]", (type, hex) => {
		expect(encoded(false, ({ encoder }) => encoder.acknowledge(type, 0xabcd, 0))).toBe(hex);
		expect(encoded(true, ({ encoder }) => encoder.acknowledge(type, 0xabcd, 0))).toBe(hex);
		expect(encoded(false, ({ encoder }) => encoder.acknowledge(type, 0xabcd, 0x92))).toBe(hex);
		expect(encoded(true, ({ encoder }) => encoder.acknowledge(type, 0xabcd, 0x92))).toBe(
			`${hex.replace(" 02", " 03")} 92`,
		);
	});
});

/** A SUBSCRIBE (with options) or UNSUBSCRIBE (without) with these filters. */
function request(
	{ arena, encoder }: ReturnType<typeof setUp>,
	id: number,
	filters: readonly string[],
	options = -1,
	identifier = 0,
): boolean {
	let at = 40;
	const texts = filters.map((name) => {
		const text = putText(arena, at, name);
		at = text.end;
		return text;
	});
	const length = at - 40 + (options < 0 ? 0 : texts.length);
	const size = encoder.requestSize(length, identifier, null);
	const from = encoder.position;
	const type = options < 0 ? PacketType.Unsubscribe : PacketType.Subscribe;
	if (!encoder.request(type, id, length, identifier, null)) return false;
	for (const text of texts) encoder.filter(text.start, text.end, options);
	expect(encoder.position - from).toBe(size);
	return true;
}

describe("requests", () => {
	test("SUBSCRIBE [MQTT-3.8.1-1, MQTT-3.8.3-1, MQTT-3.8.3-4]", () => {
		const subscribe = (at: ReturnType<typeof setUp>): boolean => request(at, 7, ["a/#"], 0x3e);
		expect(encoded(false, subscribe)).toBe("82 08 00 07 00 03 61 2f 23 02");
		expect(encoded(true, subscribe)).toBe("82 09 00 07 00 00 03 61 2f 23 3e");
	});

	test("UNSUBSCRIBE [MQTT-3.10.1-1, MQTT-3.10.3-1]", () => {
		const unsubscribe = (at: ReturnType<typeof setUp>): boolean => request(at, 0xffff, ["a/#"]);
		expect(encoded(false, unsubscribe)).toBe("a2 07 ff ff 00 03 61 2f 23");
		expect(encoded(true, unsubscribe)).toBe("a2 08 ff ff 00 00 03 61 2f 23");
	});

	test("several filters, with a Subscription Identifier of one byte and of two [5.0, 3.8.2.1.2]", () => {
		const three = (at: ReturnType<typeof setUp>): boolean => request(at, 7, ["a", "b/+", "c"], 1, 5);
		expect(encoded(true, three)).toBe("82 13 00 07 02 0b 05 00 01 61 01 00 03 62 2f 2b 01 00 01 63 01");
		expect(encoded(false, three)).toBe("82 10 00 07 00 01 61 01 00 03 62 2f 2b 01 00 01 63 01");
		expect(encoded(true, (at) => request(at, 7, ["a"], 1, 128))).toBe("82 0a 00 07 03 0b 80 01 00 01 61 01");
		expect(encoded(true, (at) => request(at, 7, ["a", "b"]))).toBe("a2 09 00 07 00 00 01 61 00 01 62");
	});

	test("a long filter", () => {
		const hex = encoded(true, (at) => request(at, 1, ["f".repeat(200)], 1));
		expect(hex.slice(0, 23)).toBe("82 ce 01 00 01 00 00 c8");
		expect(hex.slice(-5)).toBe("66 01");
	});

	test("PINGREQ [3.12]", () => {
		expect(encoded(false, ({ encoder }) => encoder.ping())).toBe("c0 00");
	});

	test("DISCONNECT [MQTT-3.14.1-1]", () => {
		const disconnect =
			(reason: number, properties = "") =>
			(set: ReturnType<typeof setUp>) => {
				const { start, end } = putProperties(set, properties);
				return set.encoder.disconnect(reason, start, end);
			};
		expect(encoded(false, disconnect(0))).toBe("e0 00");
		expect(encoded(false, disconnect(0x81, "11 00 00 00 0a"))).toBe("e0 00");
		expect(encoded(true, disconnect(0))).toBe("e0 00");
		expect(encoded(true, disconnect(0x81))).toBe("e0 01 81");
		expect(encoded(true, disconnect(0, "11 00 00 00 00"))).toBe("e0 07 00 05 11 00 00 00 00");
		expect(encoded(true, disconnect(4, "11 ff ff ff ff"))).toBe("e0 07 04 05 11 ff ff ff ff");
	});
});

describe("properties of what answers and ends", () => {
	const REASON = "1f 00 02 6e 6f";
	const USER = "26 00 01 61 00 01 31";
	const EXPIRY = "11 00 00 00 0a";

	test.each([
		[PacketType.Puback, "40 0b ab cd 00 07"],
		[PacketType.Pubrec, "50 0b ab cd 00 07"],
		[PacketType.Pubrel, "62 0b ab cd 00 07"],
		[PacketType.Pubcomp, "70 0b ab cd 00 07"],
	])("acknowledgement %i, with a reason code even when it is success", (type, hex) => {
		const acknowledge = (set: ReturnType<typeof setUp>): boolean => {
			const { start, end } = putProperties(set, USER);
			return set.encoder.acknowledge(type, 0xabcd, 0, start, end);
		};
		expect(encoded(true, acknowledge)).toBe(`${hex} ${USER}`);
		expect(encoded(false, acknowledge)).toBe(`${hex.slice(0, 3)}02 ab cd`);
	});

	/** What is sent when packets of `most` bytes are taken. */
	const within = (type: PacketType, most: number, properties: string): string =>
		encoded(true, (set) => {
			const { start, end } = putProperties(set, properties);
			const { encoder } = set;
			return type === PacketType.Disconnect
				? encoder.disconnect(0x8b, start, end, most)
				: encoder.acknowledge(type, 7, 0x87, start, end, most);
		});

	test.each([
		[PacketType.Puback, "40", "[5.0 MQTT-3.4.2-2, MQTT-3.4.2-3]"],
		[PacketType.Pubrec, "50", "[5.0 MQTT-3.5.2-2, MQTT-3.5.2-3]"],
		[PacketType.Pubrel, "62", "[5.0 MQTT-3.6.2-2, MQTT-3.6.2-3]"],
		[PacketType.Pubcomp, "70", "[5.0 MQTT-3.7.2-2, MQTT-3.7.2-3]"],
	])("acknowledgement %i, first byte %s: no longer than the server takes %s", (type, first) => {
		const both = `${USER} ${REASON} ${USER}`;
		const size = 1 + 2 + 3 + 1 + 7 + 5 + 7;
		expect(within(type, size, both)).toBe(`${first} 17 00 07 87 13 ${both}`);
		expect(within(type, size - 1, both)).toBe(`${first} 12 00 07 87 0e ${USER} ${USER}`);
		expect(within(type, size - 5, both)).toBe(`${first} 12 00 07 87 0e ${USER} ${USER}`);
		expect(within(type, size - 6, both)).toBe(`${first} 03 00 07 87`);
		expect(within(type, 4, both)).toBe(`${first} 03 00 07 87`);
	});

	test("DISCONNECT: first the reason string, then the user properties [5.0 MQTT-3.14.2-3, MQTT-3.14.2-4]", () => {
		const all = `${REASON} ${EXPIRY} ${USER}`;
		const size = 1 + 2 + 1 + 1 + 5 + 5 + 7;
		expect(within(PacketType.Disconnect, size, all)).toBe(`e0 13 8b 11 ${all}`);
		expect(within(PacketType.Disconnect, size - 1, all)).toBe(`e0 0e 8b 0c ${EXPIRY} ${USER}`);
		expect(within(PacketType.Disconnect, size - 6, all)).toBe(`e0 07 8b 05 ${EXPIRY}`);
		expect(within(PacketType.Disconnect, size - 12, all)).toBe(`e0 07 8b 05 ${EXPIRY}`);
		expect(within(PacketType.Disconnect, size - 13, all)).toBe("e0 01 8b");
	});

	test("lengths of two bytes", () => {
		const text = `1f 00 7f${" 78".repeat(127)}`;
		expect(within(PacketType.Puback, 1024, text)).toBe(`40 87 01 00 07 87 82 01 ${text}`);
		expect(within(PacketType.Puback, 138, text)).toBe(`40 87 01 00 07 87 82 01 ${text}`);
		expect(within(PacketType.Puback, 137, text)).toBe("40 03 00 07 87");
	});
});

describe("the region", () => {
	test("packets stand next to each other until they are cleared", () => {
		const set = setUp(false);
		set.encoder.acknowledge(PacketType.Puback, 1, 0);
		set.encoder.ping();
		set.encoder.acknowledge(PacketType.Pubrel, 2, 0);
		expect(waiting(set)).toBe("40 02 00 01 c0 00 62 02 00 02");
		set.encoder.clear();
		expect(waiting(set)).toBe("");
	});

	test("the limit never passes the end of the region", () => {
		const { encoder } = setUp(false);
		encoder.allow(END + 5 - START, END - START);
		expect(encoder.limit).toBe(END);
		encoder.allow(3, END - START);
		expect(encoder.limit).toBe(START + 3);
		expect(encoder.ping()).toBe(true);
		expect(encoder.ping()).toBe(false);
	});
});
