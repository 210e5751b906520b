// SPDX-License-Identifier: MIT
/** A WebSocket server of `ws` for tests, whose connections are the seam's `Acceptor`s. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Acceptor, BrokerSocket } from "../../../../simulator/seams.js";

export interface WebSocketListener {
	readonly port: number;
	/** What the last client asked for. */
	readonly request: { url: string; headers: Record<string, unknown> };
	close(): Promise<void>;
}

export async function listenWebSocket(acceptor: Acceptor): Promise<WebSocketListener> {
	const server = new WebSocketServer({
		host: "127.0.0.1",
		port: 0,
		perMessageDeflate: false,
		handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
	});
	await once(server, "listening");
	const request: { url: string; headers: Record<string, unknown> } = { url: "", headers: {} };
	server.on("connection", (socket, asked) => {
		request.url = asked.url ?? "";
		request.headers = asked.headers;
		serve(socket, acceptor);
	});
	return {
		port: (server.address() as AddressInfo).port,
		request,
		async close() {
			for (const socket of server.clients) socket.terminate();
			server.close();
			await once(server, "close");
		},
	};
}

function serve(socket: WebSocket, acceptor: Acceptor): void {
	const end: BrokerSocket = {
		send: (chunk) => socket.send(chunk),
		get backlog() {
			return socket.bufferedAmount;
		},
		end: () => socket.close(),
		destroy() {
			socket.removeAllListeners("message").removeAllListeners("close");
			socket.terminate();
		},
		address: "",
	};
	socket.on("error", () => {});
	const peer = acceptor.accept(end);
	socket.on("message", (data) => peer.onData(data as Buffer));
	socket.on("close", () => peer.onClose());
}
