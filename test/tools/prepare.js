// SPDX-License-Identifier: MIT
/**
 * Makes what `npm start`, `npm test` and the other commands need, and nothing when nothing is missing: installs the
 * packages, compiles with tsc to dist/js, rolls the command line up to dist/ringbuoy.js.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const force = process.argv.includes("--force");

function fail(message) {
	console.error(`ringbuoy: ${message}`);
	process.exit(1);
}

function run(title, command, args) {
	process.stderr.write(`ringbuoy: ${title} ...\n`);
	const started = Date.now();
	const result = spawnSync(command, args, {
		cwd: root,
		stdio: ["ignore", "pipe", "pipe"],
		encoding: "utf8",
		shell: process.platform === "win32",
	});
	if (result.error) fail(`${title} failed: ${result.error.message}`);
	if (result.status !== 0) {
		process.stderr.write(result.stdout + result.stderr);
		fail(`${title} failed; what it printed is above`);
	}
	process.stderr.write(`ringbuoy: ${title}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** The time of the newest file below `path`. */
function newest(path) {
	if (!existsSync(path)) return 0;
	const stat = statSync(path);
	if (!stat.isDirectory()) return stat.mtimeMs;
	let latest = stat.mtimeMs;
	for (const name of readdirSync(path)) latest = Math.max(latest, newest(join(path, name)));
	return latest;
}

function install() {
	const lock = join(root, "package-lock.json");
	const stamp = join(root, "node_modules/.cache/ringbuoy-installed");
	const wanted = readFileSync(lock, "utf8");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
	if (Number(process.versions.node.split(".")[0]) < 20)
		fail(`Node 20 or newer is needed, this is ${process.version}`);
	run("installing packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
	mkdirSync(dirname(stamp), { recursive: true });
	writeFileSync(stamp, wanted);
}

function build() {
	const sources = ["lib", "firmware", "simulator", "tsconfig.json", "package.json", "test/rollup.config.js"];
	const stamp = join(root, "dist/.built");
	const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
	if (!force && built > 0 && sources.every((path) => newest(join(root, path)) < built)) return;
	rmSync(join(root, "dist/js"), { recursive: true, force: true });
	run("compiling", process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"]);
	run("bundling", process.execPath, [
		join(root, "node_modules/rollup/dist/bin/rollup"),
		"--silent",
		"-c",
		"test/rollup.config.js",
	]);
	writeFileSync(stamp, "");
}

install();
build();
