// SPDX-License-Identifier: MIT
/** The same seed gives the same run, byte for byte; in another process: see `test/simulator/cli/world.test.ts`. */

import { describe, expect, it } from "vitest";
import { draw } from "../../../simulator/swarm/draw.js";
import { play } from "../../../simulator/swarm/play.js";
import type { TraceEntry } from "../../../simulator/world.js";

/** All that goes over the links of a run, and what it counts. */
function traced(seed: number): { lines: string[]; tally: object } {
	const lines: string[] = [];
	const { tally } = play(draw(seed), (run) => {
		run.trace = ({ time, link, event, direction, bytes }: TraceEntry) =>
			lines.push(`${time} ${link} ${event} ${direction} ${Buffer.from(bytes).toString("hex")}`);
	});
	return { lines, tally };
}

describe("The trace of a seed", () => {
	it.each([1, 2, 3, 4711, 2 ** 40])("%i twice, with another run in between", (seed) => {
		const first = traced(seed);
		play(draw(seed + 1));
		const second = traced(seed);
		expect(second.tally).toEqual(first.tally);
		expect(second.lines).toEqual(first.lines);
		expect(first.lines.length).toBeGreaterThan(50);
	});

	it("of another seed is another one", () => {
		expect(play(draw(1)).tally.digest).not.toBe(play(draw(2)).tally.digest);
	});
});

describe("A plan", () => {
	it("is the same each time it is drawn, and is data", () => {
		for (let seed = 1; seed < 20; seed++) expect(draw(seed)).toEqual(JSON.parse(JSON.stringify(draw(seed))));
	});

	it("has as many boards as is said", () => {
		expect(draw(5, { boards: 1 }).boards).toHaveLength(1);
		expect(draw(5, { boards: 6 }).boards).toHaveLength(6);
	});

	it("of a day is made of ten minutes after ten minutes, each with work", () => {
		const { acts } = draw(5, { minutes: 1440 });
		const periods = new Set(
			acts.filter(([, kind]) => kind === "publish").map(([at]) => Math.floor(at / 600_000)),
		);
		expect(periods.size).toBeGreaterThan(140);
		expect(acts.every(([at], index) => index === 0 || at >= acts[index - 1][0])).toBe(true);
	});
});
