// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { Backoff } from "../../../lib/session/backoff.js";

const limits = { ...DEFAULT_LIMITS, backoffMs: 1000, backoffMaxMs: 5000, slowLaneMs: 300_000 };

describe("backoff", () => {
	test.each([
		["the least", () => 0, [500, 751, 1127, 1691, 2537, 3750, 3750]],
		["little", (limit: number) => limit >> 2, [625, 1016, 1651, 2683, 4062, 4062]],
		["the most", (limit: number) => limit - 1, [1000, 2000, 4000, 5000, 5000]],
	] as const)("half of the first is drawn, then it grows from what was drawn: %s", (_, below, expected) => {
		const backoff = new Backoff(limits, { below });
		expect(expected.map(() => backoff.next(false, limits))).toEqual([...expected]);
		backoff.stable(limits);
		expect(backoff.next(false, limits)).toBe(expected[0]);
	});

	test("the slow lane neither doubles nor resets", () => {
		const backoff = new Backoff(limits, { below: () => 0 });
		expect(backoff.next(false, limits)).toBe(500);
		expect([backoff.next(true, limits), backoff.next(true, limits)]).toEqual([150_000, 150_000]);
		expect(backoff.next(false, limits)).toBe(751);
	});

	test("what may be taken off a wait: once, down to backoffMs, nothing in the slow lane", () => {
		const backoff = new Backoff(limits, { below: (limit) => limit - 1 });
		expect(backoff.hasten(backoff.next(false, limits))).toBe(1000);
		expect(backoff.hasten(backoff.next(false, limits))).toBe(1000);
		expect(backoff.next(false, limits)).toBe(4000);
		expect(backoff.hasten(3500)).toBe(500);
		expect(backoff.hasten(500)).toBe(500);
		expect(backoff.next(false, limits)).toBe(5000);
		expect(backoff.hasten(1000)).toBe(0);
		expect(backoff.hasten(backoff.next(true, limits))).toBe(300_000);
		const quick = new Backoff(limits, { below: () => 0 });
		expect(quick.hasten(quick.next(false, limits))).toBe(500);
	});
});
