// SPDX-License-Identifier: MIT
/**
 * The JavaScript half of a firmware, compiled and linked by the SDK without ESP-IDF: manifests, types, missing modules,
 * preload, partition table. What is left for a real build is the C half.
 *
 * mcconfig writes a makefile for any git repository in IDF_PATH, so an empty one is made in the output folder; of the
 * makefile only two files are asked for, because its targets `all`, `deploy` and `xsbug` end processes of others.
 */

import {
	cpSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type BoardFolder, boardFaults } from "./device-board.js";
import { Diagnostics, type Finding } from "./device-diagnostics.js";
import { type Partition, partitionsOf } from "./device-partitions.js";
import { type Flavour, type Order, type Project, writeProject } from "./device-project.js";
import { run } from "./device-run.js";
import { compileTogether } from "./device-typescript.js";

/** What a check needs, found. */
export interface Toolchain {
	readonly root: string;
	readonly sdk: string;
	readonly sdkVersion: string;
	/** Folder of mcconfig, xsc, xsl. */
	readonly bin: string;
	readonly tsc: string;
}

export interface Checked {
	readonly board: string;
	readonly program: string;
	readonly ok: boolean;
	readonly findings: readonly Finding[];
	readonly seconds: number;
	/** Byte code of all modules, those of the SDK included. */
	readonly codeBytes: number;
	/** What the JavaScript half takes of the flash: byte code, slots, strings. */
	readonly romBytes: number;
	/** RAM taken by what can still be changed. */
	readonly aliasBytes: number;
	/** What the tools said; of use where nothing was understood. */
	readonly lines: readonly string[];
}

export interface Progress {
	step(words: string): void;
	compiled(files: number): void;
}

/** The environment of the SDK's tools. */
export function toolEnv({ sdk, bin, tsc }: Toolchain, idf: string): Record<string, string> {
	const path = [bin, dirname(tsc), process.env["PATH"] ?? ""].join(delimiter);
	return { MODDABLE: sdk, IDF_PATH: idf, PATH: path };
}

export async function check(
	order: Order,
	tools: Toolchain,
	progress: Progress,
	signal: AbortSignal,
): Promise<Checked> {
	const started = performance.now();
	const project = writeProject(tools.root, order);
	const diagnostics = new Diagnostics(project.folder, tools.sdk, (files) => progress.compiled(files));
	const faults = boardFaults(order.board);
	for (const fault of faults) diagnostics.fault(join(order.board.path, "board.json"), fault);
	const { target } = order.board.facts;
	if (faults.length === 0) await link({ ...order, target }, project, tools, diagnostics, progress, signal);
	if (!signal.aborted && diagnostics.errors.length === 0)
		for (const fault of madeFaults(order.board, project)) diagnostics.fault("", fault);
	return outcome(order.board.name, order.program.name, project, diagnostics, started, signal);
}

/** One of `manifests/examples`: the small projects that show how others include this one. */
export async function checkExample(
	name: string,
	out: string,
	tools: Toolchain,
	progress: Progress,
	signal: AbortSignal,
): Promise<Checked> {
	const started = performance.now();
	const folder = exampleAt(tools.root, name, out);
	const made = join(out, "tmp/esp32", subplatformOf(EXAMPLE_TARGET), "release", name);
	const project = { folder, out, made, idfProject: join(made, "xsProj-esp32"), images: "" };
	const diagnostics = new Diagnostics(folder, tools.sdk, (files) => progress.compiled(files));
	await link(
		{ target: EXAMPLE_TARGET, flavour: "release", out },
		project,
		tools,
		diagnostics,
		progress,
		signal,
	);
	return outcome(EXAMPLE_TARGET, `example ${name}`, project, diagnostics, started, signal);
}

/** Those that mcconfig builds by themselves. The others come by git, or need mcpack, which writes into the SDK. */
export const EXAMPLES = ["ecma419", "npm"] as const;
export const EXAMPLE_TARGET = "esp32/nodemcu";

/** Where it stands, or for the one that wants the package in `node_modules` a copy that has it there. */
function exampleAt(root: string, name: string, out: string): string {
	const place = join(root, "manifests/examples", name);
	if (!existsSync(join(place, "package.json"))) return place;
	const copy = join(out, name);
	cpSync(place, copy, { recursive: true });
	mkdirSync(join(copy, "node_modules"), { recursive: true });
	const link = join(copy, "node_modules/ringbuoy");
	rmSync(link, { force: true });
	symlinkSync(root, link, "dir");
	return copy;
}

function subplatformOf(target: string): string {
	return target.slice(target.indexOf("/") + 1);
}

function outcome(
	board: string,
	program: string,
	{ made }: Project,
	diagnostics: Diagnostics,
	started: number,
	signal: AbortSignal,
): Checked {
	const sizes = sizesOf(join(made, "mc.xs.c"));
	if (sizes === undefined && diagnostics.errors.length === 0 && !signal.aborted)
		diagnostics.fault("", "the SDK's tools linked nothing, and did not say why: see --verbose");
	return {
		...{ board, program },
		ok: diagnostics.errors.length === 0 && !signal.aborted,
		findings: diagnostics.findings,
		seconds: (performance.now() - started) / 1000,
		...(sizes ?? { codeBytes: 0, romBytes: 0, aliasBytes: 0 }),
		lines: diagnostics.lines,
	};
}

interface Job {
	readonly target: string;
	readonly flavour: Flavour;
	readonly out: string;
}

async function link(
	{ target, flavour, out }: Job,
	project: Project,
	tools: Toolchain,
	diagnostics: Diagnostics,
	progress: Progress,
	signal: AbortSignal,
): Promise<void> {
	const { folder, made, idfProject } = project;
	const onLine = (line: string): void => diagnostics.line(line);
	const idf = join(out, "no-idf");
	const env = toolEnv(tools, idf);
	const runIn = (command: string, args: string[]) => run({ command, args, cwd: folder, env }, onLine, signal);
	if (!existsSync(join(idf, ".git"))) {
		mkdirSync(idf, { recursive: true });
		if ((await runIn("git", ["-C", idf, "init", "--quiet"])) !== 0) return;
		const who = [
			"-c",
			"user.name=ringbuoy",
			"-c",
			"user.email=ringbuoy@localhost",
			"-c",
			"commit.gpgsign=false",
		];
		await runIn("git", ["-C", idf, ...who, "commit", "--quiet", "--allow-empty", "-m", "none"]);
	}
	// What an earlier check has left must not stand for this one.
	for (const file of ["makefile", "mc.xs.c"]) rmSync(join(made, file), { force: true });
	progress.step("mcconfig");
	const flags = flavour === "release" ? [] : [flavour === "debug" ? "-d" : "-i"];
	const code = await runIn("mcconfig", [...flags, "-p", target, "-o", out, "manifest.json"]);
	if (code !== 0 && diagnostics.errors.length === 0 && !signal.aborted)
		diagnostics.fault("", `mcconfig ended with ${code}: ${diagnostics.lines.at(-1) ?? "it said nothing"}`);
	const makefile = join(made, "makefile");
	if (diagnostics.errors.length > 0 || !existsSync(makefile)) return;
	touch(join(idfProject, "build/config/sdkconfig.h"));
	progress.step("compiling TypeScript");
	const compiled = await compileTogether(project, (args) => runIn("tsc", [...args]));
	if (compiled === 0 && diagnostics.errors.length === 0 && !signal.aborted)
		diagnostics.fault("", `tsc failed: ${diagnostics.lines.at(-1) ?? "it said nothing"}`);
	if (diagnostics.errors.length > 0) return;
	progress.step(`${compiled} files of TypeScript compiled; linking`);
	const targets = ["mc.xs.c", "mc.resources.c"].map((file) => join(made, file));
	const made_ = await runIn("make", ["-k", "-f", makefile, `IDF_PATH=${idf}`, ...targets]);
	if (made_ !== 0 && diagnostics.errors.length === 0 && !signal.aborted)
		diagnostics.fault("", `make ended with ${made_}: ${diagnostics.lines.at(-1) ?? "it said nothing"}`);
}

/** ESP-IDF would make this file; the makefile wants it to be newer than what mcconfig has written. */
function touch(file: string): void {
	mkdirSync(dirname(file), { recursive: true });
	if (!existsSync(file)) writeFileSync(file, "");
	const now = new Date();
	utimesSync(file, now, now);
}

type Sizes = Pick<Checked, "codeBytes" | "romBytes" | "aliasBytes">;

/** From what xsl wrote: tables of slots, and in them byte code and strings as C texts. Undefined: it wrote nothing. */
function sizesOf(file: string): Sizes | undefined {
	if (!existsSync(file)) return undefined;
	const text = readFileSync(file, "utf8");
	const defined = (name: string): number =>
		Number(new RegExp(`^#define ${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
	const sum = (pattern: RegExp, bytesOf: (found: string) => number): number =>
		[...text.matchAll(pattern)].reduce((bytes, [, found]) => bytes + bytesOf(found), 0);
	const bodies = sum(/^static const txU1 gxCode\d+\[(\d+)\];/gm, Number);
	const codeBytes = bodies + sum(/\.code = \{ \(txByte\*\)"((?:[^"\\]|\\.)*)"/g, charactersOf);
	const strings = sum(/\.string = (?:\([^)]*\))?"((?:[^"\\]|\\.)*)"/g, (found) => charactersOf(found) + 1);
	const slots = defined("mxHeapCount") + defined("mxStackCount");
	const romBytes = codeBytes + strings + 16 * slots + 4 * defined("mxKeysCount");
	return { codeBytes, romBytes, aliasBytes: 4 * defined("mxAliasCount") };
}

/** Of a text in C: an escape is one. */
function charactersOf(text: string): number {
	return text.replace(/\\(?:x[0-9a-f]{2}|[0-7]{1,3}|.)/gi, ".").length;
}

/** What mcconfig made of the board: its own partition table, or the target's; the size of the flash. */
function madeFaults({ facts, partitions }: BoardFolder, { idfProject }: Project): string[] {
	const faults: string[] = [];
	const file = join(idfProject, "partitions.csv");
	if (!existsSync(file)) return faults; // nothing was made: that is told by itself
	const table = partitionsOf(readFileSync(file, "utf8"));
	const shape = (list: readonly Partition[]): string =>
		list
			.map(({ label, type, subtype, offset, bytes }) => [label, type, subtype, offset, bytes].join())
			.join(" ");
	if (shape(table) !== shape(partitions))
		faults.push(
			"mcconfig took another partition table than the board's: PARTITIONS_FILE is set by somebody else",
		);
	const config = join(idfProject, "sdkconfig.mc");
	const megabytes = existsSync(config)
		? /^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y/m.exec(readFileSync(config, "utf8"))?.[1]
		: undefined;
	if (megabytes !== undefined && Number(megabytes) * 1_048_576 !== facts.flashBytes)
		faults.push(
			`the SDK builds ${facts.target} for ${megabytes} MB of flash, and board.json says ${facts.flashBytes} bytes`,
		);
	return faults;
}
