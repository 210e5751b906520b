// SPDX-License-Identifier: MIT
/** What `ringbuoy world` makes of runs that fail: here they fail because the test says so. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../../../simulator/cli/options.js";
import { UsageError } from "../../../simulator/cli/usage.js";
import type { WorldOutput, WorldResult } from "../../../simulator/cli/world-events.js";
import { WORLD_OPTIONS, worldHelp } from "../../../simulator/cli/world-options.js";
import { WorldJson, WorldText } from "../../../simulator/cli/world-output.js";
import { WorldRuns } from "../../../simulator/cli/world-runs.js";
import { type WorldSettings, worldSettings } from "../../../simulator/cli/world-settings.js";
import type { Plan } from "../../../simulator/swarm/plan.js";
import type { Tally } from "../../../simulator/swarm/run.js";

const TALLY: Tally = {
	virtualMs: 600_000, events: 1000, messages: 50, delivered: 40, repeats: 2, connections: 9, packets: 400, powerCuts: 3,
	faults: { "cut link": 2, power: 3 }, digest: 0xbeef,
}; // biome-ignore format: a list

const settingsOf = (...args: string[]): WorldSettings => worldSettings(parseOptions(args, WORLD_OPTIONS));

/** Every third seed fails; its plan does as long as somebody publishes. */
const failureOf = (seed: number) => (seed % 3 === 0 ? `it fails: message ${seed} (QoS 2)` : undefined);
const judge = (plan: Plan) => (plan.acts.some(([, kind]) => kind === "publish") ? failureOf(3) : undefined);

async function told(
	make: (write: (text: string) => void) => WorldOutput,
	...args: string[]
): Promise<{ text: string; well: boolean }> {
	let text = "";
	const output = make((more) => {
		text += more;
	});
	const runs = new WorldRuns(settingsOf("--seed", "1", "--workers", "1", ...args), output, {
		judge,
		labour: (seeds, tell) => ({
			async run() {
				for (let seed = seeds.take(); seed !== undefined; seed = seeds.take())
					tell({ seed, failure: failureOf(seed), tally: TALLY } as WorldResult);
			},
		}),
	});
	const well = await runs.run();
	return { text, well };
}

const asText = (...args: string[]) =>
	told(
		(write) =>
			new WorldText(write, {
				colour: false,
				columns: 100,
				live: false,
				verbose: false,
				version: "1",
				node: "20",
			}),
		...args,
	);

describe("A run that fails", () => {
	it("is told with the command that repeats it, ends the others, and shrinks to acts in words", async () => {
		const { text, well } = await asText("--runs", "100");
		expect(well).toBe(false);
		expect(text).toContain("  failed   seed 3: it fails: message 3 (QoS 2)\n");
		expect(text).toContain("  repeat   npx ringbuoy world --seed 3 --runs 1 --minutes 10\n");
		expect(text).toMatch(/Seed 3, shrunk to 1 act of \d+, 1 board of \d {2}\d+ trials in/);
		expect(text).toMatch(/\n {2}at 0\.000 s board 0 publishes a message of QoS \d and 2 bytes to board 0\n/);
		expect(text).toContain("add --out 3.js");
		expect(text).toMatch(/After 3 runs, seeds 1 to 3, in/);
		expect(text).toContain("  result         1 failed\n                 1 time, seed 3 first: it fails\n");
		for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	});

	it("does not end the others with --keep-going; each kind is shrunk once", async () => {
		const { text } = await asText("--runs", "10", "--keep-going", "--minutes", "12", "--boards", "2");
		expect(text.match(/ {2}failed {3}seed/g)).toHaveLength(3);
		expect(text.match(/shrunk to/g)).toHaveLength(1);
		expect(text).toContain("3 times, seed 3 first: it fails");
		expect(text).toContain("npx ringbuoy world --seed 9 --runs 1 --minutes 12 --boards 2");
	});

	it("is written out as a scenario", async () => {
		const folder = mkdtempSync(join(tmpdir(), "ringbuoy-out-"));
		try {
			const file = join(folder, "small.js");
			const { text } = await asText("--runs", "5", "--out", file);
			expect(text).toContain(`${file} is written: npx ringbuoy run ${file}`);
			const script = readFileSync(file, "utf8");
			expect(script).toContain('export const title = "seed 3: it fails";');
			expect(script.match(/ \/\/ /g)).toHaveLength(1);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it("stays as it is with --shrink 0", async () => {
		const { text } = await asText("--runs", "5", "--shrink", "0");
		expect(text).not.toContain("shrunk");
	});

	it("is an object a line with --json: failures, what they shrink to, the end", async () => {
		const { text } = await told((write) => new WorldJson(write, false, "1"), "--runs", "7", "--keep-going");
		const events = text
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(events.map(({ event }) => event)).toEqual(["failure", "failure", "shrunk", "end"]);
		expect(events[2]).toMatchObject({ seed: 3, unfinished: false });
		expect(events[2].plan.acts.map((act: unknown[]) => act.slice(0, 4))).toEqual([[0, "publish", 0, 0]]);
		expect(events[3]).toMatchObject({
			...{ runs: 7, failed: 2, failures: [{ kind: "it fails", count: 2, seed: 3 }] },
			...{ messages: 350, powerCuts: 21, faults: { "cut link": 14, power: 21 } },
		});
	});
});

describe("The summary", () => {
	it("can be kept as it is", async () => {
		const { text, well } = await asText("--runs", "2");
		expect(well).toBe(true);
		const [, summary] = text.split(/\nAfter .*\n/);
		expect(summary.replace(/[\d,]+ times as fast/, "N times as fast")).toBe(
			[
				"  result         no violation",
				"  virtual time   0.3 virtual hours · N times as fast as the clock",
				"  messages       100 accepted · 80 delivered · 4 came again",
				"  connections    18",
				"  packets        800",
				"  power cuts     6",
				"  faults         10 · power 6 · cut link 4",
				"  with           ringbuoy 1 · Node 20 · 1 process",
				"  command        npx ringbuoy world --seed 1 --runs 2 --minutes 10",
				"",
			].join("\n"),
		);
	});
});

describe("Options", () => {
	it("have defaults; the seed is drawn", () => {
		const settings = settingsOf();
		expect(settings).toMatchObject({ runs: 1000, minutes: 10, boards: undefined, keepGoing: false });
		expect(settingsOf().seed).not.toBe(settings.seed);
		expect(settingsOf("--runs", "1").workers).toBe(1);
		expect(settingsOf("--for", "60")).toMatchObject({ runs: Number.POSITIVE_INFINITY, forSeconds: 60 });
	});

	it.each([
		["--runs 0", /--runs must be a whole number from 1/],
		["--minutes 99999", /--minutes must be a whole number from 1 to 4320/],
		["--boards 9", /--boards must be a whole number from 1 to 8/],
		["--runs 5 --for 5", /one of them/],
		["--pcap a.pcapng", /add --runs 1/],
		["--out a.txt", /ends with .js/],
		["--keepgoing", /did you mean --keep-going\?/],
	])("%s", (args, message) => {
		expect(() => settingsOf(...args.split(" "))).toThrow(UsageError);
		expect(() => settingsOf(...args.split(" "))).toThrow(message);
	});

	it("are all explained, in 110 columns", () => {
		for (const line of worldHelp().split("\n")) expect(line.length).toBeLessThanOrEqual(110);
		for (const { name } of WORLD_OPTIONS.flatMap(({ options }) => options))
			expect(worldHelp()).toContain(`--${name}`);
	});
});
