// SPDX-License-Identifier: MIT
/** Manners of the whole repository: what no source may contain, and how long things may be. */
import { describe, expect, test } from "vitest";
import { exists, files, functions, lineOf, read, strip } from "./source.js";

const lib = files("lib", ".ts");
const programs = files("firmware/programs", ".ts");
const product = [...lib, ...files("firmware", ".ts"), ...files("simulator", ".ts")];
const tests = [...files("test", ".ts"), ...files("test", ".js")].filter(
	(path) => !/\/(?:build|node_modules)\//.test(path),
);

/** Places where a pattern stands in the code, comments and strings left out. */
function places(paths: readonly string[], pattern: RegExp): string[] {
	const found: string[] = [];
	for (const path of paths) {
		const text = strip(read(path));
		for (const match of text.matchAll(pattern))
			found.push(`${path}:${lineOf(text, match.index)} ${match[0]}`);
	}
	return found;
}

/** The host's clock, chance, timers and conveniences: the core asks its ports. */
const host =
	/\bisSimulator\b|(?<![\w$.#])(?:Date|setTimeout|setInterval|setImmediate|queueMicrotask|performance|process|Promise|async|await|console|Buffer|TextEncoder|TextDecoder|globalThis|require)\b|\bMath\.random\b/g;

describe("Only ports lead outside", () => {
	test("in lib and in the programs", () => {
		// limits.ts has a function of its own called `require`.
		const own = (place: string): boolean => /^lib\/limits\.ts:\d+ require$/.test(place);
		expect(places([...lib, ...programs], host).filter((place) => !own(place))).toEqual([]);
	});

	test("and offsets travel in lib, never views", () => {
		expect(places(lib, /\.(?:resize|subarray)\b/g)).toEqual([]);
	});

	test.each([
		["const now = Date.now();", 1],
		["await a; Promise.all(b); setTimeout(c);", 3],
		["const x = Math.random();", 1],
		["if (board.isSimulator) a();", 1],
		["if (isSimulator()) a();", 1],
		["// Date.now()", 0],
		["'Date.now()';", 0],
		["this.process(); a.Date; myDate; processed;", 0],
	] as const)("the search: %s", (text, count) => {
		expect([...strip(text).matchAll(host)].length).toBe(count);
	});
});

describe("Sizes", () => {
	/** Each with the reason why it may be longer. */
	const longer: Readonly<Record<string, string>> = {};

	const unbrokenColumns = 145;
	const columns = (line: string): number => [...line.replaceAll("	", "  ")].length;

	test("files have 400 lines at most", () => {
		const lines = (path: string): number => read(path).trimEnd().split("\n").length;
		const found = [...product, ...tests].filter((path) => lines(path) > 400 && !(path in longer));
		expect(found.map((path) => `${path}: ${lines(path)}`)).toEqual([]);
	});

	test("lines have 110 columns at most, a tab counts as two; with comments and strings 145", () => {
		const found: string[] = [];
		for (const path of product) {
			const text = read(path);
			const code = strip(text).split("\n");
			// Lists that the formatter is told to leave alone are tables: they may be as long as a comment.
			const listed = /biome-ignore format/.test(text);
			for (const [i, line] of text.split("\n").entries()) {
				// Neither comments nor strings are broken by the formatter.
				const breakable = code[i].trimEnd().replace(/(\S) {2,}/g, "$1");
				if (columns(line) > unbrokenColumns || (columns(breakable) > 110 && !listed))
					found.push(`${path}:${i + 1}: ${columns(line)}`);
			}
		}
		expect(found).toEqual([]);
	});

	test("functions have 60 lines at most", () => {
		const found: string[] = [];
		for (const path of product)
			for (const { name, lines } of functions(strip(read(path))))
				if (lines > 60) found.push(`${path} ${name}: ${lines}`);
		expect(found).toEqual([]);
	});

	test("the search finds functions of any kind, and their length", () => {
		const text =
			"export function a(\n\tb: C = {},\n): { d: E } | undefined {\n\treturn;\n}\nclass F { get #g(): H { if (i) { j(); } } }";
		expect(functions(strip(text)).map(({ name, lines }) => [name, lines])).toEqual([
			["a", 5],
			["#g", 1],
		]);
	});
});

describe("Every source", () => {
	const all = [...product, ...tests];

	test("begins with its licence", () => {
		const without = all.filter((path) => !/^(?:#!.*\n)?\/\/ SPDX-License-Identifier: MIT\n/.test(read(path)));
		// What the XS harness feeds to its engine to see it fail has to be that bare.
		expect(without.filter((path) => !path.startsWith("test/xs/selftest/"))).toEqual([]);
	});

	test("has no to-do left over, and no path of one machine", () => {
		const leftover = new RegExp(
			`\\b(?:${["TO", "DO"].join("")}|${["FIX", "ME"].join("")}|XX${"X"})\\b|\\.only\\(`,
		);
		const machine = /(?<![\w.$}"'`)*])\/(?:home|root|work|Users|farm)\/\w/;
		const found: string[] = [];
		for (const path of [
			...all,
			...files("lib", ".md"),
			...files("firmware", ".md"),
			...files("simulator", ".md"),
		])
			for (const [i, line] of read(path).split("\n").entries())
				if (leftover.test(line) || machine.test(line)) found.push(`${path}:${i + 1}: ${line.trim()}`);
		expect(found).toEqual([]);
	});
});

describe("limits.ts", () => {
	test("names no limit that nobody uses", () => {
		const interfaceBody = /export interface Limits \{([\s\S]*?)\n\}/.exec(read("lib/limits.ts"))![1];
		const names = [...strip(interfaceBody).matchAll(/readonly (\w+): number/g)].map(([, name]) => name);
		expect(names.length).toBeGreaterThan(10);
		const used = product
			.filter((path) => path !== "lib/limits.ts")
			.map((path) => strip(read(path)))
			.join("\n");
		const own = strip(read("lib/limits.ts")).replace(/export interface Limits[\s\S]*?\n\}/, "");
		const unused = names.filter(
			(name) =>
				!new RegExp(`\\.${name}\\b|\\b${name}\\b[^:]`).test(used) && !own.includes(`limits.${name} *`),
		);
		expect(unused).toEqual([]);
	});
});

describe("The protocol version is a parameter", () => {
	/** As many as there are: who adds one looks first whether 3.1.1 is not 5.0 with defaults there, too. */
	const readsMost = 33;

	test("read in few places, and these", () => {
		const places = new Map<string, number>();
		// That one decides which it is; where bytes differ is another matter.
		for (const path of lib.filter((file) => file !== "lib/session/fallback.ts")) {
			const text = strip(read(path));
			// Reads only: no declaration, no assignment, no parameter.
			const count = [
				...text.matchAll(
					/\bversion5\b(?!\s*(?:[?:]?:|=(?!=)|,\s*$|[;)]))|(?:[!(]|&&|\|\||\?)\s*[\w.#]*\bversion5\b/gm,
				),
			].length;
			if (count > 0) places.set(path, count);
		}
		const total = [...places.values()].reduce((sum, count) => sum + count, 0);
		console.log(
			`version5 is read in ${total} places: ${[...places].map(([path, n]) => `${path} ${n}`).join(", ")}`,
		);
		expect(total).toBeGreaterThan(10);
		expect(total).toBeLessThanOrEqual(readsMost);
	});
});

test.runIf(exists("README.md"))("every npm command of README.md exists", () => {
	const { scripts, bin } = JSON.parse(read("package.json"));
	const text = read("README.md");
	const lines = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block.split("\n"));
	const inline = [...text.matchAll(/`(np[mx] [^`\n]+)`/g)].map(([, command]) => command);
	const unknown: string[] = [];
	for (const line of [...lines, ...inline]) {
		const npm = /^\s*(?:\$ )?npm (?:run )?(?:--silent )?([\w:-]+)/.exec(line)?.[1];
		if (npm !== undefined && !(npm in scripts) && !/^(?:install|i|ci|pack|ls)$/.test(npm)) unknown.push(line);
		const npx = /^\s*(?:\$ )?npx (?:-y )?([\w@./-]+)/.exec(line)?.[1];
		if (npx !== undefined && !(npx in bin) && !exists(`node_modules/.bin/${npx}`)) unknown.push(line);
	}
	expect(inline.length + lines.length).toBeGreaterThan(0);
	expect(unknown).toEqual([]);
});
