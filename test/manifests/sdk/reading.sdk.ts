// SPDX-License-Identifier: MIT
/** Our reading of a manifest against that of mcconfig itself: what it merged, which modules it found, what it preloads. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { applying, boards, pieces, programs, root, withBoard, withPieces } from "../application.js";
import { type Build, mcconfig, type Piece } from "../mcconfig.js";
import { disk } from "../tree.js";
import { configure, moddable, scratch, sdk, tools } from "./build.js";

/** Names as mcconfig writes them: "embedded:io/digital" is "~.embedded/io/digital". */
const stored = (specifier: string): string => specifier.replace(/^([\w-]+):/, "~.$1/");

/** The entries of a list in a makefile. */
function listed(makefile: string, name: string, entry: RegExp): string[] {
	const block = new RegExp(`^${name} =\\\\\\n((?:\\t.*\\n)*)`, "m").exec(makefile)?.[1] ?? "";
	return [...block.matchAll(entry)].map(([, found]) => found).sort();
}

async function compare(manifest: Piece, platform: string): Promise<Build> {
	const folder = join(scratch(), "application");
	const path = join(folder, "manifest.json");
	mkdirSync(dirname(path));
	const absolute = [manifest.include ?? []].flat().map((one) => String(one).replace(/^(?:\.\.\/)+/, "@"));
	const include = absolute.map((one) =>
		one.startsWith("@boards/")
			? `${root}/${one.slice(1)}`
			: one.startsWith("@")
				? `${root}/manifests/${one.slice(1)}`
				: one,
	);
	writeFileSync(path, JSON.stringify({ ...manifest, include }));
	writeFileSync(join(folder, "main.js"), "");
	const configured = await configure(await tools(), { cwd: folder, platform, name: "application" }, [
		"mcconfig",
		path,
	]);
	const flat = JSON.parse(readFileSync(join(configured.folder, "manifest_flat.json"), "utf8"));
	const makefile = readFileSync(join(configured.folder, "makefile"), "utf8");
	const build = mcconfig(path, { tree: disk, moddable, platform });

	const modules = [...build.modules].map(([specifier, sources]) => [
		specifier,
		sources.map((one) => one.path),
	]);
	expect(Object.fromEntries(modules)).toEqual(flat.modules);
	expect(build.preload.map(({ pattern }) => pattern)).toEqual(flat.preload);
	expect(build.strip).toEqual(flat.strip);
	expect(flat.config).toMatchObject(build.config);
	expect(flat.defines).toEqual(build.defines);
	expect(flat.creation).toMatchObject(build.creation);
	expect(flat.typescript.tsconfig.compilerOptions).toMatchObject(build.compilerOptions);
	const known = [...build.imports().keys()].map(stored);
	expect(listed(makefile, "MODULES", /\$\(MODULES_DIR\)\/(.*)\.xsb/g)).toEqual(
		[...known, "mc/config"].sort(),
	);
	const preloaded = [...build.imports().values()].filter(({ preload }) => preload);
	const expected = [...preloaded.map(({ specifier }) => stored(specifier)), "mc/config"].sort();
	expect([...new Set(listed(makefile, "PRELOADS", /-p (.*)\.xsb/g))]).toEqual(expected);
	return build;
}

test.each(pieces)("manifests/%s.json is read as mcconfig reads it", async (name) => {
	await compare(withPieces([name]), "esp32/nodemcu");
});

test.each(boards)("boards/$name with a program is read as mcconfig reads it", async ({ name, target }) => {
	await compare(withBoard(name, "sensor"), target);
});

/** Functions in C that two files define: the linker of C would stop there, ours does not look at C. */
function defined(build: Build): string[] {
	const met = new Map<string, string>();
	const twice: string[] = [];
	for (const { file } of build.files.filter(({ kind }) => kind === "c"))
		for (const [, name] of readFileSync(file, "utf8").matchAll(/^void (xs_\w+)\(xsMachine/gm)) {
			const other = met.get(name);
			if (other !== undefined && other !== file) twice.push(`${name}: ${other} and ${file}`);
			met.set(name, file);
		}
	return twice;
}

describe.each(boards)("boards/$name, with the contents of the SDK", ({ name, target }) => {
	test.each(programs)("has nothing wrong with %s", (program) => {
		const { build, mistakes } = applying(withBoard(name, program), target, sdk);
		expect(mistakes).toEqual([]);
		expect(defined(build)).toEqual([]);
	});
});

describe.each(pieces)("manifests/%s.json, with the contents of the SDK", (name) => {
	const platforms = [...Object.keys(sdk.targets), ...(/^(?:wifi|ethernet)$/.test(name) ? [] : ["lin"])];
	test.each(platforms)("has nothing wrong on %s", (platform) => {
		const { build, mistakes } = applying(withPieces([name]), platform, sdk);
		expect(mistakes).toEqual([]);
		expect(defined(build)).toEqual([]);
	});
});
