#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** `npm run soak -- --minutes N`: random runs that nobody has seen before, on all cores, for N minutes of real time. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const USAGE = `usage: npm run soak -- [options]
  --minutes N   of real time, default 10
  --seed S      of the first run, default: drawn, and printed
  --workers N   processes that share the runs, default: one for each core
  --keep-going  run on when one has failed
  --json        one JSON object a line: each run that failed, and the end
exit code: 0 no violation, 1 one, with the command that repeats it, 2 usage`;

function fail(message) {
	console.error(`soak: ${message}\n${USAGE}`);
	process.exit(2);
}

function readOptions() {
	try {
		const { values } = parseArgs({
			options: {
				minutes: { type: "string", default: "10" },
				seed: { type: "string" },
				workers: { type: "string" },
				"keep-going": { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", short: "h", default: false },
			},
		});
		return values;
	} catch (error) {
		return fail(error.message);
	}
}

const { minutes, seed, workers, json, help, "keep-going": keepGoing } = readOptions();
if (help) {
	console.log(USAGE);
	process.exit(0);
}
if (!/^\d+(\.\d+)?$/.test(minutes) || Number(minutes) === 0)
	fail(`--minutes is a number above 0, not ${JSON.stringify(minutes)}`);
const args = ["world", "--for", String(Number(minutes) * 60)];
if (seed !== undefined) args.push("--seed", seed);
if (workers !== undefined) args.push("--workers", workers);
if (keepGoing) args.push("--keep-going");
if (json) args.push("--json");
const command = fileURLToPath(new URL("../../dist/ringbuoy.js", import.meta.url));
const child = spawn(process.execPath, [command, ...args], { stdio: "inherit" });
// A terminal sends Ctrl-C to both, others to us alone; one that comes twice at once counts once there.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("close", (code) => {
	process.exitCode = code ?? 1;
});
