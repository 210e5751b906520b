// SPDX-License-Identifier: MIT
/** ESP-IDF's partition tables: reading the CSV, and the rules that its generator enforces only when a firmware is built. */

import { grouped } from "./words.js";

export interface Partition {
	readonly label: string;
	readonly type: string;
	readonly subtype: string;
	readonly offset: number;
	readonly bytes: number;
	/** Of the CSV, 1 and up. */
	readonly line: number;
}

export const SECTOR = 4096;
/** Applications begin where the cache can map them. */
export const APP_ALIGNMENT = 65_536;
/** Boot loader and the table itself. */
const FIRST_OFFSET = 0x9000;
/** Of ESP-IDF: otadata has two sectors, NVS needs three at least. */
const OTADATA_BYTES = 0x2000;
const NVS_BYTES_MIN = 0x3000;
const LABEL_MAX = 16;

/** Offsets that are left out follow the one before, aligned as ESP-IDF does it. */
export function partitionsOf(csv: string): Partition[] {
	const partitions: Partition[] = [];
	let next = FIRST_OFFSET;
	csv.split(/\r?\n/).forEach((text, index) => {
		const line = text.replace(/#.*/, "").trim();
		if (line === "") return;
		const [label = "", type = "", subtype = "", offsetText = "", sizeText = ""] = line
			.split(",")
			.map((field) => field.trim());
		const alignment = isApp(type) ? APP_ALIGNMENT : SECTOR;
		const offset = offsetText === "" ? Math.ceil(next / alignment) * alignment : numberOf(offsetText);
		const bytes = numberOf(sizeText);
		partitions.push({ label, type, subtype, offset, bytes, line: index + 1 });
		next = offset + bytes;
	});
	return partitions;
}

function isApp(type: string): boolean {
	return type === "app" || type === "0";
}

/** Decimal, 0x, and with K or M; NaN for anything else. */
function numberOf(text: string): number {
	const match = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(text);
	if (match === null) return Number.NaN;
	const unit = { "": 1, K: 1024, M: 1_048_576 }[match[2].toUpperCase()]!;
	return Number(match[1]) * unit;
}

/** What ESP-IDF would refuse, or a board would not find, a sentence each. */
export function partitionFaults(partitions: readonly Partition[], flashBytes: number): string[] {
	const faults: string[] = [];
	for (const partition of partitions) {
		const fault = faultOf(partition, flashBytes);
		if (fault !== "") faults.push(`line ${partition.line}, ${partition.label}: ${fault}`);
	}
	if (faults.length > 0) return faults;
	const sorted = [...partitions].sort((a, b) => a.offset - b.offset);
	sorted.forEach(({ label, offset, line }, i) => {
		const before = sorted[i - 1];
		if (before !== undefined && before.offset + before.bytes > offset)
			faults.push(
				`line ${line}, ${label}: it begins inside ${before.label}, which ends at ${hex(before.offset + before.bytes)}`,
			);
	});
	const labels = partitions.map(({ label }) => label);
	const twice = labels.find((label, i) => labels.indexOf(label) !== i);
	if (twice !== undefined) faults.push(`there are two partitions "${twice}"`);
	if (!partitions.some(({ type }) => isApp(type))) faults.push("there is no partition for an application");
	if (!partitions.some(({ subtype }) => subtype === "nvs"))
		faults.push("there is no partition nvs: Wi-Fi and settings need it");
	return faults;
}

function faultOf({ label, type, subtype, offset, bytes }: Partition, flashBytes: number): string {
	if (label === "" || label.length > LABEL_MAX) return `a label has 1 to ${LABEL_MAX} characters`;
	if (type === "" || subtype === "") return "it needs a type and a subtype";
	if (Number.isNaN(offset)) return "its offset is no number";
	if (!(bytes > 0)) return "its size is no number above 0";
	if (offset % (isApp(type) ? APP_ALIGNMENT : SECTOR) !== 0)
		return `its offset must be a multiple of ${hex(isApp(type) ? APP_ALIGNMENT : SECTOR)}`;
	if (bytes % SECTOR !== 0) return `its size must be a multiple of ${hex(SECTOR)}`;
	if (offset < FIRST_OFFSET) return `it begins before ${hex(FIRST_OFFSET)}, where boot loader and table are`;
	if (offset + bytes > flashBytes)
		return `it ends at ${hex(offset + bytes)}, and the flash has ${hex(flashBytes)}: ${grouped(offset + bytes - flashBytes)} bytes too many`;
	if (subtype === "ota" && bytes !== OTADATA_BYTES)
		return `otadata has ${hex(OTADATA_BYTES)} bytes, no other size`;
	if (subtype === "nvs" && bytes < NVS_BYTES_MIN) return `nvs needs ${hex(NVS_BYTES_MIN)} bytes at least`;
	return "";
}

function hex(n: number): string {
	return `0x${n.toString(16)}`;
}
