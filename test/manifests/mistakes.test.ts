// SPDX-License-Identifier: MIT
/** Each mistake that mcconfig takes in silence, in a manifest that makes it, and the same manifest without. */
import { describe, expect, test } from "vitest";
import type { Piece } from "./mcconfig.js";
import { examine } from "./mistakes.js";
import { namedSdk } from "./names.js";
import { planted } from "./tree.js";

const sdk = namedSdk({
	version: "0",
	files: [
		"examples/manifest_base.json",
		"modules/io/ethernet/manifest.json",
		"modules/network/ethernet/ethernet.js",
		"modules/network/ethernet/esp32/ethernet.c",
		"modules/network/ethernet/esp32/drivers/enc28j60/api.c",
		"modules/network/ethernet/esp32/setup/ethernet.js",
	],
	modules: ["timer"],
	targets: {
		"esp32/plain": { sdkconfig: false, ethernet: false },
		"esp32/wired": { sdkconfig: true, ethernet: true },
	},
});

const base = "$(MODDABLE)/examples/manifest_base.json";
const typescript = { tsconfig: { compilerOptions: { noEmitOnError: true } } };

interface Project {
	readonly files?: Readonly<Record<string, string>>;
	readonly platform?: string;
	readonly config?: Readonly<Record<string, string>>;
	readonly variables?: Readonly<Record<string, string>>;
}

/** What is wrong with `/app/manifest.json`, its path left out. */
function wrong(manifest: Piece | Record<string, unknown>, project: Project = {}): string[] {
	const { files = {}, platform = "esp32/plain", config, variables } = project;
	const texts = { "/app/manifest.json": JSON.stringify(manifest), "/app/main.js": "", ...files };
	const question = { manifest: "/app/manifest.json", platform, config, variables, sdk, tree: planted(texts) };
	const repositories = { "https://example.org/ours.git": "/clone" };
	return examine({ ...question, repositories }).mistakes.map((line) =>
		line.replace("/app/manifest.json: ", ""),
	);
}

const app: Piece = { include: [base], modules: { "*": "./main" } };

test("a manifest that is right has none", () => {
	expect(wrong(app)).toEqual([]);
	const kit = { "/app/kit/a.ts": 'import "./b.js";', "/app/kit/b.ts": 'import Timer from "timer";' };
	const whole = {
		...app,
		modules: { "*": "./main", "kit/*": "./kit/*" },
		preload: ["kit/a", "kit/b"],
		typescript,
	};
	expect(wrong(whole, { files: kit })).toEqual([]);
});

describe("Paths", () => {
	test("an include that is not there", () => {
		expect(wrong({ ...app, include: [base, "./gone.json"] })).toEqual(["'./gone.json': manifest not found"]);
	});

	test("an SDK path that nobody has seen", () => {
		const path = "$(MODDABLE)/modules/imagined/manifest.json";
		expect(wrong({ ...app, include: [base, path] })).toEqual([`'${path}': manifest not found`]);
	});

	test("a manifest that is no JSON", () => {
		const files = { "/app/kit.json": "{ modules }" };
		expect(wrong({ ...app, include: [base, "./kit.json"] }, { files })[0]).toMatch(
			/kit\.json: invalid manifest/,
		);
	});

	test("a module without a file, and one without a folder", () => {
		expect(wrong({ ...app, modules: { "*": "./main", kit: "./kit" } })).toEqual([
			"kit has no file: /app/kit",
		]);
		expect(wrong({ ...app, modules: { "*": "./main", kit: "./kit/a" } })).toEqual([
			"'./kit/a': directory not found",
		]);
	});

	test("a wildcard over a folder that has nothing for it", () => {
		const files = { "/app/kit/README.md": "" };
		expect(wrong({ ...app, modules: { "*": "./main", "kit/*": "./kit/*" } }, { files })).toEqual([
			"kit/* has no file: /app/kit/*",
		]);
	});

	test("an exclusion that excludes nothing", () => {
		expect(wrong({ ...app, modules: { "~": "./test*", "*": "./main" } })).toEqual([
			"~ excludes nothing: /app/test*",
		]);
	});

	test("a variable that is defined later, or nowhere", () => {
		const kit = { build: { KIT: "./kit" } };
		const files = { "/app/kit.json": JSON.stringify(kit), "/app/kit/manifest.json": "{}" };
		const late = ["$(KIT)/manifest.json", "./kit.json"];
		expect(wrong({ ...app, include: [base, ...late] }, { files })[0]).toBe(
			"$(KIT) has no value at this point",
		);
		expect(wrong({ ...app, include: [base, ...late.toReversed()] }, { files })).toEqual([]);
	});

	test("two files for one module", () => {
		const files = { "/app/a/x.js": "", "/app/b/x.js": "" };
		expect(wrong({ ...app, modules: { "*": ["./main", "./a/x", "./b/x"] } }, { files })).toEqual([
			"x is /app/a/x.js already, not /app/b/x.js",
		]);
	});

	test("a partition table that is not there", () => {
		expect(wrong({ ...app, build: { PARTITIONS_FILE: "./partitions.csv" } })).toEqual([
			"PARTITIONS_FILE /app/partitions.csv is not there",
		]);
	});
});

describe("Preload", () => {
	const files = { "/app/kit/a.ts": "", "/app/kit/b.ts": "" };
	const kit = { ...app, modules: { "*": "./main", "kit/*": "./kit/*" }, typescript };

	test("a wildcard over TypeScript finds nothing", () => {
		const found = wrong({ ...kit, preload: ["kit/*"] }, { files });
		expect(found).toContain('preload "kit/*" finds no TypeScript: name kit/a');
		expect(found).toContain("kit/a is not preloaded");
	});

	test("a wildcard that finds JavaScript leaves the TypeScript beside it", () => {
		const mixed = { ...files, "/app/kit/c.js": "" };
		const found = wrong({ ...kit, preload: ["kit/*", "kit/a"] }, { files: mixed });
		expect(found).toEqual(['preload "kit/*" finds no TypeScript: name kit/a', "kit/b is not preloaded"]);
	});

	test("a module that was forgotten", () => {
		expect(wrong({ ...kit, preload: ["kit/a"] }, { files })).toEqual(["kit/b is not preloaded"]);
	});

	test("a name that is none", () => {
		expect(wrong({ ...kit, preload: ["kit/a", "kit/b", "kit/c"] }, { files })).toEqual([
			'preload "kit/c" is no module of this build',
		]);
	});

	test("TypeScript that emits in spite of errors", () => {
		const { typescript: _, ...without } = kit;
		expect(wrong({ ...without, preload: ["kit/a", "kit/b"] }, { files })).toEqual([
			"TypeScript without noEmitOnError",
		]);
	});
});

describe("Platforms", () => {
	test("a wildcard before the entry that it hides", () => {
		const platforms = { "esp32/*": {}, "esp32/plain": { modules: { kit: "./main" } } };
		expect(wrong({ ...app, platforms })).toEqual(['"esp32/*" stands before "esp32/plain" and hides it']);
		expect(wrong({ ...app, platforms: Object.fromEntries(Object.entries(platforms).reverse()) })).toEqual([]);
	});

	test("what the family has and the target does not repeat", () => {
		const files = { "/app/kit.json": "{}" };
		const platforms = { "esp32/plain": { config: { lamp: 2 } }, esp32: { include: "./kit.json" } };
		expect(wrong({ ...app, platforms }, { files })).toEqual([
			'"esp32/plain" does not get "./kit.json" of "esp32": say it again',
		]);
	});

	test("a platform that a manifest refuses", () => {
		const platforms = { lin: {}, "...": { error: "only on Linux" } };
		expect(wrong({ ...app, platforms })).toEqual(["refuses this platform: only on Linux"]);
		expect(wrong({ ...app, platforms }, { platform: "lin" })).toEqual([]);
	});

	test("dependency outside of platforms, and a key that is misspelt", () => {
		expect(wrong({ ...app, dependency: [], preloads: [] })).toEqual([
			'mcconfig does not know "dependency"',
			'mcconfig does not know "preloads"',
		]);
		expect(wrong({ ...app, platforms: { esp32: { dependency: [] } } } as never)).toEqual([]);
	});
});

describe("What a board would not do", () => {
	test("a name that wakes setup/network", () => {
		const told = 'config "ssid" wakes setup/network, which never tries again: use names of our own';
		expect(wrong({ ...app, config: { ssid: "home" } })).toEqual([told]);
		expect(wrong(app, { config: { ssid: "home" } })).toEqual([told]);
		expect(wrong({ ...app, config: { wifi_ssid: "home" } })).toEqual([]);
	});

	test("two drivers for Ethernet", () => {
		const include = [base, "$(MODDABLE)/modules/io/ethernet/manifest.json"];
		const found = wrong({ ...app, include }, { platform: "esp32/wired" });
		expect(found).toContain(
			"two drivers for Ethernet on esp32/wired: exclude modules/network/ethernet/esp32/*",
		);
		expect(found.length).toBe(4);
		expect(wrong({ ...app, include })).toEqual([]);
		const old = ["", "/esp32", "/esp32/drivers/enc28j60", "/esp32/setup"];
		const exclude = { "~": old.map((folder) => `$(MODDABLE)/modules/network/ethernet${folder}/*`) };
		const excluding = { ...app, include, platforms: { "esp32/wired": { modules: exclude } } };
		expect(wrong(excluding, { platform: "esp32/wired" })).toEqual([]);
	});

	test("an sdkconfig that the target overwrites, and one that takes the target's away", () => {
		const build = { SDKCONFIGPATH: "./sdkconfig" };
		expect(wrong({ ...app, build }, { platform: "esp32/wired" })).toEqual([
			"SDKCONFIGPATH is overwritten by that of esp32/wired",
		]);
		expect(wrong({ ...app, build })).toEqual([]);
		const files = { "/app/late.json": JSON.stringify({ build }) };
		expect(wrong({ ...app, include: [base, "./late.json"] }, { files, platform: "esp32/wired" })).toEqual([
			"/app/late.json: SDKCONFIGPATH takes the place of that of esp32/wired, flash size and PSRAM with it",
		]);
	});

	test("a manifest that a wildcard took for a module", () => {
		const files = { "/app/kit/part.json": '{ "modules": {} }', "/app/kit/data.json": "{}" };
		expect(wrong({ ...app, modules: { "*": "./main", "kit/*": "./kit/*" } }, { files })).toEqual([
			"kit/part is a manifest, not a module",
		]);
	});

	test("a relative import that starts from another name than its file's", () => {
		const files = { "/app/kit/a.js": 'import "./b.js";', "/app/kit/b.js": "" };
		const modules = { "*": "./main", "kit/b": "./kit/b" };
		expect(wrong({ ...app, modules: { ...modules, alias: "./kit/a" } }, { files })).toEqual([
			"alias imports ./b.js, and b is no module of this build",
		]);
		expect(wrong({ ...app, modules: { ...modules, "kit/a": "./kit/a" } }, { files })).toEqual([]);
	});

	test("an import of a module that nobody brings", () => {
		const files = { "/app/main.js": 'import Time from "time";' };
		expect(wrong(app, { files })).toEqual(["main imports time, and time is no module of this build"]);
	});
});

describe("From git", () => {
	const git = "https://example.org/ours.git";
	const files = { "/clone/manifests/client.json": "{}" };

	test("a repository without a manifest at its top, and none named", () => {
		expect(wrong({ ...app, include: [base, { git }] }, { files })).toEqual([
			`${git} has no manifest.json at its top: name one, "manifest": "..."`,
		]);
		expect(wrong({ ...app, include: [base, { git, manifest: "manifests/client.json" }] }, { files })).toEqual(
			[],
		);
	});

	test("a manifest that the repository does not have", () => {
		expect(wrong({ ...app, include: [base, { git, manifest: "client.json" }] }, { files })).toEqual([
			"'client.json': manifest not found",
		]);
	});

	test("an address out of the shell, with a default", () => {
		const include = [base, { git: "$(OURS)", manifest: "manifests/client.json" }];
		const build = { "OURS ?=": "https://example.org/fork.git" };
		expect(wrong({ ...app, build, include }, { files })).toEqual([
			"https://example.org/fork.git is not known here",
		]);
		expect(wrong({ ...app, build, include }, { files, variables: { OURS: git } })).toEqual([]);
	});
});
