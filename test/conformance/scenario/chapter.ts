// SPDX-License-Identifier: MIT
/** The scenarios of one folder as tests: the title carries what is shown, in which version. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseScenario, type Scenario } from "./parse.js";
import { play } from "./play.js";

/** All scenarios of a folder beside this one. */
export function scenariosOf(chapter: string): Scenario[] {
	const folder = new URL(`../${chapter}/`, import.meta.url);
	return readdirSync(folder)
		.filter((name) => name.endsWith(".txt"))
		.sort()
		.map((name) => parseScenario(`${chapter}/${name}`, readFileSync(new URL(name, folder), "utf8")));
}

/** Declares the tests of a chapter. */
export function playChapter(chapter: string): void {
	const scenarios = scenariosOf(chapter);
	test("the chapter has scenarios", () => expect(scenarios.length).toBeGreaterThan(0));
	for (const scenario of scenarios)
		for (const [version, shown] of scenario.shows)
			test(`[${version} ${shown.join(" ")}] ${scenario.title} (${scenario.path})`, () =>
				play(scenario, version));
}

/** The folders that have scenarios. */
export function chapters(): string[] {
	return readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
		.filter((one) => one.isDirectory() && one.name !== "scenario")
		.map((one) => one.name)
		.sort();
}
