// SPDX-License-Identifier: MIT
/** The three ways to include ringbuoy, as a stranger would go them: each example from the packed tarball or from git, linked. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pieces, root } from "../application.js";
import { mcconfig } from "../mcconfig.js";
import { disk } from "../tree.js";
import { changeable, configure, link, moddable, scratch, tools, warnings } from "./build.js";

const platform = "esp32/nodemcu";
const folder = scratch();

/** A copy of an example, and beside it the package as npm would install it. */
function project(name: string): string {
	const at = join(folder, name);
	cpSync(join(root, "manifests/examples", name), at, { recursive: true });
	return at;
}

function install(at: string): void {
	const pack = ["pack", "--ignore-scripts", "--json", "--offline", "--pack-destination", folder];
	const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" }));
	const home = join(at, "node_modules/ringbuoy");
	mkdirSync(home, { recursive: true });
	execFileSync("tar", ["-xzf", join(folder, filename), "-C", home, "--strip-components=1"]);
}

/** Nothing of ours warns, takes RAM for what cannot change, or has a copy of itself loaded into it. */
async function linked(at: Parameters<typeof link>[0], own: RegExp): Promise<void> {
	expect(warnings(await link(at))).toEqual([]);
	const { metas } = changeable(at.folder);
	expect(metas.filter((uri) => own.test(uri)).length).toBeGreaterThan(30);
	const preloaded = readFileSync(join(at.folder, "makefile"), "utf8").match(/^\t-p (.*)\.xsb\\$/gm) ?? [];
	expect(preloaded.filter((line) => own.test(line.slice(4))).length).toBeGreaterThan(30);
}

/** Objects that are neither ours nor of a module: the engine's, and those of the SDK. */
let engine = 0;

test("an application without ringbuoy", async () => {
	const at = join(folder, "bare");
	mkdirSync(at);
	const manifest = {
		include: ["$(MODDABLE)/examples/manifest_base.json", "$(MODDABLE)/modules/io/manifest.json"],
	};
	writeFileSync(join(at, "manifest.json"), JSON.stringify({ ...manifest, modules: { "*": "./main" } }));
	writeFileSync(join(at, "main.js"), "trace('bare');");
	const configured = await configure(await tools(), { cwd: at, platform, name: "bare" }, [
		"mcconfig",
		"manifest.json",
	]);
	expect(warnings(await link(configured))).toEqual([]);
	engine = changeable(configured.folder).others;
	expect(engine).toBeGreaterThan(0);
});

test("from node_modules, by mcconfig", async () => {
	const at = project("npm");
	install(at);
	const configured = await configure(await tools(), { cwd: at, platform, name: "npm" }, [
		"mcconfig",
		"manifest.json",
	]);
	await linked(configured, /^ringbuoy(?:\/|$)/);
	expect(changeable(configured.folder).others).toBe(engine);
});

test("from node_modules, by mcpack", async () => {
	const at = project("mcpack");
	install(at);
	const name = "ringbuoy-example-mcpack";
	const configured = await configure(await tools(), { cwd: at, platform, name }, ["mcpack", "mcconfig"]);
	await linked(configured, /^ringbuoy(?:\/|$)/);
	expect(changeable(configured.folder).others).toBe(engine);
});

test("from git, by mcconfig", async () => {
	const at = project("git");
	const repository = join(folder, "ringbuoy.git");
	execFileSync("git", ["clone", "-q", "--bare", root, repository]);
	const variables = { RINGBUOY: `file://${repository}` };
	const where = { cwd: at, platform, name: "git" };
	const configured = await configure(await tools(), where, ["mcconfig", "manifest.json"], variables);
	await linked(configured, /^ringbuoy(?:\/|$)/);
	expect(changeable(configured.folder).others).toBe(engine);
});

test.each([
	["### warning: ringbuoy: Client() Counter: not frozen", 1],
	["### warning: ringbuoy/lib/pump: count: no const", 1],
	["### warning: embedded:network/mqtt/client: default: not frozen", 1],
	["makefile:1804: warning: overriding recipe for target 'sensors.xsb'", 1],
	["### warning: ssl/cert: default.prototype.getKey() globalCerts: not frozen", 0],
	["# xsc ssl/error.xsb", 0],
])("the search for warnings: %s", (line, count) => {
	expect(warnings(line).length).toBe(count);
});

test("mcconfig makes the same JavaScript of our sources as we do, byte for byte", async () => {
	const at = join(folder, "everything");
	mkdirSync(at);
	const include = [
		"$(MODDABLE)/examples/manifest_base.json",
		...pieces.map((name) => `${root}/manifests/${name}.json`),
	];
	writeFileSync(join(at, "manifest.json"), JSON.stringify({ include, modules: { "*": "./main" } }));
	writeFileSync(join(at, "main.js"), "trace('everything');");
	const where = { cwd: at, platform, name: "everything" };
	const configured = await configure(await tools(), where, ["mcconfig", "manifest.json"]);
	expect(warnings(await link(configured))).toEqual([]);

	const build = mcconfig(join(at, "manifest.json"), { tree: disk, moddable, platform });
	const sources = build.files.filter(({ kind, file }) => kind === "ts" && /\/(?:lib|firmware)\//.test(file));
	let compared = 0;
	for (const { specifier, file } of sources) {
		const path = file.slice(root.length + 1).replace(/\.ts$/, ".js");
		const theirs = readFileSync(
			join(configured.folder, "tsc", specifier, file.replace(/\.ts$/, ".js")),
			"utf8",
		);
		const ours = readFileSync(join(root, "dist/js", path), "utf8");
		expect(theirs.replace(/\/\/# sourceMappingURL=.*\n?$/, ""), path).toBe(ours);
		compared++;
	}
	console.log(`${compared} modules compared`);
	expect(compared).toBeGreaterThan(60);
});
