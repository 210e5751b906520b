// SPDX-License-Identifier: MIT
import type { Packet } from "./packet.js";
import { PROPERTY_PACKETS, PROPERTY_TYPE, Property, PropertyType, Reason } from "./protocol.js";
import type { Reader } from "./reader.js";
import { TextRule, textFault } from "./utf8.js";

/**
 * Reads and checks the property section of a received packet of 5.0, by the tables of protocol.ts. Its length stands at
 * `at`, the packet ends at `end`. Returns where the section ends, or `-Reason`.
 */
export function readProperties(packet: Packet, reader: Reader, at: number, end: number): number {
	reader.begin(at, end);
	const length = reader.varint(true);
	const start = reader.position;
	const stop = start + length;
	if (length < 0 || stop > end) return -Reason.MalformedPacket;
	packet.propertiesStart = start;
	packet.propertiesEnd = stop;
	reader.begin(start, stop);
	while (reader.position < stop) {
		const fault = property(packet, reader, reader.byte());
		if (fault !== 0) return -fault;
	}
	return stop;
}

function property(packet: Packet, reader: Reader, id: number): number {
	const kind = id < Property.Limit ? PROPERTY_TYPE[id] : PropertyType.None;
	// Unknown, or not in this packet [5.0, 2.2.2.2].
	if (kind === PropertyType.None || ((PROPERTY_PACKETS[id] >> packet.type) & 1) === 0)
		return Reason.MalformedPacket;
	if (id < 32) {
		const bit = 1 << id;
		if ((packet.seenLow & bit) !== 0 && id !== Property.SubscriptionIdentifier) return Reason.ProtocolError;
		packet.seenLow |= bit;
	} else {
		const bit = 1 << (id - 32);
		if ((packet.seenHigh & bit) !== 0 && id !== Property.UserProperty) return Reason.ProtocolError;
		packet.seenHigh |= bit;
	}
	return kind >= PropertyType.String ? block(packet.view, reader, id, kind) : integer(reader, id, kind);
}

function integer(reader: Reader, id: number, kind: number): number {
	let value = 0;
	if (kind === PropertyType.FourBytes) value = reader.uint32();
	else if (kind === PropertyType.TwoBytes) value = reader.uint16();
	else if (kind === PropertyType.Byte) value = reader.byte();
	else value = reader.varint(true); // [MQTT-1.5.5-1]
	if (reader.failed) return Reason.MalformedPacket;
	if (kind === PropertyType.Byte) return value > 1 ? Reason.ProtocolError : 0; // every one of them is a switch
	if (value > 0) return 0;
	if (id === Property.TopicAlias) return Reason.TopicAliasInvalid; // [MQTT-3.3.2-8]
	// [5.0: 3.2.2.3.3, 3.2.2.3.6, 3.3.2.3.8]
	const zeroIsAnError =
		id === Property.ReceiveMaximum ||
		id === Property.MaximumPacketSize ||
		id === Property.SubscriptionIdentifier;
	return zeroIsAnError ? Reason.ProtocolError : 0;
}

/** A string, binary data, or a pair of strings. */
function block(view: DataView, reader: Reader, id: number, kind: number): number {
	const at = reader.block();
	if (reader.failed) return Reason.MalformedPacket;
	if (kind === PropertyType.Binary) return 0;
	const isTopic = id === Property.ResponseTopic;
	if (isTopic && reader.position === at + 2) return Reason.ProtocolError; // [MQTT-4.7.3-1]
	// [MQTT-1.5.4-1, MQTT-1.5.4-2; no wildcards in a response topic: MQTT-3.3.2-14]
	const fault = textFault(view, at + 2, reader.position, isTopic ? TextRule.TopicName : TextRule.Any);
	if (fault !== 0 || kind === PropertyType.String) return fault;
	const second = reader.block();
	if (reader.failed) return Reason.MalformedPacket;
	return textFault(view, second + 2, reader.position, TextRule.Any); // [MQTT-1.5.7-1]
}
