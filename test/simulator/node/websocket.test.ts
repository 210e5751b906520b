// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { LinkFault } from "../../../lib/ports.js";
import { WebSocketDialler } from "../../../simulator/node/index.js";
import { diallerContract } from "../../contract/dialler.js";
import { Recorder } from "../../contract/ends.js";
import { listenWebSocket } from "../../firmware/drivers/websocket/server.js";
import { freePort, handles, listen, pem, settle, until } from "./loopback.js";

diallerContract("The WebSocket dialler of Node", async (acceptor) => {
	const before = handles().length;
	const server = await listenWebSocket(acceptor);
	const silent = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
	const to = (port: number): WebSocketDialler => new WebSocketDialler({ host: "127.0.0.1", port });
	return {
		dialler: to(server.port),
		refused: to(await freePort()),
		hanging: to(silent.port),
		until,
		settle,
		async close() {
			await server.close();
			await silent.close();
			await until(() => handles().length <= before);
		},
	};
});

/** Dials a server that lives for the test; returns its one fault and the words for it. */
async function outcome(server: { port: number; close(): Promise<void> }): Promise<[LinkFault, string]> {
	const dialler = new WebSocketDialler({ host: "127.0.0.1", port: server.port });
	const link = new Recorder().dial(dialler);
	await until(() => link.faults.length > 0);
	await settle();
	expect(link.calls.filter((call) => call === "error")).toHaveLength(1);
	await server.close();
	return [link.faults[0], dialler.lastError.replace(/127\.0\.0\.1:\d+/, "it")];
}

test("the request has the path, the subprotocol and the headers of the options", async () => {
	const peers: unknown[] = [];
	const server = await listenWebSocket({
		accept(socket) {
			peers.push(socket);
			return { onData() {}, onDrain() {}, onClose() {} };
		},
	});
	const options = { host: "127.0.0.1", port: server.port, path: "/a?b=c", headers: { "X-Token": "7" } };
	const link = new Recorder().dial(new WebSocketDialler(options));
	await until(() => link.writables > 0 && peers.length > 0);
	expect(server.request.url).toBe("/a?b=c");
	expect(server.request.headers).toMatchObject({ "sec-websocket-protocol": "mqtt", "x-token": "7" });
	link.close();
	await server.close();
});

test("HTTP in place of a WebSocket is a refusal, with the number", async () => {
	const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
	await until(() => server.listening);
	const { port } = server.address() as { port: number };
	const close = async (): Promise<void> => void server.close();
	expect(await outcome({ port, close })).toEqual([
		LinkFault.Refused,
		"it answers 404 instead of becoming a WebSocket; check the path and the port.",
	]);
});

test("a broker of plain MQTT, and a WebSocket without MQTT, are told apart", async () => {
	const plain = await listen({
		accept(socket) {
			return { onData: () => socket.end(), onDrain() {}, onClose() {} };
		},
	});
	expect((await outcome(plain))[1]).toMatch(/^it does not speak WebSocket; is this the port/);
	const chat = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
	await until(() => chat.address() !== null);
	const { port } = chat.address() as { port: number };
	const close = async (): Promise<void> => void chat.close();
	expect(await outcome({ port, close })).toEqual([
		LinkFault.Refused,
		"it speaks WebSocket, but not MQTT over it.",
	]);
});

test("[MQTT-6.0.0-1] a text frame ends the link", async () => {
	const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
	server.on("connection", (socket) => socket.send("text"));
	await until(() => server.address() !== null);
	const { port } = server.address() as { port: number };
	const [, words] = await outcome({ port, close: async () => void server.close() });
	expect(words).toMatch(/text came over the WebSocket/);
});

test.each([
	["a path without a slash", { path: "mqtt" }, /begins with "\/"/],
	["a certificate without a key", { secure: true, cert: pem("client.pem") }, /needs its key/],
	["a port that is none", { port: 0 }, /1 to 65535/],
	["no host", { host: "" }, /host name/],
])("%s is a mistake", (_what, options, words) => {
	expect(() => new WebSocketDialler({ host: "h", ...options })).toThrow(words);
});
