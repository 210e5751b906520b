// SPDX-License-Identifier: MIT
// alone: it opens sockets
/** A broker that sends us elsewhere, over real sockets: what protects a connection goes along. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Brokers } from "../../../lib/extras/index.js";
import { Client, LINK_FAULT_BASE, LinkFault, Reason } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import {
	type BrokerOptions,
	brokerAt,
	diallerTo,
	NodeClock,
	NodeMemory,
	NodeRandom,
	TcpDialler,
	TlsDialler,
	WebSocketDialler,
} from "../../../simulator/node/index.js";
import type { Acceptor } from "../../../simulator/seams.js";
import { encode } from "../../kit/peer.js";
import { handles, type Loopback, listen, pem, until } from "./loopback.js";

const secure = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });

/** Answers the first packet with a CONNACK. */
function answering(fields: () => Record<string, unknown>): Acceptor {
	return {
		accept(socket) {
			let answered = false;
			return {
				onData() {
					if (answered) return;
					answered = true;
					socket.send(encode({ cmd: "connack", sessionPresent: false, reasonCode: 0, ...fields() }, 5));
				},
				onDrain() {},
				onClose() {},
			};
		},
	};
}

describe("Where a broker sends us", () => {
	let before: number;
	let servers: Loopback[];
	let client: Client | undefined;
	const told: (string | number)[][] = [];

	beforeEach(() => {
		before = handles().length;
		servers = [];
		told.length = 0;
	});

	afterEach(async () => {
		client?.close();
		for (const server of servers) await server.close();
		await until(() => handles().length <= before);
	});

	async function serve(acceptor: Acceptor, certificate?: string): Promise<number> {
		const server = await listen(acceptor, certificate === undefined ? undefined : secure(certificate));
		servers.push(server);
		return server.port;
	}

	/** Opens a client that is sent from the first to the second; both speak TLS when they have a certificate. */
	async function send(
		first: string | undefined,
		second: string | undefined,
		options: BrokerOptions,
	): Promise<Brokers> {
		const port = await serve(
			answering(() => ({})),
			second,
		);
		const serverReference = `localhost:${port}`;
		const moved = () => ({ reasonCode: Reason.UseAnotherServer, properties: { serverReference } });
		const url = `mqtt${first === undefined ? "" : "s"}://127.0.0.1:${await serve(answering(moved), first)}`;
		const brokers = new Brokers({
			brokers: [brokerAt(url, options).dialler],
			diallerTo: diallerTo(url, options),
		});
		client = new Client({
			...{ memory: new NodeMemory(), dialler: brokers, clock: new NodeClock(), random: new NodeRandom() },
			...{ store: new RamStore(), clientId: "board" },
			listener: {
				onOnline: () => void told.push(["online"]),
				onOffline: (reason) => void told.push(["offline", reason]),
			},
		});
		client.open();
		return brokers;
	}

	test("over TCP", async () => {
		await send(undefined, undefined, { localAddress: "127.0.0.1" });
		await until(() => told.length === 2);
		expect(told).toEqual([["offline", Reason.UseAnotherServer], ["online"]]);
	});

	test("over TLS, with the same authorities", async () => {
		const brokers = await send("server", "server", { ca: pem("ca.pem"), localAddress: "127.0.0.1" });
		await until(() => told.length === 2);
		expect(told).toEqual([["offline", Reason.UseAnotherServer], ["online"]]);
		expect(brokers.latest).toBeInstanceOf(TlsDialler);
	});

	test("a certificate for another name is refused there, also when it is the one that `servername` asks for", async () => {
		await send("other", "other", {
			ca: pem("ca.pem"),
			servername: "elsewhere.example",
			localAddress: "127.0.0.1",
		});
		await until(() => told.length === 2);
		expect(told[1]).toEqual(["offline", LINK_FAULT_BASE - LinkFault.HostName]);
	});

	test("a certificate of another authority is refused there", async () => {
		await send("server", "self-signed", { ca: pem("ca.pem"), localAddress: "127.0.0.1" });
		await until(() => told.length === 2);
		expect(told[1]).toEqual(["offline", LINK_FAULT_BASE - LinkFault.Certificate]);
	});

	test("from TLS nobody is led to plain text: CONNECT is not said there", async () => {
		await send("server", undefined, { ca: pem("ca.pem"), localAddress: "127.0.0.1" });
		await until(() => told.length === 2);
		expect(told[1][0]).toBe("offline");
		expect(told[1][1]).toBeLessThanOrEqual(LINK_FAULT_BASE);
	});
});

describe("The dialler that leads there", () => {
	test.each([
		["mqtt://u:p@a", TcpDialler],
		["mqtts://a", TlsDialler],
		["ws://a/x", WebSocketDialler],
		["wss://a", WebSocketDialler],
	])("%s", (url, made) => {
		expect(diallerTo(url)("b", 0)).toBeInstanceOf(made);
		expect(diallerTo(url)("fe80::1", 99)).toBeInstanceOf(made);
	});
});
