// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";
import type { Packet } from "./packet.js";
import { readProperties } from "./properties.js";
import { PacketType, Property, PublishFlag, REASONS, Reason } from "./protocol.js";
import { Reader, Varint } from "./reader.js";
import { TextRule, textFault } from "./utf8.js";

/** What a server may send, one bit per packet type. */
const enum FromServer {
	V311 = 0x2afc,
	/** With DISCONNECT and AUTH. */
	V5 = 0xeafc,
}

/**
 * Makes a {@link Packet} of the bytes that came, for both versions: a 3.1.1 packet is one of 5.0 whose absent fields
 * have their defaults. Everything is checked here, so that nobody after it has to; any bytes give an answer, nothing
 * throws, and nothing outside the given range is read.
 *
 * Faults: 0x81 when the bytes cannot be read as a packet, 0x82 when they can and say what is not allowed [5.0, 4.13].
 */
export class Decoder {
	version5 = false;
	/** The Topic Alias Maximum that CONNECT announced. An alias above it ends the link [MQTT-3.1.2-26]. */
	aliasMaximum = 0;
	// What `frame` found last, so that `decode` need not look at the header again.
	private start = -1;
	private end = -1;
	private body = 0;
	private readonly bytes: Uint8Array;
	private readonly view: DataView;
	private readonly packet: Packet;
	private readonly reader: Reader;

	constructor(arena: Arena, packet: Packet) {
		this.bytes = arena.bytes;
		this.view = arena.view;
		this.packet = packet;
		this.reader = new Reader(arena);
	}

	/**
	 * The size of the packet that starts at `start`, fixed header included, whether or not all of it lies before `end`;
	 * 0 while its header is incomplete; `-Reason` when it can never become legal.
	 */
	frame(start: number, end: number): number {
		this.end = -1;
		if (start >= end) return 0;
		const bytes = this.bytes;
		const first = bytes[start];
		// A PUBLISH of QoS 0 to 2 is fine as it is; the rest is looked at closely.
		if ((first & 0xf0) !== 0x30 || (first & PublishFlag.QosMask) === PublishFlag.QosMask) {
			const fault = this.headerFault(first);
			if (fault !== 0) return -fault;
		}
		if (end - start < 2) return 0;
		const length = bytes[start + 1];
		if (length >= 0x80) return this.longFrame(start, end);
		this.start = start;
		this.body = start + 2;
		this.end = start + 2 + length;
		return length + 2;
	}

	/**
	 * Reads the packet `[start, end)`, whose size {@link frame} told, into the `Packet`. Returns 0, or the `Reason` with
	 * which the link must be ended; the `Packet` is then void.
	 */
	decode(start: number, end: number): number {
		if (start !== this.start || end !== this.end) {
			const size = this.frame(start, end);
			if (size <= 0 || size !== end - start) return size < 0 ? -size : Reason.MalformedPacket;
		}
		this.end = -1; // the bytes may change before the next call
		const first = this.bytes[start];
		const type = first >> 4;
		const at = this.body;
		const packet = this.packet;
		packet.type = type;
		packet.flags = first & 0x0f;
		packet.id = 0;
		packet.seenLow = 0;
		packet.seenHigh = 0;
		packet.propertiesStart = packet.propertiesEnd = end;
		if (type === PacketType.Publish) return this.publish(first, at, end);
		packet.reason = 0;
		packet.payloadStart = packet.payloadEnd = end;
		if (type <= PacketType.Pubcomp && type >= PacketType.Puback) return this.acknowledgement(type, at, end);
		if (type === PacketType.Pingresp) return at === end ? 0 : Reason.MalformedPacket;
		if (type === PacketType.Suback || type === PacketType.Unsuback) return this.requestDone(type, at, end);
		if (type === PacketType.Connack) return this.connack(at, end);
		return this.ending(type, at, end);
	}

	private headerFault(first: number): number {
		const type = first >> 4;
		if (type === 0) return Reason.MalformedPacket;
		if ((((this.version5 ? FromServer.V5 : FromServer.V311) >> type) & 1) === 0) return Reason.ProtocolError;
		if (type === PacketType.Publish) return Reason.MalformedPacket; // QoS 3 [MQTT-3.3.1-4]
		// [3.1.1: MQTT-2.2.2-2, MQTT-3.6.1-1] [5.0: MQTT-2.1.3-1, MQTT-3.6.1-1]
		return (first & 0x0f) === (type === PacketType.Pubrel ? 2 : 0) ? 0 : Reason.MalformedPacket;
	}

	private longFrame(start: number, end: number): number {
		const reader = this.reader;
		reader.begin(start + 1, end);
		const length = reader.varint(this.version5); // [MQTT-1.5.5-1]
		if (length < 0) return length === Varint.Incomplete ? 0 : -Reason.MalformedPacket;
		this.start = start;
		this.body = reader.position;
		this.end = reader.position + length;
		return this.end - start;
	}

	private publish(first: number, at: number, end: number): number {
		const view = this.view;
		const packet = this.packet;
		const topicStart = at + 2;
		if (topicStart > end) return Reason.MalformedPacket;
		const topicEnd = topicStart + view.getUint16(at);
		if (topicEnd > end) return Reason.MalformedPacket;
		at = topicEnd;
		if ((first & PublishFlag.QosMask) !== 0) {
			if (at + 2 > end) return Reason.MalformedPacket;
			const id = view.getUint16(at);
			if (id === 0) return Reason.ProtocolError; // [3.1.1: MQTT-2.3.1-1] [5.0: MQTT-2.2.1-4]
			packet.id = id;
			at += 2;
		}
		if (this.version5) {
			// The usual case, no properties, is one zero byte.
			if (at < end && this.bytes[at] === 0) {
				packet.propertiesStart = packet.propertiesEnd = ++at;
			} else {
				at = readProperties(packet, this.reader, at, end);
				if (at < 0) return -at;
			}
		}
		packet.topicStart = topicStart;
		packet.topicEnd = topicEnd;
		packet.payloadStart = at;
		packet.payloadEnd = end;
		// [3.1.1: MQTT-3.3.2-1, MQTT-3.3.2-2] [5.0: MQTT-3.3.2-1, MQTT-3.3.2-2]
		const fault = textFault(view, topicStart, topicEnd, TextRule.TopicName);
		if (fault !== 0) return fault;
		if (packet.seenHigh !== 0 && packet.has(Property.TopicAlias)) {
			const tooHigh = packet.value(Property.TopicAlias) > this.aliasMaximum;
			return tooHigh ? Reason.TopicAliasInvalid : 0; // [MQTT-3.1.2-26, MQTT-3.1.2-27]
		}
		return topicEnd > topicStart ? 0 : Reason.ProtocolError; // [MQTT-4.7.3-1] [5.0, 3.3.2.1]
	}

	/** PUBACK, PUBREC, PUBREL, PUBCOMP: with neither reason nor properties, with the reason only, with both [5.0, 3.4.2.1]. */
	private acknowledgement(type: number, at: number, end: number): number {
		const length = end - at;
		if (length < 2 || (length > 2 && !this.version5)) return Reason.MalformedPacket;
		const id = this.view.getUint16(at);
		if (id === 0) return Reason.ProtocolError; // [MQTT-2.3.1-1]
		this.packet.id = id;
		if (length === 2) return 0;
		return this.reasonAndProperties(type, at + 2, end);
	}

	/** The end of most packets of 5.0: a reason code, then maybe properties, and nothing more. */
	private reasonAndProperties(type: number, at: number, end: number): number {
		const reason = this.bytes[at++];
		if (reason !== 0 && !isReasonOf(type, reason)) return Reason.ProtocolError; // [MQTT-3.4.2-1 and its kin]
		this.packet.reason = reason;
		if (at === end) return 0;
		at = readProperties(this.packet, this.reader, at, end);
		if (at < 0) return -at;
		return at === end ? 0 : Reason.MalformedPacket;
	}

	private requestDone(type: number, at: number, end: number): number {
		if (end - at < 2) return Reason.MalformedPacket;
		const packet = this.packet;
		const version5 = this.version5;
		const id = this.view.getUint16(at);
		if (id === 0) return Reason.ProtocolError; // [MQTT-2.3.1-1]
		packet.id = id;
		at += 2;
		if (version5) {
			at = readProperties(this.packet, this.reader, at, end);
			if (at < 0) return -at;
		} else if (type === PacketType.Unsuback) return at === end ? 0 : Reason.MalformedPacket; // [3.1.1, 3.11]
		packet.payloadStart = at;
		if (at === end) return Reason.MalformedPacket; // one code for each filter [MQTT-3.8.4-5; 5.0 MQTT-3.8.4-6]
		const bytes = this.bytes;
		for (; at < end; at++) {
			const reason = bytes[at];
			// [3.1.1: MQTT-3.9.3-2] [5.0: MQTT-3.9.3-2, MQTT-3.11.3-2]
			if (version5 ? !isReasonOf(type, reason) : reason > 2 && reason !== 0x80) return Reason.ProtocolError;
		}
		return 0;
	}

	private connack(at: number, end: number): number {
		if (end - at < 2) return Reason.MalformedPacket;
		const packet = this.packet;
		const present = this.bytes[at];
		const code = this.bytes[at + 1];
		if (present > 1) return Reason.MalformedPacket; // [MQTT-3.2.2-1]
		packet.sessionPresent = present;
		let fault = 0;
		if (!this.version5 || (end - at === 2 && code !== 0)) {
			// A server that knows only 3.1.1 answers a CONNECT of 5.0 in its own words: two bytes, code 1.
			if (end - at !== 2) return Reason.MalformedPacket;
			packet.reason = reasonOfReturnCode(code);
		} else if (end - at === 2) return Reason.MalformedPacket;
		else fault = this.reasonAndProperties(PacketType.Connack, at + 1, end);
		if (fault !== 0) return fault;
		// [3.1.1: MQTT-3.2.2-4] [5.0: MQTT-3.2.2-6]
		return present === 1 && packet.reason !== 0 ? Reason.ProtocolError : 0;
	}

	/** DISCONNECT and AUTH of 5.0, which may be empty: success without properties [3.14.2.1, 3.15.2.1]. */
	private ending(type: number, at: number, end: number): number {
		if (at === end) return 0;
		if (type === PacketType.Auth && end - at === 1) return Reason.MalformedPacket;
		const fault = this.reasonAndProperties(type, at, end);
		if (fault !== 0) return fault;
		const packet = this.packet;
		if (type === PacketType.Auth) {
			// "It is a Protocol Error to omit the Authentication Method" [3.15.2.2.2], but not in the short form.
			const said = packet.reason !== 0 || packet.propertiesEnd > packet.propertiesStart;
			return said && !packet.has(Property.AuthenticationMethod) ? Reason.ProtocolError : 0;
		}
		return packet.has(Property.SessionExpiryInterval) ? Reason.ProtocolError : 0; // [MQTT-3.14.2-2]
	}
}

/** True when a server may send this reason code in a packet of this type. */
function isReasonOf(type: number, reason: number): boolean {
	const word = reason < 0x20 ? 0 : reason < 0x80 ? -1 : (reason >> 5) - 3;
	if (word < 0 || word > 2) return false;
	return ((REASONS[type * 3 + word] >>> (reason & 31)) & 1) === 1;
}

/** The reason that a return code of 3.1.1 means [3.1.1, table 3.1]; codes from 6 up are reserved, and failures. */
function reasonOfReturnCode(code: number): number {
	if (code === 0) return Reason.Success;
	if (code === 1) return Reason.UnsupportedProtocolVersion;
	if (code === 2) return Reason.ClientIdentifierNotValid;
	if (code === 3) return Reason.ServerUnavailable;
	if (code === 4) return Reason.BadUserNameOrPassword;
	return code === 5 ? Reason.NotAuthorized : Reason.Unspecified;
}
