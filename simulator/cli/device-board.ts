// SPDX-License-Identifier: MIT
/** The folder of a board: found by its name or its path, read, and held against what a board must be. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { APP_ALIGNMENT, type Partition, partitionFaults, partitionsOf, SECTOR } from "./device-partitions.js";
import { UsageError } from "./usage.js";
import { nearest } from "./words.js";

/** The facts of a `board.json`, as `firmware/main/facts.ts` documents them. */
export interface BoardFacts {
	readonly title: string;
	readonly chip: string;
	readonly target: string;
	readonly flashBytes: number;
	readonly networks: readonly string[];
	readonly partition: { readonly label: string; readonly bytes: number };
	readonly sensor: { readonly part: string; readonly data: number; readonly clock: number } | null;
	readonly lamp: { readonly pin: number; readonly lit: number } | null;
	readonly battery: { readonly pin: number; readonly factor: number } | null;
	readonly settings: Readonly<Record<string, string | number>>;
}

export interface BoardFolder {
	readonly name: string;
	readonly path: string;
	readonly facts: BoardFacts;
	/** Of `partitions.csv`; empty for a board that no SDK builds for. */
	readonly partitions: readonly Partition[];
}

/** Of a board that no SDK builds for: the simulator's. */
export const NO_TARGET = "none";
export const LABEL = "ringbuoy";
/** Sectors of a store (`lib/store/FORMAT.md`). */
const SECTORS_MIN = 6;
const SECTORS_MAX = 255;
const CHIPS = ["ESP32", "ESP32-S2", "ESP32-S3", "ESP32-C3", "ESP32-C6"];
const NETWORKS = ["ethernet", "wifi"];

/** The boards of the package that can be built for. */
export function boardNames(root: string): string[] {
	const folder = join(root, "boards");
	const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "manifest.json")));
	return names.sort();
}

/** A board of the package, or a folder of somebody's own: whatever has a slash in it. Throws a {@link UsageError}. */
export function boardAt(root: string, name: string): BoardFolder {
	const own = name.includes("/") || name.includes(sep) || name.startsWith(".");
	const path = own ? resolve(name) : join(root, "boards", name);
	if (!existsSync(join(path, "board.json"))) throw new UsageError(own ? noFolder(path) : noBoard(root, name));
	const facts = read(path);
	if (facts.target === NO_TARGET && !own)
		throw new UsageError(`${name} is the simulator's board: run it with ringbuoy sim`);
	const csv = join(path, "partitions.csv");
	const partitions = existsSync(csv) ? partitionsOf(readFileSync(csv, "utf8")) : [];
	return { name: own ? path.slice(path.lastIndexOf(sep) + 1) : name, path, facts, partitions };
}

function noFolder(path: string): string {
	return `${path}: there is no board.json in it; boards/README.md says what a board's folder has`;
}

function noBoard(root: string, name: string): string {
	const names = boardNames(root);
	const meant = nearest(name, names);
	return `there is no board "${name}"; ${meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`}`;
}

function read(path: string): BoardFacts {
	const file = join(path, "board.json");
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new UsageError(`${file}: ${(error as Error).message}`);
	}
}

/** What is wrong with it, a sentence each: empty when nothing is. */
export function boardFaults(board: BoardFolder): string[] {
	const { facts, partitions, path } = board;
	const faults = factFaults(facts);
	if (faults.length > 0 || facts.target === NO_TARGET) return faults;
	for (const file of ["manifest.json", "partitions.csv"])
		if (!existsSync(join(path, file))) faults.push(`there is no ${file}`);
	if (partitions.length === 0) return faults;
	faults.push(...partitionFaults(partitions, facts.flashBytes).map((fault) => `partitions.csv: ${fault}`));
	faults.push(...storeFaults(facts, partitions));
	return faults;
}

type Kind = "string" | "number" | "object" | "array";
type Shape = Readonly<Record<string, Kind>>;

const FACTS: Shape = {
	title: "string",
	chip: "string",
	target: "string",
	flashBytes: "number",
	networks: "array",
	partition: "object",
	settings: "object",
};
const PARTS: Readonly<Record<string, Shape>> = {
	sensor: { part: "string", data: "number", clock: "number" },
	lamp: { pin: "number", lit: "number" },
	battery: { pin: "number", factor: "number" },
};

function factFaults(facts: BoardFacts): string[] {
	const values = facts as unknown as Record<string, unknown>;
	const faults = shapeFaults("", values, FACTS);
	for (const [part, shape] of Object.entries(PARTS)) {
		const value = values[part];
		if (value === undefined) faults.push(`${part} is missing: null says that the board has none`);
		else if (value !== null) faults.push(...shapeFaults(`${part}.`, value as Record<string, unknown>, shape));
	}
	const known = [...Object.keys(FACTS), ...Object.keys(PARTS)];
	for (const name of Object.keys(values)) {
		if (known.includes(name)) continue;
		const meant = nearest(name, known);
		faults.push(`${name} is nothing that a board has${meant ? `; did you mean ${meant}?` : ""}`);
	}
	return faults.length > 0 ? faults : valueFaults(facts);
}

function shapeFaults(prefix: string, values: Record<string, unknown>, shape: Shape): string[] {
	return Object.entries(shape)
		.filter(([name, kind]) => kindOf(values[name]) !== kind)
		.map(([name, kind]) =>
			values[name] === undefined
				? `${prefix}${name} is missing`
				: `${prefix}${name} must be ${kindWords[kind]}`,
		);
}

const kindWords: Readonly<Record<Kind, string>> = {
	string: "a text",
	number: "a number",
	object: "an object",
	array: "a list",
};

function kindOf(value: unknown): string {
	return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

function valueFaults({
	chip,
	target,
	flashBytes,
	networks,
	partition,
	sensor,
	lamp,
	battery,
}: BoardFacts): string[] {
	const faults: string[] = [];
	const fault = (wrong: boolean, words: string): void => void (wrong && faults.push(words));
	fault(partition.label !== LABEL, `partition.label must be "${LABEL}": a board finds its session by it`);
	const sectors = partition.bytes / SECTOR;
	fault(
		!Number.isInteger(sectors) || sectors < SECTORS_MIN || sectors > SECTORS_MAX,
		`partition.bytes must be ${SECTORS_MIN} to ${SECTORS_MAX} times ${SECTOR}`,
	);
	if (target === NO_TARGET) return faults;
	fault(!CHIPS.includes(chip), `chip must be one of ${CHIPS.join(", ")}`);
	fault(!/^esp32(?:\/\w+|:.+)?$/.test(target), 'target must be one of the SDK, as "esp32/nodemcu"');
	fault(
		![2, 4, 8, 16, 32].includes(flashBytes / 1_048_576),
		"flashBytes must be 2, 4, 8, 16 or 32 times 1048576",
	);
	fault(networks.length === 0, "networks is empty: how does the board reach a broker?");
	for (const name of networks)
		fault(!NETWORKS.includes(name), `networks: "${name}" must be ${NETWORKS.join(" or ")}`);
	fault(new Set(networks).size < networks.length, "networks has one of them twice");
	const pins = [sensor?.data, sensor?.clock, lamp?.pin, battery?.pin].filter((pin) => pin !== undefined);
	for (const pin of pins)
		fault(!Number.isInteger(pin) || pin < 0 || pin > 48, `${pin} is no pin: they are 0 to 48`);
	fault(new Set(pins).size < pins.length, "a pin is used for two things");
	fault(lamp !== null && lamp.lit !== 0 && lamp.lit !== 1, "lamp.lit must be 0 or 1");
	fault(battery !== null && !(battery.factor >= 1), "battery.factor must be 1 or more");
	return faults;
}

/** The store's partition, and room for updates. */
function storeFaults({ flashBytes, partition }: BoardFacts, partitions: readonly Partition[]): string[] {
	const faults: string[] = [];
	const store = partitions.find(({ label }) => label === LABEL);
	if (store === undefined) faults.push(`partitions.csv: there is no partition "${LABEL}" for the store`);
	else {
		if (store.type !== "data" || store.subtype !== "0x40")
			faults.push(`partitions.csv: "${LABEL}" must be "data, 0x40", which nobody else looks for`);
		if (store.bytes !== partition.bytes)
			faults.push(
				`partitions.csv: "${LABEL}" has ${store.bytes} bytes, and board.json says ${partition.bytes}`,
			);
	}
	const slots = partitions.filter(({ type, subtype }) => type === "app" && subtype.startsWith("ota_"));
	if (flashBytes >= 4 * 1_048_576 && slots.length < 2)
		faults.push("partitions.csv: with 4 MB and more there must be two slots, ota_0 and ota_1, for updates");
	if (slots.length > 0 && !partitions.some(({ type, subtype }) => type === "data" && subtype === "ota"))
		faults.push("partitions.csv: slots for updates need a partition otadata (data, ota)");
	if (slots.some(({ bytes }) => bytes !== slots[0].bytes))
		faults.push("partitions.csv: the slots for updates must be equally large");
	if (slots.some(({ bytes }) => bytes % APP_ALIGNMENT !== 0))
		faults.push("partitions.csv: the size of a slot must be a multiple of 65536");
	return faults;
}
