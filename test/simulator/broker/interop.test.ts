// SPDX-License-Identifier: MIT
// alone: it starts processes
/**
 * MQTT.js as a client of the broker: what `test/interop/matrix.test.ts` does not show with it over every transport.
 */

import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import type { IConnackPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { SCRAM_SHA_256, scramSha256 } from "../../../simulator/broker/index.js";
import { atEnd, open } from "./real.js";
import { ManualTime, VERSIONS } from "./rig.js";
import { ScramClient } from "./scram-client.js";

interface Got {
	topic: string;
	text: string;
	qos: number;
	retain: boolean;
	properties: Record<string, unknown> | undefined;
}

/** A client of MQTT.js with an inbox that can be waited for. */
async function client(
	port: number,
	version: 4 | 5,
	clientId: string,
	options: IClientOptions = {},
	prepare: (made: MqttClient) => unknown = () => {},
) {
	const base = { protocolVersion: version, clientId, reconnectPeriod: 0, clean: true };
	const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...base, ...options });
	prepare(made);
	const inbox: Got[] = [];
	let arrived = () => {};
	made.on("error", () => {});
	made.on("message", (topic, payload, { qos, retain, properties }) => {
		inbox.push({ topic, text: payload.toString(), qos, retain, properties: properties as Got["properties"] });
		arrived();
	});
	atEnd(() => made.endAsync(true));
	const connack = await new Promise<IConnackPacket>((resolve, reject) => {
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

describe.each(VERSIONS)("MQTT.js, version %i", (version) => {
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

	it("topic aliases both ways: a topic goes over the wire once each way", async () => {
		const { port } = await open();
		const sub = await client(port, 5, "sub", { properties: { topicAliasMaximum: 3 } });
		const sent: unknown[] = [];
		const came: unknown[] = [];
		sub.mqtt.stream.on("data", (bytes: Buffer) =>
			came.push(bytes.toString("latin1").match(/a\/\d/g)?.join()),
		);
		await sub.mqtt.subscribeAsync("a/#", { qos: 1 });
		const pub = await client(port, 5, "pub", { autoAssignTopicAlias: true });
		pub.mqtt.on("packetsend", (packet) => {
			if (packet.cmd === "publish") sent.push([packet.topic, packet.properties?.topicAlias]);
		});
		const topics = ["a/1", "a/2", "a/1", "a/2", "a/1"];
		for (const topic of topics) await pub.mqtt.publishAsync(topic, "x", { qos: 1 });
		expect((await sub.take(5)).map(({ topic }) => topic)).toEqual(topics);
		expect(sent).toEqual([
			["a/1", 1],
			["a/2", 2],
			["", 1],
			["", 2],
			["", 1],
		]);
		expect(came.filter((names) => names !== undefined)).toEqual(["a/1", "a/2"]);
	});

	it("an assigned client identifier", async () => {
		const { port, told } = await open();
		await client(port, 5, "");
		expect(await told((event) => event.kind === "connect")).toMatchObject({
			clientId: expect.stringMatching(/^auto-/),
		});
	});

	it("several subscription identifiers in one message, of subscriptions that overlap", async () => {
		const { port } = await open();
		const sub = await client(port, 5, "sub");
		for (const [filter, subscriptionIdentifier] of [
			["a/#", 1],
			["a/+", 200_000],
		] as const)
			await sub.mqtt.subscribeAsync(filter, { qos: 1, properties: { subscriptionIdentifier } });
		await (await client(port, 5, "pub")).mqtt.publishAsync("a/b", "x", { qos: 1 });
		const [{ properties }] = await sub.take(1);
		expect(properties?.subscriptionIdentifier).toEqual([1, 200_000]);
	});

	it("a member of a shared subscription that leaves: the other one gets what it had not acknowledged", async () => {
		const { port, broker } = await open();
		const one = await client(port, 5, "one");
		one.mqtt.handleMessage = () => {}; // takes, and never acknowledges
		await one.mqtt.subscribeAsync("$share/g/a", { qos: 1 });
		const pub = await client(port, 5, "pub");
		for (const text of ["1", "2"]) await pub.mqtt.publishAsync("a", text, { qos: 1 });
		const two = await client(port, 5, "two");
		await two.mqtt.subscribeAsync("$share/g/a", { qos: 1 });
		one.mqtt.stream.destroy();
		expect((await two.take(2)).map(({ text }) => text)).toEqual(["1", "2"]);
		expect(broker.counters.dropped.sessionEnded).toBe(0);
	});

	it("no-local, retain as published, retain handling", async () => {
		const { port } = await open();
		const one = await client(port, 5, "one");
		await one.mqtt.subscribeAsync("a", { qos: 1, nl: true, rap: true });
		await one.mqtt.publishAsync("a", "mine", { qos: 1, retain: true });
		const two = await client(port, 5, "two");
		await two.mqtt.publishAsync("a", "yours", { qos: 1, retain: true });
		expect(await one.take(1)).toMatchObject([{ text: "yours", retain: true }]);
		await two.mqtt.subscribeAsync("a", { qos: 1, rh: 2 });
		await two.mqtt.subscribeAsync("a", { qos: 1, rh: 1 }); // not new: nothing either
		await two.mqtt.publishAsync("a", "now", { qos: 1 });
		expect(await two.take(1)).toMatchObject([{ text: "now", retain: false }]);
	});

	it("a will with properties, after its delay; and none for who comes back in time", async () => {
		const time = new ManualTime();
		const { port, told } = await open({ schedule: time });
		const watcher = await client(port, 5, "watcher");
		await watcher.mqtt.subscribeAsync("will/#", { qos: 1 });
		const willing = (id: string, willDelayInterval: number) => {
			const properties = { willDelayInterval, contentType: "text", userProperties: { k: "v" } };
			const will = { topic: `will/${id}`, payload: Buffer.from("gone"), qos: 1 as const, properties };
			return client(port, 5, id, { clean: false, will, properties: { sessionExpiryInterval: 60 } });
		};
		const back = await willing("back", 1);
		const late = await willing("late", 1);
		for (const one of [back, late]) {
			one.mqtt.stream.destroy();
			await told((event) => event.kind === "disconnect" && event.clientId === one.mqtt.options.clientId);
		}
		time.pass(999);
		expect((await willing("back", 1)).connack.sessionPresent).toBe(true);
		time.pass(1);
		const [{ topic, properties }] = await watcher.take(1);
		expect([topic, properties]).toMatchObject([
			"will/late",
			{ contentType: "text", userProperties: { k: "v" } },
		]);
		expect(watcher.inbox).toEqual([]);
	});

	it("request and response, over topics that the broker suggests", async () => {
		const { port } = await open({ responseInformation: (clientId) => `replies/${clientId}` });
		const asker = await client(port, 5, "asker", { properties: { requestResponseInformation: true } });
		const responseTopic = asker.connack.properties?.responseInformation;
		expect(responseTopic).toBe("replies/asker");
		const server = await client(port, 5, "server");
		await server.mqtt.subscribeAsync("ask", { qos: 1 });
		server.mqtt.on("message", (_topic, payload, { properties }) => {
			const { responseTopic: to, correlationData } = properties!;
			server.mqtt.publish(to!, `${payload}!`, { qos: 1, properties: { correlationData } });
		});
		await asker.mqtt.subscribeAsync(responseTopic!, { qos: 1 });
		const correlationData = Buffer.from([0, 1, 255]);
		await asker.mqtt.publishAsync("ask", "what", { qos: 1, properties: { responseTopic, correlationData } });
		expect(await asker.take(1)).toMatchObject([{ text: "what!", properties: { correlationData } }]);
	});

	it("SCRAM-SHA-256 in CONNECT and again later, while messages go on", async () => {
		const method = scramSha256({ users: { anna: "pencil" }, rounds: 2 });
		const { port, broker } = await open({ authMethods: { [SCRAM_SHA_256]: method } });
		const properties = (text: string) => ({
			authenticationMethod: SCRAM_SHA_256,
			authenticationData: Buffer.from(text),
		});
		let scram = new ScramClient("anna", "pencil", "abc");
		const one = await client(port, 5, "one", { properties: properties(scram.first) }, (made) => {
			made.handleAuth = (packet, done) => {
				const text = packet.properties?.authenticationData?.toString() ?? "";
				const answer = packet.reasonCode === 0x18 ? properties(scram.final(text)) : undefined;
				done(undefined, answer && { cmd: "auth", reasonCode: 0x18, properties: answer });
			};
		});
		expect(one.connack.properties?.authenticationData?.toString()).toBe(scram.signature);
		await one.mqtt.subscribeAsync("a", { qos: 1 });
		scram = new ScramClient("anna", "pencil", "def");
		const done = new Promise<string | undefined>((resolve) =>
			one.mqtt.on("packetreceive", (packet) => {
				if (packet.cmd === "auth" && packet.reasonCode === 0)
					resolve(packet.properties?.authenticationData?.toString());
			}),
		);
		const first = { cmd: "auth", reasonCode: 0x19, properties: properties(scram.first) } as const;
		(one.mqtt as unknown as { _sendPacket(packet: Packet): void })._sendPacket(first);
		broker.publish({ topic: "a", payload: "meanwhile", qos: 1 });
		expect(await one.take(1)).toMatchObject([{ text: "meanwhile" }]);
		expect(await done).toBe(scram.signature);
		const wrong = new ScramClient("anna", "pencils", "abc");
		const refused = client(port, 5, "two", { properties: properties(wrong.first) }, (made) => {
			made.handleAuth = (packet, go) => {
				const text = packet.properties!.authenticationData!.toString();
				go(undefined, { cmd: "auth", reasonCode: 0x18, properties: properties(wrong.final(text)) });
			};
		});
		await expect(refused).rejects.toMatchObject({ code: 0x87 });
	});

	it("another server, in CONNACK and in DISCONNECT", async () => {
		const { port, broker } = await open({
			authenticate: ({ clientId }) =>
				clientId === "lost" ? { reason: 0x9c, serverReference: "b.example:1884" } : true,
		});
		const said: unknown[] = [];
		const hear = (made: MqttClient) =>
			made.on("packetreceive", (packet) => {
				if (packet.cmd === "connack" || packet.cmd === "disconnect")
					said.push([packet.cmd, packet.reasonCode, packet.properties?.serverReference]);
			});
		await expect(client(port, 5, "lost", {}, hear)).rejects.toMatchObject({ code: 0x9c });
		const one = await client(port, 5, "one", {}, hear);
		const closed = new Promise<void>((resolve) => one.mqtt.once("close", () => resolve()));
		broker.disconnect("one", 0x9d, { serverReference: "[2001:db8::1]:1883" });
		await closed;
		expect(said).toEqual([
			["connack", 0x9c, "b.example:1884"],
			["connack", 0, undefined],
			["disconnect", 0x9d, "[2001:db8::1]:1883"],
		]);
	});

	it("what the broker grants: keep alive, session expiry, and a session that ends with DISCONNECT", async () => {
		const { port, broker, told } = await open({ profile: "aws" });
		const properties = { sessionExpiryInterval: 86_400 };
		const { mqtt: one, connack } = await client(port, 5, "one", { keepalive: 10, clean: false, properties });
		expect(connack.properties).toMatchObject({
			serverKeepAlive: 30,
			sessionExpiryInterval: 3_600,
			maximumQoS: 1,
		});
		await one.endAsync(false, { properties: { sessionExpiryInterval: 0 } });
		await told((event) => event.kind === "session-end");
		expect(broker.counters.sessions).toBe(0);
	});
});
