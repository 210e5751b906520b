// SPDX-License-Identifier: MIT
/** Compiles and bundles the gates and the tests that run on XS; see rollup.config.js. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { rollup } from "rollup";
import { configuration, emitted, output, root, shippedFolder, sources } from "./rollup.config.js";

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
