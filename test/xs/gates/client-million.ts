// SPDX-License-Identifier: MIT
// xs: --heap 196608 --stack 384
/** Very many messages on a fixed heap, and not one collection. The heap holds all functions of lib, too: in flash on a device. */
import { Client } from "../../../lib/client.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, noCollection, row } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const MESSAGES = 50_000;

const memory = new XsMemory(256);
const broker = new XsBroker();
const dialler = new XsDialler(memory, broker);
broker.dialler = dialler;
const listener = {
	settled: 0,
	onSettled(): void {
		listener.settled++;
	},
};
const client = new Client({
	memory,
	dialler,
	clock: new XsClock(),
	random: new XsRandom(),
	store: new RamStore(DEFAULT_LIMITS),
	clientId: "greenhouse-1",
	listener,
});
client.open();
dialler.settle();
const topic = client.topic("greenhouse/1/temperature");
const payload = new Uint8Array(20);

const publish = (): void => {
	client.publish(topic, payload, 1);
	dialler.settle();
};
const stack = xs.alloc(publish, 10).stack;
const from = xs.nanoseconds();
noCollection(`${MESSAGES} messages of QoS 1 on a fixed heap and a stack of 384 slots`, publish, MESSAGES);
const nanoseconds = (xs.nanoseconds() - from) / MESSAGES;
check("every one was acknowledged", listener.settled === MESSAGES + 53, `${listener.settled}`);
row("one message, there and back", { stack, microseconds: Math.round(nanoseconds / 100) / 10 });
