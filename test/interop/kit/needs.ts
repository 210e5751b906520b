// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";

/** Something that a test needs and this machine may not have. */
export interface Need {
	readonly name: string;
	readonly found: boolean;
	/** How to get it. */
	readonly hint: string;
}

/** A group of tests that need something: skipped in one loud line where it is missing, a failure with `CI=true`. */
export function describeWith(need: Need, title: string, body: () => void): void {
	if (need.found) {
		describe(title, body);
		return;
	}
	const { name, hint } = need;
	console.log(`!! SKIPPED, ${name} is not installed (${hint}): ${title}`);
	const wanted = process.env.CI === "true";
	(wanted ? test : test.skip)(`${title}: ${name} is installed`, () => expect(need.found).toBe(true));
}
