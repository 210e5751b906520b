// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, Reason, Refusal } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { encode, met, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i: receiving", (version) => {
	test("[MQTT-4.3.2-4] [MQTT-4.3.3-8..11] QoS 0, 1, 2 to the last acknowledgement", () => {
		const { rig, peer } = met(version);
		peer.line
			.publish("in/0", "zero", 0)
			.publish("in/1", "one", 1, 7)
			.publish("in/2", "", 2, 8, { retain: true });
		rig.pass(1);
		expect(rig.recorder.of("message")).toEqual([
			["in/0", "zero", 0, false],
			["in/1", "one", 1, false],
			["in/2", "", 2, true],
		]);
		expect(peer.line.take()).toEqual(["puback #7", "pubrec #8"]);
		peer.line.ack("pubrel", 8);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubcomp #8"]);
		expect(rig.client.counters[Counter.Delivered]).toBe(3);
	});

	test("a store that refuses an identifier, though there is room: the link ends, nothing is delivered", () => {
		const store = Object.assign(new RamStore(), { openInbound: () => Refusal.Full });
		const { rig, peer } = met(version, { store });
		peer.line.publish("in/2", "x", 2, 8);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.QuotaExceeded, true]]);
		expect(rig.recorder.count("message")).toBe(0);
	});

	test("[MQTT-4.3.3-10] QoS 2 is delivered once, however often it comes, DUP or not; each is answered", () => {
		const { rig, peer } = met(version);
		peer.line.publish("in/2", "x", 2, 8).publish("in/2", "x", 2, 8).publish("in/2", "x", 2, 8, { dup: true });
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(1);
		expect(peer.line.take()).toEqual(["pubrec #8", "pubrec #8", "pubrec #8"]);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		peer.line.publish("in/2", "x", 2, 8, { dup: true });
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(1);
		expect(rig.client.counters[Counter.Duplicates]).toBe(3);
		peer.line.ack("pubrel", 8);
		peer.line.publish("in/2", "new", 2, 8, { dup: true }); // DUP says nothing: after PUBREL the identifier is free
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["pubrec #8", "pubcomp #8", "pubrec #8"]);
		expect(rig.recorder.count("message")).toBe(2);
	});

	test("[MQTT-3.3.1-3] QoS 1 with DUP is delivered: it may be the first that we see", () => {
		const { rig, peer } = met(version);
		peer.line.publish("in/1", "x", 1, 8, { dup: true }).publish("in/1", "x", 1, 8, { dup: true });
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(2);
		expect(peer.line.take()).toEqual(["puback #8", "puback #8"]);
	});

	test("[MQTT-4.3.3-11] PUBREL for an identifier that we do not know is answered all the same", () => {
		const { rig, peer } = met(version);
		peer.line.ack("pubrel", 99);
		rig.pass(1);
		expect(peer.line.take()).toEqual([version === 5 ? "pubcomp #99 0x92" : "pubcomp #99"]);
	});

	test("[MQTT-4.3.2-4] the acknowledgement leaves after onMessage has returned", () => {
		const { rig, peer } = met(version);
		let written = -1;
		rig.recorder.hook = (note) => {
			if (note[0] !== "message") return;
			rig.client.subscribe(rig.filter, 0); // a call that would write
			written = rig.strict.last.writes;
		};
		const before = rig.strict.last.writes;
		peer.line.publish("in/1", "x", 1, 8);
		rig.pass(1);
		expect(written).toBe(before);
		expect(peer.line.take()).toEqual(["puback #8", "subscribe #65281 in/# q0"]);
	});

	test("[MQTT-4.6.0-2] [MQTT-4.6.0-3] acknowledgements leave in the order of arrival", () => {
		const { rig, peer } = met(version);
		const packets = [5, 3, 9, 1].map((id, i) =>
			encode(
				{ cmd: "publish", topic: "in/x", payload: Buffer.from("x"), qos: 1 + (i % 2), messageId: id },
				version,
			),
		);
		peer.line.raw(Uint8Array.from(packets.flatMap((bytes) => [...bytes])));
		rig.pass(1);
		expect(peer.line.take()).toEqual(["puback #5", "pubrec #3", "puback #9", "pubrec #1"]);
	});

	test("the identifiers of both sides are independent [2.3.1]", () => {
		const { rig, peer } = met(version);
		rig.publish("mine", 2);
		rig.pass(1);
		peer.line.publish("in/2", "yours", 2, 2);
		rig.pass(1);
		peer.line.ack("pubrec", 2).ack("pubrel", 2).ack("pubcomp", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=mine q2 #2", "pubrec #2", "pubrel #2", "pubcomp #2"]);
		expect(rig.recorder.count("settled")).toBe(1);
		expect(rig.recorder.count("message")).toBe(1);
	});

	test("a session that both sides lost: an inbound identifier means a new message", () => {
		const { rig, peer } = met(version);
		peer.line.publish("in/2", "old", 2, 8);
		rig.pass(1);
		rig.drop();
		rig.until("online", () => rig.client.online);
		peer.line.publish("in/2", "new", 2, 8);
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(2);
	});

	test("more acknowledgements than the ring holds: reading stops, nothing is lost, the order stays", () => {
		const { rig, peer } = met(version, { limits: { receiveMaximum: 4, window: 4 } });
		rig.strict.last.roomLimit = 3; // less than an acknowledgement
		for (let id = 1; id <= 100; id++) {
			if (version === 4 || id <= 4) peer.line.publish("in/1", `${id}`, 1, id);
			else peer.line.ack("pubrel", id);
		}
		rig.pass(10);
		expect(peer.line.take()).toEqual([]);
		rig.strict.last.roomLimit = 13;
		rig.strict.last.onWritable(13);
		rig.until("all acknowledged", () => peer.line.heard.length === 101, 1000);
		const kind = (id: number) => (version === 4 || id <= 4 ? `puback #${id}` : `pubcomp #${id} 0x92`);
		expect(peer.line.take()).toEqual(Array.from({ length: 100 }, (_, i) => kind(i + 1)));
		expect(rig.client.counters[Counter.PeakOwed]).toBeLessThanOrEqual(10);
		expect(rig.strict.last.unread).toBe(0);
	});
});

describe("5.0: our limits", () => {
	test("[MQTT-3.3.4-9] more QoS 2 than our Receive Maximum: what is open is finished, then DISCONNECT 0x93, and back at once", () => {
		const { rig, peer } = met(5, { limits: { receiveMaximum: 3 } });
		for (let id = 1; id <= 4; id++) peer.line.publish("in/x", `${id}`, 2, id);
		rig.pass(1);
		const first = peer.line;
		expect(first.take()).toEqual(["pubrec #1", "pubrec #2", "pubrec #3"]);
		first.ack("pubrel", 1).ack("pubrel", 2);
		rig.until("back", () => peer.lines.length === 2, 100);
		expect(first.take()).toEqual(["pubcomp #1", "pubcomp #2", "disconnect 0x93"]);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ReceiveMaximumExceeded, true]]);
		expect(rig.recorder.retries).toEqual([0]);
		expect(rig.recorder.count("message")).toBe(3);
	});

	test("[MQTT-3.3.4-9] a broker that overruns and finishes nothing gets 0x93 too, after requestMs, and no quick return", () => {
		const { rig, peer } = met(5, { limits: { receiveMaximum: 2, requestMs: 5000 } });
		for (let id = 1; id <= 3; id++) peer.line.publish("in/x", `${id}`, 2, id);
		rig.pass(4999);
		expect(rig.client.online).toBe(true);
		rig.pass(2);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ReceiveMaximumExceeded, true]]);
		expect(peer.lines[0].take()).toEqual(["pubrec #1", "pubrec #2", "disconnect 0x93"]);
		expect(rig.recorder.retries[0]).toBeGreaterThan(0);
	});

	test("QoS 1 cannot overrun us: acknowledgements leave before more is read", () => {
		const { rig, peer } = met(5, { limits: { receiveMaximum: 2, window: 2 } });
		for (let id = 1; id <= 60; id++) peer.line.publish("in/x", "x", 1, id);
		rig.until("all", () => rig.recorder.count("message") === 60, 100);
		rig.pass(1);
		expect(peer.line.take()).toEqual(Array.from({ length: 60 }, (_, i) => `puback #${i + 1}`));
		expect(rig.client.online).toBe(true);
	});

	test("[5.0, 4.9] exchanges of an earlier connection do not count against our Receive Maximum", () => {
		const { rig, peer } = met(5, { limits: { receiveMaximum: 2 } });
		peer.line.publish("in/x", "1", 2, 1).publish("in/x", "2", 2, 2);
		rig.pass(1);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		peer.line.take();
		// A new quota: two more may come before the PUBRELs of old.
		peer.line.publish("in/x", "one", 1, 3).publish("in/x", "3", 2, 4);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["puback #3"]); // there is no place to remember the other, so it stays there
		const second = peer.line;
		second.ack("pubrel", 1);
		rig.until("fetched", () => peer.lines.length === 3, 100);
		expect(second.take()).toEqual(["pubcomp #1", "disconnect"]);
		rig.pass(1);
		peer.line.ack("pubrel", 2);
		peer.line.publish("in/x", "3", 2, 4, { dup: true });
		rig.pass(1);
		expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["1", "2", "one", "3"]);
		expect(rig.recorder.of("offline").map((note) => note[0])).toEqual([-19, Reason.FetchHeldBack]);
	});

	test("a repeated QoS 2 message does not count twice, and PUBCOMP gives the place back", () => {
		const { rig, peer } = met(5, { limits: { receiveMaximum: 2 } });
		peer.line.publish("in/x", "1", 2, 1).publish("in/x", "2", 2, 2).publish("in/x", "2", 2, 2, { dup: true });
		rig.pass(1);
		peer.line.ack("pubrel", 1);
		rig.pass(1);
		peer.line.publish("in/x", "3", 2, 3);
		rig.pass(1);
		expect(rig.client.online).toBe(true);
		expect(rig.recorder.count("message")).toBe(3);
	});

	test("[MQTT-3.1.2-24] a packet as long as our Maximum Packet Size is taken, one more byte is 0x95", () => {
		for (const more of [0, 1, 2, 100_000]) {
			const { rig, peer } = met(5, { limits: { packetBytes: 200 } });
			// 3 header, 2 + 4 topic, 1 properties.
			peer.line.publish("in/x", new Uint8Array(200 - 10 + more), 0);
			rig.pass(1);
			expect(rig.recorder.count("message")).toBe(more === 0 ? 1 : 0);
			if (more === 0) continue;
			expect(rig.recorder.of("offline")).toEqual([[Reason.PacketTooLarge, true]]);
			expect(peer.lines[0].take()).toEqual(["disconnect 0x95"]);
		}
	});
});

describe("3.1.1: what does not fit", () => {
	test("QoS 2 with the table full: held back with all that follow it, and fetched by one reconnect, in order", () => {
		const will = { topic: "gone", payload: "" };
		const { rig, peer } = met(4, { limits: { receiveMaximum: 2 }, will });
		peer.present = true;
		for (let id = 1; id <= 5; id++) peer.line.publish("in/x", `${id}`, 2, id);
		peer.line.publish("in/x", "one", 1, 9);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #1", "pubrec #2", "puback #9"]);
		expect(rig.client.counters[Counter.HeldBack]).toBe(3);
		const first = peer.line;
		first.ack("pubrel", 1);
		// A place is free, but what follows the held-back one must not overtake it.
		first.publish("in/x", "6", 2, 6);
		rig.until("fetched", () => peer.lines.length === 2, 100);
		expect(first.take()).toEqual(["pubcomp #1", "disconnect"]); // in order: the will is not meant
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.FetchHeldBack, true]]);
		expect(rig.recorder.retries).toEqual([0]);
		peer.line.ack("pubrel", 2);
		for (let id = 3; id <= 4; id++) peer.line.publish("in/x", `${id}`, 2, id, { dup: true });
		rig.pass(1);
		expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["1", "2", "one", "3", "4"]);
	});

	test("acknowledgements that wait for QoS 1 take no place of QoS 2", () => {
		const { rig, peer } = met(4, { limits: { receiveMaximum: 2 } });
		const one = (id: number, qos: number) => [
			...encode({ cmd: "publish", topic: "in/x", payload: Buffer.from(""), qos, messageId: id }, 4),
		];
		peer.line.raw(Uint8Array.from([...one(1, 1), ...one(2, 1), ...one(3, 1), ...one(4, 2), ...one(5, 2)]));
		rig.pass(1);
		expect(rig.client.counters[Counter.HeldBack]).toBe(0);
		expect(rig.recorder.count("message")).toBe(5);
	});

	test("longer than the region: skipped, told, acknowledged, and the stream goes on; at every length and split", () => {
		const { rig, peer } = met(4, { limits: { packetBytes: 128 } });
		let expected = 0;
		for (const length of [117, 118, 119, 120, 121, 127, 128, 129, 245, 246, 247, 1000, 20_000])
			for (const qos of [0, 1, 2]) {
				const whole = encode(
					{ cmd: "publish", topic: "in/x", payload: Buffer.alloc(length), qos, messageId: 5 },
					4,
				);
				const oversize = whole.length > 128;
				rig.recorder.clear();
				peer.line.take();
				peer.line.raw(whole).publish("in/x", "after", 1, 6);
				if (qos === 2) peer.line.ack("pubrel", 5);
				const heard = peer.line.heard.length + (qos === 0 ? 1 : qos + 1);
				rig.until("acknowledged", () => peer.line.heard.length === heard);
				expect(rig.recorder.of("oversize")).toEqual(oversize ? [["in/x", whole.length]] : []);
				expect(rig.recorder.of("message").map((note) => (note[1] as string).length)).toEqual(
					oversize ? [5] : [length, 5],
				);
				const acks = [[], ["puback #5"], ["pubrec #5"]][qos];
				expect(peer.line.take()).toEqual([...acks, "puback #6", ...(qos === 2 ? ["pubcomp #5"] : [])]);
				if (oversize) expected++;
			}
		expect(rig.client.counters[Counter.Oversize]).toBe(expected);
	});

	test("an oversize packet cut at every byte", () => {
		const whole = encode(
			{ cmd: "publish", topic: "in/oversize", payload: Buffer.alloc(300, 0x41), qos: 1, messageId: 5 },
			4,
		);
		const small = encode({ cmd: "publish", topic: "in/x", payload: Buffer.from("small"), qos: 0 }, 4);
		const { rig, peer } = met(4, { limits: { packetBytes: 64 } });
		for (let cut = 0; cut <= whole.length; cut++) {
			rig.recorder.clear();
			peer.line.raw(Uint8Array.from([...small, ...whole.subarray(0, cut)]));
			rig.pass(1);
			peer.line.raw(Uint8Array.from([...whole.subarray(cut), ...small]));
			rig.pass(1);
			expect(rig.recorder.notes, `cut at ${cut}`).toEqual([
				["message", "in/x", "small", 0, false],
				["oversize", "in/oversize", whole.length],
				["message", "in/x", "small", 0, false],
			]);
		}
	});

	test("its topic may fill the region, wherever in it the packet began; a longer one ends the connection", () => {
		for (const before of [0, 1, 3])
			for (const topicLength of [58, 59, 60, 61]) {
				const topic = "t".repeat(topicLength);
				const whole = encode({ cmd: "publish", topic, payload: Buffer.alloc(200), qos: 0 }, 4);
				const small = encode({ cmd: "publish", topic: "x", payload: Buffer.from(""), qos: 0 }, 4);
				const { rig, peer } = met(4, { limits: { packetBytes: 64 } });
				for (let i = 0; i < before; i++) peer.line.raw(small);
				peer.line.raw(whole);
				rig.pass(1);
				// 3 bytes of header, 2 of length: 59 bytes of topic fit into 64.
				expect(rig.recorder.count("oversize"), `${topicLength} after ${before}`).toBe(
					topicLength <= 59 ? 1 : 0,
				);
				if (topicLength > 59) expect(rig.recorder.of("offline")[0][0]).toBe(Reason.PacketTooLarge);
			}
	});

	test("an oversize QoS 2 message is told once", () => {
		const { rig, peer } = met(4, { limits: { packetBytes: 64 } });
		peer.line
			.publish("in/x", new Uint8Array(300), 2, 5)
			.publish("in/x", new Uint8Array(300), 2, 5, { dup: true });
		rig.pass(1);
		expect(rig.recorder.count("oversize")).toBe(1);
		expect(peer.line.take()).toEqual(["pubrec #5", "pubrec #5"]);
	});
});
