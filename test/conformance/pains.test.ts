// SPDX-License-Identifier: MIT
/** What users of other clients suffer from: scenarios of its own, and a table of what shows the rest. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { playChapter } from "./scenario/chapter.js";

/** Said to be missing, and nothing else may be. */
const NOT_DONE = ["25", "28", "30"];

const rows = readFileSync(new URL("pains.tsv", import.meta.url), "utf8")
	.split("\n")
	.filter((line) => line !== "" && !line.startsWith("#"))
	.map((line) => line.split("\t"));

test("the table has all thirty", () => {
	expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
	expect(rows.filter(([, , shown]) => shown === "not done yet").map(([number]) => number)).toEqual(NOT_DONE);
});

test.each(rows.filter(([number]) => !NOT_DONE.includes(number)))(
	"pain %s, %s: what shows it is there",
	(_number, _pain, shown) => {
		for (const one of shown.split(" | ")) {
			const [path] = one.split(": ", 1);
			const file = new URL(path.endsWith(".txt") ? path : `../../${path}`, import.meta.url);
			expect(existsSync(file), path).toBe(true);
			expect(readFileSync(file, "utf8"), one).toContain(one.slice(path.length + 2));
		}
	},
);

playChapter("pains");
