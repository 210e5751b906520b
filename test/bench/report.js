// SPDX-License-Identifier: MIT
/** How results are shown: as a table, as JSON, as the table of README.md. */
import { cpus, loadavg, release, totalmem, type } from "node:os";

/** @typedef {import("./benches.js").Entry} Entry */

/** @param {number} value */
export function shown(value) {
	const size = Math.abs(value);
	if (size >= 1000) return Math.round(value).toLocaleString("en");
	return String(Number(value.toFixed(size >= 100 ? 1 : size >= 1 ? 2 : 3)));
}

/** @param {Entry} entry */
const isRatio = ({ ratio, judged }) => ratio !== null && judged !== "value";

/** @param {Entry} entry */
function demanded(entry) {
	if (entry.floor === null) return "";
	return `${isRatio(entry) ? "≥" : "≤"} ${shown(entry.floor)}`;
}

/** @param {Entry} entry */
function verdict(entry) {
	if (entry.floor === null) return "reported";
	if (!entry.pass) return isRatio(entry) ? "BELOW ITS FLOOR" : "ABOVE ITS LIMIT";
	const { aim } = entry;
	if (aim === undefined) return "ok";
	const reached = isRatio(entry) ? /** @type {number} */ (entry.ratio) >= aim : entry.value <= aim;
	return reached ? `ok, aim of ${shown(aim)} reached` : `ok, aim ${shown(aim)}`;
}

/** @param {Entry} entry */
const spreadOf = ({ spread }) =>
	spread === undefined ? "" : `${shown(spread[0])} to ${shown(spread[spread.length - 1])}`;

/** @param {Entry} entry */
const cellsOf = (entry) => [
	`${entry.name}, ${entry.unit}`,
	shown(entry.value),
	entry.peer === null ? "" : shown(entry.peer),
	entry.ratio === null ? "" : shown(entry.ratio),
	spreadOf(entry),
	demanded(entry),
	verdict(entry),
];

/** @param {readonly Entry[]} entries */
export function table(entries) {
	const rows = [["", "ours", "peer", "ratio", "spread", "floor", ""], ...entries.map(cellsOf)];
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	const lines = rows.map((row) =>
		row
			.map((cell, i) => (i === 0 || i === 6 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
			.join("  ")
			.trimEnd(),
	);
	const notes = new Set();
	for (const { name, note } of entries) {
		if (note === undefined || notes.has(note)) continue;
		notes.add(note);
		lines.push("", `${name}: ${note}`);
	}
	return lines.join("\n");
}

/** @param {string} bench @param {Entry} entry */
export const json = (bench, entry) => JSON.stringify({ bench, ...entry });

/** The machine in a line, and how busy it is: figures without it say little. */
export function machine() {
	const { model } = cpus()[0] ?? { model: "an unknown processor" };
	const gib = Math.round(totalmem() / 2 ** 30);
	const load = loadavg()
		.map((value) => value.toFixed(1))
		.join(", ");
	return (
		`${cpus().length} × ${model.trim()}, ${gib} GiB, ${type()} ${release()}, Node ${process.version}; ` +
		`load average ${load}`
	);
}

/** @param {string} text */
const escaped = (text) => text.replaceAll("|", "\\|");

/**
 * @param {readonly { bench: string, entries: readonly Entry[] }[]} results @param {string} command @param {string} date
 * @param {string} on the machine
 */
export function markdown(results, command, date, on) {
	const lines = [`${date}, \`${command}\`, on ${on}.`, ""];
	lines.push(
		"| bench | what | ours | peer | ratio | spread | floor | |",
		"|---|---|---:|---:|---:|---:|---:|---|",
	);
	for (const { bench, entries } of results)
		for (const entry of entries) lines.push(`| ${[bench, ...cellsOf(entry)].map(escaped).join(" | ")} |`);
	return lines.join("\n");
}
