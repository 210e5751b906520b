// SPDX-License-Identifier: MIT
/** What went wrong in a file of our user, and where in it: frames of Node, of packages and of ours say nothing to him. */

import { fileURLToPath } from "node:url";

/** The message, and the frames that are his; a line each. */
export function traceOf(error: unknown): string[] {
	if (!(error instanceof Error)) return [String(error)];
	const { name, message, stack = "" } = error;
	const ours = [import.meta.url, fileURLToPath(import.meta.url)];
	const his = stack
		.split("\n")
		.filter((line) => /^\s+at .*[\\/]/.test(line) && !/node:|node_modules/.test(line))
		.filter((line) => !ours.some((place) => line.includes(place)));
	return [`${name}: ${message}`, ...his];
}
