// SPDX-License-Identifier: MIT
/** What is taken for granted of the Moddable SDK when there is none: names, and no contents. */
import { readFileSync } from "node:fs";
import { planted, type Tree } from "./tree.js";

export interface Sdk {
	/** Its folder in {@link tree}. */
	readonly moddable: string;
	readonly tree: Tree;
	/** Specifiers that somebody else than our manifests brings. */
	readonly modules: readonly string[];
	/** By what comes after `-p`. */
	readonly targets: Readonly<Record<string, Target>>;
}

export interface Target {
	/** It has an sdkconfig of its own: flash size, PSRAM. */
	readonly sdkconfig: boolean;
	/** `manifest_net.json` brings the driver `ethernet` of old. */
	readonly ethernet: boolean;
}

export interface Names {
	readonly version: string;
	readonly files: readonly string[];
	readonly modules: readonly string[];
	readonly targets: Readonly<Record<string, Target>>;
}

export const names: Names = JSON.parse(readFileSync(new URL("./sdk.json", import.meta.url), "utf8"));

/** An SDK that has the files of the list, all of them empty. */
export function namedSdk({ files, modules, targets }: Names = names): Sdk {
	const moddable = "/moddable";
	const text = (path: string): string => (path.endsWith(".json") ? "{}" : "");
	const tree = planted(Object.fromEntries(files.map((path) => [`${moddable}/${path}`, text(path)])));
	return { moddable, tree, modules, targets };
}
