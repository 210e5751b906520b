// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { AuthMethod } from "../../../simulator/broker/index.js";
import { type Peer, rig } from "./rig.js";

/** Two rounds: "hello" is answered with "who?", then the client's own id lets it in. */
const twoRounds: AuthMethod = {
	begin: ({ clientId }) => ({
		step(data) {
			const text = data ? Buffer.from(data).toString() : "";
			if (text === "hello") return { reason: 0x18, data: Buffer.from("who?") };
			return text === clientId ? { reason: 0, data: Buffer.from("welcome") } : { reason: 0x87 };
		},
	}),
};

const scene = () => rig({ authMethods: { two: twoRounds }, authenticate: () => false });
const properties = (text: string, authenticationMethod = "two") => ({
	authenticationMethod,
	authenticationData: Buffer.from(text),
});
const auth = (peer: Peer, reasonCode: number, text: string, method?: string) =>
	peer.write({ cmd: "auth", reasonCode, properties: properties(text, method) });
const begin = (peer: Peer, text: string, method?: string) => {
	const fields = { clientId: "one", protocolVersion: 5, clean: true, keepalive: 0 };
	return peer.write({ cmd: "connect", ...fields, properties: properties(text, method) });
};
const enter = (peer: Peer) => {
	begin(peer, "hello");
	expect(peer.expect("auth")).toMatchObject({ reasonCode: 0x18, properties: properties("who?") });
	auth(peer, 0x18, "one");
	expect(peer.expect("connack")).toMatchObject({ reasonCode: 0, properties: properties("welcome") });
	return peer;
};

describe("enhanced authentication", () => {
	it("[5.0 MQTT-4.12.0-2] [5.0 MQTT-4.12.0-4] goes on until the method is content", () => {
		const { peer, broker } = scene();
		enter(peer(5)).publish("a", "x", { qos: 1 }).expect("puback");
		expect(broker.counters.clients).toBe(1);
	});

	it("may be content at once", () => {
		const { peer } = scene();
		expect(begin(peer(5), "one").expect("connack").reasonCode).toBe(0);
	});

	it("[5.0 MQTT-4.12.0-1] refuses an unknown method, and a client that it does not believe", () => {
		const { peer, broker } = scene();
		expect(begin(peer(5), "hello", "other").expect("connack").reasonCode).toBe(0x8c);
		const one = begin(peer(5), "hello");
		one.expect("auth");
		auth(one, 0x18, "two");
		expect(one.expect("connack").reasonCode).toBe(0x87);
		expect(one.ended).toBe("in order");
		expect(broker.counters.sessions).toBe(0);
	});

	it("[5.0 MQTT-3.1.2-30] takes nothing but AUTH before its CONNACK, and times out", () => {
		const { peer, time } = scene();
		for (const packet of [
			{ cmd: "pingreq" },
			{ cmd: "connect", clientId: "x", protocolVersion: 5, clean: true },
		]) {
			const one = begin(peer(5), "hello");
			one.expect("auth");
			expect(one.write(packet).expect("connack").reasonCode).toBe(0x82);
		}
		const slow = begin(peer(5), "hello");
		time.pass(10_000);
		expect(slow.ended).toBe("in order");
	});

	it("[5.0 MQTT-4.12.1-1] [5.0 MQTT-4.12.1-2] may be repeated while other packets go on; a failure ends the connection", () => {
		const { peer } = scene();
		const one = enter(peer(5));
		auth(one, 0x19, "hello");
		one.expect("auth");
		one.write({ cmd: "pingreq" }).expect("pingresp");
		auth(one, 0x18, "one");
		expect(one.expect("auth").reasonCode).toBe(0);
		auth(one, 0x19, "wrong");
		one.expectEnd(0x87);
	});

	it("[5.0 MQTT-4.12.0-5] [5.0 MQTT-4.12.0-6] another method, AUTH out of turn, AUTH without a method", () => {
		const { peer } = scene();
		auth(enter(peer(5)), 0x19, "hello", "other").expectEnd(0x82);
		auth(enter(peer(5)), 0x18, "one").expectEnd(0x82);
		const plain = rig().client(5, "one");
		auth(plain, 0x19, "hello").expectEnd(0x82);
	});
});
