// SPDX-License-Identifier: MIT
// alone: it starts processes
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lock, LockedError } from "../../../simulator/cli/lock.js";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-lock-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a lock", () => {
	it("is there once, goes with its release, and leaves nothing else", () => {
		const file = join(folder, "once");
		const lock = new Lock(file);
		expect(() => new Lock(file)).toThrow(LockedError);
		expect(readdirSync(folder)).toEqual(["once.lock"]);
		lock.release();
		lock.release();
		expect(readdirSync(folder)).toEqual([]);
		new Lock(file).release();
	});

	it("of a release that came twice is not that of the next one", () => {
		const file = join(folder, "twice");
		const first = new Lock(file);
		first.release();
		const second = new Lock(file);
		first.release();
		expect(existsSync(`${file}.lock`)).toBe(true);
		second.release();
	});

	const stale: [string, () => string][] = [
		["whose process is gone", () => `${spawnSync("true").pid} 12345\n`],
		["with our own number, of an earlier process", () => `${process.pid} 12345\n`],
		["with nothing in it", () => ""],
		["with nonsense in it", () => "what is this\n"],
	];
	// Elsewhere the age of a process is not known.
	if (process.platform === "linux")
		stale.push(["whose number another process has now", () => `${process.ppid} 12345\n`]);

	it.each(stale)("%s is taken over", (_what, content) => {
		const file = join(folder, "stale");
		writeFileSync(`${file}.lock`, content());
		new Lock(file).release();
		expect(readdirSync(folder)).toEqual([]);
	});

	it("of a process that is there is respected, also when it says nothing of its age", () => {
		const file = join(folder, "alive");
		writeFileSync(`${file}.lock`, `${process.ppid}\n`);
		expect(() => new Lock(file)).toThrow(`process ${process.ppid} has it`);
		rmSync(`${file}.lock`);
	});
});
