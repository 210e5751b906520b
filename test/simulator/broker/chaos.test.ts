// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, rig, VERSIONS } from "./rig.js";

describe("chaos: packets", () => {
	it("the n-th packet of a kind is dropped on its way out, and only that one", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		const rule = broker.chaos.packet({ way: "out", packet: "puback", deed: "drop", nth: 2 });
		for (let messageId = 1; messageId <= 3; messageId++) one.publish("a", "x", { qos: 1, messageId });
		expect(one.take().map((packet) => packet.messageId)).toEqual([1, 3]);
		expect(rule.acted).toBe(1);
		expect(broker.chaos.armed).toBe(false);
	});

	it("on its way in it never happened", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		one.subscribe("a", 0);
		broker.chaos.packet({ way: "in", packet: "publish", deed: "drop", times: 2 });
		for (const text of ["1", "2", "3"]) one.publish("a", text);
		expect(one.message().text).toBe("a=3");
	});

	it("duplicates, both ways", () => {
		const { client, broker } = rig();
		const one = client(4, "one");
		one.subscribe("a", 0);
		broker.chaos.packet({ way: "in", packet: "publish", deed: "duplicate" });
		one.publish("a", "x", { qos: 2, messageId: 1 });
		expect(
			one
				.take()
				.map((packet) => packet.cmd)
				.sort(),
		).toEqual(["publish", "pubrec", "pubrec"]);
		broker.chaos.packet({ way: "out", packet: "publish", deed: "duplicate" });
		one.publish("a", "y");
		expect([one.message().text, one.message().text]).toEqual(["a=y", "a=y"]);
	});

	it("delays, both ways: later ones overtake", () => {
		const { client, broker, time } = rig();
		const one = client(5, "one");
		broker.chaos.packet({ way: "out", packet: "puback", deed: { delayMs: 50 } });
		broker.chaos.packet({ way: "in", packet: "publish", deed: { delayMs: 100 }, nth: 3 });
		for (let messageId = 1; messageId <= 3; messageId++) one.publish("a", "x", { qos: 1, messageId });
		expect(one.expect("puback").messageId).toBe(2);
		time.pass(50);
		expect(one.expect("puback").messageId).toBe(1);
		time.pass(50);
		expect(one.expect("puback").messageId).toBe(3);
		one.quiet();
	});

	it("a delayed packet dies with its connection", () => {
		const { client, broker, time } = rig();
		const one = client(5, "one");
		broker.chaos.packet({ way: "out", packet: "pingresp", deed: { delayMs: 50 } });
		one.write({ cmd: "pingreq" });
		one.drop();
		time.pass(100);
		expect(one.received).toEqual([]);
	});

	it("cuts the connection in place of a packet, in every phase", () => {
		for (const packet of ["connack", "suback", "puback", "publish"] as const) {
			const { peer, broker } = rig();
			const one = peer(5);
			broker.chaos.packet({ way: "out", packet, deed: "cut" });
			one.write({ cmd: "connect", clientId: "one", protocolVersion: 5, clean: true, keepalive: 0 });
			if (packet !== "connack") {
				one.write({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 1 }] });
				if (packet !== "suback") one.publish("a", "x", { qos: 1 });
			}
			expect([packet, one.ended]).toEqual([packet, "cut"]);
			expect(broker.counters).toMatchObject({ connections: 0, sessions: 0, clients: 0, subscriptions: 0 });
		}
		const { peer, broker } = rig();
		broker.chaos.packet({ way: "in", packet: "connect", deed: "cut" });
		const one = peer(5).write({
			cmd: "connect",
			clientId: "one",
			protocolVersion: 5,
			clean: true,
			keepalive: 0,
		});
		expect(one.ended).toBe("cut");
	});

	it("concerns one client if told so, and all packets if told so", () => {
		const { client, broker } = rig();
		const [one, two] = [client(5, "one"), client(5, "two")];
		const rule = broker.chaos.packet({
			way: "in",
			packet: "any",
			client: "one",
			deed: "drop",
			times: Infinity,
		});
		for (const each of [one, two]) each.write({ cmd: "pingreq" });
		one.quiet();
		two.expect("pingresp");
		rule.remove();
		one.write({ cmd: "pingreq" }).expect("pingresp");
	});
});

describe("chaos: answers", () => {
	it("CONNACK: quota, server moved; the next one is normal", () => {
		const { peer, broker } = rig();
		broker.chaos.answer({ packet: "connack", reason: 0x97 });
		broker.chaos.answer({ packet: "connack", reason: 0x9d, serverReference: "elsewhere:1883" });
		expect(peer(5).connect("one").reasonCode).toBe(0x97);
		expect(peer(5).connect("one")).toMatchObject({
			reasonCode: 0x9d,
			properties: { serverReference: "elsewhere:1883" },
		});
		expect(peer(5).connect("one").reasonCode).toBe(0);
		broker.chaos.answer({ packet: "connack", reason: 0x97 });
		expect(peer(4).connect("one").returnCode).toBe(3);
	});

	it("PUBACK and PUBREC: an error means that the message was not taken", () => {
		const { client, broker } = rig();
		const [sub, pub] = [client(5, "sub"), client(5, "pub")];
		sub.subscribe("#", 2);
		broker.chaos.answer({ packet: "puback", reason: 0x97, nth: 2 });
		broker.chaos.answer({ packet: "pubrec", reason: 0x83 });
		for (const text of ["1", "2"]) pub.publish("a", text, { qos: 1 });
		pub.publish("a", "3", { qos: 2, messageId: 9 });
		expect(pub.take().map((packet) => "reasonCode" in packet && packet.reasonCode)).toEqual([0, 0x97, 0x83]);
		expect(sub.message().text).toBe("a=1");
		sub.quiet();
		expect(broker.sessions()[1].inbound).toBe(0);
	});

	it("PUBCOMP, SUBACK and UNSUBACK", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		broker.chaos.answer({ packet: "suback", reason: 0x87 });
		broker.chaos.answer({ packet: "unsuback", reason: 0x83 });
		broker.chaos.answer({ packet: "pubcomp", reason: 0x92 });
		expect(one.subscribe("a", 1).granted).toEqual([0x87]);
		expect(broker.counters.subscriptions).toBe(0);
		one.subscribe("a", 1);
		one.write({ cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a"] });
		expect(one.expect("unsuback").granted).toEqual([0x83]);
		expect(broker.counters.subscriptions).toBe(1);
		one.publish("b", "x", { qos: 2, messageId: 3 }).expect("pubrec");
		one.write({ cmd: "pubrel", messageId: 3, reasonCode: 0 });
		expect(one.expect("pubcomp").reasonCode).toBe(0x92);
	});
});

describe.each(VERSIONS)("chaos: the broker itself, version %i", (version) => {
	const scene = () => {
		const made = rig();
		const pub = made.client(version, "pub", lasting(version));
		const sub = made.client(version, "sub", lasting(version));
		sub.subscribe("a", 1);
		pub.publish("a", "kept", { retain: true, qos: 1 });
		pub.publish("a", "open", { qos: 1 });
		return { ...made, pub, sub };
	};

	it("restarts with its store: connections are cut, sessions go on", () => {
		const { broker, client, pub, sub, events } = scene();
		broker.restart({ keepSessions: true });
		expect([pub.ended, sub.ended]).toEqual(["cut", "cut"]);
		expect(broker.counters).toMatchObject({
			connections: 0,
			clients: 0,
			sessions: 2,
			retained: 1,
			subscriptions: 1,
		});
		const back = client(version, "sub", lasting(version));
		expect([back.message(), back.message()]).toMatchObject([
			{ text: "a=kept", dup: true },
			{ text: "a=open", dup: true },
		]);
		expect(events.filter((event) => event.kind === "restart")).toEqual([
			{ kind: "restart", keepSessions: true },
		]);
	});

	it("restarts without its store: nothing is left, no will is published", () => {
		const { broker, peer, client, time } = scene();
		client(version, "willing", { will: { topic: "a", payload: "w", qos: 0, retain: true } });
		broker.restart({ keepSessions: false });
		expect(broker.counters).toMatchObject({
			connections: 0,
			sessions: 0,
			retained: 0,
			subscriptions: 0,
			wills: 0,
		});
		expect(peer(version).connect("sub", lasting(version)).sessionPresent).toBe(false);
		expect(time.pending).toBe(0);
	});

	it("stays down for a while", () => {
		const { broker, peer, time } = scene();
		broker.restart({ keepSessions: true, downMs: 5_000 });
		expect(peer(version).ended).toBe("cut");
		time.pass(5_000);
		expect(peer(version).connect("sub", lasting(version)).sessionPresent).toBe(true);
	});

	it("shows one session, as it shows all", () => {
		const { broker, sub } = scene();
		expect(broker.session("sub")).toEqual(broker.sessions()[1]);
		expect(broker.session("sub")).toMatchObject({ connected: true, inflight: 2, filters: ["a"] });
		sub.drop();
		expect(broker.session("sub")).toMatchObject({ connected: false, inflight: 2 });
		expect(broker.session("nobody")).toBeUndefined();
	});

	it("forgets a session", () => {
		const { broker, peer, sub } = scene();
		expect(broker.forget("sub")).toBe(true);
		expect(sub.ended).toBe("cut");
		expect(broker.forget("sub")).toBe(false);
		expect(peer(version).connect("sub", lasting(version)).sessionPresent).toBe(false);
	});

	it("goes silent: no answer, no end; afterwards the connections are cut", () => {
		const { broker, peer, pub, sub, time } = scene();
		sub.take();
		pub.take();
		const speak = broker.chaos.silence();
		pub.publish("a", "x", { qos: 1 }).quiet();
		const late = peer(version).write({
			cmd: "connect",
			clientId: "late",
			protocolVersion: version,
			clean: true,
		});
		time.pass(100_000);
		for (const each of [pub, sub, late]) each.quiet();
		speak();
		expect([pub.ended, sub.ended, late.ended]).toEqual(["cut", "cut", "cut"]);
		expect(broker.counters.messagesIn).toBe(2);
		peer(version).connect("late");
	});

	it("goes silent for one client", () => {
		const { broker, pub, sub } = scene();
		sub.take();
		const speak = broker.chaos.silence("sub");
		pub.publish("a", "x", { qos: 1 });
		sub.write({ cmd: "pingreq" }).quiet();
		expect(pub.take().at(-1)?.cmd).toBe("puback");
		speak();
		expect([pub.ended, sub.ended]).toEqual(["no", "cut"]);
	});

	it("ends one connection with a reason, and shuts down in order", () => {
		const { broker, pub, sub, peer } = scene();
		pub.take();
		sub.take();
		expect(broker.disconnect("pub", 0x9d, { serverReference: "elsewhere" })).toBe(true);
		if (version === 5)
			expect(pub.received[0]).toMatchObject({ properties: { serverReference: "elsewhere" } });
		pub.expectEnd(0x9d);
		expect(broker.disconnect("pub")).toBe(false);
		broker.close();
		sub.expectEnd(0x8b);
		expect(peer(version).ended).toBe("cut");
	});
});

describe.each(VERSIONS)("version %i: chaos: what a broker may choose", (version) => {
	/** Identifiers of three messages, of which the first two were acknowledged before the next. */
	function identifiers(policy: "rotation" | "lowest" | "random"): number[] {
		const { client, broker } = rig();
		broker.chaos.identifiers = policy;
		const one = client(version, "one");
		one.subscribe("a", 1);
		const ids: number[] = [];
		for (let number = 0; number < 4; number++) {
			broker.publish({ topic: "a", payload: "x", qos: 1 });
			const { messageId } = one.message();
			ids.push(messageId!);
			if (number < 2) one.write({ cmd: "puback", messageId });
		}
		return ids;
	}

	it("the identifiers of its messages: in rotation, the lowest that is free, any that is free", () => {
		expect(identifiers("rotation")).toEqual([1, 2, 3, 4]);
		expect(identifiers("lowest")).toEqual([1, 1, 1, 2]);
		const random = identifiers("random");
		expect(new Set(random).size).toBe(4);
		expect(random.every((id) => id >= 1 && id <= 65_535)).toBe(true);
		expect(random.some((id) => id > 100)).toBe(true);
	});

	it("when a QoS 2 message is passed on: with its PUBLISH, or once with its PUBREL", () => {
		const { client, broker, events } = rig();
		const one = client(version, "one", lasting(version));
		const publications = () => events.filter((event) => event.kind === "publish").length;
		one.publish("a", "x", { qos: 2, messageId: 7 }).write({ cmd: "pubrel", messageId: 7 });
		expect(publications()).toBe(1);
		broker.chaos.passOn = "pubrel";
		one.publish("a", "y", { qos: 2, messageId: 7 }).publish("a", "y", { qos: 2, messageId: 7, dup: true });
		expect(publications()).toBe(1);
		expect(broker.sessions()[0].inbound).toBe(1);
		one.drop();
		const again = client(version, "one", lasting(version));
		again.write({ cmd: "pubrel", messageId: 7 });
		expect(publications()).toBe(2);
		again.write({ cmd: "pubrel", messageId: 7 });
		expect(publications()).toBe(2);
		expect(again.take().map((packet) => packet.cmd)).toEqual(["pubcomp", "pubcomp"]);
	});
});

describe("the broker's own messages", () => {
	it("go to subscribers, and wildcards are refused", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		one.subscribe("a/#", 1, { nl: true });
		expect(broker.publish({ topic: "a/b", payload: "x", qos: 1 })).toBe(1);
		expect(one.message()).toMatchObject({ text: "a/b=x", qos: 1 });
		for (const topic of ["", "a/+", "#"])
			expect(() => broker.publish({ topic, payload: "" })).toThrow(RangeError);
	});

	it("the same calls at the same times give the same bytes", () => {
		const run = () => {
			const { client, broker, time, peer } = rig();
			const peers = [4, 5, 5].map((version, at) =>
				client(version as 4 | 5, `c${at}`, { properties: undefined }),
			);
			for (const one of peers) one.subscribe("$share/g/a".slice(one.version === 4 ? 9 : 0), 1);
			for (let number = 0; number < 20; number++) {
				peers[number % 3].publish("a", `${number}`, { qos: number % 3 });
				time.pass(number);
			}
			peer(5).connect("");
			broker.restart({ keepSessions: false });
			return peers.map((one) => Buffer.concat(one.chunks).toString("hex"));
		};
		expect(run()).toEqual(run());
	});
});
