// SPDX-License-Identifier: MIT
// alone: it starts processes
/** The catalogue is true of the sources as they are, the rules hold, and a handful of the quickest mutants is killed. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CATALOGUE } from "./catalogue.js";
import { verdict } from "./checks.js";
import { RULES } from "./rules.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("The catalogue", () => {
	test.each(CATALOGUE)("$name: $rule", ({ file, find, replace, by, without = [] }) => {
		expect(readFileSync(`${root}/${file}`, "utf8").split(find), `${find} in ${file}`).toHaveLength(2);
		expect(replace).not.toBe(find);
		expect(by.length).toBeGreaterThan(0);
		for (const layer of without) expect(CATALOGUE.map(({ name }) => name)).toContain(layer);
	});

	test("has each name once, and all are in the table of README.md", () => {
		const names = CATALOGUE.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		const [, results] = readFileSync(`${root}/test/mutants/README.md`, "utf8").split("## Results");
		const rows = [...results.matchAll(/^\| ([a-z0-9-]+) \|/gm)].map(([, name]) => name);
		expect(rows).toEqual(["name", ...names]);
	});

	test("is in TABLE.md as well, where each is killed by one layer at least", () => {
		const table = readFileSync(`${root}/test/mutants/TABLE.md`, "utf8");
		const rows = [...table.matchAll(/^\| ([a-z0-9-]+) \| (.*) \|$/gm)].map(([, name, rest]) => {
			const [rule, ...cells] = rest.split(" | ");
			return { name, rule, killed: cells.some((cell) => !/^(> \d+|–|\?|) *$/.test(cell)) };
		});
		expect(rows.slice(1)).toEqual(CATALOGUE.map(({ name, rule }) => ({ name, rule, killed: true })));
	});
});

describe("The rules hold", () => {
	test.each(Object.keys(RULES))("%s", (name) => {
		expect(verdict({ kind: "rule", name })).toBe("");
	});
});

test("Rules that are switched off are missed", { timeout: 120_000 }, () => {
	const only = "record-crc,commit-before-write,quota-outlives";
	const run = ["test/mutants/run.js", "--json", "--seconds", "10", "--only", only];
	const { stdout, stderr, status } = spawnSync(process.execPath, run, { cwd: root, encoding: "utf8" });
	expect(stderr).toBe("");
	const verdicts = stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(verdicts.map(({ name, by }) => [name, by !== ""])).toEqual(
		only.split(",").map((name) => [name, true]),
	);
	expect(status).toBe(0);
});
