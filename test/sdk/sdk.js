// SPDX-License-Identifier: MIT
/** Finds a Moddable SDK and what is needed to build and run its engine here; says in one line what is missing. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, runnerFor } from "../xs/engine.js";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");
export const cache =
	process.env["RINGBUOY_SDK_CACHE"] ?? join(root, "node_modules", ".cache", "ringbuoy-sdk");

/** What the SDK's makefiles start. */
const TOOLS = ["mcconfig", "xsc", "xsid", "xsl"];

/**
 * @typedef {object} Sdk
 * @property {string} folder the SDK
 * @property {string} version of its tools
 * @property {NodeJS.ProcessEnv} env in which its tools work
 * @property {32 | 64} bits 32 like a board, where gcc can
 * @property {string[]} runner what starts a program of that word size, when the kernel does not
 */

/** @returns {Promise<Sdk | { missing: string }>} */
export async function findSdk() {
	const folder = process.env["MODDABLE"] ?? "";
	if (folder === "")
		return { missing: "MODDABLE is not set; it is the folder of a Moddable SDK, 8.2 or newer" };
	if (!existsSync(join(folder, "xs", "sources", "xsAll.h")))
		return { missing: `MODDABLE is ${folder}, and there is no Moddable SDK in it` };
	if (process.platform !== "linux")
		return { missing: "these gates need Linux: they build the SDK's Linux sockets" };
	const tools = join(folder, "build", "bin", "lin", "release");
	const absent = TOOLS.filter((name) => !existsSync(join(tools, name)));
	if (absent.length > 0)
		return {
			missing: `${absent.join(", ")} not in ${tools}; build the SDK's tools first (its documentation, "Linux")`,
		};
	const bin = join(root, "node_modules", ".bin");
	if (!existsSync(join(bin, "tsc"))) return { missing: "no TypeScript compiler: npm install" };
	for (const [command, argument] of [
		["make", "--version"],
		["gcc", "--version"],
		["mosquitto", "-h"],
	])
		if ((await run(command, [argument])).code < 0)
			return { missing: `no ${command} (Debian: apt-get install ${command})` };
	const runner = await runnerFor(32);
	if (typeof runner === "string") return { missing: `no 32-bit programs here: ${runner}` };
	const path = `${tools}:${bin}:${process.env["PATH"]}`;
	return {
		folder,
		version: versionOf(folder),
		env: { ...process.env, MODDABLE: folder, PATH: path },
		bits: 32,
		runner,
	};
}

/** @param {string} folder */
function versionOf(folder) {
	const file = join(folder, "tools", "VERSION");
	return existsSync(file) ? readFileSync(file, "utf8").trim() : "of an unknown version";
}
