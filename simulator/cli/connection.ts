// SPDX-License-Identifier: MIT
/** How boards come to a broker, and what they say there: the part of the options that all commands with boards share. */

import { profileOf } from "../../firmware/drivers/profiles.js";
import type { Qos } from "../../lib/index.js";
import { PROFILES, type Profile } from "../broker/index.js";
import { type BrokerUrl, parseBrokerUrl } from "../node/index.js";
import type { Typed } from "./options.js";
import { UsageError } from "./usage.js";
import { file, number } from "./values.js";

export interface ConnectionSettings {
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
	readonly root: string;
	readonly qos: Qos;
	readonly version: 4 | 5;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a {@link UsageError} that says what is wrong with which option. */
export function connectionOf(typed: Typed, environment: Environment): ConnectionSettings {
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
		root: rootOf(typed.get("root") ?? "ringbuoy"),
		qos: number(typed, "qos", 0, 2, 1) as Qos,
		version,
	};
}

function brokerOf(typed: Typed, environment: Environment): ConnectionSettings["broker"] {
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

function refuseCombinations(typed: Typed, broker: ConnectionSettings["broker"]): void {
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
function refuseObjections(typed: Typed, broker: ConnectionSettings["broker"]): void {
	const profile = broker === undefined ? undefined : profileOf(broker.host);
	const qos = number(typed, "qos", 0, 2, 1);
	if (profile !== undefined && qos > profile.maximumQos)
		throw new UsageError(`${profile.title} has no QoS ${qos}; choose --qos ${profile.maximumQos}`);
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

function rootOf(text: string): string {
	const root = text.replace(/\/$/, "");
	if (root !== "" && root.length <= 128 && !/[+#\0]/.test(root) && !root.startsWith("$")) return root;
	throw new UsageError(`--root must be 1 to 128 characters of a topic without "+" and "#", not "${text}"`);
}
