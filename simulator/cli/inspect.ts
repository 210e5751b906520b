// SPDX-License-Identifier: MIT
/** `ringbuoy inspect image.bin`: a flash image record by record, and what the store's recovery makes of it. */

import { readFileSync } from "node:fs";
import { StoreFault } from "../../lib/ports.js";
import { type Dump, dumpOf, FORMAT_VERSION, type Sector } from "./dump.js";
import { type Entry, hex } from "./examination.js";
import { FAULTS } from "./reasons.js";
import { UsageError } from "./usage.js";
import { counted, grouped, nearest } from "./words.js";

const BLOCK_BYTES = 4096;
const BLOCKS_MIN = 6;
const BLOCKS_MAX = 255;
/** Different byte values in a thousand random ones are about 250; in a log they are far fewer. */
const RANDOM_VALUES = 230;

export const INSPECT_HELP = `ringbuoy inspect: what is in the flash image of a board

  ringbuoy inspect board.bin          record by record, and what recovery makes of each
  ringbuoy inspect board.bin --json   the same as JSON, one object a line

An image is what a flash tool reads of the store's partition, or what ringbuoy sim --flash FILE keeps. It is read only.
Exit code: 0 it is a store, or blank; 1 it is none, or damaged; 2 usage.
`;

/** Runs the command; `write` takes whole lines. Returns whether the image is a store in order. Throws a {@link UsageError}. */
export function inspect(args: readonly string[], write: (line: string) => void): boolean {
	const json = args.includes("--json");
	const path = pathOf(args);
	const image = imageOf(path);
	if (image.every((byte) => byte === 0xff)) {
		write(
			json
				? JSON.stringify({ event: "summary", bytes: image.length, blank: true })
				: `${path}: blank, never used`,
		);
		return true;
	}
	const dump = dumpOf(image);
	const lines = json ? jsonLines(dump) : textLines(path, dump, image);
	for (const line of lines) write(line);
	return dump.fault === StoreFault.None && !dump.damaged;
}

function pathOf(args: readonly string[]): string {
	const options = args.filter((arg) => arg.startsWith("-"));
	const paths = args.filter((arg) => !arg.startsWith("-"));
	for (const option of options) {
		if (option === "--json") continue;
		const meant = nearest(option.replace(/^-+|=.*$/g, ""), ["json", "help"]);
		throw new UsageError(
			`there is no option ${option}; ${meant ? `did you mean --${meant}?` : "--help lists them"}`,
		);
	}
	if (paths.length === 0) throw new UsageError("name a flash image: ringbuoy inspect board.bin");
	if (paths.length > 1) throw new UsageError(`one image at a time: leave out ${paths.slice(1).join(" ")}`);
	return paths[0];
}

function imageOf(path: string): Uint8Array {
	let image: Uint8Array;
	try {
		image = readFileSync(path);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOENT")
			throw new UsageError(`${path}: there is no such file; ringbuoy sim --flash ${path} makes one`);
		if (code === "EISDIR") throw new UsageError(`${path}: this is a folder; name the image in it`);
		throw new UsageError(`${path}: ${code === "EACCES" ? "it may not be read" : message}`);
	}
	const blocks = image.length / BLOCK_BYTES;
	if (Number.isInteger(blocks) && blocks >= BLOCKS_MIN && blocks <= BLOCKS_MAX) return image;
	throw new UsageError(
		`${path}: it has ${grouped(image.length)} bytes; the dump of a whole partition has ${BLOCKS_MIN} to ${BLOCKS_MAX} ` +
			`times ${BLOCK_BYTES}. Read the partition from its beginning to its end`,
	);
}

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function jsonLines(dump: Dump): string[] {
	const { sectors, entries, remembered, storeId, fault, ...rest } = dump;
	return [
		...sectors.map((sector) => JSON.stringify({ event: "sector", ...sector })),
		...entries.map((entry) => JSON.stringify({ event: "record", ...entry })),
		JSON.stringify({
			event: "summary",
			...rest,
			blank: false,
			storeId: hex(storeId),
			fault,
			reason: reasonOf(dump),
			remembered: Number.isNaN(remembered) ? null : remembered,
		}),
	];
}

/** What is wrong, in words; "" for nothing. */
function reasonOf({ fault, damaged }: Dump): string {
	if (fault !== StoreFault.None) return FAULTS[fault];
	return damaged ? FAULTS[StoreFault.RecordLost] : "";
}

// ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function textLines(path: string, dump: Dump, image: Uint8Array): string[] {
	const { bytes, sectors, storeId, fault } = dump;
	const lines = [`${path}: ${grouped(bytes)} bytes, ${sectors.length} sectors`];
	if (fault === StoreFault.None) lines[0] += `, store ${hex(storeId)}, format ${FORMAT_VERSION}`;
	const inOrder = sectors.filter(({ sequence }) => sequence !== undefined);
	inOrder.sort((a, b) => a.sequence! - b.sequence!);
	for (const sector of inOrder) {
		lines.push("", sectorLine(sector));
		for (const entry of dump.entries) if (entry.block === sector.block) lines.push(entryLine(entry));
	}
	const others = sectors.filter(({ sequence }) => sequence === undefined);
	if (others.length > 0) lines.push("");
	for (const sector of others) lines.push(sectorLine(sector));
	return [...lines, "", ...summaryLines(dump, image)];
}

const ROLES: Readonly<Record<Sector["role"], string>> = {
	log: "part of the log",
	head: "the one that is being filled",
	ready: "erased, next to be filled",
	dead: "dead: all that is needed of it was moved, or has ended",
	blank: "blank",
	"no header": "in use, but without a header that is right: erased next, or damaged",
};

function sectorLine({ block, sequence, role, used, needed }: Sector): string {
	const name = sequence === undefined ? `block ${block}` : `sector ${sequence}, block ${block}`;
	const cells =
		used === 0
			? ""
			: `, ${used} of 128 cells used${role === "log" || role === "head" ? `, ${needed} needed` : ""}`;
	return `${name}: ${ROLES[role]}${cells}`;
}

function entryLine({ cell, cells, type, number, what, fate, why }: Entry): string {
	const place = `${cell}${cells > 1 ? `-${cell + cells - 1}` : ""}`.padStart(7);
	const name = `${type}${number === undefined ? "" : ` ${number}`}`;
	const verdict = fate === "mark" ? "" : `  [${fate}${why === "" ? "" : `: ${why}`}]`;
	return `${place}  ${name.padEnd(12)} ${what}${verdict}`;
}

function summaryLines(dump: Dump, image: Uint8Array): string[] {
	const { fault, messages, inbound, erases, sectors } = dump;
	const reason = reasonOf(dump);
	if (fault === StoreFault.Foreign) {
		const hint = isRandom(image)
			? "; it looks like noise: of an encrypted partition, read it through the chip's decryption"
			: "";
		return [`no store: ${reason}${hint}`];
	}
	if (fault !== StoreFault.None) return [`no store that can be used: ${reason}`];
	const lines = reason === "" ? [] : [`damage:   ${reason}`];
	lines.push(`session:  ${dump.session}`);
	lines.push(`ended:    ${dump.clean ? "in order" : "by a power cut, or it goes on"}`);
	lines.push(
		`messages: ${messages.length === 0 ? "none" : counted(messages.length, "message")}, the next one is ${dump.nextNumber}`,
	);
	for (const message of messages) lines.push(`          ${message}`);
	lines.push(`inbound:  ${inbound.length === 0 ? "no QoS 2 identifiers open" : inbound.join(" ")}`);
	lines.push(
		`wear:     ${counted(erases, "erase")} since it was made, ${(erases / sectors.length).toFixed(1)} a sector`,
	);
	return lines;
}

function isRandom(image: Uint8Array): boolean {
	return new Set(image.subarray(0, 1024)).size >= RANDOM_VALUES;
}
