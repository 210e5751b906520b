// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { draw } from "../../simulator/swarm/draw.js";
import { Run } from "../../simulator/swarm/run.js";
import { recordApplication } from "./application.js";
import { OUTLINES, SEEDS } from "./plans.js";
import { play } from "./player.js";
import type { Recording } from "./recorder.js";
import { type RecordedRun, recordRun } from "./runs.js";
import { type PlayingTape, What } from "./tape.js";

/** Plays it, and holds what it did against what was recorded. */
function played({ title, tape }: Recording): PlayingTape {
	const playing = play(tape);
	expect(playing.difference, title).toBeUndefined();
	expect(playing.steps, title).toBeGreaterThan(100);
	return playing;
}

const sum = (tapes: readonly PlayingTape[], of: (one: PlayingTape) => number): number =>
	tapes.reduce((total, one) => total + of(one), 0);

describe("an application that makes every call, recorded and played: the same bytes and the same flash", () => {
	const recordings: Recording[] = [];
	const tapes: PlayingTape[] = [];

	for (const outline of OUTLINES)
		test(`seed ${outline.seed}, version ${outline.version}, ${outline.blocks} blocks`, () => {
			const recording = recordApplication(outline);
			recordings.push(recording);
			tapes.push(played(recording));
		});

	test("there is something in it: lives, cuts, erases, messages both ways, every call", () => {
		expect(sum(tapes, ({ counts }) => counts[What.Boot])).toBeGreaterThan(8 * OUTLINES.length);
		expect(sum(tapes, ({ cuts }) => cuts)).toBeGreaterThan(4 * OUTLINES.length);
		expect(sum(tapes, ({ counts }) => counts[What.FlashErase])).toBeGreaterThan(5 * OUTLINES.length);
		expect(sum(tapes, ({ counts }) => counts[What.Message])).toBeGreaterThan(50 * OUTLINES.length);
		expect(sum(tapes, ({ counts }) => counts[What.Settled])).toBeGreaterThan(100 * OUTLINES.length);
		// A fault of the flash is told by tests of the store; the boards of random runs hold messages.
		for (let what = What.Boot; what < What.Image; what++)
			if (what !== What.StoreFault && what !== What.Hold && what !== What.Acknowledge)
				expect(
					sum(tapes, ({ counts }) => counts[what]),
					`${what}`,
				).not.toBe(0);
	});

	test("a tape that says something else is caught, with its place", () => {
		const { tape } = recordings[0];
		let caught = 0;
		for (let i = 0; i < 8; i++) {
			const other = tape.slice();
			other[Math.floor((tape.length * (i + 0.5)) / 8)] ^= 1;
			const { difference } = play(other);
			if (difference === undefined) continue; // the clock, most often: a millisecond that changes nothing
			expect(difference).toMatch(/^life \d+, -?\d+ ticks, step \d+, byte \d+, after /);
			caught++;
		}
		expect(caught).toBeGreaterThan(4);
	});

	test("a flash image that ends otherwise is caught", () => {
		const other = recordings[0].tape.slice();
		other[other.length - 1] ^= 1;
		expect(play(other).difference).toContain("flash image");
	});

	test("the same outline gives the same tape", () => {
		expect(Buffer.compare(recordApplication(OUTLINES[0]).tape, recordings[0].tape)).toBe(0);
	});
});

describe("the boards of a random run, recorded and played: the same bytes and the same flash", () => {
	const runs: RecordedRun[] = [];
	const tapes: PlayingTape[] = [];

	for (const seed of SEEDS)
		test(`seed ${seed}`, () => {
			const run = recordRun(seed);
			runs.push(run);
			tapes.push(...run.recordings.map(played));
		});

	test("there is something in it: kinds of boards, kinds of faults, power cuts in flash commands", () => {
		const boards = SEEDS.flatMap((seed) => draw(seed).boards);
		for (const version of [4, 5])
			for (const flash of [true, false])
				expect(boards.some((board) => board.version === version && board.sectors > 0 === flash)).toBe(true);
		expect(boards.some(({ aliases }) => aliases)).toBe(true);
		expect(new Set(runs.flatMap(({ tally }) => Object.keys(tally.faults))).size).toBeGreaterThan(12);
		expect(sum(tapes, ({ counts }) => counts[What.Boot])).toBeGreaterThan(tapes.length);
		expect(sum(tapes, ({ cuts }) => cuts)).toBeGreaterThan(0);
		for (const what of [What.Hold, What.Acknowledge])
			expect(
				sum(tapes, ({ counts }) => counts[what]),
				`${what}`,
			).toBeGreaterThan(0);
	});

	test("the same seed gives the same tapes, and a run goes the same way whether it is recorded or not", () => {
		const [first] = runs;
		const again = recordRun(SEEDS[0]);
		again.recordings.forEach(({ title, tape }, index) => {
			expect(Buffer.compare(tape, first.recordings[index].tape), title).toBe(0);
		});
		const unrecorded = new Run(draw(SEEDS[0]));
		unrecorded.run();
		expect(again.tally).toEqual(first.tally);
		expect(unrecorded.tally).toEqual(first.tally);
	});
});
