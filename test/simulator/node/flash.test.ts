// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NodeFlash } from "../../../simulator/node/index.js";

function bytesOf(flash: NodeFlash, offset: number, length: number): number[] {
	const view = new Uint8Array(length);
	expect(flash.read(view, offset)).toBe(length);
	return [...view];
}

describe("Flash follows the rules of NOR", () => {
	test("it is erased when it is new, 64 KiB in blocks of 4096", () => {
		const flash = new NodeFlash();
		expect(flash.status()).toEqual({ size: 65536, blockLength: 4096 });
		expect(bytesOf(flash, 65534, 2)).toEqual([0xff, 0xff]);
		expect(flash.commands).toBe(0);
	});

	test("writing only clears bits; erasing sets those of whole blocks, and is counted", () => {
		const flash = new NodeFlash({ size: 3 * 4096 });
		flash.write(Uint8Array.of(0xf0, 0x0f), 4095);
		flash.write(Uint8Array.of(0x3c), 4095);
		expect(bytesOf(flash, 4094, 4)).toEqual([0xff, 0x30, 0x0f, 0xff]);
		flash.eraseBlock(0);
		expect(bytesOf(flash, 4094, 4)).toEqual([0xff, 0xff, 0x0f, 0xff]);
		flash.eraseBlock(0, 3);
		expect(bytesOf(flash, 4094, 4)).toEqual([0xff, 0xff, 0xff, 0xff]);
		expect([...flash.wear]).toEqual([2, 1, 1]);
		expect(flash.commands).toBe(6);
	});

	test("what lies outside is refused", () => {
		const flash = new NodeFlash({ size: 4096 });
		const view = new Uint8Array(2);
		for (const offset of [-1, 4095, 0.5, Number.NaN]) {
			expect(() => flash.read(view, offset)).toThrow(RangeError);
			expect(() => flash.write(view, offset)).toThrow(RangeError);
		}
		for (const [first, end] of [
			[-1, 1],
			[0, 2],
			[1, 1],
			[0.5, 1],
		]) {
			expect(() => flash.eraseBlock(first, end)).toThrow(RangeError);
		}
		expect(() => new NodeFlash({ size: 5000 })).toThrow(RangeError);
	});
});

describe("Flash in a file", () => {
	let folder: string;
	let file: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "ringbuoy-"));
		file = join(folder, "flash.bin");
	});

	afterEach(() => {
		rmSync(folder, { recursive: true });
	});

	test("is an image of the partition that survives", () => {
		const flash = new NodeFlash({ file, size: 8192 });
		flash.write(Uint8Array.of(1, 2, 3), 4000);
		flash.write(Uint8Array.of(9), 8191);
		flash.write(Uint8Array.of(8), 8191);
		flash.close();
		const image = readFileSync(file);
		expect(image).toHaveLength(8192);
		expect([image[0], image[4000], image[4002], image[8191]]).toEqual([255, 1, 3, 8]);
		const again = new NodeFlash({ file });
		expect(again.status().size).toBe(8192);
		expect(bytesOf(again, 3999, 5)).toEqual([255, 1, 2, 3, 255]);
		again.eraseBlock(0);
		again.close();
		again.close();
		expect(
			readFileSync(file)
				.subarray(0, 4096)
				.every((byte) => byte === 255),
		).toBe(true);
	});

	test("of another size is refused", () => {
		writeFileSync(file, new Uint8Array(4096));
		expect(() => new NodeFlash({ file, size: 8192 })).toThrow(/holds 4096 bytes, not 8192/);
		writeFileSync(file, new Uint8Array(100));
		expect(() => new NodeFlash({ file })).toThrow(RangeError);
	});
});
