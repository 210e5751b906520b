// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";

const memory = { allocate: (bytes: number) => new Uint8Array(bytes) };

test("regions stand one behind the other; one that is larger than what is left throws", () => {
	const arena = new Arena(memory, 100);
	expect([arena.region(60), arena.region(40), arena.region(0)]).toEqual([0, 60, 100]);
	expect(() => arena.region(1)).toThrow(/larger than the arena/);
});

test("a board that gives less than it is asked for throws", () => {
	expect(() => new Arena({ allocate: () => new Uint8Array(99) }, 100)).toThrow(
		"Memory gave 99 bytes, not 100",
	);
});
