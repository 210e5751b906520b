// SPDX-License-Identifier: MIT

/** Where a broker is. */
export interface BrokerAddress {
	/** TLS: `mqtts://` and `wss://`. */
	readonly secure: boolean;
	/** MQTT in a WebSocket: `ws://` and `wss://`. */
	readonly websocket: boolean;
	/** A name, or an IPv4 address. */
	readonly host: string;
	readonly port: number;
	/** Of a WebSocket, "/mqtt" when the URL has none; "" otherwise. */
	readonly path: string;
}

interface Scheme {
	readonly prefix: string;
	readonly secure: boolean;
	readonly websocket: boolean;
	readonly port: number;
}

const SCHEMES: readonly Scheme[] = Object.freeze([
	Object.freeze({ prefix: "mqtt://", secure: false, websocket: false, port: 1883 }),
	Object.freeze({ prefix: "mqtts://", secure: true, websocket: false, port: 8883 }),
	Object.freeze({ prefix: "ws://", secure: false, websocket: true, port: 80 }),
	Object.freeze({ prefix: "wss://", secure: true, websocket: true, port: 443 }),
]);

const FORM = "mqtt://host:1883, mqtts://host:8883 (TLS), ws://host:80/mqtt or wss://host:443/mqtt";

/**
 * Takes a URL apart. There is no class for it on XS. Where `address` is missing, `fault` has words that go on after "must
 * be"; they do not repeat the URL, since people write passwords into it.
 */
export function parseAddress(url: string): { readonly address?: BrokerAddress; readonly fault: string } {
	const scheme = SCHEMES.find(({ prefix }) => url.slice(0, prefix.length).toLowerCase() === prefix);
	if (scheme === undefined) return { fault: FORM };
	const { prefix, secure, websocket } = scheme;
	const rest = url.slice(prefix.length);
	if (rest.indexOf("@") >= 0)
		return { fault: "without user and password: mqtt_user and mqtt_password are theirs" };
	if (rest.indexOf("[") >= 0) return { fault: "a name or an IPv4 address: the SDK's sockets have no IPv6" };
	const slash = rest.indexOf("/");
	const authority = slash < 0 ? rest : rest.slice(0, slash);
	let path = slash < 0 ? "" : rest.slice(slash);
	if (!websocket && path.length > 1) return { fault: `${prefix}host:port, without a path` };
	if (!isPath(path)) return { fault: "without spaces and # in its path" };
	if (!websocket) path = "";
	else if (path === "") path = "/mqtt";
	const colon = authority.indexOf(":");
	const host = colon < 0 ? authority : authority.slice(0, colon);
	if (!isHost(host)) return { fault: FORM };
	const port = colon < 0 ? scheme.port : wholeNumber(authority.slice(colon + 1));
	if (!(port >= 1 && port <= 65_535)) return { fault: `${prefix}host:port with a port of 1 to 65535` };
	return { address: Object.freeze({ secure, websocket, host, port, path }), fault: "" };
}

/** A name, or an IPv4 address: letters, digits, ".", "-" and "_", at most 253 of them. */
export function isHost(text: string): boolean {
	if (text === "" || text.length > 253 || text[0] === "." || text[0] === "-") return false;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		const digit = c >= 48 && c <= 57;
		const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
		if (!digit && !letter && c !== 45 && c !== 46 && c !== 95) return false;
	}
	return true;
}

function isPath(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c <= 32 || c === 35 || c >= 127) return false;
	}
	return true;
}

/** NaN for what is no whole number, without sign, of at most ten digits. */
export function wholeNumber(text: string): number {
	if (text === "" || text.length > 10) return Number.NaN;
	let value = 0;
	for (let i = 0; i < text.length; i++) {
		const digit = text.charCodeAt(i) - 48;
		if (digit < 0 || digit > 9) return Number.NaN;
		value = value * 10 + digit;
	}
	return value;
}
