// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import {
	FrameReader,
	Header,
	Violation,
	violationWords,
} from "../../../../firmware/drivers/websocket/frame-reader.js";

/** What the header leads to, and how long the payload is. */
function read(header: number[], reader = new FrameReader()): [number, number] {
	for (let at = 0; at < header.length; at++) {
		const found = reader.push(header[at]);
		if (found !== Header.More) return [found, reader.remaining];
	}
	return [Header.More, reader.remaining];
}

test.each([
	["empty", [0x82, 0], 0],
	["125", [0x82, 125], 125],
	["126", [0x82, 126, 0, 126], 126],
	["65535", [0x82, 126, 255, 255], 65535],
	["65536", [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], 65536],
	["the longest", [0x82, 127, 0, 0, 0, 0, 0x7f, 255, 255, 255], 0x7fff_ffff],
	["ping", [0x89, 125], 125],
	["pong", [0x8a, 0], 0],
	["close", [0x88, 2], 2],
] as const)("%s", (_what, header, length) => {
	expect(read([...header])).toEqual([Header.Complete, length]);
	const reader = new FrameReader();
	for (let at = 0; at < header.length; at++) {
		// What is read at once is never more than the header.
		expect(reader.need).toBeLessThanOrEqual(header.length - at);
		reader.push(header[at]);
	}
});

test.each([
	["a reserved bit", [0xc2], Violation.Reserved],
	["another", [0xa2], Violation.Reserved],
	["the third", [0x92], Violation.Reserved],
	["an unknown data frame", [0x83], Violation.Opcode],
	["an unknown control frame", [0x8b], Violation.Opcode],
	["[MQTT-6.0.0-1] text", [0x81], Violation.Text],
	["a fragmented ping", [0x09], Violation.Control],
	["a long ping", [0x89, 126], Violation.Control],
	["a mask", [0x82, 0x85], Violation.Masked],
	["nothing to continue", [0x80], Violation.Order],
	["125 in two bytes", [0x82, 126, 0, 125], Violation.Length],
	["65535 in eight bytes", [0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255], Violation.Length],
	["2 GiB", [0x82, 127, 0, 0, 0, 0, 0x80, 0, 0, 0], Violation.Length],
	["an absurd length", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], Violation.Length],
] as const)("%s is a violation, and has words", (_what, header, violation) => {
	expect(read([...header])[0]).toBe(violation);
	expect(violationWords(violation)).not.toBe("");
});

test("every first byte: five may come from a server, and which depends on whether a message is open", () => {
	const accepted = (open: boolean): number[] =>
		Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => {
			const reader = new FrameReader();
			if (open) read([0x02, 0], reader);
			return reader.push(byte) === Header.More;
		});
	expect(accepted(false)).toEqual([0x02, 0x82, 0x88, 0x89, 0x8a]);
	expect(accepted(true)).toEqual([0x00, 0x80, 0x88, 0x89, 0x8a]);
});

test("a message in three fragments, with control frames between; then another one", () => {
	const reader = new FrameReader();
	for (const header of [
		[0x02, 0],
		[0x89, 0],
		[0x00, 0],
		[0x8a, 0],
		[0x80, 0],
		[0x82, 0],
	])
		expect(read(header, reader)).toEqual([Header.Complete, 0]);
	expect(read([0x00], reader)[0]).toBe(Violation.Order);
});

test("a new message before the last fragment is a violation; a reset forgets the fragments", () => {
	const reader = new FrameReader();
	read([0x02, 0], reader);
	expect(reader.push(0x82)).toBe(Violation.Order);
	reader.reset();
	expect(read([0x82, 0], reader)).toEqual([Header.Complete, 0]);
	read([0x82, 126, 1], reader);
	reader.reset();
	expect(read([0x82, 3], reader)).toEqual([Header.Complete, 3]);
});
