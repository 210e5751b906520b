// SPDX-License-Identifier: MIT
/** Constructs that allocate on XS, by name: they have no place in a hot function. */
import { closing, type Fn, functions, lineOf, strip } from "./source.js";

/** The most cases of a `switch`: each is one comparison more on XS. */
export const CASES_MOST = 4;

export const COSTLY: Readonly<Record<string, RegExp>> = {
	"for-of": /\bfor\s*(?:await\s*)?\(\s*(?:const|let|var)\s+[^;()]*?\s+of\s/g,
	"for-in": /\bfor\s*\(\s*(?:const|let|var)\s+[\w$]+\s+in\b/g,
	"spread or rest": /\.\.\./g,
	"array destructuring": /\b(?:const|let|var)\s*\[|(?:^|[;{}])\s*\[[^\]]*\]\s*=(?!=)/g,
	"array literal": /(?:[=(,:?&|+]|\breturn|=>)\s*\[/g,
	"object literal": /(?:[=(,?&|[]|(?<!\bcase [\w.]*|\bdefault):|\breturn|=>)\s*\{/g,
	"template string": /`/g,
	"arrow function": /=>/g,
	"function expression": /\bfunction\b/g,
	arguments: /\barguments\b/g,
	"slice or subarray": /\.(?:slice|subarray|concat|splice)\(/g,
	"bind, call or apply": /\.(?:bind|call|apply)\(/g,
	BigInt: /\bBigInt\b|\b\d[\d_]*n\b/g,
	"string made": /(?<!\.)\b(?:String|JSON)\b|\.(?:toString|toFixed|join|split|charCodeAt)\(|""\s*\+|\+\s*"/g,
	new: /\bnew\b/g,
	throw: /\bthrow\b/g,
	delete: /\bdelete\b/g,
	"async, await, yield": /\b(?:async|await|yield|Promise)\b/g,
};

export interface Finding {
	readonly what: string;
	readonly line: number;
	readonly name: string;
}

/** What costs in one function; `text` is the stripped source. */
export function costlyIn(text: string, fn: Fn): Finding[] {
	const { name } = fn;
	const body = text.slice(fn.bodyStart, fn.bodyEnd);
	const found: Finding[] = [];
	const add = (what: string, at: number): number =>
		found.push({ what, name, line: lineOf(text, fn.bodyStart + at) });
	for (const [what, pattern] of Object.entries(COSTLY))
		for (const match of body.matchAll(pattern))
			add(what, match.index + (match[0].length - match[0].trimStart().length));
	if (/=\s*[[{]/.test(fn.parameters)) add("default parameter that makes an object", 0);
	if (/\.\.\./.test(fn.parameters)) add("spread or rest", 0);
	for (const match of `${fn.parameters};${body}`.matchAll(/(#?[\w$]+)\??\s*:\s*string\b/g))
		for (const use of body.matchAll(new RegExp(`(?<![\\w$.])${match[1]}(?:\\??\\.|\\[)`, "g")))
			add("property of a string", use.index);
	for (const match of body.matchAll(/\bswitch\s*\(/g)) {
		const open = body.indexOf("{", closing(body, match.index + match[0].length - 1));
		const cases = body.slice(open, closing(body, open)).match(/\bcase\b/g)?.length ?? 0;
		if (cases > CASES_MOST) add(`switch of ${cases} cases`, match.index);
	}
	return found;
}

/** What costs in the functions of a source, constructors and those that `exempt` names left out. */
export function costly(source: string, exempt: (name: string) => boolean = () => false): Finding[] {
	const text = strip(source);
	const all = functions(text);
	const cold = all.filter(({ name }) => name === "constructor" || exempt(name));
	return all
		.filter((fn) => !cold.some((one) => fn.start >= one.start && fn.bodyEnd <= one.bodyEnd))
		.flatMap((fn) => costlyIn(text, fn));
}
