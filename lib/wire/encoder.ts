// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { Arena } from "../memory/arena.js";
import { PacketType, Property, Protocol, PublishFlag } from "./protocol.js";
import { Record } from "./record.js";
import { leaveOut, lengthWithout, putSection } from "./section.js";
import type { Properties } from "./topic.js";
import { putVarint, varintSize } from "./varint.js";

/** Bytes that a Topic Alias adds to a packet at most: the property, and lengths that become longer by one each. */
export const ALIAS_BYTES = 5;

/** What of the topic aliases the encoder knows, see `TopicAliases`. */
export interface OutboundAliases {
	/**
	 * How to send the topic that stands from `start` to `end`: 0 as it is; above 0 as this alias alone; below 0 as it is, with
	 * the alias `-n`, which means it from then on. To be called only for a PUBLISH that is going to be written.
	 */
	outbound(start: number, end: number): number;
}

/**
 * Writes packets one after the other into a region of the arena, so that one write to the transport sends many. Every
 * method returns true, or false when the packet does not fit before {@link limit}: then nothing was written.
 */
export class Encoder {
	/** The end of what waits to be sent; the next packet goes here. */
	position: number;
	version5 = false;
	/** No packet reaches beyond this, see {@link allow}. */
	limit: number;
	/** Where what waits begins. */
	readonly start: number;
	/** The arena's, start to {@link position} of which waits. */
	readonly bytes: Uint8Array;
	readonly view: DataView;
	private readonly counters: Uint32Array;

	/** Packets go to `[start, end)`, and are counted with their bytes in `counters`. */
	constructor(
		arena: Arena,
		start: number,
		end: number,
		counters: Uint32Array = new Uint32Array(Counter.Count),
	) {
		this.position = start;
		this.start = start;
		this.limit = end;
		this.bytes = arena.bytes;
		this.view = arena.view;
		this.counters = counters;
	}

	/** Lets packets take `room` bytes from {@link start} on, but no more than the `size` bytes of the region. */
	allow(room: number, size: number): void {
		this.limit = this.start + (room < size ? room : size);
	}

	/** Forgets what waits: it was sent. */
	clear(): void {
		this.position = this.start;
	}

	/**
	 * PUBLISH of the stored message `[at, end)` (see record.ts). `id` counts for QoS 1 and 2 only, as does `dup`;
	 * `expirySeconds` is what remains of its life, 0 when it has no end (5.0). `aliases`, if any, may shorten the topic of what is
	 * sent for the first time [MQTT-4.4.0-1]. `more`: bytes of payload that the caller writes behind it.
	 */
	publish(
		at: number,
		end: number,
		id: number,
		dup: boolean,
		expirySeconds: number,
		aliases: OutboundAliases | null = null,
		more = 0,
	): boolean {
		const bytes = this.bytes;
		const view = this.view;
		const topicAt = at + Record.TopicLength;
		const propertiesAt = topicAt + 2 + view.getUint16(topicAt);
		const propertiesLength = view.getUint16(at + Record.PropertiesLength);
		const payloadAt = propertiesAt + propertiesLength;
		const qos = bytes[at] & PublishFlag.QosMask;
		let extra = expirySeconds > 0 ? 5 : 0;
		let remaining = this.publishLength(at, end + more, extra);
		let to = this.position;
		const spare = this.limit - (to + 1 + varintSize(remaining) + remaining - more);
		if (spare < 0) return false;
		let alias = 0;
		if (aliases !== null && !dup && spare >= ALIAS_BYTES) alias = aliases.outbound(topicAt + 2, propertiesAt);
		if (alias !== 0) {
			extra += 3;
			remaining = this.publishLength(at, end + more, extra) - (alias > 0 ? propertiesAt - topicAt - 2 : 0);
		}
		// DUP is 0 in QoS 0 [MQTT-3.3.1-2] and set when it is sent again [MQTT-3.3.1-1].
		bytes[to] = (PacketType.Publish << 4) | bytes[at] | (dup && qos !== 0 ? PublishFlag.Dup : 0);
		to = putVarint(bytes, to + 1, remaining);
		if (alias > 0) {
			view.setUint16(to, 0);
			to += 2;
		} else {
			bytes.copyWithin(to, topicAt, propertiesAt);
			to += propertiesAt - topicAt;
		}
		if (qos !== 0) {
			view.setUint16(to, id); // none in QoS 0 [3.1.1: MQTT-2.3.1-5] [5.0: MQTT-2.2.1-2]
			to += 2;
		}
		if (this.version5) {
			// No properties: a length of 0 [MQTT-2.2.2-1].
			to = putVarint(bytes, to, propertiesLength + extra);
			if (expirySeconds > 0) {
				bytes[to] = Property.MessageExpiryInterval;
				view.setUint32(to + 1, expirySeconds);
				to += 5;
			}
			if (alias !== 0) {
				bytes[to] = Property.TopicAlias;
				view.setUint16(to + 1, alias > 0 ? alias : -alias);
				to += 3;
			}
			if (propertiesLength > 0) bytes.copyWithin(to, propertiesAt, payloadAt);
			to += propertiesLength;
		}
		bytes.copyWithin(to, payloadAt, end);
		return this.done(PacketType.Publish, to + end - payloadAt);
	}

	/** How long the whole PUBLISH of `[at, end)` and `more` bytes is, for the server's Maximum Packet Size [MQTT-3.2.2-15]. */
	publishSize(at: number, end: number, expirySeconds: number, more = 0): number {
		const remaining = this.publishLength(at, end + more, expirySeconds > 0 ? 5 : 0);
		return 1 + varintSize(remaining) + remaining;
	}

	/** `extra`: bytes of the properties that are made at sending. */
	private publishLength(at: number, end: number, extra: number): number {
		const properties = this.view.getUint16(at + Record.PropertiesLength);
		// The length of the topic and the topic itself, and the payload.
		const length =
			end - at - Record.TopicLength - properties + ((this.bytes[at] & PublishFlag.QosMask) !== 0 ? 2 : 0);
		if (!this.version5) return length;
		const all = properties + extra;
		return length + varintSize(all) + all;
	}

	/**
	 * PUBACK, PUBREC, PUBREL or PUBCOMP. The reason is written in 5.0 only, and only when it is not success or there are
	 * properties; these as {@link ending} does.
	 */
	acknowledge(
		type: PacketType,
		id: number,
		reason: number,
		start = 0,
		end = 0,
		most: number = Protocol.LengthMax,
	): boolean {
		const at = this.position;
		const flags = type === PacketType.Pubrel ? 2 : 0; // [MQTT-3.6.1-1]
		if (end > start && this.version5) return this.ending(type, flags, id, reason, start, end, most);
		const length = reason !== 0 && this.version5 ? 3 : 2;
		const next = at + 2 + length;
		if (next > this.limit) return false;
		// [MQTT-2.3.1-6; 5.0 MQTT-2.2.1-5]
		this.view.setInt32(at, (((type << 4) | flags) << 24) | (length << 16) | id);
		if (length === 3) this.bytes[at + 4] = reason;
		return this.done(type, next);
	}

	/**
	 * How long the whole SUBSCRIBE or UNSUBSCRIBE is whose filters take `length` bytes, each with its length before it and its
	 * options behind it; `identifier` is the Subscription Identifier, 0 for none. 3.1.1 has neither that nor `properties`.
	 */
	requestSize(length: number, identifier: number, properties: Properties | null): number {
		const remaining = this.requestLength(length, identifier, properties);
		return 1 + varintSize(remaining) + remaining;
	}

	/** Begins a SUBSCRIBE or UNSUBSCRIBE, as in {@link requestSize}; {@link filter} is to follow for each of its filters. */
	request(
		type: PacketType,
		id: number,
		length: number,
		identifier: number,
		properties: Properties | null,
	): boolean {
		const bytes = this.bytes;
		const remaining = this.requestLength(length, identifier, properties);
		let to = this.position;
		if (to + 1 + varintSize(remaining) + remaining > this.limit) return false;
		bytes[to] = (type << 4) | 2; // [MQTT-3.8.1-1, MQTT-3.10.1-1]
		to = putVarint(bytes, to + 1, remaining);
		this.view.setUint16(to, id);
		to += 2;
		const section = this.sectionLength(identifier, properties);
		if (section >= 0) {
			to = putVarint(bytes, to, section); // [MQTT-2.2.2-1]
			if (identifier > 0) {
				bytes[to] = Property.SubscriptionIdentifier;
				to = putVarint(bytes, to + 1, identifier);
			}
			if (properties !== null) {
				bytes.copyWithin(to, properties.start, properties.end);
				to += properties.end - properties.start;
			}
		}
		this.done(type, to);
		this.counters[Counter.BytesOut + type] += length;
		return true;
	}

	/** Adds a filter to the request; `options` is the options byte of 5.0 [3.8.3.1], of which 3.1.1 has the QoS, -1 in UNSUBSCRIBE. */
	filter(start: number, end: number, options: number): void {
		const { bytes } = this;
		const to = this.position + end - start + 2;
		bytes.copyWithin(this.position, start - 2, end);
		if (options >= 0) bytes[to] = this.version5 ? options : options & 3; // the upper bits are 0 [MQTT-3.8.3-4; 5.0 MQTT-3.8.3-5]
		this.position = options >= 0 ? to + 1 : to;
	}

	private requestLength(length: number, identifier: number, properties: Properties | null): number {
		const section = this.sectionLength(identifier, properties);
		return 2 + length + (section < 0 ? 0 : varintSize(section) + section);
	}

	/** Bytes of the properties of SUBSCRIBE or UNSUBSCRIBE; -1 in 3.1.1, which has none. */
	private sectionLength(identifier: number, properties: Properties | null): number {
		if (!this.version5) return -1;
		const length = identifier > 0 ? 1 + varintSize(identifier) : 0;
		return properties === null ? length : length + properties.end - properties.start;
	}

	ping(): boolean {
		return this.two(PacketType.Pingreq);
	}

	/** DISCONNECT, in 5.0 with its reason and the properties `[start, end)`, as {@link ending} does. */
	disconnect(reason: number, start: number, end: number, most: number = Protocol.LengthMax): boolean {
		if (!this.version5 || (reason === 0 && start === end)) return this.two(PacketType.Disconnect);
		return this.ending(PacketType.Disconnect, 0, 0, reason, start, end, most); // [MQTT-3.14.1-1]
	}

	/**
	 * A packet of 5.0 that ends with a reason and the properties `[start, end)`, `id` in front of them unless it is 0. Of the
	 * properties those are left out that would make it longer than `most`, see {@link leaveOut}.
	 */
	private ending(
		type: PacketType,
		flags: number,
		id: number,
		reason: number,
		start: number,
		end: number,
		most: number,
	): boolean {
		const { bytes, view } = this;
		const head = id !== 0 ? 3 : 1;
		// With a length of two bytes; that of one more makes a packet of 16 KiB, which no region is long enough for.
		const leave = leaveOut(view, start, end, most - 3 - head);
		const length = lengthWithout(view, start, end, leave);
		const remaining = head + (length > 0 ? varintSize(length) + length : 0);
		let to = this.position;
		if (to + 1 + varintSize(remaining) + remaining > this.limit) return false;
		bytes[to] = (type << 4) | flags;
		to = putVarint(bytes, to + 1, remaining);
		if (id !== 0) {
			view.setUint16(to, id);
			to += 2;
		}
		bytes[to++] = reason;
		if (length > 0) to = putSection(bytes, view, to, start, end, leave);
		return this.done(type, to);
	}

	private two(type: PacketType): boolean {
		const at = this.position;
		if (at + 2 > this.limit) return false;
		this.view.setUint16(at, type << 12);
		return this.done(type, at + 2);
	}

	/** The packet ends before `to`: it is counted, and the next one follows it. */
	done(type: PacketType, to: number): boolean {
		this.counters[Counter.PacketsOut + type]++;
		this.counters[Counter.BytesOut + type] += to - this.position;
		this.position = to;
		return true;
	}
}
