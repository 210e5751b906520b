// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LinkFault } from "../../../lib/ports.js";
import { faultOf, wordsFor } from "../../../simulator/node/faults.js";
import { TcpDialler } from "../../../simulator/node/index.js";
import { Peer, pattern, patterned, Recorder } from "../../contract/ends.js";
import { handles, type Loopback, listen, settle, until } from "./loopback.js";

let server: Loopback;
let peers: Peer[];
let before: number;

beforeEach(async () => {
	peers = [];
	before = handles().length;
	server = await listen({
		accept(socket) {
			peers.push(new Peer(socket));
			return peers[peers.length - 1];
		},
	});
});

afterEach(async () => {
	await server.close();
	await until(() => handles().length <= before);
});

async function connect(options: { host?: string; localAddress?: string } = {}): Promise<Recorder> {
	const link = new Recorder().dial(new TcpDialler({ host: "127.0.0.1", port: server.port, ...options }));
	await until(() => link.calls.length > 0 && peers.length > 0);
	expect(link.calls).toEqual(["writable"]);
	return link;
}

describe("The TCP dialler", () => {
	test("dials from a given address of loopback", async ({ skip }) => {
		if (process.platform !== "linux") return skip("only Linux has all of 127.0.0.0/8");
		const link = await connect({ localAddress: "127.0.0.77", host: "localhost" });
		expect(peers[0].socket.address).toMatch(/^127\.0\.0\.77:/);
		link.close();
	});

	test("checks its options", () => {
		expect(() => new TcpDialler({ host: "" })).toThrow(/needs a host/);
		expect(() => new TcpDialler({ host: "h", port: 65536 })).toThrow(/1 to 65535/);
		const wrong = new TcpDialler({ host: "h", localAddress: "nonsense" });
		expect(() => wrong.dial(new Recorder())).toThrow(/no address/);
	});

	test("a close during the lookup is clean", async () => {
		const link = new Recorder().dial(new TcpDialler({ host: "ringbuoy.invalid" }));
		link.close();
		await settle();
		expect(link.calls).toEqual([]);
	});

	test("a reset is told as such", async () => {
		const link = await connect();
		for (const socket of server.sockets) socket.resetAndDestroy();
		await until(() => link.faults.length > 0);
		expect(link.faults).toEqual([LinkFault.Reset]);
	});

	test("a write without room and a range that is none are the caller's mistake", async () => {
		const link = await connect();
		const bytes = new Uint8Array(9000);
		expect(() => link.transport!.write(bytes, 0, 8193)).toThrow("would block");
		expect(() => link.transport!.write(bytes, 5, 4)).toThrow("write 5..4");
		expect(() => link.transport!.read(bytes, 0, 9001)).toThrow("read 0..9001");
		link.close();
	});

	test("the writes of one turn arrive as one piece", async () => {
		const link = await connect();
		for (let at = 0; at < 8000; at += 100) link.write(patterned(100, at));
		await until(() => peers[0].bytes === 8000);
		expect(peers[0].received).toHaveLength(1);
		link.close();
	});

	/** Writes through one overwritten buffer until nothing has gone out for a while; returns how much it took. */
	async function fillUp(link: Recorder): Promise<number> {
		const bytes = new Uint8Array(8192);
		let sent = 0;
		for (let stuck = 0; stuck < 200; stuck++) {
			const room = link.transport!.room;
			if (room > 0) stuck = 0;
			for (let i = 0; i < room; i++) bytes[i] = pattern(sent + i);
			link.write(bytes, 0, room);
			bytes.fill(0xee);
			sent += room;
			await settle0();
		}
		return sent;
	}

	test("while the peer does not read, room runs out, and what libuv still holds is not overwritten", async () => {
		const link = await connect();
		const [socket] = server.sockets;
		socket.pause();
		const sent = await fillUp(link);
		expect(sent).toBeGreaterThan(8192);
		expect(link.transport!.room).toBe(0);
		socket.resume();
		await until(() => peers[0].bytes === sent);
		let wrong = -1;
		const all = Buffer.concat(peers[0].received);
		for (let i = 0; i < sent && wrong < 0; i++) if (all[i] !== pattern(i)) wrong = i;
		expect(wrong).toBe(-1);
		link.close();
	});

	test("a client that answers every word about room with a byte neither recurses nor is left waiting", async () => {
		const link = await connect();
		let left = 20_000;
		link.onEach = (name) => {
			if (name === "writable" && left-- > 0) link.write(Uint8Array.of(1));
		};
		link.write(Uint8Array.of(1));
		await until(() => peers[0].bytes === 20_001);
		expect(link.faults).toEqual([]);
		link.close();
	});

	test("a close while the peer does not read frees the socket after a second", async () => {
		const link = await connect();
		const [socket] = server.sockets;
		socket.pause();
		await fillUp(link);
		link.close();
		expect(handles().length).toBe(before + 3); // the listener, its socket, ours
		await until(() => handles().length === before + 2);
		expect(link.faults).toEqual([]);
	});

	test("a close with nothing left to send is done at once", async () => {
		const link = await connect();
		const start = performance.now();
		link.close();
		await until(() => peers[0].closed === 1);
		expect(performance.now() - start).toBeLessThan(900);
	});
});

function settle0(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

describe("Node's errors become faults and words", () => {
	test.each([
		["ECONNREFUSED", LinkFault.Refused, /Nobody listens at h:1;/],
		["ENOTFOUND", LinkFault.Dns, /name h could not/],
		["EAI_AGAIN", LinkFault.Dns, /name h could not/],
		["ECONNRESET", LinkFault.Reset, /reset/],
		["EPIPE", LinkFault.Reset, /reset/],
		["ETIMEDOUT", LinkFault.TimedOut, /firewall/],
		["ENETUNREACH", LinkFault.NoNetwork, /network/],
		["EHOSTUNREACH", LinkFault.NoNetwork, /network/],
		["CERT_HAS_EXPIRED", LinkFault.Expired, /clock/],
		["CERT_NOT_YET_VALID", LinkFault.Expired, /clock/],
		["ERR_TLS_CERT_ALTNAME_INVALID", LinkFault.HostName, /another name/],
		["DEPTH_ZERO_SELF_SIGNED_CERT", LinkFault.Certificate, /give the CA/],
		["SELF_SIGNED_CERT_IN_CHAIN", LinkFault.Certificate, /give the CA/],
		["UNABLE_TO_VERIFY_LEAF_SIGNATURE", LinkFault.Certificate, /give the CA/],
		["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", LinkFault.Certificate, /give the CA/],
		["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", LinkFault.Certificate, /client certificate/],
		["ERR_SSL_WRONG_VERSION_NUMBER", LinkFault.Certificate, /does not speak TLS/],
		["ERR_SSL_NO_SHARED_CIPHER", LinkFault.Certificate, /handshake/],
		["EWHATEVER", LinkFault.Unknown, /failed: \(boom\)/],
	] as const)("%s", (code, fault, words) => {
		const error = Object.assign(new Error("boom"), { code });
		expect(faultOf(error)).toBe(fault);
		expect(wordsFor(fault, { host: "h", port: 1 }, error)).toMatch(words);
		expect(faultOf(new AggregateError([error]))).toBe(fault);
	});

	test("anything else is unknown, IPv6 gets its brackets", () => {
		for (const odd of [undefined, null, "text", 7, {}, new AggregateError([])]) expect(faultOf(odd)).toBe(0);
		expect(wordsFor(LinkFault.Closed, { host: "::1", port: 8 })).toMatch(/^\[::1\]:8 closed/);
	});
});
