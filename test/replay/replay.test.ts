// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { PLANS } from "./plans.js";
import { type Plan, type Recording, record } from "./record.js";
import { play } from "./stage.js";

const title = ({ seed, version, blocks }: Plan): string =>
	`seed ${seed}, version ${version}, ${blocks} blocks`;

describe("what was recorded, played into the same code, gives the same bytes and the same flash", () => {
	const recordings: Recording[] = [];

	for (const plan of PLANS)
		test(title(plan), () => {
			const recording = record(plan);
			recordings.push(recording);
			const tape = play(recording.tape, plan.blocks);
			expect(tape.difference).toBeUndefined();
			expect(tape.steps).toBeGreaterThan(1000);
		});

	test("there is something in it: cuts, erases, messages both ways", () => {
		const sum = (of: (one: Recording) => number): number =>
			recordings.reduce((total, one) => total + of(one), 0);
		expect(sum((one) => one.cuts)).toBeGreaterThan(5 * PLANS.length);
		expect(sum((one) => one.erases)).toBeGreaterThan(5 * PLANS.length);
		expect(sum((one) => one.delivered)).toBeGreaterThan(50 * PLANS.length);
		expect(sum((one) => one.settled)).toBeGreaterThan(100 * PLANS.length);
	});

	test("a tape that says something else is caught, with its place", () => {
		const { plan, tape } = recordings[0];
		let caught = 0;
		for (let i = 0; i < 20; i++) {
			const other = tape.slice();
			other[Math.floor((tape.length * (i + 0.5)) / 20)] ^= 1;
			const { difference } = play(other, plan.blocks);
			if (difference === undefined) continue; // the clock, most often: a millisecond that changes nothing
			expect(difference).toMatch(/^life \d+, -?\d+ ticks, step \d+, byte \d+, after /);
			caught++;
		}
		expect(caught).toBeGreaterThan(12);
	});

	test("a flash image that ends otherwise is caught", () => {
		const { plan, tape } = recordings[0];
		const other = tape.slice();
		other[other.length - 1] ^= 1;
		expect(play(other, plan.blocks).difference).toContain("flash image");
	});

	test("the same plan gives the same tape", () => {
		const again = record(PLANS[0]).tape;
		expect(again.findIndex((byte, at) => byte !== recordings[0].tape[at])).toBe(-1);
		expect(again.length).toBe(recordings[0].tape.length);
	});
});
