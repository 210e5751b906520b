// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";
import { PROPERTY_TYPE, PropertyType } from "./protocol.js";

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
	/** The bytes that the packet stands in. */
	readonly view: DataView;

	constructor(arena: Arena) {
		this.view = arena.view;
	}

	/** True when the packet has this property. */
	has(property: number): boolean {
		return ((property < 32 ? this.seenLow >>> property : this.seenHigh >>> (property - 32)) & 1) === 1;
	}

	/** An integer property, or `absent` where the packet has none. */
	integer(property: number, absent: number): number {
		return this.has(property) ? this.value(property) : absent;
	}

	/**
	 * A property where {@link has} is true: an integer as it is; of strings and binary data the offset of their two-byte
	 * length prefix; of what may stand more than once the last one. Looked up in the bytes, which were checked.
	 */
	value(property: number): number {
		const view = this.view;
		const end = this.propertiesEnd;
		let found = 0;
		for (let at = this.propertiesStart; at < end; ) {
			const id = view.getUint8(at++);
			const kind = PROPERTY_TYPE[id];
			if (kind >= PropertyType.String) {
				if (id === property) found = at;
				at += 2 + view.getUint16(at);
				if (kind === PropertyType.StringPair) at += 2 + view.getUint16(at);
			} else if (kind === PropertyType.FourBytes) {
				if (id === property) found = view.getUint32(at);
				at += 4;
			} else if (kind === PropertyType.TwoBytes) {
				if (id === property) found = view.getUint16(at);
				at += 2;
			} else {
				// A byte is a variable byte integer of one: each of them is 0 or 1.
				let value = 0;
				let byte = 0x80;
				for (let shift = 0; byte >= 0x80; shift += 7) {
					byte = view.getUint8(at++);
					value |= (byte & 0x7f) << shift;
				}
				if (id === property) found = value;
			}
		}
		return found;
	}
}
