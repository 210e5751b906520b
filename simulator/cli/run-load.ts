// SPDX-License-Identifier: MIT
/**
 * Finds what `ringbuoy run` was asked for: a scenario that comes with us, by its name, or the module of a file. JavaScript is
 * imported as it is; TypeScript goes through the esbuild of the project that the file is in, or through Node itself where it
 * can do that.
 */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SCENARIOS } from "../scenarios/index.js";
import type { Scenario } from "../scene/index.js";
import { traceOf } from "./run-trace.js";
import { UsageError } from "./usage.js";
import { nearest } from "./words.js";

const SCRIPTS = [".js", ".mjs", ".ts", ".mts"];

/** A story to play, or a plan: data that a random run has written out. */
export type Loaded =
	| { readonly kind: "story"; readonly name: string; readonly scenario: Scenario }
	| { readonly kind: "plan"; readonly name: string; readonly title: string; readonly plan: unknown };

/** By name or by file. Throws a {@link UsageError} that says what to do. */
export async function load(name: string): Promise<Loaded> {
	const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
	if (scenario !== undefined) return { kind: "story", name, scenario };
	if (!isFile(name)) throw new UsageError(unknown(name));
	return examined(name, await moduleOf(resolve(name)));
}

function isFile(name: string): boolean {
	return SCRIPTS.includes(extname(name)) || /[/\\]/.test(name) || existsSync(name);
}

function unknown(name: string): string {
	const meant = nearest(name, Object.keys(SCENARIOS));
	if (meant !== undefined) return `there is no scenario "${name}"; did you mean ${meant}?`;
	return `there is no scenario "${name}"; ringbuoy run lists them, and a file of yours ends in ${SCRIPTS.join(", ")}`;
}

/** Looks at what the module of a file exports. */
function examined(name: string, module: Readonly<Record<string, unknown>>): Loaded {
	const { plan, title, about, setting } = module;
	if (plan !== undefined) return { kind: "plan", name, title: String(title ?? basename(name)), plan };
	const script = module["default"];
	if (typeof script !== "function")
		throw new UsageError(`${name} has no scenario in it: it is to export default function (scene) { ... }`);
	for (const [what, value] of Object.entries({ title, about }))
		if (value !== undefined && typeof value !== "string")
			throw new UsageError(`${name}: "${what}" is to be a string, not a ${typeof value}`);
	return {
		kind: "story",
		name,
		scenario: {
			title: (title as string | undefined) ?? basename(name),
			about: (about as string | undefined) ?? "",
			setting: setting as Scenario["setting"],
			default: script as Scenario["default"],
		},
	};
}

async function moduleOf(path: string): Promise<Readonly<Record<string, unknown>>> {
	if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
	if (!statSync(path).isFile()) throw new UsageError(`${path} is a folder; name the file in it`);
	const extension = extname(path);
	if (!SCRIPTS.includes(extension))
		throw new UsageError(`${path}: a scenario is a file that ends in ${SCRIPTS.join(", ")}`);
	try {
		return extension.endsWith("ts") ? await typescript(path) : await imported(path);
	} catch (error) {
		throw explained(path, error);
	}
}

function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
	return import(pathToFileURL(path).href);
}

/** Of esbuild, what we need. */
interface Esbuild {
	build(options: object): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
}

async function typescript(path: string): Promise<Readonly<Record<string, unknown>>> {
	const esbuild = await esbuildNear(path);
	if (esbuild !== undefined) return bundled(esbuild, path);
	const { typescript: native } = process.features as { readonly typescript?: string | false };
	if (native) return imported(path);
	throw new UsageError(
		`${path} is TypeScript: npm install --save-dev esbuild in its project, or use Node 22.18 or newer, or write it in JavaScript`,
	);
}

/** That of the project that the file is in. */
async function esbuildNear(path: string): Promise<Esbuild | undefined> {
	let found: string;
	try {
		found = createRequire(pathToFileURL(path)).resolve("esbuild");
	} catch {
		return undefined;
	}
	const module = (await import(pathToFileURL(found).href)) as Esbuild & { readonly default?: Esbuild };
	return module.default ?? module;
}

/** What it imports of packages it finds from beside its source: there it lies, for a moment. */
async function bundled(esbuild: Esbuild, path: string): Promise<Readonly<Record<string, unknown>>> {
	const { outputFiles } = await esbuild.build({
		...{ entryPoints: [path], bundle: true, write: false, packages: "external", logLevel: "silent" },
		...{ platform: "node", format: "esm", target: `node${process.versions.node}`, sourcemap: "inline" },
	});
	const made = join(dirname(path), `.${basename(path)}.${process.pid}.mjs`);
	process.setSourceMapsEnabled(true);
	try {
		writeFileSync(made, outputFiles[0].text);
		return await imported(made);
	} finally {
		rmSync(made, { force: true });
	}
}

/** What to do about a module that cannot be loaded. */
function explained(path: string, error: unknown): Error {
	if (error instanceof UsageError) return error;
	const { code, message } = error as NodeJS.ErrnoException;
	const lacking = /Cannot find package 'ringbuoy'/.test(message);
	if (lacking)
		return new UsageError(`${path} imports ringbuoy, which its project does not have: npm install ringbuoy`);
	if (code === "ERR_MODULE_NOT_FOUND") return new UsageError(`${path}: ${message}`);
	if (/(?:outside a module|Unexpected token 'export')/.test(message))
		return new UsageError(
			`${path} is a module: let its name end in .mjs, or put "type": "module" into its package.json`,
		);
	// Node tells only those who start it where a syntax error is.
	const checked = error instanceof SyntaxError && extname(path).endsWith("js");
	const place = checked ? spawnSync(process.execPath, ["--check", path], { encoding: "utf8" }).stderr : "";
	const [, shown] = /^(.*?)\n\n/s.exec(place) ?? [];
	return new UsageError(
		`${path} cannot be loaded: ${[...traceOf(error), ...(shown ? [shown] : [])].join("\n")}`,
	);
}
