// SPDX-License-Identifier: MIT
/**
 * Judges one mutant, in a process of its own: runs checks until one fails that does not fail with the sources as they
 * are. Each line that it prints is a message for run.js.
 */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const { sound, mutant, checks, seconds } = JSON.parse(process.argv[2]);
const load = (directory) => import(pathToFileURL(`${directory}/test/mutants/checks.js`).href);
const [plain, changed] = [await load(sound), await load(mutant)];
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const started = performance.now();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** What is wrong in a file of tests, with the sources of which `directory` was made; or "". */
function tested(directory, file) {
	const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", dirname(directory), file];
	const { status, stdout } = spawnSync(process.execPath, vitest, { encoding: "utf8" });
	const [failed = "it failed"] = /FAIL .*/.exec(stdout) ?? [];
	return status === 0 ? "" : failed;
}

function* runsOf(check) {
	if (check.startsWith("test: ")) yield check.slice(6);
	else yield* plain.runs(check);
}

function verdictOf(module, directory, run) {
	return typeof run === "string" ? tested(directory, run) : module.verdict(run);
}

function judge() {
	let total = 0;
	for (const [index, check] of checks.entries()) {
		// What earlier checks left of the time goes to the later ones.
		const until = started + (seconds * 1000 * (index + 1)) / checks.length;
		let runs = 0;
		let noise = 0;
		tell({ check });
		for (const run of runsOf(check)) {
			if (performance.now() > until) break;
			runs++;
			total++;
			const wrong = verdictOf(changed, mutant, run);
			if (wrong === "") continue;
			if (verdictOf(plain, sound, run) === "") return { by: check, runs, total, noise, wrong };
			noise++;
		}
		tell({ passed: check, runs, noise });
	}
	return { by: "", runs: total, total, noise: 0, wrong: "" };
}

tell(judge());
