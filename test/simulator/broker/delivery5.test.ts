// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, type Peer, rig } from "./rig.js";

const ack = (peer: Peer, cmd: string, messageId: number | undefined, reasonCode = 0) =>
	peer.write({ cmd, messageId, reasonCode });

describe("delivery, 5.0", () => {
	it("identifiers of many messages in flight stay apart", () => {
		const { client, broker } = rig({
			onEvent: undefined,
			limits: { inflight: 1000, queuedMessages: 10_000 },
		});
		const sub = client(5, "sub");
		sub.subscribe("a", 1);
		const acknowledge = (id: number) => sub.raw([0x40, 2, id >> 8, id & 255]);
		const open = new Set<number>();
		const message = { topic: "a", payload: "x", qos: 1 } as const;
		for (let number = 0; number < 70_000; number++) {
			broker.publish(message);
			const [, , , , , high, low] = sub.chunks.at(-1)!; // 0x32, length, 0, 1, "a"
			sub.chunks.length = sub.received.length = 0;
			const id = (high << 8) | low;
			if (id === 0 || open.has(id)) throw new Error(`Identifier ${id} is in use`);
			if (number % 97 === 0)
				open.add(id); // some are acknowledged late
			else acknowledge(id);
			if (open.size <= 500) continue;
			for (const late of open) acknowledge(late);
			open.clear();
		}
		expect(broker.sessions()[0].inflight).toBe(open.size);
	});

	it("[5.0 MQTT-3.3.4-9] never has more unacknowledged than the client's Receive Maximum", () => {
		const { client, broker } = rig();
		const pub = client(5, "pub");
		const sub = client(5, "sub", { properties: { receiveMaximum: 3 } });
		sub.subscribe("a", 2);
		for (let number = 1; number <= 10; number++) pub.publish("a", `${number}`, { qos: number % 2 ? 1 : 2 });
		pub.publish("a", "free"); // QoS 0 is not held back
		expect(sub.take().map((packet) => "payload" in packet && `${packet.payload}`)).toEqual([
			"1",
			"2",
			"3",
			"free",
		]);
		ack(sub, "puback", 1);
		expect(sub.message().text).toBe("a=4");
		ack(sub, "pubrec", 2); // does not free a place
		sub.expect("pubrel");
		sub.quiet();
		ack(sub, "pubcomp", 2);
		expect(sub.message().text).toBe("a=5");
		ack(sub, "pubrec", 4, 0x80); // an error does
		expect(sub.message().text).toBe("a=6");
		expect(broker.sessions()[1].waiting).toBe(4);
	});

	it("a smaller Receive Maximum after a reconnect holds for what is sent again, too", () => {
		const { client } = rig();
		const pub = client(5, "pub");
		const sub = client(5, "sub", lasting(5));
		sub.subscribe("a", 1);
		for (let number = 1; number <= 5; number++) pub.publish("a", `${number}`, { qos: 1 });
		sub.drop();
		const back = client(5, "sub", {
			clean: false,
			properties: { sessionExpiryInterval: 1000, receiveMaximum: 2 },
		});
		expect([back.message().text, back.message().text]).toEqual(["a=1", "a=2"]);
		back.quiet();
		ack(back, "puback", 1);
		expect(back.message()).toMatchObject({ text: "a=3", dup: true });
	});

	it("5.0, section 3.3.4: a client that sends more than our Receive Maximum gets 0x93", () => {
		const { client } = rig({ limits: { receiveMaximum: 2 } });
		const pub = client(5, "pub");
		for (let number = 1; number <= 5; number++) pub.publish("a", "x", { qos: 1 }).expect("puback");
		pub.publish("a", "x", { qos: 2, messageId: 100 }).expect("pubrec");
		pub.publish("a", "x", { qos: 2, messageId: 101 }).expect("pubrec");
		pub.publish("a", "x", { qos: 2, messageId: 101, dup: true }).expect("pubrec"); // the same one
		ack(pub, "pubrel", 100);
		pub.expect("pubcomp");
		pub.publish("a", "x", { qos: 2, messageId: 102 }).expect("pubrec");
		pub.publish("a", "x", { qos: 1, messageId: 103 });
		pub.expectEnd(0x93);
	});

	it("more than it in one piece is too much, though each is answered at once", () => {
		const { client } = rig({ limits: { receiveMaximum: 2 } });
		const one = [0x32, 6, 0, 1, 97, 0, 1, 0];
		client(5, "good")
			.raw([...one, ...one])
			.expect("puback");
		const pub = client(5, "bad").raw([...one, ...one, ...one]);
		expect(pub.take().map((packet) => packet.cmd)).toEqual(["puback", "puback", "disconnect"]);
	});

	it("[5.0 MQTT-3.1.2-24] [5.0 MQTT-3.1.2-25] a message too large for a subscriber is dropped for it, and nothing wedges", () => {
		const { client, broker } = rig();
		const pub = client(5, "pub");
		const sub = client(5, "sub", { properties: { maximumPacketSize: 40, receiveMaximum: 1 } });
		const other = client(5, "other");
		sub.subscribe("a", 1);
		other.subscribe("a", 1);
		pub.publish("a", "x".repeat(50), { qos: 1 });
		pub.publish("a", "small", { qos: 1 });
		expect(sub.message().text).toBe("a=small");
		expect(other.message().payload).toHaveLength(50);
		expect(broker.counters.dropped.tooLarge).toBe(1);
		expect(broker.sessions()[1].inflight).toBe(1);
	});

	it("[5.0 MQTT-3.3.2-5] [5.0 MQTT-3.3.2-6] message expiry counts down while it waits, then the message is gone", () => {
		const { client, time, broker } = rig();
		const pub = client(5, "pub");
		client(5, "sub", lasting(5)).subscribe("#", 1);
		client(5, "sub", lasting(5)).drop();
		pub.publish("long", "x", { qos: 1, properties: { messageExpiryInterval: 100 } });
		pub.publish("short", "x", { qos: 1, properties: { messageExpiryInterval: 10 } });
		time.pass(10_000);
		const sub = client(5, "sub", lasting(5));
		expect(sub.message()).toMatchObject({ topic: "long", properties: { messageExpiryInterval: 90 } });
		sub.quiet();
		expect(broker.counters.dropped.expired).toBe(1);
	});

	it("[5.0 MQTT-3.3.2-6] message expiry is passed on as it came when no time has passed, whatever the clock shows", () => {
		const { client, time } = rig();
		const one = client(5, "one");
		one.subscribe("a", 0);
		for (let step = 0; step < 200; step++) {
			time.pass(0.1 + step * 1.7);
			one.publish("a", "x", { properties: { messageExpiryInterval: 60 } });
			expect(one.message().properties?.messageExpiryInterval).toBe(60);
		}
	});

	it("[5.0 MQTT-3.3.4-3] [5.0 MQTT-3.3.4-4] identifiers of all matching subscriptions come along", () => {
		const { client } = rig();
		const [sub, pub] = [client(5, "sub"), client(5, "pub")];
		sub.subscribe("a/#", 0, {}, { subscriptionIdentifier: 5 });
		sub.subscribe("a/b", 0, {}, { subscriptionIdentifier: 268_435_455 });
		sub.subscribe("+/b", 0);
		pub.publish("a/b", "x");
		expect(sub.message().properties).toEqual({ subscriptionIdentifier: [5, 268_435_455] });
	});

	it("[5.0 MQTT-3.8.3-3] no-local keeps a client's own messages away", () => {
		const { client } = rig();
		const [one, two] = [client(5, "one"), client(5, "two")];
		one.subscribe("a", 0, { nl: true });
		one.publish("a", "mine");
		one.quiet();
		two.publish("a", "theirs");
		expect(one.message().text).toBe("a=theirs");
		one.subscribe("+", 0); // and this one wants them
		one.publish("a", "mine");
		expect(one.message().text).toBe("a=mine");
		one.quiet();
	});

	it("[5.0 MQTT-3.3.2-15] to [5.0 MQTT-3.3.2-18] properties are passed on unaltered and in order", () => {
		const { client } = rig();
		const [sub, pub, old] = [client(5, "sub"), client(5, "pub"), client(4, "old")];
		sub.subscribe("a", 0);
		old.subscribe("a", 0);
		// b=1, 2=x, b=2: an order that an object could not keep
		const pairs = ["b", "1", "2", "x", "b", "2"].flatMap((text) => [0, 1, text.charCodeAt(0)]);
		const user = [0, 6, 12].flatMap((at) => [38, ...pairs.slice(at, at + 6)]);
		const properties = [1, 1, 3, 0, 1, 99, ...user, 8, 0, 1, 114, 9, 0, 2, 0, 255];
		pub.raw([0x30, 4 + properties.length + 1, 0, 1, 97, properties.length, ...properties, 33]);
		expect([...sub.chunks.at(-1)!]).toEqual([
			0x30,
			5 + properties.length,
			0,
			1,
			97,
			properties.length,
			...properties,
			33,
		]);
		expect(sub.message().properties).toMatchObject({
			payloadFormatIndicator: true,
			contentType: "c",
			responseTopic: "r",
		});
		expect([...old.chunks.at(-1)!]).toEqual([0x30, 4, 0, 1, 97, 33]);
	});

	it("topic aliases, inbound: [5.0 MQTT-3.3.2-8] [5.0 MQTT-3.3.2-9] [5.0 MQTT-3.3.2-12]", () => {
		const { client } = rig({ limits: { topicAliasMaximum: 2 } });
		const sub = client(5, "sub");
		sub.subscribe("#", 0);
		const pub = client(5, "pub");
		pub.publish("long/topic", "1", { properties: { topicAlias: 2 } });
		pub.publish("", "2", { properties: { topicAlias: 2 } });
		pub.publish("other", "3", { properties: { topicAlias: 2 } });
		pub.publish("", "4", { properties: { topicAlias: 2 } });
		expect([1, 2, 3, 4].map(() => sub.message().text)).toEqual([
			"long/topic=1",
			"long/topic=2",
			"other=3",
			"other=4",
		]);
		client(5, "zero")
			.publish("a", "x", { properties: { topicAlias: 0 } })
			.expectEnd(0x94);
		client(5, "high")
			.publish("a", "x", { properties: { topicAlias: 3 } })
			.expectEnd(0x94);
		client(5, "unknown")
			.publish("", "x", { properties: { topicAlias: 1 } })
			.expectEnd(0x82);
		client(5, "none").publish("", "x").expectEnd(0x82);
		const again = client(5, "pub"); // the table died with the connection
		again.publish("", "x", { properties: { topicAlias: 2 } }).expectEnd(0x82);
	});

	it("topic aliases, outbound: as many as the client allows, none to one that allows none", () => {
		const { client } = rig();
		const sub = client(5, "sub", { properties: { topicAliasMaximum: 1 } });
		const plain = client(5, "plain");
		sub.subscribe("#", 0);
		plain.subscribe("#", 0);
		const pub = client(5, "pub");
		for (const topic of ["a/b", "a/b", "c"]) pub.publish(topic, "x");
		expect(sub.message()).toMatchObject({ topic: "a/b", properties: { topicAlias: 1 } });
		expect(sub.message()).toMatchObject({ topic: "", properties: { topicAlias: 1 } });
		expect(sub.message()).toMatchObject({ topic: "c" });
		expect([1, 2, 3].map(() => plain.message().properties)).toEqual([undefined, undefined, undefined]);
	});

	it("shared subscriptions take turns, prefer who is there, and leave plain ones alone", () => {
		const { client } = rig();
		const names = ["one", "two", "three"];
		const members = names.map((name) => client(5, name, lasting(5)));
		for (const member of members) member.subscribe("$share/group/a/+", 1);
		const plain = client(5, "plain");
		plain.subscribe("a/+", 1);
		const other = client(5, "other");
		other.subscribe("$share/else/a/#", 1);
		const pub = client(5, "pub");
		for (let number = 0; number < 6; number++) pub.publish("a/b", `${number}`, { qos: 1 });
		expect(members.map((member) => member.take().length)).toEqual([2, 2, 2]);
		expect([plain.take().length, other.take().length]).toEqual([6, 6]);
		members[0].drop();
		members[2].drop();
		for (let number = 0; number < 3; number++) pub.publish("a/b", `${number}`, { qos: 1 });
		expect(members[1].take()).toHaveLength(3);
		members[1].drop();
		pub.publish("a/b", "waits", { qos: 1 }); // nobody there: it waits for one of them
		const later = names.map((name) => client(5, name, lasting(5)).take());
		expect(
			later.flat().filter((packet) => packet.cmd === "publish" && `${packet.payload}` === "waits"),
		).toHaveLength(1);
	});

	it("[5.0 MQTT-3.8.3-4] [5.0 MQTT-4.8.2-1] [5.0 MQTT-4.8.2-2] what a shared subscription may not be", () => {
		const { client } = rig();
		const attempt = (topic: string, options = {}) =>
			client(5, "sub").write({
				cmd: "subscribe",
				messageId: 1,
				subscriptions: [{ topic, qos: 0, ...options }],
			});
		attempt("$share/g/a", { nl: true }).expectEnd(0x82);
		for (const filter of ["$share/g", "$share//a", "$share/+/a", "$share/a#/b", "$share/g/"])
			attempt(filter).expectEnd(0x81);
	});

	it("5.0, section 3.4.2.1: a message that nobody wanted is acknowledged with 0x10", () => {
		const pub = rig().client(5, "pub");
		expect(pub.publish("a", "x", { qos: 1 }).expect("puback").reasonCode).toBe(0x10);
		expect(pub.publish("a", "x", { qos: 2 }).expect("pubrec").reasonCode).toBe(0x10);
	});

	it("an identifier of an open QoS 2 exchange is in use: 0x91", () => {
		const pub = rig().client(5, "pub");
		pub.publish("a", "x", { qos: 2, messageId: 5 }).expect("pubrec");
		expect(pub.publish("a", "x", { qos: 1, messageId: 5 }).expect("puback").reasonCode).toBe(0x91);
		pub.write({ cmd: "subscribe", messageId: 5, subscriptions: [{ topic: "b", qos: 0 }] });
		expect(pub.expect("suback").granted).toEqual([0x91]);
	});

	it("acknowledgements out of their order are a protocol error, unknown ones are answered", () => {
		const { client } = rig();
		const sub = client(5, "sub");
		sub.subscribe("a", 2);
		client(5, "pub").publish("a", "x", { qos: 2 });
		sub.message();
		ack(sub, "puback", 999).quiet();
		ack(sub, "pubcomp", 999).quiet();
		ack(sub, "pubrec", 999);
		expect(sub.expect("pubrel")).toMatchObject({ messageId: 999, reasonCode: 0x92 });
		ack(sub, "puback", 1);
		sub.expectEnd(0x82);
	});
});
