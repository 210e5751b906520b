// SPDX-License-Identifier: MIT
/** Runs one case: a broker, the image, and what the image asks for meanwhile. */
import { spawn } from "node:child_process";
import { Broker } from "./broker.js";

/** Timers and clock of the image run so many times faster; the SDK's Linux socket looks every 20 ms of that. */
const SPEED = 10;
const LIMIT_SECONDS = 180;

/**
 * @typedef {{ gate?: string, row?: string, ask?: string, pass?: boolean, fault?: string,
 *   values?: Record<string, number | string> }} Line
 * @typedef {{ lines: Line[], code: number, words: string, log: string }} Outcome
 *   what it reported, its exit code, what it said on the error stream, and what the broker said
 */

/**
 * @param {import("./build.js").Image} image @param {import("./cases.js").Case} one
 * @param {Record<string, string | number>} [more] arguments
 * @returns {Promise<Outcome>}
 */
export async function perform(image, one, more = {}) {
	const peer = one.peer ? await one.peer() : await started(one.broker);
	try {
		const args = {
			speed: SPEED,
			seconds: LIMIT_SECONDS,
			port: peer.port,
			name: one.name,
			...one.args,
			...peer.args,
			...more,
		};
		const list = Object.entries(args).flatMap(([key, value]) => [`--${key}`, String(value)]);
		return await run(image, list, peer);
	} finally {
		await peer.stop();
	}
}

/** @param {string[]} [lines] @returns {Promise<import("./cases.js").Peer>} */
async function started(lines) {
	const broker = new Broker();
	await broker.start(lines);
	return broker;
}

/** @param {import("./build.js").Image} image @param {string[]} args @param {import("./cases.js").Peer} broker @returns {Promise<Outcome>} */
function run(image, args, broker) {
	const [program, ...before] = [...image.sdk.runner, image.program];
	return new Promise((resolve, reject) => {
		const child = spawn(program, [...before, ...args], { stdio: ["ignore", "pipe", "pipe"] });
		/** @type {Outcome} */
		const outcome = { lines: [], code: -1, words: "", log: "" };
		let rest = "";
		let restarting = Promise.resolve();
		child.stdout.setEncoding("utf8").on("data", (text) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) {
				// the SDK's own words have no line of their own
				const at = line.indexOf('{"');
				if (at !== 0) outcome.words += at < 0 ? `${line}\n` : `${line.slice(0, at)}\n`;
				if (at < 0) continue;
				const said = JSON.parse(line.slice(at));
				if (said.ask === "restart") restarting = restarting.then(() => broker.restart());
				else outcome.lines.push(said);
			}
		});
		child.stderr.setEncoding("utf8").on("data", (text) => (outcome.words += text));
		child.on("error", reject);
		child.on("close", async (code) => {
			await restarting.catch(() => {});
			outcome.code = code ?? -1;
			outcome.words = outcome.words.trim();
			outcome.log = broker.log;
			resolve(outcome);
		});
	});
}
