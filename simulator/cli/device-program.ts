// SPDX-License-Identifier: MIT
/** The program of a firmware: one of the package, or a file of somebody's own with the files that it imports. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "./usage.js";
import { nearest } from "./words.js";

export interface Program {
	readonly name: string;
	/** Of `manifests/`; without it, `own` is somebody's own program. */
	readonly manifest?: string;
	readonly own?: OwnProgram;
}

export interface OwnProgram {
	/** The module that exports `start`. */
	readonly specifier: string;
	/** That of its file: "ts", or "js". */
	readonly ending: string;
	/** It and what it imports by relative paths: specifier, and path without an ending, as manifests have it. */
	readonly modules: ReadonlyMap<string, string>;
}

/** Modules of somebody's own stand below it, in the order of their folders: on XS a relative import goes by specifiers. */
export const OWN = "program";

/** The programs of the package: what `manifests/` has on top of `device.json`. */
export function programNames(root: string): string[] {
	const folder = join(root, "manifests");
	const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
	const onDevice = names.filter((name) =>
		[manifestOf(join(folder, name)).include].flat().includes("./device.json"),
	);
	return onDevice.map((name) => name.slice(0, -5)).sort();
}

/** One of the package, or a file of somebody's own that exports `start`. Throws a {@link UsageError}. */
export function programAt(root: string, name: string): Program {
	if (/\.(?:ts|js)$/.test(name)) {
		const path = resolve(name);
		if (!existsSync(path)) throw new UsageError(`${name}: there is no such file`);
		if (!/\bexport\b[^;{]*\bstart\b|export\s*\{[^}]*\bstart\b/.test(readFileSync(path, "utf8")))
			throw new UsageError(`${name} exports no start: a program begins with export function start(board)`);
		return { name, own: ownProgram(root, path) };
	}
	const names = programNames(root);
	if (names.includes(name)) return { name, manifest: join(root, "manifests", `${name}.json`) };
	const meant = nearest(name, names);
	const advice = meant
		? `did you mean ${meant}?`
		: `there are ${names.join(", ")}, or name a file of your own`;
	throw new UsageError(`there is no program "${name}"; ${advice}`);
}

function ownProgram(root: string, path: string): OwnProgram {
	const files = [path];
	for (const file of files)
		for (const found of importsOf(file)) {
			const ours = isOurs(root, found);
			if (ours && !isOurs(root, file))
				throw new UsageError(
					`${file} imports ${found}: outside of ringbuoy write "ringbuoy", or "ringbuoy/${relative(root, bare(found))}"`,
				);
			// What is not among the programs is in the firmware anyway.
			const linked = ours && !found.startsWith(join(root, "firmware/programs") + sep);
			if (!linked && !files.includes(found)) files.push(found);
		}
	const own = files.filter((file) => !isOurs(root, file)).map(dirname);
	const top = own.reduce(common, own[0] ?? "");
	const specifierOf = (file: string): string => {
		const [prefix, folder] = isOurs(root, file) ? ["ringbuoy", root] : [OWN, top];
		return [prefix, ...relative(folder, bare(file)).split(sep)].join("/");
	};
	const modules = new Map(files.map((file) => [specifierOf(file), bare(file)]));
	return { specifier: specifierOf(path), ending: path.slice(-2), modules };
}

/** In the tree whose modules have specifiers of their own. */
function isOurs(root: string, file: string): boolean {
	return ["lib", "firmware"].some((folder) => file.startsWith(join(root, folder) + sep));
}

function bare(file: string): string {
	return file.replace(/\.(?:ts|js)$/, "");
}

/** The deepest folder that both are in. */
function common(one: string, other: string): string {
	let folder = one;
	while (relative(folder, other).startsWith("..")) folder = dirname(folder);
	return folder;
}

/** Files that are imported by relative paths. What is not there is left to the compiler, which says so. */
function importsOf(file: string): string[] {
	const text = readFileSync(file, "utf8");
	const found: string[] = [];
	for (const [, type, path] of text.matchAll(
		/\b(?:import|export)\s*(type\b)?[^"';]*?["'](\.{1,2}\/[^"'\n]+)["']/g,
	)) {
		const place = bare(join(dirname(file), path));
		const source = [`${place}.ts`, `${place}.js`].find((name) => existsSync(name));
		if (type === undefined && source !== undefined) found.push(source);
	}
	return found;
}

export function manifestOf(file: string): { include?: string | string[]; creation?: object } {
	return JSON.parse(readFileSync(file, "utf8"));
}
