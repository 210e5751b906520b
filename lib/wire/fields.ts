// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import { PacketType, PROPERTY_PACKETS, PROPERTY_TYPE, Property, PropertyType } from "./protocol.js";
import { checkText, Properties } from "./topic.js";
import { varintSize } from "./varint.js";
import { Writer } from "./writer.js";

/**
 * Properties of 5.0 as an application writes them down [2.2.2.2]: those that a client may send. Each belongs in some packets and
 * not in others; what does not belong throws. A field that is undefined is left out.
 */
export interface PropertyFields {
	/** 1: the payload is text in UTF-8; 0: bytes, as when it is left out [3.3.2.3.2]. Not checked. PUBLISH and will. */
	readonly payloadFormat?: 0 | 1 | undefined;
	/** Seconds, 0 to 4294967295, that the server may keep it. The will only: a message has it from `compose`. */
	readonly messageExpirySeconds?: number | undefined;
	/** What the payload is, such as `application/json`. PUBLISH and will. */
	readonly contentType?: string | undefined;
	/** A topic name, to which an answer is to be sent. PUBLISH and will. */
	readonly responseTopic?: string | undefined;
	/** What an answer brings back; a string is written in UTF-8. PUBLISH and will. */
	readonly correlationData?: string | Uint8Array | undefined;
	/** 1 to 268435455. SUBSCRIBE. */
	readonly subscriptionIdentifier?: number | undefined;
	/** Seconds, 0 to 4294967295. CONNECT and DISCONNECT. */
	readonly sessionExpirySeconds?: number | undefined;
	/** CONNECT and AUTH. */
	readonly authenticationMethod?: string | undefined;
	/** Only with a method. CONNECT and AUTH. */
	readonly authenticationData?: string | Uint8Array | undefined;
	/** False: reason strings and user properties are to come with PUBLISH, CONNACK and DISCONNECT only. CONNECT. */
	readonly requestProblemInformation?: boolean | undefined;
	/** Seconds, 0 to 4294967295. The will. */
	readonly willDelaySeconds?: number | undefined;
	/** True: CONNACK is to say where answers may go. CONNECT. */
	readonly requestResponseInformation?: boolean | undefined;
	/** For whoever reads logs. Acknowledgements, DISCONNECT, AUTH. */
	readonly reasonString?: string | undefined;
	/** 1 to 65535. CONNECT. */
	readonly receiveMaximum?: number | undefined;
	/** 0 to 65535. CONNECT. */
	readonly topicAliasMaximum?: number | undefined;
	/** Name and value, any number of them; a name may come again. All packets. */
	readonly userProperties?: readonly (readonly [name: string, value: string])[] | undefined;
	/** Bytes, 1 to 4294967295. CONNECT. */
	readonly maximumPacketSize?: number | undefined;
}

const FIELDS: Readonly<Record<keyof PropertyFields, number>> = Object.freeze({
	payloadFormat: Property.PayloadFormatIndicator,
	messageExpirySeconds: Property.MessageExpiryInterval,
	contentType: Property.ContentType,
	responseTopic: Property.ResponseTopic,
	correlationData: Property.CorrelationData,
	subscriptionIdentifier: Property.SubscriptionIdentifier,
	sessionExpirySeconds: Property.SessionExpiryInterval,
	authenticationMethod: Property.AuthenticationMethod,
	authenticationData: Property.AuthenticationData,
	requestProblemInformation: Property.RequestProblemInformation,
	willDelaySeconds: Property.WillDelayInterval,
	requestResponseInformation: Property.RequestResponseInformation,
	reasonString: Property.ReasonString,
	receiveMaximum: Property.ReceiveMaximum,
	topicAliasMaximum: Property.TopicAliasMaximum,
	userProperties: Property.UserProperty,
	maximumPacketSize: Property.MaximumPacketSize,
});

/** In place of a packet type: the will properties inside CONNECT. */
export const WILL = 0;

/** What a client sends, one bit per packet type, {@link WILL} among them. */
const CLIENT_SENDS = 0xc5fb;

/**
 * Writes the properties at `at`, behind two bytes for their length; nothing is written at or beyond `limit`. Throws a
 * RangeError for what no packet of a client may have, what stands in no packet together, or when there is no room.
 * Construction only.
 */
export function encodeProperties(
	block: Block,
	at: number,
	limit: number,
	fields: PropertyFields,
): Properties {
	const writer = new Writer(block);
	writer.begin(at, limit);
	writer.uint16(0);
	const packets = putFields(writer, fields);
	if (writer.overflowed) throw noRoom();
	const end = writer.position;
	block.view.setUint16(at, end - at - 2);
	return new Properties(at + 2, end, packets);
}

/**
 * Writes the properties of a packet of that type, or {@link WILL}, with their length before them, as they stand in the packet.
 * Throws a RangeError for what does not belong in it; what does not fit shows at the writer. Construction only.
 */
export function writeProperties(writer: Writer, packetType: number, fields: PropertyFields): void {
	const at = writer.position;
	writer.byte(0);
	const packets = putFields(writer, fields);
	if (((packets >> packetType) & 1) === 0) {
		for (const name of Object.keys(fields) as (keyof PropertyFields)[])
			if (fields[name] !== undefined && ((packetsOf(FIELDS[name]) >> packetType) & 1) === 0)
				throw new RangeError(`properties: ${name} does not belong in this packet`);
	}
	if (writer.overflowed) return;
	const end = writer.position;
	const length = end - at - 1;
	const more = varintSize(length) - 1;
	writer.position = at + 1 + more;
	if (more > 0) writer.copy(at + 1, end);
	if (writer.overflowed) return;
	writer.position = at;
	writer.varint(length);
	writer.position = end + more;
}

/** Writes them one after the other and returns in which packets all of them may stand, one bit each. */
function putFields(writer: Writer, fields: PropertyFields): number {
	let packets = CLIENT_SENDS;
	for (const [name, value] of Object.entries(fields)) {
		if (!(name in FIELDS)) throw new RangeError(`properties: there is none called ${name}`);
		if (value === undefined) continue;
		const property = FIELDS[name as keyof PropertyFields];
		packets &= packetsOf(property);
		if (packets === 0)
			throw new RangeError(`properties: no packet has ${name} together with those before it`);
		putField(writer, name, property, value);
	}
	if (fields.authenticationData !== undefined && fields.authenticationMethod === undefined)
		throw new RangeError("properties: authenticationData needs an authenticationMethod"); // [5.0, 3.1.2.11.10]
	return packets;
}

/** In which packets a client may send it. Subscription identifiers come with PUBLISH, and never go [MQTT-3.3.4-6]. */
function packetsOf(property: number): number {
	if (property === Property.MessageExpiryInterval) return 1 << WILL;
	if (property === Property.SubscriptionIdentifier) return 1 << PacketType.Subscribe;
	return PROPERTY_PACKETS[property] & CLIENT_SENDS;
}

function putField(writer: Writer, name: string, property: number, value: unknown): void {
	const kind = PROPERTY_TYPE[property];
	if (kind === PropertyType.StringPair) {
		for (const [key, text] of value as [string, string][]) {
			writer.byte(property);
			putString(writer, name, key);
			putString(writer, name, text);
		}
		return;
	}
	writer.byte(property);
	if (kind === PropertyType.Binary && value instanceof Uint8Array) {
		if (value.length > 0xffff) throw new RangeError(`properties: ${name} has at most 65,535 bytes`);
		writer.uint16(value.length);
		writer.bytes(value);
	} else if (kind === PropertyType.String || kind === PropertyType.Binary) {
		putString(writer, name, value);
		if (property === Property.ResponseTopic && (value === "" || /[+#]/.test(value as string)))
			throw new RangeError(`properties: ${name} is a topic name, without wildcards`); // [MQTT-3.3.2-14]
	} else putInteger(writer, name, property, kind, Number(value));
}

function putInteger(writer: Writer, name: string, property: number, kind: number, value: number): void {
	const least =
		property === Property.ReceiveMaximum ||
		property === Property.MaximumPacketSize ||
		property === Property.SubscriptionIdentifier
			? 1
			: 0;
	const most = MOST[kind];
	if (!(Number.isInteger(value) && value >= least && value <= most))
		throw new RangeError(`properties: ${name} must be ${least} to ${most}, not ${value}`);
	if (kind === PropertyType.Byte) writer.byte(value);
	else if (kind === PropertyType.TwoBytes) writer.uint16(value);
	else if (kind === PropertyType.FourBytes) writer.uint32(value);
	else writer.varint(value);
}

/** The highest value of each kind of integer. */
const MOST: readonly number[] = Object.freeze([0, 1, 65_535, 4_294_967_295, 268_435_455]);

function putString(writer: Writer, name: string, value: unknown): void {
	if (typeof value !== "string") throw new RangeError(`properties: ${name} must be a string`);
	checkText(value);
	const at = writer.position;
	writer.uint16(0);
	writer.text(value);
	const end = writer.position;
	if (writer.overflowed) return;
	if (end - at - 2 > 0xffff) throw new RangeError(`properties: ${name} has at most 65,535 bytes`);
	writer.position = at;
	writer.uint16(end - at - 2);
	writer.position = end;
}

function noRoom(): RangeError {
	return new RangeError("the region for text is full: raise limits.textBytes");
}
