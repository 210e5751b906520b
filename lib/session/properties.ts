// SPDX-License-Identifier: MIT
import { PacketType, PROPERTY_PACKETS, PROPERTY_TYPE, Property, PropertyType } from "../wire/protocol.js";
import { Record } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";
import { findProperty } from "../wire/section.js";
import { type Properties, Topic } from "../wire/topic.js";
import { TextRule, textFault } from "../wire/utf8.js";
import type { Writer } from "../wire/writer.js";
import type { Session } from "./session.js";

/* Properties that a packet of ours is given while the client runs. */

/** In which packets what an application may give its message stands: PUBLISH and the will. */
const OF_MESSAGES = (1 << PacketType.Publish) | 1;

/**
 * Writes one more property behind those of the record that is being composed, and counts it there. Returns 0 or a refusal,
 * see `Client.property`.
 */
export function addProperty(
	session: Session,
	writer: Writer,
	property: number,
	value: number | string | Uint8Array | Topic,
	text: string,
): number {
	const at = session.composed;
	if (at === 0) return Refusal.NothingComposed;
	const { view } = session.packet;
	const before = view.getUint16(at + Record.PropertiesLength);
	const start = at + Record.Topic + view.getUint16(at + Record.TopicLength);
	const from = writer.position;
	if (from !== start + before || !isSettable(property)) return Refusal.WrongProperty;
	if (property !== Property.UserProperty && findProperty(view, start, from, property, 0) !== 0)
		return Refusal.WrongProperty; // [5.0: 3.3.2.3.2 and its kin]
	writer.byte(property);
	const written =
		PROPERTY_TYPE[property] === PropertyType.Byte
			? putSwitch(writer, value)
			: putBlock(view, writer, property, value, text);
	if (!written) {
		writer.position = from;
		return Refusal.WrongProperty;
	}
	if (writer.overflowed) return Refusal.TooLong;
	view.setUint16(at + Record.PropertiesLength, before + writer.position - from);
	return 0;
}

/** Those of a message which are not made when it is sent. */
function isSettable(property: number): boolean {
	return (
		(PROPERTY_PACKETS[property] & OF_MESSAGES) === OF_MESSAGES && property !== Property.MessageExpiryInterval
	);
}

function putSwitch(writer: Writer, value: number | string | Uint8Array | Topic): boolean {
	if (value !== 0 && value !== 1) return false;
	writer.byte(value);
	return true;
}

/** False when the property cannot have that value; what does not fit shows at the writer. */
function putBlock(
	view: DataView,
	writer: Writer,
	property: number,
	value: number | string | Uint8Array | Topic,
	text: string,
): boolean {
	const kind = PROPERTY_TYPE[property];
	if (kind === PropertyType.StringPair)
		return putText(view, writer, value, TextRule.Any) && putText(view, writer, text, TextRule.Any);
	if (value instanceof Topic) {
		writer.copy(value.start - 2, value.end);
		return true;
	}
	if (kind === PropertyType.Binary && value instanceof Uint8Array) {
		writer.uint16(value.length);
		writer.bytes(value);
		return true;
	}
	if (property !== Property.ResponseTopic) return putText(view, writer, value, TextRule.Any);
	return value !== "" && putText(view, writer, value, TextRule.TopicName); // [MQTT-3.3.2-14]
}

/** The same for a string, whose surrogates without a partner are replaced. */
function putText(view: DataView, writer: Writer, value: unknown, rule: TextRule): boolean {
	if (typeof value !== "string") return false;
	const at = writer.position;
	writer.uint16(0);
	writer.text(value);
	if (writer.overflowed) return true;
	const end = writer.position;
	view.setUint16(at, end - at - 2);
	return textFault(view, at + 2, end, rule) === 0; // [MQTT-1.5.4-2]
}

/**
 * True when DISCONNECT may have these properties; one after a CONNECT with this session expiry may give the session no time
 * where that gave none [5.0, 3.14.2.2.2].
 */
export function mayEndWith(view: DataView, properties: Properties, sessionExpirySeconds: number): boolean {
	const { start, end, packets } = properties;
	if (((packets >> PacketType.Disconnect) & 1) === 0) return false;
	const at = sessionExpirySeconds > 0 ? 0 : findProperty(view, start, end, Property.SessionExpiryInterval, 0);
	return at === 0 || view.getUint32(at) === 0;
}
