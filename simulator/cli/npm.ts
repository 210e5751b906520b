// SPDX-License-Identifier: MIT
/** `npm start --json`: without `--` in between npm takes the options for its own, and hands on what stands alone. */

import type { OptionGroup } from "./options.js";

/** Settings that npm has itself: with a value they may stand in an .npmrc. */
const OF_NPM: ReadonlySet<string> = new Set(["ca", "cert", "key", "user", "password"]);

/** What to type instead, when npm has kept options of ours; undefined: it has not. */
export function npmHint(
	environment: Readonly<Record<string, string | undefined>>,
	groups: readonly OptionGroup[],
): string | undefined {
	if (environment["npm_lifecycle_event"] !== "start") return undefined;
	const kept: string[] = [];
	for (const { name, value } of groups.flatMap(({ options }) => options)) {
		const given = environment[`npm_config_${name.replaceAll("-", "_")}`];
		const plain = given === "true";
		if (!given || given === "false" || (OF_NPM.has(name) && !plain)) continue;
		kept.push(`--${name}${value === undefined ? "" : ` ${plain ? value : given}`}`);
	}
	if (kept.length === 0) return undefined;
	return `with npm start, options stand behind --: npm start -- ${kept.join(" ")}`;
}
