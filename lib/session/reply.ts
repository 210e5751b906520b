// SPDX-License-Identifier: MIT
import { Property } from "../wire/protocol.js";
import { Record, Trait } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";
import type { Writer } from "../wire/writer.js";
import { reserveRoom } from "./room.js";
import { PUBLISH_OVERHEAD } from "./sender.js";
import type { Session } from "./session.js";

/**
 * Begins a record that answers the PUBLISH in the packet: with its response topic, and its correlation data if it has some
 * [5.0, 4.10]. `flags` are those of the record. `bytes`: of payload at most; -1: 256, or what the send region holds if that is less.
 * Leaves the writer where the payload goes, and returns where the record begins; or a refusal.
 */
export function beginReply(
	session: Session,
	writer: Writer,
	flags: number,
	traits: number,
	bytes: number,
): number {
	const { packet, limits } = session;
	const { view } = packet;
	const topic = packet.property(Property.ResponseTopic, 0);
	if (topic === 0) return Refusal.NoResponseTopic;
	const topicEnd = topic + 2 + view.getUint16(topic);
	// As it stands, its identifier in front.
	let data = packet.property(Property.CorrelationData, 0);
	const dataEnd = data > 0 ? data + 2 + view.getUint16(data--) : 0;
	const head = Record.TopicLength + topicEnd - topic + dataEnd - data;
	const most = limits.sendBytes - head - PUBLISH_OVERHEAD;
	if (bytes < 0) bytes = most < 256 ? most : 256;
	if (bytes > most || bytes < 0) return Refusal.TooLong;
	traits &= ~Trait.KeepLatest;
	const at = reserveRoom(session, null, head + bytes, traits);
	if (at < 0) return at;
	view.setUint8(at + Record.Flags, flags);
	view.setUint8(at + Record.Traits, traits);
	view.setUint16(at + Record.PropertiesLength, dataEnd - data);
	view.setUint32(at + Record.Expires, 0);
	writer.begin(at + Record.TopicLength, at + head + bytes);
	writer.copy(topic, topicEnd);
	writer.copy(data, dataEnd);
	return at;
}
