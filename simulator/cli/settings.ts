// SPDX-License-Identifier: MIT
/** What a run of the simulator is: options and environment, checked before anything is opened. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { profileOf } from "../../firmware/drivers/profiles.js";
import type { Qos } from "../../lib/index.js";
import { PROFILES, type Profile } from "../broker/index.js";
import { type BrokerUrl, parseBrokerUrl } from "../node/index.js";
import type { Typed } from "./options.js";
import { UsageError } from "./usage.js";

export interface SimSettings {
	/** Undefined: the embedded broker. */
	readonly broker: (BrokerUrl & { readonly url: string }) | undefined;
	/** Of the embedded broker; 0: any. */
	readonly port: number;
	/** Whose limits the embedded broker has. */
	readonly profile: Profile;
	readonly user: string | undefined;
	readonly password: string | undefined;
	readonly ca: Buffer | undefined;
	readonly cert: Buffer | undefined;
	readonly key: Buffer | undefined;
	readonly insecure: boolean;
	/** Undefined: as the service wants it, if it is a known one. */
	readonly alpn: string | undefined;
	readonly names: readonly string[];
	readonly root: string;
	readonly intervalSeconds: number;
	readonly qos: Qos;
	readonly version: 4 | 5;
	readonly tiny: boolean;
	readonly program: "sensor" | "sleeper" | "soak";
	/** Where the first board's flash is kept; undefined: in memory. */
	readonly flash: string | undefined;
	/** Whatever is in there is erased first. */
	readonly format: boolean;
	/** Undefined: by hand only. */
	readonly killPowerSeconds: number | undefined;
	readonly seed: number;
	/** A seed was asked for: the backoff is drawn from it, too. */
	readonly seeded: boolean;
	/** Undefined: until Ctrl-C. */
	readonly forSeconds: number | undefined;
	readonly json: boolean;
	readonly verbose: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a {@link UsageError} that says what is wrong with which option. */
export function simSettings(typed: Typed, environment: Environment): SimSettings {
	const broker = brokerOf(typed, environment);
	refuseCombinations(typed, broker);
	const user = typed.get("user") ?? broker?.user ?? (environment["RINGBUOY_USER"] || undefined);
	const password =
		typed.get("password") ?? broker?.password ?? (environment["RINGBUOY_PASSWORD"] || undefined);
	refuseObjections(typed, broker);
	const version = protocolOf(typed.get("protocol") ?? "5");
	if (version === 4 && password !== undefined && user === undefined) {
		throw new UsageError("MQTT 3.1.1 has no password without a user; give --user, too");
	}
	return {
		broker,
		port: number(typed, "port", 0, 65_535, 0),
		profile: brokerProfileOf(typed),
		user,
		password,
		ca: file(typed, "ca"),
		cert: file(typed, "cert"),
		key: file(typed, "key"),
		insecure: typed.has("insecure"),
		alpn: alpnOf(typed),
		names: namesOf(typed, broker !== undefined),
		root: rootOf(typed.get("root") ?? "ringbuoy"),
		intervalSeconds: number(typed, "interval", 1, 86_400, 2),
		qos: number(typed, "qos", 0, 2, 1) as Qos,
		version,
		tiny: typed.has("tiny"),
		program: programOf(typed.get("program") ?? "sensor"),
		flash: flashOf(typed),
		format: typed.has("format"),
		killPowerSeconds: seconds(typed, "kill-power-every"),
		seed: number(typed, "seed", 0, Number.MAX_SAFE_INTEGER, 1),
		seeded: typed.has("seed"),
		forSeconds: seconds(typed, "for"),
		json: typed.has("json"),
		verbose: typed.has("verbose"),
	};
}

function brokerOf(typed: Typed, environment: Environment): SimSettings["broker"] {
	const option = typed.get("broker");
	const url = option ?? (typed.has("port") ? undefined : environment["RINGBUOY_BROKER"] || undefined);
	if (url === undefined) return undefined;
	const from = option === undefined ? "RINGBUOY_BROKER" : "--broker";
	try {
		const parsed = parseBrokerUrl(url);
		const host = parsed.host.includes(":") ? `[${parsed.host}]` : parsed.host;
		const scheme = parsed.path === undefined ? "mqtt" : "ws";
		// The query of a path may be a secret.
		const path = parsed.path?.replace(/\?.*/, "") ?? "";
		return { ...parsed, url: `${scheme}${parsed.secure ? "s" : ""}://${host}:${parsed.port}${path}` };
	} catch (error) {
		throw new UsageError(`${from}: ${(error as Error).message}`);
	}
}

function refuseCombinations(typed: Typed, broker: SimSettings["broker"]): void {
	if (typed.has("broker") && typed.has("profile"))
		throw new UsageError("--profile is for our own broker; that of --broker has limits of its own");
	if (typed.has("broker") && typed.has("port")) {
		throw new UsageError("--port is for our own broker; that of --broker stands in its URL");
	}
	for (const name of ["ca", "cert", "key", "insecure", "alpn"]) {
		if (!typed.has(name)) continue;
		if (broker === undefined) throw new UsageError(`--${name} needs --broker mqtts://host:port`);
		if (!broker.secure) {
			throw new UsageError(
				`--${name} is for TLS, and ${broker.url} is not; write ${broker.path === undefined ? "mqtts:// (port 8883 as a rule)" : "wss://"}`,
			);
		}
	}
	if (typed.has("cert") !== typed.has("key")) {
		const [given, missing] = typed.has("cert") ? ["cert", "key"] : ["key", "cert"];
		throw new UsageError(`--${given} needs --${missing}: a certificate and its key belong together`);
	}
	if (typed.has("ca") && typed.has("insecure")) {
		throw new UsageError("--insecure accepts any certificate, --ca only those it signed: choose one");
	}
}

/** What a service is known not to have is told before anything is begun. */
function refuseObjections(typed: Typed, broker: SimSettings["broker"]): void {
	const profile = broker === undefined ? undefined : profileOf(broker.host);
	const qos = number(typed, "qos", 0, 2, 1);
	if (profile !== undefined && qos > profile.maximumQos)
		throw new UsageError(`${profile.title} has no QoS ${qos}; choose --qos ${profile.maximumQos}`);
}

function number(typed: Typed, name: string, least: number, most: number, otherwise: number): number {
	const text = typed.get(name);
	if (text === undefined) return otherwise;
	const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (value >= least && value <= most) return value;
	throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

/** Fractions are welcome here, since nothing on the board depends on it. */
function seconds(typed: Typed, name: string): number | undefined {
	const text = typed.get(name);
	if (text === undefined) return undefined;
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value > 0 && value <= 1e6) return value;
	throw new UsageError(`--${name} must be a number of seconds above 0, not "${text}"`);
}

function programOf(text: string): SimSettings["program"] {
	if (text === "sensor" || text === "sleeper" || text === "soak") return text;
	throw new UsageError(`--program must be sensor, sleeper or soak, not "${text}"`);
}

function flashOf(typed: Typed): string | undefined {
	const path = typed.get("flash");
	if (path === "") throw new UsageError("--flash needs the name of a file");
	if (path === undefined && typed.has("format")) throw new UsageError("--format is for --flash FILE");
	return path;
}

function brokerProfileOf(typed: Typed): Profile {
	const name = typed.get("profile") ?? "default";
	if (Object.hasOwn(PROFILES, name)) return name as Profile;
	throw new UsageError(`--profile must be one of ${Object.keys(PROFILES).join(", ")}, not "${name}"`);
}

function alpnOf(typed: Typed): string | undefined {
	const name = typed.get("alpn");
	if (name === undefined || (/^[!-~]{1,64}$/.test(name) && !name.includes(","))) return name;
	throw new UsageError(`--alpn must be the name of one protocol, such as mqtt, not "${name}"`);
}

function protocolOf(text: string): 4 | 5 {
	if (text === "5" || text === "5.0") return 5;
	if (text === "4" || text === "3.1.1") return 4;
	throw new UsageError(`--protocol must be 4 (MQTT 3.1.1) or 5 (MQTT 5.0), not "${text}"`);
}

function file(typed: Typed, name: string): Buffer | undefined {
	const path = typed.get(name);
	if (path === undefined) return undefined;
	let content: Buffer;
	try {
		content = readFileSync(path);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		const why = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : code;
		throw new UsageError(`--${name} ${path}: ${why}`);
	}
	if (!content.includes("-----BEGIN ")) throw new UsageError(`--${name} ${path}: this is no PEM file`);
	return content;
}

/**
 * On a broker that others use, too, everybody's "board-1" would throw everybody else's out. So the name says which
 * machine it is, and stays the same from run to run, as a board's does.
 */
function namesOf(typed: Typed, foreign: boolean): string[] {
	const count = number(typed, "boards", 1, 1000, 1);
	const given = typed.get("name");
	if (given !== undefined && (given === "" || given.length > 64 || /[/+#\0\s]/.test(given))) {
		throw new UsageError(`--name must be 1 to 64 characters without space, "/", "+" and "#", not "${given}"`);
	}
	const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 4);
	const stem = given ?? (foreign ? `board-${machine}` : "board");
	if (count === 1 && stem !== "board") return [stem];
	return Array.from({ length: count }, (_, i) => `${stem}-${i + 1}`);
}

function rootOf(text: string): string {
	const root = text.replace(/\/$/, "");
	if (root !== "" && root.length <= 128 && !/[+#\0]/.test(root) && !root.startsWith("$")) return root;
	throw new UsageError(`--root must be 1 to 128 characters of a topic without "+" and "#", not "${text}"`);
}
