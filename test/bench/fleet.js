// SPDX-License-Identifier: MIT
/**
 * `ringbuoy fleet`, as a user runs it: each line is a run of the command in a process of its own. Times are processor time of that
 * process, board and broker together: what it would take by the clock on a machine that has nothing else to do.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kept } from "./children.js";

/** @typedef {import("./benches.js").Entry} Entry */

const BOARDS = 10_000;
const MANY = 100_000;
/** Seconds until all are connected, bytes of a board with the broker's side, microseconds of a message for both. */
const CONNECT = { floor: 10, aim: 5 };
const BYTES = { floor: 24 << 10, aim: 16 << 10 };
const MESSAGE = { floor: 40, aim: 20 };
/** The most connections in any second, in means. */
const RATIO = 2.2;
const program = fileURLToPath(new URL("../../dist/ringbuoy.js", import.meta.url));

/** Runs it to its end. @param {string[]} args @param {string[]} flags of Node */
async function ran(args, flags = []) {
	const options = /** @type {const} */ ({ stdio: ["ignore", "pipe", "inherit"] });
	const child = kept(spawn(process.execPath, [...flags, program, "fleet", "--json", ...args], options));
	let text = "";
	child.stdout.setEncoding("utf8").on("data", (more) => {
		text += more;
	});
	await new Promise((resolve) => child.on("close", resolve));
	const end = text.trim().split("\n").at(-1);
	if (!end?.includes('"event":"end"'))
		throw new Error(`ringbuoy fleet ${args.join(" ")} did not come to its end`);
	const summary = JSON.parse(end);
	for (const failure of summary.failures)
		console.error(`bench: ringbuoy fleet ${args.join(" ")}: ${failure}`);
	return summary;
}

/** @param {any} end @param {string} name */
const stage = (end, name) => end.stages.find((/** @type {any} */ one) => one.stage === name);

/** @param {string} name @param {string} unit @param {number} value @param {{ floor: number, aim?: number }} bounds @param {string} note @returns {Entry} */
function atMost(name, unit, value, { floor, aim }, note) {
	const entry = { name, unit, value, peer: null, ratio: null, floor, aim, pass: value <= floor, note };
	return { ...entry, judged: "value" };
}

/** @param {any} end */
const missing = (end) => (end.connected === end.boards ? 0 : Number.POSITIVE_INFINITY);

/** @returns {Promise<Entry[]>} */
async function inProcess() {
	const args = ["--boards", `${BOARDS}`, "--interval", "10", "--for", "5"];
	const note = `ringbuoy fleet ${args.join(" ")}: default limits, our own broker in the process, no sockets`;
	const end = await ran(args);
	// As many as a busy machine brings through, too: the cost of a message does not depend on it.
	const busy = ["--boards", "4000", "--interval", "1", "--for", "20"];
	const fast = stage(await ran(busy), "steady");
	const cost = fast === undefined ? Number.POSITIVE_INFINITY : (fast.cpuSeconds * 1e6) / fast.acknowledged;
	return [
		atMost("10,000 boards connected", "s", stage(end, "ramp").cpuSeconds + missing(end), CONNECT, note),
		atMost("memory of a board and the broker's side of it", "bytes", end.bytesPerBoard, BYTES, note),
		atMost(
			"a reading, QoS 1, from sensor to acknowledged",
			"µs",
			cost,
			MESSAGE,
			`ringbuoy fleet ${busy.join(" ")}`,
		),
	];
}

/** @returns {Promise<Entry[]>} */
async function virtual() {
	const outages = ["--boards", `${BOARDS}`, "--world", "--interval", "600", "--restart", "1,30,120,600"];
	const restarted = await ran(outages);
	const entries = [];
	for (const { stage, plannedSeconds, returns, gaveUp } of restarted.stages) {
		if (stage !== "restart") continue;
		const ratio = gaveUp ? Number.POSITIVE_INFINITY : returns.ratio;
		const note = `ringbuoy fleet ${outages.join(" ")}: the most connections in any second over their mean until all are back`;
		entries.push(
			atMost(
				`10,000 boards after an outage of ${plannedSeconds} s, peak`,
				"means",
				ratio,
				{ floor: RATIO },
				note,
			),
		);
	}
	const many = ["--boards", `${MANY}`, "--world", "--tiny", "--interval", "60", "--for", "60"];
	const end = await ran(many, ["--max-old-space-size=8192"]);
	const note = `node --max-old-space-size=8192 ringbuoy fleet ${many.join(" ")}`;
	const bytes = end.bytesPerBoard + missing(end);
	entries.push(atMost("100,000 tiny boards in virtual time, memory of each", "bytes", bytes, BYTES, note));
	return entries;
}

/** mosquitto on a free port, if it is there; undefined: it is not. */
async function mosquitto() {
	const server = net.createServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
	const { port } = /** @type {net.AddressInfo} */ (server.address());
	await new Promise((resolve) => server.close(resolve));
	const folder = mkdtempSync(join(tmpdir(), "ringbuoy-bench-"));
	const file = join(folder, "mosquitto.conf");
	const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "max_connections -1", "log_type none"];
	writeFileSync(file, `${[...lines, `user ${userInfo().username}`].join("\n")}\n`);
	const PATH = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin`;
	const child = kept(spawn("mosquitto", ["-c", file], { stdio: "ignore", env: { PATH } }));
	const there = await new Promise((resolve) => {
		child.on("error", () => resolve(false));
		child.on("spawn", () => setTimeout(() => resolve(true), 500));
	});
	const end = () => {
		child.kill();
		rmSync(folder, { recursive: true, force: true });
	};
	if (!there) end();
	return there ? { url: `mqtt://127.0.0.1:${port}`, end } : undefined;
}

/** @returns {Promise<Entry[]>} */
async function overTcp() {
	const broker = await mosquitto();
	if (broker === undefined) {
		console.error("bench: mosquitto is not installed (apt-get install mosquitto): left out");
		return [];
	}
	try {
		const args = ["--boards", `${BOARDS}`, "--broker", broker.url, "--interval", "10", "--for", "10"];
		const end = await ran(args);
		const seconds = stage(end, "ramp").cpuSeconds + missing(end);
		const note =
			"ringbuoy fleet --boards 10000 --broker mqtt://127.0.0.1:…: over TCP to mosquitto; that of the boards alone";
		return [
			atMost("10,000 boards connected to mosquitto", "s", seconds, CONNECT, note),
			atMost(
				"memory of a board, its socket's buffers in the kernel aside",
				"bytes",
				end.bytesPerBoard,
				BYTES,
				note,
			),
		];
	} finally {
		broker.end();
	}
}

/** @param {import("./benches.js").Options} options @returns {Promise<Entry[]>} */
export async function fleet({ progress }) {
	progress("in the process");
	const entries = await inProcess();
	progress("over TCP to mosquitto");
	entries.push(...(await overTcp()));
	progress("in virtual time");
	entries.push(...(await virtual()));
	return entries;
}
