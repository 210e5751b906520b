// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, Reason, Refusal } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i: subscriptions", (version) => {
	test("[MQTT-3.8.1-1] [MQTT-3.8.3-3] before open: sent once, after CONNACK", () => {
		const { rig, peer } = meet(version);
		for (const [name, qos] of [
			["a/#", 0],
			["b/+", 1],
			["$share/g/c", 2],
		] as const)
			expect(rig.client.subscribe(rig.client.filter(name), qos)).toBe(0);
		rig.online();
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "subscribe #65281 a/# q0 b/+ q1 $share/g/c q2"]);
		expect(rig.recorder.of("subscribed")).toEqual([[0], [1], [2]]);
	});

	test("an answered SUBSCRIBE costs the connection nothing, however long it lasts", () => {
		const { rig, peer } = met(version, { limits: { requestMs: 5000 }, keepAliveSeconds: 0 });
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1_000_000);
		expect(rig.client.online).toBe(true);
		rig.client.unsubscribe(rig.filter);
		rig.pass(1_000_000);
		expect(rig.client.online).toBe(true);
		expect(peer.line.take()).toEqual(["subscribe #65281 in/# q1", "unsubscribe #65282 in/#"]);
	});

	test("while offline: sent with the next connection, also when that resumes the session", () => {
		const { rig, peer } = met(version);
		peer.present = true;
		rig.drop();
		expect(rig.client.subscribe(rig.filter, 1)).toBe(0);
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "subscribe #65281 in/# q1"]);
	});

	test("renewed exactly when the server lost the session", () => {
		const { rig, peer } = met(version);
		rig.client.subscribe(rig.filter, 1);
		rig.client.subscribe(rig.client.filter("other"), 2);
		rig.pass(1);
		for (const present of [true, true, false, true, false]) {
			peer.present = present;
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(1);
			const news = peer.line.take().slice(1);
			expect(news.length).toBe(present ? 0 : 1);
			if (!present) expect(news[0]).toMatch(/^subscribe #\d+ in\/# q1 other q2$/);
		}
	});

	test("[MQTT-3.9.3-2] SUBACK with a failure: of that filter only", () => {
		const { rig, peer } = met(version);
		peer.polite.delete("subscribe");
		rig.client.subscribe(rig.filter, 1);
		rig.client.subscribe(rig.client.filter("other"), 2);
		rig.pass(1);
		const reason = version === 5 ? 0x87 : 0x80;
		peer.line.send({ cmd: "suback", messageId: 65_282, granted: [1] });
		peer.line.send({ cmd: "suback", messageId: 65_281, granted: [reason] });
		rig.pass(1);
		expect(rig.recorder.of("subscribed")).toEqual([[1], [reason]]);
		peer.line.take();
		// It is not asked for again on its own, but when the application says so.
		rig.pass(100_000);
		expect(peer.line.take().filter((text) => text !== "pingreq")).toEqual([]);
		rig.client.subscribe(rig.filter, 0);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["subscribe #65283 in/# q0"]);
	});

	test("[MQTT-3.8.4-5] more or fewer codes than filters, an answer of the wrong kind: a fault", () => {
		const answers =
			version === 5 ? ["9005ff01000101", "b004ff010000"] : ["9004ff010101", "b002ff01", "9003ff0103"];
		for (const answer of answers) {
			const { rig, peer } = met(version);
			peer.polite.delete("subscribe");
			rig.client.subscribe(rig.filter, 1);
			rig.pass(1);
			peer.line.raw(answer);
			rig.pass(1);
			expect(rig.recorder.of("offline")[0], answer).toEqual([Reason.ProtocolError, true]);
			expect(rig.recorder.count("subscribed")).toBe(0);
		}
	});

	test("SUBACK, UNSUBACK for nothing are strays", () => {
		const { rig, peer } = met(version);
		peer.line.send({ cmd: "suback", messageId: 65_281, granted: [1] });
		peer.line.send({ cmd: "unsuback", messageId: 3, granted: version === 5 ? [0] : undefined });
		rig.pass(1);
		expect(rig.client.online).toBe(true);
		expect(rig.client.counters[Counter.Strays]).toBe(2);
	});

	test("a SUBACK or UNSUBACK lost with the connection: asked again, also in a resumed session", () => {
		const { rig, peer } = met(version);
		const other = rig.client.filter("other");
		rig.client.subscribe(other, 1);
		rig.pass(1);
		peer.polite.delete("subscribe");
		peer.polite.delete("unsubscribe");
		rig.client.subscribe(rig.filter, 1);
		rig.client.unsubscribe(other);
		rig.pass(1);
		peer.polite.add("subscribe").add("unsubscribe");
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["unsubscribe #65284 other", "subscribe #65285 in/# q1"]);
		expect(rig.recorder.of("subscribed")).toEqual([[1], [1]]);
		expect(rig.recorder.of("unsubscribed")).toEqual([[0]]);
	});

	test("[MQTT-3.10.4-1] unsubscribed is gone: not renewed, its row is free; not subscribed is refused", () => {
		const { rig, peer } = met(version, { limits: { subscriptions: 2 } });
		const [a, b, c] = ["a", "b", "c"].map((name) => rig.client.filter(name));
		expect([rig.client.subscribe(a, 1), rig.client.subscribe(b, 1)]).toEqual([0, 0]);
		expect(rig.client.subscribe(c, 1)).toBe(Refusal.TableFull);
		expect(rig.client.refusal).toBe(Refusal.TableFull);
		expect(rig.client.unsubscribe(c)).toBe(Refusal.NotSubscribed);
		rig.pass(1);
		expect(rig.client.unsubscribe(a)).toBe(0);
		expect(rig.client.subscribe(c, 1)).toBe(Refusal.TableFull); // until the broker has answered
		rig.pass(1);
		expect(rig.client.subscribe(c, 1)).toBe(0);
		rig.pass(1);
		peer.present = false;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual([expect.stringMatching(/^subscribe #\d+ b q1 c q1$/)]);
	});

	test("[MQTT-3.8.4-3] subscribed again: replaces, and takes no second row; changes of mind in one turn", () => {
		const { rig, peer } = met(version, { limits: { subscriptions: 1 } });
		rig.client.subscribe(rig.filter, 0);
		rig.client.subscribe(rig.filter, 2);
		rig.client.unsubscribe(rig.filter);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		expect(peer.line.take().at(-1)).toMatch(/^subscribe .* q1$/);
		expect(rig.recorder.of("subscribed").at(-1)).toEqual([1]);
		rig.pass(1_000_000);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("no answer in requestMs: the connection is given up and the request repeated", () => {
		const { rig, peer } = met(version, { limits: { requestMs: 5000 } });
		peer.polite.delete("subscribe");
		rig.client.subscribe(rig.filter, 1);
		rig.pass(4999);
		expect(rig.client.online).toBe(true);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.RequestTimeout, true]]);
		peer.polite.add("subscribe");
		rig.until("subscribed", () => rig.recorder.count("subscribed") === 1);
		rig.pass(100_000);
		expect(rig.recorder.count("offline")).toBe(1);
	});

	test("each request has its own time, since every answer is progress", () => {
		const { rig, peer } = met(version, { limits: { requestMs: 5000 } });
		peer.polite.delete("subscribe");
		const filters = [0, 1, 2, 3].map((i) => rig.client.filter(`f/${i}`));
		rig.client.subscribe(filters[0], 1);
		for (let i = 0; i < 3; i++) {
			rig.pass(4000);
			rig.client.subscribe(filters[i + 1], 1);
			rig.pass(1);
			peer.line.send({ cmd: "suback", messageId: 65_281 + i, granted: [1] });
		}
		rig.pass(4900);
		expect(rig.client.online).toBe(true);
		rig.pass(101);
		expect(rig.recorder.of("offline")).toEqual([[Reason.RequestTimeout, true]]);
	});

	test("[MQTT-3.8.4-2] messages may come before SUBACK, and after UNSUBSCRIBE", () => {
		const { rig, peer } = met(version);
		peer.polite.delete("subscribe");
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		peer.line.publish("in/x", "early", 0).send({ cmd: "suback", messageId: 65_281, granted: [1] });
		rig.pass(1);
		rig.client.unsubscribe(rig.filter);
		peer.line.publish("in/x", "late", 0);
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(2);
	});

	test("a thousand changes: identifiers go round and stay above those of PUBLISH", () => {
		const { rig, peer } = met(version);
		for (let i = 0; i < 500; i++) {
			rig.client.subscribe(rig.filter, 1);
			rig.pass(1);
			rig.client.unsubscribe(rig.filter);
			rig.pass(1);
		}
		const ids = [...peer.all("subscribe"), ...peer.all("unsubscribe")].map((one) => one.packet.messageId!);
		expect(Math.min(...ids)).toBe(65_280);
		expect(Math.max(...ids)).toBe(65_535);
		expect(rig.recorder.count("unsubscribed")).toBe(500);
	});
});

describe.each(VERSIONS)("version %i: several filters in one packet", (version) => {
	test("as many as the send region holds, and each answered", () => {
		const { rig, peer } = meet(version, { limits: { sendBytes: 128, subscriptions: 12 } });
		const names = Array.from({ length: 12 }, (_, i) => `some/longer/filter/${i}`);
		for (const name of names) rig.client.subscribe(rig.client.filter(name), 1);
		rig.online();
		rig.pass(1);
		const packets = peer.all("subscribe").map(({ packet }) => packet);
		expect(
			packets.flatMap((one) => (one.cmd === "subscribe" ? one.subscriptions : [])).map((one) => one.topic),
		).toEqual(names);
		expect(packets).toHaveLength(3); // 5 of 22 or 23 bytes each, 5, 2
		expect(rig.recorder.count("subscribed")).toBe(12);
	});

	test("SUBSCRIBE and UNSUBSCRIBE apart, each in the order in which they were wanted", () => {
		const { rig, peer } = met(version);
		const filters = ["a", "b", "c", "d"].map((name) => rig.client.filter(name));
		rig.drop();
		for (const filter of filters) rig.client.subscribe(filter, 1);
		rig.client.unsubscribe(filters[1]);
		rig.client.unsubscribe(filters[3]);
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["subscribe #65281 a q1 c q1", "unsubscribe #65282 b d"]);
	});

	test("[MQTT-3.8.4-5] a SUBACK with a code too few or too many settles none of them", () => {
		for (const granted of [[1], [1, 1, 1]]) {
			const { rig, peer } = meet(version);
			peer.polite.delete("subscribe");
			for (const name of ["a", "b"]) rig.client.subscribe(rig.client.filter(name), 1);
			rig.online();
			rig.pass(1);
			peer.line.send({ cmd: "suback", messageId: 65_281, granted });
			rig.pass(1);
			expect(rig.recorder.of("offline")[0]).toEqual([Reason.ProtocolError, true]);
			expect(rig.recorder.count("subscribed")).toBe(0);
			// All are asked for again, and can be answered.
			peer.polite.add("subscribe");
			rig.until("subscribed", () => rig.recorder.count("subscribed") === 2);
		}
	});

	test("one that the application changes its mind about keeps its place: its code is not told", () => {
		const { rig, peer } = meet(version);
		peer.polite.delete("subscribe");
		const [a, b, c] = ["a", "b", "c"].map((name) => rig.client.filter(name));
		for (const filter of [a, b, c]) rig.client.subscribe(filter, 1);
		rig.online();
		rig.pass(1);
		rig.client.unsubscribe(a);
		rig.client.subscribe(b, 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "subscribe #65281 a q1 b q1 c q1"]); // what is open is finished first
		rig.client.subscribe(rig.client.filter("d"), 0); // and holds up no other
		rig.pass(1);
		expect(peer.line.take()).toEqual(["subscribe #65282 d q0"]);
		const told: unknown[] = [];
		rig.recorder.hook = (note) => told.push(note);
		peer.line.send({ cmd: "suback", messageId: 65_281, granted: [0, 0x80, 1] });
		rig.pass(1);
		expect(told).toEqual([
			["subscribed", 1],
			["unsubscribed", 0],
		]);
		expect(peer.line.take()).toEqual(["unsubscribe #65283 a", "subscribe #65284 b q2"]);
		peer.line.send({ cmd: "suback", messageId: 65_284, granted: [2] });
		rig.pass(1);
		expect(told.at(-1)).toEqual(["subscribed", 2]);
	});

	test("an answer of the wrong kind is a fault, also when all of it was given up meanwhile", () => {
		const { rig, peer } = met(version);
		peer.polite.delete("subscribe");
		rig.client.subscribe(rig.filter, 1);
		rig.client.unsubscribe(rig.filter);
		rig.pass(1);
		peer.line.send({ cmd: "unsuback", messageId: 65_281, granted: version === 5 ? [0] : undefined });
		rig.pass(1);
		expect(rig.recorder.of("offline")[0]).toEqual([Reason.ProtocolError, true]);
	});

	test("the listener may subscribe and unsubscribe while it is told the codes of a packet", () => {
		const { rig, peer } = meet(version);
		const filters = ["a", "b", "c"].map((name) => rig.client.filter(name));
		for (const filter of filters) rig.client.subscribe(filter, 1);
		const more = rig.client.filter("more");
		let told = 0;
		rig.recorder.hook = ([kind]) => {
			if (kind !== "subscribed" || ++told !== 1) return;
			rig.client.unsubscribe(filters[0]);
			rig.client.unsubscribe(filters[2]);
			rig.client.subscribe(more, 0);
		};
		rig.online();
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual([
			"subscribe #65281 a q1 b q1 c q1",
			"unsubscribe #65282 a c",
			"subscribe #65283 more q0",
		]);
		expect(rig.recorder.of("subscribed")).toEqual([[1], [1], [0]]);
		expect(rig.recorder.count("unsubscribed")).toBe(2);
	});
});
