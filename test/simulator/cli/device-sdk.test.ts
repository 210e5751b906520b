// SPDX-License-Identifier: MIT
// alone: it starts processes
/**
 * `ringbuoy device check` with a real SDK, where MODDABLE says that there is one: one board, one program, and what it finds
 * when something is wrong. All boards with all programs are `ringbuoy device check --all`, minutes long.
 */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { surroundings } from "../../../simulator/cli/device-sdk.js";
import { ringbuoy } from "./run.js";

const { MODDABLE = "", HOME = "" } = process.env;
if (MODDABLE === "") console.warn("device check with a real SDK: skipped, MODDABLE is not set");

const { root } = surroundings();
let folder = "";

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-sdk-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function check(...args: string[]) {
	const run = await ringbuoy(["device", "check", "--json", "--out", join(folder, "out"), ...args], {
		env: { MODDABLE, HOME },
		guardMs: 600_000,
	});
	const events = run.stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	return { code: run.code, events, stderr: run.stderr };
}

describe.skipIf(MODDABLE === "")("with the SDK", () => {
	test("the sensor on an M5Paper links, without a warning about our modules", async () => {
		const { code, events, stderr } = await check("--board", "m5paper");
		expect(events.filter(({ event }) => event === "error" || event === "warning")).toEqual([]);
		expect(code, stderr).toBe(0);
		const checked = events.find(({ event }) => event === "checked");
		expect(checked.codeBytes).toBeGreaterThan(50_000);
		expect(checked.romBytes).toBeGreaterThan(checked.codeBytes);
	}, 600_000);

	test("a program of somebody's own with a type error is refused, with file and line", async () => {
		const own = join(folder, "mine.ts");
		writeFileSync(
			own,
			'import { Client } from "ringbuoy";\nexport function start(): Client {\n\treturn 1;\n}\n',
		);
		const { code, events } = await check("--board", "m5paper", "--program", own);
		const [error] = events.filter(({ event }) => event === "error");
		expect(error).toMatchObject({ line: 3, message: expect.stringMatching(/^TS2322/) });
		expect(error.file).toMatch(/mine\.ts$/);
		expect(code).toBe(1);
	}, 600_000);

	test("a program of somebody's own links with the files that it imports, in TypeScript and in JavaScript", async () => {
		for (const ending of ["ts", "js"]) {
			const typed = ending === "ts" ? ': import("ringbuoy/firmware/ports").Board' : "";
			const own = join(folder, `own/mine-${ending}.${ending}`);
			mkdirSync(join(folder, "own/parts"), { recursive: true });
			writeFileSync(join(folder, `own/parts/name-${ending}.${ending}`), 'export const NAME = "a/b";\n');
			writeFileSync(
				own,
				`import { Client } from "ringbuoy";
import { NAME } from "./parts/name-${ending}.js";
export function start(board${typed}) {
	const client = new Client({ ...board, clientId: board.name, listener: {} });
	client.subscribe(client.filter(NAME), 1);
	return { client, stop: () => client.close() };
}
`,
			);
			const { code, events } = await check("--board", "m5paper", "--program", own);
			expect(events.filter(({ event }) => event === "error")).toEqual([]);
			expect(code).toBe(0);
		}
	}, 600_000);

	test("a board of somebody's own, whose table is the wrong one, is refused by what mcconfig made of it", async () => {
		const path = join(folder, "board");
		cpSync(join(root, "boards/m5paper"), path, { recursive: true });
		const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
		const { build: _, ...rest } = manifest;
		// As boards/README.md says: nothing else is to be changed in a folder that stands elsewhere.
		writeFileSync(join(path, "manifest.json"), JSON.stringify(rest).replaceAll("../../", `${root}/`));
		const { code, events } = await check("--board", path);
		const errors = events.filter(({ event }) => event === "error").map(({ message }) => message);
		expect(errors).toEqual([
			"mcconfig took another partition table than the board's: PARTITIONS_FILE is set by somebody else",
		]);
		expect(code).toBe(1);
	}, 600_000);
});
