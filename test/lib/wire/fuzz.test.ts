// SPDX-License-Identifier: MIT
/** A slice of `npm run fuzz`, on the sources. */
import { expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import { Decoder } from "../../../lib/wire/decoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { Fuzzer, randomFrom } from "../../fuzz/mutate.js";
import { loadVectors } from "../../vectors/load.js";

const INPUTS = 50_000;
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fff_ffff);
console.log(`fuzz: seed ${SEED} (SEED=${SEED} repeats it)`);

const lib = { Arena, Decoder, Packet };
const seeds = loadVectors().flatMap(({ bytes, versions }) =>
	versions.map((version) => ({ bytes, version5: version === "5.0" })),
);

test(`${INPUTS} spoiled packets [MQTT-4.8.0-1] [5.0 MQTT-4.13.1-1]`, { timeout: 60_000 }, () => {
	const fuzzer = new Fuzzer(lib, seeds, SEED);
	for (let n = 0; n < INPUTS; n++) fuzzer.next();
	expect(fuzzer.inputs).toBe(INPUTS);
	// Not all of it may be refused at the door.
	expect(fuzzer.accepted).toBeGreaterThan(INPUTS / 50);
	expect(fuzzer.accepted).toBeLessThan(INPUTS / 2);
});

test("the same seed makes the same inputs", () => {
	const one = randomFrom(7);
	const other = randomFrom(7);
	for (let n = 0; n < 1000; n++) expect(one(256)).toBe(other(256));
	const counts = [0, 0, 0, 0];
	for (let n = 0; n < 40_000; n++) counts[one(4)]++;
	expect(Math.min(...counts)).toBeGreaterThan(9500);
});

test("a decoder that reads too far is caught", () => {
	class Careless extends Decoder {
		override decode(start: number, end: number): number {
			return super.decode(start, end) === 0 && this.packet.bytes[end] < 0x80 ? 0 : 0x81;
		}
	}
	const fuzzer = new Fuzzer({ ...lib, Decoder: Careless }, seeds, 1);
	expect(() => {
		for (let n = 0; n < 10_000; n++) fuzzer.next();
	}).toThrow(/over-read/);
});
