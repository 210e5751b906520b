// SPDX-License-Identifier: MIT
/** `manifests/client.json` against the files of `lib/`: a module without its line is missing, or not preloaded, on a board. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "manifests");
const manifest = JSON.parse(readFileSync(join(folder, "client.json"), "utf8"));
const modules = manifest.modules as Record<string, string>;
const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
	.map((file) => file.replaceAll("\\", "/"))
	.filter((file) => file.endsWith(".ts"))
	.sort();

/** The specifiers that mcconfig would make of the manifest, each with its file. */
function specifiers(): Map<string, string> {
	const found = new Map<string, string>();
	for (const [specifier, path] of Object.entries(modules)) {
		if (!specifier.endsWith("/*")) {
			found.set(specifier, join(folder, `${path}.ts`));
			continue;
		}
		const directory = join(folder, path.slice(0, -1));
		for (const file of readdirSync(directory)) {
			if (!/\.(ts|js|mjs|json|c|h)$/.test(file)) continue;
			found.set(specifier.slice(0, -1) + file.replace(/\.[^.]+$/, ""), join(directory, file));
		}
	}
	return found;
}

describe("manifests/client.json", () => {
	const aliases = ["ringbuoy", "ringbuoy/store"];
	const expected = [...aliases, ...sources.map((file) => `ringbuoy/lib/${file.slice(0, -3)}`)];

	it("has every module of lib, and no other", () => {
		expect([...specifiers().keys()].sort()).toEqual([...expected].sort());
		for (const file of specifiers().values()) expect(existsSync(file), file).toBe(true);
	});

	it("preloads every one of them by its name", () => {
		expect([...manifest.preload].sort()).toEqual([...expected].sort());
	});

	it("names only modules whose relative imports resolve on XS", () => {
		const known = specifiers();
		for (const file of sources) {
			const from = `/ringbuoy/lib/${file}`;
			const text = readFileSync(join(root, "lib", file), "utf8");
			for (const [, target] of text.matchAll(/^(?:import|export|\} from)[^;]*?"(\.[^"]+)"/gm)) {
				const resolved = new URL(target, `file://${from}`).pathname.slice(1).replace(/\.js$/, "");
				expect(known.has(resolved), `${file} imports ${target}`).toBe(true);
			}
		}
	});

	it("brings nothing that is the application's to decide", () => {
		expect(Object.keys(manifest).sort()).toEqual(["modules", "preload", "typescript"]);
		expect(manifest.typescript.tsconfig.compilerOptions.noEmitOnError).toBe(true);
	});

	it("has aliases that only export again", () => {
		for (const name of aliases) {
			const text = readFileSync(join(folder, `${modules[name]}.ts`), "utf8")
				.replace(/^\/.*$/gm, "")
				.trim();
			const match = /^export \* from "([^"]+)";$/.exec(text);
			expect(specifiers().has(match?.[1] ?? ""), text).toBe(true);
		}
	});
});
