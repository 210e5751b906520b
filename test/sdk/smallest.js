// SPDX-License-Identifier: MIT
/** Looks for the smallest `creation` in which a case runs: chunks, slots and stack, each without growth. */
import { perform } from "./perform.js";

/** More than enough, and a grain that is finer than anybody needs: bytes of chunks, slots, slots of stack. */
const START = { chunk: 64 * 1024, heap: 4096, stack: 1024 };
const GRAIN = { chunk: 256, heap: 16, stack: 8 };

/**
 * @typedef {{ chunk: number, heap: number, stack: number }} Creation
 */

/**
 * The three are looked for one after the other, each with plenty of the others; then the three minima together have to do.
 * @param {import("./build.js").Image} image @param {import("./cases.js").Case} one
 * @param {Creation} [from] where to begin: it has to run there
 * @returns {Promise<import("./run.js").Result>}
 */
export async function smallest(image, one, from = START) {
	const runs = async (/** @type {Creation} */ creation) => {
		const { lines, code } = await perform(image, one, creation);
		return code === 0 && lines.length > 0 && lines.every((line) => line.pass !== false);
	};
	if (!(await runs(from))) return { one, lines: [], faults: [`does not run in ${JSON.stringify(from)}`] };
	const found = { ...from };
	for (const what of /** @type {const} */ (["chunk", "heap", "stack"])) {
		let low = 0;
		let high = from[what] / GRAIN[what];
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (await runs({ ...from, [what]: middle * GRAIN[what] })) high = middle;
			else low = middle;
		}
		found[what] = high * GRAIN[what];
	}
	const pass = await runs(found);
	const bytes = found.chunk + 16 * (found.heap + found.stack);
	const values = { ...found, bytes };
	const fault = pass ? "" : "the three smallest together do not do";
	return { one, lines: [{ gate: one.name, pass, fault, values }], faults: [] };
}
