// SPDX-License-Identifier: MIT
/** MQTT over WebSocket against mosquitto's own listener: the dialler of Node, and that of a device over Node's TCP. */
import { afterEach, beforeEach, test } from "vitest";
import { WebSocketDialler as DeviceWebSocketDialler } from "../../firmware/drivers/websocket-dialler.js";
import type { Dialler } from "../../lib/ports.js";
import { NodeClock, NodeRandom, TcpDialler, WebSocketDialler } from "../../simulator/node/index.js";
import { freePort } from "../simulator/node/loopback.js";
import { Board } from "./kit/board.js";
import { burstOut, exchangeEach } from "./kit/exchange.js";
import { Foreign } from "./kit/foreign.js";
import { describeMosquitto, Mosquitto } from "./kit/mosquitto.js";
import { Undo } from "./kit/watch.js";

const undo = new Undo();
afterEach(() => undo.all());

type Made = Dialler & { readonly lastError: string };

const ofNode = (port: number): Made => new WebSocketDialler({ host: "127.0.0.1", port });
const ofDevice = (port: number): Made =>
	new DeviceWebSocketDialler({
		dialler: new TcpDialler({ host: "127.0.0.1", port }),
		clock: new NodeClock(),
		random: new NodeRandom(),
		host: `127.0.0.1:${port}`,
	});

describeMosquitto("mosquitto over WebSocket", () => {
	let port: number;
	let plain: number;
	beforeEach(async () => {
		port = await freePort();
		const lines = [`listener ${port} 127.0.0.1`, "protocol websockets"];
		plain = undo.add(await Mosquitto.start({ lines }), (it) => it.close()).port;
	});

	const sorts = [
		["the dialler of Node", ofNode],
		["the dialler of a device", ofDevice],
	] as const;
	const both = sorts.flatMap(([name, make]) =>
		([4, 5] as const).map((version) => [name, version, make] as const),
	);

	test.each(both)("%s, version %i: everything works as without", async (_name, version, make) => {
		const board = undo.add(new Board({ dialler: make(port), version }), (it) => it.close());
		await board.online();
		await exchangeEach(
			board,
			undo.add(await Foreign.to(plain, version), (it) => it.close()),
		);
	});

	test.each(sorts)("%s: a burst", async (_name, make) => {
		const board = undo.add(new Board({ dialler: make(port), version: 5 }), (it) => it.close());
		await board.online();
		await burstOut(
			board,
			undo.add(await Foreign.to(plain, 5), (it) => it.close()),
			500,
			2,
		);
	});
});
