// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { type Link, LinkFault, type Transport } from "../../../lib/ports.js";
import { certificateMessage, hello, keyExchange, message, record } from "../../kit/ecma419/tls.js";
import { Bench, finished, good } from "./tls-bench.js";
import { der, keyOf } from "./tls-rig.js";

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
	["a signature of zeros", keyExchange(4, 3, [0x30, 6, 2, 1, 0, 2, 1, 0])],
	["a second number of zero", keyExchange(4, 3, [0x30, 6, 2, 1, 1, 2, 1, 0])],
	["a negative number", keyExchange(4, 3, [0x30, 6, 2, 1, 1, 2, 1, 0x80])],
	[
		"a number that is longer than the key",
		keyExchange(4, 3, [0x30, 38, 2, 33, 1, ...new Uint8Array(32), 2, 1, 1]),
	],
	["a signature of another kind than its key", keyExchange(4, 1, [...new Uint8Array(256)])],
	["something behind the signature", keyExchange(4, 3, [0x30, 6, 2, 1, 1, 2, 1, 1, 0])],
] as const)("a key exchange with %s is anybody's", (_what, exchange) => {
	const bench = new Bench().dial().arrive(good[0], good[1], record(22, exchange), good[3]);
	expect(bench.outcome).toEqual([[LinkFault.Certificate], "10.0.0.1:8883 does not sign its key."]);
});

const session = [...new Uint8Array(32).fill(5)];

test("who shows no certificate is nobody, unless our own session is resumed", () => {
	const stranger = new Bench().dial().arrive(good[0], record(22, message(14)), ...finished);
	expect(stranger.outcome[0]).toEqual([LinkFault.Certificate]);
	expect(stranger.dialler.lastError).toContain("sends handshake message 14 out of turn");
	const known = new Bench()
		.dial()
		.arrive(record(22, hello(3, session)), ...good.slice(1))
		.arrive(...finished);
	known.host.offers = session;
	known.link.calls.length = 0;
	known.dial().arrive(record(22, hello(3, session)), ...finished);
	expect(known.link.calls[0]).toBe("writable");
	expect(known.link.faults).toEqual([]);
	// The other session is none of ours: the SDK has one cache for the whole board.
	known.host.offers = [9, 9, 9, 9];
	known.link.calls.length = 0;
	known.dial().arrive(record(22, hello(3, [9, 9, 9, 9])), ...finished);
	expect(known.link.calls).toEqual(["error"]);
	expect(known.dialler.lastError).toContain("changes the cipher out of turn");
});

/** What a server may not do, with the genuine chain in its hands, which is public. Nothing but our hello may leave. */
const chain = good[1];
const oldHello = record(22, hello(2));
const goodbye = record(21, [1, 0]);
const renewal = record(22, message(0));
test.each([
	["an older version behind the chain", [chain, oldHello]],
	["an older version before the chain", [oldHello, chain]],
	["an older version", [oldHello]],
	["a newer version", [record(22, hello(4))]],
	["a polite alert behind the chain, and something behind that", [good[0], chain, goodbye, renewal]],
	["the same in one piece", [Buffer.concat([good[0], chain, goodbye, renewal])]],
	["the chain twice", [good[0], chain, chain]],
	["the hello twice", [good[0], good[0]]],
	["no key where one belongs", [good[0], chain, record(22, message(14))]],
	["a cipher that was not offered", [record(22, hello(3, [], 0xc02c))]],
	["a change of cipher before its turn", [good[0], chain, record(20, [1])]],
	["its end in the clear", [good[0], chain, good[2], finished[1]]],
	["another hello, please", [good[0], renewal]],
	["data in the clear, for later", [good[0], record(23, [0x20, 2, 0, 0])]],
	["data in the clear at once", [record(23, [0x20, 2, 0, 0])]],
	["a chain whose length is another", [good[0], record(22, message(11, [0, 0, 0]))]],
	["a record that is too long", [Uint8Array.of(22, 3, 3, 0x48, 1)]],
] as const)("refused before anything is said in the clear: %s", (_what, records) => {
	for (const offers of [[], session]) {
		const bench = new Bench();
		if (offers.length > 0) {
			bench
				.dial()
				.arrive(record(22, hello(3, session)), ...good.slice(1))
				.arrive(...finished);
			bench.types();
			bench.host.offers = offers;
			bench.link.calls.length = 0;
		}
		bench.dial();
		// Each record for itself: what TLSSocket reads ahead it throws away.
		for (const one of records) bench.arrive(one);
		bench.arrive(...finished);
		expect(bench.link.calls).toEqual(["error"]);
		expect(bench.types()).toEqual([22]);
	}
});

test("verify: false asks for no trust, not even the time, and leaves no session behind; but for cipher", () => {
	const bench = new Bench({ verify: false })
		.dial()
		.arrive(...good)
		.arrive(...finished);
	expect(bench.link.calls).toEqual(["writable"]);
	expect(bench.host.latest!.secure).toEqual({ serverName: "localhost", verify: false, cache: false });
	const clear = new Bench({ verify: false }).dial().arrive(oldHello);
	expect(clear.link.calls).toEqual(["error"]);
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
	bench.arrive(...good).arrive(...finished);
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
	bench
		.dial()
		.arrive(...good)
		.arrive(Buffer.concat([...finished]));
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
