// SPDX-License-Identifier: MIT
/** The figures of a run, one case a line. */

/** @param {number | string} value */
const shown = (value) =>
	typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value);

/**
 * @param {import("./run.js").Result[]} results @param {import("./sdk.js").Sdk} sdk @param {boolean} whole
 * @returns {string}
 */
export function tableOf(results, sdk, whole) {
	const by = sdk.runner.length > 0 ? `, emulated by ${sdk.runner[0]}` : "";
	const out = [`Moddable SDK ${sdk.version}, ${sdk.bits} bit, slots of ${sdk.bits / 2} bytes${by}`];
	for (const { one, lines, faults } of results) {
		const bad = faults.length > 0 || lines.some((line) => line.pass === false);
		if (!whole && !bad) continue;
		for (const line of lines) {
			const values = Object.entries(line.values ?? {}).map(([key, value]) => `${key} ${shown(value)}`);
			const mark = line.pass === undefined ? "    " : line.pass ? "ok  " : "FAIL";
			const name = line.gate ?? line.row ?? one.name;
			out.push(
				`  ${mark} ${name.padEnd(62)} ${values.join("  ")}${line.fault ? `  <- ${line.fault}` : ""}`.trimEnd(),
			);
		}
		for (const fault of faults) out.push(`  FAIL ${one.name}: ${fault}`);
	}
	return out.join("\n");
}
