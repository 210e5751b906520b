// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";
import { Message } from "./message.js";
import { PROPERTY_TYPE, PropertyType } from "./protocol.js";

/**
 * One decoded packet, as numbers and offsets into the arena; a PUBLISH among them is the {@link Message} that applications see.
 * There is one instance, which the decoder fills again and again; what it says is valid until the next packet is decoded or
 * more bytes are read. The payload of SUBACK and UNSUBACK are the reason codes, a byte per filter; UNSUBACK of 3.1.1 has none.
 */
export class Packet extends Message {
	/** PacketType. */
	type = 0;
	/** Packet identifier, or 0 where the packet has none. */
	id = 0;
	/** Reason code of CONNACK (3.1.1 codes already translated), acknowledgements, DISCONNECT, AUTH. */
	reason = 0;
	/** CONNACK: 1 when the server has the session. */
	sessionPresent = 0;
	/** The properties, without their length; equal when there are none. Valid in every packet, checked by the decoder. */
	propertiesStart = 0;
	propertiesEnd = 0;
	/** The same bytes as {@link bytes}. */
	readonly view: DataView;

	constructor(arena: Arena) {
		super(arena.bytes);
		this.view = arena.view;
	}

	/**
	 * A property, or `absent` where the packet has none: an integer as it is; of strings and binary data the offset of their
	 * two-byte length prefix; of what may stand more than once the last one. Looked up in the bytes, which were checked.
	 */
	property(property: number, absent: number): number {
		const view = this.view;
		const end = this.propertiesEnd;
		let found = absent;
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
