// SPDX-License-Identifier: MIT
// alone: it starts processes
/**
 * Every broker, over every transport, in both versions: a real exchange of our client with MQTT.js, from the first
 * subscription over a broken link to the goodbye. Each broker is started once.
 */
import type { IClientOptions } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Reason, Refusal } from "../../lib/index.js";
import { aedes } from "./kit/aedes.js";
import { type Ports, startOurs, subjects } from "./kit/brokers.js";
import { Cell } from "./kit/cell.js";
import { mosquittoClients, publish, Subscriber, way } from "./kit/clients.js";
import { Door } from "./kit/door.js";
import { Foreign } from "./kit/foreign.js";
import { describeWith } from "./kit/needs.js";
import { Told } from "./kit/told.js";
import { transports } from "./kit/transports.js";
import { Undo } from "./kit/watch.js";

const undo = new Undo();
afterEach(() => undo.all());

/** Over TCP, MQTT.js speaks the version that we speak, otherwise the other one. */
const cells = transports.flatMap((transport) =>
	([4, 5] as const).map((version) => {
		const other = version === 5 ? 4 : 5;
		return [transport.name, version, transport.to === "tcp" ? version : other, transport] as const;
	}),
);

for (const { name, need, start } of subjects) {
	describeWith(need, name, () => {
		let ports: Ports;
		beforeAll(async () => {
			ports = await start();
		});
		afterAll(() => ports?.close());

		// [3.1.1 MQTT-7.0.0-2]: nothing but the standard is needed to understand each other.
		test.each(cells)(
			"[3.1.1 MQTT-7.0.0-2, MQTT-7.1.2-1] [5.0 MQTT-4.2-1] over %s: our version %i, their version %i",
			async (_, version, theirs, transport) => {
				const port = ports[transport.to];
				const door = undo.add(await Door.to(() => port), (it) => it.close());
				const foreign = undo.add(await Foreign.to(port, theirs, transport.foreign), (it) => it.close());
				const root = `cell-${transports.indexOf(transport)}-${version}`;
				const board = undo.add(Cell.board(transport.dialler(door.port), version, root), (it) => it.close());
				await new Cell(board, foreign, door, root).run();
			},
		);
	});
}

describe("foreign clients of the embedded broker", () => {
	let ours: Awaited<ReturnType<typeof startOurs>>;
	const told = new Told();
	beforeAll(async () => {
		ours = await startOurs("default", told.onEvent);
	});
	afterAll(() => ours?.close());

	const qosEach = [0, 1, 2] as const;
	const versions = [4, 5] as const;
	const ways = [
		...transports.slice(0, 3).map(({ name, to, foreign }) => [name, to, foreign] as const),
		["WebSocket with TLS", "wss", { ...transports[1].foreign, protocol: "wss", path: "/mqtt" }] as const,
	];
	const both = ways.flatMap(([name, to, options]) =>
		versions.map((version) => [name, version, to, options] as const),
	);

	test.each(both)("MQTT.js over %s, version %i", async (name, version, to, options) => {
		const root = `js ${name} ${version}`;
		const witness = undo.add(await Foreign.to(ours.tcp, version), (it) => it.close());
		await witness.subscribe(`${root}/out/#`, 2);
		const enter = async (): Promise<Foreign> => {
			const lasting: IClientOptions = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
			const will = {
				topic: `${root}/out/state`,
				payload: Buffer.from("gone"),
				qos: 1,
				retain: true,
			} as const;
			const all = { ...options, ...lasting, will, clientId: root, clean: false };
			return undo.add(await Foreign.to(ours[to], version, all), (it) => it.close());
		};
		const one = await enter();
		expect(one.sessionPresent).toBe(false);
		await one.subscribe(`${root}/in`, 2);
		for (const qos of qosEach) {
			await witness.publish(`${root}/in`, `in ${qos}`, qos);
			await one.publish(`${root}/out/${qos}`, `out ${qos}`, qos, qos === 1);
		}
		await one.until("three", () => one.messages.length === 3);
		await witness.until("three", () => witness.messages.length === 3);
		// MQTT.js hands on QoS 2 at its PUBREL: between QoS there is no order.
		expect(one.messages.map(({ text, qos }) => `${text} as ${qos}`).sort()).toEqual(
			qosEach.map((qos) => `in ${qos} as ${qos}`),
		);
		expect(witness.messages.map(({ text, qos, retain }) => `${text} as ${qos} ${retain}`).sort()).toEqual(
			qosEach.map((qos) => `out ${qos} as ${qos} false`),
		);
		one.client.stream.destroy();
		await witness.until("the will", () => witness.messages.length === 4);
		for (const qos of [1, 2] as const) await witness.publish(`${root}/in`, `away ${qos}`, qos);
		const back = await enter();
		expect(back.sessionPresent).toBe(true);
		await back.until("two", () => back.messages.length === 2);
		expect(back.texts.sort()).toEqual(["away 1", "away 2"]);
		const late = undo.add(await Foreign.to(ours.tcp, version), (it) => it.close());
		await late.subscribe(`${root}/out/+`, 1);
		await late.until("two", () => late.messages.length === 2);
		expect(late.messages.map(({ text, retain }) => `${text} ${retain}`).sort()).toEqual([
			"gone true",
			"out 1 true",
		]);
	});

	describeWith(mosquittoClients, "mosquitto_pub and mosquitto_sub", () => {
		const cases = (["tcp", "tls"] as const).flatMap((to) =>
			versions.map((version) => [to, version] as const),
		);

		test.each(cases)("over %s, version %i", async (to, version) => {
			const root = `mosquitto ${to} ${version}`;
			const path = way(ours[to], version, to === "tls");
			const send = (topic: string, text: string, qos: number, ...more: string[]) =>
				publish(...path, "-t", `${root}/${topic}`, "-m", text, "-q", `${qos}`, ...more);
			const subscribe = (count: number, id: string, topic: string, ...more: string[]) =>
				undo.add(
					new Subscriber(count, ...path, "-i", `${root} ${id}`, "-t", `${root}/${topic}`, "-q", "2", ...more),
					(it) => it.kill(),
				);
			await send("a/kept", "old", 1, "-r");
			const keep = ["-c", ...(version === 5 ? ["-x", "600"] : [])];
			const first = subscribe(4, "keeper", "a/#", ...keep);
			await told.until("subscribe", `${root} keeper`);
			for (const qos of qosEach) await send(`a/${qos}`, `m${qos}`, qos);
			expect(await first.lines).toEqual(
				["a/kept 1 1 old", "a/0 0 0 m0", "a/1 1 0 m1", "a/2 2 0 m2"].map((line) => `${root}/${line}`),
			);
			await told.until("disconnect", `${root} keeper`);
			for (const text of ["while", "away"]) await send("a/b", text, 1);
			const again = subscribe(2, "keeper", "a/#", "-R", ...keep);
			expect(await again.lines).toEqual(["while", "away"].map((text) => `${root}/a/b 1 0 ${text}`));
			expect(told.last("connect", `${root} keeper`)).toMatchObject({ sessionPresent: true });

			const watcher = subscribe(1, "watcher", "will");
			await told.until("subscribe", `${root} watcher`);
			const will = ["--will-topic", `${root}/will`, "--will-payload", "gone", "--will-qos", "1"];
			const doomed = subscribe(1, "doomed", "x", ...will);
			await told.until("subscribe", `${root} doomed`);
			doomed.kill();
			expect(await watcher.lines).toEqual([`${root}/will 1 0 gone`]);
		});
	});
});

/* Faults of foreign brokers that a board meets in the field, and what our client makes of them. */
describeWith(aedes, "aedes 2.0.0-beta.1", () => {
	let ports: Ports;
	beforeAll(async () => {
		ports = await subjects[1].start();
	});
	afterAll(() => ports?.close());

	test("[5.0 MQTT-3.3.4-9] ignores our Receive Maximum: the link ends with 0x93, and nothing is lost", async () => {
		const limits = { receiveMaximum: 2 };
		const dialler = transports[0].dialler(ports.tcp);
		const board = undo.add(Cell.board(dialler, 5, "overrun", limits), (it) => it.close());
		await board.online();
		await board.subscribe("overrun/in", 2);
		const foreign = undo.add(await Foreign.to(ports.tcp, 5), (it) => it.close());
		await foreign.burst("overrun/in", 10, 2);
		await board.until("all", () => new Set(board.texts).size === 10);
		expect(board.texts.length).toBe(10);
		expect(board.offlines.map(([reason]) => reason)).toContain(Reason.ReceiveMaximumExceeded);
	});

	test("has no shared subscriptions, and says so: ours is refused, by it or before it is asked", async () => {
		const board = undo.add(Cell.board(transports[0].dialler(ports.tcp), 5, "shared"), (it) => it.close());
		await board.online();
		const refusal = board.client.subscribe(board.client.filter("$share/g/a"), 1);
		if (refusal !== Refusal.NotOffered) {
			await board.until("an answer", () => board.granted.length > 0);
			expect([refusal, ...board.granted]).toEqual([0, Reason.SharedSubscriptionsNotSupported]);
		}
		expect(board.client.online).toBe(true);
	});
});
