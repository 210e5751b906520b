// SPDX-License-Identifier: MIT
/** Requests: who gets which answer, when there is none, and what a lost connection does to them. */
import { describe, expect, test } from "vitest";
import { Fragments, Requests } from "../../../lib/extras/index.js";
import { Counter, Reason, Refusal, Settled } from "../../../lib/index.js";
import { type Fields, meet } from "../../kit/peer.js";
import { ask, asked, open, permutations } from "./asking.js";

describe("an answer", () => {
	test("the request has a response topic, correlation data, and an expiry; what comes back goes to its handler alone", () => {
		const { rig, peer, requests } = open();
		expect(peer.line.take()).toEqual(["subscribe #65281 answers/board q1"]);
		const { ticket, told } = ask(rig, "what?", 2500);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=what? q1 #2"]);
		const { responseTopic, correlationData, messageExpiryInterval } = asked(peer.line);
		expect([responseTopic, correlationData.length, messageExpiryInterval]).toEqual(["answers/board", 12, 3]);
		peer.line.ack("puback", 2).publish("answers/board", "that", 1, 7, { properties: { correlationData } });
		rig.pass(1);
		expect(told).toEqual([["that", Reason.Success, ticket]]);
		expect(rig.recorder.count("message")).toBe(0);
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
		expect(peer.line.take()).toEqual(["puback #7"]);
		expect(requests.count).toBe(0);
		rig.pass(10_000);
		expect(told.length).toBe(1);
	});

	test("four requests, answered in each order, each QoS of either side", () => {
		const { rig, peer } = open();
		let id = 0;
		for (const order of permutations([0, 1, 2, 3])) {
			const qos = (id % 3) as 0 | 1 | 2;
			const all = [0, 1, 2, 3].map((i) => ask(rig, `q${i}`, 1000, qos));
			rig.pass(1);
			const sent = peer.line.heard
				.slice(-4)
				.map((one) => (one.packet as unknown as Fields).properties as Fields);
			for (const i of order) {
				const { correlationData } = sent[i];
				peer.line.publish("answers/board", `a${i}`, qos, ++id, { properties: { correlationData } });
				if (qos === 2) peer.line.ack("pubrel", id);
				rig.pass(1);
				expect(all.map(({ told }) => told.length)).toEqual(
					all.map((_, k) => (order.indexOf(k) <= order.indexOf(i) ? 1 : 0)),
				);
			}
			for (const [i, { told, ticket }] of all.entries()) expect(told).toEqual([[`a${i}`, 0, ticket]]);
			for (const one of peer.line.heard.slice(-12))
				if (one.packet.cmd === "publish" && one.packet.qos > 0)
					peer.line.ack(one.packet.qos === 1 ? "puback" : "pubrec", one.packet.messageId!);
			rig.pass(1);
			for (const one of peer.line.heard.slice(-6))
				if (one.packet.cmd === "pubrel") peer.line.ack("pubcomp", one.packet.messageId!);
			rig.pass(1);
		}
	});

	test("late, twice, with other correlation data or none: a stray, and no message", () => {
		const { rig, peer } = open();
		const { told } = ask(rig, "q", 1000);
		rig.pass(1);
		const { correlationData } = asked(peer.line);
		const other = Buffer.from(correlationData);
		other[11] ^= 1;
		const answer = (properties: Fields) => {
			peer.line.publish("answers/board", "x", 0, undefined, { properties });
			rig.pass(1);
		};
		answer({});
		answer({ correlationData: Buffer.alloc(0) });
		answer({ correlationData: correlationData.subarray(1) });
		answer({ correlationData: Buffer.concat([correlationData, Buffer.alloc(1)]) });
		answer({ correlationData: other });
		expect(told).toEqual([]);
		answer({ correlationData });
		answer({ correlationData });
		expect(told.length).toBe(1);
		const late = ask(rig, "q", 1000);
		rig.pass(1002);
		answer({ correlationData: asked(peer.line).correlationData });
		expect(late.told).toEqual([[undefined, Reason.ReplyTimeout, late.ticket]]);
		expect(rig.client.counters[Counter.Strays]).toBe(7);
		expect(rig.recorder.count("message")).toBe(0);
	});

	test("correlation data on another topic is a message like any other", () => {
		const { rig, peer } = open();
		const { told } = ask(rig, "q", 1000);
		rig.pass(1);
		const { correlationData } = asked(peer.line);
		for (const topic of ["answers/boarD", "answers/boar", "answers/board/x", "a/b"])
			peer.line.publish(topic, "x", 0, undefined, { properties: { correlationData } });
		rig.pass(1);
		expect([told.length, rig.recorder.count("message")]).toEqual([0, 4]);
	});

	test("correlation data never repeats: not in a life, not with a random port that gives one number", () => {
		const seen = new Set<string>();
		for (const seed of [1, 2]) {
			const { rig, peer } = open({ seed, ...(seed === 2 ? { random: { below: () => 7 } } : {}) });
			peer.answerAll();
			for (let i = 0; i < 200; i++) {
				ask(rig, "q", 1);
				rig.pass(2);
				seen.add(asked(peer.line).correlationData.toString("hex"));
			}
		}
		expect(seen.size).toBe(400);
		const boards = [1, 2, 3].map((seed) => {
			const { rig, peer } = open({ seed });
			ask(rig, "q", 1000);
			rig.pass(1);
			return asked(peer.line).correlationData.toString("hex").slice(8);
		});
		expect(new Set(boards).size).toBe(3);
	});

	test("the request keeps the properties of its topic", () => {
		const { rig, peer } = open();
		const topic = rig.client.topic(
			"a/c",
			rig.client.properties({ contentType: "text/plain", userProperties: [["a", "b"]] }),
		);
		rig.client.request(topic, new Uint8Array(0), () => undefined, 1000);
		rig.pass(1);
		expect(asked(peer.line)).toMatchObject({
			contentType: "text/plain",
			responseTopic: "answers/board",
			userProperties: { a: "b" },
		});
	});
});

describe("no answer", () => {
	test("is told once, when the time is up, also of many and without a connection", () => {
		const { rig, peer, requests } = open();
		const a = ask(rig, "a", 3000);
		const b = ask(rig, "b", 1000);
		rig.pass(1);
		peer.line.ack("puback", 2).ack("puback", 3);
		rig.pass(998);
		expect(b.told).toEqual([]);
		rig.pass(3);
		expect(b.told).toEqual([[undefined, Reason.ReplyTimeout, b.ticket]]);
		rig.client.close();
		rig.pass(1990);
		expect(a.told).toEqual([]);
		rig.pass(20);
		expect(a.told).toEqual([[undefined, Reason.ReplyTimeout, a.ticket]]);
		expect(requests.count).toBe(0);
		rig.pass(10_000);
		expect(rig.world.pending).toBe(0);
	});

	test("a request that waits for a connection is never sent after its time", () => {
		const { rig, peer } = open();
		rig.dialler.fault = "refuse";
		rig.drop();
		const { told, ticket } = ask(rig, "q", 2000);
		rig.pass(3000);
		expect(told).toEqual([[undefined, Reason.ReplyTimeout, ticket]]);
		rig.dialler.fault = "none";
		rig.until("online", () => rig.client.online, 200_000);
		rig.pass(100);
		expect(peer.line.texts.filter((text) => text.startsWith("publish"))).toEqual([]);
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Expired);
	});

	test("nobody has got it, or the broker refuses it: told at once", () => {
		for (const [qos, reason] of [
			[1, 0x10],
			[2, 0x10],
			[1, 0x87],
			[2, 0x97],
		] as const) {
			// biome-ignore format: a list
			const { rig, peer } = open();
			const { told, ticket } = ask(rig, "q", 60_000, qos);
			rig.pass(1);
			peer.line.ack(qos === 1 ? "puback" : "pubrec", 2, reason);
			rig.pass(1);
			// PUBREC with 0x10 goes on; PUBCOMP then says nothing of it.
			if (qos === 2 && reason < 0x80) {
				peer.line.ack("pubcomp", 2);
				rig.pass(60_000);
				expect(told).toEqual([[undefined, Reason.ReplyTimeout, ticket]]);
			} else expect(told).toEqual([[undefined, reason, ticket]]);
			rig.pass(60_000);
			expect(told.length).toBe(1);
		}
	});

	test("QoS 0 that was still waiting when the link went", () => {
		const { rig } = open();
		rig.strict.last.roomLimit = 3;
		const { told, ticket } = ask(rig, "q", 60_000, 0);
		rig.drop();
		expect(told).toEqual([[undefined, Reason.Unspecified, ticket]]);
	});
});

describe("a lost connection", () => {
	for (const present of [true, false])
		test(`session ${present ? "kept" : "lost"}: the request is sent again as it was, and its answer comes over the next one`, () => {
			const { rig, peer } = open();
			peer.present = present;
			const { told, ticket } = ask(rig, "q", 60_000);
			rig.pass(1);
			const first = asked(peer.line);
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(1);
			const again = `publish a/b=q q1 #2${present ? " dup" : ""}`;
			const news = peer.line.take().slice(1);
			expect(news).toEqual(present ? [again] : ["subscribe #65282 answers/board q1", again]);
			const { correlationData, responseTopic } = asked(peer.line);
			expect([responseTopic, correlationData]).toEqual([first.responseTopic, first.correlationData]);
			peer.line.publish("answers/board", "late", 1, 9, { properties: { correlationData } });
			rig.pass(1);
			expect(told).toEqual([["late", 0, ticket]]);
		});

	test("QoS 0 was sent, and is not sent again: it waits for its answer, or its time", () => {
		const { rig, peer } = open();
		peer.present = true;
		const { told, ticket } = ask(rig, "q", 10_000, 0);
		rig.pass(1);
		const { correlationData } = asked(peer.line);
		rig.drop();
		rig.until("online", () => rig.client.online);
		peer.line.publish("answers/board", "x", 0, undefined, { properties: { correlationData } });
		rig.pass(1);
		expect(told).toEqual([["x", 0, ticket]]);
	});
});

describe("refused", () => {
	test("when all rows are taken, until one is free", () => {
		const { rig, peer } = open({}, { rows: 2 });
		ask(rig, "a", 1000);
		ask(rig, "b", 2000);
		expect(ask(rig, "c", 1000).ticket).toBe(Refusal.TableFull);
		rig.pass(1100);
		expect(ask(rig, "d", 1000).ticket).toBeGreaterThan(0);
		expect(peer.line.closed).toBe(false);
	});

	test("in 3.1.1, and without the extra", () => {
		const requests = new Requests({ responseTopic: "answers/board" });
		const { rig, peer } = meet(4, { requests });
		rig.online();
		rig.pass(1);
		expect(peer.line.texts).toEqual(["connect"]);
		expect(ask(rig, "q", 1000).ticket).toBe(Refusal.NotOffered);
		expect(ask(meet(5).rig, "q", 1000).ticket).toBe(Refusal.NotOffered);
	});

	test("like any message: QoS 0 offline, too long, no room", () => {
		const { rig } = open({ limits: { outboxMessages: 1, window: 1 } });
		expect(ask(rig, "x".repeat(1000), 1000).ticket).toBe(Refusal.TooLong);
		rig.client.close();
		rig.pass(1);
		expect(ask(rig, "q", 1000, 0).ticket).toBe(Refusal.Offline);
		expect(ask(rig, "q", 1000).ticket).toBeGreaterThan(0);
		expect(ask(rig, "q", 1000).ticket).toBe(Refusal.Full);
	});

	test("[5.0, 3.3.2.3.5] for a topic that has a response topic, or correlation data, of its own", () => {
		const { rig } = open();
		for (const fields of [{ responseTopic: "x" }, { correlationData: "x" }]) {
			const topic = rig.client.topic("a/c", rig.client.properties({ contentType: "x", ...fields }));
			expect(rig.client.request(topic, new Uint8Array(1), () => undefined, 10)).toBe(Refusal.NotOffered);
		}
	});

	test("when the table of subscriptions has no row for the response topic", () => {
		const requests = new Requests({ responseTopic: "answers/board" });
		const { rig } = meet(5, { requests, limits: { subscriptions: 1 } });
		rig.client.subscribe(rig.filter, 0);
		rig.online();
		expect(ask(rig, "q", 1000).ticket).toBe(Refusal.TableFull);
	});

	test("at construction: what is no topic, and what does not fit", () => {
		const make = (options: ConstructorParameters<typeof Requests>[0]) => () =>
			meet(5, { requests: new Requests(options) });
		for (const responseTopic of ["", "a/+", "#", "a\u0000", "\ud800", "x".repeat(600)])
			expect(make({ responseTopic })).toThrow(RangeError);
		for (const rows of [0, 65, 1.5]) expect(make({ responseTopic: "x", rows })).toThrow(RangeError);
		for (const informationBytes of [-1, 257, 0.5])
			expect(make({ responseTopic: "x", informationBytes })).toThrow(RangeError);
	});
});

test("a response topic of characters of each length: asked with it, and answered", () => {
	const responseTopic = "antwort/é/日本/🌡";
	const { rig, peer } = meet(5, { requests: new Requests({ responseTopic }) });
	rig.online();
	rig.pass(1);
	const { ticket, told } = ask(rig, "q", 1000);
	rig.pass(1);
	const said = asked(peer.line);
	expect(said.responseTopic).toBe(responseTopic);
	const { correlationData } = said;
	peer.line.publish(responseTopic, "that", 0, undefined, { properties: { correlationData } });
	rig.pass(1);
	expect(told).toEqual([["that", Reason.Success, ticket]]);
});

test("what the broker says of the response topic is told with its filter", () => {
	const { rig, requests } = open();
	const { peer: other, rig: refused } = meet(5, { requests: new Requests({ responseTopic: "x" }) });
	expect(rig.recorder.of("subscribed")).toEqual([[1]]);
	expect(requests.filter.row).toBe(0);
	other.polite.delete("subscribe");
	refused.online();
	refused.pass(1);
	other.line.send({ cmd: "suback", messageId: 65281, granted: [0x87] });
	refused.pass(1);
	expect(refused.recorder.of("subscribed")).toEqual([[0x87]]);
});

test("a handler may do anything: ask again, publish, close; one that throws is told once, too", () => {
	const { rig, peer } = open();
	peer.answerAll();
	const calls: [number, number][] = [];
	const again = (_reply: unknown, reason: number, ticket: number): void => {
		calls.push([reason, ticket]);
		if (calls.length < 100)
			expect(rig.client.request(rig.topic, new Uint8Array(0), again, 0)).toBeGreaterThan(0);
		else if (calls.length === 100) rig.client.close();
	};
	rig.client.request(rig.topic, new Uint8Array(0), again, 0);
	rig.pass(3);
	expect(calls.length).toBeLessThan(10); // not all in one turn
	rig.pass(1000);
	expect(calls.length).toBe(100);
	expect(new Set(calls.map(([, ticket]) => ticket)).size).toBe(100);
	expect(rig.client.online).toBe(false);
	let thrown = 0;
	rig.client.request(rig.topic, new Uint8Array(0), () => { thrown++; throw new Error("on purpose"); }, 10); // biome-ignore format: short
	expect(() => rig.pass(100)).toThrow("on purpose");
	rig.pass(1000);
	expect(thrown).toBe(1);
});

test("an answer that comes in pieces is told piece by piece, and is over with the last", () => {
	const { rig, peer, requests } = open({ limits: { packetBytes: 128 }, fragments: new Fragments() });
	const { told, ticket } = ask(rig, "q", 1000);
	rig.pass(1);
	const properties = { correlationData: asked(peer.line).correlationData };
	peer.line.publish("answers/board", "x".repeat(200), 1, 3, { properties });
	rig.pass(1);
	expect(told.length).toBeGreaterThan(1);
	expect(told.map(([text]) => text).join("")).toBe("x".repeat(200));
	expect(told.map((one) => one.slice(1))).toEqual(told.map(() => [0, ticket]));
	expect([requests.count, rig.recorder.count("message")]).toEqual([0, 0]);
	peer.line.publish("answers/board", "x".repeat(200), 1, 4, { properties });
	rig.pass(1);
	expect(rig.client.counters[Counter.Strays]).toBe(1);
});

test("its bytes are in the budget", () => {
	const { rig } = open({}, { rows: 3 });
	expect(rig.client.memory.find((term) => term.name === "requests")?.bytes).toBe(3 * 20 + 3 + 13 + 15);
});
