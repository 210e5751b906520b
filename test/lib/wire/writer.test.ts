// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Writer } from "../../../lib/wire/writer.js";
import { ascii, fromHex, newArena, toHex } from "./bytes.js";

const START = 4;
const POISON = 0xa5;

/** What `write` leaves when it may use `room` bytes; checks that nothing else was touched. */
function write(room: number, body: (writer: Writer) => void) {
	const arena = newArena(START + room + 16);
	arena.bytes.fill(POISON);
	const writer = new Writer(arena);
	writer.begin(START, START + room);
	body(writer);
	const outside = (at: number): boolean => at < START || at >= START + room;
	expect(arena.bytes.findIndex((byte, at) => outside(at) && byte !== POISON)).toBe(-1);
	return { hex: toHex(arena.bytes, START, writer.position), writer };
}

const hexOf = (text: string): string => toHex(ascii(text));

describe("integers of the wire", () => {
	test.each([
		["byte", "ab", (w: Writer) => w.byte(0x1ab)],
		["uint16", "12 34", (w: Writer) => w.uint16(0x1234)],
		["uint32", "ff fe fd fc", (w: Writer) => w.uint32(0xfffefdfc)],
	])("%s is big-endian", (_name, hex, body) => {
		expect(write(8, body).hex).toBe(hex);
	});

	test.each([
		[0, "00"],
		[127, "7f"],
		[128, "80 01"],
		[16_383, "ff 7f"],
		[16_384, "80 80 01"],
		[2_097_151, "ff ff 7f"],
		[2_097_152, "80 80 80 01"],
		[268_435_455, "ff ff ff 7f"],
	])("varint %i is %s: the shortest form [MQTT-1.5.5-1]", (n, hex) => {
		expect(write(8, (w) => w.varint(n)).hex).toBe(hex);
	});

	test.each([-1, 268_435_456, Number.NaN])("varint %s counts as not fitting", (n) => {
		const { hex, writer } = write(8, (w) => w.varint(n));
		expect(hex).toBe("");
		expect(writer.overflowed).toBe(true);
	});
});

describe("text", () => {
	test.each([
		["", ""],
		["abc", "61 62 63"],
		["\u0000", "00"],
		["\u007f\u0080\u07ff\u0800\uffff", "7f c2 80 df bf e0 a0 80 ef bf bf"],
		["\ufeffa", "ef bb bf 61"],
		["\u{10000}\u{1f321}\u{10ffff}", "f0 90 80 80 f0 9f 8c a1 f4 8f bf bf"],
		["\ud800", "ef bf bd"],
		["\udc00\ud800a", "ef bf bd ef bf bd 61"],
		["\ud800\ud83c\udf21", "ef bf bd f0 9f 8c a1"],
	])("%j is %s", (text, hex) => {
		expect(write(32, (w) => w.text(text)).hex).toBe(hex);
	});

	test.each([
		["plain", "plain"],
		['say "hi"', 'say \\"hi\\"'],
		["C:\\dir", "C:\\\\dir"],
		["\b\t\n\f\r", "\\b\\t\\n\\f\\r"],
		["\u0000\u0001\u000b\u000e\u001f\u007f", "\\u0000\\u0001\\u000b\\u000e\\u001f\u007f"],
	])("json(%j)", (text, expected) => {
		const { hex } = write(64, (w) => w.json(text));
		expect(hex).toBe(hexOf(expected));
		expect(JSON.parse(`"${expected}"`)).toBe(text);
	});

	test("json keeps what is beyond ASCII", () => {
		expect(write(16, (w) => w.json("é\n🌡")).hex).toBe("c3 a9 5c 6e f0 9f 8c a1");
	});
});

describe("numbers", () => {
	test.each([
		[0, "0"],
		[-0, "0"],
		[7, "7"],
		[-1, "-1"],
		[10, "10"],
		[2_147_483_647, "2147483647"],
		[-2_147_483_648, "-2147483648"],
		[4_294_967_296, "4294967296"],
		[9_007_199_254_740_991, "9007199254740991"],
		[-9_007_199_254_740_991, "-9007199254740991"],
		[1.9, "1"],
		[-0.9, "0"],
		[-1.9, "-1"],
		[Number.NaN, "null"],
		[Number.POSITIVE_INFINITY, "null"],
		[Number.NEGATIVE_INFINITY, "null"],
		[9_007_199_254_740_992, "null"],
	])("integer(%s) is %s", (n, text) => {
		expect(write(32, (w) => w.integer(n)).hex).toBe(hexOf(text));
	});

	test.each([
		[2153, 2, "21.53"],
		[-5, 2, "-0.05"],
		[5, 1, "0.5"],
		[0, 2, "0.00"],
		[100, 2, "1.00"],
		[-100, 3, "-0.100"],
		[123, 0, "123"],
		[9_007_199_254_740_991, 15, "9.007199254740991"],
		[1, 15, "0.000000000000001"],
		[-2_147_483_648, 4, "-214748.3648"],
		[Number.NaN, 2, "null"],
	])("decimal(%s, %i) is %s", (n, digits, text) => {
		expect(write(32, (w) => w.decimal(n, digits)).hex).toBe(hexOf(text));
	});

	test("every power of ten and its neighbours", () => {
		for (let power = 1; power < 1e15; power *= 10)
			for (let n = power - 1; n <= power + 1; n++) {
				expect(write(32, (w) => w.integer(n)).hex).toBe(hexOf(String(n)));
				expect(write(32, (w) => w.integer(-n)).hex).toBe(hexOf(String(n === 0 ? 0 : -n)));
			}
	});
});

describe("copies", () => {
	test("copy takes bytes of the same arena, also overlapping ones", () => {
		const arena = newArena(16);
		arena.bytes.set(fromHex("01 02 03 04"), 0);
		const writer = new Writer(arena);
		writer.begin(2, 16);
		writer.copy(0, 4);
		expect(toHex(arena.bytes, 0, writer.position)).toBe("01 02 01 02 03 04");
	});

	test("bytes takes an array", () => {
		expect(write(8, (w) => w.bytes(Uint8Array.of(9, 8, 7))).hex).toBe("09 08 07");
		expect(write(0, (w) => w.bytes(new Uint8Array(0))).writer.overflowed).toBe(false);
	});
});

describe("the limit", () => {
	const calls: Array<[string, number, (w: Writer) => void]> = [
		["byte", 1, (w) => w.byte(1)],
		["uint16", 2, (w) => w.uint16(1)],
		["uint32", 4, (w) => w.uint32(1)],
		["varint", 2, (w) => w.varint(300)],
		["copy", 3, (w) => w.copy(0, 3)],
		["bytes", 3, (w) => w.bytes(Uint8Array.of(1, 2, 3))],
		["text", 3, (w) => w.text("abc")],
		["text é", 2, (w) => w.text("é")],
		["text €", 3, (w) => w.text("€")],
		["text 🌡", 4, (w) => w.text("🌡")],
		["lone surrogate", 3, (w) => w.text("\ud800")],
		["integer", 4, (w) => w.integer(-123)],
		["decimal", 5, (w) => w.decimal(-5, 2)],
		["null", 4, (w) => w.integer(Number.NaN)],
		["json", 4, (w) => w.json('a"b')],
		["json \\u", 6, (w) => w.json("\u0001")],
	];

	test.each(calls)("%s fits in %i bytes and in no less", (_name, size, call) => {
		for (let room = 0; room < size; room++) {
			const { writer } = write(room, call);
			expect(writer.overflowed, `${room} bytes`).toBe(true);
			expect(writer.position).toBe(START);
		}
		const { writer } = write(size, call);
		expect(writer.overflowed).toBe(false);
		expect(writer.position).toBe(START + size);
	});

	test.each(calls)("after an overflow %s is ignored", (_name, _size, call) => {
		const { hex, writer } = write(8, (w) => {
			w.byte(1);
			w.bytes(new Uint8Array(9));
			call(w);
		});
		expect(hex).toBe("01");
		expect(writer.overflowed).toBe(true);
	});

	test("nothing is left of an overflow after begin", () => {
		const { hex, writer } = write(2, (w) => {
			w.uint32(1);
			w.text("");
			w.begin(START, START + 2);
			w.byte(5);
		});
		expect(hex).toBe("05");
		expect(writer.overflowed).toBe(false);
	});
});
