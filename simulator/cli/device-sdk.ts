// SPDX-License-Identifier: MIT
/** What a machine has of the things that a firmware is built with: found where they usually are, or what to do about it. */

import { spawnSync } from "node:child_process";
import {
	accessSync,
	constants,
	existsSync,
	readdirSync,
	readFileSync,
	realpathSync,
	statSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The machine, as far as a search looks at it. */
export interface Surroundings {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly platform: string;
	readonly home: string;
	/** Of this package: where boards, firmware and manifests are. */
	readonly root: string;
}

/** Something that is there. */
export interface Found {
	readonly path: string;
	/** "" where it has none, or does not say. */
	readonly version: string;
}

/** Something that is not there, or not as it must be: what it is for, and what to type. */
export interface Missing {
	readonly missing: string;
	readonly advice: string;
}

export type Search = Found | Missing;

export function isMissing(search: Search): search is Missing {
	return "missing" in search;
}

/** The release that all this was tried with. */
export const SDK_TRIED = "8.2.3";
/** What the SDK asks of ESP-IDF (`EXPECTED_ESP_IDF` in its `build/devices/esp32/manifest.json`). */
export const IDF_WANTED = "v6.0";
/** TypeScript from here on knows the target that mcconfig sets, es2025. */
const TSC_MAJOR = 6;

const SETUP = "npx xs-dev setup --device esp32";
/** Names of the SDK for this operating system. */
const SYSTEMS: Readonly<Record<string, string>> = { linux: "lin", darwin: "mac" };

export function surroundings(): Surroundings {
	const { env, platform } = process;
	return { env, platform, home: env["HOME"] ?? "/", root: packageRoot() };
}

/** The folder of our `package.json`, from wherever this file was compiled or rolled up to. */
function packageRoot(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!isOurs(join(folder, "package.json"))) {
		const above = dirname(folder);
		if (above === folder) throw new Error("the package's own folder cannot be found");
		folder = above;
	}
	return folder;
}

function isOurs(file: string): boolean {
	return existsSync(file) && /"name":\s*"ringbuoy"/.test(readFileSync(file, "utf8"));
}

/** The SDK: by MODDABLE, or where xs-dev and its manual put it. */
export function findSdk({ env, platform, home }: Surroundings): Search {
	const system = SYSTEMS[platform];
	if (system === undefined)
		return { missing: `no SDK for ${platform}`, advice: "on Windows, run this inside WSL" };
	const { MODDABLE } = env;
	const usual = [join(home, ".local/share/moddable"), join(home, "Projects/moddable"), "/opt/moddable"];
	const places = MODDABLE ? [MODDABLE] : usual;
	const path = places.find((place) => existsSync(join(place, "tools/mcconfig.js")));
	if (path === undefined) {
		const where = MODDABLE ? `MODDABLE is ${MODDABLE}, and that is no SDK` : "MODDABLE is not set";
		return { missing: `the Moddable SDK (${where})`, advice: `${SETUP}, or set MODDABLE to a clone of it` };
	}
	const version = join(path, "tools/VERSION");
	return { path, version: existsSync(version) ? readFileSync(version, "utf8").trim() : "" };
}

/** Where the SDK's tools are; they are built once, for this operating system. */
export function findTools(sdk: string, { platform }: Surroundings): Search {
	const system = SYSTEMS[platform] ?? "lin";
	const path = join(sdk, "build/bin", system, "release");
	const tools = ["mcconfig", "xsc", "xsl", "mcrez", "xsid"];
	const absent = tools.filter((tool) => !existsSync(join(path, tool)));
	if (absent.length === 0) return { path, version: "" };
	return {
		missing: `tools of the SDK: ${absent.join(", ")} in ${path}`,
		advice: `npx xs-dev setup, or make in ${join(sdk, "build/makefiles", system)}`,
	};
}

/** The compiler for TypeScript that mcconfig calls: that of this package, or the first in PATH. */
export function findTsc(place: Surroundings): Search {
	const own = join(place.root, "node_modules/.bin");
	const found = existsSync(join(own, "tsc")) ? join(own, "tsc") : findProgram("tsc", place.env);
	const advice = `npm install --global typescript@${TSC_MAJOR + 1}`;
	if (found === undefined) return { missing: "tsc, the compiler for TypeScript", advice };
	const told = packageVersion(found) || outputOf(found, ["--version"], place.env);
	const version = /\d+\.\d+\.\d+/.exec(told)?.[0] ?? "";
	if (Number.parseInt(version, 10) >= TSC_MAJOR) return { path: found, version };
	return { missing: `tsc ${TSC_MAJOR} or newer: ${found} is ${version || "of no known version"}`, advice };
}

/** What the package says that a compiler belongs to: no need to start it. "" where it belongs to none. */
function packageVersion(tsc: string): string {
	const file = join(dirname(realpathSync(tsc)), "../package.json");
	if (!existsSync(file)) return "";
	const { name, version } = JSON.parse(readFileSync(file, "utf8"));
	return name === "typescript" ? String(version) : "";
}

/** ESP-IDF: by IDF_PATH, or where xs-dev puts it. Its version is that of the git tag it was cloned at. */
export function findIdf({ env, home }: Surroundings): Search {
	const { IDF_PATH } = env;
	const usual = [
		join(home, ".local/share/esp32/esp-idf"),
		join(home, "esp32/esp-idf"),
		join(home, "esp/esp-idf"),
	];
	const path = (IDF_PATH ? [IDF_PATH] : usual).find((place) => existsSync(join(place, "export.sh")));
	if (path === undefined) {
		const where = IDF_PATH ? `IDF_PATH is ${IDF_PATH}, and that is none` : "IDF_PATH is not set";
		const advice = `${SETUP}, or install ESP-IDF ${IDF_WANTED} and set IDF_PATH to it`;
		return { missing: `ESP-IDF ${IDF_WANTED} (${where})`, advice };
	}
	const version = outputOf("git", ["-C", path, "describe", "--always", "--abbrev=0"], env).trim();
	if (!version.startsWith("v") || version === IDF_WANTED || version.startsWith(`${IDF_WANTED}.`))
		return { path, version };
	return {
		missing: `ESP-IDF ${IDF_WANTED}: ${path} is ${version}`,
		advice: `git -C ${path} checkout ${IDF_WANTED} && git -C ${path} submodule update --init --recursive && ${path}/install.sh`,
	};
}

/** Serial ports that a board may be at, the likeliest first. */
export function serialPorts(folder = "/dev"): string[] {
	const pattern = /^(?:ttyUSB|ttyACM|cu\.usb|cu\.SLAB|cu\.wch)/;
	if (!existsSync(folder)) return [];
	const names = readdirSync(folder).filter((name) => pattern.test(name));
	return names.sort().map((name) => join(folder, name));
}

/** Whether this user may write to it; a sentence what to do otherwise, "" when he may. */
export function portFault(port: string, platform: string): string {
	if (!existsSync(port)) return `${port} is not there`;
	if (!statSync(port).isCharacterDevice()) return `${port} is no serial port`;
	try {
		accessSync(port, constants.R_OK | constants.W_OK);
		return "";
	} catch {
		const advice = platform === "linux" ? ": sudo usermod -aG dialout $USER, then log in anew" : "";
		return `${port} may not be opened by this user${advice}`;
	}
}

/** The path of a program in PATH. */
export function findProgram(name: string, env: Surroundings["env"]): string | undefined {
	const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
	return folders.map((folder) => join(folder, name)).find((path) => isProgram(path));
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** What a program prints; "" when it cannot be run. */
export function outputOf(command: string, args: readonly string[], env: Surroundings["env"]): string {
	const { stdout } = spawnSync(command, args, { encoding: "utf8", env: { ...env }, timeout: 20_000 });
	return stdout ?? "";
}
