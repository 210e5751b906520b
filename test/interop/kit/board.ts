// SPDX-License-Identifier: MIT
/** Our client on real sockets and real time, and everything that it was told. */
import {
	Client,
	type ClientOptions,
	type Filter,
	type Limits,
	type Listener,
	type Message,
	type Topic,
} from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { NodeClock, NodeMemory, NodeRandom } from "../../../simulator/node/index.js";
import { Watch } from "./watch.js";

export interface Received {
	readonly topic: string;
	readonly text: string;
	readonly qos: number;
	readonly retain: boolean;
}

type Wanted = Omit<
	ClientOptions,
	"memory" | "clock" | "random" | "store" | "limits" | "listener" | "clientId"
>;
export interface BoardOptions extends Wanted {
	readonly clientId?: string;
	readonly limits?: Partial<Limits>;
}

let boards = 0;

export class Board implements Listener {
	readonly client: Client;
	readonly watch = new Watch();
	readonly clientId: string;
	/** `sessionPresent` of each connection. */
	readonly onlines: boolean[] = [];
	/** True: {@link offlines} begins anew with the next connection. */
	forgetting = false;
	/** Reason, and milliseconds until the next attempt. */
	readonly offlines: (readonly [reason: number, retryMs: number])[] = [];
	readonly messages: Received[] = [];
	/** Ticket → outcome and reason. */
	readonly settled = new Map<number, readonly [outcome: number, reason: number]>();
	/** Tickets that were settled more than once, which must not be. */
	readonly settledAgain: number[] = [];
	readonly granted: number[] = [];
	/** The broker's answers to {@link unsubscribe}. */
	readonly forgotten: number[] = [];
	readonly oversize: number[] = [];
	flushed = -1;
	#topics = new Map<string, Topic>();
	#filters = new Map<string, Filter>();
	#onRoom: (() => void) | undefined;

	constructor(options: BoardOptions) {
		const { limits: changes = {}, clientId = `board-${process.pid}-${++boards}`, ...rest } = options;
		const limits = { backoffMs: 20, backoffMaxMs: 40, ...changes };
		this.clientId = clientId;
		this.client = new Client({
			memory: new NodeMemory(),
			clock: new NodeClock(),
			random: new NodeRandom(),
			store: new RamStore(limits),
			listener: this,
			clientId,
			limits,
			...rest,
		});
	}

	onOnline(present: boolean): void {
		if (this.forgetting) this.offlines.length = 0;
		this.forgetting = false;
		this.onlines.push(present);
		this.watch.changed();
	}
	onOffline(reason: number, retryMs: number): void {
		this.offlines.push([reason, retryMs]);
		this.watch.changed();
	}
	onMessage(message: Message): void {
		const { qos, retain } = message;
		this.messages.push({ topic: message.topic(), text: message.text(), qos, retain });
		this.watch.changed();
	}
	onOversize(_message: Message, bytes: number): void {
		this.oversize.push(bytes);
		this.watch.changed();
	}
	onSettled(ticket: number, outcome: number, reason: number): void {
		if (this.settled.has(ticket)) this.settledAgain.push(ticket);
		this.settled.set(ticket, [outcome, reason]);
		this.watch.changed();
	}
	onSubscribed(_filter: Filter, reason: number): void {
		this.granted.push(reason);
		this.watch.changed();
	}
	onUnsubscribed(_filter: Filter, reason: number): void {
		this.forgotten.push(reason);
		this.watch.changed();
	}
	onRoom(): void {
		this.#onRoom?.();
	}
	onFlushed(remaining: number): void {
		this.flushed = remaining;
		this.watch.changed();
	}

	/** Resolves when the predicate holds. */
	until(what: string, predicate: () => boolean): Promise<void> {
		return this.watch.until(what, predicate, () => this.#story());
	}

	/** Opens, and resolves when online (again). */
	async online(): Promise<this> {
		const before = this.onlines.length;
		this.client.open();
		await this.until("online", () => this.onlines.length > before);
		return this;
	}

	/** Subscribes, and resolves when the broker has granted it. */
	async subscribe(filter: string, qos: 0 | 1 | 2): Promise<void> {
		const before = this.granted.length;
		const made = this.client.filter(filter);
		this.#filters.set(filter, made);
		this.client.subscribe(made, qos);
		await this.until(`${filter} is granted`, () => this.granted.length > before);
	}

	/** Takes back what {@link subscribe} asked for, and resolves when the broker knows. */
	async unsubscribe(filter: string): Promise<void> {
		const before = this.forgotten.length;
		this.client.unsubscribe(this.#filters.get(filter)!);
		await this.until(`${filter} is forgotten`, () => this.forgotten.length > before);
	}

	/** Publishes a text; returns the ticket, or the refusal. */
	publish(topic: string, text: string, qos: 0 | 1 | 2, flags = 0): number {
		let known = this.#topics.get(topic);
		if (known === undefined) this.#topics.set(topic, (known = this.client.topic(topic)));
		return this.client.publish(known, new TextEncoder().encode(text), qos, flags);
	}

	/** Publishes "0" to "count - 1" as fast as the outbox lets it, and resolves when all are settled. */
	async burst(topic: string, count: number, qos: 0 | 1 | 2): Promise<void> {
		const before = this.settled.size;
		let next = 0;
		this.#onRoom = () => {
			while (next < count && this.publish(topic, String(next), qos) > 0) next++;
		};
		this.#onRoom();
		await this.until(`all ${count} are settled`, () => this.settled.size === before + count);
	}

	/** Resolves when the ticket is settled; with outcome and reason. */
	async settlement(ticket: number): Promise<readonly [outcome: number, reason: number]> {
		await this.until(`ticket ${ticket} is settled`, () => this.settled.has(ticket));
		return this.settled.get(ticket)!;
	}

	/** Says goodbye, and resolves when offline. */
	async close(): Promise<void> {
		this.client.close();
		await this.until(
			"closed",
			() => this.offlines.some(([, retryMs]) => retryMs === -1) || !this.client.online,
		);
	}

	get texts(): string[] {
		return this.messages.map(({ text }) => text);
	}

	counter(index: number): number {
		return this.client.counters[index];
	}

	#story(): string {
		const { onlines, offlines, granted, messages, settled } = this;
		const few = { onlines, offlines, granted, messages: messages.length, settled: settled.size };
		return `So far: ${JSON.stringify({ ...few, last: messages.slice(-3), pending: this.client.pending })}`;
	}
}
