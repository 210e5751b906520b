// SPDX-License-Identifier: MIT
/** Small experiments, one rule each. */
import { DAMAGE_RULES } from "./rules/damage.js";
import { LIFE_RULES } from "./rules/lives.js";
import { RING_RULES } from "./rules/ring.js";

/** By name; each returns what is wrong, or "". */
export const RULES: Readonly<{ [name: string]: () => string }> = Object.fromEntries(
	Object.entries({ ...DAMAGE_RULES, ...RING_RULES, ...LIFE_RULES }).map(([name, rule]) => [
		name,
		() => {
			rule();
			return "";
		},
	]),
);
