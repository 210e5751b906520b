#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** Lists what both versions of MQTT ask of a client, each with its tests or the reason why there is none. */
import { survey } from "./requirements.js";

const HELP = `Lists every requirement of MQTT 3.1.1 and 5.0 that binds a client, with the tests that show it.

  node test/conformance/list.js             all of them
  node test/conformance/list.js --missing   those that have neither a test nor a reason
  node test/conformance/list.js --json      the same as JSON

Ends with 0 when each has a test or a reason, with 1 when one has neither, with 2 when it cannot tell.
`;

function main(words) {
	const unknown = words.find((word) => !["--json", "--missing", "--help", "-h"].includes(word));
	if (unknown !== undefined) {
		process.stderr.write(`list.js: there is no ${unknown}; --help says what there is\n`);
		return 2;
	}
	if (words.includes("--help") || words.includes("-h")) {
		process.stdout.write(HELP);
		return 0;
	}
	const { rows, faults, loose } = survey();
	const missing = rows.filter(({ tests, reason }) => tests.length === 0 && reason === "");
	const shown = words.includes("--missing") ? missing : rows;
	if (words.includes("--json"))
		process.stdout.write(`${JSON.stringify({ rows: shown, faults, loose }, null, "\t")}\n`);
	else print(shown, rows, missing, loose);
	for (const fault of faults) process.stderr.write(`${fault}\n`);
	return missing.length > 0 || faults.length > 0 ? 1 : 0;
}

function print(shown, rows, missing, loose) {
	for (const { version, id, words, tests, reason } of shown) {
		const state = tests.length > 0 ? "shown" : reason !== "" ? "none" : "MISSING";
		process.stdout.write(`${version.padEnd(5)} ${id.padEnd(14)} ${state.padEnd(7)} ${words}\n`);
		for (const where of tests) process.stdout.write(`${" ".repeat(29)}${where}\n`);
		if (reason !== "") process.stdout.write(`${" ".repeat(29)}because ${reason}\n`);
	}
	const tested = rows.filter(({ tests }) => tests.length > 0).length;
	const of = (version) => {
		const its = rows.filter((row) => row.version === version);
		return `${version} ${its.filter(({ tests }) => tests.length > 0).length} of ${its.length}`;
	};
	process.stdout.write(
		`${rows.length} requirements: ${tested} have a test (${of("3.1.1")}, ${of("5.0")}), ` +
			`${rows.length - tested - missing.length} a reason, ${missing.length} neither.\n`,
	);
	if (loose > 0)
		process.stdout.write(`${loose} identifiers in titles name no version and count for nothing.\n`);
}

// Not process.exit: what was written to a pipe would be cut.
try {
	process.exitCode = main(process.argv.slice(2));
} catch (error) {
	process.stderr.write(`list.js: ${error.message}\n`);
	process.exitCode = 2;
}
