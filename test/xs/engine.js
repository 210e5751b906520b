// SPDX-License-Identifier: MIT
/**
 * The real engine: takes the XS sources from an npm package, checks them, compiles them with our harness.
 *
 * The sources are those of XS 13.3 that `@agoric/xsnap` carries (LGPL and Apache, used unmodified, linked into a test
 * tool only). Everything lands in `node_modules/.cache/ringbuoy-xs/`; a second call costs a few milliseconds.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@agoric/xsnap@0.15.0";
const INTEGRITY =
	"sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==";
const WANTED = ["moddable/xs/includes", "moddable/xs/platforms", "moddable/xs/sources", "LICENSE"];

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const cache = process.env.RINGBUOY_XS_CACHE ?? join(root, "node_modules", ".cache", "ringbuoy-xs");
const harness = ["platform.h", "probe.h", "host.c", "modules.c", "platform.c", "probe.c"];

const FLAGS = [
	"-O1",
	"-w",
	"-fno-common",
	"-fno-pie",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxParse=1",
	"-DmxRun=1",
	"-DmxBoundsCheck=1",
	"-DmxRegExp=1",
	"-DmxRegExpUnicodePropertyEscapes=1",
	"-DmxStringNormalize=1",
	"-DmxMinusZero=1",
	"-DmxHostFunctionPrimitive=1",
];

/**
 * Where no message comes by: compiled as one file, and in a hurry. Not `xsDefaults.c`: who sees its table believes that it
 * is constant, and platform.c changes it.
 */
const COLD = [
	...["Atomics", "BigInt", "Date", "Debug", "Error", "Generator", "JSON", "Lockdown", "MapSet"],
	...["Module", "Profile", "Promise", "Proxy", "RegExp", "SourceMap", "Symbol", "dtoa", "re"],
].map((name) => `xs${name}.c`);
/** So are these, but each includes system headers in a way of its own. */
const COLD_ALONE = ["xsMarshall.c", "xsSnapshot.c"];

/** What the linker diverts to platform.c; exact, because all of them are called from other files than the one that defines them. */
const WRAPPED = [
	"fxNewChunk",
	"fxNewGrowableChunk",
	"fxRenewChunk",
	"fxNextHostFunctionProperty",
	"malloc",
	"calloc",
	"realloc",
];

/**
 * How an engine is made and what its files are called: `probe` counts what is allocated, `meter` byte codes as well.
 * @typedef {{ name: string, harness: string[], flags: string[], wrapped: string[] }} Kind
 */

/** @type {Kind} */
const PROBE = { name: "probe", harness, flags: FLAGS, wrapped: WRAPPED };
/** @type {Kind} */
const METER = {
	name: "meter",
	harness: [...harness, "meter.c"],
	flags: [...FLAGS, "-DmxFrequency=1"],
	wrapped: [...WRAPPED, "probeBuildHost"],
};

/**
 * @typedef {{ bits: 32 | 64, path: string, runner: string[] }} Engine
 *   `runner` is what starts a program of that word size, when the kernel of this machine does not: an emulator.
 * @typedef {{ engines: Engine[], missing: string[], built: boolean }} Engines
 *   `missing` says in one line each why a word size is not there.
 */

const MULTILIB = " (Debian: apt-get install gcc-multilib)";
/** Runs 32-bit programs where the kernel was built without them; a few times slower, the counts are the same. */
const EMULATOR = ["qemu-i386"];

/**
 * @param {string} command @param {string[]} args @param {string} [cwd] @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number, output: string }>} code -1: it could not be started
 */
export function run(command, args, cwd, env) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (data) => (output += data));
		child.stderr.on("data", (data) => (output += data));
		child.on("error", (error) => resolve({ code: -1, output: error.message }));
		child.on("close", (code) => resolve({ code: code ?? -1, output }));
	});
}

/** @param {string} text */
const firstLine = (text) => text.trim().split("\n")[0] ?? "";

/** What is missing lies outside of this project: the caller may go on without the engine. */
export class Unavailable extends Error {}

/** Brings the sources into the cache, once. @returns {Promise<string>} their folder */
async function fetchSources() {
	const target = join(cache, "xsnap-0.15.0");
	if (existsSync(join(target, "moddable"))) return target;
	mkdirSync(cache, { recursive: true });
	const work = join(cache, `fetch-${process.pid}`);
	mkdirSync(work, { recursive: true });
	try {
		const packed = await run(
			"npm",
			["pack", PACKAGE, "--loglevel=error", "--ignore-scripts", "--pack-destination", work],
			work,
		);
		const name = readdirSync(work).find((file) => file.endsWith(".tgz"));
		if (packed.code !== 0 || !name)
			throw new Unavailable(
				`cannot fetch ${PACKAGE} (${firstLine(packed.output) || "npm pack failed"}); ` +
					"go online once, or let npm reach a registry, and run again",
			);
		const digest = `sha512-${createHash("sha512")
			.update(readFileSync(join(work, name)))
			.digest("base64")}`;
		if (digest !== INTEGRITY) throw new Error(`${PACKAGE} is not the expected file: ${digest}`);
		const members = WANTED.map((path) => `package/${path}`);
		const unpacked = await run("tar", ["-xzf", name, ...members], work);
		if (unpacked.code !== 0) throw new Error(`cannot unpack ${name}: ${firstLine(unpacked.output)}`);
		rmSync(target, { recursive: true, force: true });
		renameSync(join(work, "package"), target);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
	return target;
}

/**
 * A hash over what decides how a file is compiled, or, with all our files, what the whole program is.
 * @param {Kind} kind @param {number} bits @param {string} compiler @param {string[]} files
 */
function fingerprint({ flags, wrapped }, bits, compiler, files) {
	const how = [INTEGRITY, bits, compiler, flags, wrapped, COLD, COLD_ALONE];
	const hash = createHash("sha256").update(JSON.stringify(how));
	for (const file of files) hash.update(readFileSync(join(here, file)));
	return hash.digest("hex").slice(0, 16);
}

/**
 * Compiles all files of all word sizes with as many compilers at a time as there are processors.
 * @param {Kind} kind @param {string} sources @param {{ bits: number, objects: string }[]} targets
 */
async function compile({ harness, flags }, sources, targets) {
	const folder = join(sources, "moddable", "xs");
	const includes = [here, ...["includes", "platforms", "sources"].map((name) => join(folder, name))];
	const cold = join(sources, "cold.c");
	writeFileSync(cold, COLD.map((name) => `#include "${name}"\n`).join(""));
	const files = [
		cold,
		...readdirSync(join(folder, "sources"))
			.filter((name) => name.endsWith(".c") && !COLD.includes(name))
			.map((name) => join(folder, "sources", name)),
		...harness.filter((name) => name.endsWith(".c")).map((name) => join(here, name)),
	];
	// the biggest first, so that no processor is left with it at the end
	const weight = (/** @type {string} */ file) =>
		readFileSync(file).length * (file.endsWith("xsRun.c") ? 4 : 1);
	const jobs = files
		.sort((a, b) => weight(b) - weight(a))
		.flatMap((file) => targets.map((target) => ({ file, ...target })));
	const worker = async () => {
		for (let job = jobs.shift(); job; job = jobs.shift()) {
			const object = join(job.objects, `${basename(job.file)}.o`);
			// objects of the engine itself outlive changes of the harness
			if (!job.file.startsWith(here) && existsSync(object)) continue;
			const temporary = `${object}.${process.pid}`;
			const args = [
				...flags,
				...(job.file === cold || COLD_ALONE.includes(basename(job.file)) ? ["-O0"] : []),
				`-m${job.bits}`,
				...includes.map((path) => `-I${path}`),
				"-c",
				job.file,
				"-o",
				temporary,
			];
			const { code, output } = await run("gcc", args);
			if (code !== 0) {
				jobs.length = 0;
				throw new Error(`cannot compile ${job.file} (${job.bits} bit):\n${output.slice(0, 2000)}`);
			}
			renameSync(temporary, object);
		}
	};
	await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
}

/** @param {Kind} kind @param {number} bits @param {string} objects @param {string} path */
async function link({ wrapped }, bits, objects, path) {
	const names = readdirSync(objects).filter((name) => name.endsWith(".o"));
	const files = names.map((name) => join(objects, name));
	const wraps = wrapped.map((name) => `-Wl,--wrap=${name}`);
	const temporary = `${path}.${process.pid}`;
	const { code, output } = await run("gcc", [
		`-m${bits}`,
		"-no-pie",
		...wraps,
		...files,
		"-lm",
		"-lpthread",
		"-o",
		temporary,
	]);
	if (code !== 0) throw new Error(`cannot link the ${bits}-bit engine:\n${output.slice(0, 2000)}`);
	renameSync(temporary, path);
}

/**
 * Can this compiler make programs of that word size, and how do they run here?
 * @param {number} bits @returns {Promise<string[] | string>} the runner, or in one line what is missing
 */
export async function runnerFor(bits) {
	mkdirSync(cache, { recursive: true });
	const source = join(cache, `try-${process.pid}.c`);
	const program = join(cache, `try-${process.pid}-${bits}`);
	writeFileSync(
		source,
		'#include <stdio.h>\n#include <math.h>\nint main(void) { return printf("%d", (int)floor(1.5)) < 0; }\n',
	);
	try {
		const { code } = await run("gcc", [`-m${bits}`, source, "-lm", "-o", program]);
		if (code !== 0) return `gcc -m${bits} does not work here${bits === 32 ? MULTILIB : ""}`;
		for (const runner of bits === 32 ? [[], EMULATOR] : [[]])
			if ((await run([...runner, program][0], [...runner, program].slice(1))).code === 0) return runner;
		return `the kernel runs no ${bits}-bit programs, and ${EMULATOR[0]} is not there (Debian: apt-get install qemu-user)`;
	} finally {
		rmSync(source, { force: true });
		rmSync(program, { force: true });
	}
}

/** The folder of its objects. @param {Kind} kind @param {number} bits @param {string} compiler */
const objectsOf = (kind, bits, compiler) =>
	`${kind === PROBE ? "" : `${kind.name}-`}objects-${bits}-${fingerprint(kind, bits, compiler, ["platform.h"])}`;

/** What an earlier harness or compiler left. @param {Kind} kind @param {Engine[]} engines @param {string} compiler */
function removeOld(kind, engines, compiler) {
	const own = kind === PROBE ? "probe|objects" : `${kind.name}|${kind.name}-objects`;
	for (const { bits, path } of engines) {
		const kept = [basename(path), objectsOf(kind, bits, compiler)];
		for (const name of readdirSync(cache))
			if (new RegExp(`^(${own})-${bits}-`).test(name) && !kept.includes(name))
				rmSync(join(cache, name), { recursive: true, force: true });
	}
}

/**
 * Gives the engines that can be had on this machine, building what is not built yet.
 * Throws when something that should work does not (no network, a failed integrity check, a compiler error).
 * @param {{ bits?: 32 | 64, metered?: boolean }} [options] `metered`: those that count byte codes, see meter.c
 * @returns {Promise<Engines>}
 */
export async function prepare(options = {}) {
	const version = await run("gcc", ["--version"]);
	if (version.code !== 0)
		return {
			engines: [],
			missing: ["no gcc: the real engine cannot be built (Debian: apt-get install gcc)"],
			built: false,
		};
	const compiler = firstLine(version.output);
	mkdirSync(cache, { recursive: true });
	/** @type {Engines} */
	const result = { engines: [], missing: [], built: false };
	const kind = options.metered ? METER : PROBE;
	const targets = [];
	for (const bits of /** @type {const} */ ([32, 64])) {
		if (options.bits && options.bits !== bits) continue;
		const path = join(cache, `${kind.name}-${bits}-${fingerprint(kind, bits, compiler, kind.harness)}`);
		const runner = await runnerFor(bits);
		if (typeof runner === "string") {
			result.missing.push(`no ${bits}-bit engine: ${runner}`);
			continue;
		}
		if (!existsSync(path)) {
			const objects = join(cache, objectsOf(kind, bits, compiler));
			targets.push({ bits, path, objects });
		}
		result.engines.push({ bits, path, runner });
	}
	if (targets.length === 0) return result;
	const sources = await fetchSources();
	for (const target of targets) mkdirSync(target.objects, { recursive: true });
	await compile(kind, sources, targets);
	await Promise.all(targets.map((target) => link(kind, target.bits, target.objects, target.path)));
	removeOld(kind, result.engines, compiler);
	result.built = true;
	return result;
}
