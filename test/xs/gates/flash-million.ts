// SPDX-License-Identifier: MIT
// xs: --heap 360448 --stack 400
/**
 * Not one collection, on a fixed heap, while the log goes around and around: QoS 0, 1 and 2, kept and volatile, in and out,
 * mixed and in bursts. The heap also holds the partition, and all functions of lib; the stack, 384 slots on an ESP32, the
 * frames of this module, which an event of a device has not below it.
 */
import { Client, VOLATILE } from "../../../lib/client.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { FlashStore } from "../../../lib/store/flash-store.js";
import { XsClock, XsFlash, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, noCollection, row } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const BURST = 20;
/** A million take three minutes: most of that is the simulated flash, byte by byte. */
const MESSAGES = 50_000;

const memory = new XsMemory(1024);
const broker = new XsBroker();
const dialler = new XsDialler(memory, broker);
broker.dialler = dialler;
const clock = new XsClock();
clock.afterAlarm = () => dialler.settle();
const flash = new XsFlash(8);
const listener = {
	settled: 0,
	messages: 0,
	faults: 0,
	onSettled(): void {
		listener.settled++;
	},
	onMessage(): void {
		listener.messages++;
	},
	onStoreFault(): void {
		listener.faults++;
	},
};
const client = new Client({
	memory,
	dialler,
	clock,
	random: new XsRandom(),
	store: new FlashStore(flash, DEFAULT_LIMITS),
	limits: DEFAULT_LIMITS,
	clientId: "greenhouse-1",
	keepAliveSeconds: 0,
	listener,
});
/** In one call, as an event of the device. */
const open = (): void => {
	client.open();
	dialler.settle();
};
xs.repeat(open, 1);
const topic = client.topic("greenhouse/1/temperature");
const settings = Uint8Array.from(Array.from("greenhouse/1/set", (c) => c.charCodeAt(0)));
const payload = new Uint8Array(20);

/** Ten messages of the three kinds in one read, and ten out, two of them volatile; then a moment in which the store is tidied. */
const burst = (): void => {
	broker.prompt = false;
	for (let i = 0; i < 10; i++) broker.publish(settings, payload, i % 3);
	broker.prompt = true;
	broker.release();
	for (let i = 0; i < 10; i++) client.publish(topic, payload, (i % 3) as 0 | 1 | 2, i < 8 ? 0 : VOLATILE);
	dialler.settle();
	clock.advance(60);
};
const stack = xs.alloc(burst, 10).stack;
const [settled, messages] = [listener.settled, listener.messages];
const { programmed, erases } = flash;
const from = xs.nanoseconds();
noCollection(
	`${MESSAGES} mixed messages through flash on a fixed heap, a stack of 400 slots`,
	burst,
	MESSAGES / BURST,
);
const nanoseconds = (xs.nanoseconds() - from) / MESSAGES;
const [sent, received] = [listener.settled - settled, listener.messages - messages];
check("half of them were sent and settled", sent === MESSAGES / 2, `${sent}`);
check("half of them were received once", received === MESSAGES / 2, `${received}`);
check("without a fault", listener.faults === 0, `${listener.faults}`);
row("one message, with its acknowledgements on both sides", {
	stack,
	microseconds: Math.round(nanoseconds / 100) / 10,
	flashBytes: Math.round((flash.programmed - programmed) / MESSAGES),
	erases: flash.erases - erases,
});
