// SPDX-License-Identifier: MIT
/** The manifests of this project, each read as mcconfig would, alone in an application and for several targets. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { files, read, strip } from "../tidy/source.js";
import type { Build, Piece } from "./mcconfig.js";
import { examine } from "./mistakes.js";
import { namedSdk, names } from "./sdk.js";
import { disk, layered, planted } from "./tree.js";

const root = fileURLToPath(new URL("../..", import.meta.url))
	.replaceAll("\\", "/")
	.replace(/\/$/, "");
const sdk = namedSdk();
const manifests = readdirSync(`${root}/manifests`).filter((name) => name.endsWith(".json"));
const piece = (name: string): Piece => JSON.parse(readFileSync(`${root}/manifests/${name}`, "utf8"));
/** With `main`, machine and all: they run on a board, not in an application. */
const firmware = ["device.json", "sensor.json", "sleeper.json", "soak.json", "hello.json"];
const pieces = manifests.filter((name) => !firmware.includes(name));

/** An application that includes these, and nothing else but the SDK's base, which comes last: nobody may need it before. */
function application(
	include: readonly string[],
	platform: string,
): { build: Build; mistakes: readonly string[] } {
	const folder = `${root}/manifests/application`;
	const manifest = `${folder}/manifest.json`;
	const base = "$(MODDABLE)/examples/manifest_base.json";
	const tree = planted({
		[manifest]: JSON.stringify({ include: [...include, base], modules: { "*": "./main" } }),
		[`${folder}/main.js`]: "",
	});
	const answer = examine({ manifest, platform, sdk, tree: layered(tree, disk) });
	return { ...answer, mistakes: answer.mistakes.map((line) => line.replaceAll(`${root}/`, "")) };
}

/** The modules that come out of this repository. */
const ours = (build: Build): string[] =>
	build.files.map(({ specifier }) => specifier).filter((it) => it !== "main");

describe.each(pieces)("manifests/%s", (name) => {
	test.each([...Object.keys(names.targets), "lin"])("can be included by itself on %s", (platform) => {
		const wired = name === "ethernet.json" && platform === "lin";
		const { mistakes } = application([`../${name}`], platform);
		expect(mistakes.filter((line) => !(wired && line.includes("refuses")))).toEqual([]);
	});

	test("decides nothing that is the application's", () => {
		const given = Object.keys(piece(name));
		const allowed = ["include", "modules", "preload", "platforms", "typescript"];
		expect(given.filter((key) => !allowed.includes(key))).toEqual([]);
		expect(JSON.stringify(piece(name))).not.toContain("manifest_base");
	});
});

test.each(manifests)("manifests/%s names the SDK by $(MODDABLE) only, which is always there", (name) => {
	const text = readFileSync(`${root}/manifests/${name}`, "utf8");
	expect(
		[...text.matchAll(/\$\((\w+)\)/g)].map(([, variable]) => variable).filter((it) => it !== "MODDABLE"),
	).toEqual([]);
});

describe("Specifiers", () => {
	const { build } = application(
		pieces.map((name) => `../${name}`),
		"esp32/nodemcu",
	);
	const aliases = files("manifests/alias", ".ts");

	test("mirror the tree, but for the aliases", () => {
		for (const { specifier, file } of build.files) {
			const path = file.slice(root.length + 1).replace(/\.\w+$/, "");
			if (!path.startsWith("manifests/")) expect(specifier).toBe(`ringbuoy/${path}`);
		}
	});

	test("are there for all of lib", () => {
		const sources = files("lib", ".ts");
		const missing = sources
			.map((path) => `ringbuoy/${path.slice(0, -3)}`)
			.filter((it) => !ours(build).includes(it));
		expect(missing).toEqual([]);
	});

	test.each(aliases)("%s only exports again", (path) => {
		const code = read(path)
			.replace(/^\/.*$/gm, "")
			.trim();
		const target = /^export \* from "([^"]+)";$/.exec(code)?.[1] ?? "";
		expect(target, code).toMatch(/^ringbuoy\//);
		expect(existsSync(`${root}/${target.slice("ringbuoy/".length)}.ts`), target).toBe(true);
	});
});

test("who has the store in RAM does not link the one in flash", () => {
	const { build } = application(["../client.json"], "esp32/nodemcu");
	const stores = ours(build).filter((specifier) => specifier.startsWith("ringbuoy/lib/store/"));
	expect(stores).toEqual(["ringbuoy/lib/store/ram-store"]);
});

describe("What is preloaded", () => {
	const sources = [...files("lib", ".ts"), ...files("firmware", ".ts")];

	/** Of a module's own level; what is inside of functions and classes is indented. */
	const mutable = (text: string): string[] => {
		const found: string[] = [];
		for (const line of strip(text).split("\n")) {
			if (/^(?:export )?(?:let|var)\b/.test(line)) found.push(line);
			if (/^(?:export )?const \w+[^=]*= *(?:\[|\{|new (?!ArrayBuffer\(0\)))/.test(line)) found.push(line);
			if (/^\tstatic (?!readonly \w+ = \d+;)(?:[^(]*$|[^(]*=)/.test(line)) found.push(line);
			if (/^(?:export )?enum\b/.test(line)) found.push(line);
		}
		return found;
	};

	test.each(sources)("%s has nothing that changes at its own level", (path) => {
		expect(mutable(read(path))).toEqual([]);
	});

	test.each([
		["let count = 0;", 1],
		["export var a;", 1],
		["const known = new Map();", 1],
		["export const Reason = { Success: 0 } as const;", 1],
		["const words: readonly string[] = ['a'];", 1],
		["class A {\n\tstatic made = 0;\n}", 1],
		["enum Kind { A }", 1],
		["export const Reason = Object.freeze({ Success: 0 } as const);", 0],
		["const table: Readonly<Uint8Array> = Uint8Array.of(1, 2);", 0],
		["const enum Kind { A }\nconst LIMIT = 5;", 0],
		["class A {\n\tstatic bytes(rows: number): number {\n\t\tlet a = [];\n\t}\n}", 0],
	])("the search: %s", (text, count) => {
		expect(mutable(text).length).toBe(count);
	});
});

test("every SDK path of a manifest is in the list, and nothing else is", () => {
	const texts = [
		...files("manifests", ".json"),
		...files("boards", ".json"),
		...files("firmware", ".json"),
	].map(read);
	const used = texts.flatMap((text) =>
		[...text.matchAll(/\$\(MODDABLE\)\/([^"]+)"/g)].map(([, path]) => path),
	);
	const fits = (pattern: string, path: string): boolean =>
		pattern.endsWith("/*")
			? posix.dirname(path) === pattern.slice(0, -2)
			: path === pattern || path.startsWith(`${pattern}.`);
	expect(used.filter((pattern) => !names.files.some((path) => fits(pattern, path)))).toEqual([]);
	const needed = [...used, "examples/manifest_base.json"];
	expect(names.files.filter((path) => !needed.some((pattern) => fits(pattern, path)))).toEqual([]);
});
