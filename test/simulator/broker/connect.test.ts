// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, rig, VERSIONS } from "./rig.js";

describe.each(VERSIONS)("CONNECT, version %i", (version) => {
	const code = (connack: { reasonCode?: number; returnCode?: number }) =>
		version === 5 ? connack.reasonCode : connack.returnCode;

	it("[3.1.1 MQTT-3.1.4-4, MQTT-3.2.0-1] [5.0 MQTT-3.1.4-5, MQTT-3.2.0-1, MQTT-3.1.3-5] is acknowledged first", () => {
		const connack = rig().peer(version).connect("one");
		expect(code(connack)).toBe(0);
		expect(connack.sessionPresent).toBe(false);
	});

	it("[3.1.1 MQTT-3.1.0-1] [5.0 MQTT-3.1.0-1] must be the first packet", () => {
		const { peer, broker } = rig();
		const one = peer(version).write({ cmd: "pingreq" });
		expect(one.ended).toBe("in order");
		expect(one.received).toEqual([]);
		expect(broker.counters.faults).toBe(1);
	});

	it("[3.1.1 MQTT-3.1.0-2] [5.0 MQTT-3.1.0-2] must not come twice", () => {
		const { client } = rig();
		const one = client(version, "one");
		one.write({ cmd: "connect", clientId: "one", protocolVersion: version, clean: true, keepalive: 0 });
		one.expectEnd(0x82);
	});

	it("[3.1.1 MQTT-3.1.2-3, MQTT-3.1.4-1] [5.0 MQTT-3.1.2-3, MQTT-3.1.4-1] must have its reserved flag clear", () => {
		const { peer } = rig();
		const properties = version === 5 ? [0] : [];
		const one = peer(version).raw([
			0x10,
			13 + properties.length,
			0,
			4,
			77,
			81,
			84,
			84,
			version,
			3,
			0,
			0,
			...properties,
			0,
			1,
			97,
		]);
		if (version === 5) expect(one.expect("connack").reasonCode).toBe(0x81);
		expect(one.ended).toBe("in order");
	});

	it("[3.1.1 MQTT-3.1.4-2] [5.0 MQTT-3.1.4-3] takes over the session of the same client", () => {
		const { client, broker } = rig();
		const first = client(version, "one");
		client(version, "one").quiet();
		first.expectEnd(0x8e);
		expect(broker.counters.takeovers).toBe(1);
		expect(broker.counters.sessions).toBe(1);
	});

	it("[3.1.1 MQTT-3.1.4-3, MQTT-3.2.2-1, MQTT-3.2.2-2, MQTT-3.2.2-3] [5.0 MQTT-3.1.2-4, MQTT-3.1.2-5, MQTT-3.1.2-6, MQTT-3.1.4-4, MQTT-3.2.2-2, MQTT-3.2.2-3] tells Session Present right in all combinations", () => {
		const { peer, client } = rig();
		client(version, "one", lasting(version)).drop();
		expect(peer(version).connect("one", lasting(version)).sessionPresent, "kept, resumed").toBe(true);
		expect(peer(version).connect("one", lasting(version)).sessionPresent, "taken over").toBe(true);
		expect(peer(version).connect("one", { clean: true }).sessionPresent, "kept, clean").toBe(false);
		expect(peer(version).connect("one", { clean: false }).sessionPresent, "not kept").toBe(false);
	});

	it("[3.1.1 MQTT-3.1.2-24] [5.0 MQTT-3.1.2-22] closes after one and a half times the keep alive", () => {
		const { client, time } = rig();
		const one = client(version, "one", { keepalive: 10 });
		time.pass(14_000);
		one.write({ cmd: "pingreq" }).expect("pingresp");
		time.pass(14_999);
		one.quiet();
		time.pass(2);
		one.expectEnd(0x8d);
	});

	it("keep alive 0 turns it off", () => {
		const { client, time } = rig();
		const one = client(version, "one", { keepalive: 0 });
		time.pass(1e9);
		one.quiet();
	});

	it("asks the hook for user and password", () => {
		const asked: unknown[] = [];
		const { peer } = rig({
			authenticate: ({ username, password }) => {
				asked.push(username, password && Buffer.from(password).toString());
				return password?.toString() === "secret";
			},
		});
		expect(code(peer(version).connect("one", { username: "u", password: Buffer.from("wrong") }))).toBe(
			version === 5 ? 0x86 : 4,
		);
		expect(code(peer(version).connect("one", { username: "u", password: Buffer.from("secret") }))).toBe(0);
		expect(asked).toEqual(["u", "wrong", "u", "secret"]);
	});

	it("a hook's reason code is passed on", () => {
		const { peer } = rig({ authenticate: () => 0x8a });
		const one = peer(version);
		expect(code(one.connect("one"))).toBe(version === 5 ? 0x8a : 5);
		expect(one.ended).toBe("in order");
	});

	it("a client id of another session survives what a refused connection claims", () => {
		const { client, peer, broker } = rig({ authenticate: ({ username }) => username === "owner" });
		const owner = client(version, "one", { username: "owner" });
		peer(version).connect("one", { username: "thief" });
		owner.quiet();
		expect(broker.counters.sessions).toBe(1);
	});

	it("a client id that is too long is refused", () => {
		expect(code(rig().peer(version).connect("x".repeat(300)))).toBe(version === 5 ? 0x85 : 2);
	});

	it("[3.1.1 MQTT-3.14.4-3] [5.0 MQTT-3.14.4-3] DISCONNECT closes in order", () => {
		const { client, broker, events } = rig();
		const one = client(version, "one");
		one.write({ cmd: "disconnect", reasonCode: 0 });
		expect(one.ended).toBe("in order");
		expect(broker.counters.sessions).toBe(0);
		expect(events.find((event) => event.kind === "disconnect")).toMatchObject({ by: "client", reason: 0 });
	});
});

describe("CONNECT, one version only", () => {
	it("[3.1.1 MQTT-3.1.3-6, MQTT-3.1.3-8] an empty client id needs a clean session", () => {
		const { peer } = rig();
		const bytes = (flags: number) => [0x10, 12, 0, 4, 77, 81, 84, 84, 4, flags, 0, 0, 0, 0];
		expect(peer(4).raw(bytes(0)).expect("connack").returnCode).toBe(2);
		expect(peer(4).raw(bytes(2)).expect("connack").returnCode).toBe(0);
	});

	it("[5.0 MQTT-3.1.3-6, MQTT-3.1.3-7, MQTT-3.2.2-16] an empty client id is assigned one, clean or not", () => {
		const { peer } = rig();
		const assigned = peer(5).connect("").properties?.assignedClientIdentifier;
		expect(assigned).toMatch(/^auto-\w{12}$/);
		const other = peer(5).raw([0x10, 13, 0, 4, 77, 81, 84, 84, 5, 0, 0, 0, 0, 0, 0]).expect("connack");
		expect(other.properties?.assignedClientIdentifier).not.toBe(assigned);
	});

	it("[3.1.1 MQTT-3.1.2-2] [5.0 MQTT-3.1.2-2] an unknown version is refused in its own form", () => {
		const { peer } = rig();
		const three = peer(4).raw([0x10, 15, 0, 6, 77, 81, 73, 115, 100, 112, 3, 2, 0, 0, 0, 1, 97]);
		expect(three.expect("connack").returnCode).toBe(1);
		const six = peer(5).raw([0x10, 14, 0, 4, 77, 81, 84, 84, 6, 2, 0, 0, 0, 0, 1, 97]);
		expect(six.expect("connack").reasonCode).toBe(0x84);
	});

	it("5.0: enhanced authentication is answered with 0x8C, AUTH without it is an error [5.0 MQTT-4.12.0-6]", () => {
		const { peer, client } = rig();
		expect(peer(5).connect("one", { properties: { authenticationMethod: "X" } }).reasonCode).toBe(0x8c);
		const one = client(5, "one");
		one.write({ cmd: "auth", reasonCode: 0x19, properties: { authenticationMethod: "X" } });
		one.expectEnd(0x82);
	});

	it("[5.0 MQTT-3.2.2-9] announces its limits and leaves out what is as by default", () => {
		const { peer } = rig({
			limits: {
				maximumQos: 1,
				retainAvailable: 0,
				wildcardSubscriptions: 0,
				sharedSubscriptions: 0,
				subscriptionIdentifiers: 0,
			},
		});
		expect(peer(5).connect("one").properties).toMatchObject({
			maximumQoS: 1,
			retainAvailable: false,
			wildcardSubscriptionAvailable: false,
			sharedSubscriptionAvailable: false,
			subscriptionIdentifiersAvailable: false,
		});
		const usual = rig().peer(5).connect("one").properties;
		expect(usual).toEqual({ receiveMaximum: 1000, maximumPacketSize: 1 << 20, topicAliasMaximum: 16 });
	});

	it("the profile of HiveMQ announces what HiveMQ ships with", () => {
		const { properties } = rig({ profile: "hivemq" }).peer(5).connect("one");
		expect(properties).toEqual({ receiveMaximum: 10, maximumPacketSize: 268_435_460, topicAliasMaximum: 5 });
	});

	it("[5.0 MQTT-3.2.2-21] Server Keep Alive is told and enforced", () => {
		const { peer, time } = rig({ limits: { keepAliveSeconds: 20 } });
		const one = peer(5);
		expect(one.connect("one", { keepalive: 60 }).properties?.serverKeepAlive).toBe(20);
		time.pass(30_001);
		one.expectEnd(0x8d);
	});

	it("5.0: a session expiry that is too long is cut, and told", () => {
		const { peer } = rig({ limits: { sessionExpirySeconds: 60 } });
		expect(peer(5).connect("one", lasting(5, 100)).properties?.sessionExpiryInterval).toBe(60);
	});

	it("5.0: 0 for Receive Maximum or Maximum Packet Size is an error", () => {
		const { peer } = rig();
		for (const properties of [{ receiveMaximum: 0 }, { maximumPacketSize: 0 }]) {
			const one = peer(5);
			expect(one.connect("one", { properties }).reasonCode).toBe(0x82);
			expect(one.ended).toBe("in order");
		}
	});
});
