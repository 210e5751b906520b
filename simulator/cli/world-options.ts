// SPDX-License-Identifier: MIT
/** The options of `ringbuoy world`. */

import { describe, type OptionGroup } from "./options.js";

export const WORLD_OPTIONS: readonly OptionGroup[] = [
	{
		title: "Runs",
		options: [
			{
				name: "seed",
				value: "NUMBER",
				help: "of the first run; the others count on. Default: drawn, and printed",
			},
			{ name: "runs", value: "NUMBER", help: "how many; default 1000" },
			{ name: "for", value: "SECONDS", help: "of real time, in place of --runs" },
			{ name: "minutes", value: "NUMBER", help: "of virtual time in which things happen; default 10" },
			{ name: "boards", value: "NUMBER", help: "in each run, 1 to 8; default: drawn, 1 to 3" },
			{ name: "workers", value: "NUMBER", help: "processes that share the runs; default: one for each core" },
		],
	},
	{
		title: "When one fails",
		options: [
			{ name: "keep-going", help: "run the others, too; default: stop at the first" },
			{
				name: "shrink",
				value: "SECONDS",
				help: "to look for a smaller plan that fails so; default 20, 0: do not",
			},
			{ name: "out", value: "FILE", help: "write it to FILE.js for ringbuoy run; with --runs 1 in any case" },
		],
	},
	{
		title: "Output",
		options: [
			{
				name: "pcap",
				value: "FILE",
				help: "with --runs 1: what boards and broker say to each other, for Wireshark",
			},
			{ name: "verbose", help: "a line for each run, with the hash of all that went over its links" },
			{ name: "json", help: "one JSON object a line: each run that failed, and the end" },
			{ name: "help", help: "this" },
		],
	},
];

export function worldHelp(): string {
	return `${[
		"ringbuoy world: boards, a broker and a network in virtual time, with faults drawn from a seed; what each",
		"message went through is held against the rules of MQTT",
		"",
		"  ringbuoy world                                 a thousand runs that nobody has seen before",
		"  ringbuoy world --seed 42 --runs 1              one of them again, byte for byte",
		"  ringbuoy world --seed 42 --runs 1 --out 42.js  as a file for ringbuoy run",
		"  ringbuoy world --runs 1 --boards 1 --minutes 1440",
		...describe(WORLD_OPTIONS),
		"",
		"Exit code: 0 no run failed, 1 one did, 2 usage; 130 the second Ctrl-C.",
	].join("\n")}\n`;
}
