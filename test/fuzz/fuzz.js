#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Throws bad input at the build, in layers: `node test/fuzz/fuzz.js --help`. */
import { parseArgs } from "node:util";
import { loadVectors } from "../vectors/load.js";
import { Corpus, loadCorpus } from "./corpus.js";
import { Fuzzer } from "./mutate.js";
import { StatefulFuzzer } from "./stateful.js";
import { StructureFuzzer } from "./structure.js";

const USAGE = `usage: npm run fuzz -- [options]
  --layer NAME  bytes: spoiled packets against the decoder
                structure: packets with one thing wrong, and legal ones, which mqtt-packet reads, too
                session: a live client against a server out of its mind
                default: all three in turn
  --inputs N    how many packets, default 1000000
  --minutes N   for so long, instead
  --seed S      repeats a run, default from the clock
  --run S       one run of the layer session, by the number that a failure names
  --collect     adds what the decoder was not seen to do before to the corpus`;

/** The layers take turns of so many milliseconds. */
const TURN_MS = 250;

function fail(message) {
	console.error(`fuzz: ${message}\n${USAGE}`);
	process.exit(2);
}

function numberOf(name, text, least) {
	const value = Number(text);
	if (text.trim() === "" || !Number.isFinite(value) || value < least)
		fail(`--${name} is a number from ${least} up, not ${JSON.stringify(text)}`);
	return value;
}

function readOptions() {
	let values;
	try {
		({ values } = parseArgs({
			options: {
				layer: { type: "string" },
				inputs: { type: "string", default: "1000000" },
				minutes: { type: "string" },
				seed: { type: "string", default: String(Date.now() & 0x7fff_ffff) },
				run: { type: "string" },
				collect: { type: "boolean", default: false },
				help: { type: "boolean", short: "h", default: false },
			},
		}));
	} catch (error) {
		fail(error.message);
	}
	if (values.help) {
		console.log(USAGE);
		process.exit(0);
	}
	const { layer, minutes, run, collect } = values;
	if (layer !== undefined && !["bytes", "structure", "session"].includes(layer))
		fail(`there is no layer ${layer}`);
	return {
		layers: layer === undefined ? ["bytes", "structure", "session"] : [layer],
		inputs: minutes === undefined ? numberOf("inputs", values.inputs, 1) : Infinity,
		minutes: minutes === undefined ? Infinity : numberOf("minutes", minutes, 0.01),
		seed: Math.floor(numberOf("seed", values.seed, 0)),
		run: run === undefined ? undefined : numberOf("run", run, 0),
		collect,
	};
}

async function loadBuild() {
	const names = ["memory/arena", "wire/decoder", "wire/packet", "index", "store/index", "extras/index"];
	try {
		const modules = await Promise.all([
			...names.map((name) => import(`../../dist/js/lib/${name}.js`)),
			import("../../dist/js/simulator/world.js"),
		]);
		return Object.assign({}, ...modules);
	} catch (error) {
		if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
		console.error("fuzz: there is no build yet: npm run build");
		process.exit(2);
	}
}

const { layers, inputs, minutes, seed, run, collect } = readOptions();
const lib = await loadBuild();
const seeds = [
	...loadVectors().flatMap(({ bytes, versions }) =>
		versions.map((version) => ({ bytes, version5: version === "5.0" })),
	),
	...loadCorpus(),
];
const makers = {
	bytes: () => new Fuzzer(lib, seeds, seed),
	structure: () => new StructureFuzzer(lib, seed),
	session: () => new StatefulFuzzer(lib, seed),
};
const fuzzers = layers.map((name) => ({ name, fuzzer: makers[name]() }));
const corpus = new Corpus(lib);
const started = performance.now();
const total = () => fuzzers.reduce((sum, { fuzzer }) => sum + fuzzer.inputs, 0);
const parts = () =>
	fuzzers
		.map(({ name, fuzzer: { inputs: n, accepted, runs } }) =>
			runs === undefined ? `${name} ${n}, ${accepted} of them legal` : `${name} ${n} in ${runs} runs`,
		)
		.join("; ");
const summary = () =>
	`fuzz: ${total()} inputs in ${((performance.now() - started) / 1000).toFixed(0)} s (${parts()}), seed ${seed}`;

function save() {
	if (!collect) return;
	corpus.save();
	console.log(`fuzz: ${corpus.added} lines added to the corpus`);
}

process.on("SIGINT", () => {
	save();
	console.log(`\n${summary()}: interrupted`);
	process.exit(130);
});

function turn({ name, fuzzer }) {
	const until = performance.now() + TURN_MS;
	while (performance.now() < until && total() < inputs) {
		try {
			fuzzer.next();
		} catch (error) {
			console.error(`\nfuzz: FAILED in the layer ${name}: ${error.message}\n${summary()}`);
			process.exit(1);
		}
		if (collect && fuzzer.last !== undefined) corpus.offer(fuzzer.last);
	}
}

if (run !== undefined) {
	try {
		makers.session().runOf(run);
		console.log(`fuzz: run ${run} is well`);
		process.exit(0);
	} catch (error) {
		console.error(`fuzz: FAILED: ${error.message}`);
		process.exit(1);
	}
}
while (total() < inputs && performance.now() - started < minutes * 60_000) {
	for (const one of fuzzers) turn(one);
	if (process.stdout.isTTY) process.stdout.write(`\r${summary()} `);
	// Lets an interrupt in.
	await new Promise((resolve) => setImmediate(resolve));
}
if (process.stdout.isTTY) process.stdout.write("\r");
save();
console.log(summary());
