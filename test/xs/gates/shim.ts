// SPDX-License-Identifier: MIT
/** The stand-in for vitest, tested by itself: what has to pass passes, and what has to fail fails. */
import { describe, expect, it, runTests, test } from "../vitest.js";

const fails = (f: () => unknown, text: string): void => {
	let message = "";
	try {
		f();
	} catch (error) {
		message = (error as Error).message;
	}
	if (!message.includes(text) || message === "") throw new Error(`no failure with ${text}, but: ${message}`);
};
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

describe("matchers", () => {
	test("toBe", () => {
		expect(1).toBe(1);
		expect(Number.NaN).toBe(Number.NaN);
		expect(0).not.toBe(-0);
		fails(() => expect(1).toBe(2), "expected 1 toBe 2");
		fails(() => expect("a").not.toBe("a"), 'expected "a" not toBe "a"');
		fails(() => expect(1, "why").toBe(2), "why: expected");
	});
	test("toEqual and toStrictEqual", () => {
		expect({ a: [1, { b: 2 }], c: undefined }).toEqual({ a: [1, { b: 2 }] });
		expect({ c: undefined }).not.toStrictEqual({});
		expect(bytes(1, 2)).toEqual(bytes(1, 2));
		expect(bytes(1, 2)).not.toEqual(bytes(1, 3));
		expect(bytes(1, 2)).not.toEqual([1, 2]);
		expect(new Map([[1, [2]]])).toEqual(new Map([[1, [2]]]));
		expect([1, 2]).not.toEqual([1, 2, 3]);
		expect({ a: 1, b: 2 }).toEqual({ a: expect.any(Number), b: 2 });
		expect({ a: 1, b: 2 }).toMatchObject({ b: 2 });
		fails(() => expect([1]).toEqual([2]), "expected [1] toEqual [2]");
	});
	test("the small ones", () => {
		expect(null).toBeNull();
		expect(undefined).toBeUndefined();
		expect(0).toBeDefined();
		expect("x").toBeTruthy();
		expect("").toBeFalsy();
		expect(2).toBeGreaterThan(1);
		expect(2).toBeGreaterThanOrEqual(2);
		expect(1).toBeLessThan(2);
		expect(1).toBeLessThanOrEqual(1);
		expect(0.1 + 0.2).toBeCloseTo(0.3);
		expect([1, 2]).toContain(2);
		expect("abc").toContain("bc");
		expect(bytes(1, 2)).toHaveLength(2);
		expect("abc").toMatch(/b./);
		fails(() => expect([1, 2]).toContain(3), "toContain 3");
		fails(() => expect("abc").toHaveLength(2), "toHaveLength 2");
	});
	test("toThrow", () => {
		const bad = (): never => {
			throw new RangeError("too far");
		};
		expect(bad).toThrow();
		expect(bad).toThrow("far");
		expect(bad).toThrow(/^too/);
		expect(bad).toThrow(RangeError);
		expect(bad).not.toThrow(TypeError);
		expect(() => 1).not.toThrow();
		fails(() => expect(() => 1).toThrow(), "toThrow");
	});
});

test("texts and bytes", () => {
	const encoded = new TextEncoder().encode("é€😀");
	expect(encoded).toEqual(bytes(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80));
	expect(new TextDecoder().decode(encoded)).toBe("é€😀");
	expect(new TextDecoder().decode(encoded.subarray(2, 5))).toBe("€");
});

const seen: string[] = [];
describe("tables", () => {
	it.each([
		[1, 2],
		[3, 4],
	])("%i and %s", (a, b) => {
		seen.push(`${a}${b}`);
	});
	it.each([{ name: "x" }])("named $name", ({ name }) => {
		seen.push(name as string);
	});
	describe.each([5, 6])("group %d", (n) => {
		test("inside", async () => {
			await null;
			seen.push(`g${n}`);
		});
	});
	test("ran in order", () => {
		expect(seen.join(" ")).toBe("12 34 x g5 g6");
	});
});

await runTests();
