// SPDX-License-Identifier: MIT
/**
 * `npm run bench -- codec|client|aliases`: how fast we are and how much garbage we make, beside a peer in the same run.
 * Exits with 1 when something is below its floor, with 2 when the call cannot be understood.
 */
import { parseArgs } from "node:util";

/**
 * One measurement. For speeds `ratio` is `value / peer`; for garbage, bytes and writes `floor` is the most that `value` may be.
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} unit
 * @property {number} value ours
 * @property {number | null} peer what the other did in the same run, or null
 * @property {number | null} ratio value / peer
 * @property {number | null} floor what is demanded, or null where it is only reported
 * @property {boolean} pass
 * @property {string} [note] how it was measured
 */

const HELP = `Usage: npm run bench -- codec|client|aliases [--json] [--messages N]

  codec     encode and decode a 64-byte QoS 1 PUBLISH, against mqtt-packet
  client    QoS 1 over loopback, against MQTT.js at the same broker; garbage per message
  aliases   bytes and writes of a reading with and without topic aliases, beside MQTT.js

  --json          an object a line instead of a table
  --messages N    client: messages per round (default 10000); garbage is counted over 100 times as many
  --help          this text

Exits with 1 when a result is below its floor.`;

/** @param {string} message */
function misused(message) {
	console.error(`bench: ${message}\n\n${HELP}`);
	process.exit(2);
}

/** @param {number} value */
function shown(value) {
	return value >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toFixed(2)));
}

/** @param {Entry[]} entries */
function table(entries) {
	const rows = [["", "ours", "peer", "ratio", "floor", ""]];
	for (const { name, unit, value, peer, ratio, floor, pass } of entries) {
		rows.push([
			`${name}, ${unit}`,
			shown(value),
			peer === null ? "" : shown(peer),
			ratio === null ? "" : shown(ratio),
			floor === null ? "" : `${ratio === null ? "≤ " : ""}${floor}`,
			floor === null ? "reported" : pass ? "ok" : "BELOW ITS FLOOR",
		]);
	}
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	for (const row of rows) {
		const cells = row.map((cell, i) =>
			i === 0 || i === 5 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
		);
		console.log(cells.join("  ").trimEnd());
	}
	for (const { name, note } of entries) if (note !== undefined) console.log(`\n${name}: ${note}`);
}

/** @returns {{ values: { json: boolean, messages: string, help: boolean }, positionals: string[] }} */
function parsed() {
	try {
		return parseArgs({
			allowPositionals: true,
			options: {
				json: { type: "boolean", default: false },
				messages: { type: "string", default: "10000" },
				help: { type: "boolean", default: false },
			},
		});
	} catch (error) {
		return misused(error.message);
	}
}

const { values, positionals } = parsed();
if (values.help) {
	console.log(HELP);
	process.exit(0);
}
const messages = Number(values.messages);
if (!(Number.isInteger(messages) && messages >= 100 && messages <= 1_000_000))
	misused(`--messages is a whole number from 100 to 1000000, not ${values.messages}`);
const [which] = positionals;
if (positionals.length !== 1 || !["codec", "client", "aliases"].includes(which))
	misused(
		which === undefined ? "codec, client or aliases?" : `there is no bench called ${positionals.join(" ")}`,
	);

/** @type {Entry[]} */
const entries =
	which === "codec"
		? await (await import("./codec.js")).codec()
		: which === "aliases"
			? await (await import("./aliases.js")).aliases()
			: await (await import("./client.js")).client({ messages });
if (values.json) for (const entry of entries) console.log(JSON.stringify(entry));
else table(entries);
process.exitCode = entries.every(({ pass }) => pass) ? 0 : 1;
