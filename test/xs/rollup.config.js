// SPDX-License-Identifier: MIT
/**
 * Bundles for XS, into `dist/xs/`: every gate, and every test of `lib` that needs no Node. The input is what
 * `tsc -p test/xs/tsconfig.json` emitted into `dist/xs-emit/`. `lib` and `firmware/programs` stay outside: a bundle
 * imports `dist/js/lib/...`, the very files that ship.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");
export const emitted = join(root, "dist", "xs-emit");
export const output = join(root, "dist", "xs");
const shim = join(emitted, "test", "xs", "vitest.js");

/** @param {string} folder @param {string} ending @returns {string[]} */
function filesIn(folder, ending) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(ending))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}

/** @param {string} source @returns {string[]} */
const importsOf = (source) =>
	[...source.matchAll(/^(?:import|export)(?:[\w\s{},*$]*\bfrom)?\s*["']([^"']+)["']/gm)].map(
		(match) => match[1] ?? "",
	);

/**
 * Can that source run on XS? Everything that it imports, and what these import, has to be `lib`, `vitest`, or a file of
 * the tests or of the simulator for which the same holds. `// xs: skip` in a test says no.
 * @param {string} file @param {Set<string>} [seen] @returns {boolean}
 */
function runsOnXs(file, seen = new Set()) {
	if (seen.has(file)) return true;
	seen.add(file);
	if (!existsSync(file)) return false;
	const source = readFileSync(file, "utf8");
	if (/^\/\/ xs: skip/m.test(source) || /\bawait import\(|\bvi\.|\bprocess\.|\bBuffer\./.test(source))
		return false;
	for (const specifier of importsOf(source)) {
		if (specifier === "vitest") continue;
		if (!specifier.startsWith(".")) return false;
		const target = resolve(dirname(file), specifier).replace(/\.js$/, ".ts");
		const place = relative(root, target);
		if (place.startsWith("lib/")) continue;
		const mayCome = place.startsWith("test/") || place.startsWith("simulator/");
		if (!mayCome || !runsOnXs(target, seen)) return false;
	}
	return true;
}

/** The sources of the gates, and of the tests that run on XS. @returns {{ gates: string[], tests: string[] }} */
export function sources() {
	const gates = filesIn(join(here, "gates"), ".ts");
	const tests = filesIn(join(root, "test", "lib"), ".test.ts").filter((file) => runsOnXs(file));
	return { gates, tests };
}

/** What ships: it is imported by the bundles, never part of them. */
const SHIPPED = ["lib", join("firmware", "programs"), join("firmware", "drivers")];

/** Where the JavaScript that ships is: in `dist/js` if it is there and of today, else what was emitted beside the tests. */
export function shippedFolder() {
	const shipped = join(root, "dist", "js");
	if (!existsSync(shipped))
		return { folder: emitted, warning: "dist/js is not built: the gates compile what they test themselves" };
	for (const place of SHIPPED)
		for (const file of filesIn(join(emitted, place), ".js")) {
			const twin = join(shipped, relative(emitted, file));
			if (!existsSync(twin) || readFileSync(twin, "utf8") !== readFileSync(file, "utf8"))
				return { folder: emitted, warning: `dist/js is older than ${relative(emitted, file)}` };
		}
	return { folder: shipped, warning: "" };
}

const ENTRY = "\0xs-test:";
const SHIP = "xs-ship:";

/** @param {string} shipped @returns {import("rollup").Plugin} */
const plugin = (shipped) => ({
	name: "xs",
	resolveId(specifier, importer) {
		if (specifier.startsWith(ENTRY)) return specifier;
		if (specifier === "vitest") return shim;
		if (!importer || !/^[./]/.test(specifier)) return null;
		const file = resolve(dirname(importer), specifier);
		const place = relative(emitted, file);
		return SHIPPED.some((folder) => place.startsWith(folder)) ? { id: SHIP + place, external: true } : file;
	},
	load(id) {
		if (!id.startsWith(ENTRY)) return null;
		const file = JSON.stringify(id.slice(ENTRY.length));
		return `import { runTests } from "vitest"; import ${file}; await runTests();`;
	},
	renderChunk(code, chunk) {
		const folder = relative(dirname(join(output, chunk.fileName)), shipped);
		return { code: code.replaceAll(SHIP, `${folder}/`), map: null };
	},
});

/** @param {string} file a source @param {string} folder */
const nameOf = (file, folder) => relative(folder, file).replace(/\.ts$/, "");
/** @param {string} file a source */
const emittedAs = (file) => join(emitted, relative(root, file)).replace(/\.ts$/, ".js");

/** @returns {import("rollup").RollupOptions & { output: import("rollup").OutputOptions }} */
export function configuration() {
	const { gates, tests } = sources();
	/** @type {Record<string, string>} */
	const input = {};
	for (const file of gates) input[nameOf(file, here)] = emittedAs(file);
	for (const file of tests) input[nameOf(file, join(root, "test"))] = ENTRY + emittedAs(file);
	return {
		input,
		plugins: [plugin(shippedFolder().folder)],
		treeshake: false,
		output: { dir: output, format: "es", chunkFileNames: "shared/[name].js", minifyInternalExports: false },
	};
}

export default configuration;
