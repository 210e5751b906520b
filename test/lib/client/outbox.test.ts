// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, RETAIN, Reason, Refusal, Settled, TINY_LIMITS } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i: offline", (version) => {
	test("QoS 1 and 2 wait, in order; QoS 0 is refused unless it may wait", () => {
		const { rig, peer } = meet(version);
		expect(rig.publish("zero", 0)).toBe(Refusal.Offline);
		for (let i = 0; i < 10; i++) expect(rig.publish(`${i}`, (1 + (i % 2)) as 1 | 2)).toBe(i + 1);
		rig.online();
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(
			Array.from({ length: 10 }, (_, i) => `publish a/b=${i} q${1 + (i % 2)} #${i + 2}`),
		);
	});

	test("without a length there is room for 256 bytes, or for what the send region holds", () => {
		for (const [sendBytes, most] of [
			[1024, 256],
			[128, 128 - 10 - 3 - 8],
		]) {
			const { client, topic } = meet(version, { limits: { sendBytes } }).rig;
			for (const bytes of [most, most + 1]) {
				client.compose(topic, 1)?.bytes(new Uint8Array(bytes));
				expect(client.commit(), `${bytes} of ${sendBytes}`).toBe(bytes > most ? Refusal.TooLong : 1);
			}
		}
	});

	test("queueQos0: waits with the others, and is dropped by close", () => {
		const { rig, peer } = meet(version, { queueQos0: true });
		rig.publish("1", 1);
		rig.publish("zero", 0);
		rig.publish("2", 1);
		rig.online();
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual([
			"publish a/b=1 q1 #2",
			"publish a/b=zero q0",
			"publish a/b=2 q1 #4",
		]);
		peer.present = true;
		rig.drop();
		const kept = rig.publish("kept", 0);
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(rig.recorder.settled.get(kept)).toBe(Settled.Sent);
		rig.drop();
		const lost = rig.publish("lost", 0);
		rig.client.close();
		expect(rig.recorder.of("settled").at(-1)).toEqual([lost, Settled.Dropped, Reason.Unspecified, false]);
		expect(rig.client.counters[Counter.DroppedOffline]).toBe(1);
		expect(rig.client.pending).toBe(2);
	});

	test("QoS 0 that found no room in the link goes when the link goes", () => {
		const { rig } = met(version);
		rig.strict.last.roomLimit = 0;
		const ticket = rig.publish("x", 0);
		expect(ticket).toBeGreaterThan(0);
		rig.drop();
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Dropped, Reason.Unspecified, false]]);
	});

	test.each([
		["rows", { outboxMessages: 5, window: 4 }, 5],
		["bytes", { outboxBytes: 200 }, 5],
	] as const)(
		"full for want of %s: refused before any work, then one onRoom, and everything arrives",
		(_, limits, most) => {
			const { rig, peer } = meet(version, { limits });
			peer.answerAll();
			const text = "x".repeat(27); // 10 + 3 + 27 bytes each
			for (let i = 0; i < most; i++) expect(rig.publish(text, 1)).toBe(i + 1);
			for (let i = 0; i < 3; i++) expect(rig.publish(text, 1)).toBe(Refusal.Full);
			expect(rig.client.refusal).toBe(Refusal.Full);
			expect(rig.client.counters[Counter.Refusals]).toBe(3);
			rig.online();
			rig.until("drained", () => rig.client.pending === 0);
			expect(rig.recorder.count("room")).toBe(1);
			expect(rig.recorder.count("settled")).toBe(most);
			expect(rig.client.counters[Counter.PeakMessages]).toBe(most);
		},
	);

	test("onRoom means that the refused message fits", () => {
		const { rig, peer } = met(version, { limits: { outboxBytes: 400 } });
		const small = "s".repeat(60);
		const large = "l".repeat(200);
		const tickets = [1, 2, 3, 4, 5].map(() => rig.publish(small, 1));
		expect(tickets[4]).toBe(5);
		expect(rig.publish(large, 1)).toBe(Refusal.Full);
		let fitted = 0;
		rig.recorder.hook = (note) => {
			if (note[0] === "room") fitted = rig.publish(large, 1);
		};
		rig.pass(1);
		for (let id = 2; id <= 6; id++) {
			peer.line.ack("puback", id);
			rig.pass(1);
		}
		expect(fitted).toBe(6);
		expect(rig.recorder.count("room")).toBe(1);
	});

	test("a long offline time: the outbox goes round, holes are closed, nothing is bent", () => {
		const { rig, peer } = met(version, {
			limits: { outboxBytes: 300, outboxMessages: 12, window: 6, backoffMaxMs: 1000 },
		});
		peer.present = true;
		const random = rig.world.random.fork("outbox");
		const sent: string[] = [];
		const got: string[] = [];
		peer.onPacket = (packet, line) => {
			if (packet.cmd !== "publish") return;
			got.push(String(packet.payload));
			const late = random.below(30);
			rig.world.after(late, () => {
				if (line === peer.line && rig.client.online) line.ack("puback", packet.messageId!);
			});
		};
		for (let i = 0; i < 600; i++) {
			const text = `${i}:`.padEnd(random.below(80), String.fromCharCode(97 + (i % 26)));
			if (rig.publish(text, 1) > 0) sent.push(text);
			rig.pass(random.below(15));
			if (i % 100 === 50 && rig.client.online) rig.drop();
		}
		rig.until("drained", () => rig.client.pending === 0, 300_000);
		expect([...new Set(got)]).toEqual(sent);
		expect(sent.length).toBeGreaterThan(150);
	});
});

describe.each(VERSIONS)("version %i: composing", (version) => {
	test("compose, write, commit", () => {
		const { rig, peer } = met(version);
		const body = rig.client.compose(rig.topic, 1, RETAIN)!;
		body.text('{"t":');
		body.decimal(2153, 2);
		body.text("}");
		expect(peer.line.take()).toEqual([]);
		expect(rig.client.commit()).toBe(1);
		rig.pass(1);
		expect(peer.line.take()).toEqual(['publish a/b={"t":21.53} q1 #2 retain']);
	});

	test("[MQTT-3.3.3] an empty payload, in every way", () => {
		const { rig, peer } = met(version);
		rig.client.compose(rig.topic, 1, RETAIN, 0);
		expect(rig.client.commit()).toBe(1);
		rig.client.compose(rig.topic, 0);
		expect(rig.client.commit()).toBe(2);
		expect(rig.client.publish(rig.topic, new Uint8Array(0), 2)).toBe(3);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b= q1 #2 retain", "publish a/b= q0", "publish a/b= q2 #4"]);
		peer.line.publish("in/x", "", 0).publish("in/x", "", 1, 1).publish("in/x", "", 2, 2, { retain: true });
		rig.pass(1);
		expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["", "", ""]);
	});

	test("one at a time: Busy, and the first is not harmed", () => {
		const { rig, peer } = met(version);
		rig.client.compose(rig.topic, 1)!.text("first");
		expect(rig.client.compose(rig.topic, 1)).toBeUndefined();
		expect(rig.client.refusal).toBe(Refusal.Busy);
		expect(rig.publish("second", 1)).toBe(Refusal.Busy);
		expect(rig.client.commit()).toBe(1);
		expect(rig.client.commit()).toBe(Refusal.NothingComposed);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=first q1 #2"]);
	});

	test("discard ends it; harmless without one", () => {
		const { rig, peer } = met(version);
		rig.client.discard();
		rig.client.compose(rig.topic, 1)!.text("never");
		rig.client.discard();
		expect(rig.client.commit()).toBe(Refusal.NothingComposed);
		expect(rig.publish("x", 1)).toBe(1);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q1 #2"]);
	});

	test("abandoned: the next turn drops it, and a late writer harms nothing", () => {
		const { rig, peer } = met(version);
		const body = rig.client.compose(rig.topic, 1)!;
		body.text("abandoned");
		peer.line.publish("in/x", "x", 0);
		rig.pass(1);
		expect(rig.publish("good", 1)).toBe(1);
		body.text("a late writer");
		expect(rig.client.commit()).toBeLessThan(0);
		expect(rig.publish("better", 1)).toBe(2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=good q1 #2", "publish a/b=better q1 #3"]);
	});

	test("more than was asked for: TooLong at commit, and the room is free again", () => {
		const { rig } = met(version);
		const body = rig.client.compose(rig.topic, 1, 0, 4)!;
		body.text("12345");
		expect(rig.client.commit()).toBe(Refusal.TooLong);
		expect(rig.client.pending).toBe(0);
		const again = rig.client.compose(rig.topic, 1, 0, 5)!;
		again.text("12345");
		expect(rig.client.commit()).toBe(1);
	});

	test("exactly as long as the send region allows, and one byte more", () => {
		const { rig, peer } = met(version, { limits: { sendBytes: 200 } });
		const most = 200 - 10 - 3 - 8;
		expect(rig.publish("x".repeat(most), 1)).toBe(1);
		expect(rig.publish("x".repeat(most + 1), 1)).toBe(Refusal.TooLong);
		expect(rig.client.compose(rig.topic, 1, 0, most + 1)).toBeUndefined();
		rig.pass(1);
		expect(peer.line.take()).toEqual([`publish a/b=${"x".repeat(most)} q1 #2`]);
	});

	test("longer than the whole outbox: TooLong, not Full", () => {
		const { rig } = met(version, { limits: { outboxBytes: 64 } });
		expect(rig.publish("x".repeat(51), 1)).toBe(1);
		expect(rig.publish("x".repeat(52), 1)).toBe(Refusal.TooLong);
		expect(rig.publish("x".repeat(51), 1)).toBe(Refusal.Full);
	});

	test("topics and filters: what is none throws, and takes no room", () => {
		const { rig } = meet(version, { limits: { textBytes: 80 } });
		for (let i = 0; i < 50; i++) {
			for (const name of ["", "a/+", "#", "a\0", "\ud800"])
				expect(() => rig.client.topic(name), name).toThrow(RangeError);
			for (const pattern of ["", "a+", "#/a", "$share/g", "a\0"])
				expect(() => rig.client.filter(pattern), pattern).toThrow(RangeError);
		}
		rig.client.topic("fits");
		expect(() => rig.client.topic("x".repeat(80))).toThrow(/textBytes|full/);
		rig.client.topic("fits too");
	});

	test("flags other than RETAIN do not bend the packet", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 1, 0xff);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q1 #2 retain"]);
	});
});

describe.each(VERSIONS)("version %i: memory", (version) => {
	test.each([
		["default", {}, 7 * 1024 + 16],
		["tiny", TINY_LIMITS, 2 * 1024 + 16],
	] as const)("%s: the terms add up to what was taken, once, at construction", (_name, limits, most) => {
		const asked: number[] = [];
		const memory = {
			allocate(bytes: number) {
				asked.push(bytes);
				return new Uint8Array(bytes);
			},
		};
		const { rig, peer } = met(version, { limits, memory });
		expect(asked).toHaveLength(1);
		expect(rig.client.memory.reduce((sum, term) => sum + term.bytes, 0)).toBe(asked[0]);
		expect(asked[0]).toBeLessThanOrEqual(most);
		for (const term of rig.client.memory) expect(term.reason.length).toBeGreaterThan(5);
		// QoS 2 both ways, to the end, in either.
		peer.answerAll();
		for (let i = 0; i < 30; i++) {
			rig.publish("x".repeat(100), 2);
			peer.line.publish("in/x", "y".repeat(100), 2, 100 + i);
			rig.pass(2);
		}
		rig.until("drained", () => rig.client.pending === 0);
		expect(rig.recorder.count("message")).toBe(30);
		expect(rig.client.counters[Counter.Acknowledged]).toBe(30);
		expect(asked).toHaveLength(1);
	});

	test("a memory that gives something else is a mistake of the board", () => {
		const memory = { allocate: (bytes: number) => new Uint8Array(bytes - 1) };
		expect(() => meet(version, { memory })).toThrow(RangeError);
	});
});
