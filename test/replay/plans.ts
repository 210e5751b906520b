// SPDX-License-Identifier: MIT
import type { Plan } from "./record.js";

/** What is recorded and played, on Node and on XS. The smallest partitions: the log goes around several times. */
export const PLANS: readonly Plan[] = [
	{ seed: 1, version: 5, blocks: 6, steps: 250 },
	{ seed: 2, version: 4, blocks: 6, steps: 250 },
	{ seed: 3, version: 6, blocks: 6, steps: 250 },
	{ seed: 4, version: 5, blocks: 8, steps: 250 },
	{ seed: 5, version: 4, blocks: 8, steps: 250 },
	{ seed: 6, version: 5, blocks: 16, steps: 250 },
];
