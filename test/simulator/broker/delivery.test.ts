// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, type Peer, rig, VERSIONS } from "./rig.js";

const ack = (peer: Peer, cmd: string, messageId: number | undefined, reasonCode = 0) =>
	peer.write({ cmd, messageId, reasonCode });

describe.each(VERSIONS)("delivery, version %i", (version) => {
	it("[3.1.1 MQTT-4.3.1-1, MQTT-2.3.1-5] [5.0 MQTT-4.3.1-1, MQTT-2.2.1-2] QoS 0 arrives once and is not acknowledged", () => {
		const { client } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		sub.subscribe("a/+", 2);
		pub.publish("a/b", "x").quiet();
		expect(sub.message()).toMatchObject({ text: "a/b=x", qos: 0, dup: false, retain: false });
		sub.quiet();
	});

	it("[3.1.1 MQTT-4.3.2-1, MQTT-4.3.2-2, MQTT-2.3.1-4, MQTT-2.3.1-6, MQTT-3.3.4-1] [5.0 MQTT-4.3.2-1, MQTT-4.3.2-2, MQTT-4.3.2-4, MQTT-2.2.1-4, MQTT-2.2.1-5, MQTT-3.3.4-1] QoS 1 is acknowledged with its identifier", () => {
		const { client } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		sub.subscribe("a", 1);
		pub.publish("a", "x", { qos: 1, messageId: 0xabcd });
		expect(pub.expect("puback").messageId).toBe(0xabcd);
		const message = sub.message();
		expect(message).toMatchObject({ text: "a=x", qos: 1, dup: false, messageId: 1 });
		ack(sub, "puback", message.messageId);
	});

	it("[3.1.1 MQTT-4.3.3-1, MQTT-4.3.3-2] [5.0 MQTT-4.3.3-1, MQTT-4.3.3-2, MQTT-4.3.3-4, MQTT-4.3.3-8, MQTT-4.3.3-10, MQTT-4.3.3-11, MQTT-4.3.3-12] QoS 2 is passed on once, however often it is sent before PUBREL", () => {
		const { client, broker } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		sub.subscribe("a", 2);
		for (const dup of [false, true, true]) {
			pub.publish("a", "x", { qos: 2, messageId: 7, dup });
			expect(pub.expect("pubrec").messageId).toBe(7);
		}
		expect(broker.sessions()[1].inbound).toBe(1);
		ack(pub, "pubrel", 7);
		expect(pub.expect("pubcomp")).toMatchObject({ messageId: 7 });
		ack(pub, "pubrel", 7); // unknown by now
		expect(pub.expect("pubcomp").reasonCode).toBe(version === 5 ? 0x92 : undefined);
		const message = sub.message();
		expect(message).toMatchObject({ text: "a=x", qos: 2 });
		ack(sub, "pubrec", message.messageId);
		expect(sub.expect("pubrel").messageId).toBe(message.messageId);
		ack(sub, "pubrec", message.messageId); // again: PUBREL again
		sub.expect("pubrel");
		ack(sub, "pubcomp", message.messageId);
		sub.quiet();
		expect(broker.sessions()[0]).toMatchObject({ inflight: 0, heldBytes: 0 });
		pub.publish("a", "y", { qos: 2, messageId: 7 }); // free again
		expect(sub.message().text).toBe("a=y");
	});

	it("[3.1.1 MQTT-3.8.4-6] [5.0 MQTT-3.8.4-7, MQTT-3.8.4-8] the lower of both QoS counts", () => {
		const { client } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		expect(sub.subscribe("a", 1).granted).toEqual([1]);
		pub.publish("a", "x", { qos: 2 });
		expect(sub.message().qos).toBe(1);
		pub.publish("a", "x");
		expect(sub.message().qos).toBe(0);
	});

	it("[3.1.1 MQTT-3.3.5-1] [5.0 MQTT-3.3.4-2] overlapping subscriptions give one copy with the highest QoS", () => {
		const { client } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		for (const [filter, qos] of [
			["a/#", 0],
			["a/+", 2],
			["a/b", 1],
		] as const)
			sub.subscribe(filter, qos);
		pub.publish("a/b", "x", { qos: 2 });
		expect(sub.message().qos).toBe(2);
		sub.quiet();
	});

	it("a subscription replaces the same one [3.1.1 MQTT-3.8.4-3] [5.0 MQTT-3.8.4-3], unsubscribing ends it [3.1.1 MQTT-3.10.4-2, MQTT-3.10.4-4, MQTT-3.10.4-5, MQTT-3.10.4-6, MQTT-2.3.1-7] [5.0 MQTT-3.10.4-2, MQTT-3.10.4-4, MQTT-3.10.4-5, MQTT-3.10.4-6, MQTT-3.11.3-1, MQTT-3.11.3-2, MQTT-2.2.1-6]", () => {
		const { client, broker } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		sub.subscribe("a", 0);
		sub.subscribe("a", 1);
		expect(broker.counters.subscriptions).toBe(1);
		pub.publish("a", "x", { qos: 1 });
		expect(sub.message().qos).toBe(1);
		sub.write({ cmd: "unsubscribe", messageId: 77, unsubscriptions: ["a", "b"] });
		const unsuback = sub.expect("unsuback");
		expect(unsuback.messageId).toBe(77);
		if (version === 5) expect(unsuback.granted).toEqual([0, 0x11]);
		pub.publish("a", "x", { qos: 1 });
		sub.quiet();
		expect(broker.counters.subscriptions).toBe(0);
	});

	it("[3.1.1 MQTT-3.1.2-5, MQTT-4.5.0-1] [5.0 MQTT-3.1.2-23, MQTT-4.5.0-1] messages for a client that is away wait in order, QoS 0 does not", () => {
		const { client, broker } = rig();
		const pub = client(version, "pub");
		client(version, "sub", lasting(version)).subscribe("a", 2);
		client(version, "sub", lasting(version)).drop();
		for (let number = 1; number <= 5; number++) pub.publish("a", `${number}`, { qos: number % 2 ? 1 : 2 });
		pub.publish("a", "lost");
		const sub = client(version, "sub", lasting(version));
		const got = sub.take().map((packet) => packet.cmd === "publish" && `${packet.payload}`);
		expect(got).toEqual(["1", "2", "3", "4", "5"]);
		expect(broker.counters.dropped.offline).toBe(1);
	});

	it("[3.1.1 MQTT-4.4.0-1, MQTT-3.3.1-1] [5.0 MQTT-4.4.0-1, MQTT-4.4.0-2, MQTT-3.3.1-1, MQTT-4.3.2-3, MQTT-4.3.3-3, MQTT-4.3.3-5, MQTT-4.3.3-6] what was under way is sent again on resumption: in order, DUP, same identifiers", () => {
		const { client } = rig();
		const pub = client(version, "pub");
		const sub = client(version, "sub", lasting(version));
		sub.subscribe("a", 2);
		for (let number = 1; number <= 4; number++) pub.publish("a", `${number}`, { qos: number === 2 ? 2 : 1 });
		const ids = [1, 2, 3, 4].map(() => sub.message().messageId);
		ack(sub, "pubrec", ids[1]);
		sub.expect("pubrel");
		ack(sub, "puback", ids[2]);
		sub.drop();
		pub.publish("a", "5", { qos: 1 });
		const back = client(version, "sub", lasting(version));
		expect(back.expect("pubrel").messageId).toBe(ids[1]);
		expect(back.message()).toMatchObject({ text: "a=1", dup: true, messageId: ids[0] });
		expect(back.message()).toMatchObject({ text: "a=4", dup: true, messageId: ids[3] });
		const fresh = back.message();
		expect(fresh).toMatchObject({ text: "a=5", dup: false });
		expect(ids).not.toContain(fresh.messageId);
		back.quiet();
	});

	it("nothing is sent again on a connection that lives", () => {
		const { client, time } = rig();
		const [sub, pub] = [client(version, "sub"), client(version, "pub")];
		sub.subscribe("a", 1);
		pub.publish("a", "x", { qos: 1 });
		sub.message();
		time.pass(1e9);
		sub.quiet();
	});

	it("QoS 2 received before the connection broke is remembered by the session", () => {
		const { client } = rig();
		const sub = client(version, "sub");
		sub.subscribe("a", 0);
		const pub = client(version, "pub", lasting(version));
		pub.publish("a", "x", { qos: 2, messageId: 9 });
		pub.drop();
		const back = client(version, "pub", lasting(version));
		back.publish("a", "x", { qos: 2, messageId: 9, dup: true });
		back.expect("pubrec");
		ack(back, "pubrel", 9);
		expect(back.expect("pubcomp").messageId).toBe(9);
		sub.message();
		sub.quiet();
	});
});
