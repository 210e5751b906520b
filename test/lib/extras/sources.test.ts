// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Aliases, Sources } from "../../../lib/extras/index.js";
import { Counter, DROP_OLDEST, KEEP_LATEST, RETAIN, Reason, Refusal, Settled } from "../../../lib/index.js";
import { born } from "../../kit/lives.js";
import { meet, met, type Peer, VERSIONS } from "../../kit/peer.js";
import { sumOf, TestSource } from "./sources.js";

/** Payloads of the PUBLISHes that came. */
function payloads(peer: Peer): string[] {
	return peer.all("publish").map((one) => sumOf((one.packet as { payload: Buffer }).payload));
}

/** What came, payloads left out. */
const words = (texts: string[]): string[] => texts.map((text) => text.replace(/=.* q(?=[012])/s, " q"));

describe.each(VERSIONS)("version %i: payloads from a source", (version) => {
	test("pain 21: every length, whatever the room, QoS 0, 1 and 2", () => {
		for (const sendBytes of [64, 100, 1024]) {
			for (const roomLimit of [40, 63, Infinity]) {
				const { rig, peer } = met(version, { sources: new Sources(), limits: { sendBytes } });
				peer.answerAll();
				rig.strict.last.roomLimit = roomLimit;
				const sent: string[] = [];
				for (let length = 0; length < 260; length += 1 + (length % 19)) {
					const source = new TestSource(length, length);
					const qos = (length % 3) as 0 | 1 | 2;
					const ticket = rig.client.publishFrom(rig.topic, source, length, qos);
					expect(ticket).toBeGreaterThan(0);
					rig.until("settled", () => rig.recorder.settled.has(ticket), 1000);
					rig.pass(1);
					expect(rig.recorder.settled.get(ticket)).toBe(qos === 0 ? Settled.Sent : Settled.Acknowledged);
					sent.push(source.sum);
				}
				expect(payloads(peer)).toEqual(sent);
				expect(rig.client.counters[Counter.BytesOut + 3]).toBe(
					peer.all("publish").reduce((sum, one) => sum + 2 + (one.packet.length ?? 0) + more(one.packet), 0),
				);
				expect(rig.client.pending).toBe(0);
			}
		}
	});

	test("pain 10: acknowledgements, SUBSCRIBE and PINGREQ leave before it, between two, and after", () => {
		const { rig, peer } = met(version, {
			sources: new Sources(2),
			keepAliveSeconds: 20,
			conditions: { bytesPerSecond: 1000 },
		});
		rig.client.publishFrom(rig.topic, new TestSource(28_000, 1), 28_000, 1);
		rig.client.publishFrom(rig.topic, new TestSource(9_000, 2), 9_000, 1);
		rig.publish("last", 0);
		rig.pass(1000);
		peer.line.publish("in/1", "x", 1, 7).publish("in/2", "x", 2, 8);
		rig.pass(1000);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(16_000);
		expect(peer.line.take()).toEqual([]);
		peer.line.publish("in/3", "x", 1, 9);
		rig.pass(20_500);
		expect(words(peer.line.take())).toEqual([
			"publish a/b q1 #2",
			"pingreq", // was due: nothing whole had left for seven eighths of the Keep Alive
			"puback #7",
			"pubrec #8",
			"puback #9",
			"subscribe #65281 in/# q1",
			"publish a/b q1 #3",
			"publish a/b q0",
		]);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("a link that is cut at any byte: sent again from the beginning, with DUP when all had been handed over; settled once", () => {
		for (const qos of [1, 2] as const) {
			for (let cut = 1; cut <= 125; cut++) {
				const { rig, peer } = met(version, { sources: new Sources(), limits: { sendBytes: 64 } });
				peer.present = true;
				const source = new TestSource(100);
				rig.strict.last.roomLimit = 50;
				[...rig.network.links][0].cutAfter("up", cut);
				const ticket = rig.client.publishFrom(rig.topic, source, 100, qos);
				rig.pass(1);
				if (rig.client.online) rig.drop();
				peer.answerAll();
				rig.until("settled", () => rig.recorder.settled.has(ticket));
				expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
				const last = peer.all("publish").at(-1)!;
				expect(payloads(peer).at(-1)).toEqual(source.sum);
				expect(last.text).toContain(" dup"); // all of it had been handed to the link
				expect(source.asked.filter(([offset]) => offset === 0)).toHaveLength(2);
				expect(rig.client.pending).toBe(0);
			}
		}
	});

	test("[MQTT-3.3.1-1] cut before its end was handed to the link, it was not sent: no DUP; QoS 0 is settled", () => {
		const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 1000 } });
		peer.present = true;
		const tickets = [
			rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 1),
			rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 0),
		];
		rig.pass(3000);
		rig.drop();
		expect(rig.recorder.of("settled")).toEqual([[tickets[1], Settled.Dropped, Reason.Unspecified, false]]);
		peer.answerAll();
		rig.until("settled", () => rig.recorder.settled.has(tickets[0]), 40_000);
		expect(words(peer.all("publish").map((one) => one.text))).toEqual(["publish a/b q1 #2"]);
		const once = rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 0);
		rig.pass(3000);
		rig.drop();
		expect(rig.recorder.settled.get(once)).toBe(Settled.Dropped);
		expect(rig.client.pending).toBe(0);
	});

	test("[MQTT-4.4.0-1] the broker lost the session: sent anew, QoS 2 before its end for certain", () => {
		for (const onSessionLost of ["requeue", "drop"] as const) {
			const { rig, peer } = met(version, {
				sources: new Sources(),
				onSessionLost,
				conditions: { bytesPerSecond: 1000 },
			});
			const ticket = rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 2);
			rig.pass(3000);
			rig.drop();
			peer.answerAll();
			rig.until("settled", () => rig.recorder.settled.has(ticket), 60_000);
			expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
		}
	});

	test("refusals, before any work", () => {
		const plain = met(version);
		const source = new TestSource(10);
		expect(plain.rig.client.publishFrom(plain.rig.topic, source, 10, 1)).toBe(Refusal.TableFull);

		const { rig, peer } = met(version, { sources: new Sources(1), limits: { sendBytes: 100 } });
		for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, 268_435_455])
			expect(rig.client.publishFrom(rig.topic, source, length, 1)).toBe(Refusal.TooLong);
		expect(rig.client.refusal).toBe(Refusal.TooLong);
		const long = rig.client.topic("t".repeat(100 - 8 - 10 - 15));
		expect(rig.client.publishFrom(long, source, 10, 1)).toBe(Refusal.TooLong);
		const first = rig.client.publishFrom(rig.topic, source, 10, 1);
		expect(first).toBeGreaterThan(0);
		expect(rig.client.publishFrom(rig.topic, source, 10, 1)).toBe(Refusal.TableFull);
		rig.pass(1);
		peer.line.ack("puback", 1 + first);
		rig.pass(1);
		expect(rig.client.publishFrom(rig.topic, source, 10, 1)).toBeGreaterThan(first);
		rig.drop();
		expect(rig.client.publishFrom(rig.topic, source, 10, 0)).toBe(Refusal.TableFull);
		expect(source.asked.length).toBe(2);
	});

	test("what waits gives way as others do; what is being written does not", () => {
		const { rig, peer } = met(version, { sources: new Sources(4), conditions: { bytesPerSecond: 10_000 } });
		peer.answerAll();
		const send = (flags: number, seed: number) =>
			rig.client.publishFrom(rig.topic, new TestSource(20_000, seed), 20_000, 0, flags);
		const tickets = [send(KEEP_LATEST, 0), send(KEEP_LATEST, 1), send(KEEP_LATEST, 2)];
		rig.until("drained", () => rig.client.pending === 0);
		expect(tickets.map((ticket) => rig.recorder.settled.get(ticket))).toEqual([
			Settled.Sent,
			Settled.GaveWay,
			Settled.Sent,
		]);
		rig.pass(10_000);
		expect(payloads(peer)).toEqual([new TestSource(20_000, 0).sum, new TestSource(20_000, 2).sum]);
	});

	test("DROP_OLDEST takes the room of one that waits, and gives its row back", () => {
		const { rig } = meet(version, { sources: new Sources(2), limits: { outboxMessages: 2, window: 2 } });
		const send = () => rig.client.publishFrom(rig.topic, new TestSource(10), 10, 1, DROP_OLDEST);
		const first = send();
		send();
		expect(rig.publish("x", 1, DROP_OLDEST)).toBeGreaterThan(0);
		expect(rig.recorder.of("settled").map(([ticket, outcome]) => [ticket, outcome])).toEqual([
			[first, Settled.GaveWay],
		]);
		expect(send()).toBeGreaterThan(0);
	});

	test("its time runs out before it is sent: it is never read", () => {
		const { rig, peer } = meet(version, { sources: new Sources() });
		const source = new TestSource(5000);
		const ticket = rig.client.publishFrom(rig.topic, source, 5000, 1, 0, 10);
		rig.pass(11_000);
		rig.online();
		rig.pass(10);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Expired, Reason.Unspecified, false]]);
		expect(source.asked).toEqual([]);
		expect(peer.all("publish")).toEqual([]);
	});

	test("QoS 0 goes past what waits for quota, with a source, too", () => {
		const { rig, peer } = met(version, { sources: new Sources(), limits: { window: 1 } });
		rig.publish("1", 1);
		rig.publish("2", 1);
		const ticket = rig.client.publishFrom(rig.topic, new TestSource(5000), 5000, 0, RETAIN);
		rig.publish("3", 1);
		rig.pass(10);
		expect(words(peer.line.take())).toEqual(["publish a/b q1 #2", "publish a/b q0 retain"]);
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Sent);
		peer.answerAll();
		peer.line.ack("puback", 2);
		rig.until("drained", () => rig.client.pending === 0);
	});

	test("a store in flash keeps none of it: it is volatile, and its number is not given again", () => {
		const { lives, rig, peer } = born(version, { sources: new Sources() });
		const ticket = rig.client.publishFrom(rig.topic, new TestSource(3000), 3000, 2);
		rig.pass(10);
		expect(words(peer.line.take())).toEqual([`publish a/b q2 #${1 + ticket}`]);
		lives.cut();
		const next = lives.boot({ sources: new Sources() });
		peer.answerAll();
		next.online();
		expect(next.client.pending).toBe(0);
		const again = next.client.publishFrom(next.topic, new TestSource(3000), 3000, 2);
		expect(again).toBeGreaterThan(ticket);
		next.until("settled", () => next.recorder.settled.has(again));
	});
});

describe("5.0", () => {
	test("[MQTT-3.2.2-15] longer than the server's Maximum Packet Size: refused, or dropped before a byte is sent", () => {
		const { rig, peer } = meet(5, { sources: new Sources(3) });
		peer.properties = { maximumPacketSize: 2000 };
		const source = new TestSource(5000);
		const early = rig.client.publishFrom(rig.topic, source, 5000, 1);
		rig.online();
		rig.pass(10);
		expect(rig.recorder.of("settled")).toEqual([[early, Settled.Dropped, Reason.PacketTooLarge, false]]);
		const head = 1 + 2 + 5 + 2 + 1;
		expect(rig.client.publishFrom(rig.topic, source, 2001 - head, 1)).toBe(Refusal.TooLong);
		expect(source.asked).toEqual([]);
		expect(rig.client.publishFrom(rig.topic, source, 2000 - head, 1)).toBeGreaterThan(0);
		rig.pass(10);
		expect(peer.all("publish")).toHaveLength(1);
	});

	test("topic alias, expiry and properties as with other messages", () => {
		const { rig, peer } = meet(5, { sources: new Sources(3), aliases: new Aliases() });
		peer.properties = { topicAliasMaximum: 5 };
		peer.answerAll();
		const properties = rig.client.properties({ contentType: "image/x" });
		const topic = rig.client.topic("greenhouse/camera", properties);
		rig.online();
		for (let i = 0; i < 3; i++) rig.client.publishFrom(topic, new TestSource(3000, i), 3000, 1, 0, 60);
		rig.until("drained", () => rig.client.pending === 0);
		const packets = peer.all("publish").map((one) => one.packet as { topic: string; properties: object });
		expect(packets.map((one) => one.topic)).toEqual(["greenhouse/camera", "", ""]);
		for (const one of packets)
			expect(one.properties).toEqual({ messageExpiryInterval: 60, topicAlias: 1, contentType: "image/x" });
		expect(payloads(peer)).toEqual([0, 1, 2].map((i) => new TestSource(3000, i).sum));
	});
});

test("the last row may be taken while others give way, by what is published when that is told", () => {
	const { rig, peer } = meet(5, { sources: new Sources(1), limits: { outboxMessages: 2, window: 1 } });
	peer.answerAll();
	for (let i = 0; i < 2; i++) rig.publish("old", 1, DROP_OLDEST);
	let within = 0;
	rig.recorder.hook = (note) => {
		if (note[0] === "settled" && note[2] === Settled.GaveWay && within === 0)
			within = rig.client.publishFrom(rig.topic, new TestSource(20), 20, 1, DROP_OLDEST);
	};
	expect(rig.client.publishFrom(rig.topic, new TestSource(30), 30, 1, DROP_OLDEST)).toBe(Refusal.TableFull);
	rig.recorder.hook = undefined;
	expect(rig.client.pending).toBe(1);
	rig.online();
	rig.pass(10);
	expect(rig.recorder.settled.get(within)).toBe(Settled.Acknowledged);
	expect(payloads(peer)).toEqual([new TestSource(20).sum]);
});

test("a programmer's mistakes throw at construction", () => {
	for (const rows of [0, -1, 1.5, 256]) expect(() => new Sources(rows)).toThrow(RangeError);
});

/** Bytes of the fixed header beyond two. */
function more(packet: { length?: number }): number {
	const { length = 0 } = packet;
	return length < 128 ? 0 : length < 16_384 ? 1 : 2;
}
