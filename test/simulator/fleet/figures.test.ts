// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Flights } from "../../../simulator/fleet/flights.js";
import { Histogram } from "../../../simulator/fleet/histogram.js";
import { Returns } from "../../../simulator/fleet/returns.js";
import { rangeOf, sourceOf } from "../../../simulator/fleet/shard.js";
import { Slabs } from "../../../simulator/fleet/slabs.js";

describe("The histogram", () => {
	test("is never too low, and at most a 32nd too high", () => {
		const times = fc.array(fc.double({ min: 0, max: 4e6, noNaN: true }), { minLength: 1, maxLength: 50 });
		fc.assert(
			fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, part) => {
				const histogram = new Histogram();
				for (const ms of all) histogram.add(ms);
				const exact = [...all].sort((a, b) => a - b)[Math.ceil(part * all.length) - 1];
				const told = histogram.percentile(part);
				expect(told).toBeGreaterThanOrEqual(Math.min(exact, Math.floor(exact * 1000) / 1000));
				expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 32) + 0.001);
			}),
			{ numRuns: 200 },
		);
	});

	test("is empty, and is emptied", () => {
		const histogram = new Histogram();
		expect([histogram.percentile(0.5), histogram.mostMs, histogram.count]).toEqual([0, 0, 0]);
		histogram.add(1e9); // above its end
		expect([histogram.percentile(1), histogram.mostMs]).toEqual([2 ** 32 / 1000 - 0.001, 1e9]);
		histogram.clear();
		expect([histogram.percentile(0.5), histogram.mostMs, histogram.count]).toEqual([0, 0, 0]);
	});
});

describe("Messages under way", () => {
	test("are known until they end, once, and by the board that sent them", () => {
		const flights = new Flights(2, 4);
		flights.begin(0, 7, 100);
		flights.begin(1, 7, 200);
		expect([flights.end(0, 3, 300), flights.end(0, 7, 300), flights.end(0, 7, 300)]).toEqual([-1, 200, -1]);
		flights.begin(1, 11, 250); // takes the place of 7
		expect([flights.end(1, 7, 300), flights.end(1, 11, 250.25)]).toEqual([-1, 0.25]);
	});

	test("are measured over the end of the table's time", () => {
		const flights = new Flights(1, 4);
		const end = 2 ** 32 / 100;
		flights.begin(0, 1, end - 5);
		expect(flights.end(0, 1, end + 5)).toBeCloseTo(10, 1);
	});
});

describe("Boards that come back", () => {
	test("the peak is of any second, the mean until the last one", () => {
		const returns = new Returns(6);
		returns.begin(1000);
		for (const ms of [1900, 2000, 2500, 2899.9, 2900, 5000]) returns.add(ms);
		expect(returns.figures).toMatchObject({ count: 6, seconds: 4, peak: 4, mean: 1.5 });
		expect(returns.figures.ratio).toBeCloseTo(4 / 1.5);
	});

	test("all in one moment is no more than the mean of a second", () => {
		const returns = new Returns(3);
		returns.begin(0);
		for (let i = 0; i < 4; i++) returns.add(10);
		expect(returns.figures).toEqual({ count: 3, seconds: 1, peak: 3, mean: 3, ratio: 1 });
		returns.begin(0);
		expect(returns.figures).toEqual({ count: 0, seconds: 0, peak: 0, mean: 0, ratio: 0 });
	});
});

describe("Shards", () => {
	test("have every board once, and differ by one at most", () => {
		for (const [boards, count] of [
			[10, 3],
			[7, 7],
			[100_000, 8],
		]) {
			let next = 0;
			for (let index = 0; index < count; index++) {
				const { first, end } = rangeOf({ index, count }, boards);
				expect(first).toBe(next);
				expect([Math.floor(boards / count), Math.ceil(boards / count)]).toContain(end - first);
				next = end;
			}
			expect(next).toBe(boards);
		}
	});

	test("dial from as many addresses of the loopback as ports demand", () => {
		expect(sourceOf(15_999, 16_000)).toBeUndefined();
		expect([0, 15_999, 16_000].map((board) => sourceOf(board, 16_001))).toEqual([
			"127.0.0.1",
			"127.0.0.1",
			"127.0.0.2",
		]);
		expect(sourceOf(255 * 16_000, 1e9)).toBe("127.0.1.0");
	});
});

test("Memory in slabs is zeroed, apart, and as long as it was asked for", () => {
	const slabs = new Slabs();
	const blocks = [7168, 3, 1 << 21, 1].map((bytes) => slabs.allocate(bytes));
	expect(blocks.map(({ length }) => length)).toEqual([7168, 3, 1 << 21, 1]);
	for (const [at, block] of blocks.entries()) {
		expect(block.every((byte) => byte === 0)).toBe(true);
		block.fill(at + 1);
	}
	for (const [at, block] of blocks.entries()) expect(block.every((byte) => byte === at + 1)).toBe(true);
	expect(slabs.allocated).toBe(7168 + 3 + (1 << 21) + 1);
});
