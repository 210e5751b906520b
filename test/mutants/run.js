#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Switches off one rule after the other and looks who notices: `npm run mutants -- --help` says how, README.md what. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CATALOGUE } from "./catalogue.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
/** Below the checkout, so that packages are found. */
const place = join(root, "dist/mutants", String(process.pid));
const SOURCES = [
	"lib",
	"simulator",
	"test/store/campaign",
	"test/store/regressions.test.ts",
	"test/store/with.ts",
	"test/lib",
	"test/kit",
	"test/contract",
	"test/model",
	"test/mutants",
	"test/vectors",
];

const USAGE = `usage: npm run mutants -- [options]
  --only NAMES     some of the catalogue, names or parts of names, with commas between
  --seconds N      how long one mutant may live, default 60
  --table          the rows of README.md
  --json           one line of JSON for each
  --sound CHECK    no mutant: that check, on the sources as they are, for the seconds; what fails is told
  --list           what there is`;

function readOptions() {
	try {
		const flag = { type: "boolean", default: false };
		const text = { type: "string" };
		const { values } = parseArgs({
			options: { only: text, seconds: text, sound: text, table: flag, json: flag, list: flag, help: flag },
		});
		const seconds = Number(values.seconds ?? 60);
		if (!(seconds > 0)) throw new Error(`--seconds is a number above 0, not ${values.seconds}`);
		const only = values.only?.split(",") ?? [""];
		const mutants = CATALOGUE.filter(({ name }) => only.some((part) => name.includes(part)));
		if (mutants.length === 0) throw new Error(`nothing is called ${values.only}`);
		return { ...values, seconds, mutants };
	} catch (error) {
		console.error(`mutants: ${error.message}\n${USAGE}`);
		process.exit(2);
	}
}

/** The text with the patch in it. Throws when what is to be replaced is not there exactly once. */
export function patched(text, { name, file, find, replace }) {
	const parts = text.split(find);
	if (parts.length !== 2) throw new Error(`${name}: found ${parts.length - 1} times in ${file}: ${find}`);
	return parts.join(replace);
}

/** Compiles the sources in that folder, into it; what was compiled there before and did not change stays. */
function compile(name) {
	const from = join(place, name);
	const compilerOptions = {
		rootDir: ".",
		outDir: "js",
		incremental: true,
		tsBuildInfoFile: "built.json",
		declaration: false,
		noUnusedLocals: false,
		noUnusedParameters: false,
	};
	const include = ["test/mutants/checks.ts"];
	const config = { extends: join(root, "tsconfig.json"), compilerOptions, include };
	writeFileSync(join(from, "tsconfig.json"), JSON.stringify(config));
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	const result = spawnSync(process.execPath, [tsc, "-p", from], { encoding: "utf8" });
	if (result.status !== 0) throw new Error(`${name} does not compile\n${result.stdout}${result.stderr}`);
	return join(from, "js");
}

/** The layers that hide a mutant, and are switched off with it. */
function layersOf(mutant) {
	return (mutant.without ?? []).map((name) => {
		const layer = CATALOGUE.find((one) => one.name === name);
		if (layer === undefined) throw new Error(`${mutant.name}: there is no ${name}`);
		return layer;
	});
}

/** Compiles the sources with these patches in them, which stay there until {@link restore}. */
function make(name, patches) {
	for (const patch of patches) {
		const path = join(place, name, patch.file);
		writeFileSync(path, patched(readFileSync(path, "utf8"), patch));
	}
	return compile(name);
}

function restore(name, patches) {
	for (const { file } of patches) cpSync(join(place, "sound", file), join(place, name, file));
}

/** Lets a process judge; one that does not come to an end is a verdict, too. */
function judge(job) {
	return new Promise((done) => {
		const child = spawn(process.execPath, [join(here, "judge.js"), JSON.stringify(job)], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		let check = "";
		let rest = "";
		let verdict;
		const passed = [];
		const timer = setTimeout(() => child.kill("SIGKILL"), (job.seconds + 20) * 1000);
		child.stdout.setEncoding("utf8");
		child.stdout.on("data", (chunk) => {
			const lines = (rest + chunk).split("\n");
			rest = lines.pop();
			for (const message of lines.map((line) => JSON.parse(line))) {
				if (message.check !== undefined) check = message.check;
				else if (message.passed !== undefined) passed.push(message);
				else verdict = message;
			}
		});
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			const wrong = signal === null ? `it ended with ${code}` : "it has no end";
			done({ passed, ...(verdict ?? { by: check, runs: 1, total: 1, noise: 0, wrong }) });
		});
	});
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
	for (const path of SOURCES) cpSync(join(root, path), join(place, "sound", path), { recursive: true });
	const whole = compile("sound");
	for (const other of ["layer", "mutant"])
		cpSync(join(place, "sound"), join(place, other), { recursive: true });
	let survivors = 0;
	for (const mutant of options.mutants) {
		const started = performance.now();
		const layers = layersOf(mutant);
		// A mutant is held against sources that lack the same layers.
		const sound = layers.length === 0 ? whole : make("layer", layers);
		const compiled = make("mutant", [...layers, mutant]);
		const verdict = await judge({ sound, mutant: compiled, checks: mutant.by, seconds: options.seconds });
		restore("layer", layers);
		restore("mutant", [...layers, mutant]);
		if (verdict.by === "") survivors++;
		print(mutant, verdict, (performance.now() - started) / 1000);
	}
	if (!options.json) console.log(`mutants: ${options.mutants.length} rules, ${survivors} survivors`);
	return survivors;
}

/** Runs a check on the sources as they are. Returns how many runs failed. */
async function hold(check) {
	for (const path of SOURCES) cpSync(join(root, path), join(place, "sound", path), { recursive: true });
	const { runs, verdict } = await import(
		pathToFileURL(join(compile("sound"), "test/mutants/checks.js")).href
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
	try {
		survivors = options.sound === undefined ? await main() : await hold(options.sound);
	} catch (error) {
		console.error(`mutants: ${error.message}`);
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
	process.exit(survivors > 0 ? 1 : 0);
}
