// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import { Outbox } from "../../../lib/memory/outbox.js";

const memory = { allocate: (bytes: number) => new Uint8Array(bytes) };

function outbox(rows: number, size: number): { outbox: Outbox; arena: Arena } {
	const arena = new Arena(memory, Outbox.bytes(rows, size));
	return { outbox: new Outbox(arena, arena.region(Outbox.bytes(rows, size)), rows, size), arena };
}

function put(box: Outbox, arena: Arena, mark: number, length: number): number {
	const at = box.reserve(length);
	arena.bytes.fill(mark, at, at + length);
	return box.append(at, at + length, 1, 0);
}

describe("outbox", () => {
	test("holes are closed when the tail is too short: neighbours keep their bytes", () => {
		const { outbox: box, arena } = outbox(8, 100);
		const numbers = [10, 20, 30, 40].map((length, i) => put(box, arena, i + 1, length));
		box.mark(numbers[0], 0);
		box.mark(numbers[2], 0);
		expect(box.used).toBe(60);
		expect(box.hasRoom(41)).toBe(false);
		expect(box.hasRoom(40)).toBe(true);
		const last = put(box, arena, 9, 40);
		for (const [number, mark, length] of [
			[numbers[1], 2, 20],
			[numbers[3], 4, 40],
			[last, 9, 40],
		]) {
			const at = box.start(number);
			expect(box.length(number)).toBe(length);
			expect(arena.bytes.subarray(at, at + length).every((b) => b === mark)).toBe(true);
		}
	});

	test("low follows the oldest that is not done", () => {
		const { outbox: box, arena } = outbox(4, 100);
		const [a, b, c] = [put(box, arena, 1, 1), put(box, arena, 2, 1), put(box, arena, 3, 1)];
		box.mark(b, 0);
		expect(box.low).toBe(a);
		box.mark(a, 0);
		expect(box.low).toBe(c);
		box.mark(c, 0);
		expect(box.low).toBe(box.next);
		expect(box.after(0)).toBe(0);
	});

	test("an old one that never ends takes one row, and no more", () => {
		const { outbox: box, arena } = outbox(4, 100);
		const old = put(box, arena, 1, 1);
		for (let i = 0; i < 30; i++) box.mark(put(box, arena, 2, 1), 0);
		expect([box.state(old), box.traits(old), box.length(old), box.used]).toEqual([1, 0, 1, 1]);
		for (let i = 0; i < 3; i++) put(box, arena, 2, 1);
		expect(box.hasRoom(1)).toBe(false);
		box.mark(old, 0);
		expect(box.hasRoom(1)).toBe(true);
	});

	test("what is done has no traits, and is not marked again", () => {
		const { outbox: box, arena } = outbox(4, 100);
		put(box, arena, 1, 1);
		const at = box.reserve(1);
		const done = box.append(at, at + 1, 1, 5);
		expect(box.traits(done)).toBe(5);
		box.mark(done, 0);
		box.mark(done, 2);
		box.mark(99, 2);
		expect([box.state(done), box.traits(done), box.traits(99), box.used]).toEqual([0, 0, 0, 1]);
	});

	test("numbers start anew far from the end of 31 bits, only when the outbox is empty", () => {
		const { outbox: box, arena } = outbox(4, 100);
		box.low = box.next = 0x7000_0000;
		const high = put(box, arena, 1, 1);
		const higher = put(box, arena, 2, 1);
		expect([high, higher]).toEqual([0x7000_0000, 0x7000_0001]);
		box.mark(high, 0);
		box.mark(higher, 0);
		expect(put(box, arena, 3, 1)).toBe(1);
	});
});
