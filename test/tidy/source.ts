// SPDX-License-Identifier: MIT
/** Sources as text: comments and the insides of strings blanked, functions and classes found by their brackets. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Whether something is there, and its text; paths from the top of the repository. */
export function exists(path: string): boolean {
	return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

export function read(path: string): string {
	return readFileSync(join(root, path), "utf8");
}

/** All files below a folder that end so, sorted; none when there is no such folder. */
export function files(folder: string, ending: string): string[] {
	if (!exists(folder)) return [];
	const found: string[] = [];
	for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
		const path = `${folder}/${entry.name}`;
		if (entry.isDirectory()) found.push(...files(path, ending));
		else if (entry.name.endsWith(ending)) found.push(path);
	}
	return found.sort();
}

/** After these a slash begins a regular expression. */
const beforeRegExp = /(?:^|[=(,:;!&|?{}[+\-*%~^<>]|\breturn|\bcase|\btypeof)\s*$/;

/**
 * The same text, as long as before, without the insides of comments, strings, templates and regular expressions. Quotes
 * and what `${}` holds stay.
 */
export function strip(text: string): string {
	const out = text.split("");
	/** Depth of curly brackets at which each open template goes on. */
	const templates: number[] = [];
	let depth = 0;
	const blank = (from: number, to: number): void => {
		for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
	};
	/** Blanks a template's text from `at` on; returns where code goes on. */
	const template = (at: number): number => {
		const part = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y;
		part.lastIndex = at;
		const end = at + (part.exec(text)?.[0].length ?? 0);
		blank(at, end);
		if (text[end] !== "$") return end + 1;
		templates.push(depth++);
		return end + 2;
	};
	for (let i = 0; i < text.length; ) {
		const rest = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y;
		rest.lastIndex = i;
		const found = rest.exec(text)?.[0];
		if (found !== undefined) {
			const comment = found[0] === "/";
			blank(i + (comment ? 0 : 1), i + found.length - (comment ? 0 : 1));
			i += found.length;
		} else if (text[i] === "`") i = template(i + 1);
		else if (text[i] === "/" && beforeRegExp.test(out.slice(Math.max(0, i - 20), i).join(""))) {
			const expression = /\/(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n])+\//y;
			expression.lastIndex = i;
			const length = expression.exec(text)?.[0].length ?? 1;
			blank(i + 1, i + length - 1);
			i += length;
		} else {
			if (text[i] === "{") depth++;
			else if (text[i] === "}" && --depth === templates.at(-1)) {
				templates.pop();
				i = template(i + 1);
				continue;
			}
			i++;
		}
	}
	return out.join("");
}

/** Where the bracket that opens at `at` is closed, in stripped text. */
export function closing(text: string, at: number): number {
	const open = text[at];
	const close = open === "(" ? ")" : open === "{" ? "}" : "]";
	let depth = 0;
	for (let i = at; i < text.length; i++) {
		if (text[i] === open) depth++;
		else if (text[i] === close && --depth === 0) return i;
	}
	return text.length;
}

/** The line, from 1, of a position. */
export function lineOf(text: string, at: number): number {
	return text.slice(0, at).split("\n").length;
}

export interface Fn {
	/** `#name` for private methods; "function" for one without a name. */
	readonly name: string;
	/** Of the name. */
	readonly start: number;
	readonly parameters: string;
	/** Of the body, brackets included. */
	readonly bodyStart: number;
	readonly bodyEnd: number;
	readonly lines: number;
}

const statements = new Set(["if", "for", "while", "switch", "catch", "with", "return", "super", "await"]);

/** Where the body begins behind the parameters that end before `at`, a result's type passed over; -1 when there is none. */
function bodyAfter(text: string, at: number): number {
	let typed = false;
	for (let i = at; i < text.length; ) {
		const token = /\s*(=>|<[^<>()]*>|[\w$.]+|["'`]|[\s\S])/y;
		token.lastIndex = i;
		const [whole, found] = token.exec(text) ?? ["", ""];
		const start = i + whole.length - found.length;
		if (i === at && found !== ":") return found === "{" ? start : -1;
		i = start + found.length;
		if (found === "{" && typed) return start;
		if (/^[{([]$/.test(found)) i = closing(text, start) + 1;
		else if (/^["'`]$/.test(found)) i = text.indexOf(found, i) + 1;
		else if (!/^(?:[:|&]|=>|<|[\w$.])/.test(found)) return -1;
		typed = !/^(?:[:|&]|=>|keyof|typeof|readonly|asserts|is|extends|infer)$/.test(found);
	}
	return -1;
}

/** Functions, methods, getters and constructors with a body, outermost and inner, in stripped text. Arrows are not. */
export function functions(text: string): Fn[] {
	const found: Fn[] = [];
	for (const match of text.matchAll(/(#?[\w$]+)\s*(?:<[^<>()]*>)?\s*\(/g)) {
		const name = match[1];
		if (statements.has(name)) continue;
		const open = match.index + match[0].length - 1;
		const close = closing(text, open);
		const bodyStart = bodyAfter(text, close + 1);
		if (bodyStart < 0) continue;
		const bodyEnd = closing(text, bodyStart) + 1;
		const lines = lineOf(text, bodyEnd) - lineOf(text, match.index) + 1;
		found.push({
			name,
			start: match.index,
			parameters: text.slice(open + 1, close),
			bodyStart,
			bodyEnd,
			lines,
		});
	}
	return found;
}

export interface Import {
	readonly specifier: string;
	/** Nothing of it is left when it is compiled. */
	readonly typeOnly: boolean;
}

/** What a source imports or re-exports. */
export function imports(text: string): Import[] {
	const code = strip(text);
	const found: Import[] = [];
	for (const match of code.matchAll(/\b(?:import|export)\b([^;"'`()]*?)(?:\bfrom\s*)?(["'])/g)) {
		const at = match.index + match[0].length;
		const specifier = text.slice(at, text.indexOf(match[2], at));
		const names = match[1].trim();
		const inside = /^\{([\s\S]*)\}$/.exec(names)?.[1];
		const each = inside?.split(",").filter((name) => name.trim() !== "");
		const typeOnly = names.startsWith("type ") || (each?.every((name) => /^\s*type\s/.test(name)) ?? false);
		if (/\bfrom\s*["']$/.test(match[0]) || names === "") found.push({ specifier, typeOnly });
	}
	for (const match of code.matchAll(/\bimport\s*\(\s*(["'])/g)) {
		const at = match.index + match[0].length;
		found.push({ specifier: text.slice(at, text.indexOf(match[1], at)), typeOnly: false });
	}
	return found;
}
