// SPDX-License-Identifier: MIT
/** The properties of CONNECT and of the will, and what a server of 5.0 may have against a will. */
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { type ClientOptions, Reason, type Will } from "../../../lib/index.js";
import { type Line, meet, met, VERSIONS } from "../../kit/peer.js";

const userProperties = [
	["site", "böard-1"],
	["site", ""],
	["", "x"],
] as const;

const will: Will = {
	topic: "gone",
	payload: '{"v":1}',
	qos: 1,
	delaySeconds: 4_294_967_295,
	payloadFormat: 1,
	messageExpirySeconds: 0,
	contentType: "application/json",
	responseTopic: "back/here",
	correlationData: Uint8Array.of(0, 255),
	userProperties,
};

const everything: Partial<ClientOptions> = {
	will,
	user: "me",
	requestResponseInformation: true,
	requestProblemInformation: false,
	userProperties,
	limits: { textBytes: 600 },
};

function connectOf(version: 4 | 5, options: Partial<ClientOptions>): IConnectPacket {
	const { rig, peer } = meet(version, options);
	rig.online();
	return peer.line.heard[0].packet as IConnectPacket;
}

describe("CONNECT", () => {
	test("5.0: all properties [5.0: 3.1.2.11, 3.1.3.2]", () => {
		const connect = connectOf(5, everything);
		expect(connect.properties).toEqual({
			sessionExpiryInterval: 86_400,
			receiveMaximum: 16,
			maximumPacketSize: 1024,
			requestResponseInformation: true,
			requestProblemInformation: false,
			userProperties: { site: ["böard-1", ""], "": "x" },
		});
		expect(connect.will).toMatchObject({ topic: "gone", qos: 1, retain: false });
		expect(String(connect.will!.payload)).toBe('{"v":1}');
		expect(connect.will!.properties).toEqual({
			willDelayInterval: 4_294_967_295,
			payloadFormatIndicator: true,
			messageExpiryInterval: 0,
			contentType: "application/json",
			responseTopic: "back/here",
			correlationData: Buffer.of(0, 255),
			userProperties: { site: ["böard-1", ""], "": "x" },
		});
		expect(connect.username).toBe("me");
	});

	test("3.1.1 says none of them, and the rest as ever", () => {
		const connect = connectOf(4, everything);
		expect(connect.properties).toBeUndefined();
		expect(connect.will!.properties).toBeUndefined();
		expect(connect.will).toMatchObject({ topic: "gone", qos: 1, retain: false });
		expect([connect.clientId, connect.username]).toEqual(["board", "me"]);
	});

	test("sections of properties that are longer than 127 bytes, with an identifier that is assigned later", () => {
		const long = [["x".repeat(100), "y".repeat(100)]] as const;
		const limits = { textBytes: 1000 };
		const { rig, peer } = meet(5, {
			clientId: "",
			userProperties: long,
			will: { ...will, userProperties: long },
			limits,
		});
		peer.properties = { assignedClientIdentifier: "chosen" };
		rig.online();
		peer.properties = {};
		peer.present = true;
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
		const connects = peer.lines.map((line) => line.heard[0].packet as IConnectPacket);
		expect(connects.map((one) => one.clientId)).toEqual(["", "chosen"]);
		expect(connects[1].will).toEqual(connects[0].will);
		expect(connects[1].properties).toEqual(connects[0].properties);
		expect(connects[0].properties!.userProperties).toEqual({ [long[0][0]]: long[0][1] });
	});

	test.each(VERSIONS)("version %i: what is no property throws where it is written", (version) => {
		const bad: Partial<ClientOptions>[] = [
			{ will: { ...will, payloadFormat: 2 as 1 } },
			{ will: { ...will, messageExpirySeconds: -1 } },
			{ will: { ...will, delaySeconds: 4_294_967_296 } },
			{ will: { ...will, delaySeconds: 0.5 } },
			{ will: { ...will, contentType: "a\0" } },
			{ will: { ...will, responseTopic: "a/+" } },
			{ will: { ...will, responseTopic: "" } },
			{ will: { ...will, userProperties: [["a", "\ud800"]] } },
			{ userProperties: [["a\0", ""]] },
			{ userProperties: [["a", 1 as never]] },
			{ userProperties: [["a", "x".repeat(600)]] },
		];
		for (const options of bad) {
			const make = () => meet(version, options);
			if (version === 5) expect(make, JSON.stringify(options)).toThrow(RangeError);
			else expect(make, JSON.stringify(options)).not.toThrow();
		}
	});
});

describe("[5.0: 3.1.2.11.7] Request Problem Information 0", () => {
	const said = { reasonString: "why", userProperties: { a: "b" } };

	test.each([
		[
			"PUBACK",
			(line: Line) =>
				line.send({ cmd: "puback", messageId: 2, reasonCode: 0, properties: { reasonString: "why" } }),
		],
		[
			"SUBACK",
			(line: Line) =>
				line.send({
					cmd: "suback",
					messageId: 65_281,
					granted: [1],
					properties: { userProperties: { a: "b" } },
				}),
		],
	])("a %s with words is an error of the protocol", (_what, act) => {
		for (const requestProblemInformation of [false, true]) {
			const { rig, peer } = met(5, { requestProblemInformation });
			peer.polite.clear();
			rig.client.subscribe(rig.filter, 1);
			rig.publish("x", 0);
			rig.publish("x", 1);
			rig.pass(100);
			act(peer.line);
			rig.pass(100);
			const ended = rig.recorder.of("offline").map(([reason]) => reason);
			expect(ended).toEqual(requestProblemInformation ? [] : [Reason.ProtocolError]);
			if (!requestProblemInformation) expect(peer.line.texts.at(-1)).toBe("disconnect 0x82");
		}
	});

	test("PUBLISH, CONNACK and DISCONNECT may have them", () => {
		const { rig, peer } = meet(5, { requestProblemInformation: false });
		peer.properties = said;
		rig.online();
		peer.line.publish("in/x", "x", 0, undefined, { properties: { userProperties: { a: "b" } } });
		rig.pass(100);
		expect([rig.client.online, rig.recorder.count("message")]).toEqual([true, 1]);
		peer.line.send({ cmd: "disconnect", reasonCode: 0x8b, properties: { reasonString: "bye" } });
		rig.pass(100);
		expect(rig.recorder.of("offline")[0][0]).toBe(Reason.ServerShuttingDown);
	});
});

describe("A will that the server does not offer", () => {
	test.each([
		["QosNotSupported", 0x9b, { qos: 2 }],
		["RetainNotSupported", 0x9a, { retain: true }],
	] as const)("is refused with %s, and asked about again slowly [5.0: 3.2.2.3]", (name, reasonCode, more) => {
		const { rig, peer } = meet(5, { will: { topic: "gone", payload: "x", ...more } });
		peer.polite.delete("connect");
		rig.client.open();
		rig.until("CONNECT", () => peer.line?.heard.length === 1);
		peer.line.connack({ reasonCode, properties: {} });
		rig.pass(100);
		expect(rig.recorder.of("offline")).toEqual([[Reason[name], true]]);
		expect(rig.recorder.retries[0]).toBeGreaterThanOrEqual(150_000);
		rig.pass(149_000);
		expect(peer.lines).toHaveLength(1);
		rig.pass(152_000);
		expect(peer.lines.length).toBeGreaterThan(1);
	});

	test("a server that offers less than the will, and takes it, keeps it: messages are held to the limits [5.0 MQTT-3.2.2-11]", () => {
		const { rig, peer } = meet(5, { will: { topic: "gone", payload: "x", qos: 2, retain: true } });
		peer.properties = { maximumQoS: 0, retainAvailable: false };
		rig.online();
		expect(rig.publish("x", 1)).toBeLessThan(0);
		expect(rig.publish("x", 0)).toBeGreaterThan(0);
	});
});
