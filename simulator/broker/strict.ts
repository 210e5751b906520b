// SPDX-License-Identifier: MIT
/**
 * What mqtt-packet lets pass and the standard does not: checked on the bytes, before they are decoded.
 *
 * The decoder is lenient (it takes U+0000, a second Receive Maximum, a property of another packet, bytes
 * behind the end) and a simulator that forgives teaches its clients nothing. One walk over the packet, one
 * result: 0 or the reason code with which the connection ends. The walk remembers where the properties stood,
 * so that they can be passed on byte by byte, in their order [MQTT-3.3.2-18].
 */

import { isUtf8 } from "node:buffer";
import { Code, Type } from "./protocol.js";

const MALFORMED = Code.Malformed;
const PROTOCOL = Code.ProtocolError;

/** Property types. */
const enum As {
	Flag = 1,
	Two,
	Four,
	Varint,
	Text,
	Binary,
	Pair,
}

/** The packet "type" of a will's properties. */
const WILL = 0;
const bit = (...types: number[]) => types.reduce((mask, type) => mask | (1 << type), 0);
const ACKS = [Type.Puback, Type.Pubrec, Type.Pubrel, Type.Pubcomp];

/** Property identifier → type, and the packets of a *client* in which it is legal (5.0, section 2.2.2.2). */
const PROPERTIES: ReadonlyMap<number, readonly [As, number]> = new Map([
	[1, [As.Flag, bit(Type.Publish, WILL)]],
	[2, [As.Four, bit(Type.Publish, WILL)]],
	[3, [As.Text, bit(Type.Publish, WILL)]],
	[8, [As.Text, bit(Type.Publish, WILL)]],
	[9, [As.Binary, bit(Type.Publish, WILL)]],
	[11, [As.Varint, bit(Type.Subscribe)]],
	[17, [As.Four, bit(Type.Connect, Type.Disconnect)]],
	[21, [As.Text, bit(Type.Connect, Type.Auth)]],
	[22, [As.Binary, bit(Type.Connect, Type.Auth)]],
	[23, [As.Flag, bit(Type.Connect)]],
	[24, [As.Four, bit(WILL)]],
	[25, [As.Flag, bit(Type.Connect)]],
	[31, [As.Text, bit(...ACKS, Type.Disconnect, Type.Auth)]],
	[33, [As.Two, bit(Type.Connect)]],
	[34, [As.Two, bit(Type.Connect)]],
	[35, [As.Two, bit(Type.Publish)]],
	[38, [As.Pair, 0xffff]],
	[39, [As.Four, bit(Type.Connect)]],
]);

/**
 * Identifiers that the broker itself sets on what it passes on: expiry, subscription identifier, will delay,
 * alias.
 */
const OWN = new Set([2, 11, 24, 35]);
/** What a client may say in a DISCONNECT (5.0, section 3.14.2.1) [5.0 MQTT-3.14.2-1]. */
const FAREWELLS = new Set([
	0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]);
const EMPTY = Buffer.alloc(0);

export class Strict {
	/** Where the properties of the packet checked last are, without their length; equal when there are none. */
	propertiesStart = 0;
	propertiesEnd = 0;
	/** The same of its will. */
	willStart = 0;
	willEnd = 0;
	#bytes: Buffer = EMPTY;
	#at = 0;
	#end = 0;

	/**
	 * Checks the body `bytes[at]` to `bytes[end - 1]` of a packet. Returns 0, or the reason code of its fault.
	 */
	check(type: number, flags: number, bytes: Buffer, at: number, end: number, v5: boolean): number {
		this.#bytes = bytes;
		this.#at = at;
		this.#end = end;
		this.propertiesStart = this.propertiesEnd = this.willStart = this.willEnd = 0;
		switch (type) {
			case Type.Publish:
				return this.#publish(flags, v5);
			case Type.Puback:
			case Type.Pubrec:
			case Type.Pubcomp:
				return flags ? MALFORMED : this.#acknowledgement(type, v5);
			case Type.Pubrel:
				return flags !== 2 ? MALFORMED : this.#acknowledgement(type, v5);
			case Type.Subscribe:
				return flags !== 2 ? MALFORMED : this.#filters(type, v5);
			case Type.Unsubscribe:
				return flags !== 2 ? MALFORMED : this.#filters(type, v5);
			case Type.Pingreq:
				return flags || end > at ? MALFORMED : 0;
			case Type.Connect:
				return flags ? MALFORMED : this.#connect();
			case Type.Disconnect:
				return flags ? MALFORMED : this.#reasoned(type, v5);
			case Type.Auth:
				if (!v5) return MALFORMED;
				return flags ? MALFORMED : this.#reasoned(type, v5);
			case Type.Connack:
			case Type.Suback:
			case Type.Unsuback:
			case Type.Pingresp:
				return PROTOCOL; // only a server sends them
			default:
				return MALFORMED;
		}
	}

	/** A copy of the properties between `start` and `end` that concern the receiver of the message. */
	forward(bytes: Buffer, start: number, end: number): Buffer {
		if (start === end) return EMPTY;
		const kept: Buffer[] = [];
		this.#bytes = bytes;
		this.#at = start;
		this.#end = end;
		while (this.#at < end) {
			const from = this.#at;
			const id = this.#bytes[this.#at++];
			this.#value(PROPERTIES.get(id)![0]);
			if (!OWN.has(id)) kept.push(bytes.subarray(from, this.#at));
		}
		return kept.length === 0 ? EMPTY : Buffer.concat(kept);
	}

	#publish(flags: number, v5: boolean): number {
		const qos = (flags >> 1) & 3;
		if (qos === 3) return MALFORMED; // [MQTT-3.3.1-4]
		if (qos === 0 && flags & 8) return MALFORMED; // [MQTT-3.3.1-2]
		const start = this.#at + 2;
		if (!this.#text()) return MALFORMED;
		if (this.#at === start && !v5) return MALFORMED; // [MQTT-4.7.3-1]
		for (let at = start; at < this.#at; at++) {
			const byte = this.#bytes[at];
			if (byte === 0x23 || byte === 0x2b) return MALFORMED; // [MQTT-3.3.2-2]
		}
		if (qos > 0 && !this.#identifier()) return MALFORMED; // [MQTT-2.2.1-3]
		return v5 ? this.#properties(Type.Publish) : 0;
	}

	#acknowledgement(type: number, v5: boolean): number {
		if (!this.#identifier()) return MALFORMED;
		if (this.#at === this.#end) return 0;
		return v5 ? this.#reasoned(type, v5) : MALFORMED;
	}

	/** A reason code and properties, each of which may be left out. */
	#reasoned(type: number, v5: boolean): number {
		if (this.#at === this.#end) return 0;
		if (!v5) return MALFORMED;
		const reason = this.#bytes[this.#at++];
		if (type === Type.Disconnect && !FAREWELLS.has(reason)) return PROTOCOL;
		if (this.#at === this.#end) return 0;
		const fault = this.#properties(type);
		if (fault) return fault;
		return this.#at === this.#end ? 0 : MALFORMED;
	}

	#filters(type: number, v5: boolean): number {
		if (!this.#identifier()) return MALFORMED;
		if (v5) {
			const fault = this.#properties(type);
			if (fault) return fault;
		}
		if (this.#at === this.#end) return PROTOCOL; // [MQTT-3.8.3-2]
		while (this.#at < this.#end) {
			if (!this.#text()) return MALFORMED;
			if (type === Type.Unsubscribe) continue;
			if (this.#at >= this.#end) return MALFORMED;
			const options = this.#bytes[this.#at++];
			if (options & (v5 ? 0xc0 : 0xfc)) return MALFORMED; // [MQTT-3.8.3-5]
			if ((options & 3) === 3) return v5 ? PROTOCOL : MALFORMED;
			if ((options & 0x30) === 0x30) return PROTOCOL;
		}
		return 0;
	}

	#connect(): number {
		const name = this.#at + 2;
		if (!this.#text()) return MALFORMED;
		if (this.#bytes.toString("latin1", name, this.#at) !== "MQTT") return MALFORMED;
		if (this.#at + 4 > this.#end) return MALFORMED;
		const v5 = this.#bytes[this.#at] === 5;
		const flags = this.#bytes[this.#at + 1];
		this.#at += 4;
		if (flags & 1) return MALFORMED; // [MQTT-3.1.2-3]
		const will = (flags & 4) !== 0;
		// [MQTT-3.1.2-11] to [MQTT-3.1.2-14]
		if ((flags & 0x18) === 0x18 || (!will && flags & 0x38)) return MALFORMED;
		if (!v5 && (flags & 0xc0) === 0x40) return MALFORMED; // 3.1.1 [MQTT-3.1.2-22]
		let fault = v5 ? this.#properties(Type.Connect) : 0;
		if (fault) return fault;
		if (!this.#text()) return MALFORMED;
		if (will) {
			const { propertiesStart, propertiesEnd } = this;
			fault = v5 ? this.#properties(WILL) : 0;
			if (fault) return fault;
			this.willStart = v5 ? this.propertiesStart : 0;
			this.willEnd = v5 ? this.propertiesEnd : 0;
			this.propertiesStart = propertiesStart;
			this.propertiesEnd = propertiesEnd;
			if (!this.#text() || !this.#binary()) return MALFORMED;
		}
		if (flags & 0x80 && !this.#text()) return MALFORMED;
		if (flags & 0x40 && !this.#binary()) return MALFORMED;
		return this.#at === this.#end ? 0 : MALFORMED;
	}

	#properties(packet: number): number {
		const length = this.#varint();
		if (length < 0 || this.#at + length > this.#end) return MALFORMED;
		this.propertiesStart = this.#at;
		const end = (this.propertiesEnd = this.#at + length);
		if (length === 0) return 0;
		const whole = this.#end;
		this.#end = end;
		let low = 0;
		let high = 0;
		while (this.#at < end) {
			const id = this.#bytes[this.#at++];
			const property = PROPERTIES.get(id);
			if (!property || !(property[1] & (1 << packet))) return MALFORMED;
			const from = this.#at;
			if (!this.#value(property[0])) return MALFORMED;
			const fault = this.#meaning(id, from);
			if (fault) return fault;
			if (id === 38) continue; // User Property alone may come again
			const seen = id < 32 ? low & (1 << id) : high & (1 << (id - 32));
			if (seen) return PROTOCOL;
			if (id < 32) low |= 1 << id;
			else high |= 1 << (id - 32);
		}
		this.#end = whole;
		if (low & (1 << 22) && !(low & (1 << 21))) return PROTOCOL; // data without a method
		return 0;
	}

	/** Values that fit their type and are forbidden all the same. */
	#meaning(id: number, at: number): number {
		const bytes = this.#bytes;
		switch (id) {
			case 1:
			case 23:
			case 25:
				return bytes[at] > 1 ? PROTOCOL : 0;
			case 8: {
				const topic = bytes.subarray(at + 2, this.#at);
				// [MQTT-3.3.2-14]
				return topic.length === 0 || topic.includes(0x23) || topic.includes(0x2b) ? PROTOCOL : 0;
			}
			case 11:
				return bytes[at] === 0 ? PROTOCOL : 0;
			case 33:
				return bytes.readUInt16BE(at) === 0 ? PROTOCOL : 0;
			case 35:
				return bytes.readUInt16BE(at) === 0 ? Code.TopicAliasInvalid : 0; // [MQTT-3.3.2-8]
			case 39:
				return bytes.readUInt32BE(at) === 0 ? PROTOCOL : 0;
			default:
				return 0;
		}
	}

	#value(as: As): boolean {
		switch (as) {
			case As.Flag:
				return this.#skip(1);
			case As.Two:
				return this.#skip(2);
			case As.Four:
				return this.#skip(4);
			case As.Varint:
				return this.#varint() >= 0;
			case As.Text:
				return this.#text();
			case As.Binary:
				return this.#binary();
			case As.Pair:
				return this.#text() && this.#text();
		}
	}

	#skip(count: number): boolean {
		this.#at += count;
		return this.#at <= this.#end;
	}

	#identifier(): boolean {
		const at = this.#at;
		return this.#skip(2) && (this.#bytes[at] | this.#bytes[at + 1]) !== 0;
	}

	#binary(): boolean {
		const at = this.#at;
		if (at + 2 > this.#end) return false;
		this.#at = at + 2 + ((this.#bytes[at] << 8) | this.#bytes[at + 1]);
		return this.#at <= this.#end;
	}

	/** A UTF-8 string: well-formed, no surrogates, no U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
	#text(): boolean {
		const start = this.#at + 2;
		if (!this.#binary()) return false;
		const end = this.#at;
		const bytes = this.#bytes;
		let all = 0;
		for (let at = start; at < end; at++) {
			if (bytes[at] === 0) return false;
			all |= bytes[at];
		}
		return all < 0x80 || isUtf8(bytes.subarray(start, end));
	}

	/** In its shortest form and at most four bytes [MQTT-1.5.5-1]; -1 if not. */
	#varint(): number {
		let value = 0;
		for (let count = 0; count < 4; count++) {
			if (this.#at >= this.#end) return -1;
			const byte = this.#bytes[this.#at++];
			value += (byte & 0x7f) << (7 * count);
			if (byte < 0x80) return byte === 0 && count > 0 ? -1 : value;
		}
		return -1;
	}
}
