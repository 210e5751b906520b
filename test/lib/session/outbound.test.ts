// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, RETAIN, Reason, Settled } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i: publishing", (version) => {
	test("[MQTT-4.3.1-1] [MQTT-3.3.1-2] [MQTT-2.3.1-5] QoS 0: once, no identifier, no DUP, settled when it is written", () => {
		const { rig, peer } = met(version);
		const tickets = [rig.publish("x", 0), rig.publish("", 0, RETAIN)];
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q0", "publish a/b= q0 retain"]);
		expect(rig.recorder.of("settled")).toEqual(tickets.map((ticket) => [ticket, Settled.Sent, 0, false]));
		expect(rig.client.pending).toBe(0);
	});

	test("[MQTT-4.3.2-1] [MQTT-4.3.2-2] QoS 1: settled by PUBACK, the identifier is free then", () => {
		const { rig, peer } = met(version);
		const ticket = rig.publish("x", 1);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q1 #2"]);
		expect(rig.recorder.count("settled")).toBe(0);
		peer.line.ack("puback", 2);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Acknowledged, 0, false]]);
		peer.line.ack("puback", 2); // late, or repeated: belongs to nothing
		rig.pass(1);
		expect(rig.client.counters[Counter.Strays]).toBe(1);
		expect(rig.client.online).toBe(true);
	});

	test("[MQTT-4.3.3-2..6] QoS 2: PUBLISH, PUBREC, PUBREL, PUBCOMP", () => {
		const { rig, peer } = met(version);
		const ticket = rig.publish("x", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q2 #2"]);
		peer.line.ack("pubrec", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrel #2"]);
		expect(rig.recorder.count("settled")).toBe(0);
		peer.line.ack("pubrec", 2); // the broker repeats itself: PUBREL once more, the PUBLISH never
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrel #2"]);
		peer.line.ack("pubcomp", 2);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Acknowledged, 0, false]]);
	});

	test("[MQTT-2.3.1-2] [MQTT-2.2.1-3] identifiers differ while they are in flight, and go round", () => {
		const { rig, peer } = met(version, { limits: { publishIds: 3 } });
		const tickets = [1, 2, 3, 4, 5].map((i) => rig.publish(`${i}`, 1));
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=1 q1 #2", "publish a/b=2 q1 #3", "publish a/b=3 q1 #1"]);
		peer.line.ack("puback", 3); // not the oldest: its identifier could be used, but would overtake
		rig.pass(1);
		expect(peer.line.take()).toEqual([]);
		peer.line.ack("puback", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=4 q1 #2", "publish a/b=5 q1 #3"]);
		for (const id of [1, 2, 3]) peer.line.ack("puback", id);
		rig.pass(1);
		expect([...rig.recorder.settled.keys()]).toEqual([
			tickets[1],
			tickets[0],
			tickets[2],
			tickets[3],
			tickets[4],
		]);
	});

	test("[MQTT-4.6.0-4] PUBREL leaves in the order of PUBREC", () => {
		const { rig, peer } = met(version);
		for (const text of ["1", "2", "3"]) rig.publish(text, 2);
		rig.pass(1);
		peer.line.take();
		for (const id of [4, 2, 3]) peer.line.ack("pubrec", id);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrel #4", "pubrel #2", "pubrel #3"]);
	});

	test("[MQTT-3.3.1-1] [MQTT-4.4.0-1] nothing is sent again on a live link, ever", () => {
		const { rig, peer } = met(version);
		rig.publish("1", 1);
		rig.publish("2", 2);
		rig.publish("3", 2);
		rig.pass(1);
		peer.line.ack("pubrec", 4);
		rig.pass(3_600_000);
		const sent = peer.line.take().filter((text) => text !== "pingreq");
		expect(sent).toEqual(["publish a/b=1 q1 #2", "publish a/b=2 q2 #3", "publish a/b=3 q2 #4", "pubrel #4"]);
		expect(rig.client.online).toBe(true);
	});

	test("an answer of the wrong kind is a protocol error", () => {
		for (const [qos, kind, released] of [
			[1, "pubrec", false],
			[1, "pubcomp", false],
			[2, "puback", false],
			[2, "pubcomp", false],
			[2, "puback", true],
		] as const) {
			const { rig, peer } = met(version);
			rig.publish("x", qos);
			rig.pass(1);
			if (released) peer.line.ack("pubrec", 2);
			rig.pass(1);
			peer.line.take();
			peer.line.ack(kind, 2);
			rig.pass(1);
			expect(rig.recorder.of("offline")[0], `${kind} for QoS ${qos}`).toEqual([Reason.ProtocolError, true]);
			expect(peer.lines[0].take()).toEqual(version === 5 ? ["disconnect 0x82"] : []);
			expect(rig.client.pending).toBe(1);
		}
	});

	test("[MQTT-4.3.3-4] PUBREC, PUBACK, PUBCOMP that belong to nothing", () => {
		const { rig, peer } = met(version);
		peer.line.ack("puback", 77).ack("pubcomp", 77).ack("puback", 65_535).ack("pubcomp", 65_280);
		peer.line.ack("pubrec", 77);
		rig.pass(1);
		// The PUBREC is answered, or the broker never frees its identifier.
		expect(peer.line.take()).toEqual([version === 5 ? "pubrel #77 0x92" : "pubrel #77"]);
		expect(rig.client.counters[Counter.Strays]).toBe(5);
		expect(rig.client.online).toBe(true);
	});

	test("the window bounds what is in flight; QoS 0 and SUBSCRIBE go past it", () => {
		const { rig, peer } = met(version, { limits: { window: 2 } });
		for (const text of ["1", "2", "3", "4"]) rig.publish(text, 1);
		rig.publish("zero", 0);
		rig.client.subscribe(rig.filter, 1);
		rig.publish("also zero", 0);
		rig.pass(1);
		expect(peer.line.take()).toEqual([
			"publish a/b=1 q1 #2",
			"publish a/b=2 q1 #3",
			"publish a/b=zero q0",
			"subscribe #65281 in/# q1",
			"publish a/b=also zero q0",
		]);
		expect(rig.recorder.count("subscribed")).toBe(1);
		peer.line.ack("puback", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=3 q1 #4"]);
		expect(rig.client.counters[Counter.PeakInFlight]).toBe(2);
	});

	test("sixteen SUBSCRIBEs while the window is full", () => {
		const { rig, peer } = met(version, { limits: { window: 1 } });
		for (let i = 0; i < 5; i++) rig.publish(`${i}`, 2);
		const filters = Array.from({ length: 16 }, (_, i) => rig.client.filter(`f/${i}`));
		for (const filter of filters) expect(rig.client.subscribe(filter, 1)).toBe(0);
		rig.pass(1);
		expect(rig.recorder.count("subscribed")).toBe(16);
		expect(peer.all("publish").length).toBe(1);
		const ids = peer.all("subscribe").map((one) => one.packet.messageId!);
		expect(new Set(ids).size).toBe(16);
		expect(Math.min(...ids)).toBeGreaterThan(65_279);
	});
});

describe("5.0: reasons and the server's limits", () => {
	test.each([0x80, 0x83, 0x87, 0x90, 0x97, 0x99])(
		"[MQTT-4.3.2-5] PUBACK with reason %i: rejected",
		(reason) => {
			const { rig, peer } = met(5);
			const ticket = rig.publish("x", 1);
			rig.pass(1);
			peer.line.ack("puback", 2, reason);
			rig.pass(1);
			expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Rejected, reason, false]]);
			expect(rig.client.counters[Counter.Rejected]).toBe(1);
		},
	);

	test("[MQTT-4.3.3-4] PUBREC with an error ends the exchange: no PUBREL, the quota is free", () => {
		const { rig, peer } = met(5, { limits: { window: 1 } });
		const ticket = rig.publish("x", 2);
		rig.publish("y", 2);
		rig.pass(1);
		peer.line.ack("pubrec", 2, 0x97);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Rejected, 0x97, false]]);
		expect(peer.line.take()).toEqual(["publish a/b=x q2 #2", "publish a/b=y q2 #3"]);
		peer.line.ack("pubrec", 2, 0x80); // an error for nothing is answered by nothing
		rig.pass(1);
		expect(peer.line.take()).toEqual([]);
	});

	test("[MQTT-3.4.2-1] 0x10, no matching subscribers, is success", () => {
		const { rig, peer } = met(5);
		const tickets = [rig.publish("x", 1), rig.publish("y", 2)];
		rig.pass(1);
		peer.line.ack("puback", 2, 0x10).ack("pubrec", 3, 0x10);
		rig.pass(1);
		expect(peer.line.take().slice(2)).toEqual(["pubrel #3"]);
		peer.line.ack("pubcomp", 3);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([
			[tickets[0], Settled.Acknowledged, 0x10, false],
			[tickets[1], Settled.Acknowledged, 0, false],
		]);
	});

	test("PUBCOMP 0x92 after a repeated PUBREL: the message had arrived", () => {
		const { rig, peer } = met(5);
		const ticket = rig.publish("x", 2);
		rig.pass(1);
		peer.line.ack("pubrec", 2);
		rig.pass(1);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "pubrel #2"]);
		peer.line.ack("pubcomp", 2, 0x92);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Acknowledged, 0x92, false]]);
	});

	test.each([1, 2, 65_535])("[MQTT-3.3.4-7] Receive Maximum %i of the server", (receiveMaximum) => {
		const { rig, peer } = meet(5);
		peer.properties = { receiveMaximum };
		rig.online();
		peer.line.take();
		for (let i = 0; i < 20; i++) rig.publish(`${i}`, i % 2 === 0 ? 1 : 2);
		rig.pass(1);
		const sent = peer.line.take();
		expect(sent.length).toBe(Math.min(receiveMaximum, 16));
		peer.answerAll();
		peer.line.ack("puback", 2);
		for (let id = 3; id < 2 + sent.length; id++) peer.line.ack(id % 2 === 0 ? "puback" : "pubrec", id);
		rig.until("all", () => rig.recorder.count("settled") === 20);
	});

	test("[MQTT-4.9] the quota of one connection is not that of the next, and what is resent counts", () => {
		const { rig, peer } = meet(5);
		peer.properties = { receiveMaximum: 3 };
		rig.online();
		for (let i = 0; i < 6; i++) rig.publish(`${i}`, 1);
		rig.pass(1);
		expect(peer.all("publish").length).toBe(3);
		peer.properties = { receiveMaximum: 2 };
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["publish a/b=0 q1 #2 dup", "publish a/b=1 q1 #3 dup"]);
		peer.line.ack("puback", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=2 q1 #4 dup"]);
		peer.properties = {};
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual([
			"publish a/b=1 q1 #3 dup",
			"publish a/b=2 q1 #4 dup",
			"publish a/b=3 q1 #5",
			"publish a/b=4 q1 #6",
			"publish a/b=5 q1 #7",
		]);
	});

	test("[MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15] refused at once when online", () => {
		const { rig, peer } = meet(5);
		peer.properties = { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 20 };
		rig.online();
		peer.line.take();
		expect(rig.publish("x", 2)).toBe(-5);
		expect(rig.publish("x", 0, RETAIN)).toBe(-5);
		// 2 header, 2 + 3 topic, 2 identifier, 1 properties: 10 bytes are left of 20.
		expect(rig.publish("01234567890", 1)).toBe(-3);
		expect(rig.publish("0123456789", 1)).toBeGreaterThan(0);
		const body = rig.client.compose(rig.topic, 0)!;
		body.text("0123456789012"); // 13: one byte more than QoS 0 has room for
		expect(rig.client.commit()).toBe(-3);
		expect(rig.publish("012345678901", 0)).toBeGreaterThan(0);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=0123456789 q1 #2", "publish a/b=012345678901 q0"]);
		expect(rig.client.counters[Counter.Refusals]).toBe(4);
	});

	test("what waited for such a broker is settled as dropped, with the reason, and holds up nothing", () => {
		const { rig, peer } = meet(5, { queueQos0: true });
		const tickets = [
			rig.publish("two", 2),
			rig.publish("kept", 1, RETAIN),
			rig.publish("much too long for it", 1),
			rig.publish("long as well, at QoS 0", 0),
			rig.publish("good", 1),
		];
		peer.properties = { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 20 };
		rig.online();
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "publish a/b=good q1 #6"]);
		expect(rig.recorder.of("settled")).toEqual([
			[tickets[0], Settled.Dropped, Reason.QosNotSupported, false],
			[tickets[1], Settled.Dropped, Reason.RetainNotSupported, false],
			[tickets[2], Settled.Dropped, Reason.PacketTooLarge, false],
			[tickets[3], Settled.Dropped, Reason.PacketTooLarge, false],
		]);
		expect(rig.client.counters[Counter.DroppedUnsendable]).toBe(4);
		// The limits belong to that connection.
		peer.line.ack("puback", 6);
		peer.properties = {};
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(rig.publish("two", 2, RETAIN)).toBeGreaterThan(0);
	});

	test("what was sent before to a broker that now takes less may have arrived: uncertain, not dropped", () => {
		const { rig, peer } = met(5);
		const ticket = rig.publish("x", 2);
		rig.pass(1);
		peer.properties = { maximumQoS: 1 };
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Uncertain, Reason.QosNotSupported, false]]);
	});

	test("[MQTT-3.2.2-15] a SUBSCRIBE that is too long for the server is answered here", () => {
		const { rig, peer } = meet(5);
		peer.properties = { maximumPacketSize: 12 };
		rig.client.subscribe(rig.client.filter("a/long/filter"), 1);
		rig.client.subscribe(rig.filter, 1); // 2 header, 2 id, 1 properties, 2 + 4 filter, 1 options
		rig.online();
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "subscribe #65281 in/# q1"]);
		expect(rig.recorder.of("subscribed")).toEqual([[Reason.PacketTooLarge], [1]]);
	});
});
