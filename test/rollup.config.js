// SPDX-License-Identifier: MIT
/**
 * The command line as one file: what `tsc` emitted for `simulator/cli/main.ts` and all that it needs becomes
 * `dist/ringbuoy.js`. The licences of the packages inside stand at its end, so they travel with it.
 */
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "dist", "ringbuoy.js");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/**
 * The folders of the packages that these files belong to, innermost `node_modules` first.
 * @param {string[]} files @returns {string[]}
 */
function packagesOf(files) {
	const found = new Set();
	for (const file of files) {
		const match = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
		if (match) found.add(match[1]);
	}
	return [...found].sort();
}

/** Name, version and licence text of a package, for the notices. @param {string} folder */
function noticeOf(folder) {
	const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
	if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
	const text = readFileSync(join(folder, file), "utf8").trim().replaceAll("*/", "* /");
	return `${name} ${version} (${license})\n\n${text}`;
}

/** The version is that of the package at build time, not of whatever package.json is near at run time. */
const inlineVersion = {
	name: "inline-version",
	/** @param {string} code @param {string} id */
	transform(code, id) {
		if (!id.endsWith("version.js")) return null;
		return { code: code.replaceAll("RINGBUOY_VERSION", JSON.stringify(version)), map: null };
	},
};

/** readable-stream is a copy of Node's own streams: here we are on Node, and take the original. */
const nodeStreams = {
	name: "node-streams",
	/** @param {string} source */
	resolveId(source) {
		return source === "readable-stream" ? { id: "node:stream", external: true } : null;
	},
};

const appendNotices = {
	name: "append-notices",
	/** @param {unknown} _options @param {Record<string, any>} bundle */
	generateBundle(_options, bundle) {
		for (const chunk of Object.values(bundle)) {
			const notices = packagesOf(Object.keys(chunk.modules)).map(noticeOf);
			chunk.code += `\n/*! Parts of other packages are in this file:\n\n${notices.join("\n\n----\n\n")}\n*/\n`;
		}
	},
	writeBundle() {
		chmodSync(output, 0o755);
	},
};

export default {
	input: join(root, "dist", "js", "simulator", "cli", "main.js"),
	output: { file: output, format: "es", banner: "#!/usr/bin/env node", inlineDynamicImports: true },
	external: (/** @type {string} */ id) => builtins.has(id) && !id.endsWith("/"),
	plugins: [
		inlineVersion,
		nodeStreams,
		nodeResolve({ preferBuiltins: true, exportConditions: ["node"] }),
		commonjs({ ignoreDynamicRequires: true }),
		appendNotices,
	],
};
