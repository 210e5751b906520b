// SPDX-License-Identifier: MIT
/** Bytes for the tests of the codec; runs on every engine. */
import { Arena } from "../../../lib/memory/arena.js";

export const newArena = (size: number): Arena =>
	new Arena({ allocate: (bytes: number) => new Uint8Array(bytes) }, size);

/** `"30 02 00 01"` → bytes. */
export function fromHex(hex: string): Uint8Array {
	const digits = hex.replace(/\s/g, "");
	const bytes = new Uint8Array(digits.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

export const toHex = (bytes: Uint8Array, start = 0, end = bytes.length): string => {
	let hex = "";
	for (let i = start; i < end; i++) hex += (i > start ? " " : "") + bytes[i].toString(16).padStart(2, "0");
	return hex;
};

/** ASCII only. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Writes `text` with its length at `at`; returns where the text starts (its length stands two before). */
export function putText(arena: Arena, at: number, text: string): { start: number; end: number } {
	const bytes = ascii(text);
	arena.view.setUint16(at, bytes.length);
	arena.bytes.set(bytes, at + 2);
	return { start: at + 2, end: at + 2 + bytes.length };
}
