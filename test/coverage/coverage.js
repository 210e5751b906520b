#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Counts which branches of lib/ the tests take. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const LEAST = 97;
const TESTS = ["test/lib", "test/conformance", "test/store", "test/replay"];

const HELP = `Runs the tests of lib/ and counts the branches they take: both sides of each if, ?:, &&, || and ??,
each case, each default value. An if without else has two sides, too. Takes two to three minutes.

  node test/coverage/coverage.js                 ${TESTS.join(", ")}
  node test/coverage/coverage.js test/lib/wire   these tests; a path is that of a file or a folder
      --only lib/wire   lists what is below this path only, and judges by it
      --least PERCENT   how much is enough; ${LEAST} without
      --workers N       how many processes at once; 2 without

Prints the branches never taken as file:line, then each file's count, then the sum.
Ends with 0 when enough are taken, with 1 when not, with 2 when the tests fail or the command is wrong.
`;

/** @returns the branches of each source and the counters of all processes, summed; null when the tests fail, and why is shown */
function measure(tests, workers) {
	const folder = mkdtempSync(join(tmpdir(), "ringbuoy-coverage-"));
	try {
		const { status, stdout } = spawnSync(
			process.execPath,
			[
				join(root, "node_modules/vitest/vitest.mjs"),
				"run",
				"--config=test/coverage/vitest.config.ts",
				"--reporter=dot",
				`--maxWorkers=${workers}`,
				...tests,
			],
			{
				cwd: root,
				stdio: ["ignore", "pipe", "inherit"],
				encoding: "utf8",
				maxBuffer: 1 << 28,
				env: { ...process.env, NO_COLOR: "1", RINGBUOY_COVERAGE: folder },
			},
		);
		if (status !== 0) {
			process.stderr.write(stdout);
			return null;
		}
		const branches = JSON.parse(readFileSync(join(folder, "branches.json"), "utf8"));
		const counts = [];
		for (const name of readdirSync(folder).filter((one) => one.endsWith(".counts"))) {
			const bytes = readFileSync(join(folder, name));
			for (let at = 0; at < bytes.length; at += 8)
				counts[at / 8] = (counts[at / 8] ?? 0) + bytes.readDoubleLE(at);
		}
		return { branches, counts };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Sources below `folder` that no test has loaded: nothing is known of their branches. */
function unseen(branches, folder) {
	return readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
		.map((name) => `lib/${name.replaceAll("\\", "/")}`)
		.filter((name) => name.endsWith(".ts") && name.startsWith(folder) && branches[name] === undefined);
}

function report({ branches, counts }, folder) {
	const rows = [];
	for (const name of Object.keys(branches).sort()) {
		if (!name.startsWith(folder)) continue;
		const missed = branches[name].filter(({ on, off }) => counts[on] - (off < 0 ? 0 : counts[off]) <= 0);
		for (const { line, words } of missed) process.stdout.write(`${name}:${line}: ${words}\n`);
		rows.push({ name, all: branches[name].length, taken: branches[name].length - missed.length });
	}
	const sum = { all: 0, taken: 0 };
	process.stdout.write("\n");
	for (const { name, all, taken } of rows) {
		sum.all += all;
		sum.taken += taken;
		if (all > 0) process.stdout.write(`${share(taken, all)}  ${`${taken}/${all}`.padStart(9)}  ${name}\n`);
	}
	process.stdout.write(`${share(sum.taken, sum.all)}  ${`${sum.taken}/${sum.all}`.padStart(9)}  branches\n`);
	return sum.all === 0 ? 100 : (100 * sum.taken) / sum.all;
}

/** Never rounded up: 97.0 % is no less. */
const share = (part, all) =>
	`${(all === 0 ? 100 : Math.floor((1000 * part) / all) / 10).toFixed(1).padStart(5)} %`;

function main() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			only: { type: "string", default: "lib" },
			least: { type: "string", default: String(LEAST) },
			workers: { type: "string", default: "2" },
			help: { type: "boolean", short: "h", default: false },
		},
	});
	if (values.help) {
		process.stdout.write(HELP);
		return 0;
	}
	const least = Number(values.least);
	const workers = Number(values.workers);
	if (!(least >= 0 && least <= 100)) throw new Error(`--least ${values.least}: a percentage, 0 to 100`);
	if (!Number.isInteger(workers) || workers < 1) throw new Error(`--workers ${values.workers}: 1 or more`);
	const measured = measure(positionals.length > 0 ? positionals : TESTS, workers);
	if (measured === null) throw new Error("the tests fail: see above; nothing was counted");
	const missing = unseen(measured.branches, values.only);
	for (const name of missing) process.stdout.write(`${name}: no test loads it\n`);
	const reached = report(measured, values.only);
	const short = reached < least;
	if (short) process.stderr.write(`coverage.js: at least ${least} % of the branches are asked for\n`);
	if (missing.length > 0)
		process.stderr.write("coverage.js: of sources that no test loads nothing is known\n");
	return short || missing.length > 0 ? 1 : 0;
}

// Not process.exit: what was written to a pipe would be cut.
try {
	process.exitCode = main();
} catch (error) {
	process.stderr.write(`coverage.js: ${error.message}\n`);
	process.exitCode = 2;
}
