// SPDX-License-Identifier: MIT
/**
 * Packets made from the grammar: a legal one must be taken, with every field as it was made and as `mqtt-packet` reads it; with
 * one thing wrong it must be refused, with a reason that fits.
 */
import mqttPacket from "mqtt-packet";
import { DEFECTS } from "./defects.js";
import { encode, packetOf } from "./grammar.js";
import { randomFrom } from "./mutate.js";

const AT = 16;
const ROOM = 2048;
const ALIASES = { inboundMaximum: 5, inbound: () => 0 };

/** Properties of mqtt-packet by identifier, of those that are compared: numbers and single texts. */
// biome-ignore format: a table
const NAMES = {
	2: "messageExpiryInterval", 17: "sessionExpiryInterval", 19: "serverKeepAlive", 33: "receiveMaximum",
	34: "topicAliasMaximum", 35: "topicAlias", 39: "maximumPacketSize",
};

export class StructureFuzzer {
	inputs = 0;
	/** How many were legal, and how often each thing was wrong. */
	accepted = 0;
	refused = new Map();
	/** The last input and what was said of it. */
	last;
	#random;
	#arena;
	#packet;
	#decoder;

	constructor(lib, seed) {
		this.#random = randomFrom(seed);
		this.#arena = new lib.Arena({ allocate: (bytes) => new Uint8Array(bytes) }, AT + ROOM);
		this.#packet = new lib.Packet(this.#arena);
		this.#decoder = new lib.Decoder(this.#packet);
		this.#decoder.aliases = ALIASES;
	}

	next() {
		const random = this.#random;
		const version5 = random(3) > 0;
		const packet = packetOf(random, version5);
		const defect = random(4) > 0 ? DEFECTS[random(DEFECTS.length)] : undefined;
		if (defect !== undefined && (!defect.fits(packet) || defect.spoil(packet, random) === false)) return;
		const bytes = encode(packet);
		this.inputs++;
		const result = this.#decode(bytes, version5);
		this.last = { bytes, version5, result, defect: defect?.name };
		const show = () =>
			`${version5 ? "5.0" : "3.1.1"}, input ${this.inputs}: ${Buffer.from(bytes).toString("hex")}`;
		if (defect !== undefined) {
			if (!defect.faults.includes(result))
				throw new Error(`${defect.name}: decode said ${result}: ${show()}`);
			this.refused.set(defect.name, (this.refused.get(defect.name) ?? 0) + 1);
			return;
		}
		if (result !== 0) throw new Error(`a legal packet is refused with ${result}: ${show()}`);
		this.accepted++;
		const wrong =
			this.#differs(packet) ?? (random(4) === 0 ? this.#differsFromPeer(bytes, version5) : undefined);
		if (wrong !== undefined) throw new Error(`${wrong}: ${show()}`);
	}

	/** What `frame` or `decode` says, 0 or a reason. */
	#decode(bytes, version5) {
		this.#arena.bytes.set(bytes, AT);
		this.#decoder.version5 = version5;
		const framed = this.#decoder.frame(AT, AT + bytes.length);
		if (framed < 0) return -framed;
		return this.#decoder.decode(AT, AT + bytes.length);
	}

	/** What is not as it was made. */
	#differs(made) {
		const p = this.#packet;
		const { bytes } = this.#arena;
		const same = (start, end, list) =>
			end - start === list.length && list.every((byte, i) => bytes[start + i] === byte);
		if (p.type !== made.type || p.flags !== made.flags) return "the first byte";
		if (p.id !== made.id) return "the identifier";
		if (made.type === 3) {
			if (!same(p.topicStart, p.topicEnd, made.topic)) return "the topic";
			if (!same(p.payloadStart, p.payloadEnd, made.payload)) return "the payload";
		} else if (made.version5 && p.reason !== (made.codes.length > 0 || made.type === 11 ? 0 : made.reason))
			return "the reason";
		if (made.codes.length > 0 && !same(p.payloadStart, p.payloadEnd, made.codes)) return "the codes";
		if (made.type === 2 && p.sessionPresent !== made.present) return "the session";
		const properties = made.short > 0 ? [] : made.properties.flatMap(([id, value]) => [id, ...value]);
		return same(p.propertiesStart, p.propertiesEnd, properties) ? undefined : "the properties";
	}

	/** What another codec reads otherwise. */
	#differsFromPeer(bytes, version5) {
		const parser = mqttPacket.parser({ protocolVersion: version5 ? 5 : 4 });
		let theirs;
		let fault;
		parser.on("packet", (packet) => (theirs = packet));
		parser.on("error", (error) => (fault = error));
		parser.parse(Buffer.from(bytes));
		if (theirs === undefined) return `mqtt-packet refuses it: ${fault}`;
		const p = this.#packet;
		if ((theirs.messageId ?? 0) !== p.id) return `its identifier is ${theirs.messageId}`;
		if (theirs.cmd === "publish") {
			if (
				Buffer.compare(
					Buffer.from(theirs.payload),
					Buffer.from(this.#arena.bytes.slice(p.payloadStart, p.payloadEnd)),
				) !== 0
			)
				return "its payload differs";
			if (theirs.qos !== p.qos || theirs.retain !== p.retain) return "its flags differ";
		}
		for (const [id, name] of Object.entries(NAMES)) {
			const value = theirs.properties?.[name];
			if (value !== undefined && p.property(Number(id), -1) !== value) return `its ${name} is ${value}`;
		}
		return undefined;
	}
}
