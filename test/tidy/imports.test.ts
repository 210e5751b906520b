// SPDX-License-Identifier: MIT
/** The direction of imports: who may know whom, in one table. */
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { exists, files, imports, read } from "./source.js";

interface Rule {
	/** Which sources, as the beginnings of their paths; the first rule that fits counts. */
	readonly of: readonly string[];
	/** What they may import: beginnings of paths, or names of modules. */
	readonly may: readonly string[];
	/** What they may import as types only. */
	readonly types?: readonly string[];
	readonly because: string;
}

const rules: readonly Rule[] = [
	{
		of: ["lib/ports.ts", "lib/limits.ts", "lib/counters.ts", "lib/wire/protocol.ts"],
		may: [],
		because: "what everybody uses depends on nobody",
	},
	{
		of: ["lib/wire/record.ts", "lib/wire/refusal.ts"],
		may: ["lib/wire/protocol.ts"],
		types: ["lib/wire/", "lib/ports.ts"],
		because: "tables, used below and above",
	},
	{
		of: ["lib/listener.ts"],
		may: [],
		types: ["lib/wire/message.ts", "lib/ports.ts", "lib/wire/topic.ts"],
		because: "an interface and its numbers",
	},
	{
		of: ["lib/memory/"],
		may: [
			"lib/memory/",
			"lib/limits.ts",
			"lib/wire/protocol.ts",
			"lib/wire/refusal.ts",
			"lib/wire/record.ts",
		],
		types: ["lib/ports.ts"],
		because: "memory is the lowest layer; of wire it knows the numbers",
	},
	{
		of: ["lib/wire/"],
		may: ["lib/wire/", "lib/memory/", "lib/counters.ts"],
		types: ["lib/ports.ts"],
		because: "memory ← wire",
	},
	{
		of: ["lib/session/"],
		may: [
			"lib/session/",
			"lib/wire/",
			"lib/memory/",
			"lib/ports.ts",
			"lib/limits.ts",
			"lib/counters.ts",
			"lib/listener.ts",
		],
		because: "memory ← wire ← session; the store is a port",
	},
	{
		of: ["lib/extras/"],
		may: [
			"lib/extras/",
			"lib/session/",
			"lib/wire/",
			"lib/memory/",
			"lib/ports.ts",
			"lib/limits.ts",
			"lib/counters.ts",
			"lib/listener.ts",
		],
		because: "an extra is known to the session by an interface only, so it can be left out",
	},
	{
		of: ["lib/store/"],
		may: ["lib/store/", "lib/wire/", "lib/memory/", "lib/ports.ts", "lib/limits.ts"],
		because: "a store knows records and memory, no session",
	},
	{
		of: ["lib/pump.ts", "lib/pump/", "lib/publisher.ts", "lib/client.ts"],
		may: [
			"lib/publisher.ts",
			"lib/pump.ts",
			"lib/pump/",
			"lib/session/",
			"lib/wire/",
			"lib/memory/",
			"lib/ports.ts",
			"lib/limits.ts",
			"lib/counters.ts",
			"lib/listener.ts",
		],
		because: "session ← client; the store is a port",
	},
	{
		of: ["lib/dictionaries.ts"],
		may: [
			"lib/counters.ts",
			"lib/listener.ts",
			"lib/ports.ts",
			"lib/wire/protocol.ts",
			"lib/wire/refusal.ts",
		],
		because: "the numbers once more, for applications",
	},
	{
		of: ["lib/index.ts"],
		may: ["lib/client.ts", "lib/dictionaries.ts", "lib/limits.ts", "lib/wire/protocol.ts"],
		types: ["lib/"],
		because: "the public names; the store is not among them",
	},
	{
		of: ["firmware/ports.ts"],
		may: ["lib/index.ts"],
		because: "what a board is, beyond what the core asks for",
	},
	{
		of: ["firmware/programs/"],
		may: ["firmware/programs/", "firmware/ports.ts", "lib/index.ts", "lib/store/index.ts"],
		because: "programs are free of any platform",
	},
	{
		of: ["firmware/drivers/"],
		may: ["firmware/drivers/", "firmware/ports.ts", "lib/index.ts", "lib/store/index.ts"],
		because: "drivers are handed the classes of ECMA-419 and the modules of the SDK",
	},
	{
		of: ["firmware/main/"],
		may: [
			...["firmware/", "lib/index.ts", "lib/store/index.ts", "ringbuoy/"],
			...[
				"embedded:",
				"Resource",
				"instrumentation",
				"mc/",
				"resetReason",
				"sntp",
				"ssl/",
				"time",
				"timer",
				"x509",
			],
		],
		because: "main is the only one that imports what the SDK has, and what a board's manifest chooses",
	},
	{
		of: ["firmware/tcp.ts", "firmware/network.ts"],
		may: ["firmware/drivers/"],
		because: "a door: the public names of drivers that belong together",
	},
	{
		of: ["simulator/cli/device-settings.ts"],
		may: ["simulator/cli/", "firmware/drivers/keys.ts"],
		because: "the command refuses the settings that a board would pass over, by the same words",
	},
	{
		of: ["simulator/"],
		may: [
			...["simulator/", "lib/", "firmware/programs/", "firmware/ports.ts", "node:", "mqtt-packet"],
			"firmware/drivers/profiles.ts",
		],
		because:
			"the simulator runs the programs, and neither drivers nor main; services it knows by the same table",
	},
];

const sources = [...files("lib", ".ts"), ...files("firmware", ".ts"), ...files("simulator", ".ts")];

/** Where a specifier leads, as a path of this tree, or the module's name. */
function target(from: string, specifier: string): string {
	if (!specifier.startsWith(".")) return specifier;
	return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

/** What is wrong with the imports of one source. */
function wrong(path: string, text: string, there = exists): string[] {
	const rule = rules.find(({ of }) => of.some((start) => path.startsWith(start)));
	if (rule === undefined) return [`${path}: no rule is for it`];
	const found: string[] = [];
	for (const { specifier, typeOnly } of imports(text)) {
		const to = target(path, specifier);
		const { may, types = [] } = rule;
		const allowed = (typeOnly ? [...may, ...types] : may).some((start) => to.startsWith(start));
		if (!allowed) found.push(`${path} imports ${to}: ${rule.because}`);
		if (!specifier.startsWith(".")) {
			const foreign = /^(?:lib|firmware)\//.test(path) && !/^firmware\/(?:drivers|main)\//.test(path);
			if (foreign) found.push(`${path}: "${specifier}" is not relative`);
		} else if (!specifier.endsWith(".js")) found.push(`${path}: "${specifier}" does not end in .js`);
		else if (!there(to)) found.push(`${path}: there is no ${to}`);
	}
	return found;
}

describe("Imports go one way in", () => {
	test.each(sources)("%s", (path) => {
		expect(wrong(path, read(path))).toEqual([]);
	});
});

/** All sources that one of them reaches by imports that are left after compiling, itself included. */
function reached(start: string): Set<string> {
	const seen = new Set<string>();
	const visit = (path: string): void => {
		if (seen.has(path) || !path.endsWith(".ts")) return;
		seen.add(path);
		for (const { specifier, typeOnly } of imports(read(path))) if (!typeOnly) visit(target(path, specifier));
	};
	visit(start);
	return seen;
}

test("nothing in lib is dead: everything is reached from its doors", () => {
	const doors = ["lib/index.ts", "lib/store/index.ts", "lib/extras/index.ts"];
	const alive = new Set(doors.flatMap((door) => [...reached(door)]));
	const typesOnly = (path: string): boolean => strippedOfTypes(read(path)) === "";
	expect(files("lib", ".ts").filter((path) => !alive.has(path) && !typesOnly(path))).toEqual([]);
});

/** Empty for a source that declares nothing but types. */
function strippedOfTypes(text: string): string {
	return /^export (?!type|interface)/m.test(text) ? text : "";
}

describe("The check itself", () => {
	const there = (): boolean => true;
	test.each([
		[
			"lib/wire/encoder.ts",
			'import { Session } from "../session/session.js";',
			"imports lib/session/session.ts",
		],
		["lib/ports.ts", 'import type { Limits } from "./limits.js";', "imports lib/limits.ts"],
		["lib/memory/ring.ts", 'import { LinkFault } from "../ports.js";', "imports lib/ports.ts"],
		["lib/client.ts", 'import { RamStore } from "./store/ram-store.js";', "imports lib/store/ram-store.ts"],
		["lib/client.ts", 'import { connect } from "node:net";', "imports node:net"],
		["lib/client.ts", 'const a = import("./store/index.js");', "imports lib/store/index.ts"],
		["lib/index.ts", 'export * from "./store/index.js";', "imports lib/store/index.ts"],
		["lib/wire/encoder.ts", 'import { Arena } from "../memory/arena";', "does not end in .js"],
		["firmware/programs/a.ts", 'import "embedded:io/digital";', "is not relative"],
		["firmware/programs/a.ts", 'import { Client } from "../../lib/client.js";', "imports lib/client.ts"],
		["simulator/a.ts", 'import start from "../firmware/main/main.js";', "imports firmware/main/main.ts"],
		["lib/new/a.ts", "", "no rule is for it"],
	] as const)("%s: %s", (path, text, fault) => {
		expect(wrong(path, text, there).join()).toContain(fault);
	});

	test.each([
		["lib/memory/ring.ts", 'import type { Memory } from "../ports.js";'],
		["lib/memory/ring.ts", 'import { type Memory } from "../ports.js";'],
		["lib/client.ts", '// import { connect } from "node:net";'],
		["firmware/main/a.ts", 'import Digital from "embedded:io/digital";'],
		["simulator/a.ts", 'import net from "node:net";'],
		["simulator/a.ts", 'export { start } from "../firmware/programs/sensor.js";'],
	] as const)("lets pass %s: %s", (path, text) => {
		expect(wrong(path, text, there)).toEqual([]);
	});
});
