// SPDX-License-Identifier: MIT
/**
 * The project that mcconfig is given: a manifest made of a board, a program and settings, in the output folder.
 *
 * Settings travel in it and not on a command line, where everybody on the machine could read the password.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { BoardFolder } from "./device-board.js";
import { type Certificates, writeCertificates } from "./device-certificates.js";
import { manifestOf, OWN, type Program } from "./device-program.js";

export type Flavour = "release" | "debug" | "instrument";

export interface Order {
	readonly board: BoardFolder;
	readonly program: Program;
	readonly settings: ReadonlyMap<string, string>;
	/** The broker is reached through TLS. */
	readonly tls: boolean;
	readonly certificates: Certificates;
	readonly flavour: Flavour;
	/** Where everything is made. */
	readonly out: string;
}

export interface Project {
	/** The folder of the manifest. */
	readonly folder: string;
	readonly out: string;
	/** Where mcconfig puts what it makes: makefile, `mc.xs.c`. */
	readonly made: string;
	/** The project of ESP-IDF in it. */
	readonly idfProject: string;
	/** Image, boot loader and partition table, once they are built. */
	readonly images: string;
}

/** Name of the project for mcconfig, which takes that of its folder. */
const NAME = "ringbuoy";
/** Modules whose source another order may exchange: make would not notice, it looks at times only. */
const EXCHANGEABLE = [
	OWN,
	"ringbuoy/program",
	"ringbuoy/board",
	"ringbuoy/firmware/main/dialler",
	"ringbuoy/firmware/main/network",
	"ringbuoy/firmware/main/sensors",
];

/** Where it is made unless somebody says otherwise: in the cache of this user, so that a second build is quick. */
export function defaultOut(board: string): string {
	const { XDG_CACHE_HOME } = process.env;
	const cache = process.platform === "darwin" ? join(homedir(), "Library/Caches") : join(homedir(), ".cache");
	return join(XDG_CACHE_HOME || cache, "ringbuoy", board);
}

export function projectOf(order: Order): Project {
	const { board, flavour, out } = order;
	const place = join("esp32", subplatform(board.facts.target), flavour, NAME);
	const made = join(out, "tmp", place);
	const idfProject = join(made, `xsProj-${subclass(board.facts.chip)}`);
	const images = join(out, "bin", "esp32", subplatform(board.facts.target), flavour, NAME);
	return { folder: join(out, NAME), out, made, idfProject, images };
}

function subplatform(target: string): string {
	return target.includes("/") ? target.slice(target.indexOf("/") + 1) : "";
}

function subclass(chip: string): string {
	return chip.toLowerCase().replace("-", "");
}

/** Writes the manifest, if it is another one than before, and takes away what an earlier order has left in its place. */
export function writeProject(root: string, order: Order): Project {
	const project = projectOf(order);
	mkdirSync(project.folder, { recursive: true });
	const file = join(project.folder, "manifest.json");
	const text = `${JSON.stringify(manifestFor(root, order), undefined, "\t")}\n`;
	// For its owner only: passwords are in it.
	if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text, { mode: 0o600 });
	writeProgram(project.folder, order.program);
	writeCertificates(join(project.folder, "certificates"), order.certificates);
	for (const specifier of EXCHANGEABLE) {
		for (const place of [specifier, `${specifier}.xsb`])
			rmSync(join(project.made, "modules", place), { recursive: true, force: true });
		rmSync(join(project.made, "tsc", specifier), { recursive: true, force: true });
	}
	return project;
}

/** The module `ringbuoy/program` for a program of somebody's own; what is in JavaScript has its type beside it. */
function writeProgram(folder: string, { own }: Program): void {
	const place = (ending: string): string => join(folder, `program.${ending}`);
	for (const ending of ["ts", "js", "d.ts"]) rmSync(place(ending), { force: true });
	if (own === undefined) return;
	writeFileSync(place(own.ending), `export * from "${own.specifier}";\n`);
	if (own.ending === "js") writeFileSync(place("d.ts"), DECLARATION);
}

const DECLARATION = `import type { Board, Program } from "ringbuoy/firmware/ports";
export declare function start(board: Board): Program;
`;

export function manifestFor(root: string, { board, program, settings, tls, certificates }: Order): object {
	const include = [join(board.path, "manifest.json")];
	const { own, manifest = join(root, "manifests/device.json") } = program;
	include.push(manifest);
	if (tls) include.push(join(root, "manifests/device/tls.json"));
	return {
		include,
		...(own !== undefined && {
			modules: { ...Object.fromEntries(own.modules), "ringbuoy/program": "./program" },
			preload: [...own.modules.keys(), "ringbuoy/program"],
			// The memory that the sensor program has, and with TLS the handshake: enough for what is like it.
			creation: {
				...manifestOf(join(root, "manifests/sensor.json")).creation,
				...(tls && manifestOf(join(root, "manifests/device/tls.json")).creation),
			},
		}),
		...(certificates.size > 0 && { data: { "*": "./certificates/*" } }),
		...(settings.size > 0 && { config: Object.fromEntries(settings) }),
	};
}
