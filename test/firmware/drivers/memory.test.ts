// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { patterned } from "../../contract/ends.js";

describe("The memory of a device", () => {
	test("gives zeroed blocks of exactly the size", () => {
		const memory = new DeviceMemory(64);
		const block = memory.allocate(100);
		expect(block).toHaveLength(100);
		expect(block.every((byte) => byte === 0)).toBe(true);
		expect(memory.allocate(7).buffer).not.toBe(block.buffer);
	});

	test("moves every range out, as a view of just its length, and leaves the blocks as they were", () => {
		const memory = new DeviceMemory(8);
		const other = memory.allocate(16);
		const block = memory.allocate(20);
		block.set(patterned(20));
		other.fill(7);
		const wrong: number[][] = [];
		for (let at = 0; at < 20; at++) {
			for (let count = 1; count <= 8 && at + count <= 20; count++) {
				const window = Uint8Array.from(memory.filled(block, at, count));
				if (!Buffer.from(window).equals(patterned(count, at))) wrong.push([at, count]);
				memory.restore();
			}
		}
		expect(wrong).toEqual([]);
		expect(block).toHaveLength(20);
		expect(Uint8Array.from(block)).toEqual(patterned(20));
		expect(other.every((byte) => byte === 7)).toBe(true);
	});

	test("moves every range in, and writes nothing beyond it", () => {
		const memory = new DeviceMemory(8);
		const block = memory.allocate(20);
		const wrong: number[][] = [];
		for (let at = 0; at < 20; at++) {
			for (let count = 1; count <= 8 && at + count <= 20; count++) {
				const expected = new Uint8Array(20).fill(0xee);
				expected.set(patterned(count), at);
				block.fill(0xee);
				const window = memory.empty(count);
				window.set(patterned(window.length));
				memory.taken(block, at, count);
				if (window.length !== 8 || !Buffer.from(block).equals(expected)) wrong.push([at, count]);
			}
		}
		expect(wrong).toEqual([]);
		expect(memory.empty(8)).toHaveLength(8);
	});

	test("takes fewer bytes than it asked for, as a TLS socket reads them", () => {
		const memory = new DeviceMemory(8);
		const block = memory.allocate(4);
		memory.empty(8).set(patterned(3));
		memory.taken(block, 0, 3);
		expect(Uint8Array.from(block)).toEqual(Uint8Array.of(...patterned(3), 0));
	});

	test("moves bytes that are not of its own, too", () => {
		const memory = new DeviceMemory(8);
		const window = memory.filled(patterned(30), 11, 5);
		expect(Uint8Array.from(window)).toEqual(patterned(5, 11));
	});
});
