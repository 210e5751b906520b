// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test } from "vitest";
import { LINK_FAULT_BASE, LinkFault } from "../../lib/index.js";
import { Broker, TcpListener } from "../../simulator/broker/index.js";
import { NodeSchedule, TlsDialler, type TlsOptions } from "../../simulator/node/index.js";
import { pem } from "../simulator/node/loopback.js";
import { Board } from "./kit/board.js";
import { burstOut, exchangeEach, upTo } from "./kit/exchange.js";
import { Foreign } from "./kit/foreign.js";
import { describeMosquitto, Mosquitto } from "./kit/mosquitto.js";
import { Undo } from "./kit/watch.js";

const undo = new Undo();
const ca = pem("ca.pem");
const client = { cert: pem("client.pem"), key: pem("client.key") };
afterEach(() => undo.all());

function ours(port: number, version: 4 | 5, options: Partial<TlsOptions>): Board {
	const dialler = new TlsDialler({ host: "127.0.0.1", port, ...options });
	return undo.add(new Board({ dialler, version }), (it) => it.close());
}

async function theirs(port: number, version: 4 | 5): Promise<Foreign> {
	const tls = { protocol: "mqtts", ca, ...client } as const;
	return undo.add(await Foreign.to(port, version, tls), (it) => it.close());
}

describeMosquitto("mosquitto over TLS", () => {
	let port: number;
	beforeEach(async () => {
		port = undo.add(await Mosquitto.start({ tls: true }), (it) => it.close()).port;
	});

	test.each([4, 5] as const)(
		"version %i: with a client certificate everything works as without TLS",
		async (version) => {
			const board = await ours(port, version, { ca, ...client }).online();
			await exchangeEach(board, await theirs(port, version));
		},
	);

	test("a burst", async () => {
		await burstOut(await ours(port, 5, { ca, ...client }).online(), await theirs(port, 5), 500, 2);
	});

	test.each([
		["an authority that we do not trust", { ...client }],
		["no client certificate", { ca }],
	] as const)("%s: a fault of certificates, on the slow lane", async (_what, options) => {
		const board = ours(port, 5, options);
		board.client.open();
		await board.until("refused", () => board.offlines.length > 0);
		const [[reason, retryMs]] = board.offlines;
		expect(reason).toBe(LINK_FAULT_BASE - LinkFault.Certificate);
		expect(retryMs).toBeGreaterThanOrEqual(150_000);
		expect(board.onlines).toEqual([]);
	});
});

test.each([4, 5] as const)("version %i: ours against ours over TLS", async (version) => {
	const broker = new Broker({ schedule: new NodeSchedule() });
	const tls = {
		cert: pem("server.pem"),
		key: pem("server.key"),
		ca,
		requestCert: true,
		rejectUnauthorized: true,
	};
	const listener = undo.add(new TcpListener(broker, { tls }), (it) => it.close());
	const { port } = await listener.listen();
	const one = await ours(port, version, { ca, ...client }).online();
	const other = await ours(port, version, { ca, ...client }).online();
	await other.subscribe("over/tls", 2);
	await one.burst("over/tls", 300, 2);
	await other.until("all", () => other.messages.length >= 300);
	expect(other.texts).toEqual(upTo(300));
});
