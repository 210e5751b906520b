// SPDX-License-Identifier: MIT
import { Property } from "./protocol.js";

/**
 * One decoded packet, as numbers and offsets into the arena. There is one instance, which the decoder fills again and
 * again; what it says is valid until the next packet is decoded or more bytes are read.
 */
export class Packet {
	/** PacketType. */
	type = 0;
	/** The low four bits of the first byte. */
	flags = 0;
	/** Packet identifier, or 0 where the packet has none. */
	id = 0;
	/** Reason code of CONNACK (3.1.1 codes already translated), acknowledgements, DISCONNECT, AUTH. */
	reason = 0;
	/** CONNACK: 1 when the server has the session. */
	sessionPresent = 0;
	/** PUBLISH: the topic, without its length prefix. */
	topicStart = 0;
	topicEnd = 0;
	/** PUBLISH: the payload. SUBACK, UNSUBACK: the reason codes, one byte per filter (none for UNSUBACK in 3.1.1). */
	payloadStart = 0;
	payloadEnd = 0;
	/** The properties, without their length; equal when there are none. Valid in every packet, checked by the decoder. */
	propertiesStart = 0;
	propertiesEnd = 0;
	/** Which properties are there: one bit per identifier, 0 to 31 and 32 up. */
	seenLow = 0;
	seenHigh = 0;
	/**
	 * Values by property identifier, valid only where {@link has} is true. Integers as they are; of strings and binary
	 * data the offset of their two-byte length prefix; of what may stand more than once the last one.
	 */
	readonly values = new Uint32Array(Property.Limit);

	/** True when the packet has this property. */
	has(property: number): boolean {
		return ((property < 32 ? this.seenLow >>> property : this.seenHigh >>> (property - 32)) & 1) === 1;
	}

	/** An integer property, or `absent` where the packet has none. */
	integer(property: number, absent: number): number {
		return this.has(property) ? this.values[property] : absent;
	}
}
