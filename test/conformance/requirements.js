// SPDX-License-Identifier: MIT
/** What the standards ask of a client, which tests say that they show it, and why some cannot be shown. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL(".", import.meta.url);
const tests = new URL("../", here);
export const VERSIONS = ["3.1.1", "5.0"];

/** The lines of a table of this folder, without its head, as objects named by the head. */
function table(name) {
	const [head, ...lines] = readFileSync(new URL(name, here), "utf8").trimEnd().split(/\r?\n/);
	const names = head.split("\t");
	return lines.map((line, i) => {
		const cells = line.split("\t");
		if (cells.length !== names.length || cells.some((cell) => cell.trim() === ""))
			throw new Error(`${name}:${i + 2}: ${names.length} cells are needed, separated by tabs: ${line}`);
		return Object.fromEntries(names.map((column, k) => [column, cells[k]]));
	});
}

const keyOf = (version, id) => `${version} ${id}`;

/** Every statement of both standards, by "version id". */
export function loadRequirements() {
	const all = new Map();
	for (const one of table("requirements.tsv")) {
		const key = keyOf(one.version, one.id);
		if (!VERSIONS.includes(one.version) || !["both", "client", "server"].includes(one.binds))
			throw new Error(`requirements.tsv: ${key} has a version or a party that there is not`);
		if (all.has(key)) throw new Error(`requirements.tsv: ${key} stands there twice`);
		all.set(key, { ...one, key });
	}
	return all;
}

/** Why a requirement has no test, by "version id". */
export function loadReasons(requirements) {
	const reasons = new Map();
	for (const { version, id, reason } of table("reasons.tsv")) {
		const key = keyOf(version, id);
		if (requirements.get(key) === undefined || requirements.get(key).binds === "server")
			throw new Error(`reasons.tsv: ${key} binds no client`);
		if (reasons.has(key)) throw new Error(`reasons.tsv: ${key} stands there twice`);
		reasons.set(key, reason);
	}
	return reasons;
}

/**
 * The identifiers of a title, by "version id". Both standards number alike and mean different things, so a bracket names
 * its version, `[5.0 MQTT-4.3.2-1, MQTT-4.3.2-2]`, or counts for nothing and is in `loose`.
 */
export function identifiersOf(title) {
	const keys = [];
	const loose = [];
	for (const [, inside] of title.matchAll(/\[([^\]]*MQTT-[^\]]*)\]/g)) {
		const version = /^(3\.1\.1|5\.0):? /.exec(inside)?.[1];
		for (const [id] of inside.matchAll(/MQTT-[\d.-]+\d/g))
			if (version === undefined) loose.push(id);
			else keys.push(keyOf(version, id));
	}
	return { keys, loose };
}

/** All files below a folder that end so. */
function files(folder, end) {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((one) => one.isFile() && one.name.endsWith(end))
		.map((one) => `${one.parentPath ?? one.path}/${one.name}`.replaceAll("\\", "/"))
		.filter((path) => !path.includes("/node_modules/") && !path.includes("/build/"))
		.sort();
}

const short = (path) =>
	`test/${path.slice(fileURLToPath(tests).replaceAll("\\", "/").length)}`.replace("//", "/");

/** Titles of tests: strings of `test(...)`, `describe(...)` and of the rows of their `each`, with the line they stand on. */
function titlesOfTests() {
	const found = [];
	for (const path of files(fileURLToPath(tests), ".test.ts").filter(
		(one) => !one.includes("/test/conformance/"),
	)) {
		const server = path.includes("/test/simulator/");
		if (server) continue; // tests of our broker show nothing of the client
		for (const [i, line] of readFileSync(path, "utf8").split(/\r?\n/).entries()) {
			if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) continue;
			for (const [text] of line.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g))
				if (text.includes("MQTT-"))
					found.push({ where: `${short(path)}:${i + 1}`, title: text.slice(1, -1) });
		}
	}
	return found;
}

/** Titles of scenarios: one for each version, as the test has it. */
function titlesOfScenarios() {
	const found = [];
	for (const path of files(fileURLToPath(here), ".txt")) {
		const text = readFileSync(path, "utf8");
		const title = /^title: (.*)$/m.exec(text)?.[1] ?? "";
		for (const version of VERSIONS) {
			const ids = new RegExp(`^${version.replaceAll(".", "\\.")}: (.*)$`, "m").exec(text)?.[1];
			if (ids !== undefined) found.push({ where: short(path), title: `[${version} ${ids}] ${title}` });
		}
	}
	return found;
}

/** Everything together: each requirement that binds a client, with its tests or its reason. */
export function survey() {
	const requirements = loadRequirements();
	const reasons = loadReasons(requirements);
	const byKey = new Map();
	const faults = [];
	let loose = 0;
	for (const { where, title } of [...titlesOfScenarios(), ...titlesOfTests()]) {
		const said = identifiersOf(title);
		loose += said.loose.length;
		for (const key of said.keys) {
			if (!requirements.has(key)) faults.push(`${where}: there is no ${key}`);
			byKey.set(key, [...(byKey.get(key) ?? []), where]);
		}
	}
	const rows = [];
	for (const one of requirements.values()) {
		if (one.binds === "server") continue;
		const { key, version, id, binds, words } = one;
		const shown = byKey.get(key) ?? [];
		const reason = reasons.get(key) ?? "";
		if (shown.length > 0 && reason !== "") faults.push(`reasons.tsv: ${key} has a test, too: ${shown[0]}`);
		rows.push({ version, id, binds, words, tests: shown, reason });
	}
	return { rows, faults, loose };
}
