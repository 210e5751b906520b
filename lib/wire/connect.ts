// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import { Property, Protocol } from "./protocol.js";
import { encodeText, topicFault } from "./topic.js";
import { Writer } from "./writer.js";

/** Quality of service. */
export type Qos = 0 | 1 | 2;

export interface Will {
	readonly topic: string;
	readonly payload: string | Uint8Array;
	readonly qos?: Qos;
	readonly retain?: boolean;
	/** How long the broker waits before it sends the will, seconds (5.0). */
	readonly delaySeconds?: number;
}

/** Bits of the CONNECT flags [3.1.2.3]. */
export const enum ConnectFlag {
	/** Clean session in 3.1.1. */
	CleanStart = 0x02,
	Will = 0x04,
	WillQosShift = 3,
	WillRetain = 0x20,
	Password = 0x40,
	User = 0x80,
}

/** Offsets in the body of a CONNECT, which is all of it but the fixed header. */
export const enum ConnectAt {
	Version = 6,
	Flags = 7,
	KeepAlive = 8,
	/** In 5.0 the properties, with their length in one byte; then, and in 3.1.1 at once, the client identifier. */
	Properties = 10,
}

/** What a CONNECT says. */
export interface ConnectFields {
	/** Empty: the server gives a name. */
	readonly clientId: string;
	readonly user?: string | undefined;
	/** In 3.1.1 a password needs a user name [MQTT-3.1.2-22]: an empty one is sent when there is none. */
	readonly password?: string | Uint8Array | undefined;
	readonly will?: Will | undefined;
	readonly keepAliveSeconds: number;
	/** 5.0; 0 = left out: the session ends with the connection. */
	readonly sessionExpirySeconds: number;
	/** 5.0; 0 = left out. */
	readonly receiveMaximum: number;
	/** 5.0; 0 = left out. */
	readonly maximumPacketSize: number;
	/** 5.0; 0 = left out: the server may use no topic alias. */
	readonly topicAliasMaximum?: number | undefined;
}

/**
 * Writes the body of a CONNECT at `start`, with Clean Start, and returns where it ends; nothing is written at or beyond
 * `limit`. Throws a RangeError when there is no room, or for what no broker takes. Construction only: the body is kept,
 * and sent with each connection.
 */
export function encodeConnect(
	arena: Block,
	start: number,
	limit: number,
	version5: boolean,
	fields: ConnectFields,
): number {
	const { user, password, will } = fields;
	const writer = new Writer(arena);
	writer.begin(start, limit);
	writer.uint32(0x0004_4d51); // [MQTT-3.1.2-1]
	writer.uint16(0x5454);
	writer.byte(version5 ? Protocol.V5 : Protocol.V311);
	const withUser = user !== undefined || (password !== undefined && !version5);
	writer.byte(
		ConnectFlag.CleanStart | // [MQTT-3.1.2-3: the reserved bit is 0]
			willFlags(will) | // [MQTT-3.1.2-11, MQTT-3.1.2-13, MQTT-3.1.2-15: no will, no will bits]
			(withUser ? ConnectFlag.User : 0) |
			(password !== undefined ? ConnectFlag.Password : 0),
	);
	writer.uint16(fields.keepAliveSeconds);
	if (version5) writeProperties(writer, fields);
	// In this order [MQTT-3.1.3-1].
	putText(arena, writer, limit, fields.clientId);
	if (will !== undefined) {
		if (version5) writeWillDelay(writer, will.delaySeconds ?? 0);
		const topicAt = writer.position + 2;
		putText(arena, writer, limit, will.topic);
		const fault = topicFault(arena.bytes, topicAt, writer.position);
		if (fault !== undefined) throw new RangeError(`${JSON.stringify(will.topic)}: ${fault}`);
		putData(arena, writer, limit, will.payload);
	}
	if (withUser) putText(arena, writer, limit, user ?? "");
	if (password !== undefined) putData(arena, writer, limit, password);
	if (writer.overflowed) throw noRoom();
	return writer.position;
}

function willFlags(will: Will | undefined): number {
	if (will === undefined) return 0;
	return (
		ConnectFlag.Will |
		((will.qos ?? 0) << ConnectFlag.WillQosShift) |
		(will.retain === true ? ConnectFlag.WillRetain : 0)
	);
}

function writeProperties(writer: Writer, fields: ConnectFields): void {
	const { sessionExpirySeconds, receiveMaximum, maximumPacketSize, topicAliasMaximum = 0 } = fields;
	writer.byte(
		(sessionExpirySeconds > 0 ? 5 : 0) +
			(receiveMaximum > 0 ? 3 : 0) +
			(maximumPacketSize > 0 ? 5 : 0) +
			(topicAliasMaximum > 0 ? 3 : 0),
	);
	if (sessionExpirySeconds > 0) {
		writer.byte(Property.SessionExpiryInterval);
		writer.uint32(sessionExpirySeconds);
	}
	if (receiveMaximum > 0) {
		writer.byte(Property.ReceiveMaximum);
		writer.uint16(receiveMaximum);
	}
	if (maximumPacketSize > 0) {
		writer.byte(Property.MaximumPacketSize);
		writer.uint32(maximumPacketSize);
	}
	if (topicAliasMaximum > 0) {
		writer.byte(Property.TopicAliasMaximum);
		writer.uint16(topicAliasMaximum);
	}
}

function writeWillDelay(writer: Writer, seconds: number): void {
	writer.byte(seconds > 0 ? 5 : 0);
	if (seconds === 0) return;
	writer.byte(Property.WillDelayInterval);
	writer.uint32(seconds);
}

function putText(arena: Block, writer: Writer, limit: number, text: string): void {
	if (writer.overflowed) throw noRoom();
	writer.position = encodeText(arena, writer.position, limit, text);
}

function putData(arena: Block, writer: Writer, limit: number, data: string | Uint8Array): void {
	if (typeof data === "string") putText(arena, writer, limit, data);
	else {
		writer.uint16(data.length);
		writer.bytes(data);
	}
}

function noRoom(): RangeError {
	return new RangeError("the region for text is full: raise limits.textBytes");
}
