// SPDX-License-Identifier: MIT
/** `ringbuoy doctor`: what this machine has for each thing that one can do here, and what to do about what it has not. */

import { existsSync } from "node:fs";
import {
	findIdf,
	findProgram,
	findSdk,
	findTools,
	findTsc,
	IDF_WANTED,
	isMissing,
	outputOf,
	portFault,
	SDK_TRIED,
	type Search,
	type Surroundings,
	serialPorts,
	surroundings,
} from "./device-sdk.js";
import { version } from "./version.js";

export const DOCTOR_HELP = `ringbuoy doctor: what this machine has for the simulator and for real boards

  ringbuoy doctor                       a line for each thing: ok, or missing and what to do
  ringbuoy doctor --broker mqtts://host   the way to a broker, step by step: DNS, TCP, TLS, clock, CA, name, ALPN, MQTT
  ringbuoy doctor --json                the same as JSON, one object a line

With --broker: --user, --password, --ca, --cert, --key, --alpn, --insecure, --name, --qos, --root, --protocol as for
ringbuoy sim. AWS IoT Core and HiveMQ Cloud are known by their host names, and what they do not have is told.

Exit code: 0 the simulator and ringbuoy device check can run, 1 something for them is missing, 2 usage.
What only build and flash need (ESP-IDF, a serial port) is told, and is no reason to fail. With --broker: 0 the broker
accepts us, 1 a step failed.
`;

export interface Finding {
	/** What it is for. */
	readonly need: "simulator" | "check" | "build" | "extra";
	readonly name: string;
	readonly ok: boolean;
	/** Where it is and its version; or what is missing. */
	readonly found: string;
	/** What to type; "" when it is there. */
	readonly advice: string;
}

const NEEDS: Readonly<Record<Finding["need"], string>> = {
	simulator: "ringbuoy sim, inspect",
	check: "ringbuoy device check",
	build: "ringbuoy device build, flash, monitor",
	extra: "not needed, good to have",
};

/** Looks at everything; `write` takes whole lines. Returns whether simulator and check have what they need. */
export function doctor(json: boolean, write: (line: string) => void): boolean {
	const findings = examine(surroundings());
	if (json) for (const finding of findings) write(JSON.stringify(finding));
	else for (const line of lines(findings)) write(line);
	return findings.every(({ ok, need }) => ok || need === "build" || need === "extra");
}

export function examine(place: Surroundings): Finding[] {
	const { env } = place;
	const sdk = findSdk(place);
	const findings: Finding[] = [
		ofNode(process.versions.node),
		{ need: "simulator", name: "ringbuoy", ok: true, found: `${version}, ${place.root}`, advice: "" },
		of("check", "Moddable SDK", sdk, isMissing(sdk) ? "" : oddVersion(sdk.version)),
	];
	if (!isMissing(sdk)) findings.push(of("check", "SDK tools", findTools(sdk.path, place)));
	findings.push(of("check", "TypeScript", findTsc(place)));
	for (const name of ["make", "git"]) findings.push(ofProgram("check", name, place, installOf(name, place)));
	const idf = findIdf(place);
	findings.push(of("build", "ESP-IDF", idf));
	findings.push(ofProgram("build", "python3", place, installOf("python3", place)));
	for (const compiler of ["xtensa-esp32-elf-gcc", "riscv32-esp-elf-gcc"])
		findings.push(ofCompiler(compiler, place, isMissing(idf) ? undefined : idf.path));
	findings.push(...ofPorts(place));
	const mosquitto = installOf("mosquitto-clients", place);
	findings.push(
		ofProgram("extra", "mosquitto_sub", place, `${mosquitto}, to watch a broker from another program`),
	);
	if (env["MODDABLE"] === undefined && !isMissing(sdk))
		findings.push({
			need: "extra",
			name: "MODDABLE",
			ok: false,
			found: "not set; found without",
			advice: `export MODDABLE=${sdk.path}`,
		});
	return findings;
}

function of(need: Finding["need"], name: string, search: Search, remark = ""): Finding {
	if (isMissing(search))
		return { need, name, ok: false, found: `missing: ${search.missing}`, advice: search.advice };
	const { path, version: number } = search;
	const found = [number, path, remark].filter((part) => part !== "").join(", ");
	return { need, name, ok: true, found, advice: "" };
}

function oddVersion(number: string): string {
	return number === SDK_TRIED ? "" : `this was tried with ${SDK_TRIED}`;
}

function ofNode(number: string): Finding {
	const ok = Number.parseInt(number, 10) >= 20;
	const advice = ok ? "" : "install Node 20 or newer: https://nodejs.org";
	return { need: "simulator", name: "Node", ok, found: number, advice };
}

function ofProgram(need: Finding["need"], name: string, place: Surroundings, advice: string): Finding {
	const path = findProgram(name, place.env);
	if (path === undefined) return { need, name, ok: false, found: "missing", advice };
	const number =
		need === "extra" ? "" : (/\d+\.\d[\w.]*/.exec(outputOf(path, ["--version"], place.env))?.[0] ?? "");
	return { need, name, ok: true, found: [number, path].filter((part) => part !== "").join(", "), advice: "" };
}

function installOf(name: string, { platform }: Surroundings): string {
	if (platform !== "darwin") return `sudo apt install ${name}`;
	return name === "make" || name === "git"
		? "xcode-select --install"
		: `brew install ${name.replace("-clients", "")}`;
}

/** ESP-IDF keeps its compilers out of PATH until its `export.sh` is sourced, which `ringbuoy device build` does. */
function ofCompiler(name: string, { env, home }: Surroundings, idf: string | undefined): Finding {
	const path = findProgram(name, env);
	if (path !== undefined) return { need: "build", name, ok: true, found: path, advice: "" };
	const tools = env["IDF_TOOLS_PATH"] ?? `${home}/.espressif`;
	const installed = existsSync(
		`${tools}/tools/${name.startsWith("xtensa") ? "xtensa-esp-elf" : "riscv32-esp-elf"}`,
	);
	if (installed)
		return { need: "build", name, ok: true, found: `${tools}, by export.sh of ESP-IDF`, advice: "" };
	const advice = idf === undefined ? `comes with ESP-IDF ${IDF_WANTED}` : `${idf}/install.sh`;
	return { need: "build", name, ok: false, found: "missing", advice };
}

function ofPorts({ platform }: Surroundings): Finding[] {
	const ports = serialPorts();
	if (ports.length === 0) {
		const advice = "plug a board in, with a cable that carries data";
		return [{ need: "build", name: "serial port", ok: false, found: "there is none", advice }];
	}
	return ports.map((port) => {
		const [fault, advice = ""] = portFault(port, platform).split(": ");
		return { need: "build", name: "serial port", ok: fault === "", found: fault || port, advice };
	});
}

function lines(findings: readonly Finding[]): string[] {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const text: string[] = [];
	for (const [need, title] of Object.entries(NEEDS)) {
		const group = findings.filter((finding) => finding.need === need);
		if (group.length === 0) continue;
		if (text.length > 0) text.push("");
		text.push(`${title}:`);
		for (const { name, ok, found, advice } of group) {
			text.push(`  ${ok ? "ok " : "-- "} ${name.padEnd(width)}  ${found}`);
			if (advice !== "") text.push(`      ${"".padEnd(width)}  ${advice}`);
		}
	}
	return text;
}
