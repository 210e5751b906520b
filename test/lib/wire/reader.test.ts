// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Reader } from "../../../lib/wire/reader.js";
import { fromHex, newArena } from "./bytes.js";

function reading(hex: string): Reader {
	const bytes = fromHex(hex);
	const arena = newArena(bytes.length + 8);
	arena.bytes.fill(0x55);
	arena.bytes.set(bytes, 4);
	const reader = new Reader(arena);
	reader.begin(4, 4 + bytes.length);
	return reader;
}

describe("the reading cursor", () => {
	test("reads in order, big-endian", () => {
		const reader = reading("01 02 03 ff ff ff fe 00 01 61 aa bb");
		expect(reader.byte()).toBe(1);
		expect(reader.uint16()).toBe(0x0203);
		expect(reader.uint32()).toBe(0xffff_fffe);
		expect(reader.block()).toBe(4 + 7);
		expect(reader.skip(2)).toBe(4 + 10);
		expect(reader.position).toBe(4 + 12);
		expect(reader.failed).toBe(false);
	});

	test.each([
		["byte", "", (r: Reader) => r.byte()],
		["uint16", "01", (r: Reader) => r.uint16()],
		["uint32", "01 02 03", (r: Reader) => r.uint32()],
		["skip", "01", (r: Reader) => r.skip(2)],
		["block without a length", "00", (r: Reader) => r.block()],
		["block longer than the section", "00 02 61", (r: Reader) => r.block()],
	])("%s beyond the end fails, gives 0 and does not move", (_name, hex, read) => {
		const reader = reading(hex);
		expect(read(reader)).toBe(0);
		expect(reader.failed).toBe(true);
		expect(reader.position).toBe(4);
		expect(reader.skip(0)).toBe(0);
		expect(reader.byte()).toBe(0);
		reader.begin(4, 5);
		expect(reader.failed).toBe(false);
	});

	test.each([
		["00", 0],
		["7f", 127],
		["80 01", 128],
		["ff ff ff 7f", 268_435_455],
		["", -1],
		["80", -1],
		["ff ff ff", -1],
		["80 00", -2],
		["80 80 00", -2],
		["ff ff ff ff", -2],
		["80 80 80 80 01", -2],
	])("varint %s is %i [MQTT-1.5.5-1]", (hex, value) => {
		const reader = reading(hex);
		expect(reader.varint(true)).toBe(value);
		expect(reader.failed).toBe(value < 0);
	});

	test("a varint with too many bytes is read where the version allows it", () => {
		expect(reading("80 00").varint(false)).toBe(0);
		expect(reading("81 80 00").varint(false)).toBe(1);
		expect(reading("80 80 80 80").varint(false)).toBe(-2);
	});
});
