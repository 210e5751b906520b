// SPDX-License-Identifier: MIT
/** Real listeners on loopback for tests: sockets of Node as the seam's `Acceptor` sees them. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Acceptor, BrokerSocket } from "../../../simulator/seams.js";

/** A file of the test certificates. */
export function pem(name: string): Buffer {
	return readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}

export interface Loopback {
	readonly port: number;
	readonly sockets: Set<Socket>;
	close(): Promise<void>;
}

/** Listens at 127.0.0.1 and a free port; with `tls`, speaks TLS. */
export async function listen(acceptor: Acceptor, tls?: TlsOptions, host = "127.0.0.1"): Promise<Loopback> {
	const sockets = new Set<Socket>();
	const onSocket = (socket: Socket): void => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		serve(socket, acceptor);
	};
	const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
	server.on("tlsClientError", () => {});
	server.listen(0, host);
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		sockets,
		async close() {
			const closed = once(server, "close");
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

function serve(socket: Socket, acceptor: Acceptor): void {
	const end: BrokerSocket = {
		send: (chunk) => void socket.write(chunk),
		get backlog() {
			return socket.writableLength;
		},
		end: () => void socket.end(),
		destroy() {
			socket.removeAllListeners("data").removeAllListeners("close").removeAllListeners("drain");
			socket.destroy();
		},
		address: `${socket.remoteAddress}:${socket.remotePort}`,
	};
	socket.setNoDelay(true);
	socket.on("error", () => {});
	const peer = acceptor.accept(end);
	socket.on("data", (chunk) => peer.onData(chunk));
	socket.on("drain", () => peer.onDrain());
	socket.on("close", () => peer.onClose());
}

/** A port of loopback where nobody listens. */
export async function freePort(): Promise<number> {
	const server = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
	await server.close();
	return server.port;
}

/** Turns of the event loop until the predicate holds; rejects after 25 seconds: on a busy machine a long stream is slow. */
export async function until(predicate: () => boolean): Promise<void> {
	const limitMs = performance.now() + 25_000;
	while (!predicate()) {
		if (performance.now() > limitMs) throw new Error("it never happened");
		await turn();
	}
}

/** Enough turns for everything that is on its way over loopback: until the sockets have been quiet for a while. */
export async function settle(): Promise<void> {
	for (let i = 0; i < 50; i++) await turn();
	await new Promise((resolve) => setTimeout(resolve, 5));
	for (let i = 0; i < 50; i++) await turn();
}

/** The sockets and connects of this process that keep it alive. */
export function handles(): string[] {
	return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|GetAddrInfo/.test(name));
}

function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
