// SPDX-License-Identifier: MIT
/** Runs the gates on a user's Moddable SDK, and judges what they print; see README.md. */
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildImage } from "./build.js";
import { CASES, SMALLEST } from "./cases.js";
import { perform } from "./perform.js";
import { findSdk } from "./sdk.js";
import { sizesOf } from "./size.js";
import { smallest } from "./smallest.js";
import { tableOf } from "./table.js";

const HELP = `node test/sdk/run.js [--table] [--json] [--smallest] [name ...]

Runs the client on the engine of your Moddable SDK (MODDABLE), against mosquitto, and counts what it allocates.

  name         only the cases whose name contains it: "QoS 2", "sensor", "flash"
  --table      every figure
  --json       the same as JSON, one case a line
  --smallest   looks for the smallest heap in which the cases run, in place of running them; minutes
  --help       this

The last line is "N passed, N failed"; the exit code is 0 when nothing failed, also where there is no SDK: then a line
says SKIPPED and what is missing. Images are built into node_modules/.cache/ringbuoy-sdk, nothing into the SDK.`;

const here = dirname(fileURLToPath(import.meta.url));

const { values: flags, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		table: { type: "boolean", default: false },
		json: { type: "boolean", default: false },
		smallest: { type: "boolean", default: false },
		help: { type: "boolean", default: false },
	},
});

/**
 * @typedef {import("./cases.js").Case} Case
 * @typedef {{ one: Case, lines: import("./perform.js").Line[], faults: string[] }} Result
 */

/** @param {Case} one @param {import("./build.js").Image} image @returns {Promise<Result>} */
async function resultOf(one, image) {
	const { lines, code, words, log } = await perform(image, one);
	const wanted = one.exit ?? 0;
	/** @type {string[]} */
	const faults = [];
	if (code !== wanted)
		faults.push(`exit ${code}${wanted === 0 ? "" : `, not ${wanted}`}: ${words || "it said nothing"}`);
	else if (wanted === 0 && !lines.some((line) => line.pass !== undefined))
		faults.push(`it reported nothing: ${words}`);
	if (faults.length > 0 || lines.some((line) => line.pass === false)) {
		const tail = log.trim().split("\n").slice(-5).join("\n       ");
		faults.push(`the broker's last words:\n       ${tail}`);
	}
	return { one, lines, faults };
}

/** @param {Case[]} list @param {import("./sdk.js").Sdk} sdk */
async function imagesFor(list, sdk) {
	/** @type {Map<string, import("./build.js").Image>} */
	const images = new Map();
	for (const app of new Set(list.map((one) => one.app)))
		images.set(app, await buildImage(sdk, join(here, "apps", app)));
	return images;
}

/** @template T, R @param {T[]} list @param {(one: T) => Promise<R>} action @returns {Promise<R[]>} */
async function each(list, action) {
	/** @type {R[]} */
	const results = new Array(list.length);
	let next = 0;
	const worker = async () => {
		while (next < list.length) {
			const at = next++;
			results[at] = await action(list[at]);
		}
	};
	await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
	return results;
}

async function main() {
	if (flags.help) return console.log(HELP);
	const sdk = await findSdk();
	if ("missing" in sdk) {
		console.error(`sdk: SKIPPED, ${sdk.missing}`);
		return console.log("0 passed, 0 failed");
	}
	const all = flags.smallest ? SMALLEST : CASES;
	const list = all.filter(
		({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
	);
	if (list.length === 0) throw new Error(`no case has a name with ${positionals.join(" or ")}`);
	const images = await imagesFor(list, sdk);
	const image = (/** @type {Case} */ one) => /** @type {import("./build.js").Image} */ (images.get(one.app));
	/** @type {Result[]} */
	const results = flags.smallest
		? await each(list, (one) => smallest(image(one), one))
		: await each(list, (one) => resultOf(one, image(one)));
	const tcp = images.get("tcp");
	if (tcp && flags.table)
		results.push({ one: { name: "size", app: "tcp", args: {} }, lines: sizesOf(tcp.modules), faults: [] });
	const lines = results.flatMap((result) => result.lines.filter((line) => line.pass !== undefined));
	const failed =
		lines.filter((line) => !line.pass).length +
		results.filter(({ faults, lines }) => faults.length > 0 && lines.every((line) => line.pass !== false))
			.length;
	if (flags.json)
		for (const { one, lines, faults } of results)
			console.log(JSON.stringify({ case: one.name, lines, faults }));
	else console.log(tableOf(results, sdk, flags.table || flags.smallest));
	console.log(`${lines.filter((line) => line.pass).length} passed, ${failed} failed`);
	process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error) => {
	console.error(`sdk: ${error.message}`);
	console.log("0 passed, 1 failed");
	process.exitCode = 1;
});
