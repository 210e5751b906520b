// SPDX-License-Identifier: MIT
/** What the broker says with its packets, and what the application says with its goodbye: properties of 5.0. */
import { describe, expect, test } from "vitest";
import { Fragments } from "../../../lib/extras/index.js";
import { Property, Reason, Refusal } from "../../../lib/index.js";
import { encode, type Fields, meet, met, VERSIONS } from "../../kit/peer.js";

const propertiesOf = (heard: { packet: unknown }): unknown => (heard.packet as Fields).properties;

describe("5.0: what the broker says with a packet is seen in the callback that tells of it, and not after", () => {
	/** What is said at each note. */
	function listen(options: Parameters<typeof meet>[1] = {}) {
		const { rig, peer } = meet(5, options);
		const heard: (string | undefined)[][] = [];
		rig.recorder.hook = (note) => heard.push([note.join(" "), rig.client.said.reasonString()]);
		return { rig, peer, heard, client: rig.client };
	}

	test("CONNACK, and what the broker offers", () => {
		const { rig, peer, heard, client } = listen({ clientId: "" });
		peer.properties = {
			reasonString: "welcome",
			assignedClientIdentifier: "given-é",
			maximumPacketSize: 300,
			maximumQoS: 1,
			retainAvailable: false,
			serverKeepAlive: 40,
			responseInformation: "answers/here",
		};
		let where: string | undefined;
		const { hook } = rig.recorder;
		rig.recorder.hook = (note) => {
			where ??= client.said.propertyText(Property.ResponseInformation);
			hook?.(note);
		};
		rig.online();
		expect(heard).toEqual([["online false", "welcome"]]);
		expect(where).toBe("answers/here");
		expect(client.clientId).toBe("given-é");
		const { maximumPacketSize, maximumQos, retainAvailable, keepAliveMs } = client.server;
		expect([maximumPacketSize, maximumQos, retainAvailable, keepAliveMs]).toEqual([300, 1, false, 35_000]);
		expect(client.said.reasonString()).toBeUndefined();
	});

	test("a CONNACK that says no", () => {
		const { rig, peer, heard } = listen();
		peer.onPacket = (_packet, line) =>
			line.connack({ reasonCode: 0x87, properties: { reasonString: "who?" } });
		peer.polite.clear();
		rig.client.open();
		rig.until("told", () => heard.length > 0);
		expect(heard).toEqual([[`offline ${Reason.NotAuthorized} true`, "who?"]]);
		expect(rig.client.said.reasonString()).toBeUndefined();
	});

	test("acknowledgements", () => {
		const { rig, peer, heard } = listen();
		rig.online();
		heard.length = 0;
		rig.publish("1", 1);
		rig.publish("2", 2);
		peer.polite.delete("subscribe");
		rig.pass(1);
		const properties = { reasonString: "nobody listens", userProperties: { a: "b" } };
		peer.line.send({ cmd: "puback", messageId: 2, reasonCode: 0x10, properties });
		peer.line.send({ cmd: "pubrec", messageId: 3, reasonCode: 0x97, properties: { reasonString: "full" } });
		rig.pass(1);
		rig.client.subscribe(rig.filter, 2);
		rig.pass(1);
		const [{ packet }] = peer.all("subscribe").slice(-1);
		peer.line.send({ cmd: "suback", messageId: packet.messageId, granted: [0x87], properties });
		rig.pass(1);
		expect(heard.slice(-3)).toEqual([
			["settled 1 1 16 false", "nobody listens"],
			["settled 2 2 151 false", "full"],
			["subscribed 135", "nobody listens"],
		]);
	});

	test("DISCONNECT; an end without one says nothing, nor does a packet that broke a rule", () => {
		const { rig, peer, heard } = listen();
		rig.online();
		heard.length = 0;
		peer.line.send({ cmd: "disconnect", reasonCode: 0x8b, properties: { reasonString: "down for lunch" } });
		rig.until("offline", () => heard.length === 1);
		expect(heard).toEqual([[`offline ${Reason.ServerShuttingDown} true`, "down for lunch"]]);
		rig.until("online", () => rig.client.online);
		peer.line.send({ cmd: "puback", messageId: 9, reasonCode: 0, properties: { reasonString: "stray" } });
		rig.pass(1);
		rig.drop();
		rig.until("online", () => rig.client.online);
		heard.length = 0;
		// A second CONNACK, with a reason string [5.0 MQTT-3.2.0-2].
		peer.line.connack({ properties: { reasonString: "again" } });
		rig.until("offline", () => heard.length === 1);
		expect(heard).toEqual([[`offline ${Reason.ProtocolError} true`, undefined]]);
	});
});

test("each piece of a message that comes in pieces has its properties, and what follows has none of them", () => {
	const { rig, peer } = met(5, { fragments: new Fragments(), limits: { packetBytes: 128 } });
	const seen: unknown[][] = [];
	rig.recorder.hook = (note, message) => {
		if (message !== undefined) seen.push([message.offset, message.contentType(), message.userProperty("a")]);
		else seen.push([note[0], rig.client.said.propertyText(Property.ContentType)]);
	};
	const properties = { contentType: "text/plain", userProperties: { a: "b" } };
	peer.line.publish("in/x", Buffer.alloc(200), 0, undefined, { properties });
	rig.pass(1);
	expect(seen.length).toBeGreaterThan(2);
	expect(seen.map(([, ...rest]) => rest)).toEqual(seen.map(() => ["text/plain", "b"]));
	seen.length = 0;
	peer.line.publish("in/x", Buffer.alloc(4), 0);
	// The beginning of another one, and then the link breaks.
	const whole = encode({ cmd: "publish", topic: "in/x", payload: Buffer.alloc(300), qos: 0, properties }, 5);
	peer.line.raw(whole.subarray(0, 200));
	rig.pass(1);
	rig.drop();
	expect(seen[0]).toEqual([0, undefined, undefined]);
	expect(seen.at(-1)).toEqual(["offline", undefined]);
});

describe("a goodbye with properties", () => {
	test.each(VERSIONS)(
		"version %i: session expiry, reason string, user properties; 3.1.1 says none",
		(version) => {
			const { rig, peer } = met(version);
			const properties = rig.client.properties({
				sessionExpirySeconds: 3600,
				reasonString: "asleep",
				userProperties: [["battery", "low"]],
			});
			expect(rig.client.close(false, properties)).toBe(0);
			rig.pass(1);
			const [disconnect] = peer.all("disconnect");
			expect(disconnect.text).toBe("disconnect");
			expect(propertiesOf(disconnect)).toEqual(
				version === 5
					? { sessionExpiryInterval: 3600, reasonString: "asleep", userProperties: { battery: "low" } }
					: undefined,
			);
			rig.online();
			expect(rig.client.close(), "they are of one goodbye").toBe(0);
			rig.pass(1);
			expect(propertiesOf(peer.all("disconnect")[1])).toBeUndefined();
		},
	);

	test("with the will, and no longer than the broker takes [5.0 MQTT-3.14.2-3, MQTT-3.14.2-4]", () => {
		const { rig, peer } = meet(5);
		peer.properties = { maximumPacketSize: 30 };
		rig.online();
		const properties = rig.client.properties({
			reasonString: "x".repeat(40),
			userProperties: [["battery", "low"]],
		});
		rig.client.close(true, properties);
		rig.pass(1);
		const [disconnect] = peer.all("disconnect");
		expect(disconnect.text).toBe("disconnect 0x04");
		expect(propertiesOf(disconnect)).toEqual({ userProperties: { battery: "low" } });
	});

	test("a session that had no time is given none [5.0, 3.14.2.2.2], and other properties are refused", () => {
		const { client } = met(5, { sessionExpirySeconds: 0 }).rig;
		const later = client.properties({ sessionExpirySeconds: 1, reasonString: "x" });
		expect(client.close(false, later)).toBe(Refusal.WrongProperty);
		expect(client.close(false, client.properties({ contentType: "x" }))).toBe(Refusal.WrongProperty);
		expect(client.online).toBe(true);
		expect(client.close(false, client.properties({ sessionExpirySeconds: 0 }))).toBe(0);
		expect(client.online).toBe(false);
	});
});
