// SPDX-License-Identifier: MIT
/**
 * A broker for gates: answers every packet of one client at once and in order, without allocating. It checks nothing
 * beyond what it needs; the real checks are in the simulator's broker.
 */
import type { Peer, XsDialler } from "./memory.js";

const enum Kind {
	Connect = 1,
	Publish = 3,
	Puback = 4,
	Pubrec = 5,
	Pubrel = 6,
	Pubcomp = 7,
	Subscribe = 8,
	Unsubscribe = 10,
	Pingreq = 12,
	Disconnect = 14,
}

/** Their length alone. */
const NO_PROPERTIES = Uint8Array.of(0);

export class XsBroker implements Peer {
	/** The link that the answers take; set before the first connection. */
	dialler!: XsDialler;
	version5 = true;
	/** What CONNACK says; its properties with their length, which is one byte. */
	sessionPresent = false;
	connackProperties: Uint8Array = NO_PROPERTIES;
	/** Answers are kept back while false: the network is slow. {@link release} sends them. */
	prompt = true;
	/** The last bytes of the last PUBLISH: correlation data, when nothing comes behind it. */
	readonly tail: Uint8Array = new Uint8Array(12);
	/** Packets that came, by type. */
	readonly seen: Uint32Array = new Uint32Array(16);
	readonly #in = new Uint8Array(4096);
	#used = 0;
	readonly #out = new Uint8Array(4096);
	#end = 0;
	#nextId = 1;

	onOpen(): void {
		this.#used = 0;
		this.#end = 0;
	}

	onBytes(bytes: Uint8Array, start: number, end: number): void {
		xs.copy(this.#in, this.#used, bytes, start, end);
		this.#used += end - start;
		let at = 0;
		for (let next = this.#packet(at); next > at; next = this.#packet(at)) at = next;
		if (at > 0) {
			this.#in.copyWithin(0, at, this.#used);
			this.#used -= at;
		}
		if (this.prompt) this.release();
	}

	/** Sends what was answered so far. */
	release(): void {
		if (this.#end > 0) this.dialler.socket.deliver(this.#out, 0, this.#end);
		this.#end = 0;
	}

	/** Publishes to the client. The views are copied whole; `properties` are those of 5.0 with their length. */
	publish(topic: Uint8Array, payload: Uint8Array, qos: number, properties = NO_PROPERTIES): void {
		const out = this.#out;
		let at = this.#end;
		out[at++] = 0x30 | (qos << 1);
		let rest =
			2 + topic.length + (qos > 0 ? 2 : 0) + (this.version5 ? properties.length : 0) + payload.length;
		while (rest >= 0x80) {
			out[at++] = (rest & 0x7f) | 0x80;
			rest >>= 7;
		}
		out[at++] = rest;
		out[at++] = topic.length >> 8;
		out[at++] = topic.length;
		xs.copy(out, at, topic, 0, topic.length);
		at += topic.length;
		if (qos > 0) {
			const id = this.#nextId;
			this.#nextId = id === 65_535 ? 1 : id + 1;
			out[at++] = id >> 8;
			out[at++] = id;
		}
		if (this.version5) {
			xs.copy(out, at, properties, 0, properties.length);
			at += properties.length;
		}
		xs.copy(out, at, payload, 0, payload.length);
		this.#end = at + payload.length;
		if (this.prompt) this.release();
	}

	/** Handles the packet at `at`; returns where it ends, or `at` when it is not whole yet. */
	#packet(at: number): number {
		const bytes = this.#in;
		let body = at + 1;
		let length = 0;
		for (let shift = 0; ; shift += 7) {
			if (body >= this.#used) return at;
			const b = bytes[body++];
			length |= (b & 0x7f) << shift;
			if (b < 0x80) break;
		}
		const end = body + length;
		if (end > this.#used) return at;
		const kind = bytes[at] >> 4;
		this.seen[kind]++;
		switch (kind) {
			case Kind.Publish:
				this.#published(bytes[at], body, end);
				break;
			case Kind.Pubrel:
				this.#answer(0x70, body);
				break;
			case Kind.Pubrec:
				this.#answer(0x62, body);
				break;
			case Kind.Pingreq:
				this.#put2(0xd0, 0);
				break;
			case Kind.Connect:
				this.#connack();
				break;
			case Kind.Subscribe:
				this.#requested(0x90, body, end);
				break;
			case Kind.Unsubscribe:
				this.#requested(0xb0, body, end);
				break;
			default:
				break;
		}
		return end;
	}

	#connack(): void {
		const properties = this.connackProperties;
		this.#put2(0x20, this.version5 ? 2 + properties.length : 2);
		this.#put2(this.sessionPresent ? 1 : 0, 0);
		if (!this.version5) return;
		xs.copy(this.#out, this.#end, properties, 0, properties.length);
		this.#end += properties.length;
	}

	#published(first: number, body: number, end: number): void {
		xs.copy(this.tail, 0, this.#in, end - this.tail.length, end);
		const qos = (first >> 1) & 3;
		if (qos === 0) return;
		const id = body + 2 + (this.#in[body] << 8) + this.#in[body + 1];
		this.#answer(qos === 1 ? 0x40 : 0x50, id);
	}

	/** SUBACK grants what is asked; UNSUBACK says success. */
	#requested(first: number, body: number, end: number): void {
		const bytes = this.#in;
		const subscribe = first === 0x90;
		const start = this.#end;
		this.#put2(first, 0);
		this.#put2(bytes[body], bytes[body + 1]);
		if (this.version5) this.#out[this.#end++] = 0;
		let at = body + 2 + (this.version5 ? 1 + bytes[body + 2] : 0);
		while (at < end) {
			at += 2 + (bytes[at] << 8) + bytes[at + 1];
			if (subscribe) this.#out[this.#end++] = bytes[at++] & 3;
			else if (this.version5) this.#out[this.#end++] = 0;
		}
		this.#out[start + 1] = this.#end - start - 2;
	}

	#answer(first: number, id: number): void {
		this.#put2(first, 2);
		this.#put2(this.#in[id], this.#in[id + 1]);
	}

	#put2(a: number, b: number): void {
		this.#out[this.#end++] = a;
		this.#out[this.#end++] = b;
	}
}
