// SPDX-License-Identifier: MIT
/** The profiles against what the brokers that they imitate say of themselves. */
import { describe, expect, it } from "vitest";
import { limitsOf, PROFILES } from "../../../simulator/broker/index.js";
import { lasting, rig, VERSIONS } from "./rig.js";

describe("HiveMQ as it comes", () => {
	it("has the defaults of its manual", () => {
		expect(limitsOf(PROFILES.hivemq)).toMatchObject({
			// server-receive-maximum, max-packet-size, topic-alias max-per-client, quality-of-service max-qos
			receiveMaximum: 10,
			maximumPacketSize: 268_435_460,
			topicAliasMaximum: 5,
			maximumQos: 2,
			// queued-messages max-queue-size, session-expiry max-interval, keep-alive max-keep-alive
			queuedMessages: 1_000,
			sessionExpirySeconds: 4_294_967_295,
			keepAliveSeconds: 65_535,
			// max-client-id-length, max-topic-length, no-connect-idle-timeout
			clientIdBytes: 65_535,
			topicBytes: 65_535,
			connectTimeoutMs: 10_000,
			// retained-messages, wildcard-subscriptions, subscription-identifier, shared-subscription: all enabled
			retainAvailable: 1,
			wildcardSubscriptions: 1,
			subscriptionIdentifiers: 1,
			sharedSubscriptions: 1,
		});
	});

	it("allows an unlimited keep alive, and takes a payload for what it is said to be", () => {
		const { peer, time } = rig({ profile: "hivemq" });
		const one = peer(5);
		expect(one.connect("one", { keepalive: 0 }).properties).not.toHaveProperty("serverKeepAlive");
		time.pass(1e9);
		const properties = { payloadFormatIndicator: true };
		const payload = Buffer.from([0xc3, 0x28]) as unknown as string;
		expect(one.publish("a", payload, { qos: 1, properties }).expect("puback").reasonCode).toBe(0x10);
	});
});

describe("AWS IoT Core", () => {
	const scene = () => rig({ profile: "aws" });

	it("says in its CONNACK what its developer guide says", () => {
		const fields = { keepalive: 1_500, properties: { sessionExpiryInterval: 86_400 }, clean: false };
		expect(scene().peer(5).connect("one", fields).properties).toEqual({
			receiveMaximum: 100,
			maximumQoS: 1,
			maximumPacketSize: 131_072,
			topicAliasMaximum: 8,
			subscriptionIdentifiersAvailable: false,
			serverKeepAlive: 1_200,
			sessionExpiryInterval: 3_600,
		});
	});

	it.each([
		[0, 1_200],
		[1_201, 1_200],
		[29, 30],
		[30, undefined],
		[1_200, undefined],
	])("keep alive %i s becomes %s", (keepalive, told) => {
		const { properties } = scene().peer(5).connect("one", { keepalive });
		expect(properties?.serverKeepAlive).toBe(told);
	});

	it("has no QoS 2: a PUBLISH or a will ends the connection, a SUBSCRIBE is left unanswered", () => {
		const { client, peer } = scene();
		client(5, "one").publish("a", "x", { qos: 2 }).expectEnd(0x9b);
		const will = { topic: "w", payload: "", qos: 2, retain: false };
		expect(peer(5).connect("two", { will }).reasonCode).toBe(0x9b);
		const three = client(5, "three");
		const subscriptions = [
			{ topic: "a", qos: 1 },
			{ topic: "b", qos: 2 },
		];
		three.write({ cmd: "subscribe", messageId: 1, subscriptions }).quiet();
		expect(three.subscribe("a", 1).granted).toEqual([1]);
	});

	it.each(VERSIONS)("version %i: a ninth filter in one SUBSCRIBE ends the connection", (version) => {
		const filters = (count: number) =>
			Array.from({ length: count }, (_, at) => ({ topic: `a/${at}`, qos: 1 }));
		const { client } = scene();
		const one = client(version, "one");
		one.write({ cmd: "subscribe", messageId: 1, subscriptions: filters(8) });
		expect(one.expect("suback").granted).toHaveLength(8);
		one.write({ cmd: "subscribe", messageId: 2, subscriptions: filters(9) });
		one.expectEnd(0x97);
	});

	it("refuses subscription identifiers with 0xA1, has shared subscriptions, and fifty filters in all", () => {
		const { client } = scene();
		const one = client(5, "one");
		expect(one.subscribe("$share/g/a", 1).granted).toEqual([1]);
		for (let at = 1; at < 50; at++) expect(one.subscribe(`a/${at}`, 0).granted).toEqual([0]);
		expect(one.subscribe("one/more", 0).granted).toEqual([0x97]);
		one.write({
			cmd: "subscribe",
			messageId: 99,
			subscriptions: [{ topic: "a", qos: 0 }],
			properties: { subscriptionIdentifier: 1 },
		});
		one.expectEnd(0xa1);
	});

	it("hands retained messages to filters without wildcards only", () => {
		const { client } = scene();
		const one = client(5, "one");
		one.publish("a/b", "x", { qos: 1, retain: true }).expect("puback");
		one.subscribe("a/+", 1);
		one.quiet();
		one.subscribe("a/b", 1);
		expect(one.message()).toMatchObject({ text: "a/b=x", retain: true });
	});

	it("bounds topics, client ids and packets", () => {
		const { client, peer } = scene();
		client(5, "one").publish("1/2/3/4/5/6/7/8", "", { qos: 1 }).expect("puback");
		client(5, "one").publish("1/2/3/4/5/6/7/8/9", "", { qos: 1 }).expectEnd(0x90);
		client(5, "one").publish("t".repeat(257), "", { qos: 1 }).expectEnd(0x90);
		expect(peer(5).connect("c".repeat(129)).reasonCode).toBe(0x85);
		client(5, "one")
			.publish("a", "x".repeat(128 << 10))
			.expectEnd(0x95);
	});

	it("keeps a session of 3.1.1 for an hour, too", () => {
		const { client, broker, time } = scene();
		client(4, "one", lasting(4)).drop();
		time.pass(3_599_000);
		expect(broker.counters.sessions).toBe(1);
		time.pass(2_000);
		expect(broker.counters.sessions).toBe(0);
	});
});
