#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Throws spoiled packets at the decoder of the build: `node test/fuzz/fuzz.js [--inputs N] [--seed S]`. */
import { parseArgs } from "node:util";
import { loadVectors } from "../vectors/load.js";
import { Fuzzer } from "./mutate.js";

const BATCH = 5000;
const USAGE = `usage: npm run fuzz -- [options]
  --inputs N    how many, default 1000000
  --seed S      repeats a run, default from the clock`;

function readOptions() {
	try {
		const { values } = parseArgs({
			options: {
				inputs: { type: "string", default: "1000000" },
				seed: { type: "string", default: String(Date.now() & 0x7fff_ffff) },
				help: { type: "boolean", short: "h", default: false },
			},
		});
		if (values.help) {
			console.log(USAGE);
			process.exit(0);
		}
		const inputs = Number(values.inputs);
		const seed = Number(values.seed);
		if (!(Number.isInteger(inputs) && inputs > 0))
			throw new Error(`--inputs is a number above 0, not ${values.inputs}`);
		if (!(Number.isInteger(seed) && seed >= 0)) throw new Error(`--seed is a number, not ${values.seed}`);
		return { inputs, seed };
	} catch (error) {
		console.error(`fuzz: ${error.message}\n${USAGE}`);
		process.exit(2);
	}
}

async function loadBuild() {
	try {
		const [{ Arena }, { Decoder }, { Packet }] = await Promise.all([
			import("../../dist/js/lib/memory/arena.js"),
			import("../../dist/js/lib/wire/decoder.js"),
			import("../../dist/js/lib/wire/packet.js"),
		]);
		return { Arena, Decoder, Packet };
	} catch (error) {
		if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
		console.error("fuzz: there is no build yet: npm run build");
		process.exit(2);
	}
}

const { inputs, seed } = readOptions();
const lib = await loadBuild();
const seeds = loadVectors().flatMap(({ bytes, versions }) =>
	versions.map((version) => ({ bytes, version5: version === "5.0" })),
);
const fuzzer = new Fuzzer(lib, seeds, seed);
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
const summary = () =>
	`fuzz: ${fuzzer.inputs} inputs, ${fuzzer.accepted} of them legal, ${seconds()} s, slowest ${fuzzer.slowestMs.toFixed(2)} ms, seed ${seed}`;

process.on("SIGINT", () => {
	console.log(`\n${summary()}: interrupted`);
	process.exit(130);
});

try {
	while (fuzzer.inputs < inputs) {
		for (let n = Math.min(BATCH, inputs - fuzzer.inputs); n > 0; n--) fuzzer.next();
		if (process.stdout.isTTY) process.stdout.write(`\rfuzz: ${fuzzer.inputs} of ${inputs}, ${seconds()} s `);
		// Lets an interrupt in.
		await new Promise((resolve) => setImmediate(resolve));
	}
} catch (error) {
	console.error(`\nfuzz: FAILED: ${error.message}\n${summary()}`);
	process.exit(1);
}
if (process.stdout.isTTY) process.stdout.write("\r");
console.log(summary());
