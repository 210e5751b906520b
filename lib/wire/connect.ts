// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import type { Encoder } from "./encoder.js";
import { type PropertyFields, WILL, writeProperties } from "./fields.js";
import { PacketType, Protocol, Reason } from "./protocol.js";
import { encodeText, topicFault } from "./topic.js";
import { putVarint, varintAt, varintSize } from "./varint.js";
import { Writer } from "./writer.js";

/** Quality of service. */
export type Qos = 0 | 1 | 2;

/** What the broker publishes when we vanish. What is a property of 5.0 is left out in 3.1.1. */
export interface Will
	extends Pick<
		PropertyFields,
		| "payloadFormat"
		| "messageExpirySeconds"
		| "contentType"
		| "responseTopic"
		| "correlationData"
		| "userProperties"
	> {
	readonly topic: string;
	readonly payload: string | Uint8Array;
	/** A broker that does not offer it refuses us with `Reason.QosNotSupported` [5.0, 3.2.2.3.4]: it cannot be known before. */
	readonly qos?: Qos;
	/** The same, with `Reason.RetainNotSupported` [5.0, 3.2.2.3.5]. */
	readonly retain?: boolean;
	/** How long the broker waits before it sends the will, seconds, 0 to 4294967295 [5.0, 3.1.3.2.2]. Default 0. */
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

/**
 * Offsets in what is kept of a CONNECT: its body as 5.0 has it, which is all of it but the fixed header, without what is made
 * anew each time ({@link ConnectPart}). 3.1.1 is said by leaving its properties out, see {@link sayConnect}.
 */
export const enum ConnectAt {
	/** The highest version that it is said in. */
	Version = 6,
	Flags = 7,
	KeepAlive = 8,
	/** The properties, their length first; then the client identifier, the will (its properties first), user and password. */
	Properties = 10,
}

/** A name and its secret, as bytes or text; as functions they are asked with each CONNECT. */
export type UserName = string | (() => string);
export type Password = string | Uint8Array | (() => string | Uint8Array);

/** Properties of CONNECT that are made anew each time it is said. */
export interface ConnectProperties {
	/** Makes them. Returns 0, or the reason why they cannot be made. */
	begin(): number;
	/** How many bytes they have. */
	readonly size: number;
	/** Writes them to `at`, where there is room for them. */
	put(at: number): void;
}

/** User and password of CONNECT, where they are made anew each time it is said. */
export interface ConnectCredentials {
	/** Writes them to `at`, nothing at or beyond `limit`. Returns where they end, or the reason, below 0, why they cannot be written. */
	put(at: number, limit: number): number;
}

/** What a CONNECT says. */
export interface ConnectFields
	extends Pick<
		PropertyFields,
		"requestResponseInformation" | "requestProblemInformation" | "userProperties"
	> {
	/** Empty: the server gives a name. */
	readonly clientId: string;
	/** When this or the password is a function, both are left to the {@link ConnectCredentials}. */
	readonly user?: UserName | undefined;
	/** In 3.1.1 it needs a user name [MQTT-3.1.2-22]. */
	readonly password?: Password | undefined;
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
 * Writes what is kept of a CONNECT at `start`, with Clean Start, and returns where it ends; nothing is written at or beyond
 * `limit`. `version5`: it may be said in 5.0. Throws a RangeError when there is no room, or for what no broker takes.
 * Construction only.
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
	writer.byte(
		ConnectFlag.CleanStart | // [MQTT-3.1.2-3: the reserved bit is 0]
			willFlags(will) | // [MQTT-3.1.2-11, MQTT-3.1.2-13, MQTT-3.1.2-15: no will, no will bits]
			(user !== undefined ? ConnectFlag.User : 0) |
			(password !== undefined ? ConnectFlag.Password : 0),
	);
	writer.uint16(fields.keepAliveSeconds);
	if (version5) writeProperties(writer, PacketType.Connect, propertiesOf(fields));
	else writer.byte(0);
	// In this order [MQTT-3.1.3-1].
	putText(arena, writer, limit, fields.clientId);
	if (will !== undefined) {
		if (version5) writeProperties(writer, WILL, willPropertiesOf(will));
		else writer.byte(0);
		const topicAt = writer.position + 2;
		putText(arena, writer, limit, will.topic);
		const fault = topicFault(arena.bytes, topicAt, writer.position);
		if (fault !== undefined) throw new RangeError(`${JSON.stringify(will.topic)}: ${fault}`);
		putData(arena, writer, limit, will.payload);
	}
	if (typeof user !== "function" && typeof password !== "function") {
		if (user !== undefined) putText(arena, writer, limit, user);
		if (password !== undefined) putData(arena, writer, limit, password);
	}
	if (writer.overflowed) throw noRoom();
	return writer.position;
}

/**
 * Says CONNECT in the encoder's version, from what is kept of it in `[start, end)` and what is made anew. In 3.1.1 there are no
 * properties [3.1.1, 3.1]. Returns 0, or the reason why it cannot be said: then the encoder is as it was.
 */
export function sayConnect(
	encoder: Encoder,
	start: number,
	end: number,
	properties: ConnectProperties | null,
	credentials: ConnectCredentials | null,
): number {
	const { bytes, view, limit, version5, position } = encoder;
	const more = version5 ? properties : null;
	const fault = more === null ? 0 : more.begin();
	if (fault !== 0) return fault;
	const propertiesAt = start + ConnectAt.Properties;
	const idAt = afterProperties(view, propertiesAt, end);
	const willAt = idAt + 2 + view.getUint16(idAt);
	const withWill = (view.getUint8(start + ConnectAt.Flags) & ConnectFlag.Will) !== 0;
	const restAt = withWill && !version5 ? afterProperties(view, willAt, end) : willAt;
	const length = varintAt(view, propertiesAt, end, true);
	const all = more === null ? length : length + more.size;
	let size = ConnectAt.Properties + willAt - idAt + end - restAt;
	if (version5) size += varintSize(all) + all;
	if (position + 1 + varintSize(size) + size > limit) return Reason.PacketTooLarge;
	// Behind a fixed header of two bytes, which may become longer when the length is known.
	let to = position + 2;
	bytes.copyWithin(to, start, propertiesAt);
	bytes[to + ConnectAt.Version] = version5 ? Protocol.V5 : Protocol.V311; // [3.1.1: MQTT-3.1.2-2]
	to += ConnectAt.Properties;
	if (version5) {
		to = putVarint(bytes, to, all);
		bytes.copyWithin(to, idAt - length, idAt);
		if (more !== null) more.put(to + length);
		to += all;
	}
	bytes.copyWithin(to, idAt, willAt);
	to += willAt - idAt;
	bytes.copyWithin(to, restAt, end);
	to += end - restAt;
	if (credentials !== null) to = credentials.put(to, limit);
	return to < 0 ? to : finish(encoder, to);
}

/** The body of CONNECT ends before `to`: puts the fixed header in front of it. Returns 0 or the reason why there is no room. */
function finish(encoder: Encoder, to: number): number {
	const { bytes, position } = encoder;
	const length = to - position - 2;
	const more = varintSize(length) - 1;
	if (to + more > encoder.limit) return Reason.CredentialsFailed; // the rest was measured before
	if (more > 0) bytes.copyWithin(position + 2 + more, position + 2, to);
	bytes[position] = PacketType.Connect << 4;
	putVarint(bytes, position + 1, length);
	encoder.done(PacketType.Connect, to + more);
	return 0;
}

/** Where the properties end whose length stands at `at`. */
function afterProperties(view: DataView, at: number, end: number): number {
	const length = varintAt(view, at, end, true);
	return at + varintSize(length) + length;
}

function willFlags(will: Will | undefined): number {
	if (will === undefined) return 0;
	return (
		ConnectFlag.Will |
		((will.qos ?? 0) << ConnectFlag.WillQosShift) |
		(will.retain === true ? ConnectFlag.WillRetain : 0)
	);
}

/** What is 0 is left out [5.0, 3.1.2.11]. */
function propertiesOf(fields: ConnectFields): PropertyFields {
	return {
		sessionExpirySeconds: fields.sessionExpirySeconds || undefined,
		receiveMaximum: fields.receiveMaximum || undefined,
		maximumPacketSize: fields.maximumPacketSize || undefined,
		topicAliasMaximum: fields.topicAliasMaximum || undefined,
		requestResponseInformation: fields.requestResponseInformation,
		requestProblemInformation: fields.requestProblemInformation,
		userProperties: fields.userProperties,
	};
}

function willPropertiesOf(will: Will): PropertyFields {
	const { payloadFormat, messageExpirySeconds, contentType, responseTopic, correlationData } = will;
	return {
		willDelaySeconds: will.delaySeconds || undefined,
		payloadFormat,
		messageExpirySeconds,
		contentType,
		responseTopic,
		correlationData,
		userProperties: will.userProperties,
	};
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
