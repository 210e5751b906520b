// SPDX-License-Identifier: MIT
/** What counts as a branch, and that counting changes neither what a source does nor where its lines are. */
import { describe, expect, test } from "vitest";
import { COUNTERS } from "./counters.js";
import { instrument } from "./instrument.js";

/** Runs the body of a function of `x` for each value. @returns what came out, and what of it was never taken */
function run(body: string, ...values: unknown[]) {
	const { code, branches, counters } = instrument(`function f(x) {${body}}`, 0);
	const counts = new Float64Array(counters);
	const f = new Function(COUNTERS, `${code}; return f;`)(counts) as (x: unknown) => unknown;
	const results = values.map((value) => f(value));
	const missed = branches.filter(({ on, off }) => counts[on] - (off < 0 ? 0 : counts[off]) <= 0);
	return { results, missed: missed.map(({ words }) => words), all: branches.length };
}

describe("Both sides count", () => {
	test.each([
		["if (x) return 1; return 2;", [1, 2], "if is never true", "if is never false"],
		["if (x) { return 1; } else { return 2; }", [1, 2], "if is never true", "if is never false"],
		["if (x > 0) {} else return 2; return 1;", [1, 2], "if is never true", "if is never false"],
		["return x ? 1 : 2;", [1, 2], "?: never takes its first side", "?: never takes its second side"],
		["return x && 3;", [3, 0], "the right side of && is never asked", "the left side of && never decides"],
		["return x || 3;", [1, 3], "the left side of || never decides", "the right side of || is never asked"],
		["let y = x; y &&= 3; return y;", [3, 0], "&&= never assigns", undefined],
	] as const)("%s", (body, [truthy, falsy], withoutTrue, withoutFalse) => {
		expect(run(body, 1, 0)).toMatchObject({ results: [truthy, falsy], missed: [] });
		expect(run(body, 0).results).toEqual([falsy]);
		expect(run(body, 0).missed).toContain(withoutTrue);
		if (withoutFalse !== undefined) expect(run(body, 1).missed).toContain(withoutFalse);
	});

	test("each operand of a chain, as often as it was asked", () => {
		const body = "return (x.a && x.b) || x.c;";
		expect(run(body, { a: 1, b: 1 }, { a: 0, c: 1 })).toMatchObject({ missed: [], all: 4, results: [1, 1] });
		expect(run(body, { a: 1, b: 0, c: 1 }).missed).toEqual([
			"the left side of || never decides",
			"the left side of && never decides",
		]);
	});

	test("a case that falls through, one with a body, and default", () => {
		const body = "switch (x) { case 1: case 2: return 12; default: return 0; }";
		expect(run(body, 1, 2, 3)).toEqual({ results: [12, 12, 0], missed: [], all: 3 });
		expect(run(body, 2)).toMatchObject({ missed: ["case is never taken", "case is never taken"] });
	});

	test("a default value", () => {
		const body = "const g = (y = 5) => y; return g(x);";
		expect(run(body, undefined, 1)).toEqual({ results: [5, 1], missed: [], all: 1 });
		expect(run(body, 1).missed).toEqual(["the default is never used"]);
	});

	test("an else that would belong to another if", () => {
		const body = "if (x > 0) if (x > 1) return 2; else return 1; else return 0;";
		expect(run(body, 2, 1, 0)).toEqual({ results: [2, 1, 0], missed: [], all: 4 });
	});
});

test("What is only a type is no branch, and lines stay where they are", () => {
	const source = [
		"type A<T> = T extends string ? 1 : 2;",
		"export function f(",
		"	x: number | undefined, // a remark: if (x) ? :",
		"): number {",
		"	return (x as number) > 0",
		"		? 1",
		"		: 2;",
		"}",
	].join("\n");
	const { code, branches } = instrument(source, 40);
	expect(branches).toEqual([
		{ line: 5, words: "?: never takes its first side", on: 0, off: -1 },
		{ line: 5, words: "?: never takes its second side", on: 1, off: -1 },
	]);
	expect(code.replaceAll(/\(__vitest_branches\[4[01]\]\+\+, (\d)\)/g, "$1")).toBe(source);
});
