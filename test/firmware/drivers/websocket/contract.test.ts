// SPDX-License-Identifier: MIT

import { WebSocketDialler } from "../../../../firmware/drivers/websocket-dialler.js";
import { NodeClock, SeededRandom, TcpDialler } from "../../../../simulator/node/index.js";
import { diallerContract, type OpenHarness } from "../../../contract/dialler.js";
import { freePort, handles, listen, settle, until } from "../../../simulator/node/loopback.js";
import { listenWebSocket } from "./server.js";

const open: OpenHarness = async (acceptor) => {
	const before = handles().length;
	const server = await listenWebSocket(acceptor);
	const silent = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
	const dialler = (port: number): WebSocketDialler =>
		new WebSocketDialler({
			dialler: new TcpDialler({ host: "127.0.0.1", port }),
			clock: new NodeClock(),
			random: new SeededRandom(1),
			host: `127.0.0.1:${port}`,
		});
	return {
		dialler: dialler(server.port),
		refused: dialler(await freePort()),
		// An upgrade that nobody answers.
		hanging: dialler(silent.port),
		room: 8192 - 112,
		framed: true,
		until,
		settle,
		async close() {
			await server.close();
			await silent.close();
			await until(() => handles().length <= before);
		},
	};
};

diallerContract("The WebSocket dialler of a device", open);
