// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { WebSocketListener } from "../../../simulator/broker/index.js";
import { pem } from "../node/loopback.js";
import { atEnd, open, openWebSocket } from "./real.js";

const CONNECT = Buffer.from([0x10, 15, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 3, 114, 97, 119]);
const CONNACK = "20020000";
const PING = Buffer.from([0xc0, 0]);
const PONG = "d000";

/** A WebSocket that remembers what came: whole messages in hex, and the code of its end. */
async function dial(port: number, path = "/mqtt", protocols: string[] = ["mqtt"]) {
	const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
	atEnd(() => socket.terminate());
	const messages: string[] = [];
	let heard = () => {};
	socket.on("message", (data: Buffer) => {
		messages.push(data.toString("hex"));
		heard();
	});
	const closed = new Promise<number>((resolve) => socket.once("close", resolve));
	await new Promise<void>((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	/** Resolves when this many bytes have come. */
	const bytes = async (count: number): Promise<string> => {
		while (messages.join("").length < 2 * count) await new Promise<void>((resolve) => (heard = resolve));
		return messages.join("");
	};
	return { socket, messages, closed, bytes };
}

describe("the listener for WebSockets", () => {
	it("[5.0 MQTT-6.0.0-4] [3.1.1: MQTT-6.0.0-4] selects the subprotocol mqtt, whatever else is offered", async () => {
		const { broker } = await open();
		const port = await openWebSocket(broker);
		for (const offered of [["mqtt"], ["other", "mqtt"]])
			expect((await dial(port, "/any?thing", offered)).socket.protocol).toBe("mqtt");
	});

	it("[5.0 MQTT-6.0.0-3] turns away who does not offer it, another path, and plain HTTP, and says why", async () => {
		const { broker } = await open();
		const port = await openWebSocket(broker, { path: "/mqtt" });
		await expect(dial(port, "/mqtt", ["other"])).rejects.toThrow("400");
		await expect(dial(port, "/mqtt", [])).rejects.toThrow("400");
		await expect(dial(port, "/")).rejects.toThrow("404");
		const status = new Promise((resolve) => {
			request({ port, host: "127.0.0.1" }, ({ statusCode }) => resolve(statusCode)).end();
		});
		expect(await status).toBe(426);
		expect(broker.counters.accepted).toBe(0);
		expect((await dial(port, "/mqtt?a=b")).socket.protocol).toBe("mqtt");
	});

	it("[5.0 MQTT-6.0.0-1] [3.1.1: MQTT-6.0.0-1] closes at a frame that is text", async () => {
		const { broker } = await open();
		const one = await dial(await openWebSocket(broker));
		one.socket.send("text");
		expect(await one.closed).toBe(1003);
		expect(broker.counters.connections).toBe(0);
	});

	it("[5.0 MQTT-6.0.0-2] [3.1.1: MQTT-6.0.0-2] takes packets however they are cut into frames", async () => {
		const { broker } = await open();
		const port = await openWebSocket(broker);
		const each = await dial(port);
		for (const byte of CONNECT) each.socket.send(Buffer.from([byte]));
		expect(await each.bytes(4)).toBe(CONNACK);
		const all = await dial(port);
		all.socket.send(Buffer.concat([CONNECT, PING, PING, PING.subarray(0, 1)]));
		all.socket.send(PING.subarray(1));
		expect(await all.bytes(10)).toBe(CONNACK + PONG.repeat(3));
		const parts = await dial(port);
		for (const byte of CONNECT) parts.socket.send(Buffer.from([byte]), { fin: false });
		parts.socket.ping();
		parts.socket.send(PING, { fin: true });
		expect(await parts.bytes(6)).toBe(CONNACK + PONG);
	});

	it("cuts its own frames as it is told", async () => {
		const { broker } = await open();
		const heard = async (options: object) => {
			const one = await dial(await openWebSocket(broker, options));
			one.socket.send(CONNECT);
			await one.bytes(4);
			return one.messages;
		};
		expect(await heard({})).toEqual([CONNACK]);
		expect(await heard({ frameBytes: 1 })).toEqual(["20", "02", "00", "00"]);
		const sizes = [3, 1];
		expect(await heard({ frameBytes: () => sizes.shift()! })).toEqual(["200200", "00"]);
		expect(await heard({ frameBytes: 1, fragmented: true })).toEqual([CONNACK]);
	});

	it("says goodbye in order, cuts without a word, and notices an end", async () => {
		const { broker, told } = await open();
		const port = await openWebSocket(broker);
		const enter = async () => {
			const one = await dial(port);
			one.socket.send(CONNECT);
			await one.bytes(4);
			return one;
		};
		const first = await enter();
		broker.disconnect("raw");
		expect(await first.closed).toBe(1000);
		const second = await enter();
		broker.restart({ keepSessions: false });
		expect(await second.closed).toBe(1006);
		const third = await enter();
		third.socket.terminate();
		await told((event) => event.kind === "disconnect" && event.by === "network");
		expect(broker.counters.connections).toBe(0);
	});

	it("holds messages back from a slow reader, who gets all of them", async () => {
		const limits = { sendBacklogBytes: 64 << 10, queuedMessages: 200, heldBytes: 1 << 30 };
		const { broker, told } = await open({ limits });
		const slow = await dial(await openWebSocket(broker));
		slow.socket.send(Buffer.concat([CONNECT, Buffer.from([0x82, 6, 0, 1, 0, 1, 97, 1])]));
		await told((event) => event.kind === "subscribe");
		slow.socket.pause();
		const payload = Buffer.alloc(100_000, 7);
		for (let number = 0; number < 100; number++) broker.publish({ topic: "a", payload, qos: 1 });
		await new Promise((resolve) => setImmediate(resolve));
		expect(broker.sessions()[0].waiting).toBeGreaterThan(0);
		slow.socket.resume();
		while (broker.sessions()[0].waiting > 0) await new Promise((resolve) => setImmediate(resolve));
		expect(broker.sessions()[0].inflight).toBe(100);
	});

	it("closes with everything that came through it, in the middle of a handshake, too", async () => {
		const { broker } = await open();
		const listener = new WebSocketListener(broker);
		const { port } = await listener.listen();
		const one = await dial(port);
		await listener.close();
		expect(await one.closed).toBe(1006);
		await expect(new WebSocketListener(broker, { port }).listen().then(() => "free")).resolves.toBe("free");
		await listener.close();
	});

	it("tells what TLS knows, like the plain listener", async () => {
		const server = { key: pem("server.key"), cert: pem("server.pem"), ca: pem("ca.pem") };
		const tls = { ...server, requestCert: true, rejectUnauthorized: false };
		const seen: unknown[] = [];
		const { broker } = await open({ authenticate: ({ tls: facts }) => seen.push(facts) > 0 });
		const port = await openWebSocket(broker, { tls });
		const client = { ca: pem("ca.pem"), key: pem("client.key"), cert: pem("client.pem") };
		for (const options of [client, { ca: client.ca }]) {
			const socket = new WebSocket(`wss://localhost:${port}`, ["mqtt"], options);
			atEnd(() => socket.terminate());
			await new Promise<void>((resolve) => socket.once("open", resolve));
			socket.send(CONNECT);
			await new Promise<void>((resolve) => socket.once("message", () => resolve()));
		}
		expect(seen).toEqual([
			{ servername: "localhost", alpn: undefined, certificate: "board-1" },
			{ servername: "localhost", alpn: undefined, certificate: undefined },
		]);
	});
});
