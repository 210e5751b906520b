// SPDX-License-Identifier: MIT
import { type Outline, recordApplication } from "./application.js";
import type { Recording } from "./recorder.js";
import { recordRun } from "./runs.js";

/** Small partitions: the log goes around several times. */
export const OUTLINES: readonly Outline[] = [
	{ seed: 1, version: 5, blocks: 6, steps: 200 },
	{ seed: 2, version: 4, blocks: 6, steps: 200 },
	{ seed: 3, version: 6, blocks: 8, steps: 200 },
];

/** Random runs that have, together, all kinds of boards and nearly all kinds of faults; the test says what has to be in them. */
export const SEEDS: readonly number[] = [27, 37, 57, 139, 163, 166, 178, 243];

/** What is played on XS. */
export function recordings(): Recording[] {
	return [...OUTLINES.map(recordApplication), ...SEEDS.flatMap((seed) => recordRun(seed).recordings)];
}
