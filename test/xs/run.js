// SPDX-License-Identifier: MIT
/**
 * Runs modules on the real engine and judges what they print.
 *
 *   node test/xs/run.js [--self | --all] [--table] [--json] [--once] [--bits 32|64] [module.js ...]
 *   node test/xs/run.js --replay-seed N [--runs M] [--minutes K] [--boards B] [--json] [--bits 32|64]
 *
 * Without modules: all gates and the tests of lib that need no Node. `--self` proves the counter instead, `--all` does
 * both. `--once`: a gate that counts does so on 32 bit only, where that can be had. Exit code 0 when everything passed.
 * `--replay-seed`: the boards of a random run (`ringbuoy world`), recorded on Node, have to do the same here; `--runs`: and of
 * those of the seeds after it, 1; `--minutes`, `--boards`: as there.
 * With CI=true a missing engine is a failure, otherwise it is one line.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prepare, Unavailable } from "./engine.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
/** It may have to wait for others: `npm test` gives it what they leave. */
const LIMIT_MS = 270_000;

/**
 * @typedef {{ gate?: string, row?: string, test?: string, pass?: boolean, fault?: string,
 *   values?: Record<string, number | string | boolean> }} Line
 * @typedef {{ module: string, source: string, options: string[], counts: boolean,
 *   expect?: { code: number, text: string } }} Job
 * @typedef {{ job: Job, engine: import("./engine.js").Engine, lines: Line[], faults: string[] }} Outcome
 */

const { values: flags, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		self: { type: "boolean", default: false },
		all: { type: "boolean", default: false },
		table: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
		once: { type: "boolean", default: false },
		bits: { type: "string" },
		"replay-seed": { type: "string" },
		runs: { type: "string", default: "1" },
		minutes: { type: "string", default: "10" },
		boards: { type: "string" },
	},
});

/** The random runs that are to be played, and nothing else. @returns {import("./build.js").Runs | undefined} */
function wantedRuns() {
	if (flags["replay-seed"] === undefined) return undefined;
	const seed = wholeOf("replay-seed", flags["replay-seed"], 0);
	const minutes = wholeOf("minutes", flags.minutes, 1);
	const options =
		flags.boards === undefined ? { minutes } : { minutes, boards: wholeOf("boards", flags.boards, 1) };
	return { seed, runs: wholeOf("runs", flags.runs, 1), options };
}

/** @param {string} name @param {string} text @param {number} least */
function wholeOf(name, text, least) {
	const value = Number(text);
	if (Number.isSafeInteger(value) && value >= least) return value;
	throw new Error(`--${name} is a whole number from ${least} up, not ${text}`);
}

/**
 * `// xs: --heap 16384 --stack 384`, `// xs: counts nothing` and `// expect: exit 3 memory full`, among the first lines of
 * a source.
 */
function readJob(/** @type {string} */ module, source = module) {
	const head = readFileSync(source, "utf8").split("\n").slice(0, 5).join("\n");
	const options = /^\/\/ xs: (--.*)$/m.exec(head)?.[1]?.trim().split(/\s+/) ?? [];
	const expected = /^\/\/ expect: exit (\d+) ?(.*)$/m.exec(head);
	/** @type {Job} */
	const job = { module, source, options, counts: !/^\/\/ xs: counts nothing$/m.test(head) };
	if (expected) job.expect = { code: Number(expected[1]), text: expected[2]?.trim() ?? "" };
	return job;
}

/** @param {string} folder */
const scriptsIn = (folder) =>
	readdirSync(folder)
		.filter((name) => name.endsWith(".js"))
		.sort()
		.map((name) => readJob(join(folder, name)));

/** @returns {Promise<Job[]>} */
async function jobs() {
	/** @type {Job[]} */
	const replayed = wantedRuns();
	if (replayed !== undefined) {
		flags.table = true;
		positionals.splice(0, positionals.length, join(here, "gates", "replay.ts"));
	}
	const list = positionals.filter((path) => !path.endsWith(".ts")).map((path) => readJob(resolve(path)));
	const wanted = positionals.filter((path) => path.endsWith(".ts")).map((path) => resolve(path));
	if (positionals.length > 0 && wanted.length === 0) return list;
	if (flags.self || flags.all)
		list.push(...scriptsIn(join(here, "selftest")), ...scriptsIn(join(here, "selftest", "failing")));
	if (!flags.self || flags.all) {
		const { build } = await import("./build.js");
		const { gates, tests, warning, sourceOf } = await build(replayed);
		if (warning) console.error(`xs: ${warning}`);
		if (warning && process.env["CI"] === "true")
			throw new Error("the gates must run on what ships: npm run build");
		const known = new Set(sourceOf.values());
		for (const path of wanted)
			if (!known.has(path)) throw new Error(`${path} is no gate and no test that runs on XS`);
		for (const path of [...gates, ...tests]) {
			const source = sourceOf.get(path);
			if (wanted.length === 0 || wanted.includes(source ?? "")) list.push(readJob(path, source));
		}
	}
	return list;
}

/**
 * @param {import("./engine.js").Engine} engine @param {string[]} args
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run({ path, runner }, args) {
	const [program, ...before] = [...runner, path];
	return new Promise((done) => {
		const child = spawn(program, [...before, ...args], {
			stdio: ["ignore", "pipe", "pipe"],
			timeout: LIMIT_MS,
		});
		let stdout = "";
		let stderr = "";
		child.stdout.setEncoding("utf8").on("data", (data) => (stdout += data));
		child.stderr.setEncoding("utf8").on("data", (data) => (stderr += data));
		child.on("error", (error) => done({ code: -1, stdout, stderr: error.message }));
		child.on("close", (code, signal) =>
			done({ code: code ?? -1, stdout, stderr: signal ? `${stderr}stopped by ${signal}` : stderr }),
		);
	});
}

/** Heap sizes are written for 32 bit; slots and chunk headers of the other engine are twice as big. */
const scaled = (/** @type {string[]} */ options, /** @type {number} */ bits) =>
	options.map((value, i) => (options[i - 1] === "--heap" ? String((Number(value) * bits) / 32) : value));

/** @param {import("./engine.js").Engine} engine @param {Job} job @returns {Promise<Outcome>} */
async function perform(engine, job) {
	const options = scaled(job.options, engine.bits);
	const { code, stdout, stderr } = await run(engine, [...options, job.module]);
	/** @type {Outcome} */
	const outcome = { job, engine, lines: [], faults: [] };
	if (job.expect) {
		const pass = code === job.expect.code && stderr.includes(job.expect.text);
		const fault = pass ? "" : `exit ${code}, ${JSON.stringify(stderr.trim())}`;
		outcome.lines.push({
			gate: `${basename(job.module, ".js")}: exit ${job.expect.code}, ${job.expect.text}`,
			pass,
			fault,
		});
		return outcome;
	}
	for (const text of stdout.split("\n")) {
		if (text.startsWith("{")) outcome.lines.push(JSON.parse(text));
		else if (text !== "") console.log(`  ${basename(job.module)}: ${text}`);
	}
	if (code !== 0) {
		// once more with names, only to read where it happened
		const again = await run(engine, [...options, "--named", job.module]);
		const stack = again.code === code ? again.stderr : stderr;
		outcome.faults.push(`exit ${code}: ${stack.trim()}`);
	} else if (outcome.lines.length === 0) outcome.faults.push("it reported nothing");
	return outcome;
}

/** A test of lib, not a gate or a proof of the counter. @param {Job} job */
const isTest = (job) => job.source.endsWith(".test.ts");

/** @param {import("./engine.js").Engine[]} engines @param {Job[]} list */
async function performAll(engines, list) {
	// A fixed heap is the device's: on 32 bit where that can be had. An emulator is slow: it has the counting to itself,
	// while the long runs, and what counts nothing, are for an engine that runs by itself.
	const first = engines.find((engine) => engine.runner.length === 0) ?? engines[0];
	const fits = (/** @type {Job} */ job, /** @type {import("./engine.js").Engine} */ engine) => {
		if (job.expect) return true;
		if (job.options.includes("--heap")) return engine === first;
		if (!isTest(job)) return !flags.once || engine === (job.counts ? engines[0] : first);
		return engine.runner.length === 0 || engine === first;
	};
	// The long ones first, so that no processor is left with one at the end.
	const length = (/** @type {{ engine: import("./engine.js").Engine, job: Job }} */ { engine, job }) =>
		job.options.includes("--heap") ? 2 : engine.runner.length > 0 ? 1 : 0;
	const queue = engines
		.flatMap((engine) => list.filter((job) => fits(job, engine)).map((job) => ({ engine, job })))
		.sort((a, b) => length(b) - length(a));
	/** @type {Outcome[]} */
	const outcomes = new Array(queue.length);
	let next = 0;
	const worker = async () => {
		while (next < queue.length) {
			const at = next++;
			const { engine, job } = /** @type {{ engine: import("./engine.js").Engine, job: Job }} */ (queue[at]);
			outcomes[at] = await perform(engine, job);
		}
	};
	await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
	return outcomes;
}

/** @param {string} path */
const short = (path) =>
	relative(root, path)
		.replace(/^test\/(xs\/)?/, "")
		.replace(/\.(ts|js)$/, "");

/** @param {Line} line */
function describeLine(line) {
	const values = Object.entries(line.values ?? {}).map(([key, value]) => `${key} ${value}`);
	const mark = line.pass === undefined ? "    " : line.pass ? "ok  " : "FAIL";
	const name = line.gate ?? line.row ?? line.test ?? "";
	return `  ${mark} ${name.padEnd(58)} ${values.join("  ")}${line.fault ? `  <- ${line.fault}` : ""}`.trimEnd();
}

/** @param {Outcome[]} outcomes @param {import("./engine.js").Engine} engine @param {string} version */
function printTable(outcomes, engine, version) {
	const by = engine.runner.length > 0 ? `, emulated by ${engine.runner[0]}` : "";
	console.log(`\nXS ${version}, ${engine.bits} bit, slots of ${engine.bits / 2} bytes${by}`);
	for (const { job, lines, faults } of outcomes.filter((one) => one.engine === engine)) {
		const bad = lines.filter((line) => line.pass === false).length + faults.length;
		const judged = lines.filter((line) => line.pass !== undefined).length;
		const tests = isTest(job);
		if (!flags.table && bad === 0) continue;
		const heading = [short(job.source), ...job.options].join(" ");
		console.log(` ${heading}${tests ? `: ${judged - bad} of ${judged}` : ""}`);
		for (const line of lines)
			if (line.pass === false || (flags.table && !tests)) console.log(describeLine(line));
		for (const fault of faults) console.log(`  FAIL ${fault}`);
	}
}

/** @param {import("./engine.js").Engine} engine */
async function versionOf(engine) {
	const { stdout } = await run(engine, [join(here, "selftest", "helper", "version.js")]);
	return stdout.trim();
}

async function main() {
	const bits = flags.bits === "32" ? 32 : flags.bits === "64" ? 64 : undefined;
	if (flags.bits !== undefined && !bits) throw new Error("--bits is 32 or 64");
	const started = Date.now();
	const { engines, missing, built } = await prepare(bits ? { bits } : {}).catch((error) => {
		if (!(error instanceof Unavailable)) throw error;
		return { engines: [], missing: [error.message], built: false };
	});
	if (built) console.log(`xs: engines built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
	for (const reason of missing) console.error(`xs: SKIPPED, ${reason}`);
	for (const { bits, runner } of engines)
		if (runner.length > 0 && engines.length > 1)
			console.log(
				`xs: ${bits} bit by ${runner[0]}: what counts; fixed heaps and the tests of lib on 64 bit only`,
			);
	const outcomes = engines.length > 0 ? await performAll(engines, await jobs()) : [];
	const verdicts = outcomes.flatMap((one) => one.lines.filter((line) => line.pass !== undefined));
	const failed =
		verdicts.filter((line) => !line.pass).length + outcomes.reduce((sum, one) => sum + one.faults.length, 0);
	if (flags.json)
		for (const { engine, job, lines, faults } of outcomes)
			console.log(
				JSON.stringify({ bits: engine.bits, module: short(job.source), options: job.options, lines, faults }),
			);
	else for (const engine of engines) printTable(outcomes, engine, await versionOf(engine));
	console.log(`${verdicts.length - verdicts.filter((line) => !line.pass).length} passed, ${failed} failed`);
	const blocked = missing.length > 0 && process.env["CI"] === "true";
	process.exitCode = failed > 0 || blocked ? 1 : 0;
}

main().catch((error) => {
	console.error(`xs: ${error.message}`);
	console.log("0 passed, 1 failed");
	process.exitCode = 1;
});
