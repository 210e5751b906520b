// SPDX-License-Identifier: MIT
/**
 * Judges one mutant, in a process of its own: in each layer, runs checks until one fails that does not fail with the sources
 * as they are. Each line that it prints is a message for judging.js.
 */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Longer than any file of tests takes, even on a busy machine. */
const TESTS_MS = 300_000;

const { sound, mutant, layers, green = [] } = JSON.parse(process.argv[2]);
const load = (directory) => import(pathToFileURL(`${directory}/test/mutants/checks.js`).href);
const changed = await load(mutant);
let plain;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Seconds of processor time of this process: other work on the machine makes no check shorter. */
function spent() {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1e6;
}

/** What is wrong in files of tests, with the sources of which `directory` was made; or "". */
function tested(directory, files) {
	const vitest = [
		...[join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", dirname(directory), "--bail=1"],
		// In a thread, which does not outlive the process when it hangs.
		...["--pool=threads", "--no-isolate", "--maxWorkers=1", ...files.split(" ")],
	];
	const limits = { timeout: TESTS_MS, killSignal: "SIGKILL", maxBuffer: 1 << 28 };
	const options = { ...limits, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } };
	const { status, signal, stdout, stderr } = spawnSync(process.execPath, vitest, options);
	if (signal !== null) return "it has no end";
	const [failed = "it failed"] = /FAIL .*/.exec(stdout + stderr) ?? [];
	return status === 0 ? "" : failed;
}

/** The runs of most checks follow from what the sources do as they are; tests are one, and those of a world are numbers. */
async function runsOf(check) {
	if (check.startsWith("test: ")) return [check.slice(6)];
	if (check.startsWith("world: ")) return changed.runs(check);
	return (await ofSound()).runs(check);
}

async function ofSound() {
	plain ??= await load(sound);
	return plain;
}

function verdictOf(module, directory, run) {
	return typeof run === "string" ? tested(directory, run) : module.verdict(run);
}

/** Tests that passed once with the sources as they are need not be run with them again. */
async function isSound(run) {
	if (typeof run === "string" && green.includes(run)) return true;
	const holds = verdictOf(await ofSound(), sound, run) === "";
	if (holds && typeof run === "string") tell({ green: run });
	return holds;
}

/** `most` runs of each check at most; the first `known` are known to kill nothing. */
async function judge({ checks, seconds, most = Number.POSITIVE_INFINITY, known = 0 }) {
	const started = spent();
	let total = 0;
	for (const [index, check] of checks.entries()) {
		// What earlier checks left of the time goes to the later ones.
		const until = started + (seconds * (index + 1)) / checks.length;
		let runs = 0;
		let noise = 0;
		tell({ check });
		for (const run of await runsOf(check)) {
			if (runs === most || spent() > until) break;
			runs++;
			total++;
			if (runs <= known) continue;
			const wrong = verdictOf(changed, mutant, run);
			if (wrong === "") continue;
			if (await isSound(run)) return { by: check, runs, total, noise, wrong };
			noise++;
		}
		tell({ passed: check, runs, noise });
	}
	return { by: "", runs: total, total, noise: 0, wrong: "" };
}

for (const layer of layers) tell(await judge(layer));
