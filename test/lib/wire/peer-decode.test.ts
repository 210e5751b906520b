// SPDX-License-Identifier: MIT
/** Round trips against another codec, mqtt-packet, in both versions, on packets made at random: decoding. */
import fc from "fast-check";
import { generate, type Packet as PeerPacket } from "mqtt-packet";
import { describe, expect, test, vi } from "vitest";
import { Decoder } from "../../../lib/wire/decoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { PacketType, Property } from "../../../lib/wire/protocol.js";
import {
	arena,
	data,
	id,
	options,
	payload,
	qos,
	SEND,
	some,
	text,
	topic,
	u16,
	u32,
	userProperties,
	version5,
} from "./peer.js";

vi.setConfig({ testTimeout: 60_000 });
const packet = new Packet(arena);
const decoder = new Decoder(packet);
decoder.aliases = { inboundMaximum: 65_535, inbound: () => 0 };
const latin = (start: number, end: number) => Buffer.from(arena.bytes.slice(start, end)).toString("utf8");

/** How many packets were split, shortened and followed by junk. */
let tortured = 0;

/** What the decoder says of `[start, end)`: its answer, and all that it read. */
function outcome(start: number, end: number): string {
	const fault = decoder.decode(start, end);
	return fault === 0 ? JSON.stringify({ ...packet, bytes: 0 }) : `fault ${fault}`;
}

/**
 * The packet in pieces: every beginning of it is framed; it means the same whatever follows; and every shorter packet
 * that is made of its beginning gets one answer, whatever follows. Returns what went wrong.
 */
function torture(bytes: Uint8Array): string[] {
	const wrong: string[] = [];
	const all = arena.bytes;
	let header = 2;
	while (bytes[header - 1] >= 0x80) header++;
	for (let cut = 0; cut <= bytes.length; cut++) {
		const size = decoder.frame(SEND, SEND + cut);
		if (size !== (cut < header ? 0 : bytes.length)) wrong.push(`framed as ${size} with ${cut} bytes`);
	}
	const end = SEND + bytes.length;
	const whole = outcome(SEND, end);
	for (const junk of [0x00, 0x2b, 0xff]) {
		all.fill(junk, end, end + 64);
		if (outcome(SEND, end) !== whole) wrong.push(`other with ${junk} behind`);
	}
	const body = SEND + 8;
	all.set(bytes.subarray(header), body);
	for (let length = 0; length < bytes.length - header; length++) {
		const start = body - (length < 128 ? 2 : 3);
		all[start] = bytes[0];
		all[start + 1] = length < 128 ? length : (length & 0x7f) | 0x80;
		if (length >= 128) all[start + 2] = length >> 7;
		const short = outcome(start, body + length);
		const next = bytes[header + length];
		all[body + length] = next ^ 0xff;
		if (outcome(start, body + length) !== short) wrong.push(`reads on when shortened to ${length}`);
		all[body + length] = next;
	}
	all.set(bytes, SEND);
	tortured++;
	return wrong;
}

/** Writes with the peer, reads with our decoder: in pieces, and then whole. */
function decode(one: object, five: boolean): void {
	const bytes = generate(one as PeerPacket, { protocolVersion: five ? 5 : 4 });
	arena.bytes.set(bytes, SEND);
	decoder.version5 = five;
	const end = SEND + bytes.length;
	expect(torture(bytes)).toEqual([]);
	arena.bytes.set(bytes, SEND);
	expect(decoder.frame(SEND, end)).toBe(bytes.length);
	expect(decoder.decode(SEND, end)).toBe(0);
}

const block = (property: number): Buffer => {
	const at = packet.property(property, 0);
	return Buffer.from(arena.bytes.slice(at + 2, at + 2 + arena.view.getUint16(at)));
};

/** The peer's names of properties. */
const ids: Record<string, number> = {
	payloadFormatIndicator: Property.PayloadFormatIndicator,
	messageExpiryInterval: Property.MessageExpiryInterval,
	contentType: Property.ContentType,
	responseTopic: Property.ResponseTopic,
	correlationData: Property.CorrelationData,
	subscriptionIdentifier: Property.SubscriptionIdentifier,
	sessionExpiryInterval: Property.SessionExpiryInterval,
	assignedClientIdentifier: Property.AssignedClientIdentifier,
	serverKeepAlive: Property.ServerKeepAlive,
	authenticationMethod: Property.AuthenticationMethod,
	authenticationData: Property.AuthenticationData,
	responseInformation: Property.ResponseInformation,
	serverReference: Property.ServerReference,
	reasonString: Property.ReasonString,
	receiveMaximum: Property.ReceiveMaximum,
	topicAliasMaximum: Property.TopicAliasMaximum,
	topicAlias: Property.TopicAlias,
	maximumQoS: Property.MaximumQos,
	retainAvailable: Property.RetainAvailable,
	userProperties: Property.UserProperty,
	maximumPacketSize: Property.MaximumPacketSize,
	wildcardSubscriptionAvailable: Property.WildcardSubscriptionAvailable,
	subscriptionIdentifiersAvailable: Property.SubscriptionIdentifierAvailable,
	sharedSubscriptionAvailable: Property.SharedSubscriptionAvailable,
};

/** The user properties, one by one. */
function pairsSeen(): [string | undefined, string][] {
	const pairs: [string | undefined, string][] = [];
	for (let nth = 0; packet.propertyStart(Property.UserProperty, nth) !== 0; nth++) {
		const value = packet.propertyEnd(packet.propertyStart(Property.UserProperty, nth)) + 2;
		const bytes = arena.bytes.slice(value, packet.propertyEnd(value));
		pairs.push([
			packet.propertyText(Property.UserProperty, nth),
			new TextDecoder("utf8", { ignoreBOM: true }).decode(bytes),
		]);
	}
	return pairs;
}

/** The packet has exactly these properties with these values. */
function checkProperties(properties: object | undefined): void {
	const expected: number[] = [];
	for (const [name, value] of Object.entries(properties ?? {})) {
		const property = ids[name];
		expected.push(property);
		if (property === Property.UserProperty) {
			const pairs = Object.entries(value as Record<string, string | string[]>);
			expect(pairsSeen()).toEqual(pairs.flatMap(([key, of]) => [of].flat().map((one) => [key, one])));
		} else if (typeof value === "string") expect(block(property).toString("utf8")).toBe(value);
		else if (Buffer.isBuffer(value)) expect(block(property)).toEqual(value);
		else expect(packet.property(property, -1), name).toBe(Number(value));
	}
	for (let n = 0; n < Property.Limit; n++)
		expect(packet.property(n, -1) >= 0, `property ${n}`).toBe(expected.includes(n));
}

const ackProperties = some({ reasonString: text(1), userProperties });

describe("what mqtt-packet writes, the decoder reads", () => {
	test("PUBLISH", () => {
		const properties = some({
			payloadFormatIndicator: fc.boolean(),
			messageExpiryInterval: u32,
			topicAlias: fc.integer({ min: 1, max: 65_535 }),
			responseTopic: topic,
			correlationData: data,
			userProperties,
			subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }),
			contentType: text(1),
		});
		const one = fc.record({
			topic,
			payload,
			qos,
			retain: fc.boolean(),
			dup: fc.boolean(),
			messageId: id,
			properties,
		});
		fc.assert(
			fc.property(version5, one, (five, model) => {
				const dup = model.dup && model.qos > 0;
				decode({ cmd: "publish", ...model, dup, properties: five ? model.properties : undefined }, five);
				expect(packet.type).toBe(PacketType.Publish);
				expect(packet.flags).toBe((dup ? 8 : 0) | (model.qos << 1) | (model.retain ? 1 : 0));
				expect(packet.id).toBe(model.qos > 0 ? model.messageId : 0);
				expect(latin(packet.topicStart, packet.topicEnd)).toBe(model.topic);
				expect(Buffer.from(arena.bytes.slice(packet.payloadStart, packet.payloadEnd))).toEqual(model.payload);
				if (five) checkProperties(model.properties);
			}),
			options,
		);
	});

	test("CONNACK", () => {
		const properties = some({
			sessionExpiryInterval: u32,
			receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
			maximumQoS: fc.nat(1),
			retainAvailable: fc.boolean(),
			maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
			assignedClientIdentifier: text(1),
			topicAliasMaximum: u16,
			reasonString: text(1),
			userProperties,
			wildcardSubscriptionAvailable: fc.boolean(),
			subscriptionIdentifiersAvailable: fc.boolean(),
			sharedSubscriptionAvailable: fc.boolean(),
			serverKeepAlive: u16,
			responseInformation: text(1),
			serverReference: text(1),
			authenticationMethod: text(1),
			authenticationData: data,
		});
		const reason = fc.constantFrom(0, 0, 0x80, 0x87, 0x95, 0x9f);
		fc.assert(
			fc.property(
				version5,
				fc.boolean(),
				reason,
				fc.nat(5),
				properties,
				(five, session, code, old, given) => {
					const sessionPresent = session && (five ? code === 0 : old === 0);
					decode(
						five
							? { cmd: "connack", reasonCode: code, sessionPresent, properties: given }
							: { cmd: "connack", returnCode: old, sessionPresent },
						five,
					);
					expect(packet.sessionPresent).toBe(sessionPresent ? 1 : 0);
					expect(packet.reason).toBe(five ? code : [0, 0x84, 0x85, 0x88, 0x86, 0x87][old]);
					if (five) checkProperties(given);
				},
			),
			options,
		);
	});

	test("PUBACK, PUBREC, PUBREL, PUBCOMP", () => {
		const commands = ["puback", "pubrec", "pubrel", "pubcomp"] as const;
		fc.assert(
			fc.property(
				version5,
				fc.nat(3),
				id,
				fc.boolean(),
				ackProperties,
				(five, index, messageId, bad, given) => {
					const reason = !bad || !five ? 0 : index < 2 ? 0x97 : 0x92;
					const properties = five ? given : undefined;
					decode({ cmd: commands[index], messageId, reasonCode: reason, properties }, five);
					expect(packet.type).toBe(PacketType.Puback + index);
					expect(packet.id).toBe(messageId);
					expect(packet.reason).toBe(reason);
					if (five) checkProperties(given);
				},
			),
			options,
		);
	});

	test("SUBACK, UNSUBACK", () => {
		const codes = fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(
				version5,
				fc.boolean(),
				id,
				codes,
				ackProperties,
				(five, sub, messageId, given, properties) => {
					const granted = sub ? given : given.map((code) => (code < 0x80 ? [0, 0x11, 0][code] : code));
					const extra = five ? { properties } : {};
					decode({ cmd: sub ? "suback" : "unsuback", messageId, granted, ...extra }, five);
					expect(packet.id).toBe(messageId);
					const expected = sub || five ? granted : [];
					expect([...arena.bytes.slice(packet.payloadStart, packet.payloadEnd)]).toEqual(expected);
					if (five) checkProperties(properties);
				},
			),
			options,
		);
	});

	test("DISCONNECT, AUTH, PINGRESP", () => {
		const properties = some({ reasonString: text(1), userProperties, serverReference: text(1) });
		const auth = some({ authenticationData: data, reasonString: text(1), userProperties });
		const reason = fc.constantFrom(0, 0x80, 0x8b, 0x9c, 0xa2);
		fc.assert(
			fc.property(
				properties,
				auth,
				text(1),
				reason,
				fc.nat(2),
				(given, other, authenticationMethod, code, kind) => {
					const method = { authenticationMethod, ...other };
					if (kind === 0) decode({ cmd: "disconnect", reasonCode: code, properties: given }, true);
					else if (kind === 1) decode({ cmd: "auth", reasonCode: 0x18, properties: method }, true);
					else decode({ cmd: "pingresp" }, code > 0x80);
					expect(packet.reason).toBe([code, 0x18, 0][kind]);
					if (kind < 2) checkProperties(kind === 0 ? given : method);
				},
			),
			options,
		);
	});

	test("each of them also in pieces, shortened, and with junk behind: ten thousand at least", () => {
		expect(tortured).toBeGreaterThanOrEqual(10_000);
	});
});
