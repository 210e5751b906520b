// SPDX-License-Identifier: MIT
import type { Packet } from "./packet.js";
import { readProperties } from "./properties.js";
import { PacketType, Property, PublishFlag, REASONS, Reason } from "./protocol.js";
import { TextRule, textFault } from "./utf8.js";
import { Varint, varintAt } from "./varint.js";

/** What a server may send, one bit per packet type. */
const enum FromServer {
	V311 = 0x2afc,
	/** With DISCONNECT and AUTH. */
	V5 = 0xeafc,
}

/** What of the topic aliases the decoder knows, see `TopicAliases`. */
export interface InboundAliases {
	/** The Topic Alias Maximum that CONNECT announced. */
	readonly inboundMaximum: number;
	/** Puts the whole topic in place of the packet's alias, or keeps it under that alias. Returns 0 or why the link must end. */
	inbound(packet: Packet, alias: number): number;
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
	/** What topic aliases of the server mean; without it there is none. */
	aliases: InboundAliases | null = null;
	/** The end of the packet that {@link frame} found last, until it is decoded; -1: of none. */
	private framed = -1;
	readonly packet: Packet;

	constructor(packet: Packet) {
		this.packet = packet;
	}

	/**
	 * The size of the packet that starts at `start`, fixed header included, whether or not all of it lies before `end`;
	 * 0 while its header is incomplete; `-Reason` when it can never become legal.
	 */
	frame(start: number, end: number): number {
		this.framed = -1;
		if (start >= end) return 0;
		const view = this.packet.view;
		const first = view.getUint8(start);
		// A PUBLISH of QoS 0 to 2 is fine as it is; the rest is looked at closely.
		if ((first & 0xf0) !== 0x30 || (first & PublishFlag.QosMask) === PublishFlag.QosMask) {
			const fault = this.headerFault(first);
			if (fault !== 0) return -fault;
		}
		if (end - start < 2) return 0;
		let body = start + 2;
		let length = view.getUint8(start + 1);
		if (length >= 0x80) {
			length = varintAt(view, start + 1, end, this.version5); // [MQTT-1.5.5-1]
			if (length < 0) return length === Varint.Incomplete ? 0 : -Reason.MalformedPacket;
			while (view.getUint8(body++) >= 0x80);
		}
		this.framed = body + length;
		return this.framed - start;
	}

	/**
	 * Reads the packet `[start, end)`, whose size {@link frame} told, into the `Packet`. Returns 0, or the `Reason` with
	 * which the link must be ended; the `Packet` is then void.
	 */
	decode(start: number, end: number): number {
		if (end !== this.framed) {
			const size = this.frame(start, end);
			if (size <= 0 || size !== end - start) return size < 0 ? -size : Reason.MalformedPacket;
		}
		this.framed = -1; // the bytes may change before the next call
		const packet = this.packet;
		const view = packet.view;
		const first = view.getUint8(start);
		const type = first >> 4;
		let at = start + 1;
		while (view.getUint8(at++) >= 0x80);
		packet.type = type;
		packet.flags = first & 0x0f;
		packet.id = 0;
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

	private publish(first: number, at: number, end: number): number {
		const packet = this.packet;
		const view = packet.view;
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
			if (at < end && view.getUint8(at) === 0) {
				packet.propertiesStart = packet.propertiesEnd = ++at;
			} else {
				at = readProperties(packet, at, end);
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
		if (packet.propertiesEnd > packet.propertiesStart) {
			const alias = packet.property(Property.TopicAlias, 0);
			const aliases = this.aliases;
			// [MQTT-3.1.2-26, MQTT-3.1.2-27]
			if (alias > 0)
				return aliases === null || alias > aliases.inboundMaximum
					? Reason.TopicAliasInvalid
					: aliases.inbound(packet, alias);
		}
		return topicEnd > topicStart ? 0 : Reason.ProtocolError; // [MQTT-4.7.3-1] [5.0, 3.3.2.1]
	}

	/** PUBACK, PUBREC, PUBREL, PUBCOMP: with neither reason nor properties, with the reason only, with both [5.0, 3.4.2.1]. */
	private acknowledgement(type: number, at: number, end: number): number {
		const length = end - at;
		if (length < 2 || (length > 2 && !this.version5)) return Reason.MalformedPacket;
		const id = this.packet.view.getUint16(at);
		if (id === 0) return Reason.ProtocolError; // [MQTT-2.3.1-1]
		this.packet.id = id;
		if (length === 2) return 0;
		return this.reasonAndProperties(type, at + 2, end);
	}

	/** The end of most packets of 5.0: a reason code, then maybe properties, and nothing more. */
	private reasonAndProperties(type: number, at: number, end: number): number {
		const reason = this.packet.view.getUint8(at++);
		if (reason !== 0 && !isReasonOf(type, reason)) return Reason.ProtocolError; // [MQTT-3.4.2-1 and its kin]
		this.packet.reason = reason;
		if (at === end) return 0;
		at = readProperties(this.packet, at, end);
		if (at < 0) return -at;
		return at === end ? 0 : Reason.MalformedPacket;
	}

	private requestDone(type: number, at: number, end: number): number {
		if (end - at < 2) return Reason.MalformedPacket;
		const packet = this.packet;
		const version5 = this.version5;
		const id = this.packet.view.getUint16(at);
		if (id === 0) return Reason.ProtocolError; // [MQTT-2.3.1-1]
		packet.id = id;
		at += 2;
		if (version5) {
			at = readProperties(this.packet, at, end);
			if (at < 0) return -at;
		} else if (type === PacketType.Unsuback) return at === end ? 0 : Reason.MalformedPacket; // [3.1.1, 3.11]
		packet.payloadStart = at;
		if (at === end) return Reason.MalformedPacket; // one code for each filter [MQTT-3.8.4-5; 5.0 MQTT-3.8.4-6]
		for (; at < end; at++) {
			const reason = packet.view.getUint8(at);
			// [3.1.1: MQTT-3.9.3-2] [5.0: MQTT-3.9.3-2, MQTT-3.11.3-2]
			if (version5 ? !isReasonOf(type, reason) : reason > 2 && reason !== 0x80) return Reason.ProtocolError;
		}
		return 0;
	}

	private connack(at: number, end: number): number {
		if (end - at < 2) return Reason.MalformedPacket;
		const packet = this.packet;
		const present = packet.view.getUint8(at);
		const code = packet.view.getUint8(at + 1);
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
			return said && packet.property(Property.AuthenticationMethod, 0) === 0 ? Reason.ProtocolError : 0;
		}
		return packet.property(Property.SessionExpiryInterval, -1) >= 0 ? Reason.ProtocolError : 0; // [MQTT-3.14.2-2]
	}
}

/** True when a server may send this reason code in a packet of this type. */
export function isReasonOf(type: number, reason: number): boolean {
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
