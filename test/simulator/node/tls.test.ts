// SPDX-License-Identifier: MIT
// alone: it opens sockets
import type { TlsOptions as ServerOptions, TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LinkFault } from "../../../lib/ports.js";
import { TcpDialler, TlsDialler, type TlsOptions } from "../../../simulator/node/index.js";
import { Peer, patterned, Recorder } from "../../contract/ends.js";
import { handles, type Loopback, listen, pem, settle, until } from "./loopback.js";

let server: Loopback;
let peers: Peer[];
let before: number;

async function serve(options: ServerOptions | undefined): Promise<void> {
	server = await listen(
		{
			accept(socket) {
				peers.push(new Peer(socket));
				return peers[peers.length - 1];
			},
		},
		options,
	);
}

function certified(name: string): ServerOptions {
	return { cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
}

function dialler(options: Partial<TlsOptions> = {}): TlsDialler {
	return new TlsDialler({ host: "127.0.0.1", port: server.port, ca: pem("ca.pem"), ...options });
}

beforeEach(() => {
	peers = [];
	before = handles().length;
});

afterEach(async () => {
	await server.close();
	await until(() => handles().length <= before);
});

describe("A TLS dialler refuses a certificate", () => {
	test.each([
		["expired", {}, LinkFault.Expired, /out of its dates.*clock/],
		["other", {}, LinkFault.HostName, /for another name/],
		["self-signed", {}, LinkFault.Certificate, /not trusted.*give the CA/],
		["server", { ca: undefined }, LinkFault.Certificate, /not trusted.*give the CA/],
		["server", { servername: "elsewhere.example" }, LinkFault.HostName, /for another name/],
	] as const)("%s with %o", async (name, options, fault, words) => {
		await serve(certified(name));
		const used = dialler(options);
		const link = new Recorder().dial(used);
		await until(() => link.faults.length > 0);
		await settle();
		expect(link.calls).toEqual(["error"]);
		expect(link.faults).toEqual([fault]);
		expect(used.lastError).toMatch(words);
	});
});

describe("A TLS dialler accepts", () => {
	test.each([
		["other", { servername: "elsewhere.example" }],
		["expired", { insecure: true }],
		["self-signed", { ca: pem("self-signed.pem") }],
		["server", { host: "localhost", localAddress: "127.0.0.1" }],
		["server", { ca: [pem("other.pem"), pem("ca.pem")] }],
	] as const)("%s with %o", async (name, options) => {
		await serve(certified(name));
		const link = new Recorder().dial(dialler(options as Partial<TlsOptions>));
		await until(() => link.calls.length > 0);
		expect(link.calls).toEqual(["writable"]);
		link.close();
	});

	test("and offers protocols by ALPN", async () => {
		await serve({ ...certified("server"), ALPNProtocols: ["mqtt"] });
		const link = new Recorder().dial(dialler({ alpn: ["mqtt"] }));
		await until(() => link.writables > 0 && server.sockets.size > 0);
		const [socket] = server.sockets as Set<TLSSocket>;
		expect(socket.alpnProtocol).toBe("mqtt");
		link.close();
	});
});

describe("A client certificate", () => {
	const mutual = (): ServerOptions => ({ ...certified("server"), ca: pem("ca.pem"), requestCert: true });

	test("is shown", async () => {
		await serve({ ...mutual(), rejectUnauthorized: true });
		const link = new Recorder().dial(dialler({ cert: pem("client.pem"), key: pem("client.key") }));
		await until(() => server.sockets.size > 0 && link.writables > 0);
		const [socket] = server.sockets as Set<TLSSocket>;
		expect(socket.getPeerCertificate().subject.CN).toBe("board-1");
		link.close();
	});

	test.each(["TLSv1.2", "TLSv1.3"] as const)("is missed with %s: the alert is told", async (version) => {
		await serve({ ...mutual(), rejectUnauthorized: true, minVersion: version, maxVersion: version });
		const used = dialler();
		const link = new Recorder().dial(used);
		await until(() => link.faults.length > 0);
		expect(link.faults).toEqual([LinkFault.Certificate]);
		expect(used.lastError).toMatch(/client certificate/);
	});

	test("without its key, or unreadable, is a mistake of the caller", async () => {
		await serve(certified("server"));
		expect(() => dialler({ cert: pem("client.pem") })).toThrow(/needs its key/);
		expect(() => dialler({ cert: "rubbish", key: "rubbish" })).toThrow(/must be PEM/);
		expect(() => dialler({ cert: pem("client.pem"), key: pem("server.key") })).toThrow(/cannot be used/);
	});
});

test("A peer that does not speak TLS is told apart", async () => {
	await serve(undefined);
	const used = dialler();
	const link = new Recorder().dial(used);
	await until(() => peers.length > 0);
	peers[0].socket.send(Buffer.from("hello, this is no TLS at all"));
	await until(() => link.faults.length > 0);
	expect(link.faults).toEqual([LinkFault.Certificate]);
	expect(used.lastError).toMatch(/does not speak TLS; use mqtt:/);
});

test("A handshake that never ends can be closed", async () => {
	await serve(undefined);
	const link = new Recorder().dial(dialler());
	await until(() => peers.length > 0 && peers[0].bytes > 0);
	link.close();
	await until(() => peers[0].closed === 1);
	await settle();
	expect(link.calls).toEqual([]);
});

test("A TLS server that is dialled without TLS ends the link", async () => {
	await serve(certified("server"));
	const link = new Recorder().dial(new TcpDialler({ host: "127.0.0.1", port: server.port }));
	await until(() => link.writables > 0);
	link.write(patterned(100));
	await until(() => link.faults.length > 0 || link.readable > 0);
	if (link.readable > 0) link.read(new Uint8Array(100), 0, 100);
	await until(() => link.faults.length > 0);
	expect([LinkFault.Closed, LinkFault.Reset]).toContain(link.faults[0]);
});
