// SPDX-License-Identifier: MIT
// alone: servers, and processes
/** The way to a broker, against servers that fail in one way each. */
import type { TlsOptions } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Broker, TcpListener } from "../../../simulator/broker/index.js";
import { parseOptions, SIM_OPTIONS } from "../../../simulator/cli/options.js";
import { preflight, type Step, type Surroundings } from "../../../simulator/cli/preflight.js";
import { simSettings } from "../../../simulator/cli/settings.js";
import { NodeSchedule } from "../../../simulator/node/index.js";
import type { Acceptor } from "../../../simulator/seams.js";
import { encode } from "../../kit/peer.js";
import { freePort, handles, type Loopback, listen, pem, until } from "../node/loopback.js";
import { Run } from "./run.js";

const fixtures = new URL("../../fixtures/tls/", import.meta.url).pathname;
const secure = (name: string, more: TlsOptions = {}): TlsOptions => ({
	cert: pem(`${name}.pem`),
	key: pem(`${name}.key`),
	...more,
});
const CA = `--ca ${fixtures}ca.pem`;

let before: number;
let open: { close(): Promise<void> }[];

beforeEach(() => {
	before = handles().length;
	open = [];
});

afterEach(async () => {
	for (const one of open) await one.close();
	await until(() => handles().length <= before);
});

async function serve(acceptor: Acceptor, tls?: TlsOptions): Promise<number> {
	const server: Loopback = await listen(acceptor, tls);
	open.push(server);
	return server.port;
}

/** Answers CONNECT with these bytes; without any, closes. */
function answering(answer?: Uint8Array): Acceptor {
	return {
		accept: (socket) => ({
			onData: () => (answer === undefined ? socket.end() : socket.send(answer)),
			onDrain() {},
			onClose() {},
		}),
	};
}

const connack = (reasonCode: number): Acceptor =>
	answering(encode({ cmd: "connack", sessionPresent: false, reasonCode }, 5));
const good = connack(0);
const mute: Acceptor = { accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) };

/** Each step as `ok DNS` or `-- DNS`, with all of them as they are. */
async function go(
	line: string,
	surroundings: Partial<Surroundings> = {},
): Promise<{ said: string[]; last: Step; well: boolean; steps: Step[] }> {
	const typed = parseOptions(line.split(" "), SIM_OPTIONS);
	const settings = simSettings(typed, {});
	const steps: Step[] = [];
	const here = { ...settings, broker: settings.broker!, clientId: typed.get("name") };
	const well = await preflight(here, (step) => steps.push(step), surroundings);
	for (const { ok, advice, step } of steps) expect(ok, step).toBe(advice === "");
	return {
		said: steps.map(({ ok, step }) => `${ok ? "ok" : "--"} ${step}`),
		last: steps.at(-1)!,
		well,
		steps,
	};
}

describe("The way to a broker", () => {
	test("all is well over TCP, with our own broker", async () => {
		const broker = new Broker({ schedule: new NodeSchedule() });
		const listener = new TcpListener(broker, { port: 0 });
		const { port } = await listener.listen();
		for (const protocol of ["4", "5"]) {
			const { said, well, last } = await go(
				`--broker mqtt://127.0.0.1:${port} --protocol ${protocol} --name me`,
			);
			expect(said).toEqual(["ok TCP", "ok MQTT"]);
			expect(last.found).toBe(`the broker accepts me, in MQTT ${protocol === "4" ? "3.1.1" : "5.0"}`);
			expect(well).toBe(true);
		}
		broker.close();
		await listener.close();
	});

	test("all is well over TLS, with ALPN", async () => {
		const port = await serve(good, secure("server", { ALPNProtocols: ["mqtt"] }));
		const { said, well, steps } = await go(`--broker mqtts://localhost:${port} ${CA} --alpn mqtt`);
		expect(said).toEqual([
			"ok DNS",
			"ok TCP",
			"ok TLS",
			"ok clock",
			"ok CA",
			"ok name",
			"ok ALPN",
			"ok MQTT",
		]);
		expect(well).toBe(true);
		expect(steps[4].found).toBe("Ringbuoy test authority vouches for it");
	});

	test("DNS: a name that nobody knows, and a name server that is silent", async () => {
		const unknown = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
		const one = await go("--broker mqtt://borker", { resolve: unknown });
		expect(one.said).toEqual(["-- DNS"]);
		expect(one.last).toMatchObject({
			found: "borker has no address (ENOTFOUND)",
			advice: "check its spelling",
		});
		const silent = () => new Promise<string[]>(() => {});
		const two = await go("--broker mqtt://broker", { resolve: silent, deadlineMs: 20 });
		expect(two.last.found).toMatch(/name servers do not answer/);
		const none = await go("--broker mqtt://broker", { resolve: async () => [] });
		expect(none.said).toEqual(["-- DNS"]);
	});

	test("TCP: nobody listens", async () => {
		const { said, last } = await go(`--broker mqtt://127.0.0.1:${await freePort()}`);
		expect(said).toEqual(["-- TCP"]);
		expect(last.found).toMatch(/^Nobody listens at 127\.0\.0\.1:/);
	});

	test("TLS: the port speaks none, or does not answer", async () => {
		const plain = await serve(answering(Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")));
		const one = await go(`--broker mqtts://127.0.0.1:${plain}`);
		expect(one.said).toEqual(["ok TCP", "-- TLS"]);
		expect(one.last.found).toMatch(/does not speak TLS/);
		const silent = await serve(mute);
		const two = await go(`--broker mqtts://127.0.0.1:${silent}`, { deadlineMs: 50 });
		expect(two.last.found).toMatch(/does not answer the handshake/);
		const closing = await serve(answering());
		const three = await go(`--broker mqtts://127.0.0.1:${closing}`);
		expect(three.said).toEqual(["ok TCP", "-- TLS"]);
	});

	test("TLS: a client certificate is missing", async () => {
		const mutual = {
			ca: pem("ca.pem"),
			requestCert: true,
			rejectUnauthorized: true,
			maxVersion: "TLSv1.2",
		} as const;
		const port = await serve(good, secure("server", mutual));
		const { said, last } = await go(`--broker mqtts://127.0.0.1:${port} ${CA}`);
		expect(said).toEqual(["ok TCP", "-- TLS"]);
		expect(last.advice).toMatch(/--cert FILE --key FILE/);
		const shown = `--cert ${fixtures}client.pem --key ${fixtures}client.key`;
		expect((await go(`--broker mqtts://127.0.0.1:${port} ${CA} ${shown}`)).well).toBe(true);
	});

	test("TLS 1.3 tells of a missing client certificate after the handshake", async () => {
		const mutual = {
			ca: pem("ca.pem"),
			requestCert: true,
			rejectUnauthorized: true,
			minVersion: "TLSv1.3",
		} as const;
		const port = await serve(good, secure("server", mutual));
		const { said, last } = await go(`--broker mqtts://127.0.0.1:${port} ${CA}`);
		expect(said.at(-1)).toBe("-- MQTT");
		expect(last.found + last.advice).toMatch(/client certificate/);
	});

	test("clock: never set, before the certificate, after it", async () => {
		const port = await serve(good, secure("server"));
		const at = (year: number) =>
			go(`--broker mqtts://127.0.0.1:${port} ${CA}`, { now: () => Date.UTC(year, 1, 3) });
		const unset = await at(1970);
		expect(unset.said).toEqual(["ok TCP", "ok TLS", "-- clock", "ok CA", "ok name"]);
		expect(unset.steps[2]).toMatchObject({ found: "the clock says 1970-02-03: it was never set" });
		const late = await at(2121);
		expect(late.steps[2].found).toMatch(/of localhost ended on 2120-01-01, and the clock says 2121-02-03/);
		expect(late.well).toBe(false);
	});

	test("clock: a certificate that is out of its dates", async () => {
		const port = await serve(good, secure("expired"));
		const { said, steps } = await go(`--broker mqtts://127.0.0.1:${port} ${CA}`);
		expect(said).toEqual(["ok TCP", "ok TLS", "-- clock", "ok CA", "ok name"]);
		expect(steps[2].found).toMatch(/ended on 2001-01-01/);
		expect(steps[2].advice).toMatch(/clock.*renewed/);
	});

	test("CA: signed by nobody we know; with --insecure that is told, and the way goes on", async () => {
		const port = await serve(good, secure("self-signed"));
		const { said, steps } = await go(`--broker mqtts://localhost:${port}`);
		expect(said).toEqual(["ok DNS", "ok TCP", "ok TLS", "ok clock", "-- CA", "ok name"]);
		expect(steps[4].advice).toMatch(/--ca FILE/);
		const wrong = await go(`--broker mqtts://localhost:${port} ${CA}`);
		expect(wrong.steps[4].advice).toMatch(/--ca is not the authority/);
		const careless = await go(`--broker mqtts://localhost:${port} --insecure`);
		expect(careless.said.slice(4)).toEqual(["ok CA", "ok name", "ok MQTT"]);
		expect(careless.steps[4].found).toMatch(/not trusted .*--insecure/);
	});

	test("name: the certificate is for another", async () => {
		const port = await serve(good, secure("other"));
		const { said, last } = await go(`--broker mqtts://localhost:${port} ${CA}`);
		expect(said.slice(2)).toEqual(["ok TLS", "ok clock", "ok CA", "-- name"]);
		expect(last.found).toBe("the certificate is for DNS:elsewhere.example, not for localhost");
	});

	test("ALPN: the server knows another protocol, or none", async () => {
		const picky = await serve(good, secure("server", { ALPNProtocols: ["http/1.1"] }));
		const one = await go(`--broker mqtts://localhost:${picky} ${CA} --alpn mqtt`);
		expect(one.said.at(-1)).toBe("-- ALPN");
		const deaf = await serve(good, secure("server"));
		const two = await go(`--broker mqtts://localhost:${deaf} ${CA} --alpn mqtt`);
		expect(two.said.at(-1)).toBe("-- ALPN");
		expect(two.last.found).toBe("mqtt was offered, and the server chose nothing");
	});

	test.each([
		[0x87, /not authorized/, /--user and --password/],
		[0x85, /client identifier/, /--name/],
		[0x84, /version of MQTT/, /--protocol/],
		[0x9d, /moved for good/, /--broker/],
	])("MQTT: CONNACK with %i", async (reasonCode, found, advice) => {
		const port = await serve(connack(reasonCode));
		const { said, last } = await go(`--broker mqtt://127.0.0.1:${port}`);
		expect(said).toEqual(["ok TCP", "-- MQTT"]);
		expect(last.found).toMatch(found);
		expect(last.advice).toMatch(advice);
	});

	test("MQTT: nobody there speaks it", async () => {
		const silent = await go(`--broker mqtt://127.0.0.1:${await serve(mute)}`, { deadlineMs: 50 });
		expect(silent.last.found).toMatch(/takes the connection and says nothing/);
		const closing = await go(`--broker mqtt://127.0.0.1:${await serve(answering())}`);
		expect(closing.last.found).toMatch(/closed the connection instead of answering/);
		const web = await go(
			`--broker mqtt://127.0.0.1:${await serve(answering(Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")))}`,
		);
		expect(web.last.found).toMatch(/not as an MQTT broker/);
	});
});

describe("Known services", () => {
	const resolve = () => Promise.reject(new Error("no network in this test"));
	const to = async (line: string) => (await go(line, { resolve })).steps[0];

	test.each([
		["mqtts://abc-ats.iot.eu-central-1.amazonaws.com --cert CERT --key KEY", ""],
		["mqtts://abc-ats.iot.eu-central-1.amazonaws.com:443 --user u --password p", ""],
		["mqtts://abc-ats.iot.eu-central-1.amazonaws.com", "AWS IoT Core wants a client certificate there"],
		[
			"mqtt://abc-ats.iot.eu-central-1.amazonaws.com",
			"AWS IoT Core listens at mqtts://…:8883, mqtts://…:443, wss://…:443/mqtt only",
		],
		["mqtts://x.s1.eu.hivemq.cloud --user u --password p", ""],
		["mqtts://x.s1.eu.hivemq.cloud", "HiveMQ Cloud wants user and password"],
		[
			"mqtts://x.s1.eu.hivemq.cloud:1883 --user u",
			"HiveMQ Cloud listens at mqtts://…:8883, wss://…:8884/mqtt only",
		],
	])("%s", async (line, found) => {
		const files = line.replace("CERT", `${fixtures}client.pem`).replace("KEY", `${fixtures}client.key`);
		const step = await to(`--broker ${files}`);
		expect(step.step).toBe("service");
		if (found === "") expect(step).toMatchObject({ ok: true });
		else expect(step).toMatchObject({ ok: false, found });
	});

	test("what they do not have is refused before a run begins", () => {
		const parse = (line: string) => simSettings(parseOptions(line.split(" "), SIM_OPTIONS), {});
		expect(() => parse("--broker mqtts://a.iot.us-east-1.amazonaws.com --qos 2")).toThrow(
			/AWS IoT Core has no QoS 2; choose --qos 1/,
		);
		expect(parse("--broker mqtts://a.hivemq.cloud --qos 2").qos).toBe(2);
		expect(() => parse("--profile azure")).toThrow(/--profile must be one of default, hivemq, aws, tiny/);
		expect(() => parse("--broker mqtt://a --profile aws")).toThrow(/--profile is for our own broker/);
		expect(() => parse("--broker mqtts://a --alpn a,b")).toThrow(/--alpn must be/);
		expect(() => parse("--broker mqtt://a --alpn mqtt")).toThrow(/--alpn is for TLS/);
	});
});

test("ringbuoy doctor --broker: a line for each step, and JSON", async () => {
	const port = await serve(connack(0x87));
	const text = new Run(["doctor", "--broker", `mqtt://127.0.0.1:${port}`]);
	expect(await text.exit).toBe(1);
	expect(text.stdout).toMatch(/^ok {2}TCP .*\n-- {2}MQTT .*not authorized\n {13}check --user/);
	const json = new Run(["doctor", "--json", "--broker", `mqtt://127.0.0.1:${port}`]);
	expect(await json.exit).toBe(1);
	expect(JSON.parse(json.stdout.trim().split("\n")[1])).toMatchObject({ step: "MQTT", ok: false });
	const wrong = new Run(["doctor", "--broker", "mqtt://"]);
	expect(await wrong.exit).toBe(2);
	expect(wrong.stderr).toMatch(/the host is missing/);
	const lonely = new Run(["doctor", "--user", "u"]);
	expect(await lonely.exit).toBe(2);
	expect(lonely.stderr).toMatch(/--user is for --broker URL/);
});
