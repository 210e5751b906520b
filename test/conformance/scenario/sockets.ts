// SPDX-License-Identifier: MIT
/** The other stage: the same client and the same virtual time, but the bytes go through real sockets of this machine. */
import net from "node:net";
import { TcpDialler } from "../../../simulator/node/tcp.js";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../../simulator/seams.js";
import { StrictDialler } from "../../kit/strict-dialler.js";

/** When nothing has moved for so long, nothing will: what is on its way over loopback takes microseconds. */
const STILL_MS = 250;

/** One listening port, and the dialler that leads there. */
export class Sockets {
	readonly dialler: StrictDialler;
	readonly #server: net.Server;
	/** One for each of the dialler's, in the same order. */
	readonly #ends: End[] = [];
	/** Takes the connections. */
	acceptor: Acceptor | undefined;

	private constructor(server: net.Server) {
		this.#server = server;
		const { port } = server.address() as net.AddressInfo;
		this.dialler = new StrictDialler(new TcpDialler({ host: "127.0.0.1", port }));
		server.on("connection", (socket) => this.#accept(socket));
	}

	static async listen(): Promise<Sockets> {
		const server = net.createServer({ noDelay: true, allowHalfOpen: false });
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(0, "127.0.0.1", resolve);
		});
		return new Sockets(server);
	}

	/** Resolves when all that was written on either side has arrived, and every end that one side made is known to the other. */
	async settle(): Promise<void> {
		let before = "";
		let since = performance.now();
		for (;;) {
			for (let i = 0; i < 3; i++) await new Promise(setImmediate);
			const now = this.#inMotion();
			if (now === "") return;
			if (now !== before) since = performance.now();
			else if (performance.now() - since > STILL_MS) return; // one side reads no more
			before = now;
		}
	}

	/** What is on its way, as text; empty: nothing is. */
	#inMotion(): string {
		const { transports } = this.dialler;
		let moving = transports.length === this.#ends.length ? "" : "dialling";
		for (const [i, { received, sent, open }] of this.#ends.entries()) {
			const { closed, bytesIn, bytesOut } = transports[i];
			if (open === closed || (open && (received !== bytesOut || sent !== bytesIn)))
				moving += ` ${open} ${closed} ${received} ${bytesOut} ${sent} ${bytesIn}`;
		}
		return moving;
	}

	/** The network loses every connection: both sides see a reset. */
	cut(): void {
		for (const end of this.#ends) end.reset();
	}

	close(): void {
		for (const transport of this.dialler.transports) transport.close();
		for (const end of this.#ends) end.destroy();
		this.#server.close();
	}

	#accept(socket: net.Socket): void {
		const end = new End(socket);
		this.#ends.push(end);
		end.run(this.acceptor!.accept(end));
	}
}

/** The server's end of one connection. */
class End implements BrokerSocket {
	readonly address = "127.0.0.1";
	open = true;
	received = 0;
	sent = 0;
	readonly #socket: net.Socket;

	constructor(socket: net.Socket) {
		this.#socket = socket;
	}

	run(peer: BrokerPeer): void {
		const socket = this.#socket;
		socket.on("data", (chunk) => {
			this.received += chunk.length;
			peer.onData(chunk);
		});
		socket.on("error", () => {}); // "close" follows
		socket.on("close", () => {
			this.open = false;
			peer.onClose();
		});
	}

	get backlog(): number {
		return this.#socket.writableLength;
	}

	send(chunk: Uint8Array): void {
		this.sent += chunk.length;
		this.#socket.write(chunk);
	}

	end(): void {
		this.#socket.end();
	}

	destroy(): void {
		this.#socket.destroy();
	}

	reset(): void {
		this.#socket.resetAndDestroy();
	}
}
