// SPDX-License-Identifier: MIT
/** TLS on Node. */

import { connect, createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Dialler, Link, Transport } from "../../lib/ports.js";
import { type Target, wordsFor } from "./faults.js";
import { localOptions, type TcpOptions, targetOf } from "./tcp.js";
import { chunkBytes, NodeTransport } from "./transport.js";

type Pem = string | Uint8Array;

export interface TlsOptions extends TcpOptions {
	/** The authorities to trust, PEM; default: those of Node. */
	ca?: Pem | Pem[];
	/** The client's own certificate, PEM, and its key; both or none. */
	cert?: Pem;
	key?: Pem;
	/** True: any certificate will do. For a look at a test broker; it protects against nobody. Default false. */
	insecure?: boolean;
	/** The name that the certificate must carry, and that SNI asks for; default `host`. */
	servername?: string;
	/** Protocols to offer by ALPN; some brokers share port 443 that way. */
	alpn?: string[];
}

export class TlsDialler implements Dialler {
	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	lastError = "";
	readonly #target: Target;
	readonly #options: TlsOptions;
	/** Made once: reading the certificates is the expensive part. */
	readonly #context: SecureContext;

	/** Throws when the certificates or the key are none. */
	constructor(options: TlsOptions) {
		this.#target = { ...targetOf(options, 8883), secure: true };
		this.#options = options;
		if ((options.cert === undefined) !== (options.key === undefined)) {
			throw new RangeError("a client certificate needs its key, and the key its certificate");
		}
		const { ca, cert, key } = options;
		// Node takes any bytes; its types ask for a Buffer, which ours must not, or who uses them needs Node's types.
		const pems = { ca, cert, key } as SecureContextOptions;
		try {
			this.#context = createSecureContext(pems);
		} catch (cause) {
			const why = cause instanceof Error ? cause.message : String(cause);
			throw new Error(`the certificates or the key cannot be used; they must be PEM (${why})`, { cause });
		}
	}

	dial(link: Link): Transport {
		const transport = new NodeTransport(link, (fault, error) => {
			this.lastError = wordsFor(fault, this.#target, error);
		});
		const { insecure, servername, alpn, localAddress } = this.#options;
		const socket = connect({
			host: this.#target.host,
			port: this.#target.port,
			...localOptions(localAddress),
			secureContext: this.#context,
			rejectUnauthorized: insecure !== true,
			...(servername === undefined ? {} : { servername }),
			...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
		});
		transport.attach(socket, "secureConnect");
		socket.on("data", (chunk: Buffer) => {
			if (chunk.length > chunkBytes) {
				socket.unshift(chunk.subarray(chunkBytes));
				chunk = chunk.subarray(0, chunkBytes);
			}
			if (!transport.receive(chunk, chunk.length)) socket.pause();
		});
		return transport;
	}
}
