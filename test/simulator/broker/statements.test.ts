// SPDX-License-Identifier: MIT
/** What both standards ask of a server and no other test here shows, in the order of their sections. */
import { describe, expect, it } from "vitest";
import { lasting, type Peer, rig, VERSIONS } from "./rig.js";

const ack = (peer: Peer, cmd: string, messageId: number | undefined, reasonCode = 0) =>
	peer.write({ cmd, messageId, reasonCode });
const texts = (peer: Peer) =>
	peer.take().flatMap((packet) => ("payload" in packet ? `${packet.payload}` : []));

describe.each(VERSIONS)("strings, version %i", (version) => {
	it("[3.1.1 MQTT-1.5.3-3] [5.0 MQTT-1.5.4-3] a BOM is a letter like any other", () => {
		const one = rig().client(version, "one");
		for (const topic of ["\ufeffa", "a"]) one.subscribe(topic, 0);
		one.publish("\ufeffa", "with").publish("a", "without");
		expect(one.take()).toMatchObject([{ topic: "\ufeffa" }, { topic: "a" }]);
	});

	it("[3.1.1 MQTT-3.3.2-3, MQTT-4.7.3-4] [5.0 MQTT-3.3.2-3, MQTT-4.7.3-4] nothing is normalised: neither case nor accents", () => {
		const { client } = rig();
		const one = client(version, "one");
		one.subscribe("Caf\u00e9", 0);
		const pub = client(version, "pub");
		for (const topic of ["Cafe\u0301", "caf\u00e9", "Caf\u00e9 ", "Caf\u00e9"]) pub.publish(topic, "x");
		expect(one.message().topic).toBe("Caf\u00e9");
		one.quiet();
	});

	it("[3.1.1 MQTT-4.7.3-3] [5.0 MQTT-4.7.3-3] 65,535 bytes of topic are taken, where the limits allow it", () => {
		const one = rig({ profile: "hivemq" }).client(version, "one");
		const topic = "t".repeat(65_535);
		one.subscribe(topic, 0);
		one.publish(topic, "x");
		expect(one.message().topic).toBe(topic);
	});
});

describe.each(VERSIONS)("CONNECT and CONNACK, version %i", (version) => {
	const code = ({ reasonCode, returnCode }: { reasonCode?: number; returnCode?: number }) =>
		version === 5 ? reasonCode : returnCode;

	it("[3.1.1 MQTT-3.1.2-1] another protocol's name is not answered", () => {
		const one = rig().peer(version);
		one.raw([0x10, 13, 0, 4, 77, 81, 84, 88, version, 2, 0, 0, 0, 1, 97]);
		expect([one.received, one.ended]).toEqual([[], "in order"]);
	});

	it("[3.1.1 MQTT-3.1.2-7] a retained message outlives the session that published it", () => {
		const { client, broker } = rig();
		client(version, "pub").publish("a", "kept", { qos: 1, retain: true }).drop();
		expect(broker.counters).toMatchObject({ sessions: 0, retained: 1 });
	});

	it("[3.1.1 MQTT-3.1.2-12, MQTT-3.1.2-16] [5.0 MQTT-3.1.2-14] no will, none published; a will is not retained unless it says so", () => {
		const { client, broker } = rig();
		client(version, "none").drop();
		expect(broker.counters.wills).toBe(0);
		client(version, "one", { will: { topic: "w", payload: "x", qos: 0, retain: false } }).drop();
		expect(broker.counters).toMatchObject({ wills: 1, retained: 0 });
	});

	it("[3.1.1 MQTT-3.1.3-2] [5.0 MQTT-3.1.3-2] a session belongs to its client id, letter by letter", () => {
		const { client, peer } = rig();
		client(version, "One", lasting(version)).drop();
		expect(peer(version).connect("one", lasting(version)).sessionPresent).toBe(false);
		expect(peer(version).connect("One", lasting(version)).sessionPresent).toBe(true);
	});

	it("[3.1.1 MQTT-3.1.3-5] [5.0 MQTT-3.1.3-5] takes client ids of 1 to 23 digits and letters, with every profile", () => {
		const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
		for (const profile of ["default", "hivemq", "aws", "tiny"] as const)
			for (const id of ["0", letters.slice(0, 23), letters.slice(23, 46), letters.slice(39)])
				expect(code(rig({ profile }).peer(version).connect(id))).toBe(0);
	});

	it("[3.1.1 MQTT-3.1.3-9, MQTT-3.1.4-5, MQTT-3.2.2-4, MQTT-3.2.2-5] [5.0 MQTT-3.1.3-8, MQTT-3.1.4-2, MQTT-3.1.4-6, MQTT-3.2.2-6, MQTT-3.2.2-7, MQTT-3.2.2-8, MQTT-4.13.2-1] who is refused is told why, once, and nothing that came with the CONNECT is done", () => {
		const { client, peer, broker } = rig({ limits: { clientIdBytes: 8 } });
		client(version, "known", lasting(version)).drop();
		const one = peer(version);
		const connect = [0x10, (version === 5 ? 11 : 10) + 11, 0, 4, 77, 81, 84, 84, version, 2, 0, 0];
		if (version === 5) connect.push(0);
		const publish = version === 5 ? [0x31, 5, 0, 1, 97, 0, 120] : [0x31, 4, 0, 1, 97, 120];
		one.raw([...connect, 0, 9, ...Buffer.from("too long!"), ...publish]);
		const connack = one.expect("connack");
		expect([code(connack), connack.sessionPresent]).toEqual([version === 5 ? 0x85 : 2, false]);
		expect([one.received, one.ended]).toEqual([[], "in order"]);
		expect(broker.counters).toMatchObject({ retained: 0, messagesIn: 0, sessions: 1 });
	});

	it("[3.1.1 MQTT-2.2.2-1] [5.0 MQTT-3.2.2-1] the flags of CONNACK are 0 but for Session Present, its header's are 0", () => {
		const { peer, client } = rig();
		client(version, "one", lasting(version)).drop();
		const one = peer(version);
		one.connect("one", lasting(version));
		expect([one.chunks[0][0], one.chunks[0][2]]).toEqual([0x20, 1]);
	});
});

describe.each(VERSIONS)("PUBLISH, version %i", (version) => {
	it("[3.1.1 MQTT-3.3.1-3] [5.0 MQTT-3.3.1-3] DUP of a publisher is not passed on", () => {
		const { client } = rig();
		const sub = client(version, "sub");
		sub.subscribe("a", 2);
		client(version, "pub").publish("a", "x", { qos: 2, messageId: 1, dup: true });
		expect(sub.message().dup).toBe(false);
	});

	it("[3.1.1 MQTT-3.3.5-2] what may not be published is acknowledged or refused, and goes to nobody", () => {
		const { client } = rig({ authorize: ({ action }) => action === "subscribe" });
		const sub = client(version, "sub");
		sub.subscribe("a", 1);
		const one = client(version, "pub").publish("a", "x", { qos: 1 });
		expect(one.expect("puback").reasonCode).toBe(version === 5 ? 0x87 : undefined);
		sub.quiet();
	});

	it("[3.1.1 MQTT-4.6.0-5, MQTT-4.6.0-6] [5.0 MQTT-4.2-1, MQTT-4.6.0-5, MQTT-4.6.0-6] messages of a topic keep their order, whatever their QoS and however they are cut", () => {
		const { client } = rig();
		const sub = client(version, "sub");
		sub.subscribe("a", 2);
		const pub = client(version, "pub");
		for (let at = 0; at < 30; at++) pub.publish("a", `${at}`, { qos: (at * 7) % 3 });
		expect(texts(sub)).toEqual(Array.from({ length: 30 }, (_, at) => `${at}`));
	});

	it("[5.0 MQTT-4.3.2-5, MQTT-4.3.3-12] after the last answer an identifier counts as new", () => {
		const { client } = rig();
		const sub = client(version, "sub");
		sub.subscribe("a", 1);
		const pub = client(version, "pub");
		for (const text of ["1", "2"]) pub.publish("a", text, { qos: 1, messageId: 7 }).expect("puback");
		for (const text of ["3", "4"]) {
			pub.publish("a", text, { qos: 2, messageId: 7 }).expect("pubrec");
			ack(pub, "pubrel", 7).expect("pubcomp");
		}
		expect(texts(sub)).toEqual(["1", "2", "3", "4"]);
	});
});

describe.each(VERSIONS)("SUBSCRIBE and UNSUBSCRIBE, version %i", (version) => {
	it("[3.1.1 MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.8.4-4, MQTT-3.8.4-5, MQTT-3.9.3-1, MQTT-3.9.3-2] [5.0 MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.8.4-5, MQTT-3.8.4-6, MQTT-3.9.3-1, MQTT-3.9.3-2] several filters: one SUBACK with the identifier and a code for each, in their order, as if asked one by one", () => {
		const { client } = rig({ limits: { topicBytes: 8 } });
		client(version, "pub").publish("a", "kept", { qos: 1, retain: true });
		const one = client(version, "one");
		const topics = ["a", "much too long", "b", "a", "c"];
		const subscriptions = topics.map((topic, at) => ({ topic, qos: [2, 2, 1, 0, 0][at] }));
		one.write({ cmd: "subscribe", messageId: 0x1234, subscriptions });
		const refused = version === 5 ? 0x8f : 0x80;
		expect(one.expect("suback")).toMatchObject({ messageId: 0x1234, granted: [2, refused, 1, 0, 0] });
		expect(one.take().map((packet) => "qos" in packet && packet.qos)).toEqual([1, 0]); // retained, for each "a"
	});

	it("[3.1.1 MQTT-3.8.3-2] wildcards may be what is not offered: the filter is refused", () => {
		const { client } = rig({ limits: { wildcardSubscriptions: 0 } });
		const one = client(version, "one");
		expect(one.subscribe("a/+", 1).granted).toEqual([version === 5 ? 0xa2 : 0x80]);
		expect(one.subscribe("a", 1).granted).toEqual([1]);
	});

	it("[3.1.1 MQTT-3.10.4-1, MQTT-3.10.4-3] [5.0 MQTT-3.10.4-1, MQTT-3.10.4-3] UNSUBSCRIBE means a filter letter by letter; what was being delivered is completed", () => {
		const { client } = rig();
		const [sub, pub] = [client(version, "sub", lasting(version)), client(version, "pub")];
		sub.subscribe("a/+", 2);
		for (const qos of [1, 2]) pub.publish("a/b", `${qos}`, { qos });
		sub.take();
		sub
			.write({ cmd: "unsubscribe", messageId: 5, unsubscriptions: ["a/b", "A/+", "a/#"] })
			.expect("unsuback");
		pub.publish("a/b", "still", { qos: 0 });
		expect(sub.message().text).toBe("a/b=still");
		sub.write({ cmd: "unsubscribe", messageId: 6, unsubscriptions: ["a/+"] }).expect("unsuback");
		pub.publish("a/b", "no more", { qos: 1 });
		sub.quiet();
		sub.drop();
		const back = client(version, "sub", lasting(version));
		expect(texts(back)).toEqual(["1", "2"]);
		ack(back, "pubrec", 2);
		back.expect("pubrel");
	});

	it("[3.1.1 MQTT-3.12.4-1] [5.0 MQTT-3.12.4-1] PINGREQ is answered, each one", () => {
		const one = rig().client(version, "one");
		one.raw([0xc0, 0, 0xc0, 0]);
		expect(one.take()).toMatchObject([{ cmd: "pingresp" }, { cmd: "pingresp" }]);
	});
});

describe("5.0: properties", () => {
	/** The property as bytes, in a PUBLISH. */
	const publish = (...property: number[]) => [
		0x30,
		4 + property.length,
		0,
		1,
		97,
		property.length,
		...property,
	];
	const bad = [0, 2, 0xc3, 0x28];

	it("[5.0 MQTT-1.5.7-1, MQTT-3.3.2-13, MQTT-3.3.2-19] texts in them are UTF-8, both of a pair", () => {
		for (const property of [
			[3, ...bad],
			[8, ...bad],
			[38, ...bad, 0, 1, 97],
			[38, 0, 1, 97, ...bad],
		])
			rig()
				.client(5, "one")
				.raw(publish(...property))
				.expectEnd(0x81);
	});

	it("[5.0 MQTT-3.3.2-4, MQTT-3.3.2-16, MQTT-3.3.2-17, MQTT-3.3.2-20] [5.0 MQTT-3.1.3-10] are passed on as they came, of a message and of a will", () => {
		const properties = {
			payloadFormatIndicator: true,
			contentType: "ä",
			responseTopic: "r",
			correlationData: Buffer.from([0, 1, 2, 255]),
			userProperties: { b: ["2", "1"], a: "3" },
		};
		const { client } = rig();
		const sub = client(5, "sub");
		sub.subscribe("#", 0);
		client(5, "pub").publish("a", "x", { properties });
		client(5, "one", { will: { topic: "w", payload: "x", qos: 0, retain: false, properties } }).drop();
		for (const text of ["a=x", "w=x"]) {
			const message = sub.message();
			expect(message.text).toBe(text);
			expect(message.properties).toEqual(properties);
		}
	});

	it("[5.0 MQTT-2.2.2-1] none are written as a length of 0", () => {
		const sub = rig().client(5, "sub");
		sub.subscribe("a", 0);
		sub.publish("a", "x");
		expect([...sub.chunks.at(-1)!]).toEqual([0x30, 5, 0, 1, 97, 0, 120]);
	});

	it("[5.0 MQTT-3.1.2-26, MQTT-3.1.2-27, MQTT-3.3.2-7, MQTT-3.3.2-11] aliases are used as far as the client allows, on one connection", () => {
		const { client, broker } = rig();
		const enter = (topicAliasMaximum?: number) => {
			const sub = client(5, "sub", {
				clean: false,
				properties: { sessionExpiryInterval: 9, topicAliasMaximum },
			});
			sub.subscribe("#", 0);
			for (const topic of ["a", "b", "c", "a", "b", "c"]) broker.publish({ topic, payload: "" });
			return sub.take().map((packet) => {
				const { topic, properties } = packet as { topic: string; properties?: { topicAlias?: number } };
				return `${topic}${properties?.topicAlias ?? ""}`;
			});
		};
		expect(enter(2)).toEqual(["a1", "b2", "c", "1", "2", "c"]);
		expect(enter(3)).toEqual(["a1", "b2", "c3", "1", "2", "3"]);
		expect(enter(0)).toEqual(["a", "b", "c", "a", "b", "c"]);
		expect(enter()).toEqual(["a", "b", "c", "a", "b", "c"]);
	});
});

describe("5.0: reason codes", () => {
	it("[5.0 MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1, MQTT-3.15.2-1] of a packet that has not got them are malformed", () => {
		for (const [first, code] of [
			[0x40, 0x92],
			[0x50, 0x11],
			[0x62, 0x10],
			[0x70, 0x83],
		])
			rig().client(5, "one").raw([first, 3, 0, 1, code]).expectEnd(0x81);
		rig().client(5, "one").raw([0xf0, 1, 0x17]).expectEnd(0x81);
	});

	it("[5.0 MQTT-3.15.1-1] AUTH with flags is malformed", () => {
		rig().client(5, "one").raw([0xf1, 0]).expectEnd(0x81);
	});

	const packets = ["puback", "pubrec", "pubcomp", "suback", "unsuback"] as const;
	it("[5.0 MQTT-3.4.2-2, MQTT-3.4.2-3, MQTT-3.5.2-2, MQTT-3.5.2-3, MQTT-3.7.2-2, MQTT-3.7.2-3, MQTT-3.9.2-1, MQTT-3.9.2-2, MQTT-3.11.2-1, MQTT-3.11.2-2, MQTT-3.14.2-4] go without words that would make the packet too long for the client", () => {
		const { client, broker } = rig();
		const one = client(5, "one", { properties: { maximumPacketSize: 20 } });
		const long = { reasonString: "because ".repeat(9), userProperties: { key: "value".repeat(9) } };
		for (const packet of packets)
			broker.chaos.answer({ packet, reason: packet === "pubcomp" ? 0x92 : 0x80, ...long });
		one.publish("a", "x", { qos: 1, messageId: 1 });
		one.publish("a", "x", { qos: 2, messageId: 2 });
		ack(one, "pubrel", 2);
		one.write({ cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "a", qos: 0 }] });
		one.write({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["a"] });
		broker.disconnect("one", 0x98, long);
		for (const cmd of [...packets, "disconnect"] as const) {
			const { properties, ...packet } = one.expect(cmd) as { properties?: object; reasonCode?: number };
			expect([cmd, properties ?? {}]).toEqual([cmd, {}]);
			expect(packet.reasonCode ?? 0x80).toBeGreaterThanOrEqual(0x80);
		}
	});

	it("[5.0 MQTT-3.6.2-2, MQTT-3.6.2-3, MQTT-3.15.2-2, MQTT-3.15.2-3] nor PUBREL nor AUTH", () => {
		const reasonString = "because ".repeat(9);
		const begin = () => ({ step: () => ({ reason: 0x18, reasonString }) });
		const { peer, client } = rig({ authMethods: { m: { begin } } });
		const properties = { authenticationMethod: "m", maximumPacketSize: 20 };
		const one = peer(5).write({ cmd: "connect", clientId: "a", protocolVersion: 5, clean: true, properties });
		expect(one.expect("auth").properties).toEqual({ authenticationMethod: "m" });
		const two = client(5, "two", { properties: { maximumPacketSize: 20 } });
		ack(two, "pubrec", 9);
		const pubrel = two.expect("pubrel");
		expect([pubrel.reasonCode, pubrel.properties ?? {}]).toEqual([0x92, {}]);
	});

	it("[5.0 MQTT-3.14.0-1, MQTT-3.2.0-2] no DISCONNECT before CONNACK, and no second CONNACK", () => {
		const { peer, broker } = rig();
		const waiting = peer(5);
		broker.close();
		expect(waiting.received.map((packet) => packet.cmd)).not.toContain("disconnect");
		const one = rig().client(5, "one");
		one.write({ cmd: "connect", clientId: "one", protocolVersion: 5, clean: true });
		expect(one.take().map((packet) => packet.cmd)).toEqual(["disconnect"]);
	});

	it("[5.0 MQTT-3.14.2-2, MQTT-3.14.4-2] a server's DISCONNECT has no session expiry, and then it closes", () => {
		const { client, broker } = rig();
		const one = client(5, "one", lasting(5));
		broker.disconnect("one");
		expect(one.expect("disconnect").properties).not.toHaveProperty("sessionExpiryInterval");
		expect(one.ended).toBe("in order");
	});
});

describe("5.0: quality of service", () => {
	it("[5.0 MQTT-3.2.2-10, MQTT-3.2.2-12] without QoS 2, or 1: subscriptions are granted less, a will is refused", () => {
		for (const maximumQos of [0, 1]) {
			const { client, peer, broker } = rig({ limits: { maximumQos } });
			const one = client(5, "one");
			for (const qos of [0, 1, 2])
				expect(one.subscribe("a", qos).granted).toEqual([Math.min(qos, maximumQos)]);
			broker.publish({ topic: "a", payload: "x", qos: 2 });
			expect(one.message().qos).toBe(maximumQos);
			const will = { topic: "w", payload: "", qos: maximumQos + 1, retain: false };
			expect(peer(5).connect("two", { will }).reasonCode).toBe(0x9b);
		}
	});

	it("[5.0 MQTT-4.3.3-9] after a PUBREC of 0x80 and above an identifier counts as new", () => {
		const { client, broker } = rig();
		const sub = client(5, "sub");
		sub.subscribe("a", 0);
		broker.chaos.answer({ packet: "pubrec", reason: 0x97 });
		const pub = client(5, "pub");
		pub.publish("a", "refused", { qos: 2, messageId: 7 }).expect("pubrec");
		pub.publish("a", "taken", { qos: 2, messageId: 7 });
		expect(pub.expect("pubrec").reasonCode).toBe(0);
		expect(texts(sub)).toEqual(["taken"]);
	});

	it("[5.0 MQTT-4.3.3-7, MQTT-4.3.3-13] what was sent does not expire any more, on either side", () => {
		const { client, time } = rig();
		const sub = client(5, "sub", lasting(5));
		sub.subscribe("a", 2);
		const pub = client(5, "pub", lasting(5));
		pub
			.publish("a", "x", { qos: 2, messageId: 7, properties: { messageExpiryInterval: 1 } })
			.expect("pubrec");
		const { messageId } = sub.message();
		sub.drop();
		time.pass(5_000);
		const back = client(5, "sub", lasting(5));
		expect(back.message()).toMatchObject({ text: "a=x", messageId, dup: true });
		ack(back, "pubrec", messageId);
		back.expect("pubrel");
		ack(pub, "pubrel", 7);
		expect(pub.expect("pubcomp").reasonCode).toBe(0);
	});

	it("[5.0 MQTT-3.3.4-10, MQTT-4.9.0-1, MQTT-4.9.0-2, MQTT-4.9.0-3] at quota 0 only PUBLISH above QoS 0 waits", () => {
		const { client, broker } = rig();
		const one = client(5, "one", { properties: { receiveMaximum: 1 } });
		one.subscribe("a", 2);
		for (const payload of ["1", "2"]) broker.publish({ topic: "a", payload, qos: 2 });
		const { messageId } = one.message();
		one.quiet();
		broker.publish({ topic: "a", payload: "0" });
		expect(one.message().text).toBe("a=0");
		one.subscribe("b", 0);
		one.publish("c", "x", { qos: 1 }).expect("puback");
		one.write({ cmd: "pingreq" }).expect("pingresp");
		ack(one, "pubrec", messageId);
		one.expect("pubrel");
		one.quiet();
		ack(one, "pubcomp", messageId);
		expect(one.message().text).toBe("a=2");
	});
});
