// SPDX-License-Identifier: MIT
/** What stands before the payload of a message that comes in pieces; what is announced; and what ends the link. */
import { describe, expect, test } from "vitest";
import { Aliases, Fragments } from "../../../lib/extras/index.js";
import { Counter, Reason } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";
import { Assembler, patterned, streaming } from "./assembler.js";

describe.each(VERSIONS)("version %i: heads", (version) => {
	const head = version === 5 ? 1 : 0;

	test("a head that does not fit ends the link: 0x95", () => {
		const { rig, peer } = streaming(version, 64);
		// 64 bytes are 2 or 3 of fixed header, 2 of length, 2 of identifier, and one must be left for the payload.
		const fits = 64 - 2 - 1 - 2 - 2 - head - 1;
		peer.line.publish("t".repeat(fits), patterned(200), 1, 1);
		rig.pass(1);
		expect(rig.recorder.of("message").map((note) => (note[1] as string).length)).toHaveLength(200);
		expect(peer.line.take()).toEqual(["puback #1"]);
		peer.line.publish("t".repeat(fits + 1), patterned(200), 1, 2);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.PacketTooLarge, true]]);
		expect(peer.lines[0].take()).toEqual(version === 5 ? ["disconnect 0x95"] : []);
	});

	test.each([
		["[MQTT-3.3.2-2] a wildcard in the topic", "0001 2b", Reason.TopicNameInvalid],
		["[MQTT-1.5.4-2] U+0000 in the topic", "0001 00", Reason.MalformedPacket],
		["[MQTT-4.7.3-1] no topic", "0000", Reason.ProtocolError],
		["a topic longer than its packet", "ffff 61", Reason.MalformedPacket],
	])("%s, in a packet that is longer than the region", (_what, start, reason) => {
		const { rig, peer } = streaming(version, 64);
		const body = `${start.replace(/ /g, "")}${version === 5 ? "00" : ""}`;
		peer.line.raw(`30 e807 ${body}${"61".repeat(1000 - body.length / 2)}`);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[reason, true]]);
		expect(rig.recorder.count("message")).toBe(0);
		expect(rig.client.counters[Counter.PeerFaults]).toBe(1);
	});
});

describe("5.0", () => {
	test("[MQTT-3.1.2-24] what is announced is what is taken: nothing, or maximumPacketBytes", () => {
		const plain = meet(5, { fragments: new Fragments() });
		plain.rig.online();
		const first = plain.peer.lines[0].heard[0].packet;
		expect((first as { properties?: object }).properties).not.toHaveProperty("maximumPacketSize");

		const bounded = meet(5, {
			fragments: new Fragments({ maximumPacketBytes: 2000 }),
			limits: { packetBytes: 128 },
		});
		bounded.rig.online();
		const said = bounded.peer.lines[0].heard[0].packet;
		expect((said as { properties?: object }).properties).toMatchObject({ maximumPacketSize: 2000 });
		const seen = new Assembler(bounded.rig);
		const { line } = bounded.peer;
		line.publish("in/x", patterned(2000 - 3 - 6 - 1), 0);
		bounded.rig.pass(1);
		expect(seen.take()).toHaveLength(1);
		line.publish("in/x", patterned(2000 - 3 - 6), 0);
		bounded.rig.pass(1);
		expect(bounded.rig.recorder.of("offline")).toEqual([[Reason.PacketTooLarge, true]]);
		expect(line.take().at(-1)).toBe("disconnect 0x95");
	});

	test("[MQTT-3.3.2-7] a topic alias stands for the topic of every piece", () => {
		const { rig, peer, seen } = streaming(5, 128, { aliases: new Aliases({ inbound: 2 }) });
		const properties = { topicAlias: 1 };
		peer.line
			.publish("in/long/topic", patterned(300, 1), 0, undefined, { properties })
			.publish("in/short", "x", 0)
			.publish("", patterned(300, 2), 1, 7, { properties })
			.publish("", "small", 0, undefined, { properties });
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual([
			"in/long/topic",
			"in/short",
			"in/long/topic",
			"in/long/topic",
		]);
		peer.line.publish("", patterned(300), 0, undefined, { properties: { topicAlias: 2 } });
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ProtocolError, true]]);
		expect(seen.take()).toEqual([]);
	});

	test("[MQTT-3.1.2-25] another packet than PUBLISH that is longer than the region: 0x95", () => {
		const { rig, peer } = streaming(5, 64);
		peer.line.send({
			cmd: "puback",
			messageId: 1,
			reasonCode: 0x10,
			properties: { reasonString: "x".repeat(100) },
		});
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.PacketTooLarge, true]]);
	});

	test("properties longer than the region, or spoiled, end the link", () => {
		for (const [head, reason] of [
			["0001 61 ff7f 26", Reason.PacketTooLarge], // 16,383 bytes of properties
			[`0039 ${"61".repeat(57)} ff7f`, Reason.PacketTooLarge], // their length at the end of the region
			["0001 61 ffff7f", Reason.MalformedPacket], // more than the packet has
			["0001 61 8000", Reason.MalformedPacket], // a length that is longer than needed
			["0001 61 03 230000", Reason.TopicAliasInvalid],
			["0001 61 02 0102", Reason.ProtocolError],
			["0001 61 02 7f00", Reason.MalformedPacket],
		] as const) {
			const { rig, peer } = streaming(5, 64);
			const body = head.replace(/ /g, "");
			peer.line.raw(`30 a09c01 ${body}${"00".repeat(20_000 - body.length / 2)}`);
			rig.pass(1);
			expect(rig.recorder.of("offline")).toEqual([[reason, true]]);
			expect(rig.recorder.count("message")).toBe(0);
		}
	});
});

describe("3.1.1", () => {
	test("what is longer than maximumPacketBytes is passed over, as without", () => {
		const { rig, peer, seen } = streaming(4, 128, { fragments: new Fragments({ maximumPacketBytes: 1000 }) });
		peer.line.publish("in/x", patterned(3000), 1, 7).publish("in/y", patterned(900), 1, 8);
		rig.pass(1);
		expect(rig.recorder.of("oversize")).toEqual([["in/x", 3 + 6 + 2 + 3000]]);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/y"]);
		expect(peer.line.take()).toEqual(["puback #7", "puback #8"]);
	});
});

describe.each(VERSIONS)("version %i: the first packet", (version) => {
	test("[MQTT-3.2.0-1] a long PUBLISH instead of CONNACK ends the link at its first piece", () => {
		const { rig, peer } = meet(version, { fragments: new Fragments(), limits: { packetBytes: 128 } });
		peer.polite.delete("connect");
		rig.client.open();
		rig.pass(1);
		peer.line.publish("in/x", patterned(3000), 0);
		rig.pass(1);
		expect(rig.recorder.notes).toEqual([["offline", Reason.ProtocolError, true]]);
	});
});

test("a programmer's mistakes throw at construction", () => {
	for (const maximumPacketBytes of [0, -1, 1.5, Number.NaN, 268_435_461])
		expect(() => new Fragments({ maximumPacketBytes })).toThrow(RangeError);
	expect(() => meet(5, { fragments: new Fragments({ maximumPacketBytes: 1023 }) })).toThrow(
		/maximumPacketBytes must not be below limits.packetBytes, 1024/,
	);
});

test("a message that comes whole is first and last", () => {
	const { rig, peer } = met(5);
	const seen: unknown[] = [];
	rig.recorder.hook = (note, message) => {
		if (note[0] !== "message") return;
		const { first, last, offset, totalLength } = message!;
		seen.push([first, last, offset, totalLength]);
	};
	peer.line.publish("in/x", "four", 0).publish("in/x", "", 0);
	rig.pass(1);
	expect(seen).toEqual([
		[true, true, 0, 4],
		[true, true, 0, 0],
	]);
});
