// SPDX-License-Identifier: MIT
/** The options of `ringbuoy device`, and its help. */

import { boardNames } from "./device-board.js";
import { programNames } from "./device-program.js";
import { SETTINGS } from "./device-settings.js";
import { describe, type OptionGroup } from "./options.js";

export const VERBS = ["check", "build", "flash", "monitor"] as const;
export type Verb = (typeof VERBS)[number];

const WHAT = {
	title: "What",
	options: [
		{ name: "board", value: "BOARD", help: "one of those below, or the folder of your own" },
		{ name: "program", value: "PROGRAM", help: "one of those below, or your own file; default sensor" },
		{ name: "set", value: "KEY=VALUE", help: "a setting of the firmware; as often as you like" },
		{ name: "tls", help: "link TLS; an mqtts:// or wss:// address does that by itself" },
		{
			name: "ca",
			value: "FILE",
			help: "who signed the broker's certificate, up to 8 in one PEM; brings TLS",
		},
		{ name: "cert", value: "FILE", help: "the board's own certificate, if the broker wants one" },
		{ name: "key", value: "FILE", help: "its RSA key" },
		{ name: "release", help: "no debugger, no console: default" },
		{ name: "debug", help: "with the debugger xsbug" },
		{ name: "instrument", help: "a release that counts, with a console on the serial port" },
		{ name: "out", value: "FOLDER", help: "where it is made; default: this user's cache" },
	],
};
const HOW = [
	{ name: "verbose", help: "all that the tools print" },
	{ name: "help", help: "this" },
];
const DRY = { name: "dry-run", help: "print the commands, do nothing" };
const JSON_OPTION = { name: "json", help: "one JSON object a line, and nothing else" };
const PORT = {
	name: "port",
	value: "PORT",
	help: "/dev/ttyUSB0 and the like; default: the only one there is",
};

export const DEVICE_OPTIONS: Readonly<Record<Verb, readonly OptionGroup[]>> = {
	check: [
		WHAT,
		{
			title: "How",
			options: [
				{ name: "all", help: "every board with every program, and the examples" },
				JSON_OPTION,
				...HOW,
			],
		},
	],
	build: [WHAT, { title: "How", options: [JSON_OPTION, DRY, ...HOW] }],
	flash: [WHAT, { title: "How", options: [PORT, DRY, ...HOW] }],
	monitor: [WHAT, { title: "How", options: [PORT, DRY, ...HOW] }],
};

const SUMMARIES: Readonly<Record<Verb, string>> = {
	check: "compiles and links the JavaScript half of a firmware; needs the Moddable SDK, no ESP-IDF",
	build: "makes the image for a board; needs the SDK and ESP-IDF",
	flash: "builds, and writes the image to a board at a serial port",
	monitor: "shows what a board prints; Ctrl-] ends it",
};

export const DEVICE_HELP = `ringbuoy device: the firmware on a real board, with the Moddable SDK

  ringbuoy device check --board esp32-devkit              ${SUMMARIES.check}
  ringbuoy device build --board esp32-devkit --set ...    ${SUMMARIES.build}
  ringbuoy device flash --board esp32-devkit --set ...    ${SUMMARIES.flash}
  ringbuoy device monitor --board esp32-devkit            ${SUMMARIES.monitor}

  ringbuoy device check --help                            the options; each of them has some
  ringbuoy doctor                                         what of all this is on this machine

flash and monitor have never been run on hardware by us: they print what they run, and --dry-run prints it only.
`;

export function deviceHelp(verb: Verb, root: string): string {
	const settings = Object.entries(SETTINGS).filter(([, help]) => help !== "");
	return `${[
		`ringbuoy device ${verb}: ${SUMMARIES[verb]}`,
		"",
		...EXAMPLES[verb].map((example) => `  ringbuoy device ${verb} ${example}`),
		...describe(DEVICE_OPTIONS[verb]),
		"",
		`Boards:   ${boardNames(root).join(", ")}`,
		`Programs: ${programNames(root).join(", ")}`,
		"",
		"Settings:",
		...settings.map(([key, help]) => `  ${key.padEnd(20)}${help}`),
		"",
		"A key without a value has it in the environment: --set wifi_password takes RINGBUOY_WIFI_PASSWORD.",
		"MODDABLE and IDF_PATH say where SDK and ESP-IDF are, when they are not where xs-dev puts them.",
		"Exit code: 0 in order, 1 it failed, 2 usage, 130 interrupted.",
	].join("\n")}\n`;
}

const EXAMPLES: Readonly<Record<Verb, readonly string[]>> = {
	check: ["--board esp32-devkit", "--board ./my-board --program ./my-program.ts", "--all"],
	build: ["--board esp32-devkit --set wifi_ssid=Home wifi_password mqtt_url=mqtt://192.168.1.2"],
	flash: [
		"--board m5paper --port /dev/ttyUSB0 --set wifi_ssid=Home wifi_password mqtt_url=mqtt://192.168.1.2",
	],
	monitor: ["--board m5paper --port /dev/ttyUSB0"],
};
