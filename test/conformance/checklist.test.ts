// SPDX-License-Identifier: MIT
/**
 * Points of the standards that clients get wrong (1a: 3.1.1, and 5.0 where it says the same; 1b: 5.0), and what was learned from
 * their users (1c): each has a test in each version that it applies to. The table names scenarios of this folder by their path, other
 * tests by file and a part of the title; `5.0|` in front of one says that it shows nothing of the other version.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters, scenariosOf } from "./scenario/chapter.js";

const root = new URL("../../", import.meta.url);
const [, ...lines] = readFileSync(new URL("checklist.tsv", import.meta.url), "utf8")
	.trimEnd()
	.split("\n");
const rows = lines.map((line) => {
	const [id, versions, words, tests] = line.split("\t");
	return {
		id,
		versions: versions === "both" ? ["3.1.1", "5.0"] : [versions],
		words,
		tests: tests?.split(" ; "),
	};
});

/** The versions in which each scenario is played. */
const scenarios = new Map(
	chapters().flatMap((chapter) =>
		scenariosOf(chapter).map(({ path, shows }) => [path, [...shows].map(([version]) => version)] as const),
	),
);

const sources = new Map<string, string>();
function sourceOf(path: string): string {
	const known = sources.get(path) ?? readFileSync(new URL(path, root), "utf8");
	sources.set(path, known);
	return known;
}

/** In which versions a test of the table shows something; throws when there is no such test. */
function versionsOf(named: string): readonly string[] {
	if (named.endsWith(".txt")) {
		const versions = scenarios.get(named);
		if (versions === undefined) throw new Error(`there is no scenario ${named}`);
		return versions;
	}
	const [, only, path, title] = /^(?:(3\.1\.1|5\.0)\| )?(\S+) > (.+)$/.exec(named) ?? [];
	if (path === undefined) throw new Error(`not a test: ${named}`);
	const source = sourceOf(path);
	// A title stands in quotes, in the call or in a row of its table.
	const quoted = new RegExp(`["\`][^"\`\\n]*${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
	if (!quoted.test(source)) throw new Error(`${path} has no test "${title}"`);
	if (only !== undefined) return [only];
	// One for both versions runs in each; codec and deadlines are tested without a client.
	const each = /VERSIONS|\[4, 5\]|\[true, false\]/.test(source);
	return each || path.startsWith("test/lib/wire/") || path.endsWith("deadlines.test.ts")
		? ["3.1.1", "5.0"]
		: ["5.0"];
}

test("36 points of 3.1.1, 37 of 5.0, 8 of both", () => {
	const count = (part: string): number[] =>
		rows.filter(({ id }) => id.startsWith(`${part}.`)).map(({ id }) => Number(id.slice(part.length + 1)));
	const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
	expect([count("1a"), count("1b"), count("1c")]).toEqual([upTo(36), upTo(37), upTo(8)]);
	expect(rows).toHaveLength(81);
});

describe("Each point has a test in its versions", () => {
	test.each(rows)("$id $words", ({ versions, tests }) => {
		const shown = new Set(tests.flatMap((named) => versionsOf(named)));
		expect(versions.filter((version) => !shown.has(version))).toEqual([]);
	});
});

test.each([
	"connect/no-such.txt",
	"test/lib/session/link.test.ts > no such title",
	"test/lib/session/link.test.ts",
])("a test that there is not is noticed: %s", (named) => {
	expect(() => versionsOf(named)).toThrow();
});
