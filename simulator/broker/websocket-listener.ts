// SPDX-License-Identifier: MIT
/**
 * MQTT over WebSocket for an acceptor (3.1.1 and 5.0, section 6), by the package `ws`, which is installed by whoever needs
 * it and looked for only then.
 *
 * Where frames begin and end says nothing about packets: a client that believes otherwise shows with `frameBytes`.
 */

import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import type net from "node:net";
import type { Duplex } from "node:stream";
import type { Acceptor, BrokerPeer, BrokerSocket, TlsFacts } from "../seams.js";
import { type Address, type ListenOptions, listenTo, OpenSockets, tlsFactsOf } from "./listener.js";

const PAUSE_BYTES = 1 << 20;
/** Of one message of a client: more is closed with 1009 before it is gathered. */
const MESSAGE_BYTES = 16 << 20;
const SUBPROTOCOL = "mqtt";
/** Of the close frame: done; a frame that was not binary. */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;

export interface WebSocketListenOptions extends ListenOptions {
	/** The only path that is answered; any, unless told. Queries are passed over. */
	readonly path?: string;
	/** Sent is at most so much in one frame, at least 1; asked for each frame if it is a function. No limit unless told. */
	readonly frameBytes?: number | (() => number);
	/** True: those frames are fragments of one WebSocket message, not messages of their own. */
	readonly fragmented?: boolean;
}

/** What we use of `ws` (version 8). */
interface Socket {
	readonly bufferedAmount: number;
	on(event: "message", heard: (data: Buffer, binary: boolean) => void): void;
	on(event: "error", heard: (error: Error) => void): void;
	on(event: "close", heard: () => void): void;
	send(data: Uint8Array, options: { binary: boolean; fin: boolean }, sent: () => void): void;
	pause(): void;
	resume(): void;
	close(code: number): void;
	terminate(): void;
}

interface Server {
	handleUpgrade(
		request: http.IncomingMessage,
		socket: Duplex,
		head: Buffer,
		done: (socket: Socket) => void,
	): void;
}

type Package = { readonly WebSocketServer: new (options: object) => Server };

/** Throws what a person can act on. */
function packageWs(): Package {
	try {
		return createRequire(import.meta.url)("ws") as Package;
	} catch (cause) {
		throw new Error("a broker that listens for WebSockets needs the package ws: npm install ws", { cause });
	}
}

/** One open WebSocket, as the broker sees it. */
class WebSocketEnd implements BrokerSocket {
	readonly address: string;
	readonly tls: TlsFacts | undefined;
	peer!: BrokerPeer;
	readonly #socket: Socket;
	readonly #options: WebSocketListenOptions;
	#behind = false;
	#paused = false;
	#dead = false;
	#ending = false;
	readonly #onWritten = () => this.#written();

	constructor(socket: Socket, raw: net.Socket, options: WebSocketListenOptions) {
		this.#socket = socket;
		this.#options = options;
		this.address = `${raw.remoteAddress}:${raw.remotePort}`;
		this.tls = tlsFactsOf(raw);
	}

	get backlog(): number {
		return this.#socket.bufferedAmount;
	}

	send(chunk: Uint8Array): void {
		if (this.#dead || this.#ending) return;
		const { frameBytes = chunk.length, fragmented = false } = this.#options;
		this.#behind = true;
		for (let at = 0; at < chunk.length; ) {
			const wanted = typeof frameBytes === "function" ? frameBytes() : frameBytes;
			const end = Math.min(chunk.length, at + Math.max(1, wanted));
			const fin = !fragmented || end === chunk.length;
			this.#socket.send(chunk.subarray(at, end), { binary: true, fin }, this.#onWritten);
			at = end;
		}
		if (this.backlog <= PAUSE_BYTES || this.#paused) return;
		this.#paused = true;
		this.#socket.pause();
	}

	end(): void {
		if (this.#dead || this.#ending) return;
		this.#ending = true;
		this.#socket.resume(); // or the answer to our close frame is never read
		this.#socket.close(NORMAL);
	}

	destroy(): void {
		this.#dead = true;
		this.#socket.terminate();
	}

	/** Starts to listen to the socket. */
	run(): void {
		this.#socket.on("message", (data, binary) => {
			if (this.#dead) return;
			if (binary) {
				this.peer.onData(data);
				return;
			}
			this.#dead = true;
			this.#socket.close(UNSUPPORTED_DATA); // [5.0 MQTT-6.0.0-1] [3.1.1: MQTT-6.0.0-1]
			this.peer.onClose();
		});
		this.#socket.on("error", () => {}); // "close" follows, and says all that is needed
		this.#socket.on("close", () => {
			if (this.#dead) return;
			this.#dead = true;
			this.peer.onClose();
		});
	}

	#written(): void {
		if (!this.#behind || this.#dead || this.backlog > 0) return;
		this.#behind = false;
		if (this.#paused) this.#socket.resume();
		this.#paused = false;
		this.peer.onDrain();
	}
}

export class WebSocketListener {
	readonly #acceptor: Acceptor;
	readonly #options: WebSocketListenOptions;
	readonly #sockets = new OpenSockets();
	readonly #upgrader: Server;
	#server: http.Server | undefined;

	/** Throws when `ws` is not installed. */
	constructor(acceptor: Acceptor, options: WebSocketListenOptions = {}) {
		this.#acceptor = acceptor;
		this.#options = options;
		this.#upgrader = new (packageWs().WebSocketServer)({
			noServer: true,
			perMessageDeflate: false,
			maxPayload: MESSAGE_BYTES,
			handleProtocols: () => SUBPROTOCOL, // [5.0 MQTT-6.0.0-4] [3.1.1: MQTT-6.0.0-4]
		});
	}

	/** Opens the port. Resolves with where it is; rejects when it cannot be had. */
	listen(): Promise<Address> {
		const { tls: secure } = this.#options;
		const server = secure ? https.createServer(secure) : http.createServer({ noDelay: true });
		this.#server = server;
		server.on("connection", (socket) => this.#sockets.hold(socket));
		server.on("tlsClientError", () => {}); // its socket is closed by Node
		server.on("request", (_, response) => {
			response.writeHead(426, { connection: "close", "content-type": "text/plain" });
			response.end("MQTT over WebSocket is spoken here, and nothing else.\n");
		});
		server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		return listenTo(server, this.#options);
	}

	/** Closes the port and every socket. Nothing is left behind when it resolves. */
	close(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		return this.#sockets.close(server);
	}

	#upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
		const { path } = this.#options;
		const asked = (request.url ?? "").split("?")[0];
		if (path !== undefined && asked !== path) {
			refuse(socket, "404 Not Found", `The path is ${path}`);
			return;
		}
		const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
		if (!offered.some((name) => name.trim() === SUBPROTOCOL)) {
			refuse(socket, "400 Bad Request", `Sec-WebSocket-Protocol must offer "${SUBPROTOCOL}"`); // [5.0 MQTT-6.0.0-3]
			return;
		}
		this.#upgrader.handleUpgrade(request, socket, head, (upgraded) => {
			const end = new WebSocketEnd(upgraded, socket as net.Socket, this.#options);
			end.peer = this.#acceptor.accept(end);
			end.run();
		});
	}
}

function refuse(socket: Duplex, status: string, why: string): void {
	const length = Buffer.byteLength(why);
	socket.on("error", () => {});
	socket.end(
		`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${why}`,
	);
}
