// SPDX-License-Identifier: MIT
/**
 * Real sockets for an acceptor, plain or TLS. This file and `websocket-listener.ts` are the only ones of the broker that
 * know Node's network.
 *
 * The broker already hands over one piece per turn, so writes go straight through. A client that does not
 * read what it is sent is not read from either: TCP then slows it down instead of the broker's memory.
 * Loopback unless told otherwise: a simulator does not open a port to the world by accident.
 */

import net from "node:net";
import tls from "node:tls";
import type { Acceptor, BrokerPeer, BrokerSocket, TlsFacts } from "../seams.js";

const PAUSE_BYTES = 1 << 20;
const NOTHING = Buffer.alloc(0);

export interface ListenOptions {
	/** 127.0.0.1 unless told otherwise. */
	readonly host?: string;
	/** 0, the default: any that is free. */
	readonly port?: number;
	/**
	 * With it the listener speaks TLS: at least `key` and `cert`. `requestCert`, `ALPNProtocols` and `SNICallback` do what
	 * they do in Node; what came of them is in {@link Credentials.tls}.
	 */
	readonly tls?: tls.TlsOptions;
	/** Told of trouble that concerns no connection, such as running out of descriptors. */
	readonly onError?: (error: Error) => void;
}

export interface Address {
	readonly host: string;
	readonly port: number;
}

/** What is known of a TLS connection whose handshake is over; undefined: it is none. */
export function tlsFactsOf(socket: net.Socket): TlsFacts | undefined {
	if (!(socket instanceof tls.TLSSocket)) return undefined;
	// The types leave out that Node sets it to false, and that there may be no certificate.
	const { servername } = socket as { servername?: string | false };
	const names = socket.getPeerCertificate() as Partial<tls.PeerCertificate> | undefined;
	return {
		servername: servername || undefined,
		alpn: socket.alpnProtocol || undefined,
		certificate: names?.subject?.CN?.toString(),
	};
}

/** Opens the port of a server. Resolves with where it is; rejects when it cannot be had. */
export function listenTo(server: net.Server, options: ListenOptions): Promise<Address> {
	const { host = "127.0.0.1", port = 0, onError } = options;
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen({ host, port, backlog: 4096 }, () => {
			server.off("error", reject);
			server.on("error", (error) => onError?.(error));
			const address = server.address() as net.AddressInfo;
			resolve({ host: address.address, port: address.port });
		});
	});
}

const ignore = () => {};

/** All sockets of a server, so that none outlives it. */
export class OpenSockets {
	readonly #sockets = new Set<net.Socket>();
	readonly #forget: (this: net.Socket) => void;

	constructor() {
		const sockets = this.#sockets;
		this.#forget = function () {
			sockets.delete(this);
		};
	}

	/** Remembers a raw socket, also one in the middle of a handshake, until it is closed. Its errors are for nobody. */
	hold(socket: net.Socket): void {
		this.#sockets.add(socket);
		socket.on("error", ignore);
		socket.on("close", this.#forget);
	}

	/** Closes the port and every socket. Nothing is left behind when it resolves. */
	async close(server: net.Server | undefined): Promise<void> {
		if (!server) return;
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		for (const socket of this.#sockets) socket.destroy();
		await closed;
	}
}

/** Where a socket keeps its {@link ServerSocket}: thousands of them then share their listeners. */
const END = Symbol("end");
type Owned = net.Socket & { [END]?: ServerSocket };

function heard(this: Owned, chunk: Buffer): void {
	this[END]!.heard(chunk);
}

function closed(this: Owned): void {
	this[END]!.closed();
}

/** One open socket, as the broker sees it. */
class ServerSocket implements BrokerSocket {
	readonly address: string;
	readonly tls: TlsFacts | undefined;
	readonly #socket: net.Socket;
	peer!: BrokerPeer;
	#behind = false;
	#dead = false;
	/** Made when it is needed: nearly never. */
	#onWritten: (() => void) | undefined;

	constructor(socket: net.Socket) {
		this.#socket = socket;
		this.address = `${socket.remoteAddress}:${socket.remotePort}`;
		this.tls = tlsFactsOf(socket);
	}

	get backlog(): number {
		return this.#socket.writableLength;
	}

	send(chunk: Uint8Array): void {
		const socket = this.#socket;
		if (this.#dead || !socket.writable) return;
		if (this.#behind) socket.write(chunk, this.#onWritten);
		else {
			socket.write(chunk);
			if (socket.writableLength === 0) return; // nearly always: no callback is needed
			this.#behind = true;
			this.#onWritten ??= () => this.#written();
			socket.write(NOTHING, this.#onWritten);
		}
		if (socket.writableLength > PAUSE_BYTES) socket.pause();
	}

	/**
	 * Half-closes, and goes on reading: closing with unread bytes would reset, and the peer might lose our
	 * last words.
	 */
	end(): void {
		if (this.#dead) return;
		this.#socket.end();
		this.#socket.resume();
	}

	destroy(): void {
		this.#dead = true;
		this.#socket.destroy();
	}

	/** Starts to listen to the socket. */
	run(): void {
		const socket: Owned = this.#socket;
		socket[END] = this;
		socket.on("data", heard);
		if (this.tls) socket.on("error", ignore); // not the one that is held; "close" follows, and says all that is needed
		socket.on("close", closed);
	}

	heard(chunk: Buffer): void {
		if (!this.#dead) this.peer.onData(chunk);
	}

	closed(): void {
		if (this.#dead) return;
		this.#dead = true;
		this.peer.onClose();
	}

	#written(): void {
		if (!this.#behind || this.#dead || this.#socket.writableLength > 0) return;
		this.#behind = false;
		if (this.#socket.isPaused()) this.#socket.resume();
		this.peer.onDrain();
	}
}

export class TcpListener {
	readonly #acceptor: Acceptor;
	readonly #options: ListenOptions;
	readonly #sockets = new OpenSockets();
	#server: net.Server | undefined;

	constructor(acceptor: Acceptor, options: ListenOptions = {}) {
		this.#acceptor = acceptor;
		this.#options = options;
	}

	/** Opens the port. Resolves with where it is; rejects when it cannot be had. */
	listen(): Promise<Address> {
		const { tls: secure } = this.#options;
		const server = secure ? tls.createServer(secure) : net.createServer({ noDelay: true });
		this.#server = server;
		server.on("connection", (socket: net.Socket) => this.#sockets.hold(socket));
		server.on(secure ? "secureConnection" : "connection", (socket: net.Socket) => this.#accept(socket));
		server.on("tlsClientError", () => {}); // its socket is closed by Node
		return listenTo(server, this.#options);
	}

	/** Closes the port and every socket. Nothing is left behind when it resolves. */
	close(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		return this.#sockets.close(server);
	}

	#accept(socket: net.Socket): void {
		if (socket.remoteAddress === undefined) {
			socket.destroy(); // gone before we came to it
			return;
		}
		const wrapped = new ServerSocket(socket);
		wrapped.peer = this.#acceptor.accept(wrapped);
		wrapped.run();
	}
}
