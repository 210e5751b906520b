// SPDX-License-Identifier: MIT
/** What a reading looks like on a board that lacks one thing or another. */
import { describe, expect, test } from "vitest";
import type { Board } from "../../firmware/ports.js";
import { READING_BYTES, writeReading } from "../../firmware/programs/reading.js";
import { Writer } from "../../lib/wire/writer.js";
import { newArena } from "../lib/wire/bytes.js";

const ALL = { temperature: 2153, humidity: 4520, pressure: 101_325, battery: 3712, signal: -61 };

function reading(sensors: object, { epochSeconds = 0, seconds = 17, next = 0, number = 3 } = {}): string {
	const arena = newArena(READING_BYTES);
	const writer = new Writer(arena);
	writer.begin(0, READING_BYTES);
	writeReading(writer, { sensors, clock: { epochSeconds, seconds } } as unknown as Board, number, next);
	expect(writer.overflowed).toBe(false);
	return new TextDecoder().decode(arena.bytes.subarray(0, writer.position));
}

describe("a reading", () => {
	test("has what the board has", () => {
		expect(reading(ALL)).toBe('{"t":21.53,"h":45.20,"p":1013.25,"battery":3712,"rssi":-61,"n":3,"up":17}');
	});

	test("leaves out what it has not, whatever it is, and is JSON all the same", () => {
		const names = Object.keys(ALL) as (keyof typeof ALL)[];
		const fields = ["t", "h", "p", "battery", "rssi"];
		for (let without = 0; without < 1 << names.length; without++) {
			const sensors = { ...ALL };
			names.forEach((name, i) => {
				if (without & (1 << i)) sensors[name] = Number.NaN;
			});
			const left = fields.filter((_, i) => (without & (1 << i)) === 0);
			expect(Object.keys(JSON.parse(reading(sensors)))).toEqual([...left, "n", "up"]);
		}
		expect(
			reading({ temperature: 2153, humidity: Number.NaN, battery: Number.NaN, signal: Number.NaN }),
		).toBe('{"t":21.53,"n":3,"up":17}');
	});

	test("fits into its bytes with the largest of everything", () => {
		const sensors = {
			temperature: -27_315,
			humidity: 10_000,
			pressure: 110_000,
			battery: 65_535,
			signal: -128,
		};
		const text = reading(sensors, { epochSeconds: 4_294_967_295, next: 86_400, number: 2_147_483_647 });
		expect(text.length).toBe(108);
		expect(JSON.parse(text).next).toBe(86_400);
	});
});
