// SPDX-License-Identifier: MIT
// alone: it starts processes
/** The list of requirements: its tables hold together, and the command says what they say. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { identifiersOf, loadRequirements, survey, VERSIONS } from "./requirements.js";

const command = fileURLToPath(new URL("list.js", import.meta.url));
const run = (...words: string[]) => spawnSync(process.execPath, [command, ...words], { encoding: "utf8" });

describe("requirements.tsv", () => {
	const all = [...loadRequirements().values()];

	test("binds clients by 72 statements of 3.1.1 and 133 of 5.0, each in words", () => {
		const count = (version: string): number =>
			all.filter((one) => one.version === version && one.binds !== "server").length;
		expect(VERSIONS.map(count)).toEqual([72, 133]);
		expect(all.filter(({ binds, words }) => binds !== "server" && words === "-")).toEqual([]);
	});

	test("numbers run on in each section, but where the standards' own do not", () => {
		const sections = new Map<string, number[]>();
		for (const { version, id } of all) {
			const [, section, number] = /^MQTT-(.*)-(\d+)$/.exec(id)!;
			const key = `${version} ${section}`;
			sections.set(key, [...(sections.get(key) ?? []), Number(number)]);
		}
		const odd = [...sections].filter(([, numbers]) => numbers.some((number, i) => number !== i + 1));
		// The fourth of 3.8.3 is printed with a hyphen in 3.1.1; 5.0 starts 2.2.1 with its second.
		expect(odd).toEqual([
			["3.1.1 3-8.3", [4]],
			["5.0 2.2.1", [2, 3, 4, 5, 6]],
		]);
	});
});

test("titles and reasons name what there is, and nothing has both", () => {
	expect(survey().faults).toEqual([]);
});

describe("An identifier counts with its version only", () => {
	test.each([
		["[5.0 MQTT-1.5.4-1] a", ["5.0 MQTT-1.5.4-1"], []],
		["a [3.1.1: MQTT-1.5.3-1, MQTT-3-8.3-4]", ["3.1.1 MQTT-1.5.3-1", "3.1.1 MQTT-3-8.3-4"], []],
		["[3.1.1 MQTT-1.5.3-1] [5.0 MQTT-1.5.4-1]", ["3.1.1 MQTT-1.5.3-1", "5.0 MQTT-1.5.4-1"], []],
		["[MQTT-1.5.4-1] a", [], ["MQTT-1.5.4-1"]],
		["[5.0 3.2.2.3.6] a", [], []],
	])("%s", (title, keys, loose) => {
		expect(identifiersOf(title)).toEqual({ keys, loose });
	});
});

describe("list.js", () => {
	test("lists all, or what is missing, and fails while something is", () => {
		const { rows } = survey();
		const missing = rows.filter(({ tests, reason }) => tests.length === 0 && reason === "");
		const { status, stdout } = run("--json", "--missing");
		expect(JSON.parse(stdout).rows).toEqual(missing);
		expect(status).toBe(missing.length > 0 ? 1 : 0);
		const lines = run().stdout.trimEnd().split("\n");
		expect(lines.filter((line) => /^(?:3\.1\.1|5\.0) /.test(line)).length).toBe(rows.length);
		expect(lines.some((line) => line.startsWith(`${rows.length} requirements: `))).toBe(true);
	});

	test("says what it can, and what it cannot", () => {
		expect(run("--help").stdout).toContain("--missing");
		const { status, stderr } = run("--all");
		expect([status, stderr]).toEqual([2, "list.js: there is no --all; --help says what there is\n"]);
	});
});
