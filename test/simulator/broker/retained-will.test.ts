// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, rig, VERSIONS } from "./rig.js";

describe.each(VERSIONS)("retained messages, version %i", (version) => {
	it("[3.1.1 MQTT-3.3.1-5, MQTT-3.3.1-6, MQTT-3.3.1-7, MQTT-3.3.1-8, MQTT-3.3.1-9, MQTT-3.3.1-12] [5.0 MQTT-3.3.1-5, MQTT-3.3.1-8, MQTT-3.3.1-12] the last one of a topic greets a new subscriber, with RETAIN set; live ones come without", () => {
		const { client, broker } = rig();
		const pub = client(version, "pub");
		for (const text of ["old", "new"]) pub.publish("a/b", text, { retain: true, qos: 1 });
		const sub = client(version, "sub");
		sub.subscribe("a/#", 1);
		expect(sub.message()).toMatchObject({ text: "a/b=new", retain: true, qos: 1 });
		expect(broker.counters.retained).toBe(1);
		pub.publish("a/b", "live", { retain: true });
		expect(sub.message()).toMatchObject({ text: "a/b=live", retain: false });
	});

	it("[3.1.1 MQTT-3.3.1-10, MQTT-3.3.1-11] [5.0 MQTT-3.3.1-6, MQTT-3.3.1-7] an empty one clears the topic, and is passed on", () => {
		const { client, broker } = rig();
		const [pub, sub] = [client(version, "pub"), client(version, "sub")];
		sub.subscribe("a", 0);
		pub.publish("a", "x", { retain: true });
		pub.publish("a", "", { retain: true });
		expect([sub.message().text, sub.message().text]).toEqual(["a=x", "a="]);
		expect(broker.counters.retained).toBe(0);
		client(version, "late").subscribe("a", 0);
	});

	it("[3.1.1 MQTT-4.7.2-1] [5.0 MQTT-4.7.2-1] a leading wildcard does not see topics that begin with $, levels further down do", () => {
		const { client } = rig();
		const pub = client(version, "pub");
		for (const topic of ["$x/a", "a/$x", "$x"]) pub.publish(topic, "1", { retain: true });
		const sub = client(version, "sub");
		const seen = (filter: string) => {
			sub.subscribe(filter, 0);
			const topics = sub.take().map((packet) => "topic" in packet && packet.topic);
			sub.write({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [filter] }).expect("unsuback");
			return topics;
		};
		expect(seen("#")).toEqual(["a/$x"]);
		expect(seen("+/a")).toEqual([]);
		expect(seen("$x/#").sort()).toEqual(["$x", "$x/a"]);
		expect(seen("+/+")).toEqual(["a/$x"]);
	});
});

describe("retained messages, 5.0", () => {
	it("[5.0 MQTT-3.3.1-9, MQTT-3.3.1-10, MQTT-3.3.1-11, MQTT-3.8.4-4] retain handling", () => {
		const { client } = rig();
		client(5, "pub").publish("a", "x", { retain: true });
		const sub = client(5, "sub");
		const greeted = (rh: number) => {
			sub.subscribe("a", 0, { rh });
			return sub.take().length;
		};
		expect([greeted(2), greeted(1), greeted(0), greeted(0), greeted(2)]).toEqual([0, 0, 1, 1, 0]);
		sub.write({ cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a"] }).expect("unsuback");
		expect([greeted(1), greeted(1)]).toEqual([1, 0]);
	});

	it("[5.0 MQTT-3.3.1-13] retain as published keeps the flag", () => {
		const { client } = rig();
		const [sub, pub] = [client(5, "sub"), client(5, "pub")];
		sub.subscribe("a", 0, { rap: true });
		for (const retain of [true, false]) {
			pub.publish("a", "x", { retain });
			expect(sub.message().retain).toBe(retain);
		}
	});

	it("expire, and shared subscriptions are not greeted", () => {
		const { client, time } = rig();
		const pub = client(5, "pub");
		pub.publish("a", "x", { retain: true, properties: { messageExpiryInterval: 10 } });
		client(5, "shared").subscribe("$share/g/a", 0);
		time.pass(4_000);
		const early = client(5, "early");
		early.subscribe("a", 0);
		expect(early.message().properties).toEqual({ messageExpiryInterval: 6 });
		time.pass(6_000);
		const late = client(5, "late");
		late.subscribe("a", 0);
		late.quiet();
	});

	it("no room: 5.0 is told 0x97 and nothing is done, 3.1.1 is passed on and not kept", () => {
		const { client, broker } = rig({ limits: { retainedMessages: 1 } });
		const sub = client(5, "sub");
		sub.subscribe("#", 0);
		const [five, three] = [client(5, "five"), client(4, "three")];
		five.publish("a", "1", { retain: true, qos: 1 }).expect("puback");
		five.publish("a", "2", { retain: true, qos: 1 }).expect("puback"); // in its place
		expect(five.publish("b", "3", { retain: true, qos: 1 }).expect("puback").reasonCode).toBe(0x97);
		three.publish("b", "4", { retain: true, qos: 1 }).expect("puback");
		expect(sub.take().map((packet) => "payload" in packet && `${packet.payload}`)).toEqual(["1", "2", "4"]);
		expect(broker.counters).toMatchObject({ retained: 1, dropped: { quota: 1, retainedFull: 1 } });
	});

	it("retain is refused where it is not available [5.0 MQTT-3.2.2-13, MQTT-3.2.2-14]", () => {
		const { client, peer } = rig({ limits: { retainAvailable: 0 } });
		client(5, "pub").publish("a", "x", { retain: true }).expectEnd(0x9a);
		const will = { topic: "a", payload: "x", retain: true, qos: 0 };
		expect(peer(5).connect("one", { will }).reasonCode).toBe(0x9a);
	});
});

describe.each(VERSIONS)("wills, version %i", (version) => {
	const will = { topic: "will", payload: "gone", qos: 1, retain: false };
	const watch = () => {
		const made = rig();
		const watcher = made.client(version, "watcher");
		watcher.subscribe("will", 1);
		return { ...made, watcher };
	};

	it("[3.1.1 MQTT-3.1.2-8] [5.0 MQTT-3.1.2-7, MQTT-3.1.2-8] is published when the connection breaks", () => {
		const { client, watcher, broker } = watch();
		client(version, "one", { will }).drop();
		expect(watcher.message()).toMatchObject({ text: "will=gone", qos: 1 });
		expect(broker.counters.wills).toBe(1);
	});

	it("[3.1.1 MQTT-3.1.2-10, MQTT-3.14.4-3] [5.0 MQTT-3.1.2-10, MQTT-3.14.4-3] is not published after DISCONNECT", () => {
		const { client, watcher } = watch();
		const one = client(version, "one", { will });
		one.write({ cmd: "disconnect", reasonCode: 0 });
		one.drop();
		watcher.quiet();
	});

	it("[3.1.1 MQTT-4.8.0-1] [5.0 MQTT-4.13.1-1] is published on keep alive, on a protocol error and on a takeover", () => {
		const { client, watcher, time } = watch();
		client(version, "one", { will, keepalive: 1 });
		time.pass(1_501);
		watcher.message();
		client(version, "one", { will }).raw([0x00, 0x00]);
		watcher.message();
		client(version, "one", { will });
		client(version, "one");
		watcher.message();
	});

	it("[3.1.1 MQTT-3.1.2-17] [5.0 MQTT-3.1.2-15] is retained if it says so", () => {
		const { client } = rig();
		client(version, "one", { will: { ...will, retain: true } }).drop();
		const late = client(version, "late");
		late.subscribe("will", 1);
		expect(late.message()).toMatchObject({ text: "will=gone", retain: true });
	});
});

describe("wills, 5.0", () => {
	const delayed = (seconds: number, expiry: number) => ({
		clean: false,
		properties: { sessionExpiryInterval: expiry },
		will: {
			topic: "will",
			payload: "gone",
			qos: 0,
			properties: { willDelayInterval: seconds, contentType: "t" },
		},
	});
	const watch = () => {
		const made = rig();
		const watcher = made.client(5, "watcher");
		watcher.subscribe("will", 1);
		return { ...made, watcher };
	};

	it("[5.0 MQTT-3.1.3-9] waits for its delay; a reconnect in time calls it off", () => {
		const { client, watcher, time } = watch();
		client(5, "one", delayed(10, 100)).drop();
		time.pass(9_999);
		watcher.quiet();
		const back = client(5, "one", delayed(10, 100));
		time.pass(60_000);
		watcher.quiet();
		back.drop();
		time.pass(10_000);
		expect(watcher.message().properties).toEqual({ contentType: "t" });
		time.pass(1e6);
		watcher.quiet();
	});

	it("does not wait beyond the end of the session", () => {
		const { client, watcher, time } = watch();
		client(5, "one", delayed(1000, 5)).drop();
		time.pass(5_000);
		watcher.message();
		client(5, "one", delayed(1000, 0)).drop();
		watcher.message();
		client(5, "one", delayed(1000, 100)).drop();
		client(5, "one", { clean: true });
		watcher.message();
	});

	it("[5.0 MQTT-3.14.4-3] DISCONNECT with 0x04 keeps it", () => {
		const { client, watcher } = watch();
		client(5, "one", delayed(0, 0)).write({ cmd: "disconnect", reasonCode: 4 });
		watcher.message();
	});

	it("its expiry counts from its publication", () => {
		const { client, time } = rig();
		client(5, "sub", lasting(5)).subscribe("will", 1);
		client(5, "sub", lasting(5)).drop();
		const properties = { willDelayInterval: 50, messageExpiryInterval: 20 };
		const will = { topic: "will", payload: "x", qos: 1, properties };
		client(5, "one", { ...lasting(5), will }).drop();
		time.pass(60_000);
		expect(client(5, "sub", lasting(5)).message().properties).toEqual({ messageExpiryInterval: 10 });
	});
});

describe("sessions", () => {
	it("[3.1.1 MQTT-3.1.2-4, MQTT-3.1.2-6, MQTT-4.1.0-1, MQTT-4.1.0-2] clean session 0 keeps it, 1 ends it at both ends", () => {
		const { client, peer, broker, time } = rig();
		client(4, "one", lasting(4)).subscribe("a", 1);
		expect(broker.sessions()[0].filters).toEqual(["a"]);
		client(4, "one", { clean: false }).drop();
		time.pass(1e9);
		expect(broker.counters.sessions).toBe(1);
		client(4, "one", { clean: true }).drop();
		expect(broker.counters).toMatchObject({ sessions: 0, subscriptions: 0, clients: 0 });
		expect(peer(4).connect("one", { clean: false }).sessionPresent).toBe(false);
	});

	it("[5.0 MQTT-3.1.2-23, MQTT-4.1.0-1, MQTT-4.1.0-2] ends after its expiry, and not before", () => {
		const { client, peer, time, broker, events } = rig();
		client(5, "one", lasting(5, 10)).drop();
		time.pass(9_999);
		const back = peer(5);
		expect(back.connect("one", lasting(5, 10)).sessionPresent).toBe(true);
		time.pass(60_000); // does not run while connected
		back.drop();
		time.pass(10_000);
		expect(broker.counters.sessions).toBe(0);
		expect(events.at(-1)).toEqual({ kind: "session-end", clientId: "one" });
		expect(time.pending).toBe(0);
	});

	it("[5.0 MQTT-3.1.2-4] clean start with an expiry starts afresh and lasts", () => {
		const { client, peer } = rig();
		client(5, "one", { clean: true, properties: { sessionExpiryInterval: 10 } }).drop();
		expect(peer(5).connect("one", { clean: false }).sessionPresent).toBe(true);
	});

	it("5.0: an expiry of months is no timer of the host, 0xFFFFFFFF is none at all", () => {
		const { client, time, broker } = rig();
		client(5, "months", lasting(5, 10_000_000)).drop();
		client(5, "ever", lasting(5, 0xffffffff)).drop();
		time.pass(9_999_999_000);
		expect(broker.counters.sessions).toBe(2);
		time.pass(1_000);
		expect(broker.counters.sessions).toBe(1);
		time.pass(1e14);
		expect(broker.counters.sessions).toBe(1);
	});

	it("5.0: DISCONNECT changes the expiry, but not from 0", () => {
		const { client, broker } = rig();
		const disconnect = (sessionExpiryInterval: number) => ({
			cmd: "disconnect",
			reasonCode: 0,
			properties: { sessionExpiryInterval },
		});
		client(5, "one", lasting(5, 10)).write(disconnect(0));
		expect(broker.counters.sessions).toBe(0);
		client(5, "one", lasting(5, 10)).write(disconnect(99));
		expect(broker.sessions()[0].expirySeconds).toBe(99);
		const two = client(5, "two").write(disconnect(5));
		two.expectEnd(0x82);
	});

	it("the end of a session counts what it still owed", () => {
		const { client, broker, time } = rig();
		const pub = client(5, "pub");
		client(5, "one", lasting(5, 10)).subscribe("a", 1);
		client(5, "one", lasting(5, 10)).drop();
		for (let number = 0; number < 3; number++) pub.publish("a", "x", { qos: 1 });
		time.pass(10_000);
		expect(broker.counters.dropped.sessionEnded).toBe(3);
	});
});
