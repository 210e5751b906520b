// SPDX-License-Identifier: MIT
/**
 * Reads what a board sends and is sent, packet by packet, with a parser of its own, and holds it against what both standards ask
 * of a client whatever its messages are: packet identifiers, Receive Maximum, Maximum Packet Size, keep alive, first and last
 * packets. [3.1.1: MQTT-2.3.1-1 to -4, MQTT-3.1.0-1, MQTT-3.1.2-23, MQTT-3.3.1-1, MQTT-3.14.4-2, MQTT-4.3]
 * [5.0: MQTT-2.2.1-2 to -4, MQTT-3.1.2-20, MQTT-3.1.2-21, MQTT-3.1.2-24, MQTT-3.3.1-1, MQTT-3.3.4-7, MQTT-3.3.4-9, MQTT-3.14.4-2]
 */

import { HASH_SEED, hashOf } from "../../lib/memory/hash.js";
import { Type } from "../broker/protocol.js";
import type { Tap } from "../stage/index.js";
import { indexIn } from "./message.js";

/** What the two sides have announced, and what the boards are made with. */
export interface Terms {
	/** Payloads begin with the number of their message; those of the sensor firmware are told apart by a hash. */
	readonly numbered: boolean;
	readonly version: 4 | 5;
	readonly keepAliveSeconds: number;
	/** Of the client: what it announces, and what it keeps to. */
	readonly receiveMaximum: number;
	readonly packetBytes: number;
	readonly window: number;
	/** Milliseconds that it waits for PINGRESP. */
	readonly pingReplyMs: number;
	/** Of the broker. */
	readonly brokerReceiveMaximum: number;
	readonly brokerPacketBytes: number;
}

export interface Court {
	readonly now: number;
	fail(what: string): void;
}

/** Cuts a stream into packets. */
class Packets {
	#bytes = new Uint8Array(256);
	#length = 0;

	reset(): void {
		this.#length = 0;
	}

	/** Calls `take` for each whole packet; the bytes are valid during the call. Returns false when no length can be read. */
	feed(
		bytes: Uint8Array,
		start: number,
		end: number,
		take: (packet: Uint8Array, length: number, body: number) => void,
	): boolean {
		this.#append(bytes, start, end);
		let at = 0;
		while (this.#length - at >= 2) {
			let length = 0;
			let body = at + 1;
			let shift = 0;
			for (; body < this.#length && shift < 28; shift += 7) {
				length += (this.#bytes[body] & 0x7f) << shift;
				if ((this.#bytes[body++] & 0x80) === 0) break;
			}
			if ((this.#bytes[body - 1] & 0x80) !== 0) {
				if (shift >= 28) return false;
				break;
			}
			if (body + length > this.#length) break;
			take(this.#bytes.subarray(at, body + length), body - at + length, body - at);
			at = body + length;
		}
		this.#bytes.copyWithin(0, at, this.#length);
		this.#length -= at;
		return true;
	}

	#append(bytes: Uint8Array, start: number, end: number): void {
		const needed = this.#length + end - start;
		if (needed > this.#bytes.length) {
			const larger = new Uint8Array(2 * needed);
			larger.set(this.#bytes.subarray(0, this.#length));
			this.#bytes = larger;
		}
		this.#bytes.set(bytes.subarray(start, end), this.#length);
		this.#length = needed;
	}
}

/** A PUBLISH of ours that is not finished. */
interface Open {
	/** Which message. */
	readonly index: number;
	readonly qos: number;
	/** The connection on which it was sent last. */
	link: number;
	released: boolean;
}

export class WireWatch implements Tap {
	/** Packets sent and received. */
	sent = 0;
	received = 0;
	readonly #terms: Terms;
	readonly #court: Court;
	readonly #name: string;
	readonly #up = new Packets();
	readonly #down = new Packets();
	/** By identifier; they outlive connections. */
	readonly #open = new Map<number, Open>();
	/** Messages whose PUBREL was sent: whatever becomes of the session, they are not published again. */
	readonly #passed = new Set<number>();
	/** SUBSCRIBE and UNSUBSCRIBE that wait for their answer. */
	readonly #requests = new Set<number>();
	/** Identifiers of the broker whose exchange we have not finished, on this connection. */
	readonly #inbound = new Set<number>();
	#link = 0;
	/** Sent on this connection and not finished: what Receive Maximum is about. */
	#quota = 0;
	#connected = false;
	#accepted = false;
	#ended = false;
	/** The broker says what no broker may: from then on, on this connection, nobody asks whether it keeps to its terms. */
	#spoilt = false;
	#lastSent = 0;
	#lastReceived = 0;

	constructor(name: string, terms: Terms, court: Court) {
		this.#name = name;
		this.#terms = terms;
		this.#court = court;
	}

	/** The clock of the board was moved: it cannot know how long it has been silent. */
	excuse(): void {
		this.#lastSent = this.#lastReceived = this.#court.now;
	}

	/** See `#spoilt`. */
	spoil(): void {
		this.#spoilt = true;
	}

	onDial(): void {
		this.#link++;
		this.#up.reset();
		this.#down.reset();
		this.#requests.clear();
		this.#inbound.clear();
		this.#quota = 0;
		this.#connected = this.#accepted = this.#ended = this.#spoilt = false;
	}

	onUp(): void {}

	onGone(): void {
		this.checkSilence();
		this.#accepted = false;
	}

	/** The board has no power any more. */
	off(): void {
		this.#accepted = false;
	}

	onSent(bytes: Uint8Array, start: number, end: number): void {
		if (!this.#up.feed(bytes, start, end, this.#onSent)) this.#fail("sent a remaining length of five bytes");
	}

	onReceived(bytes: Uint8Array, start: number, end: number): void {
		this.#lastReceived = this.#court.now;
		this.#down.feed(bytes, start, end, this.#onReceived);
	}

	/**
	 * A client that keeps alive is never silent for longer than half as long again [MQTT-3.1.2-20, MQTT-3.1.2-24], and gives a link
	 * up on which nothing comes for that long, and no PINGRESP.
	 */
	checkSilence(): void {
		const { keepAliveSeconds, pingReplyMs } = this.#terms;
		if (!this.#accepted || keepAliveSeconds === 0 || this.#ended) return;
		const silent = this.#court.now - this.#lastSent;
		if (silent > keepAliveSeconds * 1500) this.#fail(`was silent for ${Math.round(silent)} ms`);
		const deaf = this.#court.now - this.#lastReceived;
		if (deaf > keepAliveSeconds * 1500 + pingReplyMs)
			this.#fail(`kept a link on which nothing came for ${Math.round(deaf)} ms`);
	}

	readonly #onSent = (packet: Uint8Array, length: number, body: number): void => {
		this.sent++;
		this.checkSilence();
		this.#lastSent = this.#court.now;
		const type = packet[0] >> 4;
		if ((type === Type.Connect) === this.#connected) this.#fail(`sent a packet of type ${type} out of turn`);
		this.#connected = true;
		if (this.#ended) this.#fail(`sent a packet of type ${type} after DISCONNECT`);
		const { version, brokerPacketBytes } = this.#terms;
		if (version === 5 && length > brokerPacketBytes && this.#accepted)
			this.#fail(`sent a packet of ${length} bytes, and the broker takes ${brokerPacketBytes}`);
		if (type === Type.Publish) this.#sentPublish(packet, length, body);
		else if (type === Type.Disconnect) this.#ended = true;
		else if (type === Type.Puback || type === Type.Pubcomp) this.#inbound.delete(idAt(packet, body));
		else if (type === Type.Pubrel) this.#sentPubrel(idAt(packet, body));
		else if (type === Type.Subscribe || type === Type.Unsubscribe) this.#sentRequest(idAt(packet, body));
	};

	#sentPublish(packet: Uint8Array, length: number, body: number): void {
		const qos = (packet[0] >> 1) & 3;
		if (qos === 3) this.#fail("sent a PUBLISH of QoS 3");
		if (qos === 0) {
			if ((packet[0] & 8) !== 0) this.#fail("sent a PUBLISH of QoS 0 with DUP");
			return;
		}
		const at = body + 2 + idAt(packet, body);
		const id = idAt(packet, at);
		const payload = this.#terms.version === 5 ? at + 3 + packet[at + 2] : at + 2;
		const index = this.#terms.numbered
			? indexIn(packet, payload, length)
			: hashOf(packet, payload, length, HASH_SEED);
		if (id === 0) this.#fail("sent a PUBLISH with identifier 0");
		const open = this.#open.get(id);
		if (open !== undefined && open.link === this.#link)
			this.#fail(`used identifier ${id} for message ${index} while message ${open.index} had it`);
		if (open !== undefined && (packet[0] & 8) !== 0 && open.index !== index)
			this.#fail(`repeated identifier ${id} with message ${index} in place of ${open.index}`);
		if (open?.index === index && (packet[0] & 8) === 0)
			this.#fail(`sent message ${index} under identifier ${id} again without DUP`);
		if (qos === 2 && this.#passed.has(index) && !open?.released)
			this.#fail(`sent message ${index} again in another session, and it is after PUBREC`);
		if (open?.released) this.#fail(`sent message ${index} under identifier ${id} that is after PUBREC`);
		if (this.#requests.has(id)) this.#fail(`used identifier ${id} of a request for message ${index}`);
		this.#open.set(id, { index, qos, link: this.#link, released: false });
		this.#quota++;
		const { window, brokerReceiveMaximum, version } = this.#terms;
		const most = version === 5 ? Math.min(window, brokerReceiveMaximum) : window;
		if (this.#accepted && this.#quota > most)
			this.#fail(`has ${this.#quota} messages in flight, and may have ${most}`);
	}

	#sentPubrel(id: number): void {
		const open = this.#open.get(id);
		if (open?.qos === 1) this.#fail(`sent PUBREL for identifier ${id} of a QoS 1 message`);
		if (open === undefined) return;
		open.released = true;
		this.#passed.add(open.index);
	}

	#sentRequest(id: number): void {
		if (id === 0) this.#fail("sent a request with identifier 0");
		if (this.#requests.has(id) || this.#open.has(id))
			this.#fail(`used identifier ${id} for a second request`);
		this.#requests.add(id);
	}

	readonly #onReceived = (packet: Uint8Array, length: number, body: number): void => {
		this.received++;
		const type = packet[0] >> 4;
		const { version, packetBytes, receiveMaximum } = this.#terms;
		if (version === 5 && length > packetBytes && !this.#spoilt)
			this.#fail(`was sent a packet of ${length} bytes, and takes ${packetBytes}`);
		if (type === Type.Connack) this.#accept((packet[body] & 1) !== 0, packet[body + 1]);
		else if (type === Type.Puback || type === Type.Pubcomp) this.#finish(idAt(packet, body));
		else if (type === Type.Pubrec && length > 4 && packet[body + 2] >= 0x80) this.#finish(idAt(packet, body));
		else if (type === Type.Suback || type === Type.Unsuback) this.#requests.delete(idAt(packet, body));
		else if (type === Type.Publish && (packet[0] & 6) !== 0) {
			this.#inbound.add(idAt(packet, body + 2 + idAt(packet, body)));
			if (version === 5 && this.#inbound.size > receiveMaximum && !this.#spoilt)
				this.#fail(`was sent ${this.#inbound.size} messages at once, and takes ${receiveMaximum}`);
		}
	};

	#accept(sessionPresent: boolean, reason: number): void {
		if (reason !== 0) return;
		this.#accepted = true;
		this.#lastSent = this.#court.now;
		if (!sessionPresent) this.#open.clear();
	}

	/** An exchange is over. */
	#finish(id: number): void {
		const open = this.#open.get(id);
		if (open === undefined) return;
		this.#open.delete(id);
		if (open.link === this.#link && this.#quota > 0) this.#quota--;
	}

	#fail(what: string): void {
		this.#court.fail(`${this.#name} ${what}`);
	}
}

function idAt(packet: Uint8Array, at: number): number {
	return (packet[at] << 8) | packet[at + 1];
}
