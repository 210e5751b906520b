// SPDX-License-Identifier: MIT
/** Files as mcconfig sees them: on disk, or made up for a test. Paths are absolute, with slashes. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";

export interface Tree {
	/** The text of a file; undefined when there is none. */
	read(path: string): string | undefined;
	/** The names in a folder, sorted; undefined when there is none. */
	list(path: string): readonly string[] | undefined;
}

export const disk: Tree = {
	read: (path) =>
		statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : undefined,
	list: (path) => (existsSync(path) && statSync(path).isDirectory() ? readdirSync(path).sort() : undefined),
};

/** Files out of a table: path to text. */
export function planted(texts: Readonly<Record<string, string>>): Tree {
	const folders = new Map<string, Set<string>>();
	for (const path of Object.keys(texts))
		for (let at = path; at !== "/"; at = posix.dirname(at)) {
			const folder = posix.dirname(at);
			folders.set(folder, (folders.get(folder) ?? new Set()).add(posix.basename(at)));
		}
	return {
		read: (path) => texts[path],
		list: (path) => {
			const names = folders.get(path);
			return names && [...names].sort();
		},
	};
}

/** The first of the trees that has it. */
export function layered(...trees: readonly Tree[]): Tree {
	return {
		read: (path) => trees.map((tree) => tree.read(path)).find((text) => text !== undefined),
		list: (path) => trees.map((tree) => tree.list(path)).find((names) => names !== undefined),
	};
}
