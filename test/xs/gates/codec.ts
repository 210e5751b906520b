// SPDX-License-Identifier: MIT
/** The codec on XS: no slot and no chunk per packet, and what its objects cost. */
import { Arena } from "../../../lib/memory/arena.js";
import { Credentials } from "../../../lib/session/credentials.js";
import { encodeConnect, sayConnect } from "../../../lib/wire/connect.js";
import { Decoder } from "../../../lib/wire/decoder.js";
import { Encoder } from "../../../lib/wire/encoder.js";
import { encodeProperties } from "../../../lib/wire/fields.js";
import { Packet } from "../../../lib/wire/packet.js";
import { PacketType } from "../../../lib/wire/protocol.js";
import { encodeText, matches } from "../../../lib/wire/topic.js";
import { Writer } from "../../../lib/wire/writer.js";
import { cost, gate } from "../gate.js";

const memory = { allocate: (bytes: number) => new Uint8Array(bytes) };
const arena = new Arena(memory, 2048);
const packet = new Packet(arena);
const decoder = new Decoder(packet);
const encoder = new Encoder(arena, 1024, 2048);
const writer = new Writer(arena);

// A stored message of QoS 1, topic of 24 bytes, payload of 64.
arena.bytes[0] = 2;
const end = encodeText(arena, 8, 200, "greenhouse/1/temperature") + 64;
const filterEnd = encodeText(arena, 200, 300, "greenhouse/+/temperature");
const utf8End = encodeText(arena, 300, 400, "Gewächshaus/温度");
const goodbye = encodeProperties(arena, 600, 700, {
	reasonString: "asleep",
	userProperties: [["battery", "low"]],
});
const connectFields = {
	clientId: "greenhouse-1",
	keepAliveSeconds: 60,
	sessionExpirySeconds: 3600,
	receiveMaximum: 16,
	maximumPacketSize: 1024,
};

const secret = Uint8Array.of(1, 2, 3);
const user = (): string => "greenhouse";
const password = (): Uint8Array => secret;
const credentials = new Credentials(user, password);
credentials.attach(arena);

for (const version5 of [false, true]) {
	const label = version5 ? "5.0" : "3.1.1";
	encoder.version5 = decoder.version5 = version5;
	gate(`encode PUBLISH, ${label}`, () => {
		encoder.clear();
		encoder.publish(0, end, 7, false, 0);
	});
	const from = encoder.start;
	const to = encoder.position;
	gate(`decode PUBLISH, ${label}`, () => {
		if (decoder.frame(from, to) !== to - from || decoder.decode(from, to) !== 0) throw new Error("not read");
	});
	gate(`encode requests and acknowledgements, ${label}`, () => {
		encoder.clear();
		encoder.acknowledge(PacketType.Puback, 7, 0);
		encoder.acknowledge(PacketType.Pubrec, 7, 0x97);
		encoder.acknowledge(PacketType.Pubrec, 7, 0x97, goodbye.start, goodbye.end, 32);
		encoder.request(PacketType.Subscribe, 7, filterEnd - 202 + 3, 300, null);
		encoder.filter(202, filterEnd, 1);
		encoder.request(PacketType.Unsubscribe, 7, filterEnd - 202 + 2, 0, null);
		encoder.filter(202, filterEnd, -1);
		encoder.ping();
		encoder.disconnect(0x81, goodbye.start, goodbye.end);
		encoder.disconnect(0x81, goodbye.start, goodbye.end, 32);
	});
	const askedEnd = encodeConnect(arena, 400, 600, true, { ...connectFields, user, password });
	gate(`encode CONNECT with user and password asked for, ${label}`, () => {
		encoder.clear();
		if (sayConnect(encoder, 400, askedEnd, null, credentials) !== 0) throw new Error("not said");
	});
	const connectEnd = encodeConnect(arena, 400, 600, true, connectFields);
	gate(`encode CONNECT, ${label}`, () => {
		encoder.clear();
		if (sayConnect(encoder, 400, connectEnd, null, null) !== 0) throw new Error("not said");
	});
}

function putPacket(at: number, bytes: number[]): number {
	arena.bytes.set(bytes, at);
	return at + bytes.length;
}
const ackEnd = putPacket(
	500,
	[0x50, 17, 0, 7, 0x87, 13, 0x1f, 0, 3, 110, 111, 33, 0x26, 0, 1, 107, 0, 1, 118],
);
gate("decode PUBREC with a reason string and a user property, 5.0", () => decoder.decode(500, ackEnd));
const topicEnd = utf8End - 302;
arena.bytes.copyWithin(604, 300, utf8End);
arena.bytes[602] = 0x30;
arena.bytes[603] = topicEnd + 3;
arena.bytes[604 + topicEnd + 2] = 0;
gate("decode PUBLISH with a topic beyond ASCII, 5.0", () => decoder.decode(602, 604 + topicEnd + 3));
gate("refuse a packet", () => decoder.decode(500, ackEnd - 1));
gate("match a filter", () => matches(arena.bytes, 202, filterEnd, 10, 34));
gate("write a payload", () => {
	writer.begin(700, 900);
	writer.text('{"t":');
	writer.decimal(-2153, 2);
	writer.text(',"n":');
	writer.integer(4_294_967_296);
	writer.text(',"room":"');
	writer.json('living "room" ä🌡\n');
	writer.text('"}');
	writer.copy(10, 34);
	writer.varint(300);
});
gate("write beyond the limit", () => {
	writer.begin(700, 705);
	writer.text("too long for it");
	writer.integer(5);
});

const small = new Arena(memory, 16);
cost("Packet", () => new Packet(arena));
cost("Decoder", () => new Decoder(packet));
cost("Encoder", () => new Encoder(small, 0, 16));
cost("Writer", () => new Writer(small));
