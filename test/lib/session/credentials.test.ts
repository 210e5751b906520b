// SPDX-License-Identifier: MIT
/** User and password that are functions: asked with each CONNECT; what they do wrong fails the attempt. */
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { type Client, Reason } from "../../../lib/index.js";
import { meet, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i", (version) => {
	test("are asked once for each connection, and not before the link is up", () => {
		let asked = 0;
		const token = (): string => `token-${++asked}`;
		const { rig, peer } = meet(version, { user: "board", password: token });
		rig.client.open();
		expect(asked).toBe(0);
		rig.until("online", () => rig.recorder.count("online") === 1);
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
		const connects = peer.lines.map((line) => line.heard[0].packet as IConnectPacket);
		expect(connects.map((one) => [one.username, String(one.password)])).toEqual([
			["board", "token-1"],
			["board", "token-2"],
		]);
		expect(asked).toBe(2);
	});

	test("are asked once, however long the link takes until it has room", () => {
		let asked = 0;
		const password = (): string => `${++asked}`.repeat(300);
		const { rig, peer } = meet(version, { user: "board", password });
		const dial = rig.dialler.dial.bind(rig.dialler);
		let room = 40;
		rig.dialler.dial = (link) => {
			const transport = dial(link);
			Object.defineProperty(transport, "room", { get: () => room });
			setRoom = (bytes) => {
				room = bytes;
				link.onWritable(bytes);
			};
			return transport;
		};
		let setRoom: (bytes: number) => void = () => {};
		rig.client.open();
		rig.pass(1000);
		for (const bytes of [40, 200, 311]) {
			setRoom(bytes);
			rig.pass(10);
			expect([asked, peer.line.heard.length]).toEqual([1, 0]);
		}
		setRoom(1024);
		rig.until("online", () => rig.recorder.count("online") === 1);
		expect(asked).toBe(1);
		expect(String((peer.line.heard[0].packet as IConnectPacket).password)).toBe("1".repeat(300));
	});

	test.each([
		[
			"throws",
			() => {
				throw new Error("no token yet");
			},
		],
		["gives no text", () => 42 as never],
		["gives more than fits", () => "x".repeat(2000)],
	])("one that %s fails the attempt, no byte is sent, and the next attempt asks again", (_what, bad) => {
		// biome-ignore format: one a line
		let asked = 0;
		const user = (): string => (++asked < 3 ? bad() : "board");
		const { rig, peer } = meet(version, { user, password: "pw" });
		rig.client.open();
		rig.until("online", () => rig.recorder.count("online") === 1);
		expect(rig.recorder.of("offline")).toEqual([
			[Reason.CredentialsFailed, true],
			[Reason.CredentialsFailed, true],
		]);
		expect(rig.recorder.retries[1]).toBeGreaterThan(rig.recorder.retries[0]);
		expect(peer.lines.map((line) => line.texts[0])).toEqual([undefined, undefined, "connect"]);
	});

	test("may call the client, which does it when CONNECT is said", () => {
		const calls: ((client: Client) => void)[] = [
			(client) => client.close(),
			(client) => client.open(),
			(client) => client.flush(10),
			(client) => client.redial(),
			(client) => client.publish(client.topic("x"), Uint8Array.of(1), 1),
			(client) => client.subscribe(client.filter("y"), 1),
		];
		for (const call of calls) {
			let client: Client | undefined;
			const user = (): string => {
				call(client!);
				return "board";
			};
			const { rig, peer } = meet(version, { user, password: "pw" });
			client = rig.client;
			rig.client.open();
			rig.pass(1000);
			const connect = peer.line.heard[0].packet as IConnectPacket;
			expect([connect.username, String(connect.password)], String(call)).toEqual(["board", "pw"]);
			const closes = String(call).includes("close");
			expect(rig.client.online).toBe(!closes);
			if (closes) expect(peer.line.texts).toEqual(["connect", "disconnect"]);
		}
	});

	test("have no place in the text region, and cost nothing when they are left out", () => {
		const terms = (options: object): [string, number][] =>
			meet(version, options).rig.client.memory.map(({ name, bytes }) => [name, bytes]);
		const plain = terms({ user: "u", password: "p" });
		expect(terms({ user: () => "u", password: "p" })).toEqual(
			plain.toSpliced(plain.length - 1, 0, ["credentials", 0]),
		);
		expect(() => meet(version, { user: "u", password: "p".repeat(1000) })).toThrow(/text/);
		expect(() => meet(version, { user: "u", password: () => "p".repeat(1000) })).not.toThrow();
	});
});
