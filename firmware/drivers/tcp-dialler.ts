// SPDX-License-Identifier: MIT
/** Plain TCP on a device. */
import { type Clock, type Link, LinkFault, type Transport } from "../../lib/index.js";
import type { Leading } from "./elsewhere.js";
import { faultOf, wordsFor } from "./faults.js";
import type { DeviceMemory } from "./memory.js";
import type { Answer, Resolver } from "./resolver.js";
import {
	type ExceptionHandler,
	messageOf,
	type Socket,
	type SocketClass,
	type SocketOptions,
	SocketTransport,
} from "./socket.js";

export interface TcpOptions {
	/** `embedded:io/socket/tcp`. */
	readonly io: SocketClass;
	/** Of the client that dials. */
	readonly memory: DeviceMemory;
	readonly clock: Clock;
	/** A name or an IPv4 address. */
	readonly host: string;
	/** Default 1883. */
	readonly port?: number;
	/** For names. Without one, `host` has to be an address. One question at a time: a resolver of its own for each dialler. */
	readonly resolver?: Resolver | undefined;
	/** Whether there is a network now; without it the socket finds out. */
	readonly network?: { readonly up: boolean } | undefined;
	/** Sends at once. Default true: the client gathers what it writes by itself. */
	readonly nodelay?: boolean;
	/** Milliseconds until the link must be up, name look-up included. Default 15,000. */
	readonly connectMs?: number;
	/** Takes exceptions of the application out of the socket's callbacks. Without it they are the engine's, which restarts the device. */
	readonly onException?: ExceptionHandler | undefined;
}

/** One transport, one options object and three callbacks serve all connections: what a dial allocates is the socket. */
export class TcpDialler implements Leading, Answer {
	readonly #transport: SocketTransport;
	readonly #io: SocketClass;
	#host = "";
	readonly #resolver: Resolver | undefined;
	readonly #network: { readonly up: boolean } | undefined;
	readonly #socket: SocketOptions;

	constructor(options: TcpOptions) {
		const { memory, clock, host, port = 1883, resolver, connectMs = 15_000, onException } = options;
		const transport = new SocketTransport({ memory, clock, connectMs, preparation: resolver, onException });
		this.#transport = transport;
		this.#io = options.io;
		this.#resolver = resolver;
		this.#network = options.network;
		this.#socket = {
			address: host,
			port,
			nodelay: options.nodelay ?? true,
			onReadable: function (this: Socket, count: number): void {
				if (transport.owns(this)) transport.readable(count);
			},
			onWritable: function (this: Socket, room: number): void {
				if (transport.owns(this)) transport.writable(room);
			},
			onError: function (this: Socket, fault?: LinkFault): void {
				if (transport.owns(this)) transport.failed(fault);
			},
		};
		this.leadTo(host, port);
	}

	leadTo(host: string, port: number): void {
		if (host === "") throw new RangeError("a broker needs a host name or an address");
		if (!Number.isInteger(port) || port < 1 || port > 65535)
			throw new RangeError(`a port is 1 to 65535, not ${port}`);
		this.#host = host;
		this.#socket.port = port;
	}

	/** What happened last and what to do about it, in a sentence made when it is read; empty before the first failure. */
	get lastError(): string {
		const { fault, cause } = this.#transport;
		const words = fault === LinkFault.Dns && cause === "" ? (this.#resolver?.lastError ?? "") : "";
		if (fault < 0 || words !== "") return words;
		return wordsFor(fault as LinkFault, this.#host, this.#socket.port, cause);
	}

	/** Never throws: what fails at once is told to the link a moment later, with its cause. Ends the connection before. */
	dial(link: Link): Transport {
		const transport = this.#transport;
		transport.open(link);
		if (this.#network?.up === false) transport.failSoon(LinkFault.NoNetwork, "");
		else if (this.#resolver === undefined) this.onResolved(this.#host);
		else this.#resolver.resolve(this.#host, this);
		return transport;
	}

	onResolved(address: string): void {
		const transport = this.#transport;
		if (!transport.opening) return;
		this.#socket.address = address;
		try {
			transport.attach(new this.#io(this.#socket));
		} catch (error) {
			const message = messageOf(error);
			transport.failSoon(faultOf(message), message);
		}
	}

	onUnresolved(): void {
		this.#transport.failed(LinkFault.Dns);
	}
}
