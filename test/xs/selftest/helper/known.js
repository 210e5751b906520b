// SPDX-License-Identifier: MIT
/** Compares what the counter says about a construct with what is known about it. */

/**
 * @typedef {{ slots?: number, chunks?: number, bytes32?: number, bytes64?: number, grown?: number, mallocs?: number }} Known
 *   per call; what is left out is 0, bytes that are left out are not compared
 */

/** @param {object} line */
const emit = (line) => xs.print(JSON.stringify(line));

/**
 * @param {string} name
 * @param {() => unknown} f
 * @param {Known} known
 */
export function known(name, f, known = {}) {
	const n = 20;
	const r = xs.alloc(f, n);
	const found = {
		slots: r.slots / n,
		chunks: r.chunks / n,
		grown: r.grown / n,
		mallocs: r.mallocs / n,
		collections: r.collections,
	};
	const bytes = (r.chunkBytes + r.grownBytes) / n;
	const faults = [];
	const { slots = 0, chunks = 0, grown = 0, mallocs = 0 } = known;
	if (found.slots !== slots) faults.push(`slots ${found.slots}, not ${slots}`);
	if (found.chunks !== chunks) faults.push(`chunks ${found.chunks}, not ${chunks}`);
	if (found.grown !== grown) faults.push(`grown ${found.grown}, not ${grown}`);
	if (found.mallocs !== mallocs) faults.push(`mallocs ${found.mallocs}, not ${mallocs}`);
	if (r.collections !== 0) faults.push("a collection inside");
	const wanted = chunks === 0 && grown === 0 ? 0 : xs.bits === 32 ? known.bytes32 : known.bytes64;
	if (wanted !== undefined && bytes !== wanted) faults.push(`bytes ${bytes}, not ${wanted}`);
	emit({
		gate: name,
		pass: faults.length === 0,
		fault: faults.join("; "),
		values: { ...found, bytes, stack: r.stack },
	});
}

/**
 * @param {string} name
 * @param {boolean} pass
 * @param {string} fault
 */
export function check(name, pass, fault = "does not hold") {
	emit({ gate: name, pass, fault: pass ? "" : fault });
}
