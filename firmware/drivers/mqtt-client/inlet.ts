// SPDX-License-Identifier: MIT
import { Fault, Operation } from "./packet.js";
import type { Staging } from "./staging.js";
import type { Socket } from "./types.js";

/** What {@link Inlet.next} found; a negative number is `-Fault`. */
export const enum Found {
	/** Not enough has come. */
	Nothing = 0,
	/** A packet that is whole. */
	Packet = 1,
	/** The head of a PUBLISH; its payload is {@link Inlet.remaining} bytes from here on. */
	Message = 2,
}

/** The longest head of a PUBLISH and the longest acknowledgement. */
export const HEAD_BYTES = 512;

/** Operations that a broker may send, one bit each [2.2.1]. */
const FROM_BROKER = 0x2afc;

/**
 * The receiving side. Only heads and acknowledgements are read into a buffer of ours, no byte more than they have; a
 * payload stays in the socket, whose window holds the broker back, until the application reads it into its own buffer. So
 * payloads may be of any length. Everything is checked here; nothing that comes can make it read elsewhere.
 */
export class Inlet {
	/** Bytes that wait in the socket. */
	waiting = 0;
	/** Bytes of the payload that the application has not been told of. */
	remaining = 0;
	/** Bytes that it has been told of, and not read. */
	announced = 0;
	operation = 0;
	flags = 0;
	id = 0;
	/** Of CONNACK. */
	returnCode = 0;
	sessionPresent = false;
	/** Where in {@link head} the topic is, or the codes of SUBACK. */
	start = 0;
	end = 0;
	readonly head: Uint8Array = new Uint8Array(HEAD_BYTES);
	socket: Socket | undefined;
	#have = 0;
	readonly #staging: Staging;

	constructor(staging: Staging) {
		this.#staging = staging;
	}

	/** The next packet; not before the payload of the one before has been read. */
	next(): number {
		if (!this.fetch(2)) return Found.Nothing;
		const { head } = this;
		const first = head[0];
		const operation = first >> 4;
		if (((FROM_BROKER >> operation) & 1) === 0) return -Fault.Malformed;
		const flags = first & 0x0f;
		// [MQTT-2.2.2-2, MQTT-3.3.1-4, MQTT-3.6.1-1]
		const legal = operation === Operation.Pubrel ? 2 : 0;
		if (operation === Operation.Publish ? (flags & 6) === 6 : flags !== legal) return -Fault.Malformed;
		this.operation = operation;
		this.flags = flags;
		let length = head[1] & 0x7f;
		let at = 2;
		for (let shift = 7; head[at - 1] >= 0x80; shift += 7) {
			if (shift > 21) return -Fault.Malformed;
			if (!this.fetch(at + 1)) return Found.Nothing;
			length |= (head[at++] & 0x7f) << shift;
		}
		if (operation === Operation.Publish) return this.message(at, length);
		if (at + length > HEAD_BYTES) return -Fault.TooLong;
		if (!this.fetch(at + length)) return Found.Nothing;
		this.#have = 0;
		return this.packet(at, at + length);
	}

	private message(at: number, length: number): number {
		const { head } = this;
		if (length < 2) return -Fault.Malformed;
		if (!this.fetch(at + 2)) return Found.Nothing;
		const start = at + 2;
		const end = start + ((head[at] << 8) | head[at + 1]);
		const whole = (this.flags & 6) === 0 ? end : end + 2;
		// [MQTT-4.7.3-1]
		if (end === start || whole > at + length) return -Fault.Malformed;
		if (whole > HEAD_BYTES) return -Fault.TooLong;
		if (!this.fetch(whole)) return Found.Nothing;
		this.#have = 0;
		for (let i = start; i < end; i++) {
			const byte = head[i];
			// [MQTT-1.5.3-2, MQTT-3.3.2-2]
			if (byte === 0 || byte === 0x23 || byte === 0x2b) return -Fault.Malformed;
		}
		this.id = whole === end ? 0 : (head[end] << 8) | head[end + 1];
		if (whole !== end && this.id === 0) return -Fault.Malformed; // [MQTT-2.3.1-1]
		this.start = start;
		this.end = end;
		this.remaining = at + length - whole;
		return Found.Message;
	}

	private packet(at: number, end: number): number {
		const { head, operation } = this;
		const length = end - at;
		if (operation === Operation.Pingresp) return length === 0 ? Found.Packet : -Fault.Malformed;
		if (length < 2) return -Fault.Malformed;
		if (operation === Operation.Connack) {
			const present = head[at];
			if (length !== 2 || present > 1) return -Fault.Malformed;
			this.sessionPresent = present === 1;
			this.returnCode = head[at + 1];
			return present === 1 && this.returnCode !== 0 ? -Fault.Malformed : Found.Packet; // [MQTT-3.2.2-4]
		}
		this.id = (head[at] << 8) | head[at + 1];
		if (this.id === 0) return -Fault.Malformed; // [MQTT-2.3.1-1]
		if (operation !== Operation.Suback) return length === 2 ? Found.Packet : -Fault.Malformed;
		if (length === 2) return -Fault.Malformed; // [MQTT-3.8.4-5]
		this.start = at + 2;
		this.end = end;
		for (let i = at + 2; i < end; i++) if (head[i] > 2 && head[i] !== 0x80) return -Fault.Malformed; // [MQTT-3.9.3-2]
		return Found.Packet;
	}

	/** True when the head has `need` bytes; reads what it lacks of them, and no more. */
	private fetch(need: number): boolean {
		let have = this.#have;
		if (have >= need) return true;
		const staging = this.#staging;
		let waiting = this.waiting;
		while (have < need && waiting > 0) {
			let count = need - have;
			if (count > waiting) count = waiting;
			if (count > staging.size) count = staging.size;
			const got = staging.receive(this.socket as Socket, count, this.head, have);
			waiting = got === 0 ? 0 : waiting - got;
			have += got;
		}
		this.waiting = waiting;
		this.#have = have;
		return have >= need;
	}

	/** Announces what there is of the payload; returns how much that is. */
	announce(): number {
		const count = this.remaining < this.waiting ? this.remaining : this.waiting;
		this.remaining -= count;
		this.announced = count;
		return count;
	}

	/** The application has read `count` bytes of what was announced. */
	taken(count: number): void {
		this.announced -= count;
		this.waiting -= count;
	}

	/** Passes over what there is of the payload. */
	skip(): void {
		while (this.remaining > 0 && this.waiting > 0) {
			let count = this.remaining < this.waiting ? this.remaining : this.waiting;
			if (count > HEAD_BYTES) count = HEAD_BYTES;
			if (count > this.#staging.size) count = this.#staging.size;
			const got = this.#staging.receive(this.socket as Socket, count, this.head, 0);
			this.waiting = got === 0 ? 0 : this.waiting - got;
			this.remaining -= got;
		}
	}

	/** Nothing that comes counts any more; it is read, because a close with unread bytes is a reset. */
	drop(): void {
		this.announced = 0;
		this.remaining = this.waiting;
		this.skip();
	}
}
