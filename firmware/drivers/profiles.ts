// SPDX-License-Identifier: MIT
/**
 * What services of the field ask of their clients, as data: how they are dialled, and what they refuse. For a board's settings,
 * for `ringbuoy sim` and for `ringbuoy doctor`; a service is known by the end of its host name.
 */

/** A way in. */
export interface Entrance {
	readonly scheme: "mqtts" | "wss";
	readonly port: number;
	/** Of a WebSocket. */
	readonly path: string;
	/** By what it knows a client. */
	readonly by: "certificate" | "password";
	/** The protocol that must be offered by ALPN; "": none. */
	readonly alpn: string;
}

export interface Profile {
	/** For command lines. */
	readonly id: string;
	readonly title: string;
	/** Ends of its host names. */
	readonly hosts: readonly string[];
	readonly entrances: readonly Entrance[];
	/** The root that signs its certificates, where that is the same for all; "": the public ones. */
	readonly authority: string;
	readonly maximumQos: 0 | 1 | 2;
	readonly clientIdBytes: number;
	readonly topicBytes: number;
	/** Levels of a topic. */
	readonly topicLevels: number;
	/** Of one message. */
	readonly payloadBytes: number;
	/** Seconds; what is outside is changed by the service, in 5.0 with a word and in 3.1.1 without. */
	readonly keepAliveLeast: number;
	readonly keepAliveMost: number;
	/** Seconds that it keeps a session at most, unless it is told otherwise there. */
	readonly sessionSeconds: number;
	/** What else one has to know, a sentence each. */
	readonly notes: readonly string[];
}

/**
 * AWS IoT Core, by its developer guide ("Device communication protocols", "MQTT") and the quotas of its message broker.
 * On port 443 the protocol of ALPN decides how the client is known.
 */
export const AWS_IOT: Profile = Object.freeze({
	id: "aws",
	title: "AWS IoT Core",
	hosts: Object.freeze([".amazonaws.com", ".amazonaws.com.cn"]),
	entrances: Object.freeze([
		Object.freeze({ scheme: "mqtts", port: 8883, path: "", by: "certificate", alpn: "" } as const),
		Object.freeze({
			scheme: "mqtts",
			port: 443,
			path: "",
			by: "certificate",
			alpn: "x-amzn-mqtt-ca",
		} as const),
		Object.freeze({ scheme: "mqtts", port: 443, path: "", by: "password", alpn: "mqtt" } as const),
		Object.freeze({ scheme: "wss", port: 443, path: "/mqtt", by: "password", alpn: "" } as const),
	]),
	authority: "Amazon Root CA 1 (for hosts with -ats in their name)",
	maximumQos: 1,
	clientIdBytes: 128,
	topicBytes: 256,
	topicLevels: 8,
	payloadBytes: 131_072,
	keepAliveLeast: 30,
	keepAliveMost: 1200,
	sessionSeconds: 3600,
	notes: Object.freeze([
		"A policy decides which client identifier may connect and which topics it may use: what it forbids is a close without a word in 3.1.1.",
	]),
});

/** HiveMQ Cloud: TLS only, and the name asked for by SNI is what leads to the cluster. The rest it tells in CONNACK. */
export const HIVEMQ_CLOUD: Profile = Object.freeze({
	id: "hivemq-cloud",
	title: "HiveMQ Cloud",
	hosts: Object.freeze([".hivemq.cloud"]),
	entrances: Object.freeze([
		Object.freeze({ scheme: "mqtts", port: 8883, path: "", by: "password", alpn: "" } as const),
		Object.freeze({ scheme: "wss", port: 8884, path: "/mqtt", by: "password", alpn: "" } as const),
	]),
	authority: "ISRG Root X1 (Let's Encrypt)",
	maximumQos: 2,
	clientIdBytes: 65_535,
	topicBytes: 65_535,
	topicLevels: 1000,
	payloadBytes: 268_435_455,
	keepAliveLeast: 0,
	keepAliveMost: 65_535,
	sessionSeconds: 4_294_967_295,
	notes: Object.freeze([
		"A wrong name for SNI, or an address in its place, is told as not authorized.",
		"User and password are made in its console, under Access Management; the account's own do not count.",
	]),
});

export const PROFILES: readonly Profile[] = Object.freeze([AWS_IOT, HIVEMQ_CLOUD]);

/** The service that a host belongs to. */
export function profileOf(host: string): Profile | undefined {
	const name = host.toLowerCase();
	for (const profile of PROFILES)
		for (const end of profile.hosts)
			if (name.endsWith(end) && (profile !== AWS_IOT || name.indexOf(".iot.") > 0)) return profile;
	return undefined;
}

/** A client that wants to use a service. */
export interface Visitor {
	readonly secure: boolean;
	readonly websocket: boolean;
	readonly port: number;
	/** It has a certificate of its own; undefined: not known. */
	readonly certificate?: boolean | undefined;
	readonly user: boolean;
	readonly clientId: string;
	/** Where its topics begin. */
	readonly root: string;
	readonly qos: number;
	readonly keepAliveSeconds: number;
	readonly sessionSeconds: number;
}

/** The way in that a client has chosen; undefined: none of theirs. */
export function entranceOf(profile: Profile, visitor: Visitor): Entrance | undefined {
	const scheme = visitor.websocket ? "wss" : "mqtts";
	const by = visitor.certificate === true || !visitor.user ? "certificate" : "password";
	let found: Entrance | undefined;
	for (const entrance of profile.entrances) {
		if (!visitor.secure || entrance.scheme !== scheme || entrance.port !== visitor.port) continue;
		if (entrance.by === by) return entrance;
		found ??= entrance;
	}
	return found;
}

/** What a service will not do, a sentence each; none when all is well. */
export function misfits(profile: Profile, visitor: Visitor): string[] {
	const { title } = profile;
	const words: string[] = [];
	const entrance = entranceOf(profile, visitor);
	if (entrance === undefined) {
		const ways = profile.entrances.map(({ scheme, port, path }) => `${scheme}://…:${port}${path}`);
		words.push(`${title} listens at ${ways.filter((way, i) => ways.indexOf(way) === i).join(", ")} only`);
	} else if (entrance.by === "password" && !visitor.user) words.push(`${title} wants user and password`);
	else if (entrance.by === "certificate" && visitor.certificate === false)
		words.push(`${title} wants a client certificate there`);
	if (visitor.qos > profile.maximumQos)
		words.push(`${title} has no QoS ${visitor.qos}: use ${profile.maximumQos}`);
	const id = bytesOf(visitor.clientId);
	if (id > profile.clientIdBytes)
		words.push(`${title} takes names of ${profile.clientIdBytes} bytes, this has ${id}`);
	const levels = visitor.root.split("/").length + 3; // <root>/<name>/set/interval
	if (levels > profile.topicLevels)
		words.push(`${title} takes topics of ${profile.topicLevels} levels, ours have ${levels}`);
	const { keepAliveSeconds: seconds } = visitor;
	if (seconds < profile.keepAliveLeast && seconds > 0)
		words.push(`${title} takes a keep alive of ${seconds} s for ${profile.keepAliveLeast}`);
	else if (seconds > profile.keepAliveMost || (seconds === 0 && profile.keepAliveMost < 65_535))
		words.push(
			`${title} closes after ${profile.keepAliveMost} s without a word, so the keep alive must not be ${seconds}`,
		);
	if (visitor.sessionSeconds > profile.sessionSeconds)
		words.push(`${title} keeps a session for ${profile.sessionSeconds} s, unless that was changed there`);
	return words;
}

/** As UTF-8; at most. */
function bytesOf(text: string): number {
	let bytes = 0;
	for (let i = 0; i < text.length; i++)
		bytes += text.charCodeAt(i) < 0x80 ? 1 : text.charCodeAt(i) < 0x800 ? 2 : 3;
	return bytes;
}
