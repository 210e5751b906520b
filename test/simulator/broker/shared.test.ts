// SPDX-License-Identifier: MIT
/** Messages of a shared subscription whose member goes away (5.0, section 4.8.2). */
import { describe, expect, it } from "vitest";
import { lasting, type Peer, type Rig, rig } from "./rig.js";

const SHARE = "$share/g/a";
/** Two members, of which the first one's session lasts for 10 seconds. Both have acknowledged nothing. */
const scene = (qos: number): Rig & { one: Peer; two: Peer; publish(...texts: string[]): void } => {
	const made = rig();
	const one = made.client(5, "one", lasting(5, 10));
	one.subscribe(SHARE, qos);
	const two = made.client(5, "two");
	const publish = (...texts: string[]) => {
		for (const payload of texts) made.broker.publish({ topic: "a", payload, qos: qos as 1 | 2 });
	};
	return { ...made, one, two, publish };
};
const texts = (peer: Peer) => {
	const found: string[] = [];
	while (peer.received.length > 0) found.push(peer.message().text);
	return found;
};

describe("a member of a shared subscription", () => {
	it("is away: its QoS 1 messages wait for it while its session lasts", () => {
		const { one, two, publish, time, client } = scene(1);
		publish("1", "2");
		one.drop();
		two.subscribe(SHARE, 1);
		time.pass(9_000);
		two.quiet();
		const back = client(5, "one", lasting(5, 10));
		expect(texts(back)).toEqual(["a=1", "a=2"]);
		two.quiet();
	});

	it("does not come back: they go to another one, in their order, and not as duplicates", () => {
		const { one, two, publish, time, broker } = scene(1);
		publish("1", "2");
		one.drop();
		publish("3");
		two.subscribe(SHARE, 1);
		time.pass(10_000);
		const got = [two.message(), two.message(), two.message()];
		expect(got.map(({ text, dup }) => [text, dup])).toEqual([
			["a=1", false],
			["a=2", false],
			["a=3", false],
		]);
		two.quiet();
		expect(broker.counters.dropped.sessionEnded).toBe(0);
	});

	it("ends its session with DISCONNECT, or begins a new one: the same", () => {
		const left = scene(1);
		left.publish("1");
		left.two.subscribe(SHARE, 1);
		left.one.write({ cmd: "disconnect", properties: { sessionExpiryInterval: 0 } });
		expect(texts(left.two)).toEqual(["a=1"]);
		const renewed = scene(1);
		renewed.publish("1");
		renewed.two.subscribe(SHARE, 1);
		renewed.client(5, "one", { clean: true }).quiet();
		expect(texts(renewed.two)).toEqual(["a=1"]);
	});

	it("[5.0 MQTT-4.8.2-5] was being sent QoS 2: that goes to nobody else; what still waited does", () => {
		const { broker, client, two, publish, time } = scene(2);
		const properties = { sessionExpiryInterval: 10, receiveMaximum: 1 };
		const slow = client(5, "one", { clean: false, properties });
		publish("1", "2");
		expect(texts(slow)).toEqual(["a=1"]);
		slow.drop();
		two.subscribe(SHARE, 2);
		time.pass(10_000);
		expect(texts(two)).toEqual(["a=2"]);
		expect(broker.counters.dropped.sessionEnded).toBe(1);
	});

	it("[5.0 MQTT-4.8.2-4] comes back: QoS 2 is completed with it", () => {
		const { one, two, publish, client } = scene(2);
		publish("1");
		const { messageId } = one.message();
		one.write({ cmd: "pubrec", messageId }).expect("pubrel");
		one.drop();
		two.subscribe(SHARE, 2);
		const back = client(5, "one", lasting(5, 10));
		expect(back.expect("pubrel").messageId).toBe(messageId);
		two.quiet();
	});

	it("[5.0 MQTT-4.8.2-6] refuses a message: it goes to nobody else", () => {
		const { one, two, publish } = scene(1);
		publish("1");
		two.subscribe(SHARE, 1);
		one.write({ cmd: "puback", messageId: one.message().messageId, reasonCode: 0x80 });
		two.quiet();
		one.quiet();
	});

	it("[5.0 MQTT-4.8.2-3] is given the QoS that was granted to it", () => {
		const { one, two, publish, time } = scene(1);
		publish("1");
		one.drop();
		two.subscribe(SHARE, 0);
		time.pass(10_000);
		expect(two.message()).toMatchObject({ text: "a=1", qos: 0 });
	});

	it("was the last one: they are dropped, and counted", () => {
		const { one, publish, time, broker } = scene(1);
		publish("1", "2");
		one.drop();
		time.pass(10_000);
		expect(broker.counters.dropped.sessionEnded).toBe(2);
	});

	it("a plain subscription's messages end with its session, shared or not", () => {
		const { one, two, time, broker } = scene(1);
		one.subscribe("plain", 1);
		two.subscribe("plain", 1);
		broker.publish({ topic: "plain", payload: "x", qos: 1 });
		one.drop();
		time.pass(10_000);
		expect(texts(two)).toEqual(["plain=x"]);
		expect(broker.counters.dropped.sessionEnded).toBe(1);
	});

	it("a session that the broker's store lost is lost with what it held", () => {
		const { two, publish, broker } = scene(1);
		publish("1");
		two.subscribe(SHARE, 1);
		broker.forget("one");
		two.quiet();
		expect(broker.counters.dropped.sessionEnded).toBe(1);
	});
});
