// SPDX-License-Identifier: MIT
// alone: it opens sockets

import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { TcpListener } from "../../../simulator/broker/index.js";
import { atEnd, open } from "./real.js";

const file = (name: string) =>
	readFileSync(fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url)));
const CONNECT = Buffer.from([0x10, 15, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 3, 114, 97, 119]);

/** A raw socket; what it received, and its end. */
async function raw(port: number) {
	const socket = net.connect(port, "127.0.0.1");
	atEnd(() => socket.destroy());
	socket.on("error", () => {});
	const chunks: Buffer[] = [];
	socket.on("data", (chunk) => chunks.push(chunk));
	const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
	return { socket, closed, bytes: () => [...Buffer.concat(chunks)] };
}

describe("listener", () => {
	it("listens on loopback, on a port of its own", async () => {
		const { broker, listener, port } = await open();
		expect(port).toBeGreaterThan(1023);
		const one = await raw(port);
		expect(one.socket.remoteAddress).toBe("127.0.0.1");
		await listener.close();
		await one.closed;
		expect(broker.counters.connections).toBe(0);
		await expect(new TcpListener(broker, { port }).listen().then(() => "free")).resolves.toBe("free");
	});

	it("says when the port is taken", async () => {
		const { broker, port } = await open();
		await expect(new TcpListener(broker, { port }).listen()).rejects.toThrow("EADDRINUSE");
	});

	it("speaks TLS, and outlives a peer that does not", async () => {
		const { port, broker } = await open({}, { tls: { key: file("server.key"), cert: file("server.pem") } });
		const plain = await raw(port);
		plain.socket.write(CONNECT);
		await plain.closed;
		const half = await raw(port);
		half.socket.write(Buffer.from([0x16, 3, 1]));
		const client = await mqtt.connectAsync(`mqtts://localhost:${port}`, {
			ca: file("ca.pem"),
			reconnectPeriod: 0,
		});
		atEnd(() => client.endAsync(true));
		await client.subscribeAsync("a", { qos: 1 });
		const got = new Promise((resolve) =>
			client.once("message", (topic, payload) => resolve(`${topic}=${payload}`)),
		);
		await client.publishAsync("a", "x".repeat(100_000), { qos: 1 });
		expect(await got).toHaveLength(100_002);
		expect(broker.counters.clients).toBe(1);
	});

	it("agrees on a protocol by ALPN, chooses a certificate by SNI, and tells what was agreed", async () => {
		const seen: unknown[] = [];
		const other = tls.createSecureContext({ key: file("other.key"), cert: file("other.pem") });
		const { port } = await open(
			{ authenticate: (who) => seen.push(who.tls) > 0 },
			{
				tls: {
					key: file("server.key"),
					cert: file("server.pem"),
					ca: file("ca.pem"),
					requestCert: true,
					rejectUnauthorized: false,
					ALPNProtocols: ["x-amzn-mqtt-ca", "mqtt"],
					SNICallback: (name, done) => done(null, name === "elsewhere.example" ? other : undefined),
				},
			},
		);
		/** Dials, is let in, and returns whose certificate was shown. */
		const enter = async (options: tls.ConnectionOptions) => {
			const socket = tls.connect({ port, host: "127.0.0.1", ca: file("ca.pem"), ...options });
			atEnd(() => socket.destroy());
			await once(socket, "secureConnect");
			socket.write(CONNECT);
			await once(socket, "data");
			return socket.getPeerCertificate().subjectaltname;
		};
		const client = { key: file("client.key"), cert: file("client.pem") };
		expect(await enter({ servername: "elsewhere.example", ALPNProtocols: ["mqtt"] })).toMatch("elsewhere");
		expect(await enter({ servername: "localhost", ...client })).toMatch("localhost");
		expect(await enter({ servername: "" })).toMatch("localhost");
		expect(seen).toEqual([
			{ servername: "elsewhere.example", alpn: "mqtt", certificate: undefined },
			{ servername: "localhost", alpn: undefined, certificate: "board-1" },
			{ servername: undefined, alpn: undefined, certificate: undefined },
		]);
		await expect(enter({ servername: "localhost", ALPNProtocols: ["http/1.1"] })).rejects.toThrow(
			/alpn|alert/i,
		);
		expect(await raw((await open({ authenticate: (who) => who.tls === undefined })).port)).toBeDefined();
	});

	it("gathers what one turn sends: many acknowledgements, few writes", async () => {
		const { port } = await open();
		const one = await raw(port);
		const publish = Buffer.from([0x32, 6, 0, 1, 97, 0, 1, 33]);
		one.socket.write(Buffer.concat([CONNECT, ...new Array(1_000).fill(publish)]));
		while (one.bytes().length < 4 + 4 * 1_000)
			await new Promise<void>((resolve) => one.socket.once("data", () => resolve()));
		expect(one.bytes().slice(0, 8)).toEqual([0x20, 2, 0, 0, 0x40, 2, 0, 1]);
	});

	it("tells the reason before it closes, and does not reset a peer that still sends", async () => {
		const { port } = await open();
		const one = await raw(port);
		const v5 = Buffer.from([0x10, 16, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 3, 114, 97, 119]);
		one.socket.write(Buffer.concat([v5, Buffer.from([0x00, 0x00]), Buffer.alloc(200_000)]));
		await one.closed;
		const bytes = one.bytes();
		const connack = bytes[1] + 2;
		expect([bytes[connack], bytes[connack + 2]]).toEqual([0xe0, 0x81]);
	});

	it("a peer that resets, at any moment, harms nobody", async () => {
		const { port, broker, told } = await open();
		for (let round = 0; round < 50; round++) {
			const one = await raw(port);
			if (round % 2) one.socket.write(CONNECT);
			if (round % 3 === 0) one.socket.write(Buffer.alloc(50_000, 0x30));
			one.socket.resetAndDestroy();
		}
		const witness = await raw(port);
		witness.socket.write(CONNECT);
		await told((event) => event.kind === "connect" && event.clientId === "raw");
		while (broker.counters.connections > 1) await new Promise((resolve) => setImmediate(resolve));
		expect(broker.counters.clients).toBe(1);
	});

	it("a slow reader holds messages back and gets all of them", async () => {
		const { port, broker, told } = await open({
			limits: { sendBacklogBytes: 64 << 10, queuedMessages: 2_000, heldBytes: 1 << 30 },
		});
		const slow = await raw(port);
		const subscribe = [0x82, 6, 0, 1, 0, 1, 97, 1];
		slow.socket.write(Buffer.concat([CONNECT, Buffer.from(subscribe)]));
		await told((event) => event.kind === "subscribe");
		slow.socket.pause();
		const payload = Buffer.alloc(100_000, 7);
		for (let number = 0; number < 200; number++) broker.publish({ topic: "a", payload, qos: 1 });
		await new Promise((resolve) => setImmediate(resolve));
		expect(broker.sessions()[0].waiting).toBeGreaterThan(0);
		expect(broker.sessions()[0].waiting).toBeLessThan(200);
		slow.socket.resume();
		while (broker.sessions()[0].waiting > 0) await new Promise((resolve) => setImmediate(resolve));
		expect(broker.sessions()[0].inflight).toBe(200);
		expect(broker.counters.messagesOut).toBe(200);
	});
});

describe("garbage on the real port", () => {
	it("random bytes, a huge length, and a peer that says nothing leave the broker working", async () => {
		const seed = Number(process.env.SEED ?? 20_261_122);
		console.info(`garbage on the port: SEED=${seed}`);
		let state = seed;
		const next = () => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
		const { port, broker } = await open({ limits: { connectTimeoutMs: 200, lingerMs: 100 } });
		const mute = await raw(port);
		const huge = await raw(port);
		huge.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
		await huge.closed;
		for (let round = 0; round < 40; round++) {
			const one = await raw(port);
			one.socket.end(Buffer.from(Array.from({ length: 1 + (next() % 3_000) }, () => next() >>> 24)));
			await one.closed;
		}
		await mute.closed;
		const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
		atEnd(() => client.endAsync(true));
		await client.publishAsync("a", "x", { qos: 1 });
		expect(broker.counters.clients).toBe(1);
	});
});
