// SPDX-License-Identifier: MIT
/**
 * `npm test`: every part with its own budget, and one line at the end that counts. A part that cannot run here says so
 * in one loud line; with CI=true that is a failure. The XS engine works beside the others, in the time that they wait.
 */
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const report = join(tmpdir(), `ringbuoy-vitest-${process.pid}.json`);
let passed = 0;
let failed = 0;
let skipped = 0;

/** Runs a command, shows what it prints unless it works `aside`, and resolves to its exit code and output. */
function run(command, args, aside = false) {
	return new Promise((done) => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", aside ? "pipe" : "inherit"] });
		let output = "";
		const take = (chunk) => {
			output += chunk;
			if (!aside) process.stdout.write(chunk);
		};
		child.stdout.on("data", take);
		child.stderr?.on("data", take);
		child.on("error", (error) => done({ code: 1, output: String(error) }));
		child.on("close", (code) => done({ code: code ?? 1, output }));
		if (aside && child.pid !== undefined) stepBack(child.pid);
	});
}

/** It gets what the others leave of the processors, and so does what it starts. */
function stepBack(pid) {
	try {
		setPriority(pid, constants.priority.PRIORITY_LOW);
	} catch {
		// Not here: then they share.
	}
}

async function part(title, budgetSeconds, body) {
	console.log(`\n── ${title}`);
	const started = Date.now();
	const before = failed;
	await body();
	const seconds = (Date.now() - started) / 1000;
	if (seconds > budgetSeconds) console.log(`!! ${title} took longer than its budget`);
	console.log(
		`── ${title}: ${failed === before ? "ok" : "FAILED"}, ${seconds.toFixed(1)} s of ${budgetSeconds} s`,
	);
}

function count(ok) {
	if (ok) passed++;
	else failed++;
}

const began = Date.now();
const engine = run(process.execPath, ["test/xs/run.js", "--once"], true);

await part("compiler, formatter, linter", 15, async () => {
	const compile = (config) => ["typescript/bin/tsc", "--noEmit", "-p", config];
	const checks = [
		compile("test/tsconfig.json"),
		["@biomejs/biome/bin/biome", "check", "--config-path=test", "."],
	];
	// `npm test` has compiled with it, a moment ago: test/tools/prepare.js.
	if (process.env.npm_lifecycle_event !== "test") checks.push(compile("tsconfig.json"));
	const started = checks.map(([tool, ...args]) =>
		run(process.execPath, [join(root, "node_modules", tool), ...args]),
	);
	count((await Promise.all(started)).every(({ code }) => code === 0));
});

await part("unit, world, interop", 185, async () => {
	const { code } = await run(process.execPath, [
		join(root, "node_modules/vitest/vitest.mjs"),
		"run",
		"--config",
		"test/vitest.config.ts",
		"--reporter=dot",
		"--reporter=json",
		`--outputFile.json=${report}`,
	]);
	let result = { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 0 };
	try {
		result = JSON.parse(readFileSync(report, "utf8"));
	} catch (error) {
		console.log(`!! vitest left no report: ${error}`);
	}
	rmSync(report, { force: true });
	passed += result.numPassedTests;
	failed += result.numFailedTests;
	for (const file of result.testResults ?? [])
		for (const test of file.assertionResults)
			if (test.status !== "passed" && test.status !== "failed") {
				skipped++;
				console.log(`SKIPPED: ${test.fullName}`);
			}
	// A file that fails to load has no failed test in it, and an unhandled error belongs to none.
	if (code !== 0 && result.numFailedTests === 0) failed++;
});

await part("the XS engine, what is left of it", 100, async () => {
	const { code, output } = await engine;
	process.stdout.write(output);
	const counts = /(\d+) passed, (\d+) failed/g;
	let last = null;
	for (let match = counts.exec(output); match !== null; match = counts.exec(output)) last = match;
	if (last !== null) {
		passed += Number(last[1]);
		failed += Number(last[2]);
	}
	if (code !== 0 && (last === null || last[2] === "0")) failed++;
});

console.log(`\n── all of it: ${((Date.now() - began) / 1000).toFixed(1)} s of 300 s`);
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
