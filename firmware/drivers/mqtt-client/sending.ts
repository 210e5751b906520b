// SPDX-License-Identifier: MIT
import type { Exchanges } from "./exchanges.js";
import { headerSize, type Outlet } from "./outlet.js";
import { Operation } from "./packet.js";
import { qosOf, topicOf } from "./text.js";
import type { Bytes, Platform, WriteOptions } from "./types.js";

/** The most that Remaining Length can say [2.2.3]. */
const REMAINING_MAX = 268_435_455;

/** What the application writes, as packets. Everything is checked before the first byte goes: what throws has changed nothing. */
export class Sending {
	/** Bytes of a payload that the application still owes. While there are any, nothing else can be sent. */
	unfinished = 0;
	readonly #outlet: Outlet;
	readonly #exchanges: Exchanges;
	readonly #platform: Platform;
	/** The latest topic that was text, and its bytes: many programs have just one. */
	#topic = "";
	#topicBytes: Uint8Array | undefined;

	constructor(outlet: Outlet, exchanges: Exchanges, platform: Platform) {
		this.#outlet = outlet;
		this.#exchanges = exchanges;
		this.#platform = platform;
	}

	/** PUBLISH with the whole payload, or with its first part. */
	publish(data: Bytes | null | undefined, options: WriteOptions): void {
		const outlet = this.#outlet;
		const count = sizeOf(data);
		const whole = options.byteLength ?? count;
		if (!(whole >= count) || !Number.isInteger(whole)) throw new Error("invalid"); // the SDK's own word
		const qos = qosOf(options.QoS);
		const topic = this.topic(options.topic);
		const head = 2 + topic.length + (qos === 0 ? 0 : 2);
		if (head + whole > REMAINING_MAX) throw new RangeError("longer than a packet can be");
		const size = headerSize(head + whole) + head + count;
		if (size > outlet.room) throw new Error("overflow");
		const again = qos > 0 && Boolean(options.duplicate);
		const answer = qos === 1 ? Operation.Puback : Operation.Pubcomp;
		const id = qos === 0 ? 0 : this.open(answer, options.id, again);
		outlet.begin(size);
		try {
			// DUP is 0 in QoS 0 [MQTT-3.3.1-2].
			const flags = (again ? 8 : 0) | (qos << 1) | (options.retain ? 1 : 0);
			outlet.head((Operation.Publish << 4) | flags, head + whole, topic, id);
			if (count > 0) outlet.data(data as Bytes);
			outlet.flush();
		} catch (error) {
			if (id > 0 && !again) this.#exchanges.cancel(id);
			throw error;
		}
		this.unfinished = whole - count;
	}

	/** Another part of the payload. */
	resume(data: Bytes | null | undefined): void {
		const count = sizeOf(data);
		if (count > this.unfinished) throw new Error("more than byteLength said");
		if (count > this.#outlet.room) throw new Error("overflow");
		if (count === 0) return;
		this.#outlet.begin(count);
		this.#outlet.data(data as Bytes);
		this.#outlet.flush();
		this.unfinished -= count;
	}

	/** SUBSCRIBE or UNSUBSCRIBE. */
	request(operation: Operation, options: WriteOptions): void {
		const items = options.items ?? [];
		const withQos = operation === Operation.Subscribe ? 1 : 0;
		if (items.length === 0) throw new RangeError("items expected"); // [MQTT-3.8.3-3, MQTT-3.10.3-2]
		const filters: Uint8Array[] = [];
		let remaining = 2;
		for (const item of items) {
			const filter = topicOf(item.topic, true, this.#platform);
			if (withQos) qosOf(item.QoS);
			filters.push(filter);
			remaining += 2 + filter.length + withQos;
		}
		const outlet = this.#outlet;
		const size = headerSize(remaining) + remaining;
		if (size > outlet.room) throw new Error("overflow");
		const id = this.open(withQos ? Operation.Suback : Operation.Unsuback, options.id, false);
		outlet.begin(size);
		try {
			outlet.header((operation << 4) | 2, remaining); // [MQTT-3.8.1-1, MQTT-3.10.1-1]
			outlet.uint16(id);
			for (let i = 0; i < items.length; i++) {
				outlet.block(filters[i]);
				if (withQos) outlet.byte(qosOf(items[i].QoS));
			}
			outlet.flush();
		} catch (error) {
			this.#exchanges.cancel(id);
			throw error;
		}
	}

	/** PUBACK, PUBREC, PUBREL or PUBCOMP from the application's own hand. */
	acknowledge(operation: Operation, options: WriteOptions): void {
		const { id } = options;
		if (id === undefined) throw new RangeError("id expected");
		const outlet = this.#outlet;
		if (outlet.room < 4) throw new Error("overflow");
		outlet.begin(4);
		this.four(operation, operation === Operation.Pubrel ? this.#exchanges.idOf(id) : id);
		outlet.flush();
	}

	/** What is owed, as much as the socket takes, in one write. */
	pay(): void {
		const outlet = this.#outlet;
		const exchanges = this.#exchanges;
		let count = outlet.room >> 2;
		if (count > exchanges.owed) count = exchanges.owed;
		if (count === 0) return;
		outlet.begin(count * 4);
		for (let i = 0; i < count; i++) {
			const one = exchanges.pay();
			this.four(one >> 16, one & 0xffff);
		}
		outlet.flush();
	}

	/** PINGREQ or DISCONNECT. */
	two(operation: Operation): void {
		const outlet = this.#outlet;
		if (outlet.room < 2) throw new Error("overflow");
		outlet.begin(2);
		outlet.header(operation << 4, 0);
		outlet.flush();
	}

	private four(operation: Operation, id: number): void {
		const outlet = this.#outlet;
		outlet.header((operation << 4) | (operation === Operation.Pubrel ? 2 : 0), 2); // [MQTT-3.6.1-1]
		outlet.uint16(id);
	}

	private open(answer: Operation, name: number | undefined, again: boolean): number {
		if (name !== undefined && !(Number.isInteger(name) && name >= 0))
			throw new RangeError("id is a whole number, 0 or more");
		const id = this.#exchanges.open(answer, name, again);
		if (id === 0) throw new Error("overflow");
		return id;
	}

	private topic(topic: string | Bytes | undefined): Uint8Array {
		if (this.#topicBytes !== undefined && topic === this.#topic) return this.#topicBytes;
		const bytes = topicOf(topic, false, this.#platform);
		if (typeof topic === "string") {
			this.#topic = topic;
			this.#topicBytes = bytes;
		}
		return bytes;
	}
}

function sizeOf(data: Bytes | null | undefined): number {
	if (data === null || data === undefined) return 0;
	const size = data.byteLength;
	if (size === undefined) throw new TypeError("a payload is an ArrayBuffer or a view");
	return size;
}
