// SPDX-License-Identifier: MIT
/** Compiles and bundles the gates and the tests that run on XS; see rollup.config.js. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { rollup } from "rollup";
import { configuration, emitted, output, root, shippedFolder, sources } from "./rollup.config.js";

/** Letters of base64 in one string: whole groups, and short enough for the parser of XS. */
const PIECE = 4096;

/**
 * Records tapes, on Node, and writes them as a module that XS can load: of `test/replay/plans.ts`, or of random runs.
 * @param {Runs | undefined} only
 */
async function recordTapes(only) {
	const folder = join(emitted, "test", "replay");
	const load = (/** @type {string} */ name) => import(pathToFileURL(join(folder, name)).href);
	/** @type {import("../replay/recorder.js").Recording[]} */
	const recordings = [];
	if (only === undefined) recordings.push(...(await load("plans.js")).recordings());
	else {
		const { recordRun } = await load("runs.js");
		for (let seed = only.seed; seed < only.seed + only.runs; seed++) {
			const run = recordRun(seed, only.options);
			if (run.failure !== undefined) console.log(`xs: the run of seed ${seed} fails: ${run.failure}`);
			recordings.push(...run.recordings);
		}
	}
	const pieces = recordings.map(({ title, tape }) => {
		const text = Buffer.from(tape).toString("base64").replace(/=+$/, "");
		return { title, tape: text.match(new RegExp(`.{1,${PIECE}}`, "g")) };
	});
	writeFileSync(join(folder, "recordings.js"), `export const RECORDINGS = ${JSON.stringify(pieces)};\n`);
}

/**
 * @typedef {{ seed: number, runs: number, options: { minutes: number, boards?: number } }} Runs random runs, see simulator/swarm/
 * @param {Runs} [only] the boards of these are to be played, and nothing else that was recorded
 * @returns {Promise<{ gates: string[], tests: string[], warning: string, sourceOf: Map<string, string> }>}
 *   the built modules, and which source each came from
 */
export async function build(only) {
	rmSync(emitted, { recursive: true, force: true });
	const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
	const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "test", "xs", "tsconfig.json")], {
		encoding: "utf8",
	});
	// types are checked elsewhere; here only a missing output is a fault
	if (!existsSync(join(emitted, "test", "xs", "gate.js")))
		throw new Error(`the compiler emitted nothing:\n${compiled.stdout}${compiled.stderr}`);
	await recordTapes(only);
	rmSync(output, { recursive: true, force: true });
	const options = configuration();
	const bundle = await rollup(options);
	await bundle.write(options.output);
	await bundle.close();
	const found = sources();
	/** @type {Map<string, string>} */
	const sourceOf = new Map();
	const built = (/** @type {string[]} */ files, /** @type {string} */ folder) =>
		files.map((file) => {
			const path = join(output, relative(folder, file)).replace(/\.ts$/, ".js");
			sourceOf.set(path, file);
			return path;
		});
	return {
		gates: built(found.gates, join(root, "test", "xs")),
		tests: built(found.tests, join(root, "test")),
		warning: shippedFolder().warning,
		sourceOf,
	};
}
