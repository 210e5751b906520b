// SPDX-License-Identifier: MIT
// alone: it opens sockets

import { elsewhere, type Leading } from "../../../../firmware/drivers/elsewhere.js";
import { WebSocketDialler, type WebSocketOptions } from "../../../../firmware/drivers/websocket-dialler.js";
import type { Link, Transport } from "../../../../lib/index.js";
import { NodeClock, SeededRandom, TcpDialler } from "../../../../simulator/node/index.js";
import { diallerContract, type OpenHarness } from "../../../contract/dialler.js";
import { freePort, handles, listen, settle, until } from "../../../simulator/node/loopback.js";
import { listenWebSocket } from "./server.js";

const real =
	(led: boolean): OpenHarness =>
	async (acceptor) => {
		const before = handles().length;
		const server = await listenWebSocket(acceptor);
		const silent = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
		const at = (dialler: WebSocketOptions["dialler"], host: string): WebSocketDialler =>
			new WebSocketDialler({ dialler, clock: new NodeClock(), random: new SeededRandom(1), host });
		const dialler = (port: number): WebSocketDialler =>
			led
				? elsewhere(() => at(new LedTcp(), "x"), 1)("127.0.0.1", port)!
				: at(new TcpDialler({ host: "127.0.0.1", port }), `127.0.0.1:${port}`);
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

/** TCP of Node that can be led. */
class LedTcp implements Leading {
	#dialler: TcpDialler | undefined;

	get lastError(): string {
		return this.#dialler?.lastError ?? "";
	}

	leadTo(host: string, port: number): void {
		this.#dialler = new TcpDialler({ host, port });
	}

	dial(link: Link): Transport {
		return this.#dialler!.dial(link);
	}
}

diallerContract("The WebSocket dialler of a device", real(false));
diallerContract("The WebSocket dialler of a device, led elsewhere,", real(true));
