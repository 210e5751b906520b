// SPDX-License-Identifier: MIT
/** Applications that are made of manifests of this project, made up where they are needed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { read } from "../tidy/source.js";
import type { Piece } from "./mcconfig.js";
import { type Answer, examine } from "./mistakes.js";
import type { Sdk } from "./names.js";
import { disk, layered, planted } from "./tree.js";

/** Of the repository, with slashes, without one at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url))
	.replaceAll("\\", "/")
	.replace(/\/$/, "");

/** What has `main` and decides on the machine runs on a board, not in an application of somebody else. */
export const programs = ["sensor", "sleeper", "soak", "hello"].filter((name) =>
	existsSync(`${root}/manifests/${name}.json`),
);

/** Manifests that anybody can include. */
export const pieces = readdirSync(`${root}/manifests`)
	.filter((name) => name.endsWith(".json"))
	.map((name) => name.slice(0, -5))
	.filter((name) => name !== "device" && !programs.includes(name));

export interface BoardFile {
	readonly name: string;
	readonly target: string;
	readonly flashBytes: number;
	readonly partition: { readonly label: string; readonly bytes: number };
}

/** Boards that an SDK builds for. */
export const boards: readonly BoardFile[] = readdirSync(`${root}/boards`)
	.filter((name) => existsSync(`${root}/boards/${name}/manifest.json`))
	.map((name) => ({ name, ...JSON.parse(read(`boards/${name}/board.json`)) }));

export const pieceOf = (path: string): Piece => JSON.parse(readFileSync(`${root}/${path}`, "utf8"));

/** Reads an application in `manifests/application/`, which is not there: a manifest, and an empty `main`. */
export function applying(manifest: Piece, platform: string, sdk: Sdk): Answer {
	const folder = `${root}/manifests/application`;
	const path = `${folder}/manifest.json`;
	const made = planted({ [path]: JSON.stringify(manifest), [`${folder}/main.js`]: "" });
	const answer = examine({ manifest: path, platform, sdk, tree: layered(made, disk) });
	return { ...answer, mistakes: answer.mistakes.map((line) => line.replaceAll(`${root}/`, "")) };
}

/** What a piece is to whoever includes it. The SDK's base comes last: no piece may need that it came before. */
export function withPieces(names: readonly string[]): Piece {
	const base = "$(MODDABLE)/examples/manifest_base.json";
	return { include: [...names.map((name) => `../${name}.json`), base], modules: { "*": "./main" } };
}

/** As `ringbuoy device` puts them together. */
export function withBoard(board: string, program: string): Piece {
	return { include: [`../../boards/${board}/manifest.json`, `../${program}.json`] };
}
