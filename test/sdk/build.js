// SPDX-License-Identifier: MIT
/**
 * Builds images: a Moddable project, linked by the SDK's own tools, with the SDK's engine and our host.
 *
 * `mcconfig` writes a makefile, `make` compiles the modules with it and links them as for a board (preload, strip). The C
 * side is compiled here, because the SDK's rules for this platform want glib. Nothing is written into the SDK.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../xs/engine.js";
import { cache } from "./sdk.js";

const here = dirname(fileURLToPath(import.meta.url));
const host = join(here, "host");

/** -O1 is what makes the engine's byte codes countable: without optimisation it has another main loop. */
const FLAGS = [
	"-O1",
	"-w",
	"-fno-pie",
	"-DXS_ARCHIVE=1",
	"-DINCLUDE_XSPLATFORM=1",
	'-DXSPLATFORM="platform.h"',
	"-DmxFrequency=1",
];

/** What the linker diverts to host/count.c. */
const WRAPPED = [
	"fxNewSlot",
	"fxNewChunk",
	"fxNewGrowableChunk",
	"fxRenewChunk",
	"malloc",
	"calloc",
	"realloc",
];

/**
 * @typedef {import("./sdk.js").Sdk} Sdk
 * @typedef {{ program: string, modules: string, linked: string, sdk: Sdk }} Image
 *   the program, the folder of its compiled modules, the C file that the SDK's linker made of them
 */

/** @param {string} command @param {string[]} args @param {Sdk} sdk @param {string} what */
async function must(command, args, sdk, what) {
	const { code, output } = await run(command, args, undefined, sdk.env);
	if (code !== 0)
		throw new Error(`${what} failed:\n${output.split("\n").filter(isSaid).slice(-30).join("\n")}`);
	return output;
}

/** Progress of the makefiles is not worth a line. @param {string} line */
const isSaid = (line) => line.trim() !== "" && !/^# (xsc|xsid|tsc|xsl|cc) /.test(line);

/** @param {Sdk} sdk @param {string} text */
const fingerprint = (sdk, text) =>
	createHash("sha256")
		.update(JSON.stringify([sdk.folder, sdk.version, sdk.bits, FLAGS, text]))
		.digest("hex")
		.slice(0, 12);

/** The engine's sources that the SDK itself takes for a command line program. @param {Sdk} sdk */
function engineSources(sdk) {
	const fragment = readFileSync(join(sdk.folder, "tools", "mcconfig", "make.x-cli-lin.mk"), "utf8");
	return [...fragment.matchAll(/\/(xs\w+)\.c\.o/g)].map(([, name]) =>
		join(sdk.folder, "xs", "sources", `${name}.c`),
	);
}

/**
 * Compiles what is not there yet, with as many compilers at a time as there are processors.
 * @param {Sdk} sdk @param {string[]} files @param {string} folder @param {string[]} includes @param {number} newerThan
 */
async function compile(sdk, files, folder, includes, newerThan) {
	mkdirSync(folder, { recursive: true });
	const objects = files.map((file) => join(folder, `${basename(file)}.o`));
	const jobs = files
		.map((file, i) => ({ file, object: objects[i] }))
		.filter(({ file, object }) => {
			if (!existsSync(object)) return true;
			const made = statSync(object).mtimeMs;
			return made < statSync(file).mtimeMs || made < newerThan;
		});
	const worker = async () => {
		for (let job = jobs.shift(); job; job = jobs.shift()) {
			const temporary = `${job.object}.${process.pid}`;
			const args = [
				...FLAGS,
				`-m${sdk.bits}`,
				...includes.map((path) => `-I${path}`),
				"-c",
				job.file,
				"-o",
				temporary,
			];
			await must("gcc", args, sdk, `compiling ${job.file}`);
			renameSync(temporary, job.object);
		}
	};
	await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
	return objects;
}

/** @param {string} makefile @param {string} name */
function listOf(makefile, name) {
	const found = new RegExp(`^${name}\\s*=((?:.*\\\\\\n)*.*)$`, "m").exec(makefile);
	return (found?.[1] ?? "").replaceAll("\\\n", " ").trim().split(/\s+/).filter(Boolean);
}

/**
 * Builds the project in that folder.
 * @param {Sdk} sdk @param {string} folder with a manifest.json whose NAME is the folder's
 * @returns {Promise<Image>}
 */
export async function buildImage(sdk, folder) {
	const name = basename(folder);
	const out = join(cache, fingerprint(sdk, "image"), name);
	mkdirSync(out, { recursive: true });
	await must(
		"mcconfig",
		["-p", "x-cli-lin", "-o", out, join(folder, "manifest.json")],
		sdk,
		`mcconfig ${name}`,
	);
	const temporary = join(out, "tmp", "lin", "release", name);
	const makefile = readFileSync(join(temporary, "makefile"), "utf8");
	const linked = join(temporary, "mc.xs.c");
	// The SDK's rules strip nothing on this platform; a board strips what no module uses.
	const creation = `${listOf(makefile, "CREATION").join(" ")} ${listOf(makefile, "STRIPS").join(" ")}`;
	await must(
		"make",
		["-f", join(temporary, "makefile"), `CREATION=${creation}`, linked],
		sdk,
		`linking ${name}`,
	);
	const includes = [
		host,
		temporary,
		...["includes", "platforms", "sources"].map((part) => join(sdk.folder, "xs", part)),
		join(sdk.folder, "modules", "base", "instrumentation"),
		...listOf(makefile, "DIRECTORIES").map((flag) => flag.replace(/^-I/, "")),
	];
	const engine = await compile(
		sdk,
		engineSources(sdk),
		join(cache, engineFolder(sdk)),
		includes.slice(0, 5),
		0,
	);
	const native = [...makefile.matchAll(/^\$\(TMP_DIR\)\/(\S+\.c)\.o: (\/\S+)/gm)].map(([, , file]) => file);
	const ours = ["main.c", "count.c"].map((file) => join(host, file));
	const newest = Math.max(
		statSync(linked).mtimeMs,
		...readdirSync(host).map((file) => statSync(join(host, file)).mtimeMs),
	);
	const objects = await compile(sdk, [linked, ...ours, ...native], join(out, "objects"), includes, newest);
	const program = join(out, name);
	const wraps = WRAPPED.map((symbol) => `-Wl,--wrap=${symbol}`);
	await must(
		"gcc",
		[`-m${sdk.bits}`, "-no-pie", ...wraps, ...engine, ...objects, "-lm", "-lpthread", "-o", program],
		sdk,
		`linking ${name}`,
	);
	return { program, modules: join(temporary, "modules"), linked, sdk };
}

/** @param {Sdk} sdk */
function engineFolder(sdk) {
	return `engine-${fingerprint(sdk, readFileSync(join(host, "platform.h"), "utf8"))}`;
}
