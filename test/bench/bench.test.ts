// SPDX-License-Identifier: MIT
/** What can be tested of the benches without a clock: a timing is never a test. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const here = (name: string): string => new URL(name, import.meta.url).href;
const { BENCHES } = await import(here("./benches.js"));
const { HELP, understood } = await import(here("./command.js"));
const { json, markdown, shown, table } = await import(here("./report.js"));
const { compared, inTurns, median } = await import(here("./rounds.js"));

const text = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const named = (benches: { name: string }[]): string[] => benches.map(({ name }) => name);
const all: string[] = named(BENCHES);

const entry = {
	name: "a|b",
	unit: "messages/s",
	value: 1234.5,
	peer: 400,
	ratio: 3.09,
	spread: [2, 3.09, 4],
	floor: 3,
	aim: 4,
	pass: true,
};

describe("The table of benches", () => {
	test("has each name once, a line of help for it, and a module that exports it", () => {
		expect(new Set(all).size).toBe(all.length);
		for (const { name, module, help } of BENCHES) {
			expect(help).not.toContain("\n");
			expect(HELP).toContain(`${name.padEnd(10)}${help}`);
			expect(text(module)).toMatch(new RegExp(`^export (async )?function ${name}\\(`, "m"));
		}
	});

	test("is told of in README.md", () => {
		for (const name of all) expect(text("./README.md")).toContain(`\`${name}\``);
	});
});

describe("What was typed", () => {
	test("without a name means all, with some these, in the order of the table", () => {
		expect(named(understood([]).benches)).toEqual(all);
		expect(named(understood(["client", "codec"]).benches)).toEqual(["codec", "client"]);
		const { json, rounds, messages } = understood(["--json", "--rounds", "3", "codec", "--messages=100"]);
		expect({ json, rounds, messages }).toEqual({ json: true, rounds: 3, messages: 100 });
	});

	test.each([
		[["codek"], /no bench called codek; do you mean codec\?/],
		[["nothing-like-it"], /no bench called nothing-like-it: codec, /],
		[["--jason"], /no option --jason; do you mean --json\?/],
		[["--rounds", "0"], /--rounds is a whole number from 1 to 1000, not 0/],
		[["--rounds", "2.5"], /whole number/],
		[["--rounds", ""], /whole number/],
		[["--rounds"], /--rounds/],
		[["--messages", "99"], /from 100 to 1000000/],
		[["--json", "--markdown"], /not both/],
	])("%j is refused with a reason", (args, reason) => {
		expect(() => understood(args)).toThrow(reason);
	});
});

describe("Rounds", () => {
	test("are taken in turns, each side first in every second one, and those to warm up do not count", async () => {
		const order: string[] = [];
		const side = (who: string) => () => order.push(who);
		const measured = await inTurns({ rounds: 2, warmUp: 1, ours: side("o"), theirs: side("t") });
		expect(order.join("")).toBe("to" + "ot" + "to");
		expect(measured).toEqual([
			{ ours: 3, theirs: 4 },
			{ ours: 6, theirs: 5 },
		]);
	});

	test("give the median of their ratios, not the ratio of their medians, with the least and the most", () => {
		const measured = [
			{ ours: 100, theirs: 10 },
			{ ours: 20, theirs: 10 },
			{ ours: 90, theirs: 30 },
		];
		expect(compared(measured)).toEqual({ value: 90, peer: 10, ratio: 3, spread: [2, 3, 10], rounds: 3 });
		expect(compared(measured, true).spread).toEqual([0.1, 0.33, 0.5]);
		expect(median([3, 1, 2])).toBe(2);
	});
});

describe("A report", () => {
	test("says of each line whether it holds its floor and reaches its aim", () => {
		const verdict = (change: object): string => table([{ ...entry, ...change }]).split("\n")[1];
		expect(verdict({})).toMatch(/1,235 +400 +3\.09 +2 to 4 +≥ 3 {2}ok, aim 4$/);
		expect(verdict({ ratio: 4 })).toMatch(/ok, aim of 4 reached$/);
		expect(verdict({ ratio: 2.9, pass: false })).toMatch(/BELOW ITS FLOOR$/);
		expect(verdict({ floor: null })).toMatch(/reported$/);
		expect(verdict({ judged: "value", floor: 1000, aim: undefined, pass: false })).toMatch(
			/≤ 1,000 {2}ABOVE ITS LIMIT$/,
		);
		expect(verdict({ ratio: null, peer: null, floor: 1234.5, aim: undefined })).toMatch(/≤ 1,235 {2}ok$/);
	});

	test("tells how something was measured, once for all that were measured so", () => {
		const note = "by hand";
		const lines = table([
			{ ...entry, note },
			{ ...entry, note },
		]);
		expect(lines.split(note)).toHaveLength(2);
	});

	test("is an object a line, or a table for README.md", () => {
		expect(JSON.parse(json("codec", entry))).toEqual({ bench: "codec", ...entry });
		const lines = markdown([{ bench: "codec", entries: [entry] }], "npm run bench", "today", "a laptop");
		expect(lines.split("\n")[0]).toBe("today, `npm run bench`, on a laptop.");
		expect(lines).toContain("| codec | a\\|b, messages/s | 1,235 | 400 | 3.09 | 2 to 4 | ≥ 3 | ok, aim 4 |");
	});

	test("has as many digits as a figure is worth", () => {
		expect([0.1234, 2.345, 140.23, 9876.5].map(shown)).toEqual(["0.123", "2.35", "140.2", "9,877"]);
	});
});
