// SPDX-License-Identifier: MIT
// alone: it starts processes
import { afterEach, describe, expect, test } from "vitest";
import { Counter, Reason, Refusal, Settled } from "../../lib/index.js";
import { Broker, type BrokerOptions, type Profile, TcpListener } from "../../simulator/broker/index.js";
import { NodeSchedule, TcpDialler } from "../../simulator/node/index.js";
import { Board, type BoardOptions } from "./kit/board.js";
import { Door } from "./kit/door.js";
import { burstIn, burstOut, upTo } from "./kit/exchange.js";
import { Foreign } from "./kit/foreign.js";
import { Undo } from "./kit/watch.js";

const undo = new Undo();
afterEach(() => undo.all());

let broker: Broker;
let door: Door;
let port: number;

async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
	broker = new Broker({ schedule: new NodeSchedule(), ...options });
	const listener = undo.add(new TcpListener(broker), (it) => it.close());
	port = (await listener.listen()).port;
	door = undo.add(await Door.to(() => port), (it) => it.close());
}

function ours(version: 4 | 5, options: Partial<BoardOptions> = {}): Board {
	const dialler = new TcpDialler({ host: "127.0.0.1", port: door.port });
	return undo.add(new Board({ dialler, version, ...options }), (it) => it.close());
}

async function theirs(version: 4 | 5): Promise<Foreign> {
	return undo.add(await Foreign.to(port, version), (it) => it.close());
}

describe("The embedded broker as AWS IoT Core", () => {
	test("a subscription asks for no more than is offered, or would not be answered", async () => {
		await start({ profile: "aws" });
		const board = await ours(5).online();
		await board.subscribe("a", 2);
		expect(board.granted).toEqual([1]);
	});

	test("no QoS 2: ours is refused, or settled when it was accepted too early; QoS 1 goes on", async () => {
		await start({ profile: "aws" });
		const board = ours(5);
		const early = board.publish("a", "too early", 2);
		await board.online();
		expect(await board.settlement(early)).toEqual([Settled.Dropped, Reason.QosNotSupported]);
		expect(board.publish("a", "x", 2)).toBe(Refusal.NotOffered);
		await board.subscribe("a", 1);
		await board.settlement(board.publish("a", "one", 1));
		await board.until("it came", () => board.texts.includes("one"));
		expect(board.offlines).toEqual([]);
	});
});

describe.each(["default", "hivemq"] as const)("The embedded broker as %s", (profile: Profile) => {
	test.each([
		[4, 1],
		[5, 2],
	] as const)("version %i, QoS %i: 300 messages each way", async (version, qos) => {
		await start({ profile });
		const board = await ours(version).online();
		await burstOut(board, await theirs(version), 300, qos);
		await burstIn(board, await theirs(version), 300, qos);
		const announced = version === 5 ? broker.limits.receiveMaximum : Number.POSITIVE_INFINITY;
		expect(board.counter(Counter.PeakInFlight)).toBe(Math.min(16, announced));
		expect(broker.counters.connections).toBe(3);
	});

	test.each([4, 5] as const)("version %i: a resumed session with messages waiting", async (version) => {
		await start({ profile });
		const board = await ours(version).online();
		const foreign = await theirs(version);
		await board.subscribe("away/#", 2);
		await foreign.subscribe("late/#", 2);
		door.shut();
		await board.until("away", () => board.offlines.length > 0);
		for (let i = 0; i < 100; i++) await foreign.publish("away/a", String(i), 2);
		const tickets = upTo(30).map((text) => board.publish("late/a", text, 2));
		door.open = true;
		await board.until("all at our side", () => board.messages.length >= 100);
		await foreign.until("all at the other side", () => foreign.messages.length >= 30);
		for (const ticket of tickets) expect(await board.settlement(ticket)).toEqual([Settled.Acknowledged, 0]);
		expect(board.texts).toEqual(upTo(100));
		expect(foreign.texts).toEqual(upTo(30));
		expect(board.onlines.slice(0, 2)).toEqual([false, true]);
	});
});
