// SPDX-License-Identifier: MIT
/** The manifests of this project, each read as mcconfig would, alone in an application and for several targets. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { files, read, strip } from "../tidy/source.js";
import { applying, boards, pieceOf, pieces, programs, root, withBoard, withPieces } from "./application.js";
import type { Build } from "./mcconfig.js";
import { examine } from "./mistakes.js";
import { namedSdk, names } from "./names.js";
import { wrongIn } from "./partitions.js";
import { disk } from "./tree.js";

const sdk = namedSdk();
const manifests = files("manifests", ".json").filter((path) => !path.startsWith("manifests/examples/"));

/** The modules that come out of this repository. */
const ours = (build: Build): string[] =>
	build.files.map(({ specifier }) => specifier).filter((it) => it !== "main");

describe.each(pieces)("manifests/%s.json", (name) => {
	test.each([...Object.keys(names.targets), "lin"])("can be included by itself on %s", (platform) => {
		expect(applying(withPieces([name]), platform, sdk).mistakes).toEqual([]);
	});

	test("decides nothing that is the application's", () => {
		const allowed = ["include", "modules", "preload", "platforms", "typescript"];
		const piece = pieceOf(`manifests/${name}.json`);
		expect(Object.keys(piece).filter((key) => !allowed.includes(key))).toEqual([]);
		expect(JSON.stringify(piece)).not.toContain("manifest_base");
	});
});

describe.each(boards)("boards/$name", ({ name, target, flashBytes, partition }) => {
	test.each(programs)("runs %s", (program) => {
		expect(names.targets).toHaveProperty([target]);
		const { build, mistakes } = applying(withBoard(name, program), target, sdk);
		expect(mistakes).toEqual([]);
		for (const specifier of ["ringbuoy/board", "ringbuoy/program", String(build.creation.main)])
			expect(build.imports().has(specifier), specifier).toBe(true);
	});

	test("runs them over TLS", () => {
		const manifest = withBoard(name, "sensor");
		const { build, mistakes } = applying(
			{ include: [manifest.include ?? [], "../device/tls.json"].flat() },
			target,
			sdk,
		);
		expect(mistakes).toEqual([]);
		expect(build.imports().get("ringbuoy/firmware/main/dialler")?.file).toMatch(/dialler-tls\.ts$/);
	});

	test("has a partition table that adds up", () => {
		const { build } = applying(withBoard(name, "sensor"), target, sdk);
		expect(build.environment.PARTITIONS_FILE).toBe(`${root}/boards/${name}/partitions.csv`);
		expect(wrongIn(read(`boards/${name}/partitions.csv`), { bytes: flashBytes, session: partition })).toEqual(
			[],
		);
	});
});

test("manifests/examples/ecma419 has nothing wrong; the others need what npm and git bring: test/package", () => {
	const manifest = `${root}/manifests/examples/ecma419/manifest.json`;
	expect(examine({ manifest, platform: "esp32/nodemcu", sdk, tree: disk }).mistakes).toEqual([]);
});

test("tsconfig.json compiles as mcconfig does: the same syntax, and constants written out across files", () => {
	const { compilerOptions } = JSON.parse(read("tsconfig.json"));
	expect(compilerOptions).toMatchObject({ target: "ES2025", module: "preserve", noEmitOnError: true });
	expect(compilerOptions.isolatedModules ?? false).toBe(false);
});

test.each(manifests)("%s names the SDK by $(MODDABLE) only, which is always there", (path) => {
	const variables = [...read(path).matchAll(/\$\((\w+)\)/g)].map(([, variable]) => variable);
	expect(variables.filter((variable) => variable !== "MODDABLE")).toEqual([]);
});

describe("Specifiers", () => {
	const builds = [
		applying(withPieces(pieces), "esp32/nodemcu", sdk).build,
		...boards.flatMap(({ name, target }) =>
			programs.map((program) => applying(withBoard(name, program), target, sdk).build),
		),
	];
	const aliases = files("manifests/alias", ".ts");

	const scripts = builds.flatMap((build) => build.files).filter(({ kind }) => kind === "ts");

	/** On XS a relative import starts from the specifier, so it has to lie where the file lies. */
	test("lie in the same folder as their files", () => {
		for (const { specifier, file } of scripts)
			if (!file.startsWith(`${root}/manifests/`))
				expect(posix.dirname(specifier), file).toBe(`ringbuoy/${posix.dirname(file.slice(root.length + 1))}`);
	});

	test("are there for all of lib, and all drivers", () => {
		const there = new Set(scripts.map(({ file }) => file.slice(root.length + 1)));
		const typesOnly = (path: string): boolean => !/^export (?!type|interface|declare)/m.test(read(path));
		const sources = [...files("lib", ".ts"), ...files("firmware/drivers", ".ts")];
		expect(sources.filter((path) => !there.has(path) && !typesOnly(path))).toEqual([]);
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
	const { build } = applying(withPieces(["client"]), "esp32/nodemcu", sdk);
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

	/** `"strip": "*"` takes away the built-ins that no name in the code speaks of; a name made up at run time speaks of none. */
	test.each(sources)("%s names every built-in that it uses", (path) => {
		expect(strip(read(path))).not.toMatch(/\beval\b|\bnew Function\b|\bglobalThis\s*(?:\?\.)?\[|\bReflect\b/);
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
