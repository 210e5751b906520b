// SPDX-License-Identifier: MIT
/**
 * What a message costs on the real engine: byte codes executed, and what is allocated. It is counted, not timed, so it is the same
 * on every machine and in every round. Ours on the metered engine of test/xs; with a Moddable SDK (MODDABLE, see
 * test/sdk/README.md) also ours and the SDK's own client on the SDK's engine, against mosquitto.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, Unavailable } from "../xs/engine.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const emitted = join(root, "dist", "bench-xs");

/** The SDK's own client, QoS 1, 3.1.1, out: `MODDABLE=... node test/sdk/run.js --table "own client"`, SDK 8.2.3. */
const THEIRS = 944;
const THEIRS_WHERE = 'measured with `MODDABLE=... node test/sdk/run.js --table "own client"`, SDK 8.2.3';

/** The most byte codes that a message may take: what holds today, and a little. */
const MOST = /** @type {const} */ ({
	"publish QoS 0, RAM": 3700,
	"publish QoS 1, RAM": 6100,
	"publish QoS 2, RAM": 9100,
	"receive QoS 0, RAM": 2350,
	"receive QoS 1, RAM": 3150,
	"receive QoS 2, RAM": 6200,
	"publish QoS 1, flash": 14_200,
	"publish QoS 2, flash": 20_500,
	"receive QoS 1, flash": 3500,
	"receive QoS 2, flash": 14_700,
});

/** @param {string} reason */
function skipped(reason) {
	if (process.env["CI"] === "true") throw new Error(reason);
	console.error(`bench: xs: SKIPPED, ${reason}`);
}

/**
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run(command, args, env = process.env) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
		const end = () => child.kill("SIGKILL");
		process.on("exit", end);
		let stdout = "";
		let stderr = "";
		child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
		child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
		child.on("error", reject);
		child.on("close", (code) => {
			process.off("exit", end);
			resolve({ code: code ?? -1, stdout, stderr });
		});
	});
}

/** @param {string} text @returns {any[]} */
const linesOf = (text) =>
	text
		.split("\n")
		.filter((line) => line.startsWith("{"))
		.map((line) => JSON.parse(line));

/** Compiles `test/xs/codes.ts` and what it imports; `lib` and the drivers as they ship. */
async function compile() {
	const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
	const project = join(root, "test", "xs", "tsconfig.json");
	const { stdout } = await run(process.execPath, [tsc, "-p", project, "--outDir", emitted]);
	const module = join(emitted, "test", "xs", "codes.js");
	if (!existsSync(module)) throw new Error(`the compiler emitted nothing:\n${stdout}`);
	return module;
}

/** @param {any} values @param {string} note @returns {import("./benches.js").Entry} */
function entryOf({ way, qos, version, store, codes, slots, chunks }, note) {
	const name = `${way} QoS ${qos}, ${store}`;
	const floor = version === 5 ? (MOST[name] ?? null) : null;
	const free = slots === 0 && chunks === 0;
	const peer = way === "publish" && qos === 1 ? THEIRS : null;
	return {
		name: `${name}, ${version === 5 ? "5.0" : "3.1.1"}${free ? "" : `, ${slots} slots, ${chunks} chunks`}`,
		unit: "byte codes",
		value: Math.round(codes),
		peer,
		ratio: peer === null ? null : Number((peer / codes).toFixed(2)),
		floor,
		judged: "value",
		pass: free && (floor === null || codes <= floor),
		...(peer === null ? {} : { note }),
	};
}

/** @param {import("./benches.js").Options["progress"]} progress */
async function onOurEngine(progress) {
	progress("preparing the metered engine, a minute when it has to be built");
	const { engines, missing } = await prepare({ metered: true }).catch((error) => {
		if (!(error instanceof Unavailable)) throw error;
		return { engines: [], missing: [error.message] };
	});
	const [engine] = engines;
	if (engine === undefined) {
		skipped(missing.join("; "));
		return [];
	}
	for (const reason of missing)
		console.error(`bench: xs: ${reason}; byte codes and slots are those of 64 bit, the same`);
	progress("compiling");
	const module = await compile();
	const by = engine.runner.length > 0 ? ` by ${engine.runner[0]}` : "";
	progress(`counting, on ${engine.bits} bit${by}`);
	const [program, ...before] = [...engine.runner, engine.path];
	const { code, stdout, stderr } = await run(program, [...before, module]);
	if (code !== 0) throw new Error(`the engine ended with ${code}: ${stderr.trim()}`);
	const note =
		`XS of test/xs, ${engine.bits} bit${by}; one message of 64 bytes at a time, topic of 24, from the call or the link's ` +
		`word to the last acknowledgement, drivers included, socket and flash chip not (but for some 19 byte codes to get to each of them and back); 0 slots and 0 chunks are demanded; peer: ` +
		`the SDK's client, ${THEIRS} for a publish of QoS 1, ${THEIRS_WHERE}: it keeps no message, no order and no state`;
	return linesOf(stdout).map(({ values }) => entryOf(values, note));
}

/** Ours and the SDK's own client, on the SDK's engine. @param {import("./benches.js").Options["progress"]} progress */
async function onTheSdk(progress) {
	if (!process.env["MODDABLE"]) {
		skipped(
			`MODDABLE is not set: the SDK's client is the fixed line of ${THEIRS} byte codes; see test/sdk/README.md`,
		);
		return [];
	}
	progress("on the SDK's engine, against mosquitto; minutes");
	const cases = ["3.1.1, QoS 1, out, store in", "own client"];
	const sdk = join(root, "test", "sdk", "run.js");
	const { stdout, stderr } = await run(process.execPath, [sdk, "--json", ...cases]);
	const rows = linesOf(stdout).flatMap(({ case: name, lines }) =>
		lines.filter(({ values }) => values?.codes > 0).map(({ values, pass }) => ({ name, ...values, pass })),
	);
	const theirs = rows.find(({ name }) => name.includes("own client"));
	if (theirs === undefined) {
		skipped(`the SDK's client was not measured: ${(stderr || stdout).trim().split("\n")[0]}`);
		return [];
	}
	return rows
		.filter((one) => one !== theirs && !one.name.includes("restarts"))
		.flatMap(({ name, codes, slots, bytes, pass }) => [
			{
				name: `${name}, on the SDK's engine`,
				unit: "byte codes",
				value: codes,
				peer: theirs.codes,
				ratio: Number((theirs.codes / codes).toFixed(2)),
				floor: null,
				judged: /** @type {const} */ ("value"),
				pass,
				note: "the SDK's XS, TCP class and timers, against mosquitto, four messages of 64 bytes under way; peer: the SDK's client",
			},
			{
				name: `${name}, on the SDK's engine`,
				unit: "bytes of heap made",
				value: slots * 16 + bytes,
				peer: theirs.slots * 16 + theirs.bytes,
				ratio: null,
				floor: 0,
				pass: pass && slots === 0 && bytes === 0,
			},
		]);
}

/** @param {import("./benches.js").Options} options @returns {Promise<import("./benches.js").Entry[]>} */
export async function xs({ progress }) {
	return [...(await onOurEngine(progress)), ...(await onTheSdk(progress))];
}
