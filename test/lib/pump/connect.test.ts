// SPDX-License-Identifier: MIT
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { type ClientOptions, LinkFault, Reason } from "../../../lib/index.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";

const LINK = -16;

describe.each(VERSIONS)("version %i: CONNECT", (version) => {
	function connectOf(options: Partial<ClientOptions>): IConnectPacket {
		const { rig, peer } = meet(version, options);
		rig.online();
		return peer.line.heard[0].packet as IConnectPacket;
	}

	test("[MQTT-3.1.0-1] [MQTT-3.1.0-2] is the first packet, and stands once on each connection", () => {
		const { rig, peer } = met(version);
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
		rig.pass(200_000);
		expect(peer.lines.map((line) => line.texts.filter((text) => text === "connect").length)).toEqual([1, 1]);
		expect(peer.lines.map((line) => line.texts[0])).toEqual(["connect", "connect"]);
	});

	test("[MQTT-3.1.2-1] [MQTT-3.1.3-1] says who we are and nothing that was not asked for", () => {
		const connect = connectOf({ clientId: "böard-1" });
		expect(connect).toMatchObject({
			protocolId: "MQTT",
			protocolVersion: version,
			clientId: "böard-1",
			keepalive: 60,
			clean: version === 5, // nothing to resume; 3.1.1 would lose the session at the end
		});
		expect(connect.will).toBeUndefined();
		expect(connect.username).toBeUndefined();
		expect(connect.password).toBeUndefined();
		if (version === 5)
			expect(connect.properties).toEqual({
				sessionExpiryInterval: 86_400,
				receiveMaximum: 16,
				maximumPacketSize: 1024,
			});
	});

	test.each([0, 1, 2] as const)(
		"[MQTT-3.1.2-7] [MQTT-3.1.2-14] a will of QoS %i, retained and not",
		(qos) => {
			for (const retain of [false, true]) {
				const will = { topic: "gone/böard", payload: "bye", qos, retain, delaySeconds: 7 };
				const connect = connectOf({ will });
				expect(connect.will).toMatchObject({ topic: "gone/böard", qos, retain });
				expect(String(connect.will!.payload)).toBe("bye");
				if (version === 5) expect(connect.will!.properties).toEqual({ willDelayInterval: 7 });
			}
		},
	);

	test("[MQTT-3.1.3-10] a will without payload, and with one of bytes", () => {
		expect(connectOf({ will: { topic: "t", payload: "" } }).will!.payload).toHaveLength(0);
		const bytes = Uint8Array.of(0, 255, 1);
		expect([...(connectOf({ will: { topic: "t", payload: bytes } }).will!.payload as Buffer)]).toEqual([
			0, 255, 1,
		]);
	});

	test("[MQTT-3.1.2-18] [MQTT-3.1.2-19] user and password, as text and as bytes", () => {
		const one = connectOf({ user: "u", password: "p" });
		expect([one.username, String(one.password)]).toEqual(["u", "p"]);
		const two = connectOf({ user: "u", password: Uint8Array.of(0, 200) });
		expect([...two.password!]).toEqual([0, 200]);
		expect(connectOf({ user: "u" }).password).toBeUndefined();
	});

	test("clean start is asked for, for the first connection only", () => {
		const { rig, peer } = meet(version, { cleanStart: true });
		rig.online();
		peer.present = true;
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
		// In 3.1.1 a clean session ends with its connection: it only makes the broker forget, and the next one begins ours.
		const clean = peer.lines.map((line) => (line.heard[0].packet as IConnectPacket).clean);
		expect(clean).toEqual(version === 5 ? [true, false] : [true, false, false]);
		if (version === 4) expect(peer.lines[0].texts).toEqual(["connect", "disconnect"]);
	});

	test("a session that ends with the connection is always begun anew", () => {
		const { rig, peer } = met(version, { sessionExpirySeconds: 0 });
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
		for (const line of peer.lines) {
			const connect = line.heard[0].packet as IConnectPacket;
			expect(connect.clean).toBe(true);
			expect(connect.properties?.sessionExpiryInterval).toBeUndefined();
		}
	});

	test("keep alive, session expiry, limits as they were asked for", () => {
		const limits = { receiveMaximum: 3, packetBytes: 300 };
		const connect = connectOf({ keepAliveSeconds: 65_535, sessionExpirySeconds: 4_294_967_295, limits });
		expect(connect.keepalive).toBe(65_535);
		if (version === 5)
			expect(connect.properties).toEqual({
				sessionExpiryInterval: 4_294_967_295,
				receiveMaximum: 3,
				maximumPacketSize: 300,
			});
	});

	test("what no broker could take throws where it is written", () => {
		const bad: Partial<ClientOptions>[] = [
			{ version: 3 as 4 },
			{ keepAliveSeconds: -1 },
			{ keepAliveSeconds: 65_536 },
			{ keepAliveSeconds: 1.5 },
			{ sessionExpirySeconds: -1 },
			{ sessionExpirySeconds: 0.5 },
			{ will: { topic: "a/+", payload: "" } },
			{ will: { topic: "", payload: "" } },
			{ will: { topic: "a", payload: "", qos: 3 as 2 } },
			{ will: { topic: "a", payload: new Uint8Array(600) } },
			{ clientId: "\ud800" },
			{ clientId: "x".repeat(600) },
			{ user: "a\0" },
			{ limits: { window: 0 } },
			{ limits: { nothing: 1 } as object },
		];
		for (const options of bad)
			expect(() => meet(version, options), JSON.stringify(options)).toThrow(RangeError);
	});
});

test("[MQTT-3.1.3-7] [MQTT-3.1.2-22] 3.1.1: no session without a name, no password without a user", () => {
	expect(() => meet(4, { clientId: "" })).toThrow(RangeError);
	expect(() => meet(4, { password: "p" })).toThrow(RangeError);
	expect(() => meet(4, { clientId: "", sessionExpirySeconds: 0 })).not.toThrow();
});

test("[MQTT-3.2.2-16] 5.0: the identifier that the server assigns is kept, also over close and open", () => {
	const will = { topic: "gone", payload: "x".repeat(60) }; // with the identifier it needs a length of two bytes
	const { rig, peer } = meet(5, { clientId: "", will, user: "me", password: "pw" });
	peer.properties = { assignedClientIdentifier: "chosen-by-the-server" };
	rig.online();
	peer.properties = {};
	peer.present = true;
	rig.drop();
	rig.until("online again", () => rig.recorder.count("online") === 2);
	rig.client.close();
	rig.online();
	const connects = peer.lines.map((line) => line.heard[0].packet as IConnectPacket);
	expect(connects.map((one) => one.clientId)).toEqual(["", "chosen-by-the-server", "chosen-by-the-server"]);
	expect(connects.map((one) => one.clean)).toEqual([true, false, false]);
	for (const one of connects) {
		expect(one).toMatchObject({ username: "me", password: Buffer.from("pw"), keepalive: 60 });
		expect(one.will).toMatchObject({ topic: "gone", payload: Buffer.from(will.payload) });
	}
});

test("5.0: an identifier that nobody asked for, or too long, ends the connection", () => {
	for (const [clientId, assigned, reason] of [
		["board", "other", 0x82],
		["", "x".repeat(65), 0x83],
	] as const) {
		const { rig, peer } = meet(5, { clientId });
		peer.properties = { assignedClientIdentifier: assigned };
		rig.client.open();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")[0][0]).toBe(reason);
		expect(rig.recorder.count("online")).toBe(0);
	}
});

describe.each(VERSIONS)("version %i: CONNACK", (version) => {
	test("[MQTT-3.2.0-1] [MQTT-4.8.0-1] any other packet first ends the connection", () => {
		const firsts = [
			"d000",
			"40020001",
			version === 5 ? "300400016100" : "3003000161",
			version === 5 ? "9004000100 00" : "9003000100",
		];
		if (version === 5) firsts.push("e000", "f000");
		for (const first of firsts) {
			const { rig, peer } = meet(version);
			peer.polite.clear();
			peer.onPacket = (_, line) => line.raw(first);
			rig.client.open();
			rig.until("offline", () => rig.recorder.count("offline") === 1);
			expect(rig.recorder.of("offline")[0], first).toEqual([Reason.ProtocolError, true]);
			expect(rig.recorder.count("message")).toBe(0);
			rig.pass(10);
			expect(peer.lines[0].texts).toEqual(version === 5 ? ["connect", "disconnect 0x82"] : ["connect"]);
			expect(peer.lines[0].closed).toBe(true);
		}
	});

	test("a second CONNACK is a protocol error, and harms nothing", () => {
		const { rig, peer } = met(version);
		const ticket = rig.publish("x", 1);
		rig.pass(1);
		peer.line.connack();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")[0][0]).toBe(Reason.ProtocolError);
		expect(rig.client.pending).toBe(1);
		peer.present = true;
		peer.answerAll();
		rig.until("acknowledged", () => rig.recorder.settled.has(ticket));
	});

	test("none in time: ConnackTimeout; the link is closed", () => {
		const { rig, peer } = meet(version, { limits: { connackMs: 3000 } });
		peer.polite.delete("connect");
		rig.client.open();
		rig.pass(2999);
		expect(rig.recorder.count("offline")).toBe(0);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ConnackTimeout, true]]);
		rig.pass(1);
		expect(peer.line.closed).toBe(true);
	});

	test("a peer that closes without a word", () => {
		const { rig, peer } = meet(version);
		peer.polite.clear();
		peer.onPacket = (_, line) => line.end();
		rig.client.open();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")[0][0]).toBe(LINK - LinkFault.Closed);
	});
});

describe("refusals", () => {
	const slow = (retryMs: number) => retryMs >= 150_000;

	test.each([
		[1, Reason.UnsupportedProtocolVersion, true],
		[2, Reason.ClientIdentifierNotValid, true],
		[3, Reason.ServerUnavailable, false],
		[4, Reason.BadUserNameOrPassword, true],
		[5, Reason.NotAuthorized, true],
		[6, Reason.Unspecified, false],
		[255, Reason.Unspecified, false],
	])(
		"[MQTT-3.2.2-4] [MQTT-3.2.2-5] 3.1.1 return code %i means reason %i, slow lane: %s",
		(code, reason, lane) => {
			const { rig, peer } = meet(4);
			peer.polite.clear();
			peer.onPacket = (_, line) => line.raw(Uint8Array.of(0x20, 2, 0, code));
			rig.client.open();
			rig.until("offline", () => rig.recorder.count("offline") === 1);
			expect(rig.recorder.of("offline")[0]).toEqual([reason, true]);
			expect(slow(rig.recorder.retries[0])).toBe(lane);
			rig.pass(1);
			expect(peer.lines[0].closed).toBe(true);
		},
	);

	const fast = [0x80, 0x90, 0x83, 0x88, 0x89, 0x9f];
	const patient = [0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x97, 0x9a, 0x9b, 0x9c, 0x9d];
	test.each([...fast, ...patient])("[MQTT-3.2.2-7] 5.0 reason %i", (reasonCode) => {
		const { rig, peer } = meet(5);
		peer.polite.clear();
		peer.onPacket = (_, line) => line.connack({ reasonCode });
		rig.client.open();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")[0]).toEqual([reasonCode, true]);
		expect(slow(rig.recorder.retries[0])).toBe(patient.includes(reasonCode));
	});

	test.each(VERSIONS)(
		"version %i: [MQTT-3.2.2-6] Session Present with a refusal is a protocol error",
		(version) => {
			const { rig, peer } = meet(version);
			peer.polite.clear();
			peer.onPacket = (_, line) => line.raw(version === 5 ? "2003018700" : "20020105");
			rig.client.open();
			rig.until("offline", () => rig.recorder.count("offline") === 1);
			expect(rig.recorder.of("offline")[0][0]).toBe(Reason.ProtocolError);
		},
	);

	test("a server of 3.1.1 answers a CONNECT of 5.0 in its own words", () => {
		const { rig, peer } = meet(5);
		peer.polite.clear();
		peer.onPacket = (_, line) => line.raw("20020001");
		rig.client.open();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")[0][0]).toBe(Reason.UnsupportedProtocolVersion);
	});
});

describe("links that do not come up", () => {
	test.each([
		["no network", Reason.DialFailed],
		["refuse", LINK - LinkFault.Refused],
		["dns", LINK - LinkFault.Dns],
	] as const)("%s: told, tried again, and well once it heals", (fault, reason) => {
		const { rig, peer } = meet(5, { conditions: { lookupMs: 10, upMs: 20, downMs: 20 } });
		rig.dialler.fault = fault;
		rig.client.open();
		rig.until("three attempts", () => rig.recorder.count("offline") === 3);
		expect(rig.recorder.of("offline")).toEqual([1, 2, 3].map(() => [reason, true]));
		rig.dialler.fault = "none";
		rig.until("online", () => rig.client.online);
		expect(peer.lines.length).toBe(1);
	});

	test("a dial that hangs ends after connectMs", () => {
		const { rig } = meet(5, { limits: { connectMs: 5000 } });
		rig.dialler.fault = "hang";
		rig.client.open();
		rig.pass(4999);
		expect(rig.recorder.count("offline")).toBe(0);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ConnectTimeout, true]]);
		expect(rig.strict.last.closed).toBe(true);
	});

	test("a link that comes up with little room waits for more before it says CONNECT", () => {
		const { rig, peer } = meet(5, { conditions: { upMs: 5, downMs: 5 } });
		rig.client.open();
		rig.strict.last.roomLimit = 5;
		rig.pass(50);
		expect(rig.recorder.count("offline")).toBe(0);
		rig.strict.last.roomLimit = 100;
		rig.strict.last.onWritable(100);
		rig.until("online", () => rig.client.online);
		expect(peer.lines.length).toBe(1);
	});
});

describe("backoff", () => {
	test("what onOffline reports is what happens: drawn anew each time, up to twice as long, to the cap", () => {
		const limits = { backoffMs: 1000, backoffMaxMs: 16_000 };
		const { rig } = meet(5, { limits });
		rig.dialler.fault = "refuse";
		rig.client.open();
		let least = 500;
		let most = 1000;
		for (let i = 0; i < 9; i++) {
			rig.until("an attempt fails", () => rig.recorder.retries.length === i + 1, 20_000);
			const told = rig.recorder.retries[i];
			expect(told).toBeGreaterThanOrEqual(least);
			expect(told).toBeLessThanOrEqual(most);
			const dials = rig.dialler.dials;
			rig.pass(told - 1);
			expect(rig.dialler.dials).toBe(dials);
			rig.pass(1);
			expect(rig.dialler.dials).toBe(dials + 1);
			most = Math.min(told * 2, 16_000);
			least = Math.ceil(most * 0.75);
		}
	});

	test("two boards do not come back together, and a seed gives the same times again", () => {
		const times = (seed: number) => {
			const { rig } = meet(5, { seed });
			rig.dialler.fault = "refuse";
			rig.client.open();
			rig.pass(100_000);
			return rig.recorder.retries;
		};
		expect(times(1)).toEqual(times(1));
		expect(times(1)).not.toEqual(times(2));
	});

	test("starts anew only after a connection has lasted", () => {
		const limits = { backoffMs: 1000, stableMs: 30_000 };
		const { rig } = met(5, { limits });
		const lost = () => {
			rig.drop();
			const told = rig.recorder.retries[rig.recorder.retries.length - 1];
			rig.until("online", () => rig.client.online);
			return told;
		};
		const quick = [lost(), lost(), lost(), lost()];
		for (let i = 1; i < 4; i++) expect(quick[i]).toBeGreaterThanOrEqual(1.49 * quick[i - 1]);
		rig.pass(29_000);
		expect(lost()).toBeGreaterThanOrEqual(1.49 * quick[3]);
		rig.pass(30_001);
		expect(lost()).toBeLessThanOrEqual(1000);
	});

	test("5.0: DISCONNECT of the server ends the connection with its reason, and nothing is said back", () => {
		for (const reasonCode of [0, 0x80, 0x8b, 0x8d, 0x97, 0x98]) {
			const { rig, peer } = met(5);
			peer.line.send({ cmd: "disconnect", reasonCode });
			rig.until("offline", () => rig.recorder.count("offline") === 1);
			expect(rig.recorder.of("offline")[0][0]).toBe(reasonCode === 0 ? 0x80 : reasonCode);
			rig.pass(1);
			expect(peer.lines[0].take()).toEqual([]);
			expect(peer.lines[0].closed).toBe(true);
		}
	});
});
