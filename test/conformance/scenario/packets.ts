// SPDX-License-Identifier: MIT
/** Packets in words and in bytes: what a scenario's `<` sends, and whether what came is what its `>` says. */
import mqttPacket, { type Packet } from "mqtt-packet";
import { encode, type Fields, describe as inWords, type Version } from "../../kit/peer.js";
import { parseBytes } from "../../vectors/load.js";

/** One packet that the client sent: its bytes, and what another codec reads in them. */
export interface Came {
	readonly bytes: Uint8Array;
	readonly words: string;
	readonly packet: Packet;
}

/** Cuts a stream into packets; each is read by mqtt-packet, which throws when it is none. */
export class Cutter {
	#bytes: number[] = [];

	constructor(readonly version: Version) {}

	/** Bytes of a packet that has not come whole. */
	get rest(): number {
		return this.#bytes.length;
	}

	take(chunk: Uint8Array): Came[] {
		for (const byte of chunk) this.#bytes.push(byte);
		const found: Came[] = [];
		for (let size = wholeSize(this.#bytes); size > 0; size = wholeSize(this.#bytes))
			found.push(read(Uint8Array.from(this.#bytes.splice(0, size)), this.version));
		return found;
	}
}

/** How long the first packet is; 0 when it has not come whole. */
function wholeSize(bytes: readonly number[]): number {
	let length = 0;
	for (let i = 1; i < bytes.length; i++) {
		length += (bytes[i] & 0x7f) * 128 ** (i - 1);
		if (bytes[i] < 0x80) return bytes.length > i + length ? i + 1 + length : 0;
		if (i === 4) throw new Error("the client sent a remaining length of five bytes");
	}
	return 0;
}

function read(bytes: Uint8Array, version: Version): Came {
	const parser = mqttPacket.parser({ protocolVersion: version });
	let packet: Packet | undefined;
	parser.on("packet", (one) => (packet = one));
	parser.on("error", (error) => {
		throw new Error(`the client sent what is no packet: ${hex(bytes)}: ${error.message}`);
	});
	parser.parse(Buffer.from(bytes));
	if (packet === undefined) throw new Error(`the client sent what is no packet: ${hex(bytes)}`);
	return { bytes, packet, words: inWords(packet) };
}

export function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes)
		.toString("hex")
		.replace(/(..)(?=.)/g, "$1 ");
}

/** Why what came is not what was expected; undefined when it is. `expected` is words, `{json}` behind them, or `bytes ...`. */
export function differs(expected: string, came: Came): string | undefined {
	if (expected.startsWith("bytes ")) return bytesDiffer(expected.slice(6), came.bytes);
	const { words, fields } = split(expected);
	if (words !== came.words) return `${came.words} came`;
	const wrong = Object.entries(fields).find(([name, value]) => !holds(value, plain(came.packet)[name]));
	return wrong && `of ${came.words} ${wrong[0]} is ${JSON.stringify(plain(came.packet)[wrong[0]])}`;
}

/** `..` stands for any byte. */
function bytesDiffer(expected: string, bytes: Uint8Array): string | undefined {
	let at = 0;
	let same = true;
	for (const [piece] of expected.matchAll(/\.\.|"[^"]*"|\S+/g)) {
		if (piece === "..") at++;
		else for (const byte of parseBytes(piece)) same = bytes[at++] === byte && same;
	}
	return same && at === bytes.length ? undefined : `${hex(bytes)} came`;
}

/** A packet as JSON has it: buffers as text, absent what is undefined. */
function plain(packet: Packet): Fields {
	return JSON.parse(
		JSON.stringify(packet, (_, value) =>
			value?.type === "Buffer" ? Buffer.from(value.data).toString() : value,
		),
	);
}

/** Objects may have more than is expected; null means that there is nothing. */
function holds(expected: unknown, value: unknown): boolean {
	if (expected === null) return value === undefined || value === null;
	if (typeof expected !== "object") return expected === value;
	if (typeof value !== "object" || value === null) return false;
	if (Array.isArray(expected)) return JSON.stringify(expected) === JSON.stringify(value);
	return Object.entries(expected).every(([name, one]) => holds(one, (value as Fields)[name]));
}

function split(text: string): { words: string; fields: Fields } {
	const at = text.indexOf(" {");
	if (at < 0) return { words: text, fields: {} };
	return { words: text.slice(0, at), fields: JSON.parse(text.slice(at)) };
}

/** The bytes of what a scenario sends: `bytes ...`, or words as `describe` of the kit writes them, with `{json}` for the rest. */
export function written(text: string, version: Version): Uint8Array {
	if (text.startsWith("bytes ")) return parseBytes(text.slice(6));
	const { words, fields } = split(text);
	const [cmd, ...rest] = words.split(" ");
	return encode({ cmd, ...fieldsOf(cmd, rest, version), ...fields }, version);
}

function fieldsOf(cmd: string, words: readonly string[], version: Version): Fields {
	const id = words.find((word) => /^#\d+$/.test(word));
	const numbers = words.filter((word) => /^(?:0x[0-9a-f]{2}|\d+)$/.test(word)).map(Number);
	const known = ["present", "dup", "retain"];
	const odd = words.filter(
		(word) => !/^(?:#\d+|0x[0-9a-f]{2}|\d+|q[0-2])$/.test(word) && !known.includes(word),
	);
	const messageId = id === undefined ? undefined : Number(id.slice(1));
	if (odd.length > (cmd === "publish" ? 1 : 0)) throw new Error(`what is ${odd.join(" ")} in ${cmd}?`);
	switch (cmd) {
		case "connack":
			return {
				sessionPresent: words.includes("present"),
				returnCode: numbers[0] ?? 0,
				reasonCode: numbers[0] ?? 0,
			};
		case "publish": {
			const [topic, payload = ""] = odd[0].split("=");
			const qos = Number(words.find((word) => /^q[0-2]$/.test(word))?.slice(1) ?? 0);
			return { topic, payload, qos, messageId, dup: words.includes("dup"), retain: words.includes("retain") };
		}
		case "suback":
			return { messageId, granted: numbers };
		case "unsuback":
			return { messageId, granted: version === 5 ? numbers : undefined };
		case "puback":
		case "pubrec":
		case "pubrel":
		case "pubcomp":
			return { messageId, reasonCode: numbers[0] ?? 0 };
		case "disconnect":
		case "auth":
			return { reasonCode: numbers[0] ?? 0 };
		case "pingresp":
			return {};
		default:
			throw new Error(`a server sends no ${cmd}`);
	}
}
