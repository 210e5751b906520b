// SPDX-License-Identifier: MIT
/** `ringbuoy device`: a firmware for a real board, checked, built, flashed and watched. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { boardAt, boardFaults, boardNames } from "./device-board.js";
import {
	buildCommand,
	flashCommand,
	type Idf,
	idfAt,
	imageFault,
	imageSize,
	monitorCommand,
	runBuild,
} from "./device-build.js";
import { certificatesOf } from "./device-certificates.js";
import { check, checkExample, EXAMPLE_TARGET, EXAMPLES, type Toolchain } from "./device-check.js";
import { DEVICE_HELP, DEVICE_OPTIONS, deviceHelp, VERBS, type Verb } from "./device-options.js";
import { type DeviceOutput, outputOf } from "./device-output.js";
import { programAt, programNames } from "./device-program.js";
import { defaultOut, type Flavour, type Order, projectOf, writeProject } from "./device-project.js";
import { type Command, runAtTerminal, typed } from "./device-run.js";
import {
	findIdf,
	findProgram,
	findSdk,
	findTools,
	findTsc,
	isMissing,
	type Missing,
	portFault,
	type Search,
	type Surroundings,
	serialPorts,
	surroundings,
} from "./device-sdk.js";
import { shown, takeSettings, wantsTls } from "./device-settings.js";
import { parseOptions, type Typed } from "./options.js";
import { RunError, UsageError } from "./usage.js";
import { nearest } from "./words.js";

/** Runs the command; returns its exit code. Throws a {@link UsageError} or a {@link RunError}. */
export async function device(args: readonly string[], signal: AbortSignal): Promise<number> {
	const [word, ...rest] = args;
	if (word === undefined || word === "--help" || word === "-h" || word === "help") {
		process.stdout.write(DEVICE_HELP);
		return 0;
	}
	const place = surroundings();
	const verb = verbOf(word);
	if (rest.includes("--help") || rest.includes("-h")) {
		process.stdout.write(deviceHelp(verb, place.root));
		return 0;
	}
	const { settings, rest: others } = takeSettings(rest, process.env);
	const options = parseOptions(others, DEVICE_OPTIONS[verb]);
	const orders = ordersOf(place, options, settings);
	const output = outputOf(options.has("json"), options.has("verbose"));
	// Passwords and keys go into what mcconfig and make write, images included: for this user only.
	process.umask(0o077);
	return verb === "check"
		? checkAll(orders, place, options, output, signal)
		: make(verb, orders[0], place, options, output, signal);
}

function verbOf(word: string): Verb {
	const verb = VERBS.find((one) => one === word);
	if (verb !== undefined) return verb;
	const meant = nearest(word, VERBS);
	const advice = meant ? `did you mean ringbuoy device ${meant}?` : `there are ${VERBS.join(", ")}`;
	if (word.startsWith("-"))
		throw new UsageError(`${word} belongs behind ${VERBS.join(", ")}: ringbuoy device check ...`);
	throw new UsageError(`ringbuoy device does not ${word}; ${advice}`);
}

function ordersOf({ root }: Surroundings, options: Typed, settings: ReadonlyMap<string, string>): Order[] {
	const out = options.get("out");
	const files = { ca: options.get("ca"), cert: options.get("cert"), key: options.get("key") };
	const certificates = certificatesOf(files);
	const tls = options.has("tls") || certificates.size > 0 || wantsTls(settings);
	const flavour = flavourOf(options);
	const orderOf = (board: string, program: string, folder: string): Order => ({
		board: boardAt(root, board),
		program: programAt(root, program),
		...{ settings, tls, certificates, flavour, out: folder },
	});
	if (options.has("all")) {
		if (options.has("board") || options.has("program"))
			throw new UsageError("--all is every board with every program: leave out --board and --program");
		const folder = (board: string): string => (out === undefined ? defaultOut(board) : resolve(out, board));
		return boardNames(root).flatMap((board) =>
			programNames(root).map((program) => orderOf(board, program, folder(board))),
		);
	}
	const name = options.get("board");
	if (name === undefined)
		throw new UsageError(`name a board: --board ${boardNames(root).join(", --board ")}`);
	const order = orderOf(name, options.get("program") ?? "sensor", "");
	return [{ ...order, out: out === undefined ? defaultOut(order.board.name) : resolve(out) }];
}

function flavourOf(options: Typed): Flavour {
	const flavours = (["release", "debug", "instrument"] as const).filter((one) => options.has(one));
	if (flavours.length > 1) throw new UsageError(`--${flavours.join(" and --")} exclude each other`);
	return flavours[0] ?? "release";
}

// ── what there must be ───────────────────────────────────────────────────────────────────────────────────────────

/** Throws one {@link RunError} with all that is missing. */
function toolchain(place: Surroundings, others: readonly Search[] = []): Toolchain {
	const sdk = findSdk(place);
	const bin = isMissing(sdk) ? undefined : findTools(sdk.path, place);
	const tsc = findTsc(place);
	const programs = ["make", "git"].map((name) => program(name, place));
	const missing = [sdk, bin, tsc, ...programs, ...others].filter(
		(one) => one !== undefined && isMissing(one),
	);
	if (missing.length > 0) throw new RunError(missingWords(missing as Missing[]));
	const [{ path, version }, tools, compiler] = [sdk, bin, tsc] as { path: string; version: string }[];
	return { root: place.root, sdk: path, sdkVersion: version, bin: tools.path, tsc: compiler.path };
}

function program(name: string, place: Surroundings): Search {
	const path = findProgram(name, place.env);
	if (path !== undefined) return { path, version: "" };
	return {
		missing: name,
		advice: place.platform === "darwin" ? "xcode-select --install" : `sudo apt install ${name}`,
	};
}

function missingWords(missing: readonly Missing[]): string {
	const lines = missing.map(({ missing: what, advice }) => `  ${what}\n    ${advice}`);
	return `missing on this machine:\n${lines.join("\n")}\nringbuoy doctor shows all that is there`;
}

// ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function checkAll(
	orders: readonly Order[],
	place: Surroundings,
	options: Typed,
	output: DeviceOutput,
	signal: AbortSignal,
): Promise<number> {
	const tools = toolchain(place);
	const examples = options.has("all") ? EXAMPLES : [];
	const out = options.get("out");
	const examplesOut = out === undefined ? defaultOut("examples") : resolve(out, "examples");
	let failed = 0;
	for (const order of orders) {
		output.begin(order, tools.sdkVersion, tools.sdk);
		const checked = await check(order, tools, output, signal);
		if (signal.aborted) return 130;
		output.checked(checked);
		if (!checked.ok) failed++;
	}
	for (const name of examples) {
		output.beginExample(name, EXAMPLE_TARGET, tools.sdkVersion);
		const checked = await checkExample(name, examplesOut, tools, output, signal);
		if (signal.aborted) return 130;
		output.checked(checked);
		if (!checked.ok) failed++;
	}
	output.end(orders.length + examples.length, failed);
	return failed === 0 ? 0 : 1;
}

// ── build, flash, monitor ────────────────────────────────────────────────────────────────────────────────────────

async function make(
	verb: Exclude<Verb, "check">,
	order: Order,
	place: Surroundings,
	options: Typed,
	output: DeviceOutput,
	signal: AbortSignal,
): Promise<number> {
	const faults = boardFaults(order.board);
	if (faults.length > 0)
		throw new RunError(`${join(order.board.path, "board.json")}:\n  ${faults.join("\n  ")}`);
	const found = findIdf(place);
	const dry = options.has("dry-run");
	const tools = dry ? likely(place) : toolchain(place, [found]);
	const idf: Idf = isMissing(found) ? { path: "$IDF_PATH", sourced: true } : idfAt(found.path, place);
	const port = verb === "build" ? undefined : portOf(options, place, dry);
	// A monitor is for what was flashed, with settings that nobody says again.
	const project = dry || verb === "monitor" ? projectOf(order) : writeProject(place.root, order);
	const build = buildCommand(order, project, tools, idf);
	const flash = flashCommand(order, project, tools, idf, port);
	const monitor = monitorCommand(order, project, tools, idf, port);
	const commands: Readonly<Record<typeof verb, Command[]>> = {
		build: [build],
		flash: [build, flash],
		monitor: [monitor],
	};
	if (dry) {
		output.dry(commands[verb].map(typed), shown(order.settings));
		return 0;
	}
	output.begin(order, tools.sdkVersion, tools.sdk);
	if (verb === "monitor") return watch(monitor, order, output);
	for (const note of notesOn(order)) output.note(note);
	for (const command of commands[verb]) {
		output.running(typed(command));
		const { code, diagnostics } = await runBuild(
			command,
			tools.sdk,
			(line) => output.line(line),
			(n) => output.compiled(n),
			signal,
		);
		if (signal.aborted) return 130;
		const fault = code === 0 && command === build ? imageFault(project, order) : "";
		if (fault !== "") diagnostics.fault("", fault);
		if (code !== 0 || fault !== "") {
			output.failed(diagnostics, code);
			return 1;
		}
		if (command === build) output.built(project.images, imageSize(project) ?? 0);
	}
	if (verb === "flash") output.flashed(port);
	if (verb === "flash" && order.flavour === "release") output.note(SILENT);
	return 0;
}

function watch(monitor: Command, order: Order, output: DeviceOutput): Promise<number> {
	if (!existsSync(monitor.cwd))
		throw new RunError(`nothing was built in ${order.out} yet: ringbuoy device flash comes first`);
	if (order.flavour === "release") output.note(SILENT);
	output.running(typed(monitor));
	return runAtTerminal(monitor);
}

const SILENT = "a release build prints nothing of its own: flash and monitor with --instrument, or --debug";

/** A firmware without these can be built: they may be in the board's own storage. */
function notesOn({ board, settings }: Order): string[] {
	const notes: string[] = [];
	const { networks, settings: own } = board.facts;
	const knows = (key: string): boolean => settings.has(key) || key in own;
	if (!knows("mqtt_url"))
		notes.push(
			"no mqtt_url: unless the board was told one before, it has no broker; --set mqtt_url=mqtt://host",
		);
	if (networks[0] === "wifi" && !knows("wifi_ssid"))
		notes.push(
			"no wifi_ssid: unless the board was told one before, it has no network; --set wifi_ssid=NAME wifi_password",
		);
	return notes;
}

/** For `--dry-run`: what is not there stands as its variable. */
function likely(place: Surroundings): Toolchain {
	const sdk = findSdk(place);
	const path = isMissing(sdk) ? "$MODDABLE" : sdk.path;
	const bin = join(path, "build/bin", place.platform === "darwin" ? "mac" : "lin", "release");
	const tsc = findTsc(place);
	return { root: place.root, sdk: path, sdkVersion: "", bin, tsc: isMissing(tsc) ? "tsc" : tsc.path };
}

function portOf(options: Typed, { platform }: Surroundings, dry: boolean): string | undefined {
	const named = options.get("port") ?? process.env["UPLOAD_PORT"];
	const ports = serialPorts();
	if (named === undefined && ports.length > 1)
		throw new UsageError(`there are ${ports.length} serial ports: --port ${ports.join(", or --port ")}`);
	const port = named ?? ports[0];
	if (dry) return port;
	if (port === undefined)
		throw new RunError("there is no serial port: is the board plugged in, with a cable that carries data?");
	const fault = portFault(port, platform);
	if (fault !== "") throw new RunError(fault);
	return port;
}
