// SPDX-License-Identifier: MIT
/** `npm run bench`: how fast we are, and what we take, beside a peer in the same run; see command.js and README.md. */
import { perform } from "./benches.js";
import { endAll } from "./children.js";
import { HELP, understood } from "./command.js";
import { json, machine, markdown, table } from "./report.js";

const INTERRUPTED = 130;

/** What is being done, on the error stream: one line that changes on a terminal, a line for each new thing elsewhere. */
let said = "";
/** @param {string} text */
function progress(text) {
	if (text === said) return;
	if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
	// A count that goes on is no news in a file.
	else if (text !== "" && text.replace(/\d+ of \d+$/, "") !== said.replace(/\d+ of \d+$/, ""))
		process.stderr.write(`${text}\n`);
	said = text;
}

/** @param {string[]} args */
function command(args) {
	try {
		return understood(args);
	} catch (error) {
		console.error(`bench: ${/** @type {Error} */ (error).message}\n\nnpm run bench -- --help says more.`);
		return undefined;
	}
}

/** @param {string[]} args @returns {Promise<number>} the exit code */
async function main(args) {
	const what = command(args);
	if (what === undefined) return 2;
	if (what.help) {
		console.log(HELP);
		return 0;
	}
	const { rounds, messages } = what;
	const on = machine();
	const results = [];
	let broken = false;
	for (const bench of what.benches) {
		const entries = await perform(bench, {
			rounds,
			messages,
			progress: (text) => progress(text === "" ? "" : `bench: ${bench.name}: ${text}`),
		}).catch((error) => {
			// The others are worth having all the same.
			progress("");
			console.error(`bench: ${bench.name} failed: ${error instanceof Error ? error.stack : error}`);
			broken = true;
			return [];
		});
		progress("");
		results.push({ bench: bench.name, entries });
		if (what.json) for (const entry of entries) console.log(json(bench.name, entry));
		else if (!what.markdown) console.log(`${results.length > 1 ? "\n" : ""}${bench.name}\n${table(entries)}`);
	}
	const typed = ["npm run bench", ...args.filter((one) => one !== "--markdown")].join(" ");
	const date = new Date().toISOString().slice(0, 16).replace("T", " ");
	if (what.markdown) console.log(markdown(results, typed.replace("bench ", "bench -- "), `${date} UTC`, on));
	return !broken && results.every(({ entries }) => entries.every(({ pass }) => pass)) ? 0 : 1;
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
	process.on(signal, () => {
		endAll();
		process.exit(INTERRUPTED);
	});
try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	console.error(`bench: ${error instanceof Error ? error.stack : error}`);
	process.exitCode = 1;
}
endAll();
