// SPDX-License-Identifier: MIT
/**
 * MQTT over WebSocket on Node, by the package `ws`, which is installed by whoever needs it and looked for only then.
 *
 * `ws` masks into a buffer of its own before `send` returns, so the client's memory is never handed to libuv.
 */

import { createRequire } from "node:module";
import { type Dialler, type Link, LinkFault, type Transport } from "../../lib/ports.js";
import { faultOf, type Target, wordsFor } from "./faults.js";
import { localOptions, type TcpOptions, targetOf } from "./tcp.js";
import type { TlsOptions } from "./tls.js";

export interface WebSocketOptions extends TcpOptions, Omit<TlsOptions, "alpn"> {
	/** True: wss://. Default false. The options of TLS count only then. */
	secure?: boolean;
	/** Default "/mqtt"; mosquitto takes any. */
	path?: string;
	/** More headers of the request. */
	headers?: Readonly<Record<string, string>>;
}

/** What we use of `ws` (version 8). */
interface Socket {
	readonly bufferedAmount: number;
	readonly protocol: string;
	on(event: "open", heard: () => void): void;
	on(event: "message", heard: (data: Buffer, binary: boolean) => void): void;
	on(event: "error", heard: (error: Error) => void): void;
	on(event: "close", heard: (code: number) => void): void;
	send(data: Uint8Array, sent: (error?: Error) => void): void;
	pause(): void;
	resume(): void;
	close(code?: number): void;
	terminate(): void;
}

type SocketClass = new (url: string, protocols: string[], options: object) => Socket;

/** As much as the other transports take at once. */
const sendBytes = 8192;
/** Above so many unread bytes the socket is paused. */
const receiveBytesMost = 32_768;
/** How long a closed connection may try to send what was written before it was closed. */
const lingerMs = 1000;

let found: SocketClass | undefined;

/** Throws what a person can act on. */
function socketClass(): SocketClass {
	if (found !== undefined) return found;
	try {
		found = createRequire(import.meta.url)("ws") as SocketClass;
	} catch (cause) {
		throw new Error("ws:// and wss:// need the package ws: npm install ws", { cause });
	}
	return found;
}

export class WebSocketDialler implements Dialler {
	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	lastError = "";
	readonly #target: Target;
	readonly #url: string;
	readonly #settings: object;
	readonly #Socket: SocketClass;

	/** Throws when `ws` is not installed, or the target is none. */
	constructor(options: WebSocketOptions) {
		const { secure = false, path = "/mqtt", headers, ca, cert, key, insecure, servername } = options;
		this.#target = { ...targetOf(options, secure ? 443 : 80), secure };
		const { host, port } = this.#target;
		if (!path.startsWith("/")) throw new RangeError(`a WebSocket's path begins with "/", not as "${path}"`);
		if ((cert === undefined) !== (key === undefined))
			throw new RangeError("a client certificate needs its key, and the key its certificate");
		this.#url = `${secure ? "wss" : "ws"}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
		this.#settings = {
			perMessageDeflate: false,
			...localOptions(options.localAddress),
			...(headers === undefined ? {} : { headers }),
			...(secure ? { ca, cert, key, rejectUnauthorized: insecure !== true } : {}),
			...(servername === undefined ? {} : { servername }),
		};
		this.#Socket = socketClass();
	}

	dial(link: Link): Transport {
		const socket = new this.#Socket(this.#url, ["mqtt"], this.#settings);
		return new WebSocketTransport(socket, link, (fault, error) => {
			this.lastError = wordsOf(fault, this.#target, error);
		});
	}
}

/** `ws` tells what a server answered in place of 101; it is the one word of HTTP that a person needs. */
function wordsOf(fault: LinkFault, target: Target, error: unknown): string {
	const message = error instanceof Error ? error.message : "";
	const status = /server response: (\d+)/.exec(message)?.[1];
	const place = `${target.host}:${target.port}`;
	if (status !== undefined)
		return `${place} answers ${status} instead of becoming a WebSocket; check the path and the port.`;
	if (/subprotocol/i.test(message)) return `${place} speaks WebSocket, but not MQTT over it.`;
	if (/socket hang up|Parse Error/.test(message))
		return `${place} does not speak WebSocket; is this the port of its WebSocket listener?`;
	return wordsFor(fault, target, error);
}

const enum Phase {
	Connecting,
	Up,
	/** It is over, and what was received is not all read. */
	Ending,
	Dead,
}

class WebSocketTransport implements Transport {
	readonly #socket: Socket;
	readonly #link: Link;
	readonly #onFault: (fault: LinkFault, error: unknown) => void;
	#phase = Phase.Connecting;
	/** Handed to the socket and not yet with the kernel. */
	#pending = 0;
	/** What was received and not read, oldest first; the first `#taken` bytes of it are read. */
	readonly #received: Buffer[] = [];
	#taken = 0;
	#unread = 0;
	#paused = false;
	#error: Error | undefined;
	#fault: LinkFault = LinkFault.Unknown;

	constructor(socket: Socket, link: Link, onFault: (fault: LinkFault, error: unknown) => void) {
		this.#socket = socket;
		this.#link = link;
		this.#onFault = onFault;
		socket.on("open", () => this.#onOpen());
		socket.on("message", (data, binary) => this.#onMessage(data, binary));
		socket.on("error", (error) => {
			this.#error ??= error;
		});
		socket.on("close", (code) => this.#onClose(code));
	}

	get room(): number {
		return this.#phase === Phase.Up ? Math.max(0, sendBytes - this.#pending) : 0;
	}

	/** Throws when the range is no range: that is a mistake of the caller. */
	read(bytes: Uint8Array, start: number, limit: number): number {
		if (!(start >= 0 && start <= limit && limit <= bytes.length))
			throw new RangeError(`read ${start}..${limit}`);
		let at = start;
		while (at < limit && this.#unread > 0) {
			const [first] = this.#received;
			const count = Math.min(limit - at, first.length - this.#taken);
			bytes.set(first.subarray(this.#taken, this.#taken + count), at);
			at += count;
			this.#unread -= count;
			this.#taken += count;
			if (this.#taken < first.length) continue;
			this.#received.shift();
			this.#taken = 0;
		}
		if (at > start) this.#afterRead();
		return at - start;
	}

	/** Throws when there is no room for it ("would block"): that is a mistake of the caller. */
	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#phase !== Phase.Up) return 0;
		if (!(start >= 0 && start <= end && end <= bytes.length)) throw new RangeError(`write ${start}..${end}`);
		const count = end - start;
		if (count > this.room) throw new RangeError(`write of ${count} bytes into ${this.room}: would block`);
		if (count === 0) return this.room;
		this.#pending += count;
		this.#socket.send(bytes.subarray(start, end), (error) => this.#onSent(count, error));
		return this.room;
	}

	/** What was written still goes out, for a second at most; what was received is forgotten. */
	close(): void {
		if (this.#phase === Phase.Dead) return;
		const wasUp = this.#phase === Phase.Up;
		this.#die();
		if (!wasUp) {
			this.#socket.terminate();
			return;
		}
		this.#socket.resume(); // or the peer's answer to our close frame is never read
		this.#socket.close(1000);
		setTimeout(() => this.#socket.terminate(), lingerMs).unref();
	}

	#onOpen(): void {
		if (this.#phase !== Phase.Connecting) return;
		this.#phase = Phase.Up;
		this.#link.onWritable(this.room);
	}

	#onMessage(data: Buffer, binary: boolean): void {
		if (this.#phase !== Phase.Up || data.length === 0) return;
		if (!binary) {
			// [MQTT-6.0.0-1]: the client closes the connection at any other frame than a binary one.
			this.#error = new Error("text came over the WebSocket, and MQTT is binary");
			this.#socket.close(1003);
			return;
		}
		this.#received.push(data);
		this.#unread += data.length;
		this.#link.onReadable(this.#unread);
		if ((this.#phase as Phase) !== Phase.Up || this.#unread < receiveBytesMost) return;
		this.#paused = true;
		this.#socket.pause();
	}

	#onSent(count: number, error?: Error): void {
		this.#pending -= count;
		if (error || this.#phase !== Phase.Up) return; // "close" tells
		// Told of each byte that is free, a flood would come in frames of a few bytes.
		if (this.#pending > 0) return;
		this.#link.onWritable(this.room);
	}

	#onClose(code: number): void {
		if (this.#phase === Phase.Dead) return;
		// 1006: without a close frame; everything else is a goodbye.
		const lost = code === 1006 ? LinkFault.Reset : LinkFault.Closed;
		this.#fault = this.#error === undefined ? lost : faultIn(this.#error);
		this.#onFault(this.#fault, this.#error);
		this.#phase = Phase.Ending;
		if (this.#unread === 0) this.#tell();
	}

	#afterRead(): void {
		if (this.#phase === Phase.Ending && this.#unread === 0) process.nextTick(() => this.#tell());
		if (!this.#paused || this.#unread >= receiveBytesMost) return;
		this.#paused = false;
		this.#socket.resume();
	}

	#tell(): void {
		if (this.#phase === Phase.Dead) return;
		this.#die();
		this.#link.onError(this.#fault);
	}

	#die(): void {
		this.#phase = Phase.Dead;
		this.#received.length = 0;
		this.#unread = 0;
	}
}

/** A server that answers with HTTP, or with no subprotocol, refuses us. */
function faultIn(error: Error): LinkFault {
	return /server response|subprotocol/i.test(error.message) ? LinkFault.Refused : faultOf(error);
}
