// SPDX-License-Identifier: MIT
/** The options of `ringbuoy sim`, in one table from which they are parsed, explained and guessed at. */

import { parseArgs } from "node:util";
import { UsageError } from "./usage.js";
import { nearest } from "./words.js";

export interface Option {
	readonly name: string;
	/** What its value is called; without it, it has none. */
	readonly value?: string;
	readonly help: string;
}

export interface OptionGroup {
	readonly title: string;
	readonly options: readonly Option[];
}

/** The way to a broker: the same for every command with boards. */
export const BROKER_OPTIONS: OptionGroup = {
	title: "Broker",
	options: [
		{
			name: "broker",
			value: "URL",
			help: "mqtt://host:port, mqtts://, ws://host/path, wss://; default: our own",
		},
		{ name: "port", value: "NUMBER", help: "port of our own broker; default: any that is free" },
		{ name: "profile", value: "NAME", help: "limits of our own broker: default, hivemq, aws, tiny" },
		{ name: "user", value: "NAME", help: "or RINGBUOY_USER" },
		{
			name: "password",
			value: "TEXT",
			help: "or RINGBUOY_PASSWORD, which others cannot see in the process list",
		},
		{ name: "ca", value: "FILE", help: "PEM: the authority that signed the broker's certificate" },
		{ name: "cert", value: "FILE", help: "PEM: the boards' own certificate" },
		{ name: "key", value: "FILE", help: "PEM: the key of that certificate" },
		{
			name: "alpn",
			value: "NAME",
			help: "protocol to offer in the TLS handshake, where port 443 is shared",
		},
		{ name: "insecure", help: "accept any certificate; for a look at a test broker only" },
	],
};

export const SIM_OPTIONS: readonly OptionGroup[] = [
	BROKER_OPTIONS,
	{
		title: "Boards",
		options: [
			{
				name: "program",
				value: "NAME",
				help: "sensor (default); sleeper: awake for readings only; soak: endurance",
			},
			{ name: "boards", value: "NUMBER", help: "how many, 1 to 1000; default 1" },
			{
				name: "name",
				value: "NAME",
				help: "client identifier and topic level; several boards get -1, -2, ...",
			},
			{ name: "root", value: "TOPIC", help: "where the topics begin; default ringbuoy" },
			{ name: "interval", value: "SECONDS", help: "between readings, 1 to 86400; default 2" },
			{ name: "qos", value: "0|1|2", help: "of readings; default 1" },
			{ name: "protocol", value: "4|5", help: "3.1.1 or 5.0; default 5" },
			{ name: "tiny", help: "the limits for boards with little memory, and a store in RAM" },
			{ name: "seed", value: "NUMBER", help: "weather and backoff; the same seed draws the same; default 1" },
		],
	},
	{
		title: "Flash and power",
		options: [
			{
				name: "flash",
				value: "FILE",
				help: "keep the boards' flash in a file, made when missing; default: memory",
			},
			{ name: "format", help: "erase what is in --flash FILE first, whatever it is" },
			{
				name: "kill-power-every",
				value: "SECONDS",
				help: "cut the power about that often; by hand, on a terminal: press p",
			},
		],
	},
	{
		title: "Run",
		options: [
			{ name: "for", value: "SECONDS", help: "stop after that; default: run until Ctrl-C" },
			{ name: "json", help: "one JSON object a line for every event, and nothing else" },
			{
				name: "pcap",
				value: "FILE",
				help: "what boards and broker say, for Wireshark; TLS decrypted",
			},
			{ name: "verbose", help: "attempts to connect, subscriptions, what our own broker sees, too" },
			{ name: "help", help: "this" },
		],
	},
];

/** Columns that `--help` has for an option and its value. */
const OPTION_COLUMNS = 28;

/** What was typed: option → value, or "" for those that have none. */
export type Typed = ReadonlyMap<string, string>;

/** Reads the arguments of a command. Throws a {@link UsageError} for what is not in the table. */
export function parseOptions(args: readonly string[], groups: readonly OptionGroup[]): Typed {
	const known = new Map(groups.flatMap((group) => group.options.map((option) => [option.name, option])));
	const { tokens } = parseArgs({
		args: [...args],
		options: Object.fromEntries(
			[...known.values()].map(({ name, value }) => [
				name,
				{ type: value === undefined ? ("boolean" as const) : ("string" as const) },
			]),
		),
		strict: false,
		tokens: true,
	});
	const typed = new Map<string, string>();
	for (const token of tokens) {
		if (token.kind === "option-terminator") continue;
		if (token.kind === "positional") throw new UsageError(stray(token.value, known));
		const option = known.get(token.name);
		if (option === undefined) throw new UsageError(unknown(token.rawName, token.name, [...known.keys()]));
		const inline = token.inlineValue === true;
		if (option.value === undefined) {
			if (inline) throw new UsageError(`--${option.name} takes no value`);
			typed.set(option.name, "");
			continue;
		}
		const value = token.value;
		const missing = value === undefined || (!inline && value.startsWith("--") && known.has(value.slice(2)));
		if (missing) throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
		typed.set(option.name, value);
	}
	return typed;
}

function unknown(raw: string, name: string, names: readonly string[]): string {
	const meant = nearest(name, names);
	return `there is no option ${raw}; ${meant === undefined ? "--help lists them" : `did you mean --${meant}?`}`;
}

function stray(value: string, known: ReadonlyMap<string, Option>): string {
	if (/^(?:mqtt|ws)s?:/i.test(value) && known.has("broker"))
		return `"${value}" stands alone; did you mean --broker ${value}?`;
	const meant = nearest(value, [...known.keys()]);
	return `"${value}" stands alone${meant === undefined ? "" : `; did you mean --${meant}?`}`;
}

/** The table as lines for `--help`. */
export function describe(groups: readonly OptionGroup[]): string[] {
	const lines: string[] = [];
	for (const { title, options } of groups) {
		lines.push("", `${title}:`);
		for (const { name, value, help } of options) {
			lines.push(`  ${`--${name}${value === undefined ? "" : ` ${value}`}`.padEnd(OPTION_COLUMNS)}${help}`);
		}
	}
	return lines;
}
