// SPDX-License-Identifier: MIT
/**
 * mqtt-packet behind a function: one whole packet in, one object out.
 *
 * Its parser is a stream with listeners and a memory. Since the framer hands over whole packets, one parser
 * serves every connection of a version and never has anything to remember; after a fault it is thrown away.
 *
 * It gathers chunks in a list of Buffers and cuts views from it, about ten a packet, which was most of what a
 * PUBLISH cost the broker. One whole packet needs no list: {@link Whole} takes its place. And its `parse` calls the four
 * steps of a packet with ten lines for a log that is off: the steps are called from here. Both are the inside of the
 * version that package.json pins; the tests decode every kind of packet.
 */

import type { Packet, Parser } from "mqtt-packet";
import mqttPacket from "mqtt-packet";
import type { Version } from "./protocol.js";

const NONE = Buffer.alloc(0);
/** Longest text that is compared with the one before. */
const LETTERS = 64;

/**
 * What mqtt-packet asks of its list (that of the package bl), over the bytes of one packet: positions count from what is
 * not consumed. Out of range throws, as it does there.
 */
class Whole {
	#bytes: Buffer = NONE;
	#at = 0;
	length = 0;
	/** The text read last and its bytes: publishers repeat their topic, and comparing is cheaper than decoding. */
	#text = "";
	#textBytes = 0;
	readonly #letters = new Uint8Array(LETTERS);

	hold(bytes: Buffer, start: number, end: number): void {
		this.#bytes = bytes;
		this.#at = start;
		this.length = end - start;
	}

	consume(count: number): void {
		this.#at += count;
		this.length -= count;
	}

	readUInt8(at: number): number {
		if (!(at < this.length)) throw new RangeError("the packet is too short");
		return this.#bytes[this.#at + at];
	}

	readUInt16BE(at: number): number {
		return (this.readUInt8(at) << 8) | this.readUInt8(at + 1);
	}

	readUInt32BE(at: number): number {
		return this.readUInt16BE(at) * 0x10000 + this.readUInt16BE(at + 2);
	}

	/** A view, valid as long as the bytes of the packet. */
	slice(start: number, end: number): Buffer {
		return this.#bytes.subarray(this.#at + start, this.#at + Math.min(end, this.length));
	}

	toString(_: unknown, start: number, end: number): string {
		const from = this.#at + start;
		const to = this.#at + Math.min(end, this.length);
		if (to - from === this.#textBytes && this.#isText(from, to)) return this.#text;
		const text = this.#bytes.toString("utf8", from, to);
		if (to - from <= LETTERS && to > from) {
			this.#text = text;
			this.#textBytes = to - from;
			for (let at = from; at < to; at++) this.#letters[at - from] = this.#bytes[at];
		}
		return text;
	}

	#isText(from: number, to: number): boolean {
		for (let at = from; at < to; at++) if (this.#bytes[at] !== this.#letters[at - from]) return false;
		return true;
	}
}

/** What `parse` of mqtt-packet works with. */
interface Inside extends Parser {
	_list: Whole;
	readonly error: unknown;
	_parseHeader(): unknown;
	_parseLength(): unknown;
	_parsePayload(): unknown;
	_newPacket(): unknown;
}

export class Decoder {
	readonly #parsers: (Inside | undefined)[] = [];
	readonly #whole = new Whole();
	#packet: Packet | undefined;
	#failed = false;

	/**
	 * Decodes the packet from `bytes[start]` to `bytes[end - 1]`; `version` is 4 for a CONNECT, which tells its own. The
	 * payload in the result is a view of `bytes`. Undefined: it is malformed.
	 */
	decode(bytes: Buffer, start: number, end: number, version: Version): Packet | undefined {
		const slot = bytes[start] >> 4 === 1 ? 0 : version;
		const parser = (this.#parsers[slot] ??= this.#parser(version));
		this.#packet = undefined;
		this.#failed = false;
		this.#whole.hold(bytes, start, end);
		try {
			if (parser._parseHeader() && !parser.error && parser._parseLength() && !parser.error) {
				if (parser._parsePayload() && !parser.error) parser._newPacket();
			}
		} catch {
			this.#failed = true; // a property cut short makes it read out of range
		}
		if (!this.#failed && this.#packet && this.#whole.length === 0) return this.#packet;
		this.#parsers[slot] = undefined;
		return undefined;
	}

	#parser(protocolVersion: Version): Inside {
		const parser = mqttPacket.parser({ protocolVersion }) as unknown as Inside;
		parser._list = this.#whole;
		parser.on("packet", (packet) => {
			this.#packet = packet;
		});
		parser.on("error", () => {
			this.#failed = true;
		});
		return parser;
	}
}
