// SPDX-License-Identifier: MIT
import type { Packet } from "./packet.js";
import { PROPERTY_PACKETS, PROPERTY_TYPE, Property, PropertyType, Reason } from "./protocol.js";
import { TextRule, textFault } from "./utf8.js";
import { varintAt, varintSize } from "./varint.js";

/**
 * Reads and checks the property section of a received packet of 5.0, by the tables of protocol.ts. Its length stands at
 * `at`, the packet ends at `end`. Returns where the section ends, or `-Reason`.
 */
export function readProperties(packet: Packet, at: number, end: number): number {
	const view = packet.view;
	const length = varintAt(view, at, end, true);
	if (length < 0) return -Reason.MalformedPacket;
	at += varintSize(length);
	const stop = at + length;
	if (stop > end) return -Reason.MalformedPacket;
	packet.propertiesStart = at;
	packet.propertiesEnd = stop;
	// Which were there, one bit each; most may stand once.
	let low = 0;
	let high = 0;
	while (at < stop) {
		const id = view.getUint8(at++);
		const kind = id < Property.Limit ? PROPERTY_TYPE[id] : PropertyType.None;
		// Unknown, or not in this packet [5.0, 2.2.2.2].
		if (kind === PropertyType.None || ((PROPERTY_PACKETS[id] >> packet.type) & 1) === 0)
			return -Reason.MalformedPacket;
		const bit = 1 << (id & 31);
		const again = ((id < 32 ? low : high) & bit) !== 0;
		if (again && id !== Property.SubscriptionIdentifier && id !== Property.UserProperty)
			return -Reason.ProtocolError;
		if (id < 32) low |= bit;
		else high |= bit;
		at = kind >= PropertyType.String ? block(view, id, kind, at, stop) : integer(view, id, kind, at, stop);
		if (at < 0) return at;
	}
	return stop;
}

/** Checks the integer at `at` and returns where it ends, or `-Reason`. */
function integer(view: DataView, id: number, kind: number, at: number, stop: number): number {
	if (kind === PropertyType.Byte) {
		if (at >= stop) return -Reason.MalformedPacket;
		return view.getUint8(at) > 1 ? -Reason.ProtocolError : at + 1; // every one of them is a switch
	}
	let value = 0;
	let next = at + (kind === PropertyType.FourBytes ? 4 : 2);
	if (kind === PropertyType.Variable) {
		value = varintAt(view, at, stop, true); // [MQTT-1.5.5-1]
		if (value < 0) return -Reason.MalformedPacket;
		next = at + varintSize(value);
	} else if (next > stop) return -Reason.MalformedPacket;
	else value = kind === PropertyType.FourBytes ? view.getUint32(at) : view.getUint16(at);
	if (value > 0) return next;
	if (id === Property.TopicAlias) return -Reason.TopicAliasInvalid; // [MQTT-3.3.2-8]
	// [5.0: 3.2.2.3.3, 3.2.2.3.6, 3.3.2.3.8]
	const zeroIsAnError =
		id === Property.ReceiveMaximum ||
		id === Property.MaximumPacketSize ||
		id === Property.SubscriptionIdentifier;
	return zeroIsAnError ? -Reason.ProtocolError : next;
}

/** Checks a string, binary data, or a pair of strings, and returns where it ends, or `-Reason`. */
function block(view: DataView, id: number, kind: number, at: number, stop: number): number {
	const next = at + 2 <= stop ? at + 2 + view.getUint16(at) : stop + 1;
	if (next > stop) return -Reason.MalformedPacket;
	if (kind === PropertyType.Binary) return next;
	const isTopic = id === Property.ResponseTopic;
	if (isTopic && next === at + 2) return -Reason.ProtocolError; // [MQTT-4.7.3-1]
	// [MQTT-1.5.4-1, MQTT-1.5.4-2, MQTT-1.5.7-1; no wildcards in a response topic: MQTT-3.3.2-14]
	const fault = textFault(view, at + 2, next, isTopic ? TextRule.TopicName : TextRule.Any);
	if (fault !== 0) return -fault;
	return kind === PropertyType.StringPair ? block(view, id, PropertyType.String, next, stop) : next;
}
