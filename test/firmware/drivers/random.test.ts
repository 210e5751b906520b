// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { DeviceRandom, randomWord } from "../../../firmware/drivers/random.js";

describe("Random numbers of the device", () => {
	test("are even: words that would favour the small numbers are drawn again", () => {
		const words = [0xffff_ffff, -1, 0xffff_fffe, 5];
		let at = 0;
		const random = new DeviceRandom(() => words[at++]);
		// 2³² = 3 · 1431655765 + 1: only the last word is one too many
		expect(random.below(3)).toBe(0xffff_fffe % 3);
		expect(at).toBe(3);
		expect(random.below(3)).toBe(2);
	});

	test("take signed words as they come from 32-bit arithmetic", () => {
		expect(new DeviceRandom(() => -1000).below(1000)).toBe(296);
	});

	test("end also where the source is stuck", () => {
		expect(new DeviceRandom(() => -1).below(1000)).toBe(295);
	});

	test.each([1, 2, 7, 1000, 2 ** 30 + 1, 2 ** 31 - 1])(
		"below %i: all of it is reached, nothing beyond",
		(limit) => {
			const random = new DeviceRandom();
			const seen = new Uint32Array(4);
			let wrong = 0;
			for (let i = 0; i < 4000; i++) {
				const value = random.below(limit);
				if (!(Number.isInteger(value) && value >= 0 && value < limit)) wrong++;
				seen[Math.floor((value / limit) * 4)]++;
			}
			expect(wrong).toBe(0);
			if (limit >= 1000) expect(Math.min(...seen)).toBeGreaterThan(700);
		},
	);

	test("a word of the host has 32 bits, all in use", () => {
		let ones = 0;
		let zeros = 0;
		let wrong = 0;
		for (let i = 0; i < 500; i++) {
			const word = randomWord();
			if (word !== (word | 0)) wrong++;
			ones |= word;
			zeros |= ~word;
		}
		expect([wrong, ones, zeros]).toEqual([0, -1, -1]);
	});
});
