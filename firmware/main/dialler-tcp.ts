// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/dialler` of a firmware without TLS: mqtt:// and ws://. */
import TCP from "embedded:io/socket/tcp";
import type { Dialler } from "../../lib/index.js";
import { CachingResolver } from "../drivers/resolver.js";
import { TcpDialler } from "../drivers/tcp-dialler.js";
import { WebSocketDialler } from "../drivers/websocket-dialler.js";
import type { DiallerParts } from "./parts.js";

export function openDialler(parts: DiallerParts): Dialler & { readonly lastError: string } {
	const { settings, memory, clock, random, network, onException } = parts;
	const { secure, websocket, host, port, path } = settings.address!;
	if (secure)
		throw new Error(`${settings.url} needs TLS, and this firmware was built without: build it with --tls`);
	const resolver = new CachingResolver({ lookUp: (name, done) => System.resolve(name, done), clock });
	const dialler = new TcpDialler({ io: TCP, memory, clock, host, port, resolver, network, onException });
	if (!websocket) return dialler;
	return new WebSocketDialler({ dialler, clock, random, host: port === 80 ? host : `${host}:${port}`, path });
}
