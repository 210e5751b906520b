// SPDX-License-Identifier: MIT
/** TLS on a device, by the SDK's `TLSSocket` over the same TCP class that the plain dialler uses. */

import type { Alarm, Clock, Link, Timer, Transport } from "../../lib/index.js";
import { isRsaKey } from "./certificates.js";
import type { Leading } from "./elsewhere.js";
import { type Keeper, SecureSocket, type SessionOptions, type TlsSocketClass } from "./secure-socket.js";
import type { SocketClass, SocketOptions } from "./socket.js";
import { TcpDialler, type TcpOptions } from "./tcp-dialler.js";
import type { TlsFault } from "./tls-faults.js";
import { bytesOf, type CertificateManager, type Der, Trust, type X509 } from "./trust.js";

export interface SecureOptions {
	/** The name that the certificate must carry and that SNI asks for. Default: the host. */
	readonly serverName?: string;
	/** Trusted roots in DER, as many as you like. Default: the public ones that the SDK's resource `ca.ski` lists. */
	readonly ca?: Der | readonly Der[];
	/** The client's own chain in DER, its certificate first, and its key as PKCS#8: RSA, because the SDK signs with no other. */
	readonly clientCertificates?: readonly Der[];
	readonly clientKey?: Der;
	/** Protocols to offer by ALPN, such as "mqtt"; some brokers share port 443 that way. */
	readonly alpn?: string | readonly string[];
	/**
	 * 512, 1024, 2048 or 4096: asks for records that are not longer. Each takes its length on the heap; but the chain has to
	 * fit into one, because the SDK does not put handshake messages together. Default: up to 16384.
	 */
	readonly maxFragment?: 512 | 1024 | 2048 | 4096;
	/** False: any certificate will do. For a look at a test broker; it protects against nobody. */
	readonly verify?: boolean;
	/** False: each connection has a full handshake. Default true: the session before is resumed where the broker lets us. */
	readonly resume?: boolean;
}

export interface TlsOptions extends TcpOptions {
	/** `embedded:io/socket/tcp/tls`. */
	readonly tls: TlsSocketClass;
	/** The SDK's modules `x509` and `ssl/cert`: their arithmetic checks the broker's certificates. */
	readonly x509: X509;
	readonly certificates: CertificateManager;
	readonly secure?: SecureOptions;
}

export class TlsDialler implements Leading, Keeper, Alarm {
	readonly tls: TlsSocketClass;
	readonly io: SocketClass;
	trust: Trust | undefined;
	readonly #tcp: TcpDialler;
	readonly #clock: Clock;
	readonly #timer: Timer;
	#place = "";
	readonly #secure: SecureOptions;
	#serverName = "";
	/** Makes what judges a server of that name. */
	readonly #judge: (name: string) => Trust | undefined;
	/** The last session with a server that was checked. */
	known: Uint8Array | undefined;
	/** A session that ended badly is not resumed. */
	#sound = true;
	#words = "";
	/** Who asked to be woken. */
	#sleeper: SecureSocket | undefined;

	/** Throws when certificates or key are none. */
	constructor(options: TlsOptions) {
		const { secure = {}, host, port = 8883, clock } = options;
		const { ca = [], clientCertificates = [], clientKey } = secure;
		this.tls = options.tls;
		this.io = options.io;
		this.#clock = clock;
		this.#timer = clock.timer(this);
		this.#secure = secure;
		const roots: readonly Der[] = Array.isArray(ca) ? ca : [ca as Der];
		for (let i = 0; i < roots.length; i++) check(roots[i], "a trusted root");
		for (let i = 0; i < clientCertificates.length; i++) check(clientCertificates[i], "a client certificate");
		if (clientCertificates.length > 0 !== (clientKey !== undefined))
			throw new RangeError("a client certificate needs its key, and the key its certificate");
		if (clientKey !== undefined) {
			check(clientKey, "the client's key");
			if (!isRsaKey(bytesOf(clientKey))) throw new RangeError("the client's key must be RSA, in PKCS#8");
		}
		const { x509, certificates } = options;
		this.#judge = (name) =>
			secure.verify === false ? undefined : new Trust(x509, certificates, roots, name);
		this.#name(host, port, secure.serverName ?? host);
		const keeper: Keeper = this;
		this.#tcp = new TcpDialler({
			...options,
			port,
			io: class extends SecureSocket {
				constructor(socket: SocketOptions) {
					super(keeper, socket);
				}
			},
		});
	}

	/** The certificate must carry that name then, whatever `serverName` was: the option names another server. */
	leadTo(host: string, port: number): void {
		this.#tcp.leadTo(host, port);
		this.#name(host, port, host);
		this.#words = "";
	}

	#name(host: string, port: number, serverName: string): void {
		this.#place = `${host}:${port}`;
		this.#serverName = serverName;
		this.trust = this.#judge(serverName);
		// The session of another server says nothing of this one.
		this.known = undefined;
	}

	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	get lastError(): string {
		if (this.#words === "") return this.#tcp.lastError;
		return `${this.#place} ${this.#words}${this.#words.endsWith("?") ? "" : "."}`;
	}

	dial(link: Link): Transport {
		this.#words = "";
		return this.#tcp.dial(link);
	}

	// ── what its sockets ask ─────────────────────────────────────────────────────────────────────────────────────

	get ready(): boolean {
		return this.trust === undefined || this.#clock.epochSeconds > 0;
	}

	get now(): number {
		return this.#clock.epochSeconds;
	}

	session(): SessionOptions {
		const { clientCertificates, clientKey, alpn, maxFragment, resume = true } = this.#secure;
		// The session of a server that was not checked is not to be resumed by who would check it.
		const cache = resume && this.#sound && this.trust !== undefined;
		const session: SessionOptions = { serverName: this.#serverName, verify: false, cache };
		// The SDK looks at what is there, also when it is undefined.
		if (clientCertificates !== undefined) session.clientCertificates = clientCertificates;
		if (clientKey !== undefined) session.clientKey = clientKey;
		if (alpn !== undefined) session.applicationLayerProtocolNegotiation = alpn;
		if (maxFragment !== undefined) session.tls_max_fragment_length = maxFragment;
		return session;
	}

	onShaken(session: Uint8Array | undefined): void {
		if (this.#sound) this.known = session; // otherwise the SDK has kept none of it
		this.#sound = true;
	}

	onFailed(fault: TlsFault): void {
		this.#words = fault.words;
		this.#sound = false;
	}

	wake(socket: SecureSocket, ms: number): void {
		this.#sleeper = socket;
		this.#timer.arm(ms);
	}

	onAlarm(): void {
		const socket = this.#sleeper;
		this.#sleeper = undefined;
		socket?.onAlarm();
	}
}

function check(der: Der, what: string): void {
	// A DER certificate, and a key, is a sequence; PEM begins with a dash.
	if (der.byteLength < 64 || bytesOf(der)[0] !== 0x30) throw new RangeError(`${what} must be DER, not PEM`);
}
