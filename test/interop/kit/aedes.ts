// SPDX-License-Identifier: MIT
/** Aedes, a broker in JavaScript that we did not write, in this process. */
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { pathToFileURL } from "node:url";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Ports } from "./brokers.js";
import type { Need } from "./needs.js";
import { serverTls } from "./transports.js";

interface Instance {
	readonly handle: (stream: Duplex, request?: unknown) => unknown;
	close(done: () => void): void;
}

const path = (() => {
	try {
		return createRequire(import.meta.url).resolve("aedes");
	} catch {
		return undefined;
	}
})();

export const aedes: Need = { name: "aedes", found: path !== undefined, hint: "npm install" };

/** One aedes behind three ports. */
export async function startAedes(): Promise<Ports> {
	const module = await import(pathToFileURL(path!).href);
	const instance: Instance = await module.Aedes.createBroker();
	const sockets = new Set<Socket>();
	const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => "mqtt" });
	const web = createHttpServer();
	web.on("upgrade", (request, socket, head) =>
		upgrader.handleUpgrade(request, socket, head, (end) => {
			instance.handle(
				createWebSocketStream(end).on("error", () => {}),
				request,
			);
		}),
	);
	const servers: (Server | HttpServer)[] = [
		createServer({ noDelay: true }, instance.handle),
		createTlsServer(serverTls, instance.handle),
		web,
	];
	const ports: number[] = [];
	for (const server of servers) {
		server.on("connection", (socket) => {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => sockets.delete(socket));
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		ports.push((server.address() as AddressInfo).port);
	}
	const [tcp, tls, ws] = ports;
	return {
		tcp,
		tls,
		ws,
		async close() {
			for (const server of servers) server.close();
			for (const socket of sockets) socket.destroy();
			await new Promise<void>((resolve) => instance.close(resolve));
		},
	};
}
