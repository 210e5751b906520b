// SPDX-License-Identifier: MIT
/** A slice of `npm run fuzz`, on the sources. */
import { expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import { Decoder } from "../../../lib/wire/decoder.js";
import { Packet } from "../../../lib/wire/packet.js";
import { judge, loadCorpus } from "../../fuzz/corpus.js";
import { DEFECTS } from "../../fuzz/defects.js";
import { Fuzzer, randomFrom } from "../../fuzz/mutate.js";
import { StructureFuzzer } from "../../fuzz/structure.js";
import { loadVectors } from "../../vectors/load.js";

const INPUTS = 50_000;
const STRUCTURED = 20_000;
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

test(`${STRUCTURED} packets of the grammar, most with one thing wrong [MQTT-4.8.0-1] [5.0 MQTT-4.13.1-1]`, () => {
	const fuzzer = new StructureFuzzer(lib, SEED);
	for (let n = 0; n < STRUCTURED; n++) fuzzer.next();
	expect(fuzzer.accepted).toBeGreaterThan(STRUCTURED / 8);
	// Each thing was wrong at least once.
	expect([...fuzzer.refused.keys()].sort()).toEqual(DEFECTS.map(({ name }) => name).sort());
});

test("a decoder that takes what is wrong, or refuses what is right, is caught", () => {
	class Blind extends Decoder {
		override decode(start: number, end: number): number {
			return super.decode(start, end) === 0x82 ? 0 : super.decode(start, end);
		}
	}
	class Strict extends Decoder {
		override decode(start: number, end: number): number {
			return this.packet.bytes[start] === 0xd0 ? 0x81 : super.decode(start, end);
		}
	}
	for (const Wrong of [Blind, Strict])
		expect(() => {
			const fuzzer = new StructureFuzzer({ ...lib, Decoder: Wrong }, 1);
			for (let n = 0; n < 1000; n++) fuzzer.next();
		}).toThrow(/input \d+: [0-9a-f]+/);
});

test("the corpus: the decoder says of each input what it said when that was found", () => {
	const corpus = loadCorpus();
	expect(corpus.length).toBeGreaterThan(1000);
	const say = judge(lib);
	const other = corpus.filter((input) => say(input) !== input.result);
	expect(other.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).toEqual([]);
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
