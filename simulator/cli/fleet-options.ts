// SPDX-License-Identifier: MIT
/** The options of `ringbuoy fleet`. */

import { BROKER_OPTIONS, describe, type Option, type OptionGroup } from "./options.js";

const PORT: Option = {
	name: "port",
	value: "NUMBER",
	help: "real TCP to our own broker at this port, 0: any; default: no sockets",
};

export const FLEET_OPTIONS: readonly OptionGroup[] = [
	{
		title: "Fleet",
		options: [
			{ name: "boards", value: "NUMBER", help: "how many in all, 1 to 2000000; default 1000" },
			{
				name: "shard",
				value: "I/N",
				help: "only part I of N, counted from 0: one process each, on as many machines",
			},
			{ name: "name", value: "NAME", help: "client identifiers and topic level: NAME-1, NAME-2, ..." },
			{ name: "root", value: "TOPIC", help: "where the topics begin; default ringbuoy" },
			{ name: "interval", value: "SECONDS", help: "between readings of a board, 1 to 86400; default 10" },
			{ name: "qos", value: "0|1|2", help: "of readings; default 1" },
			{ name: "protocol", value: "4|5", help: "3.1.1 or 5.0; default 5" },
			{ name: "tiny", help: "the limits for boards with little memory" },
			{ name: "seed", value: "NUMBER", help: "weather and backoff; default 1" },
		],
	},
	{
		title: "Stages, in this order",
		options: [
			{ name: "ramp", value: "SECONDS", help: "over which boards are switched on; default: as they connect" },
			{
				name: "for",
				value: "SECONDS",
				help: "at a steady rate; default: until Ctrl-C, or 30 before a trial",
			},
			{ name: "storm", help: "then break all connections at once" },
			{
				name: "restart",
				value: "SECONDS",
				help: "then our own broker falls over, and is back after that; several: 1,30,120",
			},
		],
	},
	{
		...BROKER_OPTIONS,
		options: BROKER_OPTIONS.options.map((option) => (option.name === "port" ? PORT : option)),
	},
	{
		title: "Run",
		options: [
			{ name: "world", help: "in virtual time, with our own broker: as fast as this machine computes it" },
			{ name: "latency", value: "MS", help: "of the network in virtual time; default 20" },
			{ name: "within", value: "SECONDS", help: "it has failed if the boards take longer to connect" },
			{ name: "most-bytes", value: "NUMBER", help: "it has failed if a board takes more memory" },
			{ name: "json", help: "one JSON object a line, and nothing else" },
			{ name: "help", help: "this" },
		],
	},
];

export function fleetHelp(): string {
	return `${[
		"ringbuoy fleet: thousands of boards in one process, each the whole client and the sensor program",
		"",
		"  ringbuoy fleet --boards 10000                               with a broker of our own, no sockets",
		"  ringbuoy fleet --boards 10000 --broker mqtt://host --storm  with yours",
		"  ringbuoy fleet --boards 10000 --restart 30 --port 0         with our own, over real TCP",
		"  ringbuoy fleet --boards 10000 --world --restart 1,30,120    in virtual time",
		"  ringbuoy fleet --boards 100000 --shard 0/8 --name load --broker mqtt://host",
		...describe(FLEET_OPTIONS),
		"",
		"RINGBUOY_BROKER, RINGBUOY_USER and RINGBUOY_PASSWORD stand in for options that are not given.",
		"Exit code: 0 in order; 1 boards were left without connection, nothing was acknowledged, --within or",
		"--most-bytes was exceeded, or 10,000 boards or more came back too unevenly; 2 usage.",
	].join("\n")}\n`;
}
