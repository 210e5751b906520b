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

/** Records the tapes of `test/replay/plans.ts`, on Node, and writes them as a module that XS can load. */
async function recordTapes() {
	const folder = join(emitted, "test", "replay");
	const { PLANS } = await import(pathToFileURL(join(folder, "plans.js")).href);
	const { record } = await import(pathToFileURL(join(folder, "record.js")).href);
	const recordings = [];
	for (const plan of PLANS) {
		const { tape, cuts } = record(plan);
		const text = Buffer.from(tape).toString("base64").replace(/=+$/, "");
		const pieces = text.match(new RegExp(`.{1,${PIECE}}`, "g"));
		recordings.push({ seed: plan.seed, version: plan.version, blocks: plan.blocks, cuts, tape: pieces });
	}
	writeFileSync(join(folder, "recordings.js"), `export const RECORDINGS = ${JSON.stringify(recordings)};\n`);
}

/**
 * @returns {Promise<{ gates: string[], tests: string[], warning: string, sourceOf: Map<string, string> }>}
 *   the built modules, and which source each came from
 */
export async function build() {
	rmSync(emitted, { recursive: true, force: true });
	const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
	const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "test", "xs", "tsconfig.json")], {
		encoding: "utf8",
	});
	// types are checked elsewhere; here only a missing output is a fault
	if (!existsSync(join(emitted, "test", "xs", "gate.js")))
		throw new Error(`the compiler emitted nothing:\n${compiled.stdout}${compiled.stderr}`);
	await recordTapes();
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
