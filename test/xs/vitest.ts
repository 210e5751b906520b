// SPDX-License-Identifier: MIT
/**
 * As much of vitest as tests of `lib` use, for XS: describe, test, expect with the synchronous matchers, hooks. Tests
 * run when the module has been evaluated, in order, each a JSON line. Async test functions are awaited.
 */

/* what tests take for granted and XS keeps in modules; U+0000 comes out as C0 80, the engine's own form */
const world = globalThis as unknown as Record<string, unknown>;
const bytesOf = ArrayBuffer as unknown as { fromString(text: string): ArrayBuffer };
const textOf = String as unknown as { fromArrayBuffer(buffer: ArrayBuffer): string };
world["TextEncoder"] ??= class {
	encode(text = ""): Uint8Array {
		return new Uint8Array(bytesOf.fromString(text));
	}
};
world["TextDecoder"] ??= class {
	decode(bytes: Uint8Array = new Uint8Array(0)): string {
		return textOf.fromArrayBuffer(bytes.slice().buffer);
	}
};
world["console"] ??= { log: (...values: unknown[]) => xs.print(values.map(show).join(" ")) };

type Body = () => unknown;
interface Suite {
	name: string;
	before: Body[];
	after: Body[];
	beforeAll: Body[];
	afterAll: Body[];
	parent?: Suite;
}
interface Case {
	name: string;
	body: Body;
	suite: Suite;
}

const newSuite = (name: string, parent?: Suite): Suite => ({
	name,
	parent,
	before: [],
	after: [],
	beforeAll: [],
	afterAll: [],
});

const cases: Case[] = [];
let current = newSuite("");

/* ---- collecting ---- */

type Table = readonly unknown[];

/** vitest's titles: %s %d %i %j %o %# %% and $key, $a.b */
function title(name: string, values: readonly unknown[], index: number): string {
	let at = 0;
	const text = name.replace(/%([sdifjoO#%])/g, (all: string, kind: string) => {
		if (kind === "%") return "%";
		if (kind === "#") return String(index);
		if (at >= values.length) return all;
		const value = values[at++];
		return kind === "j" || kind === "o" || kind === "O" ? show(value) : String(value);
	});
	const first = values[0];
	if (typeof first !== "object" || first === null) return text;
	return text.replace(/\$([A-Za-z_][\w.]*)/g, (all: string, path: string) => {
		let value: unknown = first;
		for (const key of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[key];
		return value === undefined ? all : typeof value === "string" ? value : show(value);
	});
}

/** `fn.each([...])` and `fn.each` with a template table. */
function each(add: (name: string, body: Body) => void) {
	return (table: Table | TemplateStringsArray, ...cells: unknown[]) =>
		// biome-ignore lint/suspicious/noExplicitAny: as vitest types it
		(name: string, body: (...values: any[]) => unknown): void => {
			let rows = table as Table;
			if ("raw" in table) {
				const keys = (table as TemplateStringsArray)[0].split("|").map((key) => key.trim());
				rows = Array.from({ length: cells.length / keys.length }, (_, row) =>
					Object.fromEntries(keys.map((key, column) => [key, cells[row * keys.length + column]])),
				);
			}
			rows.forEach((row, index) => {
				const values = Array.isArray(row) ? row : [row];
				add(title(name, values, index), () => body(...values));
			});
		};
}

function addTest(name: string, body?: Body | object, other?: Body | number): void {
	const run = typeof body === "function" ? (body as Body) : (other as Body);
	cases.push({ name, body: run, suite: current });
}

function addSuite(name: string | { name: string }, body: Body): void {
	const outer = current;
	current = newSuite(typeof name === "string" ? name : name.name, outer);
	try {
		body();
	} finally {
		current = outer;
	}
}

const nothing = (): void => {};
const testModifiers = {
	each: each(addTest),
	skip: Object.assign(nothing, { each: () => nothing }),
	todo: nothing,
	skipIf: (condition: unknown) => (condition ? nothing : addTest),
	runIf: (condition: unknown) => (condition ? addTest : nothing),
};
export const test = Object.assign(
	(name: string, body?: Body | object, other?: Body | number) => addTest(name, body, other),
	testModifiers,
);
export const it = test;
export const describe = Object.assign((name: string | { name: string }, body: Body) => addSuite(name, body), {
	each: each(addSuite),
	skip: nothing,
});
export const beforeEach = (body: Body): number => current.before.push(body);
export const afterEach = (body: Body): number => current.after.push(body);
export const beforeAll = (body: Body): number => current.beforeAll.push(body);
export const afterAll = (body: Body): number => current.afterAll.push(body);

/* ---- comparing ---- */

function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return "[function]";
	if (value instanceof Error) return String(value);
	if (ArrayBuffer.isView(value)) return `[${Array.from(value as Uint8Array).join(", ")}]`;
	if (typeof value === "object" && value !== null) {
		const text = JSON.stringify(value);
		return text.length > 400 ? `${text.slice(0, 400)}...` : text;
	}
	return Object.is(value, -0) ? "-0" : String(value);
}

const keysOf = (value: object, strict: boolean): string[] =>
	Object.keys(value).filter((key) => strict || (value as Record<string, unknown>)[key] !== undefined);

class Matcher {
	constructor(readonly accepts: (value: unknown) => boolean) {}
}

/** Equality as toEqual (`strict` false) and toStrictEqual (`strict` true) have it; no cycles. */
function same(a: unknown, b: unknown, strict: boolean): boolean {
	if (b instanceof Matcher) return b.accepts(a);
	if (Object.is(a, b)) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	if (ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
	if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
	if (a instanceof Error && b instanceof Error) return a.message === b.message && a.name === b.name;
	if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
	if (a instanceof Map && b instanceof Map) return same([...a], [...b], strict);
	if (a instanceof Set && b instanceof Set) return same([...a], [...b], strict);
	if (a instanceof ArrayBuffer && b instanceof ArrayBuffer)
		return same(new Uint8Array(a), new Uint8Array(b), strict);
	const x = a as Record<string, unknown>;
	const y = b as Record<string, unknown>;
	if (Array.isArray(a) || ArrayBuffer.isView(a)) {
		const length = (a as unknown as Uint8Array).length;
		if (ArrayBuffer.isView(a) && a.constructor !== b.constructor) return false;
		if (length !== (b as unknown as Uint8Array).length) return false;
		for (let i = 0; i < length; i++) if (!same(x[i], y[i], strict)) return false;
		return true;
	}
	const keys = keysOf(a, strict);
	if (keys.length !== keysOf(b, strict).length) return false;
	return keys.every((key) => Object.hasOwn(b, key) && same(x[key], y[key], strict));
}

/** Does `a` have all that the pattern `b` has? */
function matches(a: unknown, b: unknown): boolean {
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(b))
		return same(a, b, false);
	return Object.keys(b).every((key) =>
		matches((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
	);
}

function contains(value: unknown, item: unknown, equal: (a: unknown, b: unknown) => boolean): boolean {
	if (typeof value === "string") return value.includes(item as string);
	return Array.from(value as Iterable<unknown>).some((member) => equal(member, item));
}

type Thrown = { error?: unknown; threw: boolean };

function call(f: unknown): Thrown {
	try {
		(f as Body)();
		return { threw: false };
	} catch (error) {
		return { error, threw: true };
	}
}

function isThrown({ error, threw }: Thrown, expected: unknown): boolean {
	if (!threw || expected === undefined) return threw;
	const message = error instanceof Error ? error.message : String(error);
	if (typeof expected === "string") return message.includes(expected);
	if (expected instanceof RegExp) return expected.test(message);
	if (typeof expected === "function") return error instanceof (expected as unknown as typeof Error);
	return expected instanceof Error ? message === expected.message : same(error, expected, false);
}

/* ---- expecting ---- */

/** Constructors have no name in archive mode. */
const primitive = (kind: unknown): string =>
	kind === Number ? "number" : kind === String ? "string" : kind === Boolean ? "boolean" : "?";

type Test = (value: never, ...expected: never[]) => boolean;

/** Every matcher: is it fulfilled? */
const matchers: Record<string, Test> = {
	toBe: (a: unknown, b: unknown) => Object.is(a, b),
	toEqual: (a: unknown, b: unknown) => same(a, b, false),
	toStrictEqual: (a: unknown, b: unknown) => same(a, b, true),
	toMatchObject: (a: unknown, b: unknown) => matches(a, b),
	toBeNull: (a: unknown) => a === null,
	toBeUndefined: (a: unknown) => a === undefined,
	toBeDefined: (a: unknown) => a !== undefined,
	toBeNaN: (a: unknown) => Number.isNaN(a),
	toBeTruthy: (a: unknown) => Boolean(a),
	toBeFalsy: (a: unknown) => !a,
	toBeGreaterThan: (a: number, b: number) => a > b,
	toBeGreaterThanOrEqual: (a: number, b: number) => a >= b,
	toBeLessThan: (a: number, b: number) => a < b,
	toBeLessThanOrEqual: (a: number, b: number) => a <= b,
	toBeCloseTo: (a: number, b: number, digits = 2) => Math.abs(a - b) < 10 ** -digits / 2,
	toBeInstanceOf: (a: unknown, b: typeof Object) => a instanceof b,
	toBeTypeOf: (a: unknown, b: string) => typeof a === b,
	toBeOneOf: (a: unknown, b: unknown[]) => b.some((one) => same(a, one, false)),
	toContain: (a: unknown, b: unknown) => contains(a, b, Object.is),
	toContainEqual: (a: unknown, b: unknown) => contains(a, b, (x, y) => same(x, y, false)),
	toHaveLength: (a: ArrayLike<unknown>, b: number) => a.length === b,
	toHaveProperty: (a: object, key: string, ...rest: unknown[]) =>
		key in a && (rest.length === 0 || same((a as Record<string, unknown>)[key], rest[0], false)),
	toMatch: (a: string, b: string | RegExp) => (typeof b === "string" ? a.includes(b) : b.test(a)),
	toThrow: (a: unknown, b?: unknown) => isThrown(call(a), b),
	toThrowError: (a: unknown, b?: unknown) => isThrown(call(a), b),
	toSatisfy: (a: unknown, b: (value: unknown) => boolean) => b(a),
};

// biome-ignore lint/suspicious/noExplicitAny: the tests are typed against vitest itself
type Expectation = Record<string, any>;

function expectation(value: unknown, message: string | undefined, negated: boolean): Expectation {
	const result: Expectation = {};
	for (const name of Object.keys(matchers))
		result[name] = (...expected: never[]) => {
			if (matchers[name](value as never, ...expected) !== negated) return;
			const verb = negated ? `not ${name}` : name;
			const text = `expected ${show(value)} ${verb} ${expected.map(show).join(", ")}`;
			throw new Error(message === undefined ? text : `${message}: ${text}`);
		};
	return result;
}

export const expect = Object.assign(
	(value: unknown, message?: string): Expectation =>
		Object.assign(expectation(value, message, false), { not: expectation(value, message, true) }),
	{
		fail: (message: string): never => {
			throw new Error(message);
		},
		anything: () => new Matcher((value) => value !== null && value !== undefined),
		any: (kind: unknown) =>
			new Matcher((value) => typeof value === primitive(kind) || value instanceof (kind as typeof Object)),
		arrayContaining: (items: unknown[]) =>
			new Matcher((value) => items.every((item) => contains(value, item, (x, y) => same(x, y, false)))),
		objectContaining: (part: object) => new Matcher((value) => matches(value, part)),
		stringContaining: (part: string) =>
			new Matcher((value) => typeof value === "string" && value.includes(part)),
		closeTo: (to: number, digits = 2) =>
			new Matcher((value) => Math.abs((value as number) - to) < 10 ** -digits / 2),
	},
);
export const assert = (condition: unknown, message = "assertion failed"): void => {
	if (!condition) throw new Error(message);
};
export const expectTypeOf = (): unknown =>
	new Proxy(() => {}, { get: () => expectTypeOf, apply: () => expectTypeOf });

/* ---- running ---- */

function chain(suite: Suite | undefined): Suite[] {
	return suite ? [...chain(suite.parent), suite] : [];
}

async function runCase({ name, body, suite }: Case, started: Set<Suite>): Promise<void> {
	const suites = chain(suite);
	const full = [...suites.map((one) => one.name), name].filter((part) => part !== "").join(" > ");
	let error: unknown;
	let pass = true;
	try {
		for (const one of suites)
			if (!started.has(one)) {
				started.add(one);
				for (const hook of one.beforeAll) await hook();
			}
		for (const one of suites) for (const hook of one.before) await hook();
		try {
			await body?.();
		} finally {
			for (const one of [...suites].reverse()) for (const hook of one.after) await hook();
		}
	} catch (thrown) {
		pass = false;
		error = thrown;
	}
	const fault = error instanceof Error ? `${error.name}: ${error.message}` : String(error ?? "");
	xs.print(JSON.stringify({ test: full, pass, fault: pass ? "" : fault }));
}

/** Runs all that was collected; the bundle calls it at its end. */
export async function runTests(): Promise<void> {
	const started = new Set<Suite>();
	if (cases.length === 0)
		xs.print(JSON.stringify({ test: "(no test found)", pass: false, fault: "no test found" }));
	for (const one of cases) await runCase(one, started);
	for (const suite of started) for (const hook of suite.afterAll) await hook();
}
