// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Decoder } from "../../../lib/wire/decoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { PROPERTY_TYPE, Property, PropertyType } from "../../../lib/wire/protocol.js";
import { loadVectors, type Vector } from "../../vectors/load.js";
import { newArena } from "./bytes.js";

const BEFORE = 8;
const AFTER = 64;

/** Decodes the bytes between two fills of `poison`; null: with nothing at all behind them. */
function decode(bytes: Uint8Array, version: string, poison: number | null) {
	const end = BEFORE + bytes.length;
	const arena = newArena(end + (poison === null ? 0 : AFTER));
	arena.bytes.fill(poison ?? 0xee);
	arena.bytes.set(bytes, BEFORE);
	const packet = new Packet(arena);
	const decoder = new Decoder(packet);
	decoder.version5 = version === "5.0";
	const size = decoder.frame(BEFORE, end);
	const result = decoder.decode(BEFORE, end);
	const outcome = result === 0 ? JSON.stringify({ ...packet, bytes: 0 }) : `fault ${result}`;
	return { arena, packet, decoder, size, result, outcome: `${size} ${outcome}` };
}

/** The same packet with the last bytes gone and a remaining length to match. */
function shortened(bytes: Uint8Array, version: string, body: number): Uint8Array {
	const { size } = decode(bytes, version, 0);
	const bodyAt = bytes.length - (size - headerSize(bytes));
	const lengthBytes = body < 128 ? [body] : [(body & 0x7f) | 0x80, body >> 7];
	return Uint8Array.from([bytes[0], ...lengthBytes, ...bytes.slice(bodyAt, bodyAt + body)]);
}

function headerSize(bytes: Uint8Array): number {
	let at = 1;
	while (bytes[at] >= 0x80) at++;
	return at + 1;
}

/** The bytes of a string property. */
function blockAt(bytes: Uint8Array, at: number): Uint8Array {
	return bytes.slice(at + 2, at + 2 + ((bytes[at] << 8) | bytes[at + 1]));
}

function checkFields(vector: Vector, version: string): void {
	const { arena, packet } = decode(vector.bytes, version, 0x2b);
	const properties = Object.keys(vector.expect).filter((name) => name.startsWith("property"));
	const seen: number[] = [];
	for (let id = 0; id < Property.Limit; id++) if (packet.property(id, -1) >= 0) seen.push(id);
	expect(seen).toEqual(properties.map((name) => Number(name.slice(9))).sort((a, b) => a - b));
	for (const [name, expected] of Object.entries(vector.expect)) {
		let value: unknown;
		if (name === "topic") value = arena.bytes.slice(packet.topicStart, packet.topicEnd);
		else if (name === "payload") value = arena.bytes.slice(packet.payloadStart, packet.payloadEnd);
		else if (name.startsWith("property")) {
			const id = Number(name.slice(9));
			const isBlock = PROPERTY_TYPE[id] >= PropertyType.String;
			value = isBlock ? blockAt(arena.bytes, packet.property(id, 0)) : packet.property(id, -1);
		} else value = packet[name as "id"];
		expect(value, name).toEqual(expected);
	}
	expect(packet.type).toBe(vector.bytes[0] >> 4);
}

const cases = loadVectors().flatMap((vector) => vector.versions.map((version) => ({ vector, version })));
const legal = cases.filter(({ vector }) => vector.fault === 0);
const illegal = cases.filter(({ vector }) => vector.fault !== 0);
const label = (one: { vector: Vector; version: string }): [string, Vector, string] => [
	`${one.vector.file.replace(".md", "")} ${one.version}: ${one.vector.title}`,
	one.vector,
	one.version,
];

describe("legal packets [MQTT-4.8.0-1]", () => {
	test.each(legal.map(label))("%s", (_title, vector, version) => {
		const { size, result } = decode(vector.bytes, version, 0);
		expect(result).toBe(0);
		expect(size).toBe(vector.bytes.length);
		checkFields(vector, version);
	});

	test.each(legal.map(label))("split at every byte: %s", (_title, vector, version) => {
		const { arena, decoder, size } = decode(vector.bytes, version, 0xff);
		const header = headerSize(vector.bytes);
		for (let cut = 0; cut <= vector.bytes.length; cut++)
			expect(decoder.frame(BEFORE, BEFORE + cut), `${cut} bytes`).toBe(cut < header ? 0 : size);
		arena.bytes[BEFORE + size] = vector.bytes[0];
		expect(decoder.frame(BEFORE, BEFORE + size + 1), "the next packet behind it").toBe(size);
	});

	test.each(legal.map(label))("shortened to every length: %s", (_title, vector, version) => {
		const full = vector.bytes.length - headerSize(vector.bytes);
		for (let body = 0; body < full; body++) {
			const bytes = shortened(vector.bytes, version, body);
			const { outcome, result } = decode(bytes, version, 0);
			expect(result).toBeGreaterThanOrEqual(0);
			expect(decode(bytes, version, 0xff).outcome, `${body} bytes, other bytes behind`).toBe(outcome);
			expect(decode(bytes, version, null).outcome, `${body} bytes, nothing behind`).toBe(outcome);
		}
	});

	test.each(legal.map(label))("followed by anything: %s", (_title, vector, version) => {
		const { outcome } = decode(vector.bytes, version, 0);
		for (const poison of [0x2b, 0x80, 0xff, null])
			expect(decode(vector.bytes, version, poison).outcome).toBe(outcome);
	});

	test.each(legal.map(label))("a range that is not the packet is refused: %s", (_title, vector, version) => {
		const { decoder } = decode(vector.bytes, version, 0);
		const end = BEFORE + vector.bytes.length;
		expect(decoder.decode(BEFORE, end + 1)).toBe(0x81);
		expect(decoder.decode(BEFORE, end - 1)).toBe(0x81);
		expect(decoder.decode(BEFORE, BEFORE)).toBe(0x81);
	});
});

describe("illegal packets end the link [MQTT-4.8.0-1] [5.0 MQTT-4.13.1-1]", () => {
	test.each(illegal.map(label))("%s", (_title, vector, version) => {
		const first = decode(vector.bytes, version, 0);
		expect(first.result).toBe(vector.fault);
		for (const poison of [0x2b, 0xff, null])
			expect(decode(vector.bytes, version, poison).outcome).toBe(first.outcome);
	});
});
