// SPDX-License-Identifier: MIT
/** Randomness of the host. For a run that can be repeated take `SeededRandom` instead. */

import { randomInt } from "node:crypto";
import type { Random } from "../../lib/ports.js";

export { SeededRandom } from "../world/random.js";

export class NodeRandom implements Random {
	below(limit: number): number {
		return randomInt(limit);
	}
}
