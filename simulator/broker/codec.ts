// SPDX-License-Identifier: MIT
/**
 * mqtt-packet behind a function: one whole packet in, one object out.
 *
 * Its parser is a stream with listeners and a memory. Since the framer hands over whole packets, one parser
 * serves every connection of a version and never has anything to remember; after a fault it is thrown away.
 */

import type { Packet, Parser } from "mqtt-packet";
import mqttPacket from "mqtt-packet";
import type { Version } from "./protocol.js";

export class Decoder {
	readonly #parsers: (Parser | undefined)[] = [];
	#packet: Packet | undefined;
	#failed = false;

	/** Decodes one packet; `version` is 4 for a CONNECT, which tells its own. Undefined: it is malformed. */
	decode(frame: Buffer, version: Version): Packet | undefined {
		const slot = frame[0] >> 4 === 1 ? 0 : version;
		const parser = (this.#parsers[slot] ??= this.#parser(version));
		this.#packet = undefined;
		this.#failed = false;
		try {
			parser.parse(frame);
		} catch {
			this.#failed = true; // a property cut short makes it read out of range
		}
		if (!this.#failed) return this.#packet;
		this.#parsers[slot] = undefined;
		return undefined;
	}

	#parser(protocolVersion: Version): Parser {
		const parser = mqttPacket.parser({ protocolVersion });
		parser.on("packet", (packet) => {
			this.#packet = packet;
		});
		parser.on("error", () => {
			this.#failed = true;
		});
		return parser;
	}
}
