// SPDX-License-Identifier: MIT
/**
 * The drop-in for `embedded:network/mqtt/client` on the SDK's own engine and TCP class, against mosquitto: the SDK's example,
 * unchanged, and what a message allocates, beside the SDK's own client.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImage } from "./build.js";
import { perform } from "./perform.js";
import { findSdk } from "./sdk.js";

const here = dirname(fileURLToPath(import.meta.url));

/** What the interface makes of a message that is sent with QoS 1: the application's options, and the object of `onControl`. */
const SLOTS_MOST = 6;

/** @type {import("./cases.js").Case[]} */
const CASES = [{ name: "the SDK's own example on the drop-in", app: "../ecma419/ecma419-example", args: {} }];
for (const whose of ["ours", "theirs"])
	for (const [qos, echo] of /** @type {const} */ ([
		[0, "yes"],
		[1, "no"],
		[2, "no"],
		[1, "yes"],
		[2, "yes"],
	])) {
		const way = echo === "yes" ? "out and in" : "out";
		CASES.push({
			name: `${whose === "ours" ? "the drop-in" : "the SDK's client"}, QoS ${qos}, ${way}`,
			app: `../ecma419/ecma419-${whose}`,
			args: { qos, echo },
			theirs: whose === "theirs",
		});
	}

/** What the SDK's TLS socket needs as files: roots in DER; and what mosquitto does: its certificate with the chain that the SDK wants. */
const folder = mkdtempSync(join(tmpdir(), "ringbuoy-ecma419-"));
const fixture = (/** @type {string} */ name) => join(here, "..", "fixtures", "tls", name);
const pem = (/** @type {string} */ name) => readFileSync(fixture(name), "utf8");
for (const name of ["ca", "other"]) {
	const base64 = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(pem(`${name}.pem`))?.[1] ?? "";
	writeFileSync(join(folder, `${name}.der`), Buffer.from(base64, "base64"));
}
writeFileSync(join(folder, "chain.pem"), pem("server.pem") + pem("ca.pem"));
const broker = [
	`cafile ${fixture("ca.pem")}`,
	`certfile ${join(folder, "chain.pem")}`,
	`keyfile ${fixture("server.key")}`,
];
const tls = { qos: 1, echo: "yes", messages: 100, resources: folder, speed: 5 };
const WRONG = "the drop-in over TLS, a wrong CA";
for (const [name, root] of [
	["the drop-in over TLS, QoS 1, out and in", "ca.der"],
	[WRONG, "other.der"],
])
	CASES.push({ name, app: "../ecma419/ecma419-tls", args: { ...tls, root }, broker });

/** What is wrong with a case; empty when nothing is. @param {string} name @param {import("./perform.js").Outcome} outcome */
function faultOf(name, { lines, code, words }) {
	const verdict = lines.find((line) => line.pass !== undefined);
	if (verdict === undefined) return `exit ${code}: ${words || "it said nothing"}`;
	const fault = verdict.fault ?? "";
	if (name === WRONG) return fault.startsWith("TLS: ") ? "" : `not refused: ${fault}`;
	const { slots, chunks } = verdict.values ?? {};
	if (fault === "" && name === "the drop-in, QoS 1, out" && !(Number(slots) <= SLOTS_MOST && chunks === 0))
		return `${slots} slots and ${chunks} chunks, at most ${SLOTS_MOST} and none`;
	return fault;
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
	for (const one of CASES) {
		const image = images.get(one.app) ?? (await buildImage(sdk, join(here, "apps", one.app)));
		images.set(one.app, image);
		const outcome = await perform(image, one);
		const { slots, chunks, bytes, collections, codes } =
			outcome.lines.find((line) => line.pass !== undefined)?.values ?? {};
		const fault = faultOf(one.name, outcome);
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

try {
	await main();
} finally {
	rmSync(folder, { recursive: true, force: true });
}
