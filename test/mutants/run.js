#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Switches off one rule after the other and looks who notices: `npm run mutants -- --help` says how, README.md what. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CATALOGUE } from "./catalogue.js";
import { Copies, copySound, removeCopies } from "./copies.js";
import { judge } from "./judging.js";
import { LAYERS, Results, tableOf, tryLayers } from "./layers.js";

const USAGE = `usage: npm run mutants -- [options]
  --only NAMES     some of the catalogue, names or parts of names, with commas between
  --seconds N      how long one mutant may live, in processor time, default 60
  --table          the rows of README.md
  --json           one line of JSON for each
  --layers FILE    each against every layer, not only until it is killed: prints the table of TABLE.md. FILE keeps the
                   results, a line of JSON each: what is in it already is not run again
  --of LAYERS      these only, of ${Object.keys(LAYERS).join(",")}
  --again          what is in FILE is run again
  --runs N         of the world, for each mutant, default 600; who survived fewer of them goes on
  --jobs N         mutants that are judged against all layers at the same time, default 2
  --sound CHECK    no mutant: that check, on the sources as they are, for the seconds; what fails is told
  --list           what there is`;

function readOptions() {
	try {
		const flag = { type: "boolean", default: false };
		const text = { type: "string" };
		const { values } = parseArgs({
			options: {
				...{ only: text, seconds: text, sound: text, layers: text, of: text, runs: text, jobs: text },
				...{ again: flag, table: flag, json: flag, list: flag, help: flag },
			},
		});
		const runs = Number(values.runs ?? 600);
		if (!(runs > 0)) throw new Error(`--runs is a number above 0, not ${values.runs}`);
		const workers = Number(values.jobs ?? 2);
		if (!(workers > 0)) throw new Error(`--jobs is a number above 0, not ${values.jobs}`);
		const of = values.of?.split(",") ?? Object.keys(LAYERS);
		for (const layer of of) if (!(layer in LAYERS)) throw new Error(`there is no layer ${layer}`);
		const seconds = Number(values.seconds ?? 60);
		if (!(seconds > 0)) throw new Error(`--seconds is a number above 0, not ${values.seconds}`);
		const only = values.only?.split(",") ?? [""];
		const mutants = CATALOGUE.filter(({ name }) => only.some((part) => name.includes(part)));
		if (mutants.length === 0) throw new Error(`nothing is called ${values.only}`);
		return { ...values, of, runs, workers, seconds, mutants };
	} catch (error) {
		console.error(`mutants: ${error.message}\n${USAGE}`);
		process.exit(2);
	}
}

function print(mutant, { by, runs, total, passed, noise, wrong }, seconds) {
	const what = wrong.split("\n", 1)[0];
	if (options.json)
		console.log(JSON.stringify({ name: mutant.name, by, runs, total, passed, noise, wrong, seconds }));
	else if (options.table)
		console.log(
			`| ${mutant.name} | ${mutant.rule} | ${by || "**survived**"} | ${runs} | ${seconds.toFixed(1)} |`,
		);
	else if (by === "")
		console.log(`SURVIVED  ${mutant.name}: ${passed.map((one) => `${one.passed} ${one.runs}`).join("; ")}`);
	else
		console.log(
			`killed    ${mutant.name}: ${by}, run ${runs}${noise > 0 ? ` (${noise} others)` : ""}, ${seconds.toFixed(1)} s: ${what}`,
		);
}

async function main() {
	const copies = new Copies(await copySound());
	let survivors = 0;
	for (const mutant of options.mutants) {
		const started = performance.now();
		const layers = [{ checks: mutant.by, seconds: options.seconds }];
		const [verdict] = await judge({ ...(await copies.make(mutant)), layers });
		copies.restore(mutant);
		if (verdict.by === "") survivors++;
		print(mutant, verdict, (performance.now() - started) / 1000);
	}
	if (!options.json) console.log(`mutants: ${options.mutants.length} rules, ${survivors} survivors`);
	return survivors;
}

/** Every mutant against every layer. Returns how many survived all. */
async function compare() {
	const { mutants } = options;
	const results = new Results(options.layers);
	await tryLayers(mutants, results, options);
	const { text, survivors } = tableOf(mutants, results);
	console.log(text);
	return survivors;
}

/** Runs a check on the sources as they are. Returns how many runs failed. */
async function hold(check) {
	const { runs, verdict } = await import(
		pathToFileURL(join(await copySound(), "test/mutants/checks.js")).href
	);
	const until = performance.now() + options.seconds * 1000;
	let count = 0;
	let failed = 0;
	for (const run of runs(check)) {
		const wrong = verdict(run).split("\n", 1)[0];
		count++;
		if (wrong !== "") console.log(`${check}, run ${count}: ${wrong}`);
		if (wrong !== "") failed++;
		if (performance.now() > until) break;
	}
	console.log(`mutants: ${check}: ${count} runs, ${failed} failed`);
	return failed;
}

const options = readOptions();
if (options.help) console.log(USAGE);
else if (options.list) for (const { name, rule } of options.mutants) console.log(`${name}: ${rule}`);
else {
	let survivors = 1;
	process.once("SIGINT", () => {
		removeCopies();
		process.exit(130);
	});
	try {
		if (options.sound !== undefined) survivors = await hold(options.sound);
		else survivors = options.layers === undefined ? await main() : await compare();
	} catch (error) {
		console.error(`mutants: ${error.message}`);
	} finally {
		removeCopies();
	}
	process.exit(survivors > 0 ? 1 : 0);
}
