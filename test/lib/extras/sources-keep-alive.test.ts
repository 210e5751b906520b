// SPDX-License-Identifier: MIT
/** A payload that takes the link long: what the broker hears meanwhile, and what the client takes for a dead link. */
import { describe, expect, test } from "vitest";
import { Sources } from "../../../lib/extras/index.js";
import { Reason, Settled } from "../../../lib/index.js";
import { met, type Peer, VERSIONS, type Version } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";
import { TestSource } from "./sources.js";

/** A slow link, online, nothing due. */
function slow(
	version: Version,
	bytesPerSecond: number,
	keepAliveSeconds: number,
	pingReplyMs = 10_000,
): { rig: Rig; peer: Peer; send: (bytes: number) => number } {
	const { rig, peer } = met(version, {
		sources: new Sources(4),
		keepAliveSeconds,
		limits: { pingReplyMs },
		conditions: { bytesPerSecond, pieceBytes: 100 },
	});
	const send = (bytes: number) => rig.client.publishFrom(rig.topic, new TestSource(bytes), bytes, 1);
	return { rig, peer, send };
}

describe.each(VERSIONS)("version %i: pain 10: keep alive and long payloads", (version) => {
	test("[MQTT-3.1.2-20] PINGREQ goes before it, unless a packet has just left or it is short", () => {
		const { rig, peer, send } = slow(version, 10_000, 60);
		peer.answerAll();
		send(5000);
		rig.pass(16_000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["publish"]);
		send(5000);
		rig.pass(1000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["pingreq", "publish"]);
		send(5000);
		rig.pass(16_000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["publish"]);
		send(500);
		rig.pass(16_000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["publish"]);
		rig.publish("x", 1);
		send(5000);
		rig.pass(1000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(
			["publish", "pingreq", "publish"].slice(2).concat("publish"),
		);
	});

	test("a broker that counts whole packets, to the letter, sees one in each 1.5 times the Keep Alive", () => {
		const { rig, peer, send } = slow(version, 1000, 20);
		peer.answerAll();
		const tickets: number[] = [];
		for (let i = 0; i < 4; i++) {
			rig.pass(16_000); // nearly as long as may be quiet
			tickets.push(send(25_000)); // longer than the Keep Alive
			rig.until("settled", () => rig.recorder.settled.has(tickets[i]));
		}
		const times = peer.line.heard.map((one) => one.time);
		for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).toBeLessThanOrEqual(30_000);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("a PINGREQ that left with the head counts: no other one follows the payload at once", () => {
		const { rig, peer, send } = slow(version, 1000, 20);
		rig.pass(10_000);
		send(22_000); // handed over in 14 s, sent in 22
		rig.pass(24_000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["pingreq", "publish"]);
	});

	test("a link that takes bytes is alive, however long nothing comes back", () => {
		const { rig, send } = slow(version, 500, 10, 2000);
		send(40_000);
		rig.pass(80_000);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("and so it is while it has not sent what it took", () => {
		// 8 KiB wait in the link when the last byte is handed over: 40 seconds, with a PINGREQ behind them.
		const { rig, peer, send } = slow(version, 200, 10, 2000);
		send(9000);
		rig.pass(60_000);
		expect(rig.recorder.count("offline")).toBe(0);
		expect(peer.all("publish")).toHaveLength(1);
	});

	test("so long SUBSCRIBE behind it has time, and not longer", () => {
		const { rig, peer, send } = slow(version, 200, 60);
		peer.polite.delete("subscribe");
		send(9000);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(44_000); // `requestMs` is 30 seconds
		expect(rig.recorder.count("offline")).toBe(0);
		rig.pass(2000);
		expect(peer.line.take().map((text) => text.slice(0, 7))).toEqual(["publish", "subscri"]);
		rig.until("offline", () => !rig.client.online, 61_000);
		expect(rig.recorder.of("offline")).toEqual([[Reason.RequestTimeout, true]]);
	});

	test("a link that takes nothing any more is dead, also in the middle", () => {
		const { rig, send } = slow(version, 1000, 10, 2000);
		const ticket = send(100_000);
		rig.pass(20_000);
		expect(rig.client.online).toBe(true);
		for (const link of rig.network.links) link.silence();
		// Till the next look, the Keep Alive less an eighth, and the time for an answer.
		rig.until("offline", () => !rig.client.online, 2 * 8750 + 2000);
		expect(rig.recorder.of("offline")).toEqual([[Reason.PingTimeout, true]]);
		expect(rig.recorder.settled.has(ticket)).toBe(false);
	});

	test("a broker that answers nothing any more is dead when all has been sent, though TCP takes our PINGREQ", () => {
		const { rig, peer, send } = slow(version, 10_000, 10, 2000);
		peer.polite.delete("pingreq");
		send(20_000);
		rig.pass(2500);
		expect(peer.all("publish")).toHaveLength(1);
		rig.until("offline", () => !rig.client.online, 8750 + 2000);
		expect(rig.recorder.of("offline")).toEqual([[Reason.PingTimeout, true]]);
	});

	test("the next one begins where the last has just ended: no pause, no PINGREQ but when it is due", () => {
		const { rig, peer, send } = slow(version, 10_000, 60);
		peer.answerAll();
		const tickets = [send(20_000), send(20_000), send(20_000)];
		rig.until("all", () =>
			tickets.every((ticket) => rig.recorder.settled.get(ticket) === Settled.Acknowledged),
		);
		expect(rig.world.now).toBeLessThan(6300);
		expect(peer.all("pingreq")).toEqual([]);
	});
});
