// SPDX-License-Identifier: MIT
/** Enhanced authentication in a storm: servers that say anything at any time, calls from inside every callback. */
import type { IAuthPacket, Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../../lib/index.js";
import { World } from "../../../simulator/world.js";
import { Echo, NAME, properties, type Scene, scene } from "../../kit/authentication.js";
import { type Fields, type Line, unhex } from "../../kit/peer.js";

/** From now on the server does what a good one does. */
function appease({ peer }: Scene): void {
	peer.answerAll();
	peer.polite.delete("connect");
	peer.onPacket = (packet, line) => {
		if (packet.cmd === "connect") line.connack({ properties: { ...properties("well") } });
		else if (packet.cmd === "auth") line.send(auth(packet.reasonCode === 0x19 ? 0x18 : 0, "well"));
	};
}

const auth = (reasonCode: number, data: string, name = NAME): Fields => ({
	cmd: "auth",
	reasonCode,
	properties: properties(data, name),
});

/** What makes sense now. */
function sense({ rig }: Scene, line: Line): void {
	const last = line.heard.at(-1)?.packet;
	if (rig.client.online) {
		if (last?.cmd === "auth") line.send(auth(last.reasonCode === 0x19 ? 0x18 : 0, "well"));
	} else if (last?.cmd === "connect") line.send(auth(0x18, "one"));
	else if (last?.cmd === "auth") line.connack({ properties: properties("well") });
}

/** What a server may say. */
const WORDS: readonly ((line: Line) => unknown)[] = [
	(line) => line.connack({ properties: properties("well") }),
	(line) => line.send(auth(0x18, "one")),
	(line) => line.send(auth(0x18, "two")),
	(line) => line.send(auth(0, "well")),
	(line) => line.send(auth(0x18, "no")),
	(line) => line.send(auth(0, "no")),
	(line) => line.send(auth(0x19, "x")),
	(line) => line.send(auth(0x18, "x", "X-OTHER")),
	(line) => line.connack({ properties: {} }),
	(line) => line.connack({ reasonCode: 0x87, properties: {} }),
	(line) => line.raw("f0 00"),
	(line) => line.raw(unhex("f0 0f 18 0d 15 00 06 58 2d 45 43 48 4f 16 00 01 61").subarray(0, 9)),
	(line) => line.publish("in/x", "x", 1, 9),
	(line) => line.send({ cmd: "disconnect", reasonCode: 0x8c }),
	(line) => line.end(),
];

/** What the application may do. */
const CALLS: readonly ((all: Scene) => unknown)[] = [
	({ rig }) => rig.client.reauthenticate(),
	({ rig }) => rig.client.reauthenticate(),
	({ rig }) => rig.client.reauthenticate(),
	({ rig }) => rig.client.reauthenticate(),
	({ rig }) => rig.publish("x", 1),
	({ rig }) => rig.publish("x", 2),
	({ rig }) => rig.client.subscribe(rig.filter, 1),
	({ rig }) => rig.client.close(),
	({ rig }) => rig.client.open(),
	({ rig }) => rig.client.open(),
	({ rig }) => rig.cut(),
];

const QUICK = { slowLaneMs: 500, backoffMs: 100, backoffMaxMs: 1000 };

/** What is wrong with what a client said on one connection. */
function fault(packets: readonly Packet[], admittedAt: number): string | undefined {
	for (const [i, packet] of packets.entries()) {
		if ((packet.cmd === "connect") !== (i === 0)) return `${packet.cmd} as number ${i}`;
		if (i > 0 && i < admittedAt && packet.cmd !== "auth" && packet.cmd !== "disconnect")
			return `${packet.cmd} before CONNACK`; // [5.0 MQTT-3.1.2-30]
		if (packet.cmd !== "auth") continue;
		const { reasonCode, properties: has } = packet as IAuthPacket;
		if (has?.authenticationMethod !== NAME) return "another method"; // [5.0 MQTT-4.12.0-5]
		if (reasonCode !== 0x18 && reasonCode !== 0x19) return `reason ${reasonCode}`; // [5.0 MQTT-4.12.0-3]
		if (reasonCode === 0x19 && i < admittedAt) return "re-authentication before CONNACK";
	}
	return undefined;
}

test("[5.0 MQTT-3.1.2-30] [5.0 MQTT-4.12.0-5] a server that says anything: rules are kept, and a good one lets us in", () => {
	let online = 0;
	let again = 0;
	for (let seed = 1; seed <= 40; seed++) {
		const world = new World({ seed });
		const random = world.random.fork("storm");
		const all = scene({ limits: QUICK }, new Echo(), 64, world);
		const { rig, peer } = all;
		/** Connection → how many packets the client had said when it was let in. */
		const admitted = new Map<Line, number>();
		rig.recorder.hook = ([kind]) => kind === "online" && admitted.set(peer.line, peer.line.heard.length);
		rig.client.open();
		for (let step = 0; step < 40; step++) {
			rig.pass(random.below(12) === 0 ? random.below(12_000) : random.below(20));
			const line = peer.line;
			if (line === undefined || line.closed || random.below(3) === 0) CALLS[random.below(CALLS.length)](all);
			else if (random.below(5) > 0) sense(all, line);
			else WORDS[random.below(WORDS.length)](line);
		}
		appease(all);
		rig.cut();
		rig.client.open();
		rig.until(`online, with seed ${seed}`, () => rig.client.online, 700_000);
		rig.pass(2000);
		expect(rig.client.online, `seed ${seed}`).toBe(true);
		expect(rig.client.pending, `seed ${seed}`).toBe(0);
		for (const line of peer.lines)
			expect(
				fault(
					line.heard.map(({ packet }) => packet),
					admitted.get(line) ?? Number.POSITIVE_INFINITY,
				),
				`seed ${seed}`,
			).toBeUndefined();
		online += admitted.size;
		again += peer.all("auth").filter(({ text }) => text === "auth 0x19").length;
	}
	// Or the storm is too strong to show anything.
	expect(online).toBeGreaterThan(100);
	expect(again).toBeGreaterThan(25);
});

describe("Inside every callback", () => {
	const KINDS = ["online", "message", "settled", "subscribed", "reauthenticated", "offline"];

	test.each(KINDS)("re-authentication from %s", (kind) => {
		const all = scene();
		const { rig, peer } = all;
		appease(all);
		let called = 0;
		rig.recorder.hook = ([what]) => {
			if (what !== kind || called++ > 2) return;
			const answer = rig.client.reauthenticate();
			expect(kind === "offline" ? [Refusal.Offline] : [0, Refusal.Busy]).toContain(answer);
		};
		rig.client.open();
		rig.client.subscribe(rig.filter, 1);
		rig.pass(100);
		rig.client.reauthenticate();
		rig.publish("x", 1);
		peer.line.publish("in/x", "x", 1, 7);
		rig.pass(100);
		rig.drop();
		rig.pass(200_000);
		expect(called).toBeGreaterThan(0);
		expect([rig.client.online, rig.client.pending]).toEqual([true, 0]);
		expect(rig.recorder.count("reauthenticated")).toBeGreaterThan(0);
	});

	test.each(CALLS.map((call, i) => [i, call] as const))(
		"call %i from the end of a re-authentication",
		(_i, call) => {
			const all = scene();
			const { rig } = all;
			appease(all);
			let called = 0;
			rig.recorder.hook = ([what]) => what === "reauthenticated" && called++ === 0 && call(all);
			rig.client.open();
			rig.pass(100);
			rig.client.reauthenticate();
			rig.pass(100);
			expect(called).toBeGreaterThan(0);
			rig.client.open();
			rig.pass(200_000);
			expect([rig.client.online, rig.client.pending]).toEqual([true, 0]);
		},
	);
});
