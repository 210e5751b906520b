// SPDX-License-Identifier: MIT
/** Foreign clients over real TCP: MQTT.js, and mosquitto_pub and mosquitto_sub where they are installed. */

import { execFile, spawn, spawnSync } from "node:child_process";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { describe, expect, it } from "vitest";
import { atEnd, open } from "./real.js";
import { VERSIONS } from "./rig.js";

interface Got {
	topic: string;
	text: string;
	qos: number;
	retain: boolean;
	properties: Record<string, unknown> | undefined;
}

/** A client of MQTT.js with an inbox that can be waited for. */
async function client(port: number, version: 4 | 5, clientId: string, options: IClientOptions = {}) {
	const base = { protocolVersion: version, clientId, reconnectPeriod: 0, clean: true };
	const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...base, ...options });
	const inbox: Got[] = [];
	let arrived = () => {};
	made.on("error", () => {});
	made.on("message", (topic, payload, { qos, retain, properties }) => {
		inbox.push({ topic, text: payload.toString(), qos, retain, properties: properties as Got["properties"] });
		arrived();
	});
	atEnd(() => made.endAsync(true));
	const connack = await new Promise<{ sessionPresent: boolean }>((resolve, reject) => {
		made.once("connect", resolve);
		made.once("error", reject);
		made.once("close", () => reject(new Error("closed")));
	});
	const take = async (count: number): Promise<Got[]> => {
		while (inbox.length < count) await new Promise<void>((resolve) => (arrived = resolve));
		return inbox.splice(0, count);
	};
	return { mqtt: made as MqttClient, inbox, take, connack };
}

const kept = (version: 4 | 5): IClientOptions =>
	version === 5 ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false };

describe.each(VERSIONS)("MQTT.js, version %i", (version) => {
	it("QoS 0 to 2 both ways, in order", async () => {
		const { port } = await open();
		const sub = await client(port, version, "sub");
		const pub = await client(port, version, "pub");
		await sub.mqtt.subscribeAsync("a/#", { qos: 2 });
		for (const qos of [0, 1, 2] as const) await pub.mqtt.publishAsync(`a/${qos}`, `${qos}`, { qos });
		const got = await sub.take(3);
		expect(got.map(({ topic, text, qos }) => [topic, text, qos])).toEqual(
			[0, 1, 2].map((qos) => [`a/${qos}`, `${qos}`, qos]),
		);
		const numbers = Array.from({ length: 500 }, (_, number) => `${number}`);
		await Promise.all(numbers.map((text) => pub.mqtt.publishAsync("a/b", text, { qos: 1 })));
		expect((await sub.take(500)).map(({ text }) => text)).toEqual(numbers);
	});

	it("retained messages and a will", async () => {
		const { port } = await open();
		const will = { topic: "will", payload: Buffer.from("gone"), qos: 1 as const, retain: true };
		const one = await client(port, version, "one", { will });
		const sub = await client(port, version, "sub");
		await one.mqtt.publishAsync("state", "on", { qos: 1, retain: true });
		await sub.mqtt.subscribeAsync(["state", "will"], { qos: 1 });
		expect(await sub.take(1)).toMatchObject([{ topic: "state", text: "on", retain: true }]);
		one.mqtt.stream.destroy();
		expect(await sub.take(1)).toMatchObject([{ topic: "will", text: "gone", retain: false, qos: 1 }]);
		const late = await client(port, version, "late");
		await late.mqtt.subscribeAsync("will", { qos: 1 });
		expect(await late.take(1)).toMatchObject([{ text: "gone", retain: true }]);
	});

	it("a persistent session with messages that wait, QoS 1 and 2", async () => {
		const { port, told } = await open();
		const sub = await client(port, version, "sub", kept(version));
		expect(sub.connack.sessionPresent).toBe(false);
		await sub.mqtt.subscribeAsync("a", { qos: 2 });
		sub.mqtt.stream.destroy();
		await told((event) => event.kind === "disconnect" && event.clientId === "sub");
		const pub = await client(port, version, "pub");
		for (const qos of [1, 2, 1, 2] as const) await pub.mqtt.publishAsync("a", `${qos}`, { qos });
		const back = await client(port, version, "sub", kept(version));
		expect(back.connack.sessionPresent).toBe(true);
		// MQTT.js hands out QoS 2 when PUBREL comes, so the order holds within each QoS only.
		const got = (await back.take(4)).map(({ text, qos }) => `${text} as QoS ${qos}`);
		expect(got.sort()).toEqual(["1 as QoS 1", "1 as QoS 1", "2 as QoS 2", "2 as QoS 2"]);
	});

	it("takeover", async () => {
		const { port, told } = await open();
		const first = await client(port, version, "same");
		const reasons: number[] = [];
		first.mqtt.on("disconnect", (packet) => reasons.push(packet.reasonCode ?? -1));
		const closed = new Promise<void>((resolve) => first.mqtt.once("close", () => resolve()));
		await client(port, version, "same");
		await closed;
		expect(reasons).toEqual(version === 5 ? [0x8e] : []);
		expect(await told((event) => event.kind === "disconnect")).toMatchObject({ reason: 0x8e, by: "broker" });
	});

	it("refusals by password", async () => {
		const { port } = await open({ authenticate: ({ username }) => username === "good" });
		await expect(client(port, version, "one", { username: "bad", password: "x" })).rejects.toThrow(
			/Bad User|Not authorized|password/i,
		);
		await client(port, version, "one", { username: "good", password: "x" });
	});
});

describe("MQTT.js, 5.0", () => {
	it("properties, subscription identifiers, expiry", async () => {
		const { port } = await open();
		const sub = await client(port, 5, "sub");
		const pub = await client(port, 5, "pub");
		await sub.mqtt.subscribeAsync("a", { qos: 1, properties: { subscriptionIdentifier: 42 } });
		const properties = {
			contentType: "text",
			responseTopic: "r",
			correlationData: Buffer.from([1, 2]),
			userProperties: { k: ["v", "w"] },
			messageExpiryInterval: 60,
		};
		await pub.mqtt.publishAsync("a", "x", { qos: 1, properties });
		const [{ properties: got }] = await sub.take(1);
		expect(got).toMatchObject({ ...properties, subscriptionIdentifier: 42 });
	});

	it("shared subscriptions", async () => {
		const { port } = await open();
		const members = await Promise.all(["one", "two"].map((id) => client(port, 5, id)));
		for (const member of members) await member.mqtt.subscribeAsync("$share/g/a", { qos: 1 });
		const pub = await client(port, 5, "pub");
		for (let number = 0; number < 10; number++) await pub.mqtt.publishAsync("a", `${number}`, { qos: 1 });
		const got = (await Promise.all(members.map((member) => member.take(5)))).map((list) =>
			list.map(({ text }) => text),
		);
		expect(got.flat().sort()).toEqual([..."0123456789"]);
	});

	it("topic aliases both ways", async () => {
		const { port } = await open();
		const sub = await client(port, 5, "sub", { properties: { topicAliasMaximum: 3 } });
		await sub.mqtt.subscribeAsync("a/#", { qos: 1 });
		const pub = await client(port, 5, "pub", { autoAssignTopicAlias: true });
		for (const topic of ["a/1", "a/2", "a/1", "a/2", "a/1"])
			await pub.mqtt.publishAsync(topic, "x", { qos: 1 });
		expect((await sub.take(5)).map(({ topic }) => topic)).toEqual(["a/1", "a/2", "a/1", "a/2", "a/1"]);
	});

	it("an assigned client identifier", async () => {
		const { port, told } = await open();
		await client(port, 5, "");
		expect(await told((event) => event.kind === "connect")).toMatchObject({
			clientId: expect.stringMatching(/^auto-/),
		});
	});
});

const missing = spawnSync("mosquitto_sub", ["--help"]).error !== undefined;
if (missing) {
	if (process.env.CI === "true") throw new Error("mosquitto_pub and mosquitto_sub are not installed");
	console.warn(
		"SKIPPED: interop with mosquitto_pub and mosquitto_sub, which are not installed (mosquitto-clients)",
	);
}

describe.skipIf(missing).each(VERSIONS)("mosquitto clients, version %i", (version) => {
	const protocol = version === 5 ? "mqttv5" : "mqttv311";
	const pub = (port: number, ...args: string[]) =>
		new Promise<void>((resolve, reject) => {
			execFile("mosquitto_pub", ["-p", `${port}`, "-V", protocol, ...args], (error) =>
				error ? reject(error) : resolve(),
			);
		});

	/** Runs mosquitto_sub until it has `count` messages; resolves with its lines once it has subscribed. */
	const sub = (port: number, count: number, ...args: string[]) => {
		const child = spawn("mosquitto_sub", [
			"-p",
			`${port}`,
			"-V",
			protocol,
			"-C",
			`${count}`,
			"-F",
			"%t %q %r %p",
			...args,
		]);
		atEnd(() => child.kill());
		let text = "";
		child.stdout.on("data", (chunk) => (text += chunk));
		return new Promise<string[]>((resolve) => child.on("close", () => resolve(text.trim().split("\n"))));
	};

	it("QoS 0 to 2 and retained messages", async () => {
		const { port, told } = await open();
		await pub(port, "-t", "a/kept", "-m", "old", "-q", "1", "-r");
		const lines = sub(port, 4, "-t", "a/#", "-q", "2");
		await told((event) => event.kind === "subscribe");
		for (const qos of ["0", "1", "2"]) await pub(port, "-t", `a/${qos}`, "-m", `m${qos}`, "-q", qos);
		expect(await lines).toEqual(["a/kept 1 1 old", "a/0 0 0 m0", "a/1 1 0 m1", "a/2 2 0 m2"]);
	});

	it("a persistent session with messages that wait", async () => {
		const { port, told, events } = await open();
		const keep = ["-i", "keeper", "-c", ...(version === 5 ? ["-x", "600"] : []), "-t", "a", "-q", "2"];
		const first = sub(port, 1, ...keep);
		await told((event) => event.kind === "subscribe");
		await pub(port, "-t", "a", "-m", "1", "-q", "2");
		expect(await first).toEqual(["a 2 0 1"]);
		await told((event) => event.kind === "disconnect" && event.clientId === "keeper");
		for (const text of ["2", "3"]) await pub(port, "-t", "a", "-m", text, "-q", "1");
		events.length = 0;
		expect(await sub(port, 2, ...keep)).toEqual(["a 1 0 2", "a 1 0 3"]);
		expect(events.find((event) => event.kind === "connect")).toMatchObject({ sessionPresent: true });
	});

	it("a will, published when the client is killed", async () => {
		const { port, told } = await open();
		const lines = sub(port, 1, "-i", "watcher", "-t", "will", "-q", "1");
		await told((event) => event.kind === "subscribe");
		const child = spawn("mosquitto_sub", [
			...["-p", `${port}`, "-V", protocol, "-i", "doomed", "-t", "x"],
			...["--will-topic", "will", "--will-payload", "gone", "--will-qos", "1"],
		]);
		await told((event) => event.kind === "connect" && event.clientId === "doomed");
		child.kill("SIGKILL");
		expect(await lines).toEqual(["will 1 0 gone"]);
	});
});
