// SPDX-License-Identifier: MIT
/** Copies of the sources, below the checkout so that packages are found: one as they are, others with patches in them. */
import { execFile } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CATALOGUE } from "./catalogue.js";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const place = join(root, "dist/mutants", String(process.pid));
const SOURCES = [
	"lib",
	"firmware",
	"simulator",
	"test/store/campaign",
	"test/store/regressions.test.ts",
	"test/store/with.ts",
	"test/lib",
	"test/kit",
	"test/contract",
	"test/model",
	"test/mutants",
	"test/vectors",
];

/** The text with the patch in it. Throws when what is to be replaced is not there exactly once. */
function patched(text, { name, file, find, replace }) {
	const parts = text.split(find);
	if (parts.length !== 2) throw new Error(`${name}: found ${parts.length - 1} times in ${file}: ${find}`);
	return parts.join(replace);
}

/** Compiles the sources in that folder, into it; what was compiled there before and did not change stays. */
async function compile(name) {
	const from = join(place, name);
	const compilerOptions = {
		rootDir: ".",
		outDir: "js",
		incremental: true,
		tsBuildInfoFile: "built.json",
		declaration: false,
		noCheck: true,
	};
	const include = ["test/mutants/checks.ts"];
	const config = { extends: join(root, "tsconfig.json"), compilerOptions, include };
	writeFileSync(join(from, "tsconfig.json"), JSON.stringify(config));
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	try {
		await promisify(execFile)(process.execPath, [tsc, "-p", from]);
	} catch (error) {
		throw new Error(`${name} does not compile\n${error.stdout}${error.stderr}`);
	}
	return join(from, "js");
}

/** The layers that hide a mutant, and are switched off with it. */
function hiding(mutant) {
	return (mutant.without ?? []).map((name) => {
		const layer = CATALOGUE.find((one) => one.name === name);
		if (layer === undefined) throw new Error(`${mutant.name}: there is no ${name}`);
		return layer;
	});
}

/** Copies the sources as they are. Resolves to where they are compiled. */
export function copySound() {
	for (const path of SOURCES) cpSync(join(root, path), join(place, "sound", path), { recursive: true });
	return compile("sound");
}

/** Two copies for the mutants that are judged one after the other. `whole` is what {@link copySound} resolved to. */
export class Copies {
	constructor(whole, mark = "") {
		this.whole = whole;
		this.layer = `layer${mark}`;
		this.mutant = `mutant${mark}`;
		for (const other of [this.layer, this.mutant])
			cpSync(join(place, "sound"), join(place, other), { recursive: true });
	}

	/** What is to be judged, and what it is held against: sources that lack the same layers. Both stay until {@link restore}. */
	async make(mutant) {
		const layers = hiding(mutant);
		const sound = layers.length === 0 ? this.whole : await patch(this.layer, layers);
		return { sound, mutant: await patch(this.mutant, [...layers, mutant]) };
	}

	restore(mutant) {
		const layers = hiding(mutant);
		for (const { file } of layers) cpSync(join(place, "sound", file), join(place, this.layer, file));
		for (const { file } of [...layers, mutant])
			cpSync(join(place, "sound", file), join(place, this.mutant, file));
	}
}

/** Compiles the sources with these patches in them. */
function patch(name, patches) {
	for (const one of patches) {
		const path = join(place, name, one.file);
		writeFileSync(path, patched(readFileSync(path, "utf8"), one));
	}
	return compile(name);
}

export function removeCopies() {
	rmSync(place, { recursive: true, force: true, maxRetries: 5 });
}
