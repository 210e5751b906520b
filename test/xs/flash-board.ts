// SPDX-License-Identifier: MIT
/** A client whose store is in flash, for gates: its board, and a gate that also tells what it took of the flash. */
import { Client, type ClientOptions } from "../../lib/client.js";
import { type Limits, limitsFrom } from "../../lib/limits.js";
import type { Listener } from "../../lib/listener.js";
import { LinkFault } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/flash-store.js";
import type { Message } from "../../lib/wire/message.js";
import type { Topic } from "../../lib/wire/topic.js";
import { XsClock, XsFlash, XsRandom } from "./board.js";
import { XsBroker } from "./broker.js";
import { check, type Demand, gate, row } from "./gate.js";
import { XsDialler, XsMemory } from "./memory.js";

/** Calls of each gate: they are slow, most of it because of the simulated flash, and the ring goes around all the same. */
export const CALLS = { n: 100, warmUp: 13 };
export const DONE = CALLS.n + CALLS.warmUp;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
/** 24 and 64 bytes, as the bounds have them. */
const TOPIC = "greenhouse/1/temperature";
export const PAYLOAD = new Uint8Array(64).fill(0x33);
export const SETTINGS = bytesOf("greenhouse/1/set/targets");

export class Counts implements Listener {
	online = 0;
	messages = 0;
	flushed = 0;
	room = 0;
	faults = 0;
	/** Settled tickets by outcome. */
	readonly settled = new Uint32Array(8);
	/** Who remembers how many QoS 2 messages came; undefined: nobody. */
	client: Client | undefined;
	/** What each of these is answered with, and where to; undefined: nothing. */
	answer: Topic | undefined;
	onOnline(): void {
		this.online++;
	}
	onMessage(message: Message): void {
		this.messages++;
		if (message.qos !== 2) return;
		this.client?.remember(this.messages);
		if (this.answer !== undefined) this.client?.publish(this.answer, PAYLOAD, 2);
	}
	onSettled(_ticket: number, outcome: number): void {
		this.settled[outcome]++;
	}
	onFlushed(): void {
		this.flushed++;
	}
	onRoom(): void {
		this.room++;
	}
	onStoreFault(): void {
		this.faults++;
	}
}

export class Board {
	readonly flash: XsFlash;
	readonly broker = new XsBroker();
	readonly dialler: XsDialler;
	readonly clock = new XsClock();
	readonly counts = new Counts();
	readonly client: Client;
	readonly topic: Topic;

	constructor(version: 4 | 5, blocks: number, changes: Partial<Limits> = {}) {
		const memory = new XsMemory(1024);
		const limits = limitsFrom(changes);
		const { broker, clock } = this;
		broker.version5 = version === 5;
		broker.sessionPresent = false;
		this.dialler = new XsDialler(memory, broker);
		broker.dialler = this.dialler;
		clock.epochAtStart = 1_767_225_600;
		clock.afterAlarm = () => this.dialler.settle();
		this.flash = new XsFlash(blocks);
		const options: ClientOptions = {
			memory,
			dialler: this.dialler,
			clock,
			random: new XsRandom(),
			store: new FlashStore(this.flash, limits),
			limits,
			version,
			clientId: "greenhouse-1",
			keepAliveSeconds: 0,
			listener: this.counts,
		};
		this.client = new Client(options);
		this.topic = this.client.topic(TOPIC);
	}

	open(): void {
		this.client.open();
		this.dialler.settle();
		this.broker.sessionPresent = true;
	}

	/** The link breaks, and the broker does not answer until {@link reconnect}. */
	hangUp(): void {
		this.broker.prompt = false;
		this.dialler.hangUp(LinkFault.Reset);
		this.dialler.settle();
	}

	reconnect(): void {
		this.broker.prompt = true;
		this.clock.advance(200_000);
		this.dialler.settle();
	}

	/** Messages that ended with that outcome. */
	settled(outcome: number): number {
		return this.counts.settled[outcome];
	}
}

/** A gate, and what it took of the flash in each of its calls. */
export function measured(board: Board, name: string, f: () => void, most = 0, demand: Demand = CALLS): void {
	const { flash } = board;
	const { programmed, erases } = flash;
	const calls = (demand.n ?? 1000) + (demand.warmUp ?? 43);
	gate(name, f, demand);
	const bytes = Math.round(((flash.programmed - programmed) / calls) * 10) / 10;
	const values = { flashBytes: bytes, erases: flash.erases - erases };
	// Of each block one cell is its header: what remains is what the messages take.
	const own = Math.round(((flash.programmed - programmed - 32 * values.erases) / calls) * 10) / 10;
	if (most > 0)
		check(`${name}: at most ${most} bytes of flash`, own <= most && own > 0, `${own}`, { own, ...values });
	else row(`${name}: flash per call`, values);
}
