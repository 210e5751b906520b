// SPDX-License-Identifier: MIT
/** Values of options, read and checked: each throws a {@link UsageError} that says what is wrong with which. */

import { readFileSync } from "node:fs";
import type { Typed } from "./options.js";
import { UsageError } from "./usage.js";

export function number(typed: Typed, name: string, least: number, most: number, otherwise: number): number {
	const text = typed.get(name);
	if (text === undefined) return otherwise;
	const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (value >= least && value <= most) return value;
	throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

/** Fractions are welcome here, since nothing on the board depends on it. */
export function seconds(typed: Typed, name: string): number | undefined {
	const text = typed.get(name);
	if (text === undefined) return undefined;
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value > 0 && value <= 1e6) return value;
	throw new UsageError(`--${name} must be a number of seconds above 0, not "${text}"`);
}

/** The content of a PEM file. */
export function file(typed: Typed, name: string): Buffer | undefined {
	const path = typed.get(name);
	if (path === undefined) return undefined;
	let content: Buffer;
	try {
		content = readFileSync(path);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		const why = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code;
		throw new UsageError(`--${name} ${path}: ${why}`);
	}
	if (!content.includes("-----BEGIN ")) throw new UsageError(`--${name} ${path}: this is no PEM file`);
	return content;
}
