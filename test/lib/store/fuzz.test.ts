// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Fuzz, type FuzzOptions } from "./model.js";

const rounds = Number(process.env["STORE_FUZZ_ROUNDS"] ?? 60);
const first = Number(process.env["STORE_FUZZ_SEED"] ?? 1);

function run(options: FuzzOptions): Fuzz {
	const fuzz = new Fuzz(options);
	const wrong = fuzz.run();
	if (wrong !== "") throw new Error(`seed ${options.seed}: ${wrong}\n${fuzz.trace.slice(-25).join("\n")}`);
	return fuzz;
}

const few = { keptMessages: 24, window: 4, receiveMaximum: 8, recordBytes: 512, outboxBytes: 1024 };

describe("A store keeps its word", () => {
	test.each([
		["without cuts", { sectors: 6, limits: few, cutEvery: 0, longest: 400, backlog: 6, steps: 3000 }],
		["cut rarely", { sectors: 6, limits: few, cutEvery: 40, longest: 400, backlog: 6, steps: 600 }],
		["cut often", { sectors: 6, limits: few, cutEvery: 6, longest: 200, backlog: 6, steps: 300 }],
		[
			"with a long queue",
			{
				sectors: 8,
				limits: { ...few, keptMessages: 96 },
				cutEvery: 25,
				longest: 100,
				backlog: 60,
				steps: 600,
			},
		],
		[
			"with long records",
			{
				sectors: 8,
				limits: { ...few, recordBytes: 1024 },
				cutEvery: 25,
				longest: 900,
				backlog: 12,
				steps: 600,
			},
		],
		[
			"encrypted",
			{ sectors: 8, limits: few, encrypted: true, cutEvery: 25, longest: 200, backlog: 6, steps: 600 },
		],
	] as const)(
		"%s",
		(_, options) => {
			let cuts = 0;
			for (let seed = first; seed < first + rounds; seed++) cuts += run({ seed, ...options }).cuts;
			expect(cuts).toBeGreaterThanOrEqual(options.cutEvery === 0 ? 0 : rounds);
		},
		120_000,
	);
});
