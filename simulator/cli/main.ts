// SPDX-License-Identifier: MIT
/** The command line `ringbuoy`. Nothing here calls `process.exit` on an orderly end: what is open must close by itself. */

import { device } from "./device.js";
import { DEVICE_HELP } from "./device-options.js";
import { DOCTOR_HELP, doctor } from "./doctor.js";
import { fleet } from "./fleet-command.js";
import { fleetHelp } from "./fleet-options.js";
import { INSPECT_HELP, inspect } from "./inspect.js";
import { Interrupts } from "./interrupts.js";
import { JsonOutput } from "./json.js";
import { Keys } from "./keys.js";
import { npmHint } from "./npm.js";
import { describe, parseOptions, SIM_OPTIONS } from "./options.js";
import { preflight, type Step } from "./preflight.js";
import { RUN_HELP, run, terminalOf } from "./run.js";
import { type SimSettings, simSettings } from "./settings.js";
import { Simulation } from "./sim.js";
import { TextOutput } from "./text.js";
import { RunError, UsageError } from "./usage.js";
import { version } from "./version.js";
import { nearest } from "./words.js";
import { world } from "./world.js";
import { worldHelp } from "./world-options.js";

const enum Exit {
	Failed = 1,
	Usage = 2,
	/** 128 + SIGINT. */
	Interrupted = 130,
}

/** SIGHUP: the terminal was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const COMMANDS = ["sim", "fleet", "run", "world", "inspect", "device", "doctor", "help"];

const OVERVIEW = `ringbuoy ${version}: an MQTT client for microcontrollers, run on this machine

  ringbuoy sim                             a virtual sensor board and a broker to talk to
  ringbuoy sim --broker mqtt://host:1883   the same board on your broker
  ringbuoy sim --help                      all options
  ringbuoy fleet --boards 10000            ten thousand boards in one process
  ringbuoy run power-cut                   a story in virtual time; without a name: which there are
  ringbuoy world                           a thousand runs with faults drawn from a seed
  ringbuoy inspect board.bin               what is in a board's flash, record by record
  ringbuoy device check --board m5paper    the firmware of a real board: check, build, flash, monitor
  ringbuoy doctor                          what of all that this machine is ready for
  ringbuoy doctor --broker mqtts://host    what is in the way to a broker, step by step

  ringbuoy --version
`;

function simHelp(): string {
	return `${[
		"ringbuoy sim: virtual ESP32 sensor boards that run the sensor firmware",
		"",
		"  ringbuoy sim                                      with a broker of our own",
		"  ringbuoy sim --broker mqtt://host --boards 5      with yours",
		"  ringbuoy sim --broker mqtts://host --ca ca.pem --cert board.pem --key board.key",
		"  ringbuoy sim --flash board.bin --kill-power-every 10",
		...describe(SIM_OPTIONS),
		"",
		"RINGBUOY_BROKER, RINGBUOY_USER and RINGBUOY_PASSWORD stand in for options that are not given.",
		"Exit code: 0 in order, 1 the run failed (with --for: no reading was acknowledged), 2 usage.",
	].join("\n")}\n`;
}

async function main(args: readonly string[]): Promise<void> {
	const [command, ...rest] = args;
	if (command === undefined || command === "help" || command === "--help" || command === "-h") {
		process.stdout.write(helpOf(rest[0]));
	} else if (command === "--version" || command === "-v" || command === "version") {
		process.stdout.write(`${version}\n`);
	} else if (command === "sim") await sim(rest);
	else if (command === "fleet") {
		if (!(await fleet(rest, () => process.exit(Exit.Interrupted)))) process.exitCode = Exit.Failed;
	} else if (command === "run") {
		if (!(await run(rest, terminalOf(process)))) process.exitCode = Exit.Failed;
	} else if (command === "world") {
		if (!(await world(rest, () => process.exit(Exit.Interrupted)))) process.exitCode = Exit.Failed;
	} else if (command === "inspect") inspectImage(rest);
	else if (command === "device") await onDevice(rest);
	else if (command === "doctor") await examine(rest);
	else throw new UsageError(unknownCommand(command));
}

async function examine(args: readonly string[]): Promise<void> {
	if (args.some((arg) => arg !== "--json" && DOCTOR_OPTIONS.includes(arg.replace(/^--|=.*$/g, ""))))
		await examineBroker(args);
	else examineMachine(args);
}

function helpOf(command: string | undefined): string {
	if (command === "sim") return simHelp();
	if (command === "fleet") return fleetHelp();
	if (command === "run") return RUN_HELP;
	if (command === "world") return worldHelp();
	if (command === "inspect") return INSPECT_HELP;
	if (command === "device") return DEVICE_HELP;
	return command === "doctor" ? DOCTOR_HELP : OVERVIEW;
}

function unknownCommand(command: string): string {
	if (command.startsWith("-")) {
		const known = SIM_OPTIONS.flatMap((group) => group.options.map((option) => option.name));
		const meant = nearest(command.replace(/^-+|=.*$/g, ""), ["version", ...known]);
		if (meant === "version") return `there is no option ${command}; did you mean --version?`;
		return `${command} belongs behind a command; did you mean ringbuoy sim ${meant ? `--${meant}` : ""}?`;
	}
	const meant = nearest(command, COMMANDS);
	return `there is no command "${command}"; did you mean ringbuoy ${meant ?? "sim"}?`;
}

function inspectImage(args: readonly string[]): void {
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(INSPECT_HELP);
		return;
	}
	// Whoever reads our lines has seen enough: `ringbuoy inspect board.bin | head`.
	process.stdout.on("error", () => {});
	if (!inspect(args, (line) => process.stdout.write(`${line}\n`))) process.exitCode = Exit.Failed;
}

async function onDevice(args: readonly string[]): Promise<void> {
	const stopping = new AbortController();
	const interrupts = new Interrupts(
		() => stopping.abort(),
		() => process.exit(Exit.Interrupted),
		() => performance.now(),
	);
	for (const signal of SIGNALS) process.on(signal, interrupts.heard);
	process.stdout.on("error", () => stopping.abort());
	try {
		process.exitCode = await device(args, stopping.signal);
	} finally {
		for (const signal of SIGNALS) process.off(signal, interrupts.heard);
	}
}

/** Those of the simulator that are about a broker, and how we come to it. */
const DOCTOR_OPTIONS = [
	...[
		"broker",
		"user",
		"password",
		"ca",
		"cert",
		"key",
		"alpn",
		"insecure",
		"name",
		"qos",
		"root",
		"protocol",
	],
	"json",
];

async function examineBroker(args: readonly string[]): Promise<void> {
	const options = SIM_OPTIONS.flatMap((group) => group.options).filter(({ name }) =>
		DOCTOR_OPTIONS.includes(name),
	);
	const typed = parseOptions(args, [{ title: "", options }]);
	const settings = simSettings(typed, process.env);
	const { broker } = settings;
	if (broker === undefined) throw new UsageError(`${args[0]} is for --broker URL`);
	process.stdout.on("error", () => {});
	const well = await preflight({ ...settings, broker, clientId: typed.get("name") }, (step) => {
		process.stdout.write(settings.json ? `${JSON.stringify(step)}\n` : lineOf(step));
	});
	if (!well) process.exitCode = Exit.Failed;
}

function lineOf({ step, ok, found, advice }: Step): string {
	const line = `${ok ? "ok " : "-- "} ${step.padEnd(7)}  ${found}\n`;
	return advice === "" ? line : `${line}             ${advice}\n`;
}

function examineMachine(args: readonly string[]): void {
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(DOCTOR_HELP);
		return;
	}
	const unknown = args.find((arg) => arg !== "--json");
	if (unknown !== undefined)
		throw new UsageError(`ringbuoy doctor has no ${unknown}; it takes --broker URL, --json and --help`);
	process.stdout.on("error", () => {});
	if (!doctor(args.includes("--json"), (line) => process.stdout.write(`${line}\n`)))
		process.exitCode = Exit.Failed;
}

async function sim(args: readonly string[]): Promise<void> {
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(simHelp());
		return;
	}
	if (args.includes("--version")) {
		process.stdout.write(`${version}\n`);
		return;
	}
	const hint = npmHint(process.env, SIM_OPTIONS);
	if (hint !== undefined) throw new UsageError(hint);
	const settings = simSettings(parseOptions(args, SIM_OPTIONS), process.env);
	const started = performance.now();
	const seconds = () => (performance.now() - started) / 1000;
	const simulation = new Simulation(settings, outputFor(settings, seconds), seconds);
	const interrupts = new Interrupts(
		() => simulation.stop(),
		() => process.exit(Exit.Interrupted),
		() => performance.now(),
	);
	for (const signal of SIGNALS) process.on(signal, interrupts.heard);
	const keys = keysFor(settings, simulation, interrupts.heard);
	// Whoever reads our lines has seen enough: `ringbuoy sim | head`.
	process.stdout.on("error", () => simulation.stop());
	try {
		keys?.start();
		if (!(await simulation.run())) process.exitCode = Exit.Failed;
	} finally {
		keys?.stop();
		for (const signal of SIGNALS) process.off(signal, interrupts.heard);
	}
}

/** Undefined: nobody sits there. */
function keysFor(settings: SimSettings, simulation: Simulation, onInterrupt: () => void): Keys | undefined {
	const { stdin } = process;
	if (settings.json || !isTerminal() || !Keys.possible(stdin)) return undefined;
	const onKey = (key: string) => {
		if (key === "p" || key === "P") simulation.cutPower();
	};
	return new Keys(stdin, onKey, onInterrupt);
}

function isTerminal(): boolean {
	return process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
}

function outputFor(settings: SimSettings, seconds: () => number): JsonOutput | TextOutput {
	const { stdout, env } = process;
	const terminal = isTerminal();
	// A carriage return hides the "^C" that the terminal shows.
	const write = (line: string) => {
		if (!stdout.destroyed) stdout.write(`${terminal ? "\r" : ""}${line}\n`);
	};
	if (settings.json) return new JsonOutput((line) => stdout.write(`${line}\n`), seconds, settings.verbose);
	return new TextOutput(write, {
		colour: terminal && !env["NO_COLOR"] && !env["CI"],
		columns: Math.max(60, Math.min(100, stdout.columns ?? 100)),
		verbose: settings.verbose,
		keys: terminal && Keys.possible(process.stdin),
		seconds,
		toolArguments: (url) => toolArguments(settings, url),
	});
}

/** What mosquitto's clients need to reach the same broker; secrets and files are left to the reader. */
function toolArguments({ user, password, broker, cert }: SimSettings, url: string): string {
	const host = broker?.host ?? "127.0.0.1";
	// They speak no WebSocket.
	const port =
		broker?.path === undefined ? url.slice(url.lastIndexOf(":") + 1) : "(its port without WebSocket)";
	const parts = [`-h ${host} -p ${port}`];
	if (user !== undefined) parts.push(`-u ${user}`);
	if (password !== undefined) parts.push("-P ...");
	if (broker?.secure) parts.push(cert === undefined ? "--cafile ..." : "--cafile ... --cert ... --key ...");
	return parts.join(" ");
}

main(process.argv.slice(2)).catch((error: unknown) => {
	if (error instanceof UsageError) {
		process.stderr.write(`ringbuoy: ${error.message}\n`);
		process.exitCode = Exit.Usage;
		return;
	}
	const known = error instanceof RunError || error instanceof RangeError;
	process.stderr.write(`ringbuoy: ${known ? error.message : ((error as Error).stack ?? error)}\n`);
	process.exitCode = Exit.Failed;
});
