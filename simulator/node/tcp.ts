// SPDX-License-Identifier: MIT
/** Plain TCP on Node. */

import { connect, isIP } from "node:net";
import type { Dialler, Link, Transport } from "../../lib/ports.js";
import { type Target, wordsFor } from "./faults.js";
import { chunkBytes, NodeTransport } from "./transport.js";

export interface TcpOptions {
	/** A name or an address, IPv6 without brackets. */
	host: string;
	/** 1 to 65535; default 1883, with TLS 8883. */
	port?: number;
	/** The address to dial from. Fleets take 127.0.0.x, because one address has about 28 000 ports. */
	localAddress?: string;
}

/**
 * All connections of the process receive into one buffer: libuv fills it and calls back in one go, and the transport has
 * read or copied everything when the callback returns. Not on Windows, where reads into the buffer are under way while others run.
 */
const shared = process.platform === "win32" ? undefined : new Uint8Array(chunkBytes);

export class TcpDialler implements Dialler {
	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	lastError = "";
	readonly #target: Target;
	readonly #localAddress: string | undefined;

	constructor(options: TcpOptions) {
		this.#target = targetOf(options, 1883);
		this.#localAddress = options.localAddress;
	}

	dial(link: Link): Transport {
		const transport = new NodeTransport(link, (fault, error) => {
			this.lastError = wordsFor(fault, this.#target, error);
		});
		const socket = connect({
			...this.#target,
			...localOptions(this.#localAddress),
			onread: {
				buffer: shared ?? new Uint8Array(chunkBytes),
				callback: (length, buffer) => transport.receive(buffer, length),
			},
		});
		transport.attach(socket, "connect");
		return transport;
	}
}

/** Checks and completes the target; throws what a person can act on. */
export function targetOf(options: TcpOptions, portDefault: number): Target {
	const port = options.port ?? portDefault;
	if (options.host === "") throw new RangeError("a broker needs a host name or an address");
	if (!Number.isInteger(port) || port < 1 || port > 65535)
		throw new RangeError(`a port is 1 to 65535, not ${port}`);
	return { host: options.host, port };
}

/** With a source address only targets of the same family can be reached: do not try the others. */
export function localOptions(localAddress: string | undefined): { localAddress?: string; family?: number } {
	if (localAddress === undefined) return {};
	const family = isIP(localAddress);
	if (family === 0) throw new RangeError(`"${localAddress}" is no address of this machine`);
	return { localAddress, family };
}
