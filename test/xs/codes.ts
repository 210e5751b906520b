// SPDX-License-Identifier: MIT
/**
 * Byte codes of a message, for `npm run bench -- xs`: what the client, its store and the drivers that ship execute, from the call
 * or the link's word on. The scripted broker, the socket and the flash chip, which are native code on a device, do not count.
 * Runs on the metered engine only (`meter.c`); one JSON line a row, all figures per message.
 */
import { Client } from "../../lib/client.js";
import { DEFAULT_LIMITS } from "../../lib/limits.js";
import type { Link, Transport } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/flash-store.js";
import { RamStore } from "../../lib/store/ram-store.js";
import { XsClock, XsFlash, XsRandom } from "./board.js";
import { XsBroker } from "./broker.js";
import { row } from "./gate.js";
import { type Peer, XsDialler, XsMemory } from "./memory.js";
import { bytesOf } from "./online.js";

/** The count of the metered engine: it runs between `start` and `stop`. */
declare const meter: {
	start(): void;
	stop(): void;
	/** What was counted since the last call. */
	take(): number;
};

const { start, stop } = meter;
const TOPIC = "greenhouse/1/temperature";
const PAYLOAD = new Uint8Array(64).fill(0x78);
const MESSAGES = 200;
const BLOCKS = 16;

/** Stops the count while one of these methods of `target` runs. */
function foreign<T extends object>(target: T, ...names: (keyof T & string)[]): void {
	for (const name of names) {
		const method = (target[name] as unknown as (...args: unknown[]) => unknown).bind(target);
		const wrapped = (a: unknown, b: unknown): unknown => {
			stop();
			const answer = method(a, b);
			start();
			return answer;
		};
		Object.defineProperty(target, name, { value: wrapped });
	}
}

/** Counts what the client does when the link tells something. */
class MeteredDialler extends XsDialler {
	constructor(memory: XsMemory, peer: Peer) {
		super(memory, peer);
		foreign(this.socket.socket, "read", "write");
	}

	override dial(link: Link): Transport {
		return super.dial({
			onReadable(count) {
				start();
				link.onReadable(count);
				stop();
			},
			onWritable: (room) => link.onWritable(room),
			onError: (fault) => link.onError(fault),
		});
	}
}

function measure(version: 4 | 5, inFlash: boolean, levels: readonly (0 | 1 | 2)[]): void {
	const memory = new XsMemory(1024);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new MeteredDialler(memory, broker);
	broker.dialler = dialler;
	const flash = new XsFlash(BLOCKS);
	foreign(flash, "read", "write", "eraseBlock");
	const limits = DEFAULT_LIMITS;
	const client = new Client({
		memory,
		dialler,
		clock: new XsClock(),
		random: new XsRandom(),
		store: inFlash ? new FlashStore(flash, limits) : new RamStore(limits),
		limits,
		version,
		clientId: "greenhouse-1",
		keepAliveSeconds: 60,
		listener: { onMessage() {}, onSettled() {} },
	});
	client.open();
	dialler.settle();
	const topic = client.topic(TOPIC);
	client.subscribe(client.filter("greenhouse/1/set/#"), 2);
	dialler.settle();
	const settings = bytesOf("greenhouse/1/set/targets");
	for (const qos of levels) {
		const published = (): void => {
			start();
			const ticket = client.publish(topic, PAYLOAD, qos);
			stop();
			if (ticket < 0) throw new Error(`refused: ${ticket}`);
			dialler.settle();
		};
		const received = (): void => {
			broker.publish(settings, PAYLOAD, qos);
			dialler.settle();
		};
		for (const [way, act] of [
			["publish", published],
			["receive", received],
		] as const) {
			const made = xs.alloc(act, MESSAGES);
			const { slots, chunks, grown, mallocs } = made;
			meter.take();
			xs.repeat(act, MESSAGES);
			row(`${way} QoS ${qos}`, {
				way,
				qos,
				version,
				store: inFlash ? "flash" : "RAM",
				codes: meter.take() / MESSAGES,
				slots: slots / MESSAGES,
				chunks: (chunks + grown) / MESSAGES,
				mallocs: mallocs / MESSAGES,
			});
		}
	}
}

measure(5, false, [0, 1, 2]);
measure(5, true, [1, 2]);
measure(4, false, [1]);
