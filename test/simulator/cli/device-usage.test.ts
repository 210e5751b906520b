// SPDX-License-Identifier: MIT
/** What `ringbuoy device` makes of a line that is none, told before anything is started; which tsc it takes. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { device } from "../../../simulator/cli/device.js";
import { findTsc, surroundings } from "../../../simulator/cli/device-sdk.js";
import { UsageError } from "../../../simulator/cli/usage.js";

/** How a process ends that is given one of these: `device.test.ts`. */
describe("usage", () => {
	test.each([
		["chek", /did you mean ringbuoy device check\?/],
		["--board m5paper", /--board belongs behind check, build, flash, monitor/],
		["check", /name a board: --board esp32-c3-devkit-rust, --board /],
		["check --board m5papre", /did you mean m5paper\?/],
		["check --board host", /run it with ringbuoy sim/],
		["check --board /nope", /there is no board\.json in it/],
		["check --board m5paper --program senser", /did you mean sensor\?/],
		["check --board m5paper --set wifi_sid=x", /did you mean wifi_ssid\?/],
		["check --board m5paper --set", /--set needs a setting/],
		["check --board m5paper --set name", /set RINGBUOY_NAME$/m],
		["check --board m5paper --debug --release", /--release and --debug exclude each other/],
		["check --all --board m5paper", /leave out --board and --program/],
		["check --board m5paper --port x", /there is no option --port/],
		["flash --bord m5paper", /did you mean --board\?/],
	])("ringbuoy device %s", async (line, words) => {
		const ended = device(line.split(" "), new AbortController().signal);
		await expect(ended).rejects.toThrow(UsageError);
		await expect(ended).rejects.toThrow(words);
	});
});

describe("tsc", () => {
	const folder = mkdtempSync(join(tmpdir(), "ringbuoy-tsc-"));
	afterAll(() => rmSync(folder, { recursive: true }));

	function installed(root: string, name: string, version: string): string {
		const tsc = join(folder, root, "node_modules/.bin/tsc");
		mkdirSync(dirname(tsc), { recursive: true });
		writeFileSync(tsc, "#!/bin/sh\nexit 1\n");
		chmodSync(tsc, 0o755);
		writeFileSync(join(folder, root, "node_modules/package.json"), JSON.stringify({ name, version }));
		return tsc;
	}

	test("is this package's own, and its version that of its package", () => {
		const path = installed("own", "typescript", "7.1.0");
		const place = { ...surroundings(), root: join(folder, "own") };
		expect(findTsc(place)).toEqual({ path, version: "7.1.0" });
	});

	test("must know the target that mcconfig sets", () => {
		const path = installed("old", "typescript", "5.9.2");
		expect(findTsc({ ...surroundings(), root: join(folder, "old") })).toMatchObject({
			missing: `tsc 6 or newer: ${path} is 5.9.2`,
		});
	});

	test("there is none", () => {
		const place = { ...surroundings(), root: join(folder, "none"), env: { PATH: "/nope" } };
		expect(findTsc(place)).toMatchObject({ missing: "tsc, the compiler for TypeScript" });
	});
});
