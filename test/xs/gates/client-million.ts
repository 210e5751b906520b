// SPDX-License-Identifier: MIT
// xs: --heap 196608 --stack 384
/**
 * A million messages on a fixed heap and a stack of 384 slots, and not one collection: QoS 0, 1 and 2, in and out,
 * mixed and in bursts, as a busy board has them. The heap also holds all functions of lib, which are in flash on a device.
 */
import { Client } from "../../../lib/client.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, noCollection, row } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const BURST = 20;
const MESSAGES = 1_000_000;

const listener = {
	settled: 0,
	messages: 0,
	onSettled(): void {
		listener.settled++;
	},
	onMessage(): void {
		listener.messages++;
	},
};
const settings = Uint8Array.from(Array.from("greenhouse/1/set", (c) => c.charCodeAt(0)));
const payload = new Uint8Array(20);

/** Half of the messages, with one version. What the first one made stays on the heap, too. */
function half(version: 4 | 5): void {
	const memory = new XsMemory(1024);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const client = new Client({
		...{ memory, dialler, version, listener },
		clock: new XsClock(),
		random: new XsRandom(),
		store: new RamStore(DEFAULT_LIMITS),
		clientId: "greenhouse-1",
	});
	client.open();
	dialler.settle();
	const topic = client.topic("greenhouse/1/temperature");
	/** Ten messages of the three kinds in one read, and ten out. */
	const burst = (): void => {
		broker.prompt = false;
		for (let i = 0; i < 10; i++) broker.publish(settings, payload, i % 3);
		broker.prompt = true;
		broker.release();
		for (let i = 0; i < 10; i++) client.publish(topic, payload, (i % 3) as 0 | 1 | 2);
		dialler.settle();
	};
	const stack = xs.alloc(burst, 10).stack;
	const [settled, messages] = [listener.settled, listener.messages];
	const from = xs.nanoseconds();
	const name = `version ${version}: half a million mixed messages on a fixed heap, a stack of 384 slots`;
	noCollection(name, burst, MESSAGES / 2 / BURST);
	const nanoseconds = (xs.nanoseconds() - from) / (MESSAGES / 2);
	check(
		"half of them were sent and settled",
		listener.settled - settled === MESSAGES / 4,
		`${listener.settled}`,
	);
	check(
		"half of them were received once",
		listener.messages - messages === MESSAGES / 4,
		`${listener.messages}`,
	);
	row("one message, with its acknowledgements on both sides", {
		stack,
		microseconds: Math.round(nanoseconds / 100) / 10,
	});
}

half(4);
half(5);
