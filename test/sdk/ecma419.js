// SPDX-License-Identifier: MIT
/**
 * The drop-in for `embedded:network/mqtt/client` on the SDK's own engine and TCP class, against mosquitto: the SDK's example,
 * unchanged, and what a message allocates, beside the SDK's own client.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImage } from "./build.js";
import { perform } from "./perform.js";
import { findSdk } from "./sdk.js";

const here = dirname(fileURLToPath(import.meta.url));

/** What the interface makes of a message that is sent with QoS 1: the application's options, and the object of `onControl`. */
const SLOTS_MOST = 6;

/** @type {import("./cases.js").Case[]} */
export const ECMA419_CASES = [
	{ name: "the SDK's own example on the drop-in", app: "../ecma419/ecma419-example", args: {} },
];
for (const whose of ["ours", "theirs"])
	for (const [qos, echo] of /** @type {const} */ ([
		[0, "yes"],
		[1, "no"],
		[2, "no"],
		[1, "yes"],
		[2, "yes"],
	])) {
		const way = echo === "yes" ? "out and in" : "out";
		ECMA419_CASES.push({
			name: `${whose === "ours" ? "the drop-in" : "the SDK's client"}, QoS ${qos}, ${way}`,
			app: `../ecma419/ecma419-${whose}`,
			args: { qos, echo },
			theirs: whose === "theirs",
		});
	}

/** One after the other: a table, and how many failed. */
async function main() {
	const sdk = await findSdk();
	if ("missing" in sdk) {
		console.error(`ecma419: SKIPPED, ${sdk.missing}`);
		return console.log("0 passed, 0 failed");
	}
	let passed = 0;
	let failed = 0;
	/** @type {Map<string, import("./build.js").Image>} */
	const images = new Map();
	for (const one of ECMA419_CASES) {
		const image = images.get(one.app) ?? (await buildImage(sdk, join(here, "apps", one.app)));
		images.set(one.app, image);
		const { lines, code, words } = await perform(image, one);
		const verdict = lines.find((line) => line.pass !== undefined);
		const { slots, chunks, bytes, collections, codes } = verdict?.values ?? {};
		let fault = verdict?.fault ?? `exit ${code}: ${words || "it said nothing"}`;
		if (
			fault === "" &&
			one.name === "the drop-in, QoS 1, out" &&
			!(Number(slots) <= SLOTS_MOST && chunks === 0)
		)
			fault = `more than ${SLOTS_MOST} slots, or a chunk`;
		if (fault === "") passed++;
		else failed++;
		const counts =
			slots === undefined
				? ""
				: `${slots} slots, ${chunks} chunks of ${bytes} bytes, ${codes} byte codes; ${collections} collections per 1,000`;
		console.log(`${fault === "" ? "ok  " : "FAIL"} ${one.name.padEnd(40)} ${fault === "" ? counts : fault}`);
	}
	console.log(`SDK ${sdk.version}, ${sdk.bits} bit, messages of 64 bytes, four at a time, per message`);
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
