// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, Reason } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";
import type { RigOptions } from "../../kit/rig.js";

/** Times at which PINGREQ came, from the first. */
const START: RigOptions[] = [{}, { ticks: 0x7fff_ffff - 30_000 }, { ticks: -30_000 }];

describe.each(VERSIONS)("version %i: keep alive", (version) => {
	test.each(START)(
		"[MQTT-3.1.2-20] PINGREQ when nothing is sent, well before the interval is over (%o)",
		(start) => {
			const { rig, peer } = met(version, { keepAliveSeconds: 16, ...start });
			rig.pass(200_000);
			expect(rig.recorder.count("offline")).toBe(0);
			const times = peer.all("pingreq").map((one) => one.time);
			expect(times.length).toBeGreaterThanOrEqual(13);
			for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).toBeLessThanOrEqual(14_000);
			expect(rig.client.counters[Counter.PacketsOut + 12]).toBe(times.length);
		},
	);

	test.each(START)("[MQTT-3.1.2-24] no PINGRESP: the link is given up after pingReplyMs (%o)", (start) => {
		const { rig, peer } = met(version, { keepAliveSeconds: 16, limits: { pingReplyMs: 4000 }, ...start });
		peer.polite.delete("pingreq");
		rig.pass(17_999);
		expect(rig.client.online).toBe(true);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.PingTimeout, true]]);
		rig.pass(1);
		expect(peer.lines[0].closed).toBe(true);
	});

	test("only sending: a PINGREQ is due all the same, since nothing is received", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 16 });
		for (let i = 0; i < 60; i++) {
			rig.publish("x", 0);
			rig.pass(1000);
		}
		expect(peer.all("pingreq").length).toBeGreaterThanOrEqual(4);
		peer.polite.delete("pingreq");
		for (let i = 0; i < 30 && rig.client.online; i++) {
			rig.publish("x", 0);
			rig.pass(1000);
		}
		expect(rig.recorder.of("offline")).toEqual([[Reason.PingTimeout, true]]);
	});

	test("[MQTT-3.1.2-23] only receiving: a PINGREQ is due, or the server closes", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 16 });
		for (let i = 0; i < 60; i++) {
			peer.line.publish("in/x", "x", 0);
			rig.pass(1000);
		}
		const times = [0, ...peer.all("pingreq").map((one) => one.time), 60_000];
		for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).toBeLessThanOrEqual(16_000);
	});

	test("traffic both ways needs no PINGREQ", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 16 });
		peer.answerAll();
		for (let i = 0; i < 60; i++) {
			rig.publish("x", 1);
			rig.pass(1000);
		}
		expect(peer.all("pingreq")).toEqual([]);
	});

	test("any byte counts as life, also a piece of a packet", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 16, limits: { pingReplyMs: 4000 } });
		peer.polite.delete("pingreq");
		rig.pass(14_001);
		expect(peer.line.take()).toEqual(["pingreq"]);
		rig.pass(3000);
		peer.line.raw("30"); // the first byte of a PUBLISH
		rig.pass(10_000);
		expect(rig.client.online).toBe(true);
		peer.line.raw(version === 5 ? "05 0001 78 00 79" : "04 0001 78 79");
		rig.pass(1);
		expect(rig.recorder.of("message")).toEqual([["x", "y", 0, false]]);
	});

	test("0 is off", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 0 });
		rig.pass(100_000_000);
		expect(rig.client.online).toBe(true);
		expect(peer.all("pingreq")).toEqual([]);
	});

	test.each(START)("half-open, with a full send buffer: the link dies all the same (%o)", (start) => {
		const { rig } = met(version, { keepAliveSeconds: 16, limits: { pingReplyMs: 4000 }, ...start });
		rig.dialler.link!.silence();
		const payload = "x".repeat(900);
		for (let i = 0; i < 30; i++) rig.publish(payload, 0);
		expect(rig.client.counters[Counter.PacketsOut + 3]).toBeLessThan(10);
		rig.until("offline", () => rig.recorder.count("offline") === 1, 40_000);
		expect(rig.recorder.of("offline")[0]).toEqual([Reason.PingTimeout, true]);
		expect(rig.world.now).toBeLessThanOrEqual(18_100);
	});

	test("half-open in the direction of the broker only: the link dies", () => {
		const { rig } = met(version, { keepAliveSeconds: 16 });
		rig.dialler.link!.silence("up");
		rig.until("offline", () => rig.recorder.count("offline") === 1, 40_000);
		expect(rig.recorder.of("offline")[0][0]).toBe(Reason.PingTimeout);
	});

	test("slow link: a reply that takes longer than the interval is no reason to give up", () => {
		const conditions = { upMs: 3000, downMs: 3000 };
		const { rig } = met(version, { keepAliveSeconds: 4, conditions });
		rig.pass(200_000);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("a large message under way does not starve PINGREQ", () => {
		const { rig, peer } = met(version, { keepAliveSeconds: 4, conditions: { bytesPerSecond: 300 } });
		peer.answerAll();
		for (let i = 0; i < 4; i++) rig.publish("x".repeat(900), 1);
		rig.until("all", () => rig.recorder.count("settled") === 4, 100_000);
		expect(rig.recorder.count("offline")).toBe(0);
	});
});

test("[MQTT-3.1.2-21] [MQTT-3.2.2-21] 5.0: Server Keep Alive holds for that connection only", () => {
	const { rig, peer } = meet(5, { keepAliveSeconds: 600 });
	peer.properties = { serverKeepAlive: 8 };
	rig.online();
	rig.pass(70_500);
	expect(peer.all("pingreq").length).toBe(10);
	peer.properties = {};
	rig.drop();
	rig.until("online", () => rig.client.online);
	rig.pass(500_000);
	expect(peer.line.take()).toEqual(["connect"]);
	rig.pass(30_000);
	expect(peer.line.take()).toEqual(["pingreq"]);
});
