// SPDX-License-Identifier: MIT
// alone: it starts processes
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorldResult } from "../../../simulator/cli/world-events.js";
import { Seeds, SharedLabour } from "../../../simulator/cli/world-labour.js";
import { draw } from "../../../simulator/swarm/draw.js";
import { play } from "../../../simulator/swarm/play.js";
import { scriptOf } from "../../../simulator/swarm/script.js";
import { Run, ringbuoy } from "./run.js";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-world-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (digest: number) => digest.toString(16).padStart(8, "0");

describe("ringbuoy world", () => {
	it("runs seeds in children, in order, and byte for byte as this process does", async () => {
		const run = await ringbuoy(["world", "--seed=1", "--runs=4", "--workers=2", "--verbose", "--json"]);
		expect(run.stderr).toBe("");
		expect(run.code).toBe(0);
		const told = run.of("run");
		expect(told.map(({ seed }) => seed)).toEqual([1, 2, 3, 4]);
		const here = told.map(({ seed }) => play(draw(seed as number)).tally);
		expect(told.map(({ digest }) => digest)).toEqual(here.map(({ digest }) => digestOf(digest)));
		expect(told.map(({ events }) => events)).toEqual(here.map(({ events }) => events));
		const [end] = run.of("end");
		expect(end).toMatchObject({ runs: 4, failed: 0, failures: [], stopped: false });
		for (const what of ["messages", "delivered", "packets", "powerCuts", "virtualMs"] as const)
			expect(end[what]).toBe(here.reduce((sum, tally) => sum + tally[what], 0));
		expect(end["command"]).toBe("npx ringbuoy world --seed 1 --runs 4 --minutes 10");
	});

	it("ends with what it has when somebody asks it to, and its children end, too", async () => {
		const run = new Run(["world", "--seed=1", "--runs=1000000", "--workers=2", "--verbose"]);
		const code = await run.endWhen(({ stdout }) => / {2}3 {2}/.test(stdout));
		expect(code).toBe(0);
		expect(run.stdout).toMatch(/After \d+ runs, seeds 1 to \d+, in .*, when you asked to stop/);
		expect(run.stdout).toContain("no violation");
	});

	it("draws a seed, and says which", async () => {
		const run = await ringbuoy(["world", "--runs", "1", "--boards", "1", "--minutes", "1"]);
		expect(run.code).toBe(0);
		const [, seed] = /from seed (\d+) on/.exec(run.stdout)!;
		expect(run.stdout).toContain(`npx ringbuoy world --seed ${seed} --runs 1 --minutes 1 --boards 1`);
	});

	it("says what it cannot understand, and ends with 2", async () => {
		const run = await ringbuoy(["world", "--run", "5"]);
		expect(run.code).toBe(2);
		expect(run.stderr).toBe("ringbuoy: there is no option --run; did you mean --runs?\n");
	});

	it("writes a run down for ringbuoy run and for Wireshark; both change nothing", async () => {
		const script = join(folder, "five.js");
		const pcap = join(folder, "five.pcapng");
		const world = ["world", "--seed=5", "--runs=1", "--verbose", "--json", "--out", script, "--pcap", pcap];
		const first = await ringbuoy(world);
		expect(first.code).toBe(0);
		expect(first.of("written")).toEqual([{ event: "written", file: script }]);
		expect(readFileSync(script, "utf8")).toBe(scriptOf(draw(5), "seed 5"));
		expect(readFileSync(pcap).subarray(0, 4).toString("hex")).toBe("0a0d0d0a");
		expect(readFileSync(pcap, "latin1")).toContain("publishes");
		writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
		const played = await ringbuoy(["run", script, "--json"]);
		expect(played.code).toBe(0);
		const [end] = played.of("end");
		expect(end).toMatchObject({ held: true, digest: digestOf(play(draw(5)).tally.digest) });
		expect(end["digest"]).toBe(first.of("run")[0]["digest"]);
	});

	it("does not play what is no plan", async () => {
		const script = join(folder, "none.mjs");
		writeFileSync(script, scriptOf({ ...draw(5), acts: [[1, "cut link", 7]] }, "none"));
		const run = await ringbuoy(["run", script]);
		expect(run.code).toBe(2);
		expect(run.stderr).toMatch(/act 1 of its plan is about a board that is not there/);
	});
});

describe("npm run soak", () => {
	const file = fileURLToPath(new URL("../../tools/soak.js", import.meta.url));

	it("runs seeds for so long, and prints what came of them", async () => {
		const run = await ringbuoy(["--minutes", "0.02", "--seed", "1", "--workers", "2"], { file });
		expect(run.stderr).toBe("");
		expect(run.code).toBe(0);
		expect(run.stdout).toMatch(/runs of 10 virtual minutes for 1\.2 s, from seed 1 on, 2 processes/);
		for (const what of ["result         no violation", "virtual time", "messages", "power cuts", "faults"])
			expect(run.stdout).toContain(`\n  ${what}`);
	});

	it("says what it cannot understand, and ends with 2", async () => {
		const run = await ringbuoy(["--minutes", "often"], { file });
		expect(run.code).toBe(2);
		expect(run.stderr).toContain("soak: --minutes is a number above 0");
	});
});

describe("Children", () => {
	/** A child that is killed by seed 3, once, and by seed 5 each time; seed 7 does not come to an end. */
	const PART = `
		import { existsSync, writeFileSync } from "node:fs";
		process.on("message", ({ seed }) => {
			if (seed === undefined) return;
			const again = existsSync(process.argv[2]);
			if (seed === 3) writeFileSync(process.argv[2], "");
			if (seed === 5 || (seed === 3 && !again)) process.kill(process.pid, "SIGKILL");
			else if (seed !== 7) process.send({ seed, failure: undefined, tally: undefined });
		});`;

	it("one that is killed is told, another runs its seeds; a seed that kills two, or hangs, has failed", async () => {
		const file = join(folder, "part.mjs");
		writeFileSync(file, PART);
		const told: WorldResult[] = [];
		const lost: string[] = [];
		const seeds = new Seeds(1, 8);
		await new SharedLabour({
			...{ seeds, workers: 2, job: { minutes: 10, boards: undefined, pcap: undefined } },
			tell: (result) => told.push(result),
			onLost: (why, [running]) => lost.push(`${why} ${running}`),
			hangMs: 4_000,
			hire: (): ChildProcess => fork(file, [join(folder, "marker")]),
		}).run();
		expect(told.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
		expect(told.filter(({ failure }) => failure !== undefined)).toEqual([
			{ seed: 5, failure: "ends its process (SIGKILL)", tally: undefined },
			{ seed: 7, failure: "does not come to an end", tally: undefined },
		]);
		expect(lost.sort()).toEqual(["SIGKILL 3", "SIGKILL 5"]);
	});
});
