// SPDX-License-Identifier: MIT
/**
 * The arithmetic of a partition table, as ESP-IDF's `gen_esp32part.py` does it and as a board needs it to keep its session:
 * offsets, alignment, overlaps, the end of the flash.
 */

export interface Partition {
	readonly name: string;
	readonly type: string;
	readonly subtype: string;
	readonly offset: number;
	readonly size: number;
}

export interface Expected {
	/** Of the flash. */
	readonly bytes: number;
	/** Where the store is. */
	readonly session: { readonly label: string; readonly bytes: number };
}

const SECTOR = 0x1000;
/** The flash is mapped into memory in pages of 64 KiB. */
const APPLICATION = 0x10000;
/** The table itself lies at 0x8000 and takes one sector. */
const FIRST = 0x9000;
/** From this size on there is room for an update over the air that leaves the session alone. */
const TWO_SLOTS = 4 * 1024 * 1024;

/** "0x1000", "4K", "1M", "4096"; NaN for anything else. */
function sizeOf(text: string): number {
	const match = /^(0x[\da-f]+|\d+)([KM]?)$/i.exec(text);
	if (match === null) return Number.NaN;
	const [, number, unit] = match;
	return Number(number) * ({ "": 1, K: 1024, M: 1024 * 1024 }[unit.toUpperCase()] ?? Number.NaN);
}

/** An offset that is left out is the next one that is aligned. */
export function partitions(csv: string): Partition[] {
	const found: Partition[] = [];
	let next = FIRST;
	for (const line of csv.split("\n")) {
		if (line.trim() === "" || line.trim().startsWith("#")) continue;
		const [name = "", type = "", subtype = "", offset = "", size = ""] = line
			.split(",")
			.map((cell) => cell.trim());
		const unit = type === "app" ? APPLICATION : SECTOR;
		const at = offset === "" ? Math.ceil(next / unit) * unit : sizeOf(offset);
		found.push({ name, type, subtype, offset: at, size: sizeOf(size) });
		next = at + sizeOf(size);
	}
	return found;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

function* each({ name, type, subtype, offset, size }: Partition, expected: Expected): Iterable<string> {
	if (name === "" || name.length > 16) yield `"${name}": a label has 1 to 16 characters`;
	if (!/^(?:app|data|0x[\da-f]+|\d+)$/i.test(type)) yield `${name}: there is no type "${type}"`;
	if (!(offset >= 0) || !(size > 0)) {
		yield `${name}: offset and size have to be numbers, as 0x1000, 4096, 4K or 1M`;
		return;
	}
	if (offset < FIRST)
		yield `${name}: ${hex(offset)} is before ${hex(FIRST)}, where the bootloader and the table are`;
	const unit = type === "app" ? APPLICATION : SECTOR;
	if (offset % unit !== 0) yield `${name}: ${hex(offset)} is no multiple of ${hex(unit)}`;
	if (size % SECTOR !== 0) yield `${name}: size ${hex(size)} is no multiple of ${hex(SECTOR)}`;
	if (offset + size > expected.bytes)
		yield `${name}: ends at ${hex(offset + size)}, behind the flash, which has ${hex(expected.bytes)}`;
	if (subtype === "ota" && type === "data" && size !== 0x2000)
		yield `${name}: otadata has two sectors, 0x2000`;
}

function* together(table: readonly Partition[], { bytes, session }: Expected): Iterable<string> {
	const sorted = table.toSorted((a, b) => a.offset - b.offset);
	for (let i = 1; i < sorted.length; i++) {
		const before = sorted[i - 1];
		if (before.offset + before.size > sorted[i].offset) yield `${before.name} and ${sorted[i].name} overlap`;
	}
	for (const { name } of table)
		if (table.filter((other) => other.name === name).length > 1) yield `${name}: the label is there twice`;
	const store = table.find(({ name }) => name === session.label);
	if (store === undefined) yield `there is no partition "${session.label}": the store has no place`;
	else if (store.type !== "data")
		yield `${store.name}: the store looks for a data partition, this is "${store.type}"`;
	else if (store.size !== session.bytes)
		yield `${store.name}: has ${hex(store.size)} bytes, board.json says ${hex(session.bytes)}`;
	const slots = table.filter(({ type, subtype }) => type === "app" && /^ota_\d+$/.test(subtype));
	const update = table.some(({ type, subtype }) => type === "data" && subtype === "ota");
	if (!table.some(({ type }) => type === "app")) yield "there is no partition for the application";
	if (slots.length > 0 && !update) yield "slots for updates need a partition of type data, ota";
	if (bytes >= TWO_SLOTS && slots.length < 2) yield "4 MB and more have room for two application slots";
	if (new Set(slots.map(({ size }) => size)).size > 1) yield "the application slots differ in size";
	if (!table.some(({ type, subtype }) => type === "data" && subtype === "nvs"))
		yield "there is no partition of type data, nvs: Wi-Fi and the settings need it";
}

/** What is wrong with a table, a line each. */
export function wrongIn(csv: string, expected: Expected): string[] {
	const table = partitions(csv);
	return [...table.flatMap((one) => [...each(one, expected)]), ...together(table, expected)];
}
