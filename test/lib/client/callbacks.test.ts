// SPDX-License-Identifier: MIT
/** A listener that throws, and what is left behind in a callback. Every call inside every callback: `reentrancy.test.ts`. */
import { describe, expect, test } from "vitest";
import { Counter, Refusal } from "../../../lib/index.js";
import { meet, met, type Peer, VERSIONS } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

const CALLBACKS = [
	"online",
	"message",
	"oversize",
	"settled",
	"subscribed",
	"unsubscribed",
	"room",
	"flushed",
	"offline",
] as const;

/** A life in which every callback is called. Small tables, so that there is also a refusal and a `room`. */
function live(rig: Rig, peer: Peer): void {
	const other = rig.client.filter("other");
	rig.client.subscribe(rig.filter, 1);
	rig.client.open();
	rig.pass(5);
	for (let i = 0; i < 12; i++) rig.publish(`${i}`, (i % 3) as 0 | 1 | 2);
	rig.pass(5);
	peer.line
		?.publish("in/a", "hello", 1, 5)
		.publish("in/b", new Uint8Array(peer.version === 4 ? 500 : 5), 2, 6);
	rig.pass(5);
	peer.line?.ack("pubrel", 6);
	rig.client.subscribe(other, 1);
	rig.pass(5);
	rig.client.unsubscribe(other);
	rig.client.flush();
	rig.pass(5);
	rig.cut();
	rig.pass(5000);
	rig.publish("after", 1);
	rig.client.flush();
	rig.pass(5000);
}

describe.each(VERSIONS)("version %i", (version) => {
	const limits = { packetBytes: 128, outboxMessages: 6, window: 3, backoffMs: 100, stableMs: 1000 };
	const made = () => {
		const { rig, peer } = meet(version, { limits, will: { topic: "gone", payload: "" } });
		peer.answerAll();
		return { rig, peer };
	};

	test("the life of this test has every callback in it", () => {
		const { rig, peer } = made();
		live(rig, peer);
		for (const callback of CALLBACKS)
			if (callback !== "oversize" || version === 4)
				expect(rig.recorder.count(callback), callback).toBeGreaterThan(0);
	});

	test.each(CALLBACKS)("a listener that throws in %s does not leave the client stuck", (callback) => {
		const { rig, peer } = made();
		let throws = 0;
		rig.recorder.hook = (note) => {
			if (note[0] === callback && throws < 3) {
				throws++;
				throw new Error("on purpose");
			}
		};
		const attempt = (step: () => void) => {
			for (let i = 0; i < 100; i++)
				try {
					step();
					return;
				} catch (error) {
					if (!String((error as Error).message).includes("on purpose")) throw error;
				}
		};
		const end = rig.world.now + 20_000;
		attempt(() => live(rig, peer));
		attempt(() => rig.world.run(end));
		rig.recorder.hook = undefined;
		well(rig, peer);
	});
});

/** Whatever was done: it can be opened, sends, receives, and closes; every ticket was settled once; nothing is left. */
function well(rig: Rig, peer: Peer): void {
	rig.client.open();
	rig.until("online", () => rig.client.online, 200_000);
	rig.pass(100);
	const ticket = rig.publish("in the end", 2);
	expect(ticket).toBeGreaterThan(0);
	const before = rig.recorder.count("message");
	peer.line.publish("in/z", "in the end", 1, 77);
	rig.until("done", () => rig.recorder.settled.has(ticket) && rig.client.pending === 0, 60_000);
	expect(rig.recorder.count("message")).toBe(before + 1);
	expect(peer.line.texts).toContain("puback #77");
	rig.client.flush();
	rig.client.close();
	rig.pass(1000);
	expect(rig.client.online).toBe(false);
	expect(peer.line.texts.at(-1)).toMatch(/^disconnect/);
	expect(peer.line.closed).toBe(true);
	expect(rig.client.counters[Counter.PeerFaults]).toBe(0);
	rig.pass(400_000);
	expect(rig.world.pending).toBe(0);
}

test("a composition that is left behind in a callback is dropped by the next turn", () => {
	const { rig, peer } = met(5);
	rig.recorder.hook = (note) => {
		if (note[0] === "message") rig.client.compose(rig.topic, 1)!.text("left behind");
	};
	peer.line.publish("in/a", "x", 0);
	rig.pass(1);
	rig.recorder.hook = undefined;
	rig.client.flush();
	expect(rig.client.commit()).toBe(Refusal.NothingComposed);
	expect(rig.publish("x", 1)).toBe(1);
});

test("flush in onFlushed goes on by the alarm, not by the stack or inside one turn", () => {
	for (const open of [false, true]) {
		const { rig } = meet(5);
		if (open) rig.online();
		let left = 1000;
		let depth = 0;
		rig.recorder.hook = (note) => {
			if (note[0] !== "flushed" || left-- <= 0) return;
			expect(depth++).toBe(0);
			rig.client.flush();
			depth--;
		};
		const events = rig.world.events;
		rig.client.flush();
		expect(rig.recorder.count("flushed")).toBe(0);
		rig.pass(10);
		expect(rig.recorder.count("flushed")).toBe(1001);
		expect(rig.world.events - events).toBeGreaterThan(1000);
	}
});

test("what is published in onRoom and onFlushed leaves at once", () => {
	const { rig, peer } = met(5, { limits: { outboxMessages: 1, window: 1 } });
	rig.publish("1", 1);
	expect(rig.publish("2", 1)).toBe(Refusal.Full);
	rig.recorder.hook = (note) => {
		if (note[0] === "room" || note[0] === "flushed") rig.publish(note[0], 1);
	};
	rig.client.flush();
	rig.pass(1);
	peer.line.ack("puback", 2);
	rig.pass(1);
	expect(peer.line.take()).toEqual(["publish a/b=1 q1 #2", "publish a/b=flushed q1 #3"]);
	expect(rig.recorder.of("flushed")).toEqual([[0]]);
	peer.line.ack("puback", 3);
	rig.pass(1);
	expect(peer.line.take()).toEqual(["publish a/b=room q1 #4"]);
	expect(rig.recorder.count("room")).toBe(1);
});
