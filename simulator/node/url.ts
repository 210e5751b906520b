// SPDX-License-Identifier: MIT
/** `mqtt://user:password@host:port`, `mqtts://…`, `ws://…` and `wss://…` as a dialler and what goes into CONNECT. */

import type { Dialler } from "../../lib/ports.js";
import { TcpDialler, type TcpOptions } from "./tcp.js";
import { TlsDialler, type TlsOptions } from "./tls.js";
import { WebSocketDialler } from "./websocket.js";

/** What a URL says. */
export interface BrokerUrl {
	readonly secure: boolean;
	/** IPv6 without brackets. */
	readonly host: string;
	/** 1883, with TLS 8883, over WebSocket 80, with TLS 443, when the URL does not say. */
	readonly port: number;
	/** Of a WebSocket, with its query, "/mqtt" when the URL does not say; otherwise undefined. */
	readonly path: string | undefined;
	readonly user: string | undefined;
	readonly password: string | undefined;
}

/** A URL and the dialler that leads there. */
export interface Broker extends BrokerUrl {
	readonly dialler: Dialler & { readonly lastError: string };
}

/** How to dial, besides what the URL says; those of TLS count with `mqtts` and `wss` only. */
export type BrokerOptions = Omit<TlsOptions & TcpOptions, "host" | "port">;

/** The dialler for a URL. Throws when the URL or the certificates cannot be used, and says why. */
export function brokerAt(url: string, options: BrokerOptions = {}): Broker {
	const parsed = parseBrokerUrl(url);
	return { ...parsed, dialler: diallerAt(parsed, options) };
}

/**
 * Leads to where a broker sends its clients, for `Brokers` of `ringbuoy/extras`: as {@link brokerAt} with the same URL and options,
 * but for host and port. TLS stays TLS, a WebSocket keeps its path, the same authorities are trusted, and the certificate must
 * carry the name that is dialled, whatever `servername` was.
 */
export function diallerTo(
	url: string,
	options: BrokerOptions = {},
): (host: string, port: number) => Broker["dialler"] {
	const parsed = parseBrokerUrl(url);
	const { servername: _, ...rest } = options;
	return (host, port) => diallerAt({ ...parsed, host, port: port === 0 ? parsed.port : port }, rest);
}

/** The dialler to an address in parts. */
export function diallerAt(
	{ secure, host, port, path }: BrokerUrl,
	options: BrokerOptions,
): Broker["dialler"] {
	if (path !== undefined) {
		const { alpn, ...rest } = options;
		return new WebSocketDialler({ ...rest, secure, host, port, path });
	}
	return secure
		? new TlsDialler({ ...options, host, port })
		: new TcpDialler({ host, port, localAddress: options.localAddress });
}

const ports: Readonly<Record<string, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };

/** Throws an error that says what is wrong, without repeating a password. */
export function parseBrokerUrl(url: string): BrokerUrl {
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1].toLowerCase();
	if (scheme === undefined) throw wrong(url, `it has no scheme; write mqtt://${shown(url) || "host"}`);
	if (!(scheme in ports)) {
		throw wrong(
			url,
			`the scheme ${scheme}:// is not known; use mqtt://, mqtts:// (with TLS), ws:// or wss://`,
		);
	}
	const secure = scheme === "mqtts" || scheme === "wss";
	const webSocket = scheme === "ws" || scheme === "wss";
	const authority = url.slice(scheme.length + 3);
	const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/[/?#].*$/, "");
	if (host === "" || host.startsWith(":")) throw wrong(url, "the host is missing");
	const port = /^(?:\[[^\]]*\]|[^:[\]]*):(.*)$/.exec(host)?.[1];
	if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
		throw wrong(url, "a port is 1 to 65535");
	}
	let parts: URL;
	try {
		parts = new URL(url);
	} catch {
		throw wrong(url, 'host or user cannot be read; write "@", ":" and "/" in names as %40, %3A and %2F');
	}
	const path = parts.pathname + parts.search;
	if (parts.hash !== "" || (!webSocket && /[^/]|^.{2}/.test(path))) {
		throw wrong(
			url,
			webSocket ? 'what follows "#" goes nowhere' : "an MQTT broker has no path; end it after the port",
		);
	}
	return {
		secure,
		host: decoded(url, parts.hostname.replace(/^\[(.*)\]$/, "$1")),
		port: port === undefined ? ports[scheme] : Number(port),
		path: webSocket ? (/^[^/]*$/.test(authority) ? "/mqtt" : path) : undefined,
		user: parts.username === "" ? undefined : decoded(url, parts.username),
		password: parts.password === "" ? undefined : decoded(url, parts.password),
	};
}

function decoded(url: string, text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw wrong(url, 'a "%" stands for itself only as %25');
	}
}

function wrong(url: string, why: string): Error {
	return new Error(`"${shown(url)}" is no address of a broker: ${why}`);
}

/** Without user and password. */
function shown(url: string): string {
	const at = url.lastIndexOf("@");
	if (at < 0) return url;
	return (/^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0] ?? "") + url.slice(at + 1);
}
