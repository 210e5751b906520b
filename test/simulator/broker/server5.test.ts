// SPDX-License-Identifier: MIT
/** What a 5.0 server may say to a client, of its own accord or because a test asks it to. */
import { describe, expect, it } from "vitest";
import { type BrokerLimits, textOf } from "../../../simulator/broker/index.js";
import { rig, VERSIONS } from "./rig.js";

const SERVER_MOVED = 0x9d;
const USE_ANOTHER = 0x9c;

describe.each(VERSIONS)("another server, version %i", (version) => {
	it('[5.0 MQTT-3.2.2-8] in CONNACK, chosen by the hook; 3.1.1 knows only "unavailable"', () => {
		const elsewhere = { reason: USE_ANOTHER, serverReference: "b.example:1884 c.example" };
		const { peer, broker } = rig({ authenticate: () => ({ ...elsewhere, userProperties: { why: "full" } }) });
		const one = peer(version);
		const connack = one.connect("one");
		expect(one.ended).toBe("in order");
		expect(broker.counters.sessions).toBe(0);
		if (version === 4) expect(connack.returnCode).toBe(3);
		else {
			const { serverReference } = elsewhere;
			const properties = {
				serverReference,
				reasonString: "Use another server",
				userProperties: { why: "full" },
			};
			expect(connack).toMatchObject({ reasonCode: USE_ANOTHER, properties });
		}
	});

	it("[5.0 MQTT-3.14.4-1] in DISCONNECT, in place of the n-th packet, on the way in or out", () => {
		for (const way of ["in", "out"] as const) {
			const { client, broker, events } = rig();
			const packet = way === "in" ? "publish" : "puback";
			const deed = { disconnect: SERVER_MOVED, serverReference: "b.example", reasonString: "moved" };
			broker.chaos.packet({ way, packet, nth: 2, deed });
			const one = client(version, "one");
			one.publish("a", "x", { qos: 1 }).expect("puback");
			one.publish("a", "y", { qos: 1 });
			if (version === 5)
				expect(one.received[0]).toMatchObject({
					properties: { serverReference: "b.example", reasonString: "moved" },
				});
			one.expectEnd(SERVER_MOVED);
			expect(events.filter((event) => event.kind === "publish").length).toBe(way === "in" ? 1 : 2);
		}
	});
});

describe("response information", () => {
	const scene = () => rig({ responseInformation: (clientId) => `replies/${clientId}` });

	it("comes with CONNACK to who asks, and to nobody else [5.0 MQTT-3.1.2-28]", () => {
		const { peer } = scene();
		const asked = (requestResponseInformation?: boolean) =>
			peer(5).connect("one", { properties: { requestResponseInformation } }).properties?.responseInformation;
		expect(asked(true)).toBe("replies/one");
		expect(asked(false)).toBeUndefined();
		expect(asked()).toBeUndefined();
	});

	it("is not invented, and not sent in 3.1.1", () => {
		const properties = { requestResponseInformation: true };
		expect(rig().peer(5).connect("one", { properties }).properties).not.toHaveProperty("responseInformation");
		expect(scene().peer(4).connect("one").properties).toBeUndefined();
	});
});

describe("words beside a reason code", () => {
	const beside = { reasonString: "because", userProperties: { k: ["v", "w"] } };

	it("on every answer, success or not", () => {
		const { client, peer, broker } = rig();
		const said = (packet: "connack" | "puback" | "pubrec" | "pubcomp" | "suback" | "unsuback") =>
			broker.chaos.answer({ packet, reason: packet === "pubcomp" ? 0x92 : 0, ...beside });
		said("connack");
		expect(peer(5).connect("one").properties).toMatchObject(beside);
		const two = client(5, "two");
		for (const packet of ["puback", "pubrec", "pubcomp", "suback", "unsuback"] as const) said(packet);
		expect(two.publish("a", "x", { qos: 1 }).expect("puback").properties).toMatchObject(beside);
		expect(two.publish("a", "x", { qos: 2, messageId: 9 }).expect("pubrec").properties).toMatchObject(beside);
		expect(two.write({ cmd: "pubrel", messageId: 9 }).expect("pubcomp").properties).toMatchObject(beside);
		expect(two.subscribe("a", 1).properties).toMatchObject(beside);
		two.write({ cmd: "unsubscribe", messageId: 10, unsubscriptions: ["a"] });
		expect(two.expect("unsuback").properties).toMatchObject(beside);
		broker.disconnect("two", 0x98, beside);
		expect(two.expect("disconnect")).toMatchObject({ reasonCode: 0x98, properties: beside });
	});

	it("[5.0 MQTT-3.1.2-29] not on an answer to who wants none", () => {
		const { client, broker } = rig();
		const one = client(5, "one", { properties: { requestProblemInformation: false } });
		broker.chaos.answer({ packet: "puback", reason: 0x97, ...beside });
		expect(one.publish("a", "x", { qos: 1 }).expect("puback").properties).toBeUndefined();
	});

	it("[5.0 MQTT-3.2.2-19] [5.0 MQTT-3.2.2-20] [5.0 MQTT-3.14.2-3] left out when it would be too long", () => {
		const { client, broker, peer } = rig();
		const long = {
			reasonString: "x".repeat(200),
			userProperties: { k: "y".repeat(200) },
			serverReference: "b",
		};
		const one = client(5, "one", { properties: { maximumPacketSize: 64 } });
		broker.disconnect("one", SERVER_MOVED, long);
		expect(one.expect("disconnect").properties).toEqual({ serverReference: "b" });
		broker.chaos.answer({ packet: "connack", reason: SERVER_MOVED, ...long });
		const two = peer(5).connect("two", { properties: { maximumPacketSize: 64 } });
		expect(two.properties).toEqual({ serverReference: "b" });
	});
});

describe("a server's DISCONNECT", () => {
	const reasons = [0x80, 0x87, 0x89, 0x8b, 0x8f, 0x96, 0x97, 0x98, 0x9c, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2];
	it.each(reasons.map((reason) => [textOf(reason), reason] as const))(
		"[5.0 MQTT-3.14.2-1] with a reason: %s",
		(text, reason) => {
			const { client, broker } = rig();
			const one = client(5, "one");
			broker.disconnect("one", reason);
			expect(one.received[0]).toMatchObject({ properties: { reasonString: text } });
			one.expectEnd(reason);
		},
	);
});

describe("a client's DISCONNECT", () => {
	it("[5.0 MQTT-3.14.2-1] with a reason that is a server's or nobody's is an error", () => {
		for (const reason of [0x87, 0x8b, 0x8d, 0x8e, 0x9c, 0x9d, 0x01])
			rig().client(5, "one").raw([0xe0, 1, reason]).expectEnd(0x82);
	});

	it("[5.0 MQTT-3.1.2-30] may break off an authentication; then nothing is answered", () => {
		const method = { begin: () => ({ step: () => ({ reason: 0x18 }) }) };
		const { peer, broker, events } = rig({ authMethods: { m: method } });
		const one = peer(5);
		const properties = { authenticationMethod: "m" };
		one.write({ cmd: "connect", clientId: "one", protocolVersion: 5, clean: true, properties });
		one.expect("auth");
		one.write({ cmd: "disconnect", reasonCode: 0x80 });
		expect([one.received, one.ended]).toEqual([[], "in order"]);
		expect([broker.counters.sessions, broker.counters.faults]).toEqual([0, 0]);
		expect(events.some((event) => event.kind === "connect")).toBe(false);
	});

	it("changes the expiry: longer, for ever, or the end of the session", () => {
		const { client, broker, time } = rig();
		const leave = (sessionExpiryInterval: number) => {
			const fields = { clean: false, properties: { sessionExpiryInterval: 10 } };
			client(5, "one", fields).write({ cmd: "disconnect", properties: { sessionExpiryInterval } });
		};
		leave(100);
		time.pass(99_000);
		expect(broker.counters.sessions).toBe(1);
		leave(0xffffffff);
		time.pass(1e10);
		expect(broker.counters.sessions).toBe(1);
		leave(0);
		expect(broker.counters.sessions).toBe(0);
	});
});

describe("Server Keep Alive [5.0 MQTT-3.2.2-21] [5.0 MQTT-3.2.2-22]", () => {
	const told = (asked: number, limits: Partial<BrokerLimits>) => {
		const { peer, time } = rig({ limits });
		const one = peer(5);
		const { serverKeepAlive } = one.connect("one", { keepalive: asked }).properties ?? {};
		const granted = serverKeepAlive ?? asked;
		time.pass(granted * 1_500 - 1);
		const inTime = one.ended;
		time.pass(2);
		return [serverKeepAlive, inTime === "no" || granted === 0, one.ended];
	};

	it.each([
		[60, { keepAliveSeconds: 20 }, [20, true, "in order"]],
		[0, { keepAliveSeconds: 20 }, [20, true, "in order"]],
		[5, { keepAliveLeastSeconds: 30 }, [30, true, "in order"]],
		[5, { keepAliveSeconds: 30, keepAliveLeastSeconds: 30 }, [30, true, "in order"]],
		[25, { keepAliveSeconds: 30, keepAliveLeastSeconds: 20 }, [undefined, true, "in order"]],
		[0, {}, [undefined, true, "no"]],
	])("%i s asked, %o", (asked, limits, expected) => {
		expect(told(asked, limits)).toEqual(expected);
	});
});

describe("Payload Format Indicator 1 on what is not UTF-8", () => {
	const properties = { payloadFormatIndicator: true };
	const bad = Buffer.from([0xc3, 0x28]) as unknown as string;

	it("is refused with 0x99, and delivered to nobody", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		one.subscribe("a", 0);
		expect(one.publish("a", bad, { qos: 1, properties }).expect("puback").reasonCode).toBe(0x99);
		expect(one.publish("a", bad, { qos: 2, properties }).expect("pubrec").reasonCode).toBe(0x99);
		one.publish("a", "é", { qos: 0, properties });
		expect(one.message().text).toBe("a=é");
		one.publish("a", bad, { properties }).expectEnd(0x99);
		expect(broker.counters.messagesOut).toBe(1);
	});

	it("is nobody's business where it is not checked", () => {
		const one = rig({ limits: { payloadFormat: 0 } }).client(5, "one");
		expect(one.publish("a", bad, { qos: 1, properties }).expect("puback").reasonCode).toBe(0x10);
	});
});

describe("UNSUBSCRIBE", () => {
	it.each(VERSIONS)("version %i: [5.0 MQTT-4.7.1-1] [3.1.1: MQTT-4.7.1-2] a malformed filter", (version) => {
		for (const filter of ["a#", "a/#/b", "a+", "$share/g"]) {
			const one = rig().client(version, "one");
			one.write({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [filter] });
			one.expectEnd(0x81);
		}
	});

	it("5.0: with an identifier that is in use", () => {
		const one = rig().client(5, "one");
		one.subscribe("a", 1);
		one.publish("b", "x", { qos: 2, messageId: 7 }).expect("pubrec");
		one.write({ cmd: "unsubscribe", messageId: 7, unsubscriptions: ["a"] });
		expect(one.expect("unsuback").granted).toEqual([0x91]);
	});
});
