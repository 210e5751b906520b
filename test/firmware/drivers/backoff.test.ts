// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { Backoff } from "../../../firmware/drivers/backoff.js";
import { SeededRandom } from "../../../simulator/world.js";

it("rests for half a ceiling and a random part of the other half; the ceiling doubles up to the most", () => {
	const backoff = new Backoff(new SeededRandom(71), 1000, 60_000);
	for (let round = 0; round < 20; round++) {
		for (const ceiling of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
			const rest = backoff.next();
			expect(rest).toBeGreaterThanOrEqual(ceiling / 2);
			expect(rest).toBeLessThanOrEqual(ceiling);
		}
		backoff.reset();
	}
});

it("spreads boards that begin together", () => {
	const rests = new Set<number>();
	for (let seed = 0; seed < 1000; seed++) rests.add(new Backoff(new SeededRandom(seed), 1000, 60_000).next());
	expect(rests.size).toBeGreaterThan(350);
	expect(Math.min(...rests)).toBeLessThan(505);
	expect(Math.max(...rests)).toBeGreaterThan(995);
});
