// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, Reason, Settled } from "../../../lib/index.js";
import { Broker } from "../../../simulator/broker/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";
import { Rig } from "../../kit/rig.js";

const CLOSED = Reason.ClosedByApplication;

describe.each(VERSIONS)("version %i: closing", (version) => {
	test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] DISCONNECT is the last packet, then the link closes", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 1);
		rig.client.close();
		expect(rig.client.online).toBe(false);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=x q1 #2", "disconnect"]);
		expect(peer.line.closed).toBe(true);
		expect(rig.recorder.of("offline")).toEqual([[CLOSED, false]]);
		rig.pass(1_000_000);
		expect(peer.lines.length).toBe(1);
		expect(rig.world.pending).toBe(0);
		expect(rig.client.pending).toBe(1); // it stays in the store
	});

	test("[MQTT-3.14.4-3] the will is not sent after close, and is sent after close(true) and after a cut", () => {
		for (const [how, sent] of [
			["close", false],
			["close with will", true],
			["cut", true],
		] as const) {
			const rig = new Rig({ version, will: { topic: "gone", payload: "bye" } });
			const broker = new Broker({ schedule: rig.world });
			rig.network.listen(broker);
			rig.online();
			if (how === "cut") rig.cut();
			else rig.client.close(how === "close with will");
			rig.pass(10);
			expect(broker.counters.wills, how).toBe(sent ? 1 : 0);
		}
	});

	test("no room for DISCONNECT: it is waited for, and a link that never has room again is closed without", () => {
		const { rig, peer } = met(version, { limits: { flushMs: 3000 } });
		rig.strict.last.roomLimit = 1;
		rig.client.close();
		rig.pass(2000);
		expect(rig.recorder.count("offline")).toBe(0);
		rig.strict.last.roomLimit = 8192;
		rig.strict.last.onWritable(8192);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["disconnect"]);
		expect(rig.recorder.of("offline")).toEqual([[CLOSED, false]]);
		rig.online();
		rig.strict.last.roomLimit = 1;
		rig.client.close();
		rig.pass(1000);
		rig.client.open(); // taken back
		rig.pass(10_000);
		expect(rig.client.online).toBe(true);
		rig.client.close();
		rig.pass(3000);
		expect(rig.recorder.of("offline")).toEqual([
			[CLOSED, false],
			[CLOSED, false],
		]);
		rig.pass(100_000);
		expect(rig.world.pending).toBe(0);
	});

	test("close(true) says it in 5.0, and says nothing in 3.1.1", () => {
		const { rig, peer } = met(version);
		rig.client.close(true);
		rig.pass(1);
		expect(peer.line.take()).toEqual(version === 5 ? ["disconnect 0x04"] : []);
		expect(peer.line.closed).toBe(true);
	});

	test("flush, then close: drained first", () => {
		const { rig, peer } = met(version, { conditions: { upMs: 50, downMs: 50 } });
		peer.answerAll();
		const ticket = rig.publish("x", 2);
		rig.client.flush();
		rig.client.close();
		expect(rig.client.online).toBe(true);
		rig.pass(400);
		expect(peer.line.take()).toEqual(["publish a/b=x q2 #2", "pubrel #2", "disconnect"]);
		expect(rig.recorder.notes.slice(1)).toEqual([
			["settled", ticket, Settled.Acknowledged, 0, false],
			["flushed", 0],
			["offline", CLOSED, false],
		]);
	});

	test("flush gives up at its deadline; what is left stays", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 1);
		rig.client.flush(3000);
		rig.client.close();
		rig.pass(2999);
		expect(rig.client.online).toBe(true);
		rig.pass(2);
		expect(rig.recorder.notes.slice(1)).toEqual([
			["flushed", 1],
			["offline", CLOSED, false],
		]);
		expect(peer.line.take()).toEqual(["publish a/b=x q1 #2", "disconnect"]);
	});

	test("flush and close while offline: it connects, drains, and closes; the deadline goes on through reconnects", () => {
		const { rig, peer } = met(version, { limits: { backoffMs: 1000 } });
		peer.answerAll();
		peer.present = true;
		rig.drop();
		const ticket = rig.publish("x", 1);
		rig.client.flush(5000);
		rig.client.close();
		rig.pass(2000);
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
		expect(peer.line.take().at(-1)).toBe("disconnect");
		rig.client.open();
		rig.until("online", () => rig.client.online);
		rig.dialler.fault = "refuse";
		rig.drop();
		rig.publish("y", 1);
		rig.client.flush(5000);
		rig.client.close();
		rig.pass(4999);
		expect(rig.recorder.count("flushed")).toBe(1);
		rig.pass(1);
		expect(rig.recorder.of("flushed")).toEqual([[0], [1]]);
		expect(rig.recorder.of("offline").at(-1)).toEqual([CLOSED, false]);
		const dials = rig.dialler.dials;
		rig.pass(1_000_000);
		expect(rig.dialler.dials).toBe(dials);
	});

	test("flush without a connection that is wanted has nothing to wait for, and does not connect", () => {
		const { rig } = meet(version);
		rig.publish("x", 1);
		rig.client.flush();
		rig.client.flush(Number.POSITIVE_INFINITY);
		rig.pass(100_000);
		expect(rig.recorder.notes).toEqual([["flushed", 1]]);
		expect(rig.dialler.dials).toBe(0);
	});

	test("during Dialling, Connecting, Waiting: closed at once, and opened again", () => {
		for (const when of ["dialling", "connecting", "waiting"] as const) {
			const { rig, peer } = meet(version, { conditions: { lookupMs: 50, upMs: 50, downMs: 50 } });
			if (when === "waiting") rig.dialler.fault = "refuse";
			rig.client.open();
			rig.pass(when === "dialling" ? 20 : when === "connecting" ? 170 : 200);
			rig.client.close();
			expect(rig.recorder.of("offline").at(-1), when).toEqual([CLOSED, false]);
			rig.pass(1_000_000);
			expect(peer.lines.map((line) => line.texts)).toEqual(
				when === "connecting" ? [["connect", "disconnect"]] : [],
			);
			expect(rig.world.pending).toBe(0);
			rig.dialler.fault = "none";
			rig.online();
		}
	});

	test("open twice, close twice, close before open, open at once after close", () => {
		const { rig, peer } = meet(version);
		rig.client.close();
		expect([rig.client.open(), rig.client.open()]).toEqual([0, 0]);
		rig.pass(1);
		rig.client.open();
		rig.pass(1);
		rig.client.close();
		rig.client.close();
		rig.client.open();
		rig.pass(10);
		expect(rig.recorder.notes).toEqual([
			["online", false],
			["offline", CLOSED, false],
			["online", false],
		]);
		expect(peer.lines.map((line) => line.texts)).toEqual([["connect", "disconnect"], ["connect"]]);
	});
});

describe.each(VERSIONS)("version %i: counters", (version) => {
	test("say what happened, and bytes are what the links carried", () => {
		const { rig, peer } = met(version, { conditions: { upMs: 30, downMs: 70 } });
		peer.answerAll();
		rig.client.subscribe(rig.filter, 2);
		for (let i = 0; i < 9; i++) rig.publish(`${i}`, (i % 3) as 0 | 1 | 2);
		for (let i = 0; i < 5; i++) peer.line.publish("in/x", `${i}`, 2, 10 + i);
		rig.pass(2000);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(60_000);
		rig.client.close();
		rig.pass(1000);
		const c = rig.client.counters;
		const { PacketsIn: IN, PacketsOut: OUT } = Counter;
		expect([c[OUT + 1], c[IN + 2], c[OUT + 3], c[IN + 3], c[OUT + 4], c[IN + 4]]).toEqual([2, 2, 9, 5, 0, 3]);
		expect([c[OUT + 5], c[IN + 5], c[OUT + 6], c[IN + 6], c[OUT + 7], c[IN + 7]]).toEqual([5, 3, 3, 5, 5, 3]);
		expect([c[OUT + 8], c[IN + 9], c[OUT + 12], c[IN + 13], c[OUT + 14]]).toEqual([1, 1, 1, 1, 1]);
		expect([c[Counter.Dials], c[Counter.Connects], c[Counter.Delivered], c[Counter.Acknowledged]]).toEqual([
			2, 2, 5, 6,
		]);
		expect([c[Counter.PeerFaults], c[Counter.Strays], c[Counter.Refusals], c[Counter.Resends]]).toEqual([
			0, 0, 0, 0,
		]);
		// Bytes by type: each packet's own, and together what the link carried.
		const all = (first: number): number => c.slice(first, first + 16).reduce((sum, bytes) => sum + bytes, 0);
		expect(all(Counter.BytesOut)).toBe(rig.strict.bytesOut);
		expect(all(Counter.BytesIn)).toBe(rig.strict.bytesIn);
		expect(all(Counter.BytesOut)).toBe(peer.lines.reduce((sum, line) => sum + line.bytesIn, 0));
		expect(all(Counter.BytesIn)).toBe(peer.lines.reduce((sum, line) => sum + line.bytesOut, 0));
		const bytes = [Counter.BytesOut + 6, Counter.BytesIn + 6, Counter.BytesOut + 12, Counter.BytesIn + 13];
		expect(bytes.map((type) => c[type])).toEqual([3 * 4, 5 * 4, 2, 2]);
		expect([c[Counter.RoundTripMs], c[Counter.PeakRoundTripMs]]).toEqual([100, 100]);
		expect(c[Counter.PeakMessages]).toBe(6);
		expect(c[Counter.PeakInFlight]).toBe(6);
	});

	test("a thousand reconnects: everything as it was, no timer left over", () => {
		const { rig, peer } = met(version, { limits: { backoffMs: 10, backoffMaxMs: 10 } });
		peer.answerAll();
		peer.present = (nth) => nth % 3 !== 0;
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		let pending = 0;
		for (let i = 0; i < 1000; i++) {
			rig.publish(`${i}`, (1 + (i % 2)) as 1 | 2);
			if (i % 2 === 0) rig.pass(1);
			rig.drop();
			rig.until("online", () => rig.client.online);
			pending = Math.max(pending, rig.world.pending);
		}
		rig.until("drained", () => rig.client.pending === 0);
		expect(rig.recorder.count("settled")).toBe(1000);
		expect(pending).toBeLessThan(20);
		expect(rig.network.links.size).toBe(1);
		expect(rig.client.counters[Counter.Connects]).toBe(1001);
		expect(rig.client.counters[Counter.PeakMessages]).toBeLessThan(4);
		rig.client.close();
		rig.pass(100);
		expect(rig.world.pending).toBe(0);
		expect(rig.network.links.size).toBe(0);
	});
});
