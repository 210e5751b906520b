// SPDX-License-Identifier: MIT
/** `ringbuoy device build|flash|monitor`: the commands of SDK and ESP-IDF, in the order in which a person would type them. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Toolchain, toolEnv } from "./device-check.js";
import { Diagnostics } from "./device-diagnostics.js";
import type { Order, Project } from "./device-project.js";
import { type Command, run } from "./device-run.js";
import { findProgram, type Surroundings } from "./device-sdk.js";

export interface Idf {
	readonly path: string;
	/** `idf.py` is in PATH: somebody has sourced `export.sh`. */
	readonly sourced: boolean;
}

export function idfAt(path: string, place: Surroundings): Idf {
	return { path, sourced: findProgram("idf.py", place.env) !== undefined };
}

/** The three flavours as mcconfig's options. */
const FLAGS = { release: [], debug: ["-d"], instrument: ["-i"] } as const;

export function buildCommand(order: Order, project: Project, tools: Toolchain, idf: Idf): Command {
	return mcconfig("build", order, project, tools, idf, {});
}

/** Writes what {@link buildCommand} has made. `port`: undefined leaves the search to the SDK. */
export function flashCommand(
	order: Order,
	project: Project,
	tools: Toolchain,
	idf: Idf,
	port: string | undefined,
): Command {
	return mcconfig("deploy", order, project, tools, idf, atPort(port));
}

/** A debug build speaks to the debugger, in the terminal with xsbug-log; the others print text. */
export function monitorCommand(
	order: Order,
	project: Project,
	tools: Toolchain,
	idf: Idf,
	port: string | undefined,
): Command {
	if (order.flavour === "debug") return mcconfig("xsbug", order, project, tools, idf, atPort(port), ["-dl"]);
	const args = [...(port === undefined ? [] : ["-p", port]), "monitor"];
	return inIdf({ command: "idf.py", args, cwd: project.idfProject, env: toolEnv(tools, idf.path) }, idf);
}

function atPort(port: string | undefined): Record<string, string> {
	return port === undefined ? {} : { UPLOAD_PORT: port };
}

function mcconfig(
	target: string,
	{ board, flavour, out }: Order,
	{ folder }: Project,
	tools: Toolchain,
	idf: Idf,
	env: Record<string, string>,
	flags: readonly string[] = FLAGS[flavour],
): Command {
	const args = [...flags, "-m", "-p", board.facts.target, "-t", target, "-o", out, "manifest.json"];
	return inIdf({ command: "mcconfig", args, cwd: folder, env: { ...toolEnv(tools, idf.path), ...env } }, idf);
}

/** With ESP-IDF's own environment, which its `export.sh` makes in a shell. */
function inIdf(command: Command, idf: Idf): Command {
	if (idf.sourced) return command;
	const script = '. "$IDF_PATH/export.sh" >/dev/null && exec "$0" "$@"';
	return { ...command, command: "bash", args: ["-c", script, command.command, ...command.args] };
}

/** Runs a build and tells what went wrong; returns its diagnostics and exit code. */
export async function runBuild(
	command: Command,
	sdk: string,
	onLine: (line: string) => void,
	onProgress: (files: number) => void,
	signal: AbortSignal,
): Promise<{ code: number; diagnostics: Diagnostics }> {
	const diagnostics = new Diagnostics(command.cwd, sdk, onProgress);
	const code = await run(
		command,
		(line) => {
			onLine(line);
			diagnostics.line(line);
		},
		signal,
	);
	return { code, diagnostics };
}

/** Bytes of the image, and of the slot that it has to fit into; undefined where there is no image. */
export function imageSize({ images }: Project): number | undefined {
	try {
		return statSync(join(images, "xs_esp32.bin")).size;
	} catch {
		return undefined;
	}
}

/** The first byte of an ESP32 image. */
const MAGIC = 0xe9;

/** What is wrong with the image; "" when it can be flashed. */
export function imageFault(project: Project, { board }: Order): string {
	const bytes = imageSize(project);
	if (bytes === undefined) return `there is no image in ${project.images}`;
	if (readFileSync(join(project.images, "xs_esp32.bin"))[0] !== MAGIC)
		return "the image is none for an ESP32";
	const slot = board.partitions.find(({ type }) => type === "app");
	if (slot !== undefined && bytes > slot.bytes)
		return `the image has ${bytes} bytes, and the partition ${slot.label} has ${slot.bytes}`;
	return "";
}
