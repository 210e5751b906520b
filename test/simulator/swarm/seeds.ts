// SPDX-License-Identifier: MIT
/** Runs seeds of ten virtual minutes each. Half of the test is in one file, half in another: two processors share them. */

import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { draw } from "../../../simulator/swarm/draw.js";
import { failureOf } from "../../../simulator/swarm/play.js";

/** In one test: so few that it is done in time on a machine that is busy. */
const BLOCK = 50;

/** What fails of so many seeds, each with the command that repeats it. */
function failures(first: number): string[] {
	const failed: string[] = [];
	for (let seed = first; seed < first + BLOCK; seed++) {
		const failure = failureOf(draw(seed));
		if (failure !== undefined)
			failed.push(`${failure}: npx ringbuoy world --seed ${seed} --runs 1 --minutes 10`);
	}
	return failed;
}

/** `count` seeds from `first` on, and some that nobody has seen before. */
export function runs(first: number, count: number, fresh: number): void {
	describe(`Random runs`, () => {
		const blocks = Array.from({ length: count / BLOCK }, (_, at) => first + at * BLOCK);
		it.each(blocks)(`${BLOCK} seeds from %i on`, (from) => {
			expect(failures(from)).toEqual([]);
		});

		it(`${fresh} seeds that nobody has seen before`, () => {
			const base = randomInt(2 ** 31);
			console.log(`fresh seeds: npx ringbuoy world --seed ${base} --runs ${fresh} --minutes 10`);
			for (let from = 0; from < fresh; from += BLOCK) expect(failures(base + from)).toEqual([]);
		});
	});
}
