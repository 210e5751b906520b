// SPDX-License-Identifier: MIT
/** What one client can make the broker hold, and what it does with garbage. */

import { describe, expect, it, vi } from "vitest";
import { LIMITS, limitsOf, PROFILES } from "../../../simulator/broker/index.js";
import { lasting, rig, VERSIONS } from "./rig.js";

describe("limits", () => {
	it("every one has a unit and a reason; profiles are made of them; nonsense is named", () => {
		for (const [name, { value, unit, reason }] of Object.entries(LIMITS)) {
			expect([name, typeof value, unit.length > 0, reason.length > 10]).toEqual([name, "number", true, true]);
		}
		for (const profile of Object.values(PROFILES)) limitsOf(profile);
		expect(() => limitsOf({ receiveMaximum: 0 })).toThrow("receiveMaximum");
		expect(() => limitsOf({ queuedMessages: -1 })).toThrow("queuedMessages");
		expect(() => limitsOf({ nonsense: 1 } as object)).toThrow("nonsense");
		expect(() => rig({ profile: "nonsense" as "default" })).toThrow("nonsense");
	});

	it("a message for very many takes a few buffers, and comes to all in their order", () => {
		const { client, broker } = rig();
		const order: number[] = [];
		const many = Array.from({ length: 80 }, (_, number) => {
			const one = client(number % 2 ? 4 : 5, `c${number}`);
			one.subscribe("a", 1);
			const send = one.send.bind(one);
			one.send = (chunk) => {
				order.push(number);
				send(chunk);
			};
			return one;
		});
		const made = vi.spyOn(Buffer, "allocUnsafeSlow");
		broker.publish({ topic: "a", payload: "x", qos: 1 });
		expect(made.mock.calls.length).toBeLessThanOrEqual(33);
		made.mockRestore();
		expect(order).toEqual(many.map((_, number) => number));
		for (const one of many) expect(one.message().text).toBe("a=x");
	});

	it("connections: one too many is cut at once", () => {
		const { client, peer, broker } = rig({ limits: { connections: 1 } });
		const one = client(4, "one");
		expect(peer(4).ended).toBe("cut");
		expect(broker.counters).toMatchObject({ connections: 1, refused: 1 });
		one.drop();
		client(4, "two");
	});

	it("sessions: clients that are away count, an old one may come back", () => {
		const { client, peer } = rig({ limits: { sessions: 1 } });
		client(5, "one", lasting(5)).drop();
		expect(peer(5).connect("two").reasonCode).toBe(0x97);
		client(5, "one", lasting(5));
	});

	it("a socket that never sends a CONNECT is closed, byte by byte as well", () => {
		const { peer, time, broker } = rig();
		const silent = peer(4);
		const slow = peer(4);
		for (const byte of [0x10, 0x20, 0x00, 0x04, 77, 81]) {
			slow.raw([byte]);
			time.pass(1_600);
		}
		time.pass(500);
		expect([silent.ended, slow.ended]).toEqual(["in order", "in order"]);
		time.pass(broker.limits.lingerMs);
		expect([silent.ended, slow.ended]).toEqual(["cut", "cut"]);
		expect(broker.counters.connections).toBe(0);
		expect(time.pending).toBe(0);
	});

	it.each(VERSIONS)("packet size, version %i: judged by the fixed header alone", (version) => {
		const { client, peer } = rig();
		client(version, "one").raw([0x30, 0xff, 0xff, 0xff, 0x7f]).expectEnd(0x95);
		expect(peer(version).raw([0x10, 0xff, 0xff, 0xff, 0x7f]).ended).toBe("in order");
	});

	it("packet size: exactly the maximum is taken", () => {
		const { client } = rig({ limits: { maximumPacketSize: 64 } });
		const one = client(4, "one");
		one.raw([0x30, 62, 0, 1, 97, ...new Array(59).fill(1)]).quiet();
		one.raw([0x30, 63, 0, 1, 97, ...new Array(60).fill(1)]).expectEnd(0x95);
	});

	it("packet size: a client that takes less than a CONNACK is cut, not left to wait for it", () => {
		const { peer, broker } = rig();
		const one = peer(5);
		const properties = { maximumPacketSize: 8 };
		one.write({ cmd: "connect", clientId: "one", protocolVersion: 5, clean: true, properties });
		expect([one.received, one.ended]).toEqual([[], "cut"]);
		expect(broker.counters).toMatchObject({ connections: 0, sessions: 0 });
	});

	it("subscriptions per client", () => {
		const { client } = rig({ limits: { subscriptionsPerClient: 2 } });
		const five = client(5, "five");
		const got = ["a", "b", "c", "a"].map((filter) => five.subscribe(filter, 1).granted[0]);
		expect(got).toEqual([1, 1, 0x97, 1]);
		const three = client(4, "three");
		expect(["a", "b", "c"].map((filter) => three.subscribe(filter, 1).granted[0])).toEqual([1, 1, 0x80]);
	});

	it("topics: length and levels", () => {
		const { client } = rig({ limits: { topicBytes: 20, topicLevels: 3 } });
		client(5, "long").publish("x".repeat(21), "").expectEnd(0x90);
		client(5, "deep").publish("a/b/c/d", "").expectEnd(0x90);
		const one = client(5, "one");
		one.publish("a/b/c", "").quiet();
		expect(one.subscribe("x".repeat(21), 0).granted).toEqual([0x8f]);
		expect(one.subscribe("+/+/+/+", 0).granted).toEqual([0x8f]);
	});

	it("queued messages and bytes held: the newest is dropped, and counted", () => {
		const { client, broker } = rig({ limits: { queuedMessages: 3, heldBytes: 100 } });
		const pub = client(5, "pub");
		client(5, "sub", lasting(5)).subscribe("#", 1);
		client(5, "sub", lasting(5)).drop();
		for (let number = 1; number <= 5; number++) pub.publish("a", `${number}`, { qos: 1 });
		expect(broker.counters.dropped.queueFull).toBe(2);
		pub.publish("b", "x".repeat(200), { qos: 1 });
		expect(broker.counters.dropped.queueFull).toBe(3);
		const sub = client(5, "sub", lasting(5));
		expect(sub.take().map((packet) => "payload" in packet && `${packet.payload}`)).toEqual(["1", "2", "3"]);
		expect(broker.sessions()[1]).toMatchObject({ inflight: 3, heldBytes: 6 });
		for (const messageId of [1, 2, 3]) sub.write({ cmd: "puback", messageId, reasonCode: 0 });
		expect(broker.sessions()[1]).toMatchObject({ inflight: 0, heldBytes: 0 });
	});

	it("3.1.1 has no Receive Maximum: our own window holds", () => {
		const { client } = rig({ limits: { inflight: 2 } });
		const [sub, pub] = [client(4, "sub"), client(4, "pub")];
		sub.subscribe("a", 1);
		for (let number = 0; number < 5; number++) pub.publish("a", "x", { qos: 1 });
		expect(sub.take()).toHaveLength(2);
	});

	it("send backlog: QoS 0 is dropped, QoS 1 waits until the socket is empty", () => {
		const { client, broker } = rig({ limits: { sendBacklogBytes: 100 } });
		const [sub, pub] = [client(5, "sub"), client(5, "pub")];
		sub.subscribe("a", 1);
		sub.backlog = 101;
		pub.publish("a", "lost");
		for (const text of ["1", "2"]) pub.publish("a", text, { qos: 1 });
		sub.quiet();
		expect(broker.counters.dropped.backlog).toBe(1);
		sub.drain();
		expect([sub.message().text, sub.message().text]).toEqual(["a=1", "a=2"]);
	});

	it("send backlog: what did not fit into one turn goes out without being asked", () => {
		const { client } = rig({ limits: { sendBacklogBytes: 300 } });
		const pub = client(5, "pub");
		client(5, "sub", lasting(5)).subscribe("a", 1);
		client(5, "sub", lasting(5)).drop();
		for (let number = 0; number < 50; number++) pub.publish("a", "x".repeat(40), { qos: 1 });
		expect(client(5, "sub", lasting(5)).take()).toHaveLength(50);
	});

	it("a client that never reads its acknowledgements is cut", () => {
		const { client, broker } = rig({ limits: { stalledBytes: 300_000 } });
		const one = client(5, "one");
		one.backlog = 300_001;
		one.write({ cmd: "pingreq" });
		expect(one.ended).toBe("cut");
		expect(broker.counters).toMatchObject({ connections: 0, sessions: 0 });
	});

	it("the profile tiny meets them all and stays usable", () => {
		const { client } = rig({ profile: "tiny" });
		const [sub, pub] = [client(5, "sub"), client(5, "pub")];
		sub.subscribe("a", 2);
		pub.publish("a", "x", { qos: 2 }).expect("pubrec");
		expect(sub.message().text).toBe("a=x");
	});
});

describe("hooks", () => {
	const authorize = ({ action, topic, clientId }: { action: string; topic: string; clientId: string }) =>
		clientId === "admin" || (action === "publish" ? !topic.startsWith("secret") : topic !== "secret/#");

	it.each(VERSIONS)("who may publish and subscribe, version %i", (version) => {
		const { client, broker } = rig({ authorize });
		const admin = client(version, "admin");
		expect(admin.subscribe("secret/#", 1).granted).toEqual([1]);
		const one = client(version, "one");
		expect(one.subscribe("secret/#", 1).granted).toEqual([version === 5 ? 0x87 : 0x80]);
		const reasons = [1, 2].map((qos) => {
			one.publish("secret/a", "x", { qos });
			return (one.received.shift() as { reasonCode?: number }).reasonCode;
		});
		expect(reasons).toEqual(version === 5 ? [0x87, 0x87] : [undefined, undefined]);
		one.publish("secret/a", "x").quiet();
		admin.quiet();
		expect(broker.counters.dropped.denied).toBe(3);
		one.publish("open", "x", { qos: 1 }).take();
	});

	it("a will that may not be published refuses the CONNECT", () => {
		const { peer } = rig({ authorize });
		const will = { topic: "secret/a", payload: "x", qos: 0, retain: false };
		expect(peer(5).connect("one", { will }).reasonCode).toBe(0x87);
	});
});

describe("garbage", () => {
	const seed = Number(process.env.SEED ?? 20_261_122);
	/** xorshift: the same bytes for the same seed. */
	const random = (state: number) => (below: number) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};

	it(`random bytes, with and without a CONNECT before them, leave the broker working (SEED=${seed})`, () => {
		const next = random(seed);
		const { peer, client, broker, time } = rig();
		const witness = client(5, "witness");
		witness.subscribe("witness", 1);
		for (let round = 0; round < 3_000; round++) {
			const version = round % 2 ? 5 : 4;
			const one = round % 3 ? client(version, "one", lasting(version)) : peer(version);
			const bytes = Array.from({ length: 1 + next(200) }, () => next(256));
			if (next(2)) bytes[0] = (1 + next(15)) << 4;
			if (next(2)) bytes[1] = next(Math.min(127, bytes.length));
			one.raw(bytes);
			one.drop();
		}
		client(5, "pub").publish("witness", "still here", { qos: 1 }).expect("puback");
		expect(witness.message().text).toBe("witness=still here");
		time.pass(60_000);
		expect(broker.counters.connections).toBe(2);
	});

	it(`good packets with one byte changed never throw (SEED=${seed})`, () => {
		const next = random(seed ^ 0x5bd1e995);
		const { client, broker } = rig();
		const samples = [
			{
				cmd: "publish",
				topic: "a/b",
				qos: 1,
				messageId: 3,
				payload: "xyz",
				properties: { contentType: "t", userProperties: { a: "b" } },
			},
			{
				cmd: "subscribe",
				messageId: 4,
				subscriptions: [{ topic: "a/+", qos: 1, rh: 1 }],
				properties: { subscriptionIdentifier: 300 },
			},
			{ cmd: "unsubscribe", messageId: 5, unsubscriptions: ["a/+", "b"] },
			{ cmd: "pubrec", messageId: 6, reasonCode: 0x80, properties: { reasonString: "why" } },
			{ cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 3 } },
		];
		for (const version of VERSIONS) {
			for (let round = 0; round < 4_000; round++) {
				// A new session now and then: resending what the old one gathered would be all that is tested.
				const one = client(version, "one", round % 20 ? lasting(version) : {});
				const sent: Uint8Array[] = [];
				const tap = { raw: (bytes: Uint8Array) => sent.push(bytes) };
				one.write.call({ version, raw: tap.raw } as never, samples[round % samples.length]);
				const bytes = [...sent[0]];
				bytes[next(bytes.length)] = next(256);
				one.raw(bytes);
				one.drop();
			}
		}
		expect(broker.counters.connections).toBe(0);
	});

	it("a packet cut at every byte arrives whole", () => {
		const { client } = rig();
		const sub = client(4, "sub");
		sub.subscribe("#", 0);
		const pub = client(4, "pub");
		const bytes = [0x30, 6, 0, 1, 97, 1, 2, 3, 0x30, 3, 0, 1, 98, 0xc0, 0];
		for (let cut = 0; cut <= bytes.length; cut++) {
			pub.raw(bytes.slice(0, cut)).raw(bytes.slice(cut)).expect("pingresp");
			expect([sub.message().topic, sub.message().topic]).toEqual(["a", "b"]);
		}
		for (const byte of bytes) pub.raw([byte]);
		expect([sub.message().topic, sub.message().topic]).toEqual(["a", "b"]);
	});
});
