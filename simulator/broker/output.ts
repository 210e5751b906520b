// SPDX-License-Identifier: MIT
/**
 * What one connection sends within one turn, gathered into one piece.
 *
 * A write to a socket costs microseconds and a packet only a few bytes, so packets are laid one behind the
 * other and handed on once per turn. PUBLISH and the acknowledgements, which are nearly all of the traffic,
 * are written here by hand; everything else is encoded by mqtt-packet. The tests hold both against each
 * other.
 */

import type { Packet } from "mqtt-packet";
import mqttPacket from "mqtt-packet";
import type { Message } from "./message.js";
import type { Version } from "./protocol.js";

const FIRST_BYTES = 4 << 10;
const POOLED_BYTES = 64 << 10;
/** Of all connections of a broker together. */
export const POOLED_BUFFERS = 32;
/** Copied byte by byte, because a call would take longer: an acknowledgement. */
const FEW_BYTES = 16;
/** A turn that wrote this much is handed on before its end. */
export const FULL_BYTES = 32 << 10;

/** What belongs to one sending of a message, beside the message. */
export interface Sending {
	v5: boolean;
	qos: number;
	retain: boolean;
	dup: boolean;
	id: number;
	identifiers: readonly number[];
	/** Seconds left, or -1: it does not expire. */
	expirySeconds: number;
	/** 0: none. */
	alias: number;
	/** False: the alias alone stands for the topic. */
	named: boolean;
}

export function newSending(): Sending {
	return {
		v5: false,
		qos: 0,
		retain: false,
		dup: false,
		id: 0,
		identifiers: [],
		expirySeconds: -1,
		alias: 0,
		named: true,
	};
}

/** Encodes any packet with mqtt-packet. Throws on one that cannot be. */
export function encode(packet: Packet, version: Version): Buffer {
	return mqttPacket.generate(packet, { protocolVersion: version });
}

/**
 * The same for a client that takes packets of at most `most` bytes: one that is longer goes without reason string and
 * user properties [5.0 MQTT-3.2.2-19] [5.0 MQTT-3.14.2-3]. Undefined: it is too long even so [5.0 MQTT-3.1.2-24].
 */
export function encodeWithin(packet: Packet, version: Version, most: number): Buffer | undefined {
	let encoded = encode(packet, version);
	if (encoded.length > most && "properties" in packet && packet.properties) {
		const { reasonString: _, userProperties: __, ...kept } = packet.properties as Record<string, unknown>;
		encoded = encode({ ...packet, properties: kept } as Packet, version);
	}
	return encoded.length > most ? undefined : encoded;
}

function varintBytes(value: number): number {
	return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

function propertyBytes(message: Message, sending: Sending): number {
	let bytes = message.properties.length;
	if (sending.expirySeconds >= 0) bytes += 5;
	if (sending.alias > 0) bytes += 3;
	for (const identifier of sending.identifiers) bytes += 1 + varintBytes(identifier);
	return bytes;
}

/** Bytes of the body of a PUBLISH, without its fixed header. */
function bodyBytes(message: Message, sending: Sending): number {
	let body = 2 + message.payload.length;
	if (sending.named) body += message.topicBytes.length;
	if (sending.qos > 0) body += 2;
	if (sending.v5) {
		const properties = propertyBytes(message, sending);
		body += varintBytes(properties) + properties;
	}
	return body;
}

/** Bytes of the whole PUBLISH. */
export function publishBytes(message: Message, sending: Sending): number {
	const body = bodyBytes(message, sending);
	return 1 + varintBytes(body) + body;
}

export class Output {
	readonly #pool: Buffer[];
	#bytes: Buffer | undefined;
	length = 0;

	/** `pool` is shared by all outputs of a broker: an idle connection holds no memory. */
	constructor(pool: Buffer[]) {
		this.#pool = pool;
	}

	/** Everything since the last call, or undefined; the caller owns it. */
	take(): Buffer | undefined {
		if (this.length === 0) return undefined;
		const taken = Buffer.allocUnsafe(this.length);
		const bytes = this.#bytes!;
		if (this.length > FEW_BYTES) bytes.copy(taken, 0, 0, this.length);
		else for (let at = 0; at < this.length; at++) taken[at] = bytes[at];
		this.discard();
		return taken;
	}

	/** Forgets everything since the last {@link take}. */
	discard(): void {
		const bytes = this.#bytes;
		if (bytes && bytes.length <= POOLED_BYTES && this.#pool.length < POOLED_BUFFERS) this.#pool.push(bytes);
		this.#bytes = undefined;
		this.length = 0;
	}

	/** Takes back what was written from `start` on, as a copy. */
	cut(start: number): Buffer {
		const tail = Buffer.from(this.#bytes!.subarray(start, this.length));
		this.length = start;
		return tail;
	}

	append(encoded: Uint8Array): void {
		const at = this.#reserve(encoded.length);
		this.#bytes!.set(encoded, at);
	}

	/** PUBACK, PUBREC, PUBREL or PUBCOMP without properties; in 3.1.1 `reason` is 0. */
	acknowledgement(type: number, id: number, reason: number): void {
		const at = this.#reserve(reason === 0 ? 4 : 6);
		const bytes = this.#bytes!;
		bytes[at] = (type << 4) | (type === 6 ? 2 : 0);
		bytes[at + 1] = reason === 0 ? 2 : 4;
		bytes[at + 2] = id >> 8;
		bytes[at + 3] = id;
		if (reason === 0) return;
		bytes[at + 4] = reason;
		bytes[at + 5] = 0;
	}

	publish(message: Message, sending: Sending): void {
		const body = bodyBytes(message, sending);
		let at = this.#reserve(1 + varintBytes(body) + body);
		const bytes = this.#bytes!;
		bytes[at++] = 0x30 | (sending.dup ? 8 : 0) | (sending.qos << 1) | (sending.retain ? 1 : 0);
		at = this.#varint(at, body);
		const topic = sending.named ? message.topicBytes.length : 0;
		bytes[at++] = topic >> 8;
		bytes[at++] = topic;
		if (topic > 0) {
			bytes.set(message.topicBytes, at);
			at += topic;
		}
		if (sending.qos > 0) {
			bytes[at++] = sending.id >> 8;
			bytes[at++] = sending.id;
		}
		if (sending.v5) at = this.#properties(at, message, sending);
		bytes.set(message.payload, at);
	}

	#properties(at: number, message: Message, sending: Sending): number {
		const bytes = this.#bytes!;
		at = this.#varint(at, propertyBytes(message, sending));
		if (sending.expirySeconds >= 0) {
			bytes[at++] = 2;
			at = bytes.writeUInt32BE(sending.expirySeconds, at);
		}
		if (sending.alias > 0) {
			bytes[at++] = 35;
			at = bytes.writeUInt16BE(sending.alias, at);
		}
		for (const identifier of sending.identifiers) {
			bytes[at++] = 11;
			at = this.#varint(at, identifier);
		}
		bytes.set(message.properties, at);
		return at + message.properties.length;
	}

	#varint(at: number, value: number): number {
		const bytes = this.#bytes!;
		while (value >= 0x80) {
			bytes[at++] = (value & 0x7f) | 0x80;
			value >>>= 7;
		}
		bytes[at++] = value;
		return at;
	}

	#reserve(count: number): number {
		const at = this.length;
		const need = at + count;
		if (!this.#bytes) this.#bytes = this.#pool.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
		if (need > this.#bytes.length) {
			const grown = Buffer.allocUnsafeSlow(Math.max(need, this.#bytes.length * 2));
			this.#bytes.copy(grown, 0, 0, at);
			this.#bytes = grown;
		}
		this.length = need;
		return at;
	}
}
