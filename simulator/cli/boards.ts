// SPDX-License-Identifier: MIT
/** What the boards of a command have in common: the way to the broker, and their limits. */

import { DEFAULT_LIMITS, type Limits, limitsFrom, TINY_LIMITS } from "../../lib/index.js";
import type { Dialler } from "../../lib/ports.js";
import { TcpDialler, TlsDialler, WebSocketDialler } from "../node/index.js";
import type { ConnectionSettings } from "./connection.js";
import { alpnOf } from "./services.js";
import { UsageError } from "./usage.js";

/** What it says of the last failure helps a person. */
export type BoardDialler = Dialler & { readonly lastError: string };

interface Boards extends Pick<ConnectionSettings, "root" | "user" | "password"> {
	readonly names: readonly string[];
	readonly tiny: boolean;
}

/**
 * To the broker of others, from `localAddress` where that is given; undefined: it is our own. Throws a {@link UsageError} when the
 * certificates cannot be used.
 */
export function diallerFor(
	settings: ConnectionSettings,
	clientId: string,
	localAddress?: string,
): BoardDialler | undefined {
	const { broker, ca, cert, key, insecure } = settings;
	if (broker === undefined) return undefined;
	const { host, port, secure, path } = broker;
	const alpn = alpnOf({ ...settings, broker, clientId });
	if (!secure && path === undefined) return new TcpDialler({ host, port, localAddress });
	try {
		if (path === undefined) {
			const offered = alpn === "" ? {} : { alpn: [alpn] };
			return new TlsDialler({ host, port, ca, cert, key, insecure, localAddress, ...offered });
		}
		return new WebSocketDialler({ host, port, secure, path, ca, cert, key, insecure, localAddress });
	} catch (error) {
		const { message } = error as Error;
		if (/npm install ws/.test(message)) throw new UsageError(message);
		if (/mismatch/.test(message)) throw new UsageError("--key is not the key of --cert");
		throw new UsageError(`--ca, --cert, --key: ${message}`);
	}
}

/** The profile, widened where names, user and password of this run are longer than it foresees. */
export function limitsFor({ tiny, names, root, user, password }: Boards): Limits {
	const base = tiny ? TINY_LIMITS : DEFAULT_LIMITS;
	const name = names.reduce((most, one) => Math.max(most, Buffer.byteLength(one)), 0);
	const topic = Buffer.byteLength(root) + 1 + name + "/set/interval".length + 2;
	const own = name + Buffer.byteLength(user ?? "") + Buffer.byteLength(password ?? "") + 64;
	return limitsFrom({
		...base,
		textBytes: Math.max(base.textBytes, own + 6 * topic),
		sendBytes: Math.max(base.sendBytes, own + topic + 128),
	});
}
