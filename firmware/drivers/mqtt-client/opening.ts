// SPDX-License-Identifier: MIT
import { Shield, type Shielded } from "./shield.js";
import type { MqttClientOptions, Resolver, ResolverChoice, Socket } from "./types.js";

/** Whoever wants a socket. */
export interface Opener {
	/** Both may come from inside {@link Opening.start}, or late. At most one comes, once. */
	onAddress(address: string): void;
	onUnresolved(): void;
}

/** From a host to a socket. What a resolver calls back late is swallowed. */
export class Opening {
	/** The host itself, when it is an IPv4 address: nobody is asked. */
	readonly address: string;
	/** Around a TLS socket. */
	shield: Shield | undefined;
	readonly #port: number;
	readonly #options: MqttClientOptions;
	#resolver: Resolver | undefined;
	#over = false;

	constructor(options: MqttClientOptions) {
		const { host, dns, socket } = options;
		const port = Number(options.port ?? 1883); // out of a URL it is text
		if (!host) throw new Error("host required");
		if (socket?.io === undefined) throw new Error("socket required");
		if (!(Number.isInteger(port) && port > 0 && port <= 0xffff)) throw new RangeError("invalid port");
		this.address = isAddress(host) ? host : "";
		if (this.address === "" && dns?.io === undefined) throw new Error("dns required");
		this.#port = port;
		this.#options = options;
	}

	/** Asks the resolver; not when there is an {@link address}. Throws what it throws. */
	start(opener: Opener): void {
		const { dns, host } = this.#options;
		const choice = dns as ResolverChoice;
		this.#resolver = new choice.io(choice);
		this.#resolver.resolve({
			host,
			onResolved: (_host, address) => {
				if (this.end()) opener.onAddress(address);
			},
			onError: () => {
				if (this.end()) opener.onUnresolved();
			},
		});
	}

	/** Makes the socket. Throws what its constructor throws. */
	open(address: string, owner: Shielded): Socket {
		const { host, socket } = this.#options;
		const where = { address, host, port: this.#port };
		if (socket.TCP !== undefined) {
			this.shield = new Shield(socket, where, owner);
			return this.shield.socket;
		}
		return new socket.io({
			...socket,
			...where,
			onReadable: (count) => owner.readable(count),
			onWritable: (room) => owner.roomFor(room),
			onError: () => owner.ended(),
		});
	}

	/** Nothing is told any more. */
	cancel(): void {
		const resolver = this.#resolver;
		if (this.end()) resolver?.close?.();
	}

	/** True the first time. The SDK's resolver has let go of everything when it answers, and is not closed from inside its answer. */
	private end(): boolean {
		if (this.#over) return false;
		this.#over = true;
		this.#resolver = undefined;
		return true;
	}
}

/** Four numbers and three dots, or near enough for what a resolver would do with it. */
function isAddress(host: string): boolean {
	for (let i = 0; i < host.length; i++) {
		const code = host.charCodeAt(i);
		if (code !== 0x2e && (code < 0x30 || code > 0x39)) return false;
	}
	return true;
}
