// SPDX-License-Identifier: MIT
/**
 * What mcconfig takes without a word, and a board then does not do: one function for each, all of them in
 * {@link mistakes}. Everything of the SDK itself is left alone.
 */
import { posix } from "node:path";
import { imports } from "../tidy/source.js";
import { type Build, type Manifest, type Module, matchPlatform, mcconfig, type Piece } from "./mcconfig.js";
import type { Sdk } from "./names.js";
import { layered, type Tree } from "./tree.js";

export interface Question {
	/** Absolute. */
	readonly manifest: string;
	/** As after `-p`. */
	readonly platform: string;
	readonly tree: Tree;
	readonly sdk: Sdk;
	readonly variables?: Readonly<Record<string, string>>;
	readonly repositories?: Readonly<Record<string, string>>;
	readonly config?: Readonly<Record<string, string>>;
}

interface Case {
	readonly build: Build;
	readonly question: Question;
	readonly tree: Tree;
	/** Manifests and files that are not the SDK's. */
	own(path: string): boolean;
	readonly manifests: readonly Manifest[];
	/** Of JavaScript and TypeScript. */
	readonly modules: readonly Module[];
}

export interface Answer {
	readonly build: Build;
	/** A line for each mistake. */
	readonly mistakes: readonly string[];
}

/** Reads a manifest for a platform and tells what is wrong with it. */
export function examine(question: Question): Answer {
	const { sdk, manifest, ...rest } = question;
	const tree = layered(question.tree, sdk.tree);
	const build = mcconfig(manifest, { ...rest, tree, moddable: sdk.moddable });
	const own = (path: string): boolean => !path.startsWith(`${sdk.moddable}/`);
	const about: Case = {
		build,
		question,
		tree,
		own,
		manifests: build.manifests.filter(({ path }) => own(path)),
		modules: build.files.filter(
			({ kind, file }) => (kind === "js" || kind === "ts" || kind === "json") && own(file),
		),
	};
	const found = build.faults.filter((line) => own(line));
	for (const rule of rules) found.push(...rule(about));
	return { build, mistakes: [...new Set(found)] };
}

const keys =
	/^(?:build|include|config|creation|defines|modules|preload|resources|data|strip|platforms|typescript|error|warning|run|ffi|bundle|ble|recipes|commonjs)$/;

/** mcconfig reads `dependency` and `components` inside of `platforms` only. */
const platformKeys = /^(?:dependency|components)$/;

function* unknownKeys({ manifests }: Case): Iterable<string> {
	for (const { path, piece } of manifests) {
		for (const key of Object.keys(piece))
			if (!keys.test(key)) yield `${path}: mcconfig does not know "${key}"`;
		for (const [platform, part] of Object.entries(piece.platforms ?? {}))
			for (const key of Object.keys(part))
				if (!keys.test(key) && !platformKeys.test(key))
					yield `${path}: mcconfig does not know "${key}" of ${platform}`;
	}
}

/** A preload entry that finds nothing is silent, and a wildcard finds no TypeScript. */
function* preloads({ build, own, modules }: Case): Iterable<string> {
	for (const { pattern, by } of build.preload) {
		if (!own(by) || !pattern.includes("*")) continue;
		const start = pattern.slice(0, pattern.lastIndexOf("*"));
		const missed = modules.filter(({ kind, specifier }) => kind === "ts" && specifier.startsWith(start));
		if (missed.length > 0)
			yield `${by}: preload "${pattern}" finds no TypeScript: name ${missed[0].specifier}`;
	}
	for (const { pattern, by } of build.idle)
		if (own(by)) yield `${by}: preload "${pattern}" is no module of this build`;
}

/** Modules that are not preloaded are loaded into RAM, byte code and all. `main` is the application's own business. */
function* loaded({ build, modules }: Case): Iterable<string> {
	const main = build.creation.main ?? "main";
	for (const { specifier, preload, by, kind } of modules)
		if (!preload && kind === "ts" && specifier !== main) yield `${by}: ${specifier} is not preloaded`;
}

/** An entry that another one before it hides is never merged. */
function* hiddenPlatforms({ manifests }: Case): Iterable<string> {
	for (const { path, piece } of manifests) {
		const platforms = piece.platforms ?? {};
		for (const key of Object.keys(platforms)) {
			if (key === "..." || key.includes("*")) continue;
			const taken = matchPlatform(platforms, key);
			if (taken !== key) yield `${path}: "${taken}" stands before "${key}" and hides it`;
		}
	}
}

/** Exactly one entry counts: what "esp32" has is not merged where "esp32/x" matches, so it has to be said again. */
function* droppedByPlatform({ manifests }: Case): Iterable<string> {
	const named = ({ modules = {}, include = [], preload = [] }: Piece): string[] => [
		...Object.keys(modules).filter((key) => key !== "~" && key !== "*"),
		...[include].flat().map((one) => (typeof one === "string" ? one : (one.git ?? ""))),
		...[preload].flat(),
	];
	for (const { path, piece } of manifests) {
		const platforms = piece.platforms ?? {};
		for (const key of Object.keys(platforms)) {
			const general = key.replace(/\/.*$/, "");
			if (key === general || !(general in platforms)) continue;
			const here = named(platforms[key]);
			const lost = named(platforms[general]).filter((name) => !here.includes(name));
			if (lost.length > 0) yield `${path}: "${key}" does not get "${lost[0]}" of "${general}": say it again`;
		}
	}
}

/** `setup/network` of the SDK acts on this name, tries once, and lets nothing start when that fails. */
function* wakesNetwork({ build, question }: Case): Iterable<string> {
	if ("ssid" in build.config)
		yield `${question.manifest}: config "ssid" wakes setup/network, which never tries again: use names of our own`;
}

/** Both drivers define the C functions `xs_ethernet_*`, which only the C linker would notice. */
function* twoEthernets({ build, question, own }: Case): Iterable<string> {
	const root = question.sdk.moddable;
	if (question.sdk.targets[question.platform]?.ethernet !== true) return;
	if (!build.manifests.some(({ path }) => path === `${root}/modules/io/ethernet/manifest.json`)) return;
	const excluded = (build.modules.get("~") ?? []).filter(({ by }) => own(by)).map(({ path }) => path);
	for (const folder of ["", "/esp32", "/esp32/drivers/enc28j60", "/esp32/setup"])
		if (!excluded.includes(`${root}/modules/network/ethernet${folder}/*`))
			yield `${question.manifest}: two drivers for Ethernet on ${question.platform}: exclude modules/network/ethernet${folder}/*`;
}

/** The target's own sdkconfig overwrites ours when it is read later, and is lost with its flash size when earlier. */
function* sdkconfig({ build, question, manifests, own }: Case): Iterable<string> {
	if (question.sdk.targets[question.platform]?.sdkconfig !== true) return;
	const base = build.read.findIndex((path) => !own(path));
	for (const { path, piece, platform } of manifests) {
		if (piece.build?.SDKCONFIGPATH === undefined && platform?.build?.SDKCONFIGPATH === undefined) continue;
		if (base < 0 || build.read.indexOf(path) < base)
			yield `${path}: SDKCONFIGPATH is overwritten by that of ${question.platform}`;
		else
			yield `${path}: SDKCONFIGPATH takes the place of that of ${question.platform}, flash size and PSRAM with it`;
	}
}

/** A wildcard takes JSON for a module, too. */
function* manifestsAsModules({ modules, tree }: Case): Iterable<string> {
	for (const { kind, file, by, specifier } of modules) {
		if (kind !== "json") continue;
		const value = JSON.parse(tree.read(file) ?? "null");
		if (value !== null && typeof value === "object" && ("modules" in value || "include" in value))
			yield `${by}: ${specifier} is a manifest, not a module`;
	}
}

/** Imports as XS resolves them: relative ones from the specifier of the module, not from its file. */
function* unresolved({ build, question, modules, tree }: Case): Iterable<string> {
	const known = build.imports();
	for (const { specifier, file, kind, by } of modules) {
		if (kind === "json") continue;
		for (const { specifier: wanted, typeOnly } of imports(tree.read(file) ?? "")) {
			if (typeOnly) continue;
			const relative = /^\.\.?\//.test(wanted);
			const target = relative ? posix.join(posix.dirname(specifier), wanted).replace(/\.m?js$/, "") : wanted;
			if (known.has(target) || question.sdk.modules.includes(target)) continue;
			yield `${by}: ${specifier} imports ${wanted}, and ${target} is no module of this build`;
		}
	}
}

/** Without it a type error stops one build, and the next one takes the file that was left behind. */
function* emitsOnError({ build, modules, manifests }: Case): Iterable<string> {
	if (modules.some(({ kind }) => kind === "ts") && build.compilerOptions.noEmitOnError !== true)
		yield `${manifests.at(-1)?.path}: TypeScript without noEmitOnError`;
}

function* partitionTable({ build, question, tree }: Case): Iterable<string> {
	const { PARTITIONS_FILE: path } = build.environment;
	if (path !== undefined && tree.read(path) === undefined)
		yield `${question.manifest}: PARTITIONS_FILE ${path} is not there`;
}

const rules: readonly ((about: Case) => Iterable<string>)[] = [
	unknownKeys,
	preloads,
	loaded,
	hiddenPlatforms,
	droppedByPlatform,
	wakesNetwork,
	twoEthernets,
	sdkconfig,
	manifestsAsModules,
	unresolved,
	emitsOnError,
	partitionTable,
];
