// SPDX-License-Identifier: MIT
/** `matches` against a naive one on strings, on topics and filters made at random. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeText, filterFault, matches, topicFault } from "../../../lib/wire/topic.js";
import { newArena } from "./bytes.js";

const SEED = Number(process.env.SEED ?? Date.now() & 0x7fff_ffff);
console.log(`matches: seed ${SEED} (SEED=${SEED} repeats it)`);

function naive(filter: string, topic: string): boolean {
	if (filter.startsWith("$share/")) filter = filter.split("/").slice(2).join("/");
	if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
	const levels = filter.split("/");
	const names = topic.split("/");
	for (const [i, level] of levels.entries()) {
		if (level === "#") return true;
		if (i >= names.length || (level !== "+" && level !== names[i])) return false;
	}
	return levels.length === names.length;
}

const level = fc.constantFrom("", "a", "b", "ab", "$", "$share", "é");
const topic = fc
	.array(level, { minLength: 1, maxLength: 5 })
	.map((levels) => levels.join("/"))
	.filter((s) => s !== "");
const filter = fc
	.tuple(
		fc.constantFrom("", "", "", "$share/g/"),
		fc.array(fc.oneof(level, level, fc.constant("+")), { maxLength: 5 }),
		fc.boolean(),
	)
	.map(([share, levels, hash]) => share + (hash ? [...levels, "#"] : levels).join("/"));

test("matches agrees with the naive one [4.7]", () => {
	const arena = newArena(200);
	let matched = 0;
	let legal = 0;
	fc.assert(
		fc.property(filter, topic, (pattern, name) => {
			const filterEnd = encodeText(arena, 0, 100, pattern);
			const topicEnd = encodeText(arena, 100, 200, name);
			expect(topicFault(arena.bytes, 102, topicEnd)).toBeUndefined();
			if (filterFault(arena.bytes, 2, filterEnd) !== undefined) return;
			legal++;
			const expected = naive(pattern, name);
			if (expected) matched++;
			expect(matches(arena.bytes, 2, filterEnd, 102, topicEnd)).toBe(expected);
		}),
		{ numRuns: 20_000, seed: SEED },
	);
	// Both answers must have come up often.
	expect(legal).toBeGreaterThan(10_000);
	expect(matched).toBeGreaterThan(1000);
	expect(legal - matched).toBeGreaterThan(1000);
});
