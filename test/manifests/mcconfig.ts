// SPDX-License-Identifier: MIT
/**
 * Reads a manifest as `mcconfig` of the Moddable SDK does, without building: which manifests, in which order, merged to
 * what, and which files become modules under which name. Follows `tools/mcmanifest.js` and `tools/mcconfig.js` of SDK 8.2.3;
 * `sdk.js` holds it against the real one. What stops mcconfig, and what it passes over in silence, is a line of `faults`.
 */
import { posix } from "node:path";
import type { Tree } from "./tree.js";

/** As much of a manifest's contents as is looked at here. */
export interface Piece {
	build?: Record<string, string>;
	include?: Include | Include[];
	config?: Json;
	creation?: Json;
	defines?: Json;
	modules?: Record<string, string | string[]>;
	preload?: string | string[];
	resources?: Record<string, string | string[]>;
	data?: Record<string, string | string[]>;
	strip?: string | string[];
	error?: string | string[];
	typescript?: { compiler?: string; tsconfig?: { compilerOptions?: Json } };
	platforms?: Record<string, Piece>;
}
export type Include = string | { git?: string; branch?: string; tag?: string; manifest?: string };
export type Json = Record<string, unknown>;

export interface Manifest {
	readonly path: string;
	readonly directory: string;
	readonly piece: Piece;
	/** Of its `platforms`, the one that is merged. */
	readonly platform?: Piece;
}

export interface Setting {
	readonly tree: Tree;
	/** The SDK's folder in the tree. */
	readonly moddable: string;
	/** As after `-p`: "esp32/nodemcu", "esp32:/boards/mine", "lin". */
	readonly platform: string;
	/** Of the shell. */
	readonly variables?: Readonly<Record<string, string>>;
	/** Folders that stand for clones, by address. */
	readonly repositories?: Readonly<Record<string, string>>;
	/** `key=value` of the command line. */
	readonly config?: Readonly<Record<string, string>>;
}

export type Kind = "js" | "ts" | "d.ts" | "json" | "c" | "h";

export interface Module {
	/** As it is imported: "embedded:io/digital", "ringbuoy/lib/client". */
	readonly specifier: string;
	readonly file: string;
	readonly kind: Kind;
	/** The manifest that brought it. */
	readonly by: string;
	preload: boolean;
}

interface Source {
	readonly path: string;
	readonly by: string;
}

/** What mcconfig made of a manifest. */
export class Build {
	/** In the order of merging: included ones before those that include. */
	readonly manifests: Manifest[] = [];
	/** In the order of reading: that in which `build` entries overwrite each other. */
	readonly read: string[] = [];
	readonly environment: Record<string, string>;
	readonly config: Json = {};
	readonly creation: Json = {};
	readonly defines: Json = {};
	readonly modules = new Map<string, Source[]>();
	readonly preload: { readonly pattern: string; readonly by: string }[] = [];
	readonly compilerOptions: Json = {};
	strip: unknown = [];
	/** All files that became modules, C sources among them, in order. */
	readonly files: Module[] = [];
	/** Preload patterns that found nothing. */
	readonly idle: { readonly pattern: string; readonly by: string }[] = [];
	readonly faults: string[] = [];

	constructor(environment: Record<string, string>) {
		this.environment = environment;
	}

	/** What can be imported, by name. */
	imports(): Map<string, Module> {
		const scripts = this.files.filter(({ kind }) => kind === "js" || kind === "ts" || kind === "json");
		return new Map(scripts.map((module) => [module.specifier, module]));
	}
}

/** `tool.splitPath`: a folder, a name without its extension, the extension with its dot; `.d.ts` counts as one. */
function split(path: string): { directory: string; name: string; extension: string } {
	const base = posix.basename(path);
	const extension = base.endsWith(".d.ts") ? ".d.ts" : posix.extname(base);
	return { directory: posix.dirname(path), name: base.slice(0, base.length - extension.length), extension };
}

const list = <T>(value: T | T[] | undefined): T[] =>
	value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The entry of `platforms` that counts: exactly one, the first in order at the most specific level. */
export function matchPlatform(platforms: Readonly<Record<string, Piece>>, name: string): string | undefined {
	for (let partial = name; partial !== ""; partial = partial.includes("/") ? posix.dirname(partial) : "")
		for (const key of Object.keys(platforms)) {
			if (key.endsWith("/*")) {
				if (partial.startsWith(key.slice(0, -1))) return key;
			} else if (key.startsWith("*/")) {
				if (partial.endsWith(key.slice(1))) return key;
			} else if (partial === key) return key;
		}
	return "..." in platforms ? "..." : undefined;
}

/** Later ones win, inside of objects too. */
function merge(into: Json, from: Json | undefined): void {
	for (const [name, value] of Object.entries(from ?? {})) {
		const there = into[name];
		if (there && value && typeof there === "object" && typeof value === "object")
			merge(there as Json, value as Json);
		else into[name] = structuredClone(value);
	}
}

/** The names that mcconfig knows before it reads anything. */
function environmentOf(manifest: string, { moddable, platform, tree }: Setting): Record<string, string> {
	const [family, rest = ""] = platform.split(/[:/](.*)/s);
	const target = platform.includes(":")
		? { name: posix.basename(rest), directory: rest }
		: { name: rest, directory: `${moddable}/build/devices/${family}/targets/${rest}` };
	const own = tree.read(`${target.directory}/manifest.json`);
	const named =
		platform.includes(":") && own !== undefined ? (JSON.parse(own) as Piece).build?.SUBPLATFORM : undefined;
	const environment: Record<string, string> = {
		MODDABLE: moddable,
		PLATFORM: family,
		FULLPLATFORM: rest === "" ? family : `${family}/${named ?? target.name}`,
		NAME: posix.basename(posix.dirname(manifest)),
		BUILD_SIMULATOR: `${moddable}/build/simulators`,
		BLEMODULEPATH: `${moddable}/modules/network/ble/${family === "esp32" ? "nimble" : family}`,
	};
	if (family === "esp32") environment.ESP32_SUBCLASS = "esp32";
	if (rest !== "") {
		environment.SUBPLATFORM = named ?? target.name;
		environment.SUBPLATFORMDIRECTORY = target.directory;
		environment.SUBPLATFORMMANIFEST = `${target.directory}/manifest.json`;
	}
	return environment;
}

class Reader {
	readonly #build: Build;
	readonly #setting: Setting;
	readonly #already = new Set<string>();

	constructor(build: Build, setting: Setting) {
		this.#build = build;
		this.#setting = setting;
	}

	/** `$(NAME)` by its value; what nobody has defined is a fault, and stays. */
	variable(text: string, by: string): string {
		return text.replace(/\$\(([^)]+)\)/g, (whole, name: string) => {
			const value = this.#build.environment[name] ?? this.#setting.variables?.[name];
			if (value === undefined) this.fault(by, `$(${name}) has no value at this point`);
			return value ?? whole;
		});
	}

	fault(by: string, text: string): void {
		const line = `${by}: ${text}`;
		if (!this.#build.faults.includes(line)) this.#build.faults.push(line);
	}

	parse(path: string): void {
		this.#already.add(path);
		this.#build.read.push(path);
		const text = this.#setting.tree.read(path);
		if (text === undefined) {
			this.fault(path, "manifest not found");
			return;
		}
		let piece: Piece;
		try {
			piece = JSON.parse(text);
		} catch (error) {
			this.fault(path, `invalid manifest: ${(error as Error).message}`);
			return;
		}
		const directory = posix.dirname(path);
		this.#environment(piece, path);
		const key = matchPlatform(piece.platforms ?? {}, this.#build.environment.FULLPLATFORM);
		const platform = key === undefined ? undefined : piece.platforms?.[key];
		if (platform !== undefined) this.#environment(platform, path);
		for (const include of [...list(piece.include), ...list(platform?.include)]) this.#include(include, path);
		this.#build.manifests.push({ path, directory, piece, platform });
	}

	#environment({ build = {} }: Piece, path: string): void {
		const { environment } = this.#build;
		for (const [name, text] of Object.entries(build)) {
			const optional = name.endsWith(" ?=") && !(name in environment);
			const key = optional ? name.slice(0, -3) : name;
			const shell = optional ? this.#setting.variables?.[key] : undefined;
			const value = shell ?? this.variable(text, path);
			environment[key] = value.startsWith("./") ? posix.join(posix.dirname(path), value) : value;
		}
	}

	#include(include: Include, by: string): void {
		const path = this.#pathOf(include, by);
		if (path === undefined || this.#already.has(path)) return;
		const named = typeof include === "string" ? include : include.manifest;
		if (this.#setting.tree.read(path) === undefined) this.fault(by, `'${named}': manifest not found`);
		else this.parse(path);
	}

	#pathOf(include: Include, by: string): string | undefined {
		if (typeof include === "string") return posix.resolve(posix.dirname(by), this.variable(include, by));
		const { git, manifest } = include;
		const address = git === undefined ? undefined : this.variable(git, by);
		const clone = address === undefined ? undefined : this.#setting.repositories?.[address];
		if (address === undefined) this.fault(by, "an include without git");
		else if (clone === undefined) this.fault(by, `${address} is not known here`);
		else if (manifest === undefined && this.#setting.tree.read(`${clone}/manifest.json`) === undefined)
			this.fault(by, `${address} has no manifest.json at its top: name one, "manifest": "..."`);
		else return posix.join(clone, this.variable(manifest ?? "manifest.json", by));
		return undefined;
	}

	merge(): void {
		const build = this.#build;
		for (const { piece, platform, path } of build.manifests)
			for (const part of platform === undefined ? [piece] : [piece, platform]) {
				merge(build.config, part.config);
				merge(build.creation, part.creation);
				merge(build.defines, part.defines);
				if (part.strip) build.strip = part.strip;
				for (const pattern of list(part.preload)) build.preload.push({ pattern, by: path });
				for (const message of list(part.error)) this.fault(path, `refuses this platform: ${message}`);
				this.#compilerOptions(part.typescript?.tsconfig?.compilerOptions, path);
				for (const [specifier, sources] of Object.entries(part.modules ?? {}))
					for (const source of list(sources)) this.#module(specifier, source, path);
			}
		merge(build.config, this.#setting.config);
	}

	#compilerOptions(options: Json = {}, path: string): void {
		const all = this.#build.compilerOptions;
		for (const [name, value] of Object.entries(options)) {
			const given = Array.isArray(value) ? value.map((text) => this.variable(String(text), path)) : value;
			if (Array.isArray(given)) all[name] = [...given, ...((all[name] as string[] | undefined) ?? [])];
			else merge(all, { [name]: given });
		}
	}

	/** `resolveSource`: the folder has to be there now, what is in it comes later. */
	#module(specifier: string, source: string, path: string): void {
		const text = this.variable(source, path);
		const at = posix.resolve(posix.dirname(path), text);
		if (!text.includes("/")) this.fault(path, `'${source}': path not found`);
		else if (this.#setting.tree.list(posix.dirname(at)) === undefined)
			this.fault(path, `'${source}': directory not found`);
		else {
			const { modules } = this.#build;
			modules.set(specifier, [...(modules.get(specifier) ?? []), { path: at, by: path }]);
		}
	}
}

const kinds: Readonly<Record<string, Kind>> = {
	".js": "js",
	".mjs": "js",
	".ts": "ts",
	".d.ts": "d.ts",
	".json": "json",
	".c": "c",
	".cc": "c",
	".cpp": "c",
	".h": "h",
};

/** `ModulesRule`: exclusions first, then one entry after the other; a file counts where it is met first. */
function collect(build: Build, tree: Tree): void {
	const met = new Set<string>();
	const targets = new Map<string, Module>();
	const each = (specifier: string, { path, by }: Source, add: boolean): void => {
		const wanted = split(path);
		const star = wanted.name.lastIndexOf("*");
		const prefix = star < 0 ? wanted.name + wanted.extension : wanted.name.slice(0, star);
		const inSpecifier = specifier.lastIndexOf("*");
		let found = 0;
		for (const base of tree.list(wanted.directory) ?? []) {
			const { name, extension } = split(base);
			const hit = star < 0 ? name === prefix || base === prefix : name.startsWith(prefix);
			if (base.startsWith(".") || !hit) continue;
			const file = `${wanted.directory}/${base}`;
			const kind = kinds[extension];
			if (kind === undefined || tree.list(file) !== undefined) continue;
			if (kind === "json" && name.startsWith("manifest")) continue;
			found++;
			if (met.has(file)) continue;
			met.add(file);
			if (!add) continue;
			const rest = star < 0 ? wanted.name : name.slice(prefix.length);
			const named = inSpecifier < 0 ? specifier : specifier.slice(0, inSpecifier) + rest;
			const module = { specifier: kind === "c" ? base : named, file, kind, by, preload: false };
			const script = kind === "js" || kind === "ts" || kind === "json";
			const other = targets.get(module.specifier);
			if (script && other !== undefined)
				build.faults.push(`${by}: ${named} is ${other.file} already, not ${file}`);
			else if (script) targets.set(named, module);
			build.files.push(module);
		}
		const what = add ? `${specifier} has no file` : "~ excludes nothing";
		if (found === 0) build.faults.push(`${by}: ${what}: ${path}`);
	};
	for (const source of build.modules.get("~") ?? []) each("~", source, false);
	for (const [specifier, sources] of build.modules)
		if (specifier !== "~") for (const source of sources) each(specifier, source, true);
}

/** `filterPreload`: a name finds JavaScript and TypeScript, a wildcard only JavaScript. */
function preload(build: Build): void {
	const scripts = build.files.filter(({ kind }) => kind === "js" || kind === "ts" || kind === "json");
	for (const { pattern, by } of build.preload) {
		const star = pattern.lastIndexOf("*");
		const hits = scripts.filter(({ specifier, kind }) =>
			star < 0 ? specifier === pattern : kind !== "ts" && specifier.startsWith(pattern.slice(0, star)),
		);
		for (const module of hits) module.preload = true;
		if (hits.length === 0) build.idle.push({ pattern, by });
	}
}

/** Reads a manifest and all that it includes. */
export function mcconfig(manifest: string, setting: Setting): Build {
	const build = new Build(environmentOf(manifest, setting));
	const reader = new Reader(build, setting);
	reader.parse(manifest);
	reader.merge();
	collect(build, setting.tree);
	preload(build);
	return build;
}
