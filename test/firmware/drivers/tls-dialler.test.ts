// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { type SecureOptions, TlsDialler } from "../../../firmware/drivers/tls-dialler.js";
import { type Link, LinkFault, type Transport } from "../../../lib/ports.js";
import { Recorder } from "../../contract/ends.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { VirtualTime } from "../../kit/ecma419/timer.js";
import {
	certificateMessage,
	certificates,
	keyExchange,
	message,
	record,
	serverHello,
	tlsHost,
	x509,
} from "../../kit/ecma419/tls.js";
import type { Network, Wire, WireEvents } from "../../kit/ecma419/wire.js";
import { der, keyOf } from "./tls-rig.js";

const finished = [record(20, [1]), record(22, message(20, new Uint8Array(12)))];
const good = [
	record(22, serverHello),
	record(22, certificateMessage([der("server"), der("ca")])),
	record(22, keyExchange()),
	record(22, message(14)),
];

/** A board in virtual time, at the near end of a wire whose far end the test is. */
class Bench {
	readonly time = new VirtualTime();
	readonly tcp;
	readonly host = tlsHost();
	readonly dialler: TlsDialler;
	readonly link = new Recorder();
	readonly sent: number[] = [];
	events!: WireEvents;
	ended = 0;
	readonly #queue: (() => void)[] = [];

	constructor(secure: SecureOptions = { ca: der("ca") }, onException?: (error: unknown) => void) {
		const network: Network = {
			post: (action) => void this.#queue.push(action),
			connect: (_address, _port, events): Wire => {
				this.events = events;
				return {
					send: (bytes) => {
						this.sent.push(...bytes);
						this.#queue.push(() => events.onSent(bytes.length));
					},
					hold: () => {},
					end: () => void this.ended++,
					reset: () => void this.ended++,
				};
			},
		};
		this.tcp = tcpHost(network);
		const clock = new DeviceClock({ Timer: this.time, Time: this.time });
		this.dialler = new TlsDialler({
			io: this.tcp.io,
			tls: this.host.tls,
			x509,
			certificates,
			secure: { serverName: "localhost", ...secure },
			memory: new DeviceMemory(64),
			clock,
			host: "10.0.0.1",
			...(onException === undefined ? {} : { onException }),
		});
	}

	/** Everything that is on its way. */
	run(): this {
		for (let i = 0; i < 1000 && this.#queue.length > 0; i++) this.#queue.shift()!();
		this.time.advance(1);
		while (this.#queue.length > 0) this.#queue.shift()!();
		return this;
	}

	dial(): this {
		this.link.dial(this.dialler);
		this.events?.onConnect();
		return this.run();
	}

	arrive(...records: Uint8Array[]): this {
		for (const one of records) this.events.onData(one);
		return this.run();
	}

	up(): this {
		this.dial().arrive(...good, ...finished);
		expect(this.link.calls).toEqual(["writable"]);
		return this;
	}

	/** Types of the records that were sent; forgets them. */
	types(): number[] {
		const types: number[] = [];
		for (let at = 0; at < this.sent.length; at += 5 + this.sent[at + 3] * 256 + this.sent[at + 4])
			types.push(this.sent[at]);
		this.sent.length = 0;
		return types;
	}

	/** The one fault that was told, and its words. */
	get outcome(): [LinkFault[], string] {
		expect(this.ended).toBeGreaterThan(0);
		return [this.link.faults, this.dialler.lastError];
	}
}

test("a handshake byte by byte, then data; each write is one record, also through a small window", () => {
	const bench = new Bench().dial();
	for (const one of [...good, ...finished]) for (const byte of one) bench.arrive(Uint8Array.of(byte));
	expect(bench.link.calls).toEqual(["writable"]);
	expect(bench.types()).toEqual([22, 22, 20, 22]);
	const room = bench.link.transport!.room;
	const bytes = new Uint8Array(300).fill(7);
	expect(bench.link.write(bytes)).toBe(room - 305);
	expect(bench.types()).toEqual([23]);
	bench.run();
	expect(bench.link.transport!.room).toBe(room);
	bench.arrive(record(23, [1, 2, 3]));
	expect(bench.link.readable).toBe(3);
	expect(bench.host.timers).toBe(0);
});

test("records that came together are announced one after the other, without the timer that nobody guards", () => {
	const bench = new Bench().up();
	const got: number[] = [];
	bench.link.onEach = (call) => {
		const bytes = new Uint8Array(10);
		if (call === "readable")
			for (let n = bench.link.read(bytes, 0, 10); n > 0; n = bench.link.read(bytes, 0, 10))
				got.push(...bytes.subarray(0, n));
	};
	bench.arrive(Buffer.concat([record(23, [1, 2]), record(23, [3]), record(23, [4, 5, 6])]));
	expect(got).toEqual([1, 2, 3, 4, 5, 6]);
	expect(bench.host.timers).toBe(0);
});

test("who reads later gets the next record a moment later", () => {
	const bench = new Bench().up();
	bench.arrive(Buffer.concat([record(23, [1, 2]), record(23, [3])]));
	expect(bench.link.readable).toBe(2);
	const bytes = new Uint8Array(10);
	expect(bench.link.read(bytes, 0, 10)).toBe(2);
	expect(bench.link.read(bytes, 2, 10)).toBe(0);
	bench.run();
	expect(bench.link.read(bytes, 2, 10)).toBe(1);
	expect([...bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
	expect(bench.host.timers).toBe(0);
});

test("a bad record behind a good one: what was good is read, then the link ends, and no exception leaves", () => {
	const bench = new Bench().up();
	const bytes = new Uint8Array(10);
	bench.arrive(Buffer.concat([record(23, [1, 2]), record(23, [0xbad % 256])]));
	expect(bench.link.calls).toEqual(["writable", "readable"]);
	expect(bench.link.read(bytes, 0, 10)).toBe(2);
	bench.run();
	expect(bench.outcome).toEqual([
		[LinkFault.Reset],
		"10.0.0.1:8883 broke the TLS session (recordProtocol: auth failed).",
	]);
});

test("a goodbye is an orderly end, an end without one has no reason", () => {
	const one = new Bench().up();
	one.arrive(record(21, [1, 0]));
	expect(one.outcome[0]).toEqual([LinkFault.Closed]);
	const two = new Bench().up();
	two.events.onEnd();
	two.run();
	expect(two.outcome[0]).toEqual([LinkFault.Unknown]);
});

test.each([
	["a cut", [], LinkFault.Reset, /middle of the TLS handshake.*client certificate\?$/],
	["a cut after the chain", good.slice(0, 2), LinkFault.Reset, /middle of the TLS handshake/],
	["an alert", [record(21, [2, 48])], LinkFault.Certificate, /CA of the client certificate \(alert 48\)\.$/],
	["our certificate's dates", [record(21, [2, 45])], LinkFault.Expired, /alert 45/],
	["a polite alert", [record(21, [1, 0])], LinkFault.Certificate, /closed the TLS session before it began/],
	["no TLS", [Buffer.from("\x20\x02\x00\x00\x02ab")], LinkFault.Certificate, /does not speak TLS 1\.2/],
	["a message in two records", [record(22, [11, 0, 0, 9, 1])], LinkFault.Certificate, /in several records/],
] as const)("%s in the handshake has a cause, once", (_what, records, fault, words) => {
	const bench = new Bench().dial().arrive(...records);
	bench.events.onEnd();
	bench.run();
	expect(bench.link.calls).toEqual(["error"]);
	expect(bench.outcome[0]).toEqual([fault]);
	expect(bench.dialler.lastError).toMatch(words);
});

test.each([
	["expired", [der("expired"), der("ca")], LinkFault.Expired, "2000-01-01 to 2001-01-01"],
	["another name", [der("other"), der("ca")], LinkFault.HostName, "for elsewhere.example, not for localhost"],
	[
		"forged, with the genuine CA behind it",
		[der("self-signed"), der("ca")],
		LinkFault.Certificate,
		"none of",
	],
	["no chain", [], LinkFault.Certificate, "no chain"],
	["garbage", [Uint8Array.of(1, 2, 3)], LinkFault.Certificate, "cannot be read"],
] as const)("a chain that is no good: %s", (_what, chain, fault, words) => {
	const bench = new Bench().dial().arrive(good[0], record(22, certificateMessage(chain)), good[2], good[3]);
	expect(bench.outcome[0]).toEqual([fault]);
	expect(bench.dialler.lastError).toContain(words);
	expect(bench.types()).toEqual([22]); // nothing was sent but the hello
});

test.each([
	["no hash", keyExchange(0, 3)],
	["no signature", keyExchange(4, 0)],
	["an old hash", keyExchange(2, 3)],
	["nothing behind the key", message(12, [3, 0, 23, 4, 1, 2, 3, 4])],
] as const)("a key exchange with %s is anybody's", (_what, exchange) => {
	const bench = new Bench().dial().arrive(good[0], good[1], record(22, exchange), good[3]);
	expect(bench.outcome).toEqual([[LinkFault.Certificate], "10.0.0.1:8883 does not sign its key."]);
});

test("who shows no certificate is nobody, unless a session is resumed", () => {
	const stranger = new Bench().dial().arrive(good[0], record(22, message(14)), ...finished);
	expect(stranger.outcome).toEqual([[LinkFault.Certificate], "10.0.0.1:8883 did not show who it is."]);
	const known = new Bench();
	known.host.offers = true;
	known.dial().arrive(good[0], ...finished);
	expect(known.link.calls).toEqual(["writable"]);
});

test("verify: false asks for nothing, not even the time, and leaves no session behind", () => {
	const bench = new Bench({ verify: false }).dial().arrive(good[0], record(22, message(14)), ...finished);
	expect(bench.link.calls).toEqual(["writable"]);
	expect(bench.host.latest!.secure).toEqual({ serverName: "localhost", verify: false, cache: false });
});

test("what the SDK is told: SNI, the client's chain and key, ALPN, fragments; and after a failure no old session", () => {
	const key = keyOf("client-rsa");
	const chain = [der("client-rsa")];
	const bench = new Bench({
		ca: [der("self-signed"), der("ca")],
		clientCertificates: chain,
		clientKey: key,
		alpn: "mqtt",
		maxFragment: 4096,
	}).dial();
	const common = { serverName: "localhost", verify: false, clientCertificates: chain, clientKey: key };
	const told = { ...common, applicationLayerProtocolNegotiation: "mqtt", tls_max_fragment_length: 4096 };
	expect(bench.host.latest!.secure).toEqual({ ...told, cache: true });
	bench.arrive(record(21, [2, 40]));
	bench.dial();
	expect(bench.host.latest!.secure).toEqual({ ...told, cache: false });
	bench.link.calls.length = 0;
	bench.arrive(...good, ...finished);
	expect(bench.link.calls).toEqual(["writable"]);
	bench.dial();
	expect(bench.host.latest!.secure).toEqual({ ...told, cache: true });
});

test.each(["writable", "readable", "error"])("close inside %s meets TLSSocket at rest", (when) => {
	const bench = new Bench();
	const calls: string[] = [];
	bench.link.onEach = (call) => {
		calls.push(call);
		if (call === "readable" && when === "error") bench.link.read(new Uint8Array(9), 0, 9);
		if (call === when) bench.link.close();
	};
	bench.dial().arrive(...good, Buffer.concat([...finished]));
	bench.arrive(Buffer.concat([record(23, [1]), record(23, [2]), record(21, [1, 0])]));
	expect(calls.at(-1)).toBe(when);
	expect(calls.filter((call) => call === when)).toHaveLength(1);
	bench.tcp.sockets[0].late(); // as the Linux socket does
	expect(calls.at(-1)).toBe(when);
});

test("an exception of the application is not one of TLS", () => {
	const thrown: unknown[] = [];
	const bench = new Bench(undefined, (error) => thrown.push(error)).up();
	const mine = new Error("mine");
	bench.link.onEach = (call) => {
		if (call === "readable") throw mine;
	};
	bench.arrive(record(23, [1]));
	expect(thrown).toEqual([mine]);
	expect(bench.link.faults).toEqual([]);
	bench.link.onEach = undefined;
	expect(bench.link.read(new Uint8Array(4), 0, 4)).toBe(1);
	bench.arrive(record(23, [2]));
	expect(bench.link.readable).toBe(1);
});

test("a socket that cannot be made, and one that nobody answers, are told as without TLS", () => {
	const bench = new Bench();
	bench.tcp.throwsNext = "no network";
	bench.link.dial(bench.dialler);
	bench.run();
	expect(bench.link.faults).toEqual([LinkFault.NoNetwork]);
	expect(bench.dialler.lastError).toMatch(/There is no network/);
	const refused = new Bench();
	refused.link.dial(refused.dialler);
	refused.events.onReset();
	refused.run();
	expect(refused.link.faults).toEqual([LinkFault.Refused]);
	expect(refused.dialler.lastError).toMatch(/^Nobody listens/);
});

test("a write that fails in the handshake ends it, also where the socket never says so", () => {
	const bench = new Bench();
	bench.link.dial(bench.dialler);
	bench.tcp.sockets[0].failWrites = true;
	bench.tcp.sockets[0].write = () => undefined; // `lin/tcp.c`: no error is told
	bench.events.onConnect();
	bench.run();
	expect(bench.link.calls).toEqual([]);
	bench.time.advance(500);
	expect(bench.link.faults).toEqual([LinkFault.Reset]);
});

test("before the board knows the time it asks nobody", () => {
	const { now } = Date;
	Date.now = () => 1000;
	try {
		const bench = new Bench();
		const link: Link = bench.link;
		const transport: Transport = bench.dialler.dial(link);
		expect(bench.tcp.sockets).toEqual([]);
		bench.run();
		expect(bench.link.faults).toEqual([LinkFault.Expired]);
		expect(bench.dialler.lastError).toMatch(/has to wait until this board knows the time/);
		transport.close();
	} finally {
		Date.now = now;
	}
});

test.each([
	["PEM in place of DER", { ca: Buffer.from("-----BEGIN CERTIFICATE-----".padEnd(80)) }, /must be DER/],
	["a certificate without a key", { clientCertificates: [der("client-rsa")] }, /needs its key/],
	["a key without a certificate", { clientKey: keyOf("client-rsa") }, /needs its key/],
	[
		"a key that the SDK cannot sign with",
		{ clientCertificates: [der("client")], clientKey: keyOf("client") },
		/must be RSA/,
	],
] as const)("%s is a mistake", (_what, secure, words) => {
	expect(() => new Bench(secure)).toThrow(words);
});
