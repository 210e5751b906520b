// SPDX-License-Identifier: MIT
/**
 * All TypeScript of a firmware in one run of tsc, with the configuration that mcconfig has written, put where its makefile
 * looks for it. mcconfig itself runs tsc once a file, a hundred times for a firmware: minutes in place of seconds.
 */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Project } from "./device-project.js";

interface OneFile {
	readonly files: readonly [string];
	readonly compilerOptions: { readonly outDir: string };
}

/** The configurations of single files that the makefile in use names; a folder may have older ones, too. */
function filesOf(made: string): OneFile[] {
	const makefile = readFileSync(join(made, "makefile"), "utf8");
	const names = [...makefile.matchAll(/ -p \$\(MODULES_DIR\)\/(\S+-tsconfig\.json)/g)].map(
		([, name]) => name,
	);
	return names.map((name) => JSON.parse(readFileSync(join(made, "modules", name), "utf8")));
}

/** Compiles; `tsc` runs it with these arguments and returns its exit code. Returns the number of files, 0 when it failed. */
export async function compileTogether(
	{ made }: Project,
	tsc: (args: readonly string[]) => Promise<number>,
): Promise<number> {
	const files = filesOf(made);
	if (files.length === 0) return 0;
	const folder = join(made, "tsc-together");
	const outDir = join(folder, "out");
	mkdirSync(folder, { recursive: true });
	const configuration = {
		extends: join(made, "modules/tsconfig-base.json"),
		compilerOptions: { rootDir: "/", outDir },
		files: files.map((file) => file.files[0]),
	};
	const path = join(folder, "tsconfig.json");
	writeFileSync(path, JSON.stringify(configuration));
	if ((await tsc(["-p", path])) !== 0) return 0;
	for (const {
		files: [source],
		compilerOptions,
	} of files) {
		const script = source.replace(/\.ts$/, ".js");
		const target = join(compilerOptions.outDir, script);
		mkdirSync(dirname(target), { recursive: true });
		copyFileSync(join(outDir, script), target);
		// The map tells the way from where it stands to the source.
		const map = JSON.parse(readFileSync(join(outDir, `${script}.map`), "utf8"));
		writeFileSync(`${target}.map`, JSON.stringify({ ...map, sources: [relative(dirname(target), source)] }));
	}
	return files.length;
}
