// SPDX-License-Identifier: MIT
// alone: it starts processes
/** `ringbuoy run`: scenarios by name and by file, what it writes and how it ends. */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run } from "../../../simulator/cli/run.js";
import { SCENARIOS } from "../../../simulator/scenarios/index.js";
import { eventually, Run, ringbuoy } from "./run.js";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-run-"));
	add("package.json", '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function add(name: string, text: string): string {
	const path = join(folder, name);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
	return path;
}

/** In this process: what it wrote, and whether all held. */
async function ran(...args: string[]): Promise<{ held: boolean; lines: string[] }> {
	const lines: string[] = [];
	const held = await run(args, {
		write: (line) => lines.push(line),
		paint: (_style, text) => text,
		columns: 80,
	});
	return { held, lines };
}

describe("ringbuoy run", () => {
	test("lists the scenarios with their sentences", async () => {
		const { held, lines } = await ran();
		expect(held).toBe(true);
		const text = lines.join("\n");
		for (const [name, { title, about }] of Object.entries(SCENARIOS)) {
			expect(text).toContain(`\n${name}`.slice(text.startsWith(name) ? 1 : 0));
			expect(text).toContain(title);
			expect(text.replace(/\s+/g, " ")).toContain(about);
		}
		expect(lines.every((line) => line.length <= 100)).toBe(true);
		const { lines: json } = await ran("--json");
		expect(json.map((line) => JSON.parse(line).name)).toEqual(Object.keys(SCENARIOS));
	});

	test("plays one by its name, and says that it held", async () => {
		const { held, lines } = await ran("satellite", "--seed", "7");
		expect(held).toBe(true);
		expect(lines[0]).toBe("A slow satellite link");
		expect(lines).toContain("00:00:02  an hour of fair weather");
		expect(lines.at(-1)).toMatch(/^held: 6 expectations, 1 h 59 min of its time in .* seed 7$/);
		expect((await ran("satellite", "--verbose")).lines).toContain("00:00:00  buoy boots (power)");
	});

	test("writes the same objects for the same seed, and others for another", async () => {
		const { held, lines } = await ran("power-cut", "--json", "--seed", "3");
		expect(held).toBe(true);
		expect((await ran("power-cut", "--json", "--seed=3")).lines).toEqual(lines);
		expect((await ran("power-cut", "--json", "--seed", "4")).lines).not.toEqual(lines);
		const events = lines.map((line) => JSON.parse(line));
		expect(events[0]).toMatchObject({ event: "start", time: 0, name: "power-cut", seed: 3 });
		const kinds = new Set(events.map(({ event }) => event));
		expect(kinds).toEqual(
			new Set(["start", "boot", "online", "expectation", "story", "offline", "cut", "end"]),
		);
		expect(events.find(({ event }) => event === "cut")).toMatchObject({ board: "greenhouse", torn: true });
		expect(events.at(-1)).toMatchObject({
			...{ event: "end", held: true, expectations: 10, seed: 3 },
			command: "npx ringbuoy run power-cut --seed 3",
		});
		expect((await ran("power-cut", "--json", "--verbose")).lines.join()).toContain('"event":"arrived"');
	});

	test.each([
		[["powr-cut"], /there is no scenario "powr-cut"; did you mean power-cut\?/],
		[["xyz"], /there is no scenario "xyz"; ringbuoy run lists them/],
		[["power-cut", "--sed", "1"], /no option --sed; did you mean --seed\?/],
		[["power-cut", "--seed"], /--seed needs a value: --seed NUMBER/],
		[["power-cut", "--seed", "-1"], /--seed is a whole number from 0 on, not "-1"/],
		[["power-cut", "satellite"], /one scenario at a time: leave out satellite/],
		[["./none.js"], /there is no file .*none\.js/],
		[["."], /is a folder; name the file in it/],
		[["../README.txt"], /(?:no file|ends in)/],
	])("%j is a mistake, and it says which", async (args, message) => {
		await expect(ran(...args)).rejects.toThrow(message);
	});

	test("says what there is with --help", async () => {
		const { held, lines } = await ran("power-cut", "--help");
		expect(held).toBe(true);
		expect(lines.join("\n")).toMatch(/--seed NUMBER[\s\S]*--pcap FILE[\s\S]*--json[\s\S]*--verbose/);
	});

	test("shows on a terminal how far it is, when nothing is told for a while", async () => {
		let now = 0;
		const clock = vi.spyOn(performance, "now").mockImplementation(() => {
			now += 400;
			return now;
		});
		const shown: string[] = [];
		const progress = (line: string) => void shown.push(line);
		try {
			await run(["satellite"], { write() {}, progress, paint: (_style, text) => text, columns: 80 });
		} finally {
			clock.mockRestore();
		}
		expect(shown.length).toBeGreaterThan(1);
		expect(shown[0]).toMatch(/^\d\d:\d\d:\d\d {2}.* so far$/);
	});

	test("a capture that cannot be written is told before anything is played", async () => {
		await expect(ran("satellite", "--pcap", join(folder, "no/x.pcapng"))).rejects.toThrow(
			/x\.pcapng.*ENOENT/,
		);
	});
});

const story = (lines: string): string => `export default function (scene) {
	const kitchen = scene.board("kitchen");
	scene.pass(1000);
	${lines}
}`;

describe("A scenario of one's own", () => {
	test("that fails says which, when, the seed and the command that repeats it", async () => {
		add(
			"fails.js",
			story('scene.story("now"); scene.pass(500); scene.expect(kitchen.boots === 2, "it has booted twice");'),
		);
		const one = await ringbuoy(["run", "./fails.js", "--seed", "5"], { cwd: folder });
		expect(one.code).toBe(1);
		expect(one.stderr).toBe("");
		expect(one.stdout.split("\n").slice(-4)).toEqual([
			"",
			"FAILED at 00:00:01: expected that it has booted twice",
			"repeat it: npx ringbuoy run ./fails.js --seed 5",
			"",
		]);
	});

	test("that is wrong is told where", async () => {
		add("wrong.js", story("kitchen.nonsense();"));
		add("broken.js", "export default function (");
		add("empty.js", "export const title = 1;");
		const names = ["wrong", "broken", "empty"];
		const [wrong, broken, empty] = await Promise.all(
			names.map((name) => ringbuoy(["run", `${name}.js`], { cwd: folder })),
		);
		expect(wrong.code).toBe(1);
		expect(wrong.stdout).toMatch(/TypeError: kitchen\.nonsense is not a function\n {4}at .*wrong\.js:4:/);
		expect(wrong.stdout).not.toContain("ringbuoy.js:");
		expect(broken.code).toBe(2);
		expect(broken.stderr).toMatch(/broken\.js cannot be loaded: SyntaxError: .*\n.*broken\.js:1/);
		expect(empty.code).toBe(2);
		expect(empty.stderr).toContain("it is to export default function (scene)");
	});

	test("may be TypeScript where its project has esbuild, and leaves nothing behind", async () => {
		// It does what esbuild is asked for, for this one file.
		add("typed/node_modules/esbuild/package.json", '{ "main": "main.js" }');
		add(
			"typed/node_modules/esbuild/main.js",
			`exports.build = async ({ entryPoints: [path], bundle, write, format }) => {
				if (!bundle || write !== false || format !== "esm") throw new Error("other options");
				const text = require("node:fs").readFileSync(path, "utf8").replace(": any", "");
				return { outputFiles: [{ text }] };
			};`,
		);
		const typed = story('scene.expect(kitchen.online, "it is online");').replace("(scene)", "(scene: any)");
		add("typed/typed.ts", typed);
		const { code, stdout, stderr } = await ringbuoy(["run", "typed/typed.ts"], { cwd: folder });
		expect(stderr).toBe("");
		expect(stdout).toContain("held: 1 expectation");
		expect(code).toBe(0);
		expect(readdirSync(join(folder, "typed")).sort()).toEqual(["node_modules", "typed.ts"]);
	});

	test("that is TypeScript without esbuild is played by a Node that can, or one sentence says what to do", async () => {
		add(
			"plain.ts",
			story('scene.expect(kitchen.online, "it is online");').replace("(scene)", "(scene: any)"),
		);
		const { code, stdout, stderr } = await ringbuoy(["run", "plain.ts"], { cwd: folder });
		const { typescript } = process.features as { typescript?: string | false };
		if (typescript) {
			expect(stdout).toContain("held: 1 expectation");
			return;
		}
		expect(code).toBe(2);
		expect(stderr).toMatch(
			/plain\.ts is TypeScript: npm install --save-dev esbuild .* or write it in JavaScript\n$/,
		);
	});

	test("that is ended by Ctrl-C leaves a capture that can be read", async () => {
		add("long.js", story("scene.pass(1e12);"));
		const long = new Run(["run", "long.js", "--pcap", "long.pcapng"], { cwd: folder });
		const file = join(folder, "long.pcapng");
		await eventually(() => long.child.exitCode !== null || (existsSync(file) && statSync(file).size > 0));
		long.child.kill("SIGINT");
		expect(await long.exit).toBe("SIGINT");
		const bytes = readFileSync(file);
		let at = 0;
		while (at < bytes.length) at += bytes.readUInt32LE(at + 4);
		expect(at).toBe(bytes.length);
	});
});
