// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("the heap of manifests/sensor.json is the one in which the sensor is run on XS", () => {
	const { creation } = JSON.parse(read("manifests/sensor.json")) as {
		creation: { chunk: { initial: number }; heap: { initial: number }; stack: number };
	};
	const gate = read("test/xs/gates/creation.ts");
	const number = (pattern: RegExp): number => Number(pattern.exec(gate)?.[1].replaceAll("_", ""));
	expect(number(/const CHUNK = ([\d_]+);/)).toBe(creation.chunk.initial);
	expect(number(/const HEAP = ([\d_]+);/)).toBe(creation.heap.initial);
	expect(number(/--stack (\d+)/)).toBe(creation.stack);
});
