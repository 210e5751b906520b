// SPDX-License-Identifier: MIT
/** Enhanced authentication of 5.0 [3.15, 4.12], against a server that says what the test says. */
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Reason } from "../../../lib/index.js";
import {
	auths,
	challenge,
	Echo,
	ended,
	greeted,
	last,
	NAME,
	properties,
	said,
	scene,
	together,
} from "../../kit/authentication.js";
import { type Line, meet, unhex } from "../../kit/peer.js";

describe("with CONNECT", () => {
	test("[5.0 MQTT-4.12.0-3] [5.0 MQTT-4.12.0-5] method and data, an answer to each challenge, then CONNACK", () => {
		const all = scene();
		const line = greeted(all);
		const connect = line.heard[0].packet as IConnectPacket;
		expect(connect.properties).toMatchObject({ authenticationMethod: NAME, receiveMaximum: 16 });
		expect(connect.properties!.authenticationData!.toString()).toBe("hello");
		for (const challenge of ["one", "two", ""]) {
			said(line, 0x18, challenge);
			all.rig.pass(100);
		}
		expect(auths(line)).toEqual([
			[0x18, NAME, "<one>"],
			[0x18, NAME, "<two>"],
			[0x18, NAME, "<>"],
		]);
		expect(all.rig.client.online).toBe(false);
		line.connack({ properties: properties("welcome") });
		all.rig.pass(100);
		expect(all.rig.client.online).toBe(true);
		expect(all.method.asked).toEqual(["begin", "answer one", "answer two", "answer ", "finish welcome"]);
	});

	test("[5.0 MQTT-3.1.2-30] nothing but AUTH leaves before CONNACK, whatever is due", () => {
		const all = scene({ queueQos0: true, keepAliveSeconds: 1 });
		const { rig } = all;
		rig.client.subscribe(rig.filter, 1);
		for (const qos of [0, 1, 2] as const) rig.publish("x", qos);
		const line = greeted(all);
		said(line, 0x18, "one");
		rig.pass(5000);
		said(line, 0x18, "two");
		rig.pass(5000);
		expect(line.texts).toEqual(["connect", "auth 0x18", "auth 0x18"]);
		line.connack({ properties: properties() });
		rig.pass(500);
		expect(line.texts.slice(3)).toEqual([
			"subscribe #65281 in/# q1",
			"publish a/b=x q0",
			"publish a/b=x q1 #3",
			"publish a/b=x q2 #4",
		]);
	});

	test("[5.0 MQTT-3.1.2-30] a close before CONNACK says DISCONNECT", () => {
		const all = scene();
		const line = greeted(all);
		said(line, 0x18, "one");
		all.rig.pass(100);
		all.rig.client.close();
		all.rig.pass(100);
		expect(line.texts).toEqual(["connect", "auth 0x18", "disconnect"]);
		expect(ended(all.rig)).toBe(Reason.ClosedByApplication);
	});

	test("without data, and with user and password as functions besides", () => {
		const method = new Echo();
		method.first = "";
		const all = scene({ user: () => "me", password: () => "pw" }, method);
		const connect = greeted(all).heard[0].packet as IConnectPacket;
		expect(connect.properties).toMatchObject({ authenticationMethod: NAME });
		expect(connect.properties!.authenticationData).toBeUndefined();
		expect([connect.username, String(connect.password)]).toEqual(["me", "pw"]);
	});

	test("each connection begins anew, also after one that broke in the middle", () => {
		const all = scene();
		const { rig, peer } = all;
		let nth = 0;
		all.method.hook = (what, out) => what === "begin" && out?.integer(++nth);
		said(greeted(all), 0x18, "one");
		rig.pass(100);
		rig.drop();
		rig.until("a second CONNECT", () => peer.lines.length === 2 && peer.line.heard.length === 1);
		peer.line.connack({ properties: properties() });
		rig.pass(100);
		expect(rig.client.online).toBe(true);
		const data = peer.lines.map(({ heard }) =>
			(heard[0].packet as IConnectPacket).properties!.authenticationData!.toString(),
		);
		expect(data).toEqual(["1hello", "2hello"]);
	});

	test("a server whose CONNACK was not believed may have begun a session: subscriptions are renewed", () => {
		const all = scene();
		const { rig, peer } = all;
		rig.client.subscribe(rig.filter, 1);
		greeted(all).connack({ properties: properties("well") });
		rig.until("subscribed", () => rig.recorder.count("subscribed") === 1);
		for (const [data, sessionPresent] of [
			["no", false],
			["well", true],
		] as const) {
			// biome-ignore format: a table
			const before = peer.lines.length;
			if (rig.client.online) rig.drop();
			rig.until("CONNECT", () => peer.lines.length > before && peer.line.heard.length > 0, 400_000);
			peer.line.connack({ sessionPresent, properties: properties(data) });
			rig.pass(100);
		}
		expect(rig.client.online).toBe(true);
		expect(peer.line.texts).toEqual(["connect", "subscribe #65282 in/# q1"]);
	});

	test.each([0x8c, 0x87, 0x86])("a refusal in CONNACK, %i, is for the slow lane", (reasonCode) => {
		const all = scene();
		greeted(all).connack({ reasonCode, properties: {} });
		all.rig.pass(100);
		expect(ended(all.rig)).toBe(reasonCode);
		expect(all.rig.recorder.retries.at(-1)).toBeGreaterThanOrEqual(150_000);
	});
});

describe("what is wrong before CONNACK ends the connection", () => {
	type Act = (line: Line) => unknown;
	const wrong: readonly (readonly [string, Act, number, string])[] = [
		[
			"CONNACK without the method [5.0 MQTT-4.12.0-5]",
			(line) => line.connack({ properties: {} }),
			0x82,
			"0x82",
		],
		[
			"CONNACK with another method [5.0 MQTT-4.12.0-5]",
			(line) => line.connack({ properties: properties("x", "X-OTHER") }),
			0x82,
			"0x82",
		],
		[
			"CONNACK with a longer method [5.0 MQTT-4.12.0-5]",
			(line) => line.connack({ properties: properties("x", `${NAME}${"x".repeat(700)}`) }),
			0x82,
			"0x82",
		],
		["AUTH with another method [5.0 MQTT-4.12.0-5]", (line) => said(line, 0x18, "x", "X-ECHA"), 0x82, "0x82"],
		["AUTH that ends it: CONNACK does [5.0: 4.12]", (line) => said(line, 0, "x"), 0x82, "0x82"],
		["AUTH of no length: the method is missing [5.0: 3.15.2.2.2]", (line) => line.raw("f0 00"), 0x82, "0x82"],
		[
			"re-authentication, which is the client's [5.0 MQTT-3.15.2-1]",
			(line) => said(line, 0x19, "x"),
			0x82,
			"0x82",
		],
		["DISCONNECT before CONNACK", (line) => line.send({ cmd: "disconnect", reasonCode: 0x87 }), 0x82, "0x82"],
		["PUBLISH before CONNACK", (line) => line.publish("in/x", "x", 0), 0x82, "0x82"],
		["a challenge that is not to be trusted", (line) => said(line, 0x18, "no"), Reason.NotAuthorized, "0x80"],
		[
			"an end that is not to be trusted",
			(line) => line.connack({ properties: properties("no") }),
			Reason.NotAuthorized,
			"0x80",
		],
		[
			"a challenge whose answer is too long",
			(line) => said(line, 0x18, "x".repeat(63)),
			Reason.ImplementationSpecific,
			"0x83",
		],
		["two challenges at once", (line) => together(line, challenge("a"), challenge("b")), 0x82, "0x82"],
		[
			"a challenge and an end at once",
			(line) =>
				together(line, challenge("a"), { cmd: "connack", reasonCode: 0, properties: properties("b") }),
			0x82,
			"0x82",
		],
	];

	test.each(wrong)("%s", (_what, act, reason, code) => {
		const all = scene();
		const line = greeted(all);
		act(line);
		all.rig.pass(100);
		expect(ended(all.rig)).toBe(reason);
		expect(last(line)).toBe(`disconnect ${code}`);
		expect(line.closed).toBe(true);
		expect(all.rig.recorder.count("online")).toBe(0);
	});

	test("malformed packets and each truncation of a good one", () => {
		const bad = [
			"f1 00", // reserved bits [5.0 MQTT-3.15.1-1]
			"f0 01 18", // a reason without a method
			"f0 02 18 00",
			"f0 02 18 80",
			"f0 0b 18 09 15 00 06 58 2d 45 43 48 4f 00", // one byte more than its length
			"f0 0b 18 08 15 00 06 58 2d 45 43 48 4f", // one byte more than its properties
			"f0 0b 18 0a 15 00 06 58 2d 45 43 48 4f", // properties that end behind it
			"f0 0b 17 09 15 00 06 58 2d 45 43 48 4f", // an unknown reason [5.0 MQTT-3.15.2-1]
			"f0 14 18 12 15 00 06 58 2d 45 43 48 4f 15 00 06 58 2d 45 43 48 4f", // the method twice
			"f0 13 18 11 15 00 06 58 2d 45 43 48 4f 16 00 01 61 16 00 01 62", // the data twice
			"f0 0e 18 0c 15 00 06 58 2d 45 43 48 4f 21 00 01", // a property of CONNECT
			"f0 0b 18 09 15 00 06 58 2d 45 00 48 4f", // U+0000 in the method
			"f0 0b 18 09 15 00 06 58 2d 45 ff 48 4f", // no UTF-8
		];
		for (const bytes of bad) {
			const all = scene();
			const line = greeted(all);
			line.raw(bytes);
			all.rig.pass(100);
			expect([0x81, 0x82], bytes).toContain(ended(all.rig));
			expect(line.closed, bytes).toBe(true);
		}
		const good = unhex("f0 0f 18 0d 15 00 06 58 2d 45 43 48 4f 16 00 01 61");
		for (let length = 1; length <= good.length; length++) {
			const all = scene();
			const line = greeted(all);
			line.raw(good.subarray(0, length));
			all.rig.pass(100);
			expect(auths(line).length).toBe(length === good.length ? 1 : 0);
			expect(ended(all.rig)).toBeUndefined();
			line.end();
			all.rig.pass(100);
			expect(all.rig.recorder.count("offline")).toBe(1);
		}
	});

	test("a server that goes on for ever", () => {
		const all = scene();
		const line = greeted(all);
		for (let i = 0; i < 40 && !line.closed; i++) {
			said(line, 0x18, "more");
			all.rig.pass(100);
		}
		expect(auths(line)).toHaveLength(32);
		expect(ended(all.rig)).toBe(Reason.ImplementationSpecific);
	});

	test("a server that is silent, counted from its last word", () => {
		const all = scene({ limits: { connackMs: 1000 } });
		const line = greeted(all);
		for (let i = 0; i < 5; i++) {
			all.rig.pass(900);
			said(line, 0x18, "more");
		}
		all.rig.pass(900);
		expect(ended(all.rig)).toBeUndefined();
		all.rig.pass(200);
		expect(ended(all.rig)).toBe(Reason.ConnackTimeout);
	});
});

describe("[5.0 MQTT-4.12.0-7] without a method", () => {
	test("CONNECT has none, no AUTH is sent, and one from the server is an error [5.0: 4.12]", () => {
		const { rig, peer } = meet(5);
		rig.online();
		const { properties: has } = peer.line.heard[0].packet as IConnectPacket;
		expect([has!.authenticationMethod, has!.authenticationData]).toEqual([undefined, undefined]);
		said(peer.line, 0x18, "x");
		rig.pass(100);
		expect([ended(rig), last(peer.line)]).toEqual([Reason.ProtocolError, "disconnect 0x82"]);
	});

	test("before CONNACK, and in CONNACK, it is one, too", () => {
		for (const act of [
			(line: Line) => said(line, 0x18, "x"),
			(line: Line) => line.connack({ properties: properties("x") }),
		]) {
			const { rig, peer } = meet(5);
			peer.polite.delete("connect");
			rig.client.open();
			rig.until("CONNECT", () => peer.line?.heard.length === 1);
			act(peer.line);
			rig.pass(100);
			expect([ended(rig), last(peer.line)]).toEqual([Reason.ProtocolError, "disconnect 0x82"]);
		}
	});
});

describe("what the options cannot be", () => {
	test.each([
		["3.1.1", { version: 4 }, /needs version 5/],
		["a region that is too small for CONNECT", { limits: { sendBytes: 80 } }, /CONNECT does not fit/],
	] as const)("%s", (_what, options, message) => {
		expect(() => scene(options)).toThrow(message);
	});

	test("a method without a name, or with a long one; data of no length", () => {
		for (const name of ["", "x".repeat(65), "ä".repeat(33), "a\0"])
			expect(() => scene({}, Object.assign(new Echo(), { name })), name).toThrow(RangeError);
		for (const dataBytes of [15, 4097, 1.5])
			expect(() => scene({}, new Echo(), dataBytes)).toThrow(/dataBytes/);
		expect(() => scene({}, Object.assign(new Echo(), { name: "x".repeat(64) }))).not.toThrow();
	});

	test("its bytes are told", () => {
		const terms = scene().rig.client.memory.map(({ name, bytes }) => [name, bytes]);
		expect(terms).toContainEqual(["authentication", 134]);
	});
});
