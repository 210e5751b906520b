// SPDX-License-Identifier: MIT
/**
 * What can only be seen with a Moddable SDK: `node test/manifests/sdk.js [words of a test's title]`.
 *
 * Our reading of the manifests against mcconfig's own; every way to include ringbuoy, compiled and linked for an ESP32, which
 * needs no ESP-IDF; the JavaScript that mcconfig makes of our sources against ours, byte for byte. The SDK is the user's, by
 * MODDABLE; nothing is written into it, but for `build/tmp`, where mcpack always writes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
/** Without symbolic links: mcconfig resolves them in some places, and not in others. */
const MODDABLE = process.env.MODDABLE && realpathSync(process.env.MODDABLE);

/** @param {string} why */
function skip(why) {
	console.log(`SKIPPED: nothing of manifests/ was held against a Moddable SDK: ${why}`);
	process.exit(0);
}

if (!MODDABLE)
	skip("MODDABLE is not set (https://github.com/Moddable-OpenSource/moddable, or `npx xs-dev setup`)");
const platform = { darwin: "mac", win32: "win" }[process.platform] ?? "lin";
const tools = join(MODDABLE, "build/bin", platform, "release");
if (!existsSync(join(tools, "mcconfig")))
	skip(`there is no mcconfig in ${tools}: build the SDK's tools first`);

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(args, env = process.env) {
	const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
	if (status !== 0) process.exit(status ?? 1);
}

console.log(`Moddable SDK ${readFileSync(join(MODDABLE, "tools/VERSION"), "utf8").trim()} in ${MODDABLE}`);
run(["test/tools/prepare.js"]);
// mcconfig starts a compiler for each module: the program itself, where its package has it, is quicker than the script around it.
const native = join(root, `node_modules/@typescript/typescript-${process.platform}-${process.arch}/lib`);
const path = [tools, native, join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
const named = process.argv.slice(2).flatMap((words) => ["-t", words]);
const config = ["--config", "test/manifests/sdk/vitest.config.ts"];
run(["node_modules/vitest/vitest.mjs", "run", ...config, ...named], { ...process.env, PATH: path, MODDABLE });
