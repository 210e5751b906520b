// SPDX-License-Identifier: MIT
/** Every call of acknowledging by hand, asking and answering inside every callback; afterwards all is well. */
import { describe, expect, test } from "vitest";
import { Holds, Requests } from "../../../lib/extras/index.js";
import { Counter, type Message } from "../../../lib/index.js";
import { type Fields, meet, type Peer } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

/** "answer" and "silence" are what a request is told. */
const CALLBACKS = [
	"online",
	"message",
	"settled",
	"subscribed",
	"flushed",
	"room",
	"offline",
	"answer",
	"silence",
] as const;

class Bench {
	readonly rig: Rig;
	readonly peer: Peer;
	readonly holds = new Holds({ holdMs: 3000 });
	readonly requests = new Requests({ responseTopic: "answers", rows: 3 });
	readonly handles: number[] = [];
	/** Called in each callback with its name. */
	inside: ((callback: string, message?: Message) => void) | undefined;
	open = 0;

	constructor() {
		const limits = { outboxMessages: 6, window: 3, receiveMaximum: 4, backoffMs: 100, stableMs: 1000 };
		const { rig, peer } = meet(5, { limits, holds: this.holds, requests: this.requests });
		this.rig = rig;
		this.peer = peer;
		peer.answerAll();
		peer.onPacket = (packet, line) => {
			if (packet.cmd !== "publish" || String(packet.payload) !== "ask") return;
			const { correlationData } = (packet as unknown as { properties: Fields }).properties;
			line.publish("answers", "yes", 1, 900, { properties: { correlationData } });
		};
		rig.recorder.hook = (note, message) => {
			if (String(note[2]).startsWith("h")) this.handles.push(message!.hold());
			this.inside?.(String(note[0]), message);
		};
	}

	readonly onReply = (reply: Message | undefined): void => {
		this.open--;
		this.inside?.(reply === undefined ? "silence" : "answer", reply);
	};

	ask(text: string, ms: number): void {
		if (this.rig.client.request(this.rig.topic, new TextEncoder().encode(text), this.onReply, ms) > 0)
			this.open++;
	}

	/** A life in which every callback is called. */
	live(): void {
		const { rig, peer } = this;
		rig.client.subscribe(rig.filter, 1);
		rig.client.open();
		rig.pass(5);
		this.ask("ask", 1000);
		this.ask("silence", 20);
		for (let i = 0; i < 8; i++) rig.publish(`${i}`, (i % 3) as 0 | 1 | 2);
		peer.line
			?.publish("in", "h1", 1, 1)
			.publish("in", "h2", 2, 2, { properties: { responseTopic: "to" } })
			.publish("in", "x", 1, 3);
		rig.pass(50);
		for (const handle of this.handles.toReversed()) rig.client.acknowledge(handle);
		rig.client.flush();
		rig.pass(5);
		peer.line?.publish("in", "h3", 2, 4);
		rig.pass(5);
		rig.cut();
		rig.pass(5000);
		rig.client.flush();
		rig.pass(5000);
	}

	/** Whatever was done: it connects, holds, acknowledges, asks and is answered; nothing is left. */
	well(): void {
		const { rig, peer, holds, requests } = this;
		this.inside = undefined;
		rig.client.open();
		rig.until("online", () => rig.client.online, 200_000);
		rig.pass(4000);
		expect(holds.count).toBe(0);
		expect(requests.count).toBe(0);
		expect(this.open).toBe(0);
		this.handles.length = 0;
		this.ask("ask", 1000);
		peer.line.publish("in", "h9", 1, 77);
		rig.pass(10);
		expect(this.open).toBe(0);
		expect(rig.client.acknowledge(this.handles[0])).toBe(0);
		rig.pass(1);
		expect(peer.line.texts).toContain("puback #77");
		rig.client.close();
		rig.pass(400_000);
		expect(rig.client.counters[Counter.PeerFaults]).toBe(0);
		expect(rig.world.pending).toBe(0);
	}
}

const CALLS: Record<string, (bench: Bench, message?: Message) => void> = {
	"acknowledge all": ({ rig, handles }) => {
		for (const handle of handles) rig.client.acknowledge(handle, 0, handle);
	},
	"refuse the youngest": ({ rig, handles }) => void rig.client.acknowledge(handles.at(-1) ?? 1, 0x80),
	hold: ({ handles }, message) => {
		const handle = message?.hold() ?? 0;
		if (handle > 0 && !handles.includes(handle)) handles.push(handle);
	},
	"remember, then hold": ({ rig }, message) => {
		rig.client.remember(1);
		if (message?.qos === 2 && message.payloadEnd > message.payloadStart) message.hold();
	},
	ask: (bench) => bench.ask("ask", 500),
	"ask in vain": (bench) => bench.ask("silence", 1),
	answer: ({ rig }, message) => {
		if (message !== undefined) rig.client.reply(message, new Uint8Array(3));
	},
	"compose an answer and leave it": ({ rig }, message) => {
		if (message !== undefined) rig.client.composeReply(message, 1)?.text("left behind");
	},
	"close and open": ({ rig }) => {
		rig.client.close();
		rig.client.open();
	},
	close: ({ rig }) => rig.client.close(),
	publish: ({ rig }) => void rig.publish("again", 1),
};

test("the life of this test has every callback in it", () => {
	const bench = new Bench();
	const seen = new Set<string>();
	bench.inside = (callback) => seen.add(callback);
	bench.live();
	expect(CALLBACKS.filter((callback) => !seen.has(callback))).toEqual([]);
	bench.well();
});

describe.each(CALLBACKS)("inside %s", (callback) => {
	test.each(Object.keys(CALLS))("%s", (call) => {
		for (const every of [false, true]) {
			const bench = new Bench();
			let called = 0;
			let depth = 0;
			bench.inside = (name, message) => {
				if (name !== callback || (every ? called >= 40 : called > 0)) return;
				called++;
				expect(depth++, "a callback inside a callback").toBe(0);
				CALLS[call](bench, message);
				depth--;
			};
			bench.live();
			expect(called).toBeGreaterThan(0);
			bench.well();
		}
	});
});
