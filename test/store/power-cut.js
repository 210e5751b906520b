#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** The power-cut campaign: `npm run power-cut -- --help` says how. README.md in this folder says what. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const compiled = join(root, "dist/power-cut");
const directory = join(compiled, "test/store/campaign");
/** Cuts per second: 3,000 in half a minute. */
const FLOOR = 100;
/** More than these would be more of the same. */
const VIOLATIONS_MAX = 1000;

const USAGE = `usage: npm run power-cut -- [options]
  --minutes N     how long, default 0.5
  --cuts N        until so many cuts, however long it takes
  --seed S        where the random plans begin, default from the clock
  --workers N     default 2
  --exhaustive    first every command of every workload in every way
  --json          one line of JSON at the end, nothing else
  --repeat S      one run, that of this seed; with --workload NAME --at N:V,... a scripted one
  --shrink        with --repeat: the smallest plan that fails in the same way`;

function readOptions() {
	try {
		const text = { type: "string" };
		const flag = { type: "boolean", default: false };
		const { values } = parseArgs({
			options: {
				minutes: text, cuts: text, seed: text, workers: text, repeat: text, workload: text, at: text,
				exhaustive: flag, json: flag, shrink: flag, help: flag,
			}, // biome-ignore format: a list
		});
		const number = (name, fallback, least) => {
			const value = values[name] === undefined ? fallback : Number(values[name]);
			if (!(value >= least)) throw new Error(`--${name} is a number from ${least} on, not ${values[name]}`);
			return value;
		};
		return {
			...values,
			minutes: number("minutes", 0.5, 0.01),
			cuts: number("cuts", 0, 0),
			seed: Math.floor(number("seed", Date.now() % 1e9, 0)),
			workers: number("workers", 2, 1),
			repeat: values.repeat === undefined ? undefined : number("repeat", 0, 0),
		};
	} catch (error) {
		console.error(`power-cut: ${error.message}\n${USAGE}`);
		process.exit(2);
	}
}

function newest(path) {
	const stat = statSync(path);
	if (!stat.isDirectory()) return stat.mtimeMs;
	return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

/** Compiles the campaign, the core and the simulator, when something is newer than what was compiled. */
function compile() {
	const stamp = join(compiled, ".built");
	const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
	const sources = ["lib", "simulator", "test/store", "tsconfig.json"].map((path) => join(root, path));
	if (sources.every((path) => newest(path) < built)) return;
	rmSync(compiled, { recursive: true, force: true });
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	const result = spawnSync(process.execPath, [tsc, "-p", join(here, "tsconfig.json")], { encoding: "utf8" });
	if (result.status !== 0) {
		console.error(`power-cut: compiling failed\n${result.stdout}${result.stderr}`);
		process.exit(2);
	}
	writeFileSync(stamp, "");
}

/** One run, told in full. */
async function repeat() {
	const { planOf, runPlan, shrink } = await import(`${directory}/report.js`);
	let plan = planOf(options.repeat, options.workload, options.at);
	let outcome = runPlan(plan);
	if (options.shrink && outcome.failure !== undefined) {
		plan = shrink(plan);
		outcome = runPlan(plan);
	}
	console.log(JSON.stringify(plan).replaceAll("],[", "],\n\t["));
	console.log(JSON.stringify(outcome.tally));
	console.log(outcome.failure ?? "no violation");
	process.exit(outcome.failure === undefined ? 0 : 1);
}

const options = readOptions();
if (options.help) {
	console.log(USAGE);
	process.exit(0);
}
compile();
if (options.repeat !== undefined) await repeat();

const started = performance.now();
const total = { runs: 0, violations: 0 };
const last = { seed: options.seed };
const found = new Set();
let workers = [];
let ended = "";

function line() {
	const seconds = (performance.now() - started) / 1000;
	const {
		runs,
		cuts = 0,
		commands = 0,
		erases = 0,
		published = 0,
		received = 0,
		repeats = 0,
		lives = 0,
	} = total;
	return (
		`${cuts} cuts, ${runs} runs, ${lives} lives, ${commands} flash operations, ${erases} of them erases, ` +
		`${published} messages out and ${received} in (${repeats} of them repeated), ` +
		`${total.violations} violations, ${seconds.toFixed(0)} s, ${(cuts / seconds).toFixed(0)} cuts/s`
	);
}

function finish(code) {
	const seconds = (performance.now() - started) / 1000;
	const cuts = total.cuts ?? 0;
	const short = cuts < Math.min(FLOOR * seconds, options.cuts || Number.POSITIVE_INFINITY);
	if (options.json) {
		console.log(
			JSON.stringify({ ...total, seed: options.seed, last: last.seed, seconds, found: [...found], ended }),
		);
	} else {
		if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
		console.log(`power-cut: ${line()}; seeds ${options.seed} to ${last.seed}${ended}`);
		if (short) console.log(`power-cut: FAILED: less than ${FLOOR} cuts a second`);
	}
	process.exit(code || (total.violations > 0 || short ? 1 : 0));
}

function take({ runs, sum, violations, last: seed }) {
	total.runs += runs;
	for (const [key, value] of Object.entries(sum))
		total[key] = ["mostCommands", "spread"].includes(key)
			? Math.max(total[key] ?? 0, value)
			: (total[key] ?? 0) + value;
	last.seed = Math.max(last.seed, seed);
	for (const { failure, repeat: command } of violations) {
		total.violations++;
		found.add(command);
		if (!options.json && total.violations <= 20)
			console.log(`\npower-cut: VIOLATION: ${failure}\n  repeat: ${command}`);
	}
}

/** Runs the workers until they are done or it is over. */
function run(exhaustive) {
	return new Promise((resolve, reject) => {
		let left = options.workers;
		workers = Array.from({ length: options.workers }, (_, first) => {
			const data = { directory, seed: options.seed, step: options.workers, exhaustive, first };
			const worker = new Worker(join(here, "power-cut-worker.js"), { workerData: data });
			worker.on("message", (message) => {
				take(message);
				if (!exhaustive && isOver()) for (const one of workers) one.postMessage("stop");
			});
			worker.on("error", reject);
			worker.on("exit", () => {
				if (--left === 0) resolve();
			});
			return worker;
		});
	});
}

function isOver() {
	if (total.violations >= VIOLATIONS_MAX) return true;
	if (options.cuts > 0) return (total.cuts ?? 0) >= options.cuts;
	return performance.now() - started >= options.minutes * 60_000;
}

process.on("SIGINT", () => {
	ended = ", interrupted";
	finish(130);
});
const progress = setInterval(
	() => {
		if (options.json) return;
		if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line()}`);
		else console.log(line());
	},
	process.stdout.isTTY ? 500 : 10_000,
);
if (options.exhaustive) await run(true);
await run(false);
clearInterval(progress);
finish(0);
