// SPDX-License-Identifier: MIT
/** Hot files have no construct that allocates on XS; the rules of `xs.md` in words: what is made, is made in a constructor. */
import { describe, expect, test } from "vitest";
import { CASES_MOST, costly } from "./costly.js";
import { exists, files, functions, read, strip } from "./source.js";

/** What runs with every message. */
const hot = [
	...files("lib/memory", ".ts"),
	...files("lib/wire", ".ts"),
	...files("lib/session", ".ts"),
	...files("lib/extras", ".ts"),
	...files("lib/pump", ".ts"),
	"lib/pump.ts",
	"lib/publisher.ts",
	...files("lib/store", ".ts"),
].filter(exists);

/** Functions of hot files that are not hot themselves, each with the reason why it may. */
const cold: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"lib/memory/arena.ts": { region: "called by constructors only" },
	"lib/wire/topic.ts": {
		encodeText: "text becomes bytes once, at the door, and a programmer's mistake throws",
		checkText: "part of it",
		loneSurrogate: "the error that it throws",
		encodeTopic: "the same",
		encodeFilter: "the same",
	},
	"lib/wire/fields.ts": {
		encodeProperties: "properties become bytes once, at the door, and a programmer's mistake throws",
		writeProperties: "the same",
		putFields: "part of it",
		putField: "part of it",
		putInteger: "part of it",
		putString: "part of it",
		noRoom: "the error that it throws",
	},
	"lib/wire/connect.ts": {
		encodeConnect: "called by the client's constructor",
		propertiesOf: "part of it",
		willPropertiesOf: "part of it",
		putText: "part of it",
		putData: "part of it",
		noRoom: "the error that it throws",
	},
	"lib/session/credentials.ts": {
		term: "for the budget",
		attach: "called by the client's constructor",
	},
	"lib/session/identity.ts": {
		checked: "called by the client's constructor",
		introduce: "called by the client's constructor",
	},
	"lib/session/extras.ts": {
		extrasFrom: "called by the client's constructor",
		listOf: "called by the client's constructor, and for the budget",
		budgetOf: "allocates, and says so",
	},
	"lib/extras/aliases.ts": { term: "for the budget" },
	"lib/session/fallback.ts": { term: "for the budget" },
	"lib/extras/scram.ts": {
		saltedPassword: "allocates, and says so",
		newBlock: "construction only",
		utf8: "construction only",
	},
	"lib/extras/authentication.ts": {
		term: "for the budget",
		attach: "called by the client's constructor",
	},
	"lib/extras/brokers.ts": { follow: "once for a place that a broker has sent us to" },
	"lib/extras/reference.ts": {
		placesIn: "once when a broker sends us elsewhere",
		placeIn: "part of it",
	},
	"lib/extras/holds.ts": { term: "for the budget", owed: "called by the client's constructor" },
	"lib/extras/sources.ts": { term: "for the budget" },
	"lib/extras/fragments.ts": {
		term: "for the budget",
		attach: "called by the client's constructor",
		intake: "called by the client's constructor",
	},
	"lib/extras/requests.ts": {
		term: "for the budget",
		attach: "called by the client's constructor",
		utf8Length: "called by the constructor",
	},
	"lib/extras/router.ts": {
		term: "for the budget",
		on: "when the program starts, and says that it allocates",
	},
	"lib/wire/message.ts": {
		payload: "allocates, and says so",
		correlationData: "allocates, and says so",
	},
	"lib/wire/utf8.ts": { decodeText: "for text() and the like, which allocate and say so" },
	"lib/store/ram-store.ts": { attach: "called by the client's constructor" },
	"lib/store/cells.ts": { attach: "called by the client's constructor" },
	"lib/store/crc.ts": { table: "when the module is evaluated", behind: "when the module is evaluated" },
	"lib/store/flash-store.ts": {
		attach: "called by the client's constructor",
		begin: "once, when the store is opened for the first time",
		wear: "allocates, and says so",
	},
	"lib/store/journal.ts": { attach: "called by the client's constructor" },
};

describe("Nothing that allocates in", () => {
	test.each(hot)("%s", (path) => {
		const exempt = cold[path] ?? {};
		const found = costly(read(path), (name) => name in exempt);
		expect(found.map(({ line, name, what }) => `${path}:${line} ${name}: ${what}`)).toEqual([]);
	});

	test("and the list of exceptions has none that is not needed", () => {
		const unneeded: string[] = [];
		for (const [path, names] of Object.entries(cold)) {
			for (const name of Object.keys(names)) {
				const known = functions(strip(read(path))).some((fn) => fn.name === name);
				const used = costly(read(path), (other) => other in names && other !== name).length > 0;
				if (!known || !used) unneeded.push(`${path} ${name}`);
			}
		}
		expect(unneeded).toEqual([]);
	});
});

/** A body, what is found in it, and one that looks alike and is free. */
const samples: readonly (readonly [what: string, caught: string, passed: string])[] = [
	["for-of", "for (const row of this.rows) use(row);", "for (let of = 0; of < 3; of++) use(of);"],
	["for-in", "for (const key in table) use(key);", "for (let i = 0; key in table; i++) use(i);"],
	["spread or rest", "use(...many);", "use(many); // ..."],
	["array destructuring", "const [a, b] = pair;", "const { a, b } = pair;"],
	["array destructuring", "; [a, b] = pair;", "table[a] = pair[b];"],
	["array literal", "return [a, b];", "return table[a];"],
	["array literal", "use([]);", "use(table[0]);"],
	["object literal", "return { a, b };", "const { a, b } = this.parts; if (a) { use(b); }"],
	["object literal", "use({});", "switch (a) { case A: { use(b); } default: { use(c); } }"],
	["object literal", "const a = b ? { c } : d;", "if (a) { b(); } else { c(); }"],
	["template string", "use(`a`);", 'use("`");'],
	["arrow function", "use(() => 1);", 'use("=>"); a >= b;'],
	["function expression", "use(function () {});", "use(functions);"],
	["arguments", "use(arguments);", "use(this.arguments_);"],
	["slice or subarray", "use(bytes.subarray(1));", "use(bytes.copyWithin(0, 1), subarray);"],
	["slice or subarray", "use(bytes.slice(1));", "use(slice);"],
	["bind, call or apply", "use(f.call(this));", "use(this.call, call(f));"],
	["BigInt", "use(1n);", "use(0x1n1);".replace("0x1n1", "plan1n2")],
	["string made", "use(String(1));", "use(PropertyType.String);"],
	["string made", 'use("" + a);', 'use("a");'],
	["new", "use(new Thing());", "use(newer, this.anew);"],
	["throw", "throw fault;", "use(thrown);"],
	["delete", "delete a.b;", "use(deleted);"],
	["async, await, yield", "await a;", "use(awaiting);"],
	[
		"property of a string",
		"const s: string = a; use(s.length);",
		"const s: string = a; use(s); use(this.s.t);",
	],
	["switch of 5 cases", cases(CASES_MOST + 1), cases(CASES_MOST)],
];

function cases(count: number): string {
	return `switch (a) { ${Array.from({ length: count }, (_, i) => `case ${i}: use(${i});`).join(" ")} }`;
}

describe("The search itself", () => {
	const inMethod = (body: string): string => `class A {\n\tmethod(many: X[]): void {\n\t\t${body}\n\t}\n}\n`;

	test.each(samples)("catches %s: %s", (what, caught, passed) => {
		const found = costly(inMethod(caught));
		expect(found.map((finding) => finding.what)).toContain(what);
		expect(found[0].line).toBe(3);
		expect(costly(inMethod(passed))).toEqual([]);
	});

	test("looks into getters, private and generic methods, functions; not into constructors, fields and the module", () => {
		const source = `
			const table = [1, 2].map((n) => n);
			class A {
				field = () => [1];
				constructor(options: Options = {}) { this.b = new B({ options }); }
				get one(): number { return [1]; }
				#two<T>(a: T = []): A | undefined { return \`\${[a]}\`; }
				static three(a: (b: C) => D): void { a([3]); }
			}
			export function four(): void { throw a; }
			function cold(): void { throw a; }
		`;
		const found = costly(source, (name) => name === "cold");
		expect([...new Set(found.map(({ name }) => name))]).toEqual(["one", "#two", "three", "four"]);
	});

	test("is not misled by comments, strings, regular expressions and templates", () => {
		const source =
			"class A { a(): void { /* [ */ b = '[{'; c = /[=[{/.test(d); } // {\n e(): void { throw f; } }";
		expect(costly(source).map(({ name, what }) => [name, what])).toEqual([["e", "throw"]]);
		expect(strip("a(`b$" + "{c({d: `e`})}f`, 'g')")).toBe("a(` $" + "{c({d: ` `})} `, ' ')");
	});
});
