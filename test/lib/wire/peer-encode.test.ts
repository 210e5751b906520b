// SPDX-License-Identifier: MIT
/** Round trips against another codec, mqtt-packet, in both versions, on packets made at random: encoding. */
import fc from "fast-check";
import { type Packet as PeerPacket, parser } from "mqtt-packet";
import { describe, expect, test, vi } from "vitest";
import { ConnectAt, encodeConnect, sayConnect } from "../../../lib/wire/connect.js";
import { Encoder } from "../../../lib/wire/encoder.js";
import { PacketType } from "../../../lib/wire/protocol.js";
import { Record as Message } from "../../../lib/wire/record.js";
import { arena, data, id, options, payload, qos, SEND, text, topic, u16, u32, version5 } from "./peer.js";

vi.setConfig({ testTimeout: 60_000 });
const encoder = new Encoder(arena, SEND, arena.bytes.length);
const utf8 = new TextEncoder();

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

type ConnectModel = typeof connectModel extends fc.Arbitrary<infer T> ? T : never;

function connect(five: boolean, model: ConnectModel): boolean {
	const { clientId, username: user, password, will } = model;
	// What 5.0 says is kept either way.
	const end = encodeConnect(arena, 0, SEND, true, {
		clientId,
		user: user ?? (!five && password !== undefined ? "" : undefined),
		password,
		will: will && { ...will, qos: will.qos as 0 | 1 | 2, delaySeconds: will.delay },
		keepAliveSeconds: model.keepalive,
		sessionExpirySeconds: model.properties.sessionExpiryInterval,
		receiveMaximum: model.properties.receiveMaximum,
		maximumPacketSize: model.properties.maximumPacketSize,
	});
	if (!model.clean) arena.bytes[ConnectAt.Flags] &= ~2;
	return sayConnect(encoder, 0, end, null, null) === 0;
}

describe("what the encoder writes, mqtt-packet reads", () => {
	test("CONNECT [MQTT-3.1.2-1, MQTT-3.1.3-1]", () => {
		fc.assert(
			fc.property(version5, connectModel, (five, model) => {
				const read = encode(five, () => connect(five, model));
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
					const request = (type: number, extra: number): boolean => {
						if (!encoder.request(type, messageId, end - start + 2 + extra, 0, null)) return false;
						encoder.filter(start, end, extra === 1 ? flags : -1);
						return true;
					};
					const subscribe = encode(five, () => request(PacketType.Subscribe, 1));
					const common = { topic: filter, qos: level };
					const options5 = { ...common, nl: (bits & 1) === 1, rap: (bits & 2) === 2, rh };
					expect(subscribe).toMatchObject({
						cmd: "subscribe",
						messageId,
						subscriptions: [five ? options5 : common],
					});
					const unsubscribe = encode(five, () => request(PacketType.Unsubscribe, 0));
					expect(unsubscribe).toMatchObject({ cmd: "unsubscribe", messageId, unsubscriptions: [filter] });
					const expiry = put(400, Uint8Array.of(0x11, 0, 0, messageId >> 8, messageId));
					const disconnect = encode(five, () =>
						encoder.disconnect(rh === 0 ? 0 : 0x8d, rh === 2 ? expiry.start : 0, rh === 2 ? expiry.end : 0),
					);
					expect(disconnect.cmd).toBe("disconnect");
					if (!five) return;
					expect((disconnect as { reasonCode?: number }).reasonCode ?? 0).toBe(rh === 0 ? 0 : 0x8d);
					const properties = rh === 2 ? { sessionExpiryInterval: messageId } : undefined;
					expect((disconnect as { properties?: object }).properties).toEqual(properties);
				},
			),
			options,
		);
	});
});
