// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";
import { PacketType, Property, Protocol, PublishFlag } from "./protocol.js";
import { Record } from "./record.js";
import { putVarint, varintSize, Writer } from "./writer.js";

/** Bits of the CONNECT flags [3.1.2.3]. */
const enum ConnectFlag {
	CleanStart = 0x02,
	Will = 0x04,
	/** Will flag, QoS and retain, as {@link ConnectFields.willFlags} has them. */
	WillMask = 0x3c,
	Password = 0x40,
	User = 0x80,
}

/**
 * What a CONNECT says. A text or binary field is the range of its bytes in the arena, with their length in the two
 * bytes before `start`; start 0 means that it is left out.
 */
export class ConnectFields {
	/** Clean session in 3.1.1. */
	cleanStart = true;
	keepAliveSeconds = 0;
	/** 5.0; 0 = left out: the session ends with the connection. */
	sessionExpirySeconds = 0;
	/** 5.0; 0 = left out. */
	receiveMaximum = 0;
	/** 5.0; 0 = left out. */
	maximumPacketSize = 0;
	/** Absent = empty: the server gives a name. */
	clientIdStart = 0;
	clientIdEnd = 0;
	userStart = 0;
	userEnd = 0;
	/** In 3.1.1 a password needs a user name [MQTT-3.1.2-22]: an empty one is sent when there is none. */
	passwordStart = 0;
	passwordEnd = 0;
	/** 0 = no will; else the bits of the CONNECT flags: will 4, QoS << 3, retain 32. */
	willFlags = 0;
	willTopicStart = 0;
	willTopicEnd = 0;
	willPayloadStart = 0;
	willPayloadEnd = 0;
	/** 5.0. */
	willDelaySeconds = 0;
}

/**
 * Writes packets one after the other into a region of the arena, so that one write to the transport sends many. Every
 * method returns true, or false when the packet does not fit before {@link limit}: then nothing was written.
 */
export class Encoder {
	/** The end of what waits to be sent; the next packet goes here. */
	position: number;
	version5 = false;
	/** Where what waits begins. */
	readonly start: number;
	#limit: number;
	readonly #end: number;
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #writer: Writer;

	/** Packets go to `[start, end)`. */
	constructor(arena: Arena, start: number, end: number) {
		this.position = start;
		this.start = start;
		this.#limit = end;
		this.#end = end;
		this.#bytes = arena.bytes;
		this.#view = arena.view;
		this.#writer = new Writer(arena);
	}

	/** No packet reaches beyond this: what the transport has room for, and at most the end of the region. */
	get limit(): number {
		return this.#limit;
	}

	set limit(limit: number) {
		this.#limit = Math.min(limit, this.#end);
	}

	/** Forgets what waits: it was sent. */
	clear(): void {
		this.position = this.start;
	}

	/**
	 * PUBLISH of the stored message `[at, end)` (see record.ts). `id` counts for QoS 1 and 2 only, as does `dup`;
	 * `expirySeconds` is what remains of its life, 0 when it has no end (5.0).
	 */
	publish(at: number, end: number, id: number, dup: boolean, expirySeconds: number): boolean {
		const bytes = this.#bytes;
		const view = this.#view;
		const flags = bytes[at];
		const topicAt = at + Record.TopicLength;
		const propertiesAt = topicAt + 2 + view.getUint16(topicAt);
		const propertiesLength = view.getUint16(at + Record.PropertiesLength);
		const payloadAt = propertiesAt + propertiesLength;
		const remaining = this.publishLength(at, end, expirySeconds);
		let to = this.position;
		if (to + 1 + varintSize(remaining) + remaining > this.#limit) return false;
		const qos = flags & PublishFlag.QosMask;
		// DUP is 0 in QoS 0 [MQTT-3.3.1-2] and set when it is sent again [MQTT-3.3.1-1].
		bytes[to] = (PacketType.Publish << 4) | flags | (dup && qos !== 0 ? PublishFlag.Dup : 0);
		to = putVarint(bytes, to + 1, remaining);
		bytes.copyWithin(to, topicAt, propertiesAt);
		to += propertiesAt - topicAt;
		if (qos !== 0) {
			view.setUint16(to, id); // none in QoS 0 [3.1.1: MQTT-2.3.1-5] [5.0: MQTT-2.2.1-2]
			to += 2;
		}
		if (this.version5) {
			// No properties: a length of 0 [MQTT-2.2.2-1].
			to = putVarint(bytes, to, propertiesLength + (expirySeconds > 0 ? 5 : 0));
			if (expirySeconds > 0) {
				bytes[to] = Property.MessageExpiryInterval;
				view.setUint32(to + 1, expirySeconds);
				to += 5;
			}
			if (propertiesLength > 0) bytes.copyWithin(to, propertiesAt, payloadAt);
			to += propertiesLength;
		}
		bytes.copyWithin(to, payloadAt, end);
		this.position = to + end - payloadAt;
		return true;
	}

	/** How long the whole PUBLISH of `[at, end)` is, for the server's Maximum Packet Size [MQTT-3.2.2-15]. */
	publishSize(at: number, end: number, expirySeconds: number): number {
		const remaining = this.publishLength(at, end, expirySeconds);
		return 1 + varintSize(remaining) + remaining;
	}

	private publishLength(at: number, end: number, expirySeconds: number): number {
		const properties = this.#view.getUint16(at + Record.PropertiesLength);
		// The length of the topic and the topic itself, and the payload.
		const length =
			end - at - Record.TopicLength - properties + ((this.#bytes[at] & PublishFlag.QosMask) !== 0 ? 2 : 0);
		if (!this.version5) return length;
		const all = properties + (expirySeconds > 0 ? 5 : 0);
		return length + varintSize(all) + all;
	}

	/** PUBACK, PUBREC, PUBREL or PUBCOMP. The reason is written in 5.0 only, and only when it is not success. */
	acknowledge(type: PacketType, id: number, reason: number): boolean {
		const at = this.position;
		const flags = type === PacketType.Pubrel ? 2 : 0; // [MQTT-3.6.1-1]
		const length = reason !== 0 && this.version5 ? 3 : 2;
		const next = at + 2 + length;
		if (next > this.#limit) return false;
		// [MQTT-2.3.1-6; 5.0 MQTT-2.2.1-5]
		this.#view.setInt32(at, (((type << 4) | flags) << 24) | (length << 16) | id);
		if (length === 3) this.#bytes[at + 4] = reason;
		this.position = next;
		return true;
	}

	/** SUBSCRIBE to one filter. `options` is the options byte of 5.0 [3.8.3.1]; 3.1.1 sends its QoS bits only. */
	subscribe(id: number, filterStart: number, filterEnd: number, options: number): boolean {
		if (!this.request(PacketType.Subscribe, id, filterStart, filterEnd, 1)) return false;
		// Reserved bits are 0 [3.1.1: MQTT-3.8.3-4] [5.0: MQTT-3.8.3-5].
		this.#bytes[this.position++] = options & (this.version5 ? 0x3f : 0x03);
		return true;
	}

	/** UNSUBSCRIBE from one filter. */
	unsubscribe(id: number, filterStart: number, filterEnd: number): boolean {
		return this.request(PacketType.Unsubscribe, id, filterStart, filterEnd, 0);
	}

	/** The part that SUBSCRIBE and UNSUBSCRIBE share; `extra` bytes follow the filter. */
	private request(
		type: PacketType,
		id: number,
		filterStart: number,
		filterEnd: number,
		extra: number,
	): boolean {
		const version5 = this.version5;
		const bytes = this.#bytes;
		const filterAt = filterStart - 2;
		const remaining = 2 + (version5 ? 1 : 0) + filterEnd - filterAt + extra;
		let to = this.position;
		if (to + 1 + varintSize(remaining) + remaining > this.#limit) return false;
		bytes[to] = (type << 4) | 2; // [MQTT-3.8.1-1, MQTT-3.10.1-1]
		to = putVarint(bytes, to + 1, remaining);
		this.#view.setUint16(to, id);
		to += 2;
		if (version5) bytes[to++] = 0; // [MQTT-2.2.2-1]
		bytes.copyWithin(to, filterAt, filterEnd);
		this.position = to + filterEnd - filterAt;
		return true;
	}

	ping(): boolean {
		return this.two(PacketType.Pingreq);
	}

	/** DISCONNECT. In 5.0 with its reason, and with a new Session Expiry Interval unless that is -1. */
	disconnect(reason: number, sessionExpirySeconds: number): boolean {
		const expiry = sessionExpirySeconds >= 0;
		if (!this.version5 || (reason === 0 && !expiry)) return this.two(PacketType.Disconnect);
		const at = this.position;
		const next = at + (expiry ? 9 : 3);
		if (next > this.#limit) return false;
		const bytes = this.#bytes;
		bytes[at] = PacketType.Disconnect << 4; // [MQTT-3.14.1-1]
		bytes[at + 1] = next - at - 2;
		bytes[at + 2] = reason;
		if (expiry) {
			bytes[at + 3] = 5;
			bytes[at + 4] = Property.SessionExpiryInterval;
			this.#view.setUint32(at + 5, sessionExpirySeconds);
		}
		this.position = next;
		return true;
	}

	private two(type: PacketType): boolean {
		const at = this.position;
		if (at + 2 > this.#limit) return false;
		this.#view.setUint16(at, type << 12);
		this.position = at + 2;
		return true;
	}

	/** CONNECT. Not hot: once for each connection. */
	connect(fields: ConnectFields): boolean {
		const version5 = this.version5;
		const will = fields.willFlags & ConnectFlag.WillMask;
		const user = fields.userStart > 0 || (fields.passwordStart > 0 && !version5);
		const willProperties = fields.willDelaySeconds > 0 ? 5 : 0;
		let remaining = 10 + textSize(fields.clientIdStart, fields.clientIdEnd);
		if (version5) remaining += 1 + connectPropertiesSize(fields);
		if (will !== 0) {
			remaining += textSize(fields.willTopicStart, fields.willTopicEnd);
			remaining += textSize(fields.willPayloadStart, fields.willPayloadEnd);
			if (version5) remaining += 1 + willProperties;
		}
		if (user) remaining += textSize(fields.userStart, fields.userEnd);
		if (fields.passwordStart > 0) remaining += textSize(fields.passwordStart, fields.passwordEnd);
		const writer = this.#writer;
		writer.begin(this.position, this.#limit);
		writer.byte(PacketType.Connect << 4);
		writer.varint(remaining);
		writer.uint32(0x0004_4d51); // [MQTT-3.1.2-1]
		writer.uint16(0x5454);
		writer.byte(version5 ? Protocol.V5 : Protocol.V311);
		writer.byte(
			(fields.cleanStart ? ConnectFlag.CleanStart : 0) | // [MQTT-3.1.2-3: the reserved bit is 0]
				will | // [MQTT-3.1.2-11, MQTT-3.1.2-13, MQTT-3.1.2-15: no will, no will bits]
				(user ? ConnectFlag.User : 0) |
				(fields.passwordStart > 0 ? ConnectFlag.Password : 0),
		);
		writer.uint16(fields.keepAliveSeconds);
		if (version5) writeConnectProperties(writer, fields);
		// In this order [MQTT-3.1.3-1].
		writeText(writer, fields.clientIdStart, fields.clientIdEnd);
		if (will !== 0) {
			if (version5) {
				writer.byte(willProperties);
				if (willProperties > 0) {
					writer.byte(Property.WillDelayInterval);
					writer.uint32(fields.willDelaySeconds);
				}
			}
			writeText(writer, fields.willTopicStart, fields.willTopicEnd);
			writeText(writer, fields.willPayloadStart, fields.willPayloadEnd);
		}
		if (user) writeText(writer, fields.userStart, fields.userEnd);
		if (fields.passwordStart > 0) writeText(writer, fields.passwordStart, fields.passwordEnd);
		if (writer.overflowed) return false;
		this.position = writer.position;
		return true;
	}
}

function connectPropertiesSize(fields: ConnectFields): number {
	return (
		(fields.sessionExpirySeconds > 0 ? 5 : 0) +
		(fields.receiveMaximum > 0 ? 3 : 0) +
		(fields.maximumPacketSize > 0 ? 5 : 0)
	);
}

function writeConnectProperties(writer: Writer, fields: ConnectFields): void {
	writer.byte(connectPropertiesSize(fields));
	if (fields.sessionExpirySeconds > 0) {
		writer.byte(Property.SessionExpiryInterval);
		writer.uint32(fields.sessionExpirySeconds);
	}
	if (fields.receiveMaximum > 0) {
		writer.byte(Property.ReceiveMaximum);
		writer.uint16(fields.receiveMaximum);
	}
	if (fields.maximumPacketSize > 0) {
		writer.byte(Property.MaximumPacketSize);
		writer.uint32(fields.maximumPacketSize);
	}
}

/** Bytes of a text on the wire, with its length; an absent one is empty. */
function textSize(start: number, end: number): number {
	return start > 0 ? end - start + 2 : 2;
}

function writeText(writer: Writer, start: number, end: number): void {
	if (start > 0) writer.copy(start - 2, end);
	else writer.uint16(0);
}
