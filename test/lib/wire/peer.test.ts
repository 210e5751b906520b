// SPDX-License-Identifier: MIT
/** Round trips against another codec, mqtt-packet, in both directions and both versions, on packets made at random. */
import fc from "fast-check";
import { generate, type Packet as PeerPacket, parser } from "mqtt-packet";
import { describe, expect, test, vi } from "vitest";
import { Decoder } from "../../../lib/wire/decoder.js";
import { ConnectFields, Encoder } from "../../../lib/wire/encoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { PacketType, Property } from "../../../lib/wire/protocol.js";
import { Record as Message } from "../../../lib/wire/record.js";
import { newArena } from "./bytes.js";

vi.setConfig({ testTimeout: 60_000 });
const RUNS = 1000;
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fff_ffff);
const options = { numRuns: RUNS, seed: SEED };
console.log(`peer: seed ${SEED} (SEED=${SEED} repeats it), ${RUNS} packets per property`);

// One arena for all: inputs below 20,000, packets from there on.
const SEND = 20_000;
const arena = newArena(60_000);
const packet = new Packet();
const decoder = new Decoder(arena, packet);
decoder.aliasMaximum = 65_535;
const encoder = new Encoder(arena, SEND, arena.bytes.length);
const utf8 = new TextEncoder();
const latin = (start: number, end: number) => Buffer.from(arena.bytes.slice(start, end)).toString("utf8");

/* ---- what packets are made of ---- */

/** A string that MQTT takes. */
const text = (minLength: number, maxLength = 40) =>
	fc.string({ unit: "binary", minLength, maxLength }).filter((s) => !s.includes("\0"));
const topic = text(1).filter((s) => !/[+#]/.test(s));
const id = fc.integer({ min: 1, max: 65_535 });
const qos = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const u16 = fc.integer({ min: 0, max: 65_535 });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const userProperties = fc.dictionary(text(1, 10), text(0, 10), {
	minKeys: 1,
	maxKeys: 3,
	noNullPrototype: true,
});
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
	fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const version5 = fc.boolean();

/* ---- towards the peer ---- */

function parse(bytes: Uint8Array, five: boolean): PeerPacket {
	const found: PeerPacket[] = [];
	const peer = parser({ protocolVersion: five ? 5 : 4 });
	peer.on("packet", (one) => found.push(one));
	peer.on("error", (error) => {
		throw error;
	});
	peer.parse(Buffer.from(bytes));
	expect(found.length).toBe(1);
	return found[0];
}

/** Writes with our encoder, reads with the peer. */
function encode(five: boolean, write: () => boolean): PeerPacket {
	encoder.clear();
	encoder.version5 = five;
	expect(write()).toBe(true);
	return parse(arena.bytes.slice(encoder.start, encoder.position), five);
}

/** Puts a text with its length at `at`. */
function put(at: number, bytes: Uint8Array): { start: number; end: number } {
	arena.view.setUint16(at, bytes.length);
	arena.bytes.set(bytes, at + 2);
	return { start: at + 2, end: at + 2 + bytes.length };
}

function putMessage(flags: number, name: string, properties: Uint8Array, body: Uint8Array): number {
	const { bytes, view } = arena;
	bytes[0] = flags;
	view.setUint16(Message.PropertiesLength, properties.length);
	let end = put(Message.TopicLength, utf8.encode(name)).end;
	bytes.set(properties, end);
	end += properties.length;
	bytes.set(body, end);
	return end + body.length;
}

const connectModel = fc.record({
	clean: fc.boolean(),
	keepalive: u16,
	clientId: text(1),
	username: fc.option(text(1), { nil: undefined }),
	password: fc.option(data, { nil: undefined }),
	will: fc.option(fc.record({ topic, payload: data, qos, retain: fc.boolean(), delay: u32 }), {
		nil: undefined,
	}),
	properties: fc.record({
		sessionExpiryInterval: u32,
		receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
		maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
	}),
});

function connectFields(model: typeof connectModel extends fc.Arbitrary<infer T> ? T : never): ConnectFields {
	const fields = new ConnectFields();
	let at = 0;
	const add = (bytes: Uint8Array) => {
		const range = put(at, bytes);
		at = range.end;
		return range;
	};
	fields.cleanStart = model.clean;
	fields.keepAliveSeconds = model.keepalive;
	fields.sessionExpirySeconds = model.properties.sessionExpiryInterval;
	fields.receiveMaximum = model.properties.receiveMaximum;
	fields.maximumPacketSize = model.properties.maximumPacketSize;
	({ start: fields.clientIdStart, end: fields.clientIdEnd } = add(utf8.encode(model.clientId)));
	if (model.username !== undefined)
		({ start: fields.userStart, end: fields.userEnd } = add(utf8.encode(model.username)));
	if (model.password !== undefined)
		({ start: fields.passwordStart, end: fields.passwordEnd } = add(model.password));
	if (model.will) {
		fields.willFlags = 4 | (model.will.qos << 3) | (model.will.retain ? 32 : 0);
		fields.willDelaySeconds = model.will.delay;
		({ start: fields.willTopicStart, end: fields.willTopicEnd } = add(utf8.encode(model.will.topic)));
		({ start: fields.willPayloadStart, end: fields.willPayloadEnd } = add(model.will.payload));
	}
	return fields;
}

describe("what the encoder writes, mqtt-packet reads", () => {
	test("CONNECT [MQTT-3.1.2-1, MQTT-3.1.3-1]", () => {
		fc.assert(
			fc.property(version5, connectModel, (five, model) => {
				const read = encode(five, () => encoder.connect(connectFields(model)));
				const lonePassword = !five && model.password !== undefined && model.username === undefined;
				expect(read).toMatchObject({
					cmd: "connect",
					protocolVersion: five ? 5 : 4,
					clean: model.clean,
					keepalive: model.keepalive,
					clientId: model.clientId,
				});
				if (read.cmd !== "connect") return;
				expect(read.username).toBe(lonePassword ? "" : model.username);
				expect(read.password).toEqual(model.password);
				if (model.will) {
					expect(read.will).toMatchObject({
						topic: model.will.topic,
						payload: model.will.payload,
						qos: model.will.qos,
						retain: model.will.retain,
					});
					if (five) expect(read.will?.properties?.willDelayInterval ?? 0).toBe(model.will.delay);
				} else expect(read.will).toBeUndefined();
				if (!five) return;
				expect({ sessionExpiryInterval: 0, ...read.properties }).toEqual(model.properties);
			}),
			options,
		);
	});

	test("PUBLISH", () => {
		fc.assert(
			fc.property(
				version5,
				topic,
				payload,
				qos,
				fc.boolean(),
				fc.boolean(),
				id,
				u32,
				fc.boolean(),
				(five, name, body, level, retain, dup, messageId, expiry, withFormat) => {
					const properties = withFormat ? Uint8Array.of(1, 1) : new Uint8Array(0);
					const end = putMessage((level << 1) | (retain ? 1 : 0), name, properties, body);
					const read = encode(five, () => encoder.publish(0, end, messageId, dup, expiry));
					expect(encoder.publishSize(0, end, expiry)).toBe(encoder.position - encoder.start);
					expect(read).toMatchObject({ cmd: "publish", topic: name, qos: level, retain, payload: body });
					if (read.cmd !== "publish") return;
					expect(read.dup).toBe(level > 0 && dup);
					expect(read.messageId).toBe(level > 0 ? messageId : undefined);
					if (!five) return;
					expect(read.properties?.messageExpiryInterval).toBe(expiry > 0 ? expiry : undefined);
					expect(read.properties?.payloadFormatIndicator).toBe(withFormat ? true : undefined);
				},
			),
			options,
		);
	});

	test("PUBACK, PUBREC, PUBREL, PUBCOMP", () => {
		const commands = ["puback", "pubrec", "pubrel", "pubcomp"] as const;
		fc.assert(
			fc.property(version5, fc.nat(3), id, fc.nat(8), (five, index, messageId, n) => {
				const reason = index < 2 ? [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99][n] : n < 4 ? 0 : 0x92;
				const read = encode(five, () => encoder.acknowledge(PacketType.Puback + index, messageId, reason));
				expect(read).toMatchObject({ cmd: commands[index], messageId });
				if (five) expect((read as { reasonCode?: number }).reasonCode ?? 0).toBe(reason);
			}),
			options,
		);
	});

	test("SUBSCRIBE, UNSUBSCRIBE, DISCONNECT", () => {
		fc.assert(
			fc.property(
				version5,
				id,
				topic,
				qos,
				fc.nat(2),
				fc.nat(3),
				(five, messageId, filter, level, rh, bits) => {
					const { start, end } = put(0, utf8.encode(filter));
					const flags = level | (bits << 2) | (rh << 4);
					const subscribe = encode(five, () => encoder.subscribe(messageId, start, end, flags));
					const common = { topic: filter, qos: level };
					const options5 = { ...common, nl: (bits & 1) === 1, rap: (bits & 2) === 2, rh };
					expect(subscribe).toMatchObject({
						cmd: "subscribe",
						messageId,
						subscriptions: [five ? options5 : common],
					});
					const unsubscribe = encode(five, () => encoder.unsubscribe(messageId, start, end));
					expect(unsubscribe).toMatchObject({ cmd: "unsubscribe", messageId, unsubscriptions: [filter] });
					const disconnect = encode(five, () =>
						encoder.disconnect(rh === 0 ? 0 : 0x8d, rh === 2 ? messageId : -1),
					);
					expect(disconnect.cmd).toBe("disconnect");
					if (five) expect((disconnect as { reasonCode?: number }).reasonCode ?? 0).toBe(rh === 0 ? 0 : 0x8d);
				},
			),
			options,
		);
	});
});

/* ---- from the peer ---- */

/** Writes with the peer, reads with our decoder. */
function decode(one: object, five: boolean): void {
	const bytes = generate(one as PeerPacket, { protocolVersion: five ? 5 : 4 });
	arena.bytes.set(bytes, SEND);
	decoder.version5 = five;
	const end = SEND + bytes.length;
	expect(decoder.frame(SEND, end)).toBe(bytes.length);
	expect(decoder.decode(SEND, end)).toBe(0);
}

const block = (property: number): Buffer => {
	const at = packet.values[property];
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

/** The packet has exactly these properties with these values. */
function checkProperties(properties: object | undefined): void {
	const expected: number[] = [];
	for (const [name, value] of Object.entries(properties ?? {})) {
		const property = ids[name];
		expected.push(property);
		if (property === Property.UserProperty) {
			const last = Object.keys(value as object).at(-1) as string;
			expect(block(property).toString("utf8")).toBe(last);
		} else if (typeof value === "string") expect(block(property).toString("utf8")).toBe(value);
		else if (Buffer.isBuffer(value)) expect(block(property)).toEqual(value);
		else expect(packet.integer(property, -1), name).toBe(Number(value));
	}
	for (let n = 0; n < Property.Limit; n++) expect(packet.has(n), `property ${n}`).toBe(expected.includes(n));
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
});
