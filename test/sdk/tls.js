// SPDX-License-Identifier: MIT
/**
 * TLS of the SDK against mosquitto and against servers that behave badly: each failure has a cause, and none of them ends the
 * machine. The certificates are those of test/fixtures/tls, as resources in DER.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { Broker, freePort } from "./broker.js";
import { cache } from "./sdk.js";

/** @typedef {import("./cases.js").Case} Case @typedef {import("./cases.js").Peer} Peer */

const fixtures = fileURLToPath(new URL("../fixtures/tls", import.meta.url));
const resources = join(cache, "tls-resources");
const fixture = (/** @type {string} */ name) => join(fixtures, name);
const pem = (/** @type {string} */ name) => readFileSync(fixture(name), "utf8");

/** Certificates and keys in DER, chains in PEM. */
function prepare() {
	mkdirSync(resources, { recursive: true });
	for (const name of ["ca", "server", "expired", "other", "self-signed", "client-rsa"]) {
		writeFileSync(join(resources, `${name}.der`), new X509Certificate(pem(`${name}.pem`)).raw);
		const key = createPrivateKey(pem(`${name}.key`)).export({ format: "der", type: "pkcs8" });
		writeFileSync(join(resources, `${name}.key.der`), key);
		// The authority's own certificate behind it, as a broker has it that was set up with care.
		writeFileSync(join(resources, `${name}-chain.pem`), pem(`${name}.pem`) + pem("ca.pem"));
	}
	const roots = join(process.env["MODDABLE"] ?? "", "modules", "crypt", "data", "ca", "ca.ski");
	const nearby = join(process.env["MODDABLE"] ?? "", "modules", "crypt", "data", "ca.ski");
	for (const path of [roots, nearby]) if (existsSync(path)) copyFileSync(path, join(resources, "ca.ski"));
}

prepare();

/** Configuration of a listener. @param {string} name @param {boolean} alone without the authority's certificate @param {boolean} client */
function listener(name, alone = false, client = false) {
	const chain = alone ? fixture(`${name}.pem`) : join(resources, `${name}-chain.pem`);
	const lines = [`certfile ${chain}`, `keyfile ${fixture(`${name}.key`)}`];
	return client ? [...lines, `cafile ${fixture("ca.pem")}`, "require_certificate true"] : lines;
}

const ours = { resources, roots: "ca.der", speed: 1 };
const withClient = { ...ours, client: "client-rsa" };
const Fault = { None: -1, Refused: 2, Reset: 3, TimedOut: 5, Certificate: 7, HostName: 8, Expired: 9 };

/** @param {string} name @param {string[]} broker @param {number} fault @param {string} words @param {Record<string, string | number>} [more] @returns {Case} */
function outcome(name, broker, fault, words, more = {}) {
	return {
		name: `TLS: ${name}`,
		app: "tls",
		broker,
		args: { ...ours, case: "outcome", fault, words, ...more },
	};
}

/** A server that does this with each connection. @param {(socket: import("node:net").Socket) => void} serve */
function server(serve) {
	return async () => {
		const listening = createServer((socket) => {
			socket.on("error", () => {});
			serve(socket);
		}).listen(0, "127.0.0.1");
		await once(listening, "listening");
		return peerOf(listening);
	};
}

/** @param {import("node:net").Server} listening @param {() => Promise<void>} [more] @returns {Peer} */
function peerOf(listening, more = async () => {}) {
	const sockets = new Set();
	listening.on("connection", (socket) => void sockets.add(socket));
	const { port } = /** @type {import("node:net").AddressInfo} */ (listening.address());
	return {
		port,
		log: "",
		restart: async () => {},
		async stop() {
			for (const socket of sockets) socket.destroy();
			listening.close();
			await more();
		},
	};
}

/** Answers the first bytes with these, and ends the connection or not. @param {number[] | string} bytes @param {boolean} end */
const answers = (bytes, end = false) =>
	server((socket) =>
		socket.once("data", () => {
			const answer = Buffer.from(/** @type {string} */ (bytes));
			if (end) socket.end(answer);
			else socket.write(answer);
		}),
	);

/** A broker behind a wire that breaks when so many bytes have come from it. @param {number} bytes */
function cutAfter(bytes) {
	return async () => {
		const broker = new Broker();
		await broker.start(listener("server", false, true));
		const make = server((socket) => {
			let left = bytes;
			const far = connect(broker.port, "127.0.0.1");
			far.on("error", () => {});
			socket.on("data", (chunk) => far.write(chunk));
			socket.on("close", () => far.destroy());
			far.on("data", (chunk) => {
				socket.write(chunk.subarray(0, left));
				left -= chunk.length;
				if (left <= 0) socket.end(() => socket.destroy());
			});
		});
		const peer = await make();
		return { ...peer, stop: async () => void (await Promise.all([peer.stop(), broker.stop()])) };
	};
}

/** @param {import("node:tls").TlsOptions} options @param {(socket: import("node:tls").TLSSocket) => void} [serve] */
function tlsServer(options, serve = () => {}) {
	return async () => {
		const listening = createTlsServer(
			{ cert: readFileSync(join(resources, "server-chain.pem")), key: pem("server.key"), ...options },
			serve,
		).listen(0, "127.0.0.1");
		listening.on("tlsClientError", () => {});
		await once(listening, "listening");
		return peerOf(listening);
	};
}

/** A hello of TLS 1.x. @param {number} minor */
const helloRecord = (minor) => [22, 3, 3, 0, 42, 2, 0, 0, 38, 3, minor, ...new Uint8Array(33), 0xc0, 0x2b, 0];

/** The genuine certificate. */
function chainRecord() {
	const der = readFileSync(join(resources, "server.der"));
	const sized = (/** @type {number} */ size) => [0, size >> 8, size & 255];
	const { length } = der;
	return [
		22,
		3,
		3,
		(length + 10) >> 8,
		(length + 10) & 255,
		11,
		...sized(length + 6),
		...sized(length + 3),
		...sized(length),
		...der,
	];
}

const good = listener("server");
const mutual = listener("server", false, true);

/** @type {Case[]} */
const outcomes = [
	outcome("a client certificate", mutual, Fault.None, "", withClient),
	outcome("three connections, the session is resumed", mutual, Fault.None, "", { ...withClient, dials: 3 }),
	outcome("three full handshakes", mutual, Fault.None, "", { ...withClient, dials: 3, resume: "no" }),
	outcome("the second of two roots", good, Fault.None, "", { roots: "self-signed.der,ca.der" }),
	outcome("the broker sends its certificate alone", listener("server", true), Fault.None, ""),
	outcome("another CA", good, Fault.Certificate, "none of the trusted roots", { roots: "self-signed.der" }),
	outcome("another CA, of another kind", good, Fault.Certificate, "none of", { roots: "client-rsa.der" }),
	outcome("another CA, certificate alone", listener("server", true), Fault.Certificate, "none of", {
		roots: "other.der",
	}),
	outcome(
		"a forged certificate with the genuine CA behind it",
		listener("self-signed"),
		Fault.Certificate,
		"none of",
	),
	outcome("expired", listener("expired"), Fault.Expired, "2000-01-01 to 2001-01-01", { dials: 2 }),
	outcome("another name", listener("other"), Fault.HostName, "for elsewhere.example, not for localhost"),
	// The Linux socket of the SDK loses the alert that a board would read.
	outcome("no client certificate where one is wanted", mutual, Fault.Reset, "client certificate"),
	outcome("the clock is not set", good, Fault.Expired, "knows the time", { time: "unset" }),
	outcome("a port without TLS", [], Fault.Reset, "its TLS port"),
];

/** @type {[string, () => Promise<Peer>, number, string][]} */
const wayward = [
	...[0, 3, 60, 300, 600, 1000].map(
		(bytes) =>
			/** @type {[string, () => Promise<Peer>, number, string]} */ ([
				`a cut ${bytes} bytes into the handshake`,
				cutAfter(bytes),
				Fault.Reset,
				"middle of the TLS handshake",
			]),
	),
	["HTTP", answers("HTTP/1.1 400 Bad Request\r\n\r\n", true), Fault.Reset, "its TLS port"],
	["an unknown message", answers([22, 3, 3, 0, 4, 99, 0, 0, 0]), Fault.Certificate, "out of turn"],
	["an unknown record", answers([99, 3, 3, 0, 4, 1, 2, 3, 4]), Fault.Certificate, "bad data"],
	["half a hello", answers([22, 3, 3, 0, 6, 2, 0, 0, 2, 3, 3]), Fault.Certificate, "does not speak TLS"],
	// It has the genuine chain, which is public, and lets the SDK go on in the clear.
	[
		"an older version behind the chain",
		answers([...chainRecord(), ...helloRecord(2)]),
		Fault.Certificate,
		"out of turn",
	],
	["an older version", answers(helloRecord(2)), Fault.Certificate, "does not speak TLS 1.2"],
	[
		"data in the clear",
		answers([...helloRecord(3), 23, 3, 3, 0, 1, 0]),
		Fault.Certificate,
		"in the middle of",
	],
	["a record for which there is no room", answers([22, 3, 3, 0x7f, 0xf0]), Fault.Certificate, "too long"],
	[
		"a polite alert in place of a hello",
		answers([21, 3, 3, 0, 2, 1, 0], true),
		Fault.Certificate,
		"before it began",
	],
	["an alert in place of a hello", answers([21, 3, 3, 0, 2, 2, 48], true), Fault.Certificate, "alert 48"],
	["TLS 1.3 only", tlsServer({ minVersion: "TLSv1.3" }), Fault.Certificate, "alert 70"],
];

/** As AWS IoT Core is on port 443: the name of SNI leads to the certificate, and the protocol of ALPN to MQTT. */
const shared = tlsServer({
	cert: readFileSync(join(resources, "other-chain.pem")),
	key: pem("other.key"),
	ALPNProtocols: ["x-amzn-mqtt-ca"],
	SNICallback(name, done) {
		const [cert, key] = [readFileSync(join(resources, "server-chain.pem")), pem("server.key")];
		done(null, name === "localhost" ? createSecureContext({ cert, key }) : undefined);
	},
});

/** @type {Case[]} */
const sharing = [
	{
		...outcome("SNI and ALPN on a shared port", [], Fault.None, "", { alpn: "x-amzn-mqtt-ca" }),
		peer: shared,
	},
	{
		...outcome("a shared port that does not know the protocol", [], Fault.Certificate, "alert 120", {
			alpn: "mqtt",
		}),
		peer: shared,
	},
	{
		...outcome("a shared port that knows another name", [], Fault.HostName, "not for broker", {
			alpn: "x-amzn-mqtt-ca",
			server: "broker",
		}),
		peer: shared,
	},
];

/** @type {Case[]} */
const failures = wayward.map(([name, peer, fault, words]) => ({
	...outcome(name, [], fault, words, withClient),
	peer,
}));

/** Slots per message as they were measured, and a fifth more. */
const SLOTS_MOST = [40, 230, 460];

/** @type {Case[]} */
const messages = [];
for (const version of [5, 4])
	for (const qos of [0, 1, 2]) {
		const name = `TLS: ${version === 5 ? "5.0" : "3.1.1"}, QoS ${qos}, out`;
		const args = {
			...withClient,
			version,
			qos,
			echo: "no",
			store: "ram",
			speed: 10,
			"slots-most": SLOTS_MOST[qos],
		};
		messages.push({ name, app: "tls", broker: mutual, args });
	}

/** A mosquitto of 2.0 wants one listener without WebSocket. @returns {Promise<Peer>} */
async function webSocketBroker() {
	const broker = new Broker();
	await broker.start(["protocol websockets", `listener ${await freePort()} 127.0.0.1`]);
	return broker;
}

/** Over TCP, so nothing may be allocated. @type {Case[]} */
const frames = [];
for (const version of [5, 4])
	for (const qos of [0, 1, 2]) {
		const name = `WebSocket: ${version === 5 ? "5.0" : "3.1.1"}, QoS ${qos}, out and in`;
		const args = { websocket: "yes", version, qos, echo: "yes", store: "ram" };
		frames.push({ name, app: "tls", peer: webSocketBroker, args });
	}

const restarts = [1, 2].map((qos) => ({
	name: `TLS: 3.1.1, QoS ${qos}, out and in, four broker restarts`,
	app: "tls",
	broker: mutual,
	args: {
		...withClient,
		version: 4,
		qos,
		echo: "yes",
		store: "flash",
		restarts: 4,
		forgets: "no",
		speed: 10,
	},
}));

/** @type {Case[]} */
const sensors = ["default", "tiny"].map((limits) => ({
	name: `TLS: sensor, ${limits} limits, store in ram`,
	app: "tls",
	broker: mutual,
	args: { ...withClient, case: "sensor", version: 5, store: "ram", limits, speed: 40 },
}));

export const TLS_CASES = [
	...outcomes,
	...sharing,
	...failures,
	...messages,
	...frames,
	...restarts,
	...sensors,
];
export const TLS_SMALLEST = sensors;
