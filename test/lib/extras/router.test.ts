// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Fragments, Router } from "../../../lib/extras/index.js";
import { Broker } from "../../../simulator/broker/index.js";
import { VERSIONS } from "../../kit/peer.js";
import { Rig, type RigOptions } from "../../kit/rig.js";
import { identifiers, type Routed, routed, withId } from "./routed.js";

describe.each(VERSIONS)("version %i: a router", (version) => {
	test("by the filters where there are no identifiers; what matches none is the listener's", () => {
		const set = routed(version);
		for (const name of ["a/+", "a/#", "b"]) set.rig.client.subscribe(set.on(name), 1);
		set.rig.online();
		set.rig.pass(1);
		set.peer.line.publish("a/x", "1", 0).publish("b", "2", 0).publish("c", "3", 0).publish("a", "4", 0);
		set.rig.pass(1);
		expect(set.take()).toEqual([
			["a/+", "1"],
			["a/#", "1"],
			["b", "2"],
			["default", "3"],
			["a/#", "4"],
		]);
	});

	test("handlers are there before the connection: what a resumed session brings first finds them", () => {
		const set = routed(version);
		set.rig.client.subscribe(set.on("a"), 1);
		set.peer.polite.delete("connect");
		set.rig.client.open();
		set.rig.pass(1);
		set.peer.line.connack().publish("a", "early", 1, 1);
		set.rig.pass(1);
		expect(set.take()).toEqual([["a", "early"]]);
	});

	test("a filter that is not itself subscribed to gets what comes for a wider one", () => {
		const set = routed(version);
		set.rig.client.subscribe(set.rig.client.filter("house/#"), 1);
		set.on("house/+/set");
		set.on("house/1/#");
		set.rig.online();
		set.rig.pass(1);
		set.peer.line.publish("house/1/set", "1", 0).publish("house/2/set", "2", 0).publish("house/2/x", "3", 0);
		set.rig.pass(1);
		expect(set.take()).toEqual([
			["house/+/set", "1"],
			["house/1/#", "1"],
			["house/+/set", "2"],
			["default", "3"],
		]);
	});

	test("another handler for the same text takes the place of the first", () => {
		const set = routed(version);
		set.on("a");
		const got: string[] = [];
		const filter = set.rig.client.filter("a");
		set.router.on(filter, (message) => got.push(message.text()));
		set.rig.client.subscribe(filter, 1);
		set.rig.online();
		set.rig.pass(1);
		set.peer.line.publish("a", "1", 0, undefined, version === 5 ? withId(identifiers(set.peer).a) : {});
		set.rig.pass(1);
		expect(got).toEqual(["1"]);
		expect(set.take()).toEqual([]);
	});

	test("a shared subscription finds its handler by the filter behind the name", () => {
		const set = routed(version);
		set.rig.client.subscribe(set.on("$share/group/a/+"), 1);
		set.rig.online();
		set.rig.pass(1);
		set.peer.line.publish("a/x", "1", 0);
		set.rig.pass(1);
		expect(set.take()).toEqual([["$share/group/a/+", "1"]]);
	});

	test("every call is legal inside a handler, and one that throws costs no later message its handler", () => {
		const set = routed(version);
		const a = set.rig.client.filter("a");
		const b = set.rig.client.filter("+");
		let calls = 0;
		set.router.on(a, () => {
			if (++calls === 1) throw new Error("from a handler");
			set.rig.client.unsubscribe(a);
			set.rig.client.subscribe(set.rig.filter, 1);
			set.rig.publish("x", 1);
			set.router.on(set.rig.client.filter("#"), () => {}); // not for the message in hand
		});
		const got: string[] = [];
		set.router.on(b, (message) => got.push(message.text()));
		set.rig.online();
		set.peer.line.publish("a", "1", 0);
		expect(() => set.rig.pass(1)).toThrow("from a handler");
		set.peer.line.publish("b", "2", 0).publish("a", "3", 0);
		set.rig.pass(1);
		expect(got).toEqual(["2", "3"]);
		expect(calls).toBe(2);
		expect(set.rig.client.online).toBe(true);
	});
});

describe("Subscription Identifiers [5.0, 3.3.4]", () => {
	function three(options: RigOptions = {}): Routed & { ids: Record<string, number | undefined> } {
		const set = routed(5, options);
		for (const name of ["a/+", "a/#", "b"]) set.rig.client.subscribe(set.on(name), 1);
		set.rig.client.subscribe(set.rig.client.filter("c"), 1);
		set.rig.online();
		set.rig.pass(1);
		return { ...set, ids: identifiers(set.peer) };
	}

	test("a packet for each, and one for the rest; the number is the filter's own, whatever the order", () => {
		const { ids, peer } = three();
		expect(peer.all("subscribe")).toHaveLength(4);
		expect(new Set(Object.values(ids)).size).toBe(4);
		expect(ids.c).toBeUndefined();
		const set = routed(5);
		for (const name of ["b", "a/#"]) set.rig.client.subscribe(set.on(name), 1);
		set.rig.online();
		set.rig.pass(1);
		const others = identifiers(set.peer);
		expect([others.b, others["a/#"]]).toEqual([ids.b, ids["a/#"]]);
		for (const id of Object.values(others)) expect(id).toBeLessThan(16_384);
	});

	test("are found among other properties", () => {
		const { ids, peer, rig, take } = three();
		const send = (topic: string, ...of: (number | undefined)[]): void => {
			const properties = { payloadFormatIndicator: true, ...withId(...of).properties, contentType: "x" };
			peer.line.publish(topic, "1", 0, undefined, { properties });
			rig.pass(1);
		};
		send("b", ids.b);
		expect(take()).toEqual([["b", "1"]]);
		send("a/x", ids["a/#"], ids["a/+"]);
		expect(take().map(([name]) => name)).toEqual(["a/+", "a/#"]);
	});

	test("[5.0 MQTT-3.3.4-3] one PUBLISH with several: each handler once, in the order in which they were set", () => {
		const { ids, peer, rig, take } = three();
		peer.line.publish("a/x", "1", 0, undefined, withId(ids["a/#"], ids["a/+"], ids["a/#"]));
		rig.pass(1);
		expect(take()).toEqual([
			["a/+", "1"],
			["a/#", "1"],
		]);
	});

	test("a PUBLISH for each: each handler its own, and no other's", () => {
		const { ids, peer, rig, take } = three();
		peer.line.publish("a/x", "1", 0, undefined, withId(ids["a/#"]));
		peer.line.publish("a/x", "2", 0, undefined, withId(ids["a/+"]));
		rig.pass(1);
		expect(take()).toEqual([
			["a/#", "1"],
			["a/+", "2"],
		]);
	});

	test("among other properties, before and behind", () => {
		const { ids, peer, rig, take } = three();
		peer.line.publish("b", "1", 0, undefined, {
			properties: {
				payloadFormatIndicator: true,
				messageExpiryInterval: 7,
				contentType: "text",
				userProperties: { a: "b" },
				subscriptionIdentifier: ids.b,
			},
		});
		rig.pass(1);
		expect(take()).toEqual([["b", "1"]]);
	});

	test("none in the packet: by the filters", () => {
		const { peer, rig, take } = three();
		peer.line.publish("a/x", "1", 0).publish("c", "2", 0);
		rig.pass(1);
		expect(take()).toEqual([
			["a/+", "1"],
			["a/#", "1"],
			["default", "2"],
		]);
	});

	test("a payload in pieces: each of them to the same handler", () => {
		const set = routed(5, { limits: { packetBytes: 64 }, fragments: new Fragments() });
		const pieces: string[] = [];
		const filter = set.rig.client.filter("a/+");
		set.router.on(filter, (message) => pieces.push(message.text()));
		set.rig.client.subscribe(filter, 1);
		set.rig.online();
		set.rig.pass(1);
		const text = "0123456789".repeat(20);
		set.peer.line.publish("a/x", text, 1, 1, withId(identifiers(set.peer)["a/+"]));
		set.rig.pass(10);
		expect(pieces.length).toBeGreaterThan(2);
		expect(pieces.join("")).toBe(text);
		expect(set.take()).toEqual([]);
	});

	test("one that nobody gave, of one to four bytes: by the filters, never to whose filter does not match", () => {
		const { ids, peer, rig, take } = three();
		const known = Object.values(ids);
		for (const id of [1, 127, 128, 16_383, 16_384, 2_097_152, 268_435_455]) {
			if (known.includes(id)) continue;
			peer.line.publish("b", "1", 0, undefined, withId(id)).publish("c", "2", 0, undefined, withId(id));
			peer.line.publish("a/x", "3", 0, undefined, withId(id, ids["a/+"]));
			rig.pass(1);
			expect(take(), `${id}`).toEqual([
				["b", "1"],
				["default", "2"],
				["a/+", "3"],
				["a/#", "3"],
			]);
		}
	});

	test("[5.0, 3.2.2.3.12] not offered: SUBSCRIBE has none, and messages are matched", () => {
		const set = routed(5);
		set.peer.properties = { subscriptionIdentifiersAvailable: false };
		for (const name of ["a/+", "b"]) set.rig.client.subscribe(set.on(name), 1);
		set.rig.online();
		set.rig.pass(1);
		expect(set.peer.line.take().slice(1)).toEqual(["subscribe #65281 a/+ q1 b q1"]);
		expect(identifiers(set.peer)).toEqual({ "a/+": undefined, b: undefined });
		set.peer.line.publish("a/x", "1", 0);
		set.rig.pass(1);
		expect(set.take()).toEqual([["a/+", "1"]]);
	});

	test("not before SUBACK: a message that comes before it is matched, whatever it says", () => {
		const set = routed(5);
		set.rig.client.subscribe(set.on("a/+"), 1);
		const wide = set.on("a/#");
		set.rig.online();
		set.rig.pass(1);
		set.peer.polite.delete("subscribe");
		set.rig.client.subscribe(wide, 1);
		set.rig.pass(1);
		const ids = identifiers(set.peer);
		// The broker may have an older subscription to a/#, which had none.
		set.peer.line.publish("a/x", "1", 0, undefined, withId(ids["a/+"]));
		set.peer.line.send({ cmd: "suback", messageId: 65_282, granted: [1] });
		set.peer.line.publish("a/x", "2", 0, undefined, withId(ids["a/+"]));
		set.rig.pass(1);
		expect(set.take()).toEqual([
			["a/+", "1"],
			["a/#", "1"],
			["a/+", "2"],
		]);
	});

	test("unsubscribed from: matched, since it may come for another filter", () => {
		const set = routed(5);
		const narrow = set.on("a/x");
		const wide = set.on("a/#");
		for (const filter of [narrow, wide]) set.rig.client.subscribe(filter, 1);
		set.rig.online();
		set.rig.pass(1);
		const ids = identifiers(set.peer);
		set.rig.client.unsubscribe(narrow);
		set.rig.pass(1);
		set.peer.line.publish("a/x", "1", 0, undefined, withId(ids["a/#"]));
		set.rig.pass(1);
		expect(set.take()).toEqual([
			["a/x", "1"],
			["a/#", "1"],
		]);
	});
});

describe.each(VERSIONS)("version %i: with our broker", (version) => {
	test("overlapping subscriptions, another client's messages, each QoS: each handler once for each message", () => {
		const router = new Router();
		const rig = new Rig({ version, router });
		const broker = new Broker({ schedule: rig.world });
		rig.network.listen(broker);
		const heard: Record<string, string[]> = { "a/+": [], "a/#": [], "a/b": [], rest: [] };
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message") heard["rest"].push(message!.text());
		};
		for (const name of ["a/+", "a/#", "a/b"]) {
			const filter = rig.client.filter(name);
			router.on(filter, (message) => heard[name].push(message.text()));
			rig.client.subscribe(filter, 2);
		}
		rig.client.subscribe(rig.client.filter("c"), 2);
		rig.online();
		rig.until("subscribed", () => rig.recorder.count("subscribed") === 4);
		const [ab, ac, c] = ["a/b", "a/c/d", "c"].map((name) => rig.client.topic(name));
		for (const qos of [0, 1, 2] as const) {
			rig.publish(`ab${qos}`, qos, 0, ab);
			rig.publish(`acd${qos}`, qos, 0, ac);
			rig.publish(`c${qos}`, qos, 0, c);
		}
		rig.until("settled", () => rig.recorder.count("settled") === 9);
		rig.pass(100);
		const each = (text: string): string[] => [0, 1, 2].map((qos) => text + qos);
		expect(heard).toEqual({
			"a/+": each("ab"),
			"a/#": expect.arrayContaining([...each("ab"), ...each("acd")]),
			"a/b": each("ab"),
			rest: each("c"),
		});
		expect(heard["a/#"]).toHaveLength(6);
	});
});

describe("construction", () => {
	test.each([0, 129, 1.5, -1])("routes: %d is no number of routes", (routes) => {
		expect(() => new Router({ routes })).toThrow(/routes must be 1 to 128/);
	});

	test("full, and the block it takes", () => {
		const router = new Router({ routes: 2 });
		const set = routed(4, {}, router);
		set.on("a");
		set.on("b");
		set.on("b");
		expect(() => set.on("c")).toThrow(/raise routes/);
		expect(router.term().bytes).toBe(2 * 3 + 4);
		expect(set.rig.client.memory.find(({ name }) => name === "router")?.bytes).toBe(10);
		expect(new Router({ routes: 128 }).term().bytes).toBe(128 * 3 + 256);
	});

	test("128 filters, and each message to one of them", () => {
		const set = routed(5, { limits: { subscriptions: 128, textBytes: 4096 } }, new Router({ routes: 128 }));
		const names = Array.from({ length: 128 }, (_, i) => `f/${i}`);
		for (const name of names) set.rig.client.subscribe(set.on(name), 0);
		set.rig.online();
		set.rig.pass(10);
		const ids = identifiers(set.peer);
		expect(new Set(Object.values(ids)).size).toBe(128);
		for (const name of names) set.peer.line.publish(name, name, 0, undefined, withId(ids[name]));
		set.rig.pass(10);
		expect(set.take()).toEqual(names.map((name) => [name, name]));
	});
});
