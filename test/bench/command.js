// SPDX-License-Identifier: MIT
/** What was typed, understood or not. */
import { parseArgs } from "node:util";
import { BENCHES } from "./benches.js";

export const HELP = `Usage: npm run bench [-- [name ...] [--json | --markdown] [--rounds N] [--messages N]]

Without a name all of them, one after the other:

${BENCHES.map(({ name, help }) => `  ${name.padEnd(10)}${help}`).join("\n")}

  --json          an object a line: bench, name, value, peer, ratio, spread, floor, pass, ...
  --markdown      the table of test/bench/README.md, with date, machine and command
  --rounds N      rounds of each comparison, 1 to 1000; each bench knows how many it needs
  --messages N    messages of a round, 100 to 1000000; likewise
  --help          this text

Both sides run in turns, several times: a ratio is the median of the rounds' ratios, "spread" the least and the most. What
is being done is told on the error stream. Exits with 1 when a result is below its floor, with 2 when the call cannot be
understood, with 130 after Ctrl-C.`;

/** A word that was mistyped in a letter or two. @param {string} word @param {readonly string[]} known */
function nearest(word, known) {
	return known.find((one) => one.startsWith(word) || word.startsWith(one) || distance(one, word) <= 2);
}

/** Letters to change, add or take away, so that one word becomes the other. @param {string} a @param {string} b */
function distance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++)
			next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
		row = next;
	}
	return row[b.length];
}

/** @param {string} name @param {string | undefined} text @param {number} least @param {number} most */
function wholeNumber(name, text, least, most) {
	if (text === undefined) return undefined;
	const value = Number(text);
	if (!Number.isInteger(value) || value < least || value > most || text.trim() === "")
		throw new Error(`--${name} is a whole number from ${least} to ${most}, not ${text}`);
	return value;
}

const hint = (/** @type {string | undefined} */ word) => (word === undefined ? "" : `; do you mean ${word}?`);

/** The options as `parseArgs` gives them, or an Error that says what it did not like. @param {string[]} args */
function parsed(args) {
	const options = /** @type {const} */ ({
		json: { type: "boolean", default: false },
		markdown: { type: "boolean", default: false },
		rounds: { type: "string" },
		messages: { type: "string" },
		help: { type: "boolean", default: false },
	});
	try {
		return parseArgs({ args, allowPositionals: true, options });
	} catch (error) {
		const unknown = /^Unknown option '--?([^'=]*)/.exec(/** @type {Error} */ (error).message)?.[1];
		if (unknown === undefined) throw error;
		const known = nearest(unknown, Object.keys(options));
		throw new Error(`there is no option --${unknown}${hint(known && `--${known}`)}`);
	}
}

/**
 * @param {string[]} args
 * @returns {{ help: boolean, json: boolean, markdown: boolean, benches: import("./benches.js").Bench[],
 *   rounds: number | undefined, messages: number | undefined }}
 */
export function understood(args) {
	const { values, positionals } = parsed(args);
	const names = BENCHES.map(({ name }) => name);
	for (const word of positionals)
		if (!names.includes(word))
			throw new Error(
				`there is no bench called ${word}${hint(nearest(word, names)) || `: ${names.join(", ")}`}`,
			);
	if (values.json && values.markdown) throw new Error("--json or --markdown, not both");
	return {
		help: values.help,
		json: values.json,
		markdown: values.markdown,
		benches: BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
		rounds: wholeNumber("rounds", values.rounds, 1, 1000),
		messages: wholeNumber("messages", values.messages, 100, 1_000_000),
	};
}
