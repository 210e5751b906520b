// SPDX-License-Identifier: MIT
/** Runs before each file of tests whose branches are counted: makes the counters, and keeps them when the file is through. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { afterAll } from "vitest";
import { COUNTERS } from "./counters.js";

const MOST = 65_536;
const all = globalThis as Record<string, unknown>;
all[COUNTERS] ??= new Float64Array(MOST);

afterAll(() => {
	const name = `${process.pid}-${threadId}.counts`;
	writeFileSync(join(process.env["RINGBUOY_COVERAGE"] as string, name), all[COUNTERS] as Float64Array);
});
