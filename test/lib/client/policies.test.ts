// SPDX-License-Identifier: MIT
/** What gives way when there is no room, what expires, and what is settled when it is stored: with both stores. */
import { describe, expect, test } from "vitest";
import {
	Counter,
	DROP_OLDEST,
	KEEP_LATEST,
	Reason,
	Refusal,
	SETTLE_STORED,
	Settled,
	VOLATILE,
} from "../../../lib/index.js";
import { FlashStore, RamStore } from "../../../lib/store/index.js";
import { NodeFlash } from "../../../simulator/node/flash.js";
import { meet, VERSIONS, type Version } from "../../kit/peer.js";
import type { RigOptions } from "../../kit/rig.js";

const STORES = ["RamStore", "FlashStore"] as const;
const CASES = VERSIONS.flatMap((version) => STORES.map((store) => [version, store] as const));
const SMALL = { outboxMessages: 5, keptMessages: 5, window: 4 };

function offline(version: Version, kind: (typeof STORES)[number], options: RigOptions = {}) {
	const limits = options.limits ?? {};
	const store = kind === "RamStore" ? new RamStore(limits) : new FlashStore(new NodeFlash(), limits);
	return meet(version, { store, ...options });
}

describe.each(CASES)("version %i, %s: no room", (version, kind) => {
	test("DROP_OLDEST takes the room of the oldest that was never sent and has that flag, and no other's", () => {
		const { rig, peer } = offline(version, kind, { limits: SMALL });
		const plain = rig.publish("plain", 1);
		const old = [1, 2, 3, 4].map((n) => rig.publish(`${n}`, 1, DROP_OLDEST));
		const newer = [5, 6].map((n) => rig.publish(`${n}`, 1, DROP_OLDEST));
		expect(Math.min(plain, ...old, ...newer)).toBeGreaterThan(0);
		expect(rig.recorder.of("settled")).toEqual(
			[old[0], old[1]].map((ticket) => [ticket, Settled.GaveWay, Reason.Success, false]),
		);
		expect(rig.publish("x", 1)).toBe(Refusal.Full);
		expect(rig.client.counters[Counter.DroppedGaveWay]).toBe(2);
		peer.answerAll();
		rig.online();
		rig.until("drained", () => rig.client.pending === 0);
		expect(peer.all("publish").map((one) => String((one.packet as { payload: Buffer }).payload))).toEqual([
			"plain",
			...["3", "4", "5", "6"],
		]);
	});

	test("DROP_OLDEST never drops what was sent", () => {
		const { rig } = offline(version, kind, { limits: { ...SMALL, window: 5, outboxMessages: 5 } });
		rig.online();
		for (let n = 0; n < 5; n++) expect(rig.publish(`${n}`, 1, DROP_OLDEST)).toBeGreaterThan(0);
		rig.pass(1);
		expect(rig.publish("5", 1, DROP_OLDEST)).toBe(Refusal.Full);
		expect(rig.recorder.count("settled")).toBe(0);
	});

	test("KEEP_LATEST: one message of a topic waits, the newest, at the end of the queue", () => {
		const { rig, peer } = offline(version, kind);
		const other = rig.client.topic("other");
		const first = rig.publish("1", 1, KEEP_LATEST);
		rig.publish("between", 1, KEEP_LATEST, other);
		const plain = rig.publish("plain", 1);
		rig.publish("2", 1, KEEP_LATEST);
		expect(rig.recorder.of("settled")).toEqual([[first, Settled.GaveWay, Reason.Success, false]]);
		rig.online();
		rig.pass(1);
		expect(
			peer.line
				.take()
				.slice(1)
				.map((text) => text.split(" ")[1]),
		).toEqual(["other=between", "a/b=plain", "a/b=2"]);
		expect(plain).toBeGreaterThan(0);
	});

	test("KEEP_LATEST finds the room of the message that it replaces", () => {
		const { rig } = offline(version, kind, { limits: SMALL });
		const first = rig.publish("0", 2, KEEP_LATEST);
		for (let n = 1; n < 5; n++) rig.publish(`${n}`, 1);
		expect(rig.publish("new", 2, KEEP_LATEST)).toBeGreaterThan(first);
		expect(rig.recorder.settled.get(first)).toBe(Settled.GaveWay);
		expect(rig.publish("other", 1, KEEP_LATEST, rig.client.topic("other"))).toBe(Refusal.Full);
	});

	test("a listener may publish from inside what it is told of a message that gave way", () => {
		const { rig } = offline(version, kind, { limits: SMALL });
		for (let n = 0; n < 5; n++) rig.publish(`${n}`, 1, DROP_OLDEST);
		let inner = 0;
		rig.recorder.hook = (note) => {
			if (note[0] === "settled" && inner === 0) inner = rig.publish("inner", 1);
		};
		const outer = rig.publish("outer", 1, DROP_OLDEST);
		expect(inner).toBeGreaterThan(0);
		expect(outer).toBeGreaterThan(inner); // one more gave way
		expect(rig.client.pending).toBe(5);
	});
});

describe.each(CASES)("version %i, %s: expiry", (version, kind) => {
	const publish = (
		rig: ReturnType<typeof offline>["rig"],
		text: string,
		seconds: number,
		qos: 0 | 1 | 2 = 1,
	) => rig.client.publish(rig.topic, new TextEncoder().encode(text), qos, 0, seconds);

	test("[MQTT-3.3.2-6] counts down while it waits; 3.1.1 says nothing of it", () => {
		const { rig, peer } = offline(version, kind);
		publish(rig, "x", 100);
		publish(rig, "y", 0);
		rig.pass(30_000);
		rig.online();
		rig.pass(1);
		const sent = peer.all("publish").map((one) => (one.packet as { properties?: object }).properties ?? {});
		const left = version === 5 ? [{ messageExpiryInterval: 70 }, {}] : [{}, {}];
		expect(sent).toEqual(left);
	});

	test("what ran out before it was ever sent is settled as expired, and the next ones go", () => {
		const { rig, peer } = offline(version, kind, { queueQos0: true });
		const stale = [publish(rig, "1", 10), publish(rig, "2", 10, 2), publish(rig, "0", 10, 0)];
		const fresh = publish(rig, "3", 60);
		rig.pass(30_000);
		rig.online();
		rig.pass(1);
		expect(
			peer.line
				.take()
				.slice(1)
				.map((text) => text.split(" ")[1]),
		).toEqual(["a/b=3"]);
		expect(rig.recorder.of("settled")).toEqual(
			stale.map((ticket) => [ticket, Settled.Expired, Reason.Unspecified, false]),
		);
		expect(rig.client.counters[Counter.DroppedExpired]).toBe(3);
		peer.line.ack("puback", 1 + fresh);
		rig.pass(1);
		expect(rig.client.pending).toBe(0);
	});

	test("what has been sent is sent again when it has run out meanwhile: its exchange has to end", () => {
		const { rig, peer } = offline(version, kind);
		rig.online();
		publish(rig, "x", 10);
		rig.pass(1);
		peer.present = true;
		rig.dialler.fault = "refuse";
		rig.drop();
		rig.pass(30_000);
		rig.dialler.fault = "none";
		rig.until("online", () => rig.client.online, 300_000);
		rig.pass(1);
		expect(peer.line.take()[1]).toBe("publish a/b=x q1 #2 dup");
		const { properties } = peer.line.heard[1].packet as { properties?: object };
		if (version === 5) expect(properties).toEqual({ messageExpiryInterval: 1 });
	});

	test("a packet that is too long only with its expiry is refused before any work", () => {
		const { rig, peer } = offline(version, kind);
		peer.properties = { maximumPacketSize: 40 };
		rig.online();
		const refused = publish(rig, "x".repeat(26), 60);
		if (version === 5) expect(refused).toBe(Refusal.TooLong);
		else expect(refused).toBeGreaterThan(0);
		expect(publish(rig, "x".repeat(20), 60)).toBeGreaterThan(0);
	});
});

describe.each(VERSIONS)("version %i: SETTLE_STORED", (version) => {
	test("with a store in flash: settled when it is stored, and nothing more is told", () => {
		const { rig, peer } = offline(version, "FlashStore");
		const ticket = rig.publish("x", 1, SETTLE_STORED);
		const later = rig.publish("y", 1);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Stored, Reason.Success, false]]);
		peer.answerAll();
		rig.online();
		rig.until("drained", () => rig.client.pending === 0);
		expect(rig.recorder.of("settled").slice(1)).toEqual([[later, Settled.Acknowledged, 0, false]]);
		expect(rig.client.counters[Counter.Acknowledged]).toBe(2);
	});

	test("what is published when that is told is another message: the older one of the topic gives way all the same", () => {
		const { rig } = offline(version, "FlashStore");
		const older = rig.publish("1", 1, KEEP_LATEST);
		rig.recorder.hook = (note) => {
			if (note[2] === Settled.Stored) rig.publish("within", 1, 0, rig.client.topic("another"));
		};
		rig.publish("2", 1, KEEP_LATEST | SETTLE_STORED);
		expect(rig.recorder.settled.get(older)).toBe(Settled.GaveWay);
		expect(rig.client.pending).toBe(2);
	});

	test.each([
		["in RAM", "RamStore", SETTLE_STORED],
		["volatile", "FlashStore", SETTLE_STORED | VOLATILE],
	] as const)("a message that is only %s is settled as ever", (_, kind, flags) => {
		const { rig, peer } = offline(version, kind);
		const ticket = rig.publish("x", 1, flags);
		peer.answerAll();
		rig.online();
		rig.until("drained", () => rig.client.pending === 0);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Acknowledged, 0, false]]);
	});
});
