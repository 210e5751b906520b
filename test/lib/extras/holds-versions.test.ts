// SPDX-License-Identifier: MIT
/** Acknowledging by hand: where the versions differ. */
import { describe, expect, test } from "vitest";
import { Counter, Reason } from "../../../lib/index.js";
import { bench, payloads } from "./by-hand.js";

describe("5.0: no", () => {
	test("[5.0 MQTT-4.3.3-9] after a PUBREC with an error the identifier counts as new; it was not taken", () => {
		const { rig, peer, handles } = bench(5);
		peer.line.publish("in", "h1", 2, 7);
		rig.pass(1);
		expect(rig.client.acknowledge(handles.get("h1")!, Reason.QuotaExceeded)).toBe(0);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #7 0x97"]);
		peer.line.publish("in", "h2", 2, 7, { dup: true });
		rig.pass(1);
		expect(payloads(rig)).toEqual(["h1", "h2"]);
		expect(rig.client.acknowledge(handles.get("h2")!)).toBe(0);
		rig.pass(1);
		peer.line.ack("pubrel", 7);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #7", "pubcomp #7"]);
	});

	test("[5.0 MQTT-3.4.2-1, MQTT-3.5.2-1] every reason of the table goes out as it is", () => {
		const { rig, peer, handles } = bench(5);
		let id = 0;
		for (const reason of [0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
			for (const qos of [1, 2]) {
				peer.line.publish("in", `h${++id}`, qos, id);
				rig.pass(1);
				expect(rig.client.acknowledge(handles.get(`h${id}`)!, reason)).toBe(0);
				rig.pass(1);
				expect(peer.line.take()).toEqual([
					`${qos === 1 ? "puback" : "pubrec"} #${id} 0x${reason.toString(16)}`,
				]);
				if (qos === 1 || reason >= 0x80) continue;
				peer.line.ack("pubrel", id);
				rig.pass(1);
				expect(peer.line.take()).toEqual([`pubcomp #${id}`]);
			}
		}
	});

	test("a forgotten one is answered 0x80 after holdMs, the elder first, and what waited behind it leaves", () => {
		const { rig, peer, holds } = bench(5, {}, 2000);
		peer.line.publish("in", "h1", 1, 1).publish("in", "r2", 1, 2);
		rig.pass(1000);
		peer.line.publish("in", "h3", 2, 3);
		rig.pass(998);
		expect(peer.line.take()).toEqual([]);
		rig.pass(4);
		expect(peer.line.take()).toEqual(["puback #1 0x80", "puback #2"]);
		rig.pass(1000);
		expect(peer.line.take()).toEqual(["pubrec #3 0x80"]);
		expect(holds.forgotten).toBe(2);
		expect(rig.client.online).toBe(true);
		rig.pass(10_000);
		expect(peer.line.take()).toEqual([]);
	});

	test("[5.0, 3.3.4] more than our Receive Maximum: what is held is answered first, then 0x93, and back at once", () => {
		const { rig, peer, handles } = bench(5, { limits: { receiveMaximum: 3, window: 3 } });
		for (let id = 1; id <= 5; id++) peer.line.publish("in", `h${id}`, 1, id);
		rig.pass(1);
		expect(payloads(rig)).toEqual(["h1", "h2", "h3"]);
		expect(rig.client.counters[Counter.HeldBack]).toBe(2);
		const first = peer.line;
		for (const text of ["h1", "h2"]) rig.client.acknowledge(handles.get(text)!);
		rig.pass(1);
		first.publish("in", "h6", 1, 6); // there is room, but it must not overtake
		rig.pass(1);
		expect(payloads(rig)).toEqual(["h1", "h2", "h3"]);
		rig.client.acknowledge(handles.get("h3")!);
		rig.until("back", () => peer.lines.length === 2, 100);
		expect(first.take()).toEqual(["puback #1", "puback #2", "puback #3", "disconnect 0x93"]);
	});

	test("[5.0, 4.9] QoS 2 of an earlier connection does not count against our Receive Maximum, but takes its place", () => {
		const { rig, peer, handles } = bench(5, { limits: { receiveMaximum: 2, window: 2 } });
		peer.line.publish("in", "r1", 2, 1).publish("in", "r2", 2, 2);
		rig.pass(1);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		peer.line.take();
		peer.line.publish("in", "h3", 1, 3).publish("in", "h4", 2, 4);
		rig.pass(1);
		expect(payloads(rig)).toEqual(["r1", "r2", "h3"]);
		peer.line.ack("pubrel", 1);
		rig.pass(1);
		rig.client.acknowledge(handles.get("h3")!);
		const second = peer.line;
		rig.until("fetched", () => peer.lines.length === 3, 100);
		expect(second.take()).toEqual(["pubcomp #1", "puback #3", "disconnect"]);
	});
});

describe("3.1.1: there is no word for no", () => {
	test("an error is an acknowledgement: the message is not wanted again", () => {
		const { rig, peer, handles } = bench(4);
		peer.line.publish("in", "h1", 1, 1).publish("in", "h2", 2, 2);
		rig.pass(1);
		rig.client.acknowledge(handles.get("h1")!, Reason.Unspecified);
		rig.client.acknowledge(handles.get("h2")!, Reason.Unspecified);
		rig.pass(1);
		peer.line.ack("pubrel", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["puback #1", "pubrec #2", "pubcomp #2"]);
	});

	test("a forgotten one closes the connection, without the will, and the message comes again", () => {
		const { rig, peer, holds, handles } = bench(4, { will: { topic: "gone", payload: "" } }, 2000);
		peer.present = true;
		peer.line.publish("in", "h1", 1, 1).publish("in", "h2", 1, 2);
		rig.pass(1998);
		expect(rig.client.online).toBe(true);
		rig.until("offline", () => rig.recorder.count("offline") === 1, 5);
		expect(rig.recorder.of("offline")).toEqual([[Reason.HoldTimeout, true]]);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["disconnect"]);
		expect(holds.forgotten).toBe(1);
		rig.until("online", () => rig.client.online);
		peer.line.publish("in", "h1", 1, 1, { dup: true }).publish("in", "h2", 1, 2, { dup: true });
		rig.pass(1);
		for (const text of ["h1", "h2"]) expect(rig.client.acknowledge(handles.get(text)!)).toBe(0);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["puback #1", "puback #2"]);
	});

	test("no Receive Maximum: what finds no row waits at the broker until all that is held is answered", () => {
		for (const qos of [1, 2]) {
			const { rig, peer, handles } = bench(4, { limits: { receiveMaximum: 2, window: 2 } });
			peer.present = true;
			for (let id = 1; id <= 4; id++) peer.line.publish("in", `h${id}`, qos, id);
			peer.line.publish("in", "zero", 0);
			rig.pass(1);
			expect(payloads(rig)).toEqual(["h1", "h2", "zero"]);
			expect(rig.client.counters[Counter.HeldBack]).toBe(2);
			const first = peer.line;
			for (const id of [2, 1]) expect(rig.client.acknowledge(handles.get(`h${id}`)!)).toBe(0);
			rig.pass(1);
			for (const id of [1, 2]) if (qos === 2) first.ack("pubrel", id);
			rig.until("fetched", () => peer.lines.length === 2, 100);
			expect(first.take().at(-1)).toBe("disconnect");
			rig.until("online", () => rig.client.online);
			if (qos === 2) peer.line.ack("pubrel", 2);
			for (let id = 3; id <= 4; id++) peer.line.publish("in", `h${id}`, qos, id, { dup: true });
			rig.pass(1);
			expect(payloads(rig).slice(3)).toEqual(["h3", "h4"]);
			for (const id of [3, 4]) expect(rig.client.acknowledge(handles.get(`h${id}`)!)).toBe(0);
			expect(rig.recorder.of("offline").map((note) => note[0])).toEqual([Reason.FetchHeldBack]);
		}
	});
});
