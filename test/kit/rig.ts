// SPDX-License-Identifier: MIT
/** A client in a world of its own: virtual time, a virtual network, a listener that writes down what it is told. */
import {
	Client,
	type ClientOptions,
	type Filter,
	type Limits,
	type Listener,
	type Message,
	type Topic,
} from "../../lib/index.js";
import { RamStore } from "../../lib/store/index.js";
import { NodeMemory } from "../../simulator/node/memory.js";
import {
	type Conditions,
	type Scope,
	VirtualClock,
	type VirtualDialler,
	VirtualNetwork,
	World,
} from "../../simulator/world.js";
import { StrictDialler } from "./strict-dialler.js";

/** One thing that the listener was told, as text or numbers, in order. */
export type Note = readonly (string | number | boolean)[];

/** Writes down what the client tells; hooks may act inside the callbacks. */
export class Recorder implements Listener {
	readonly notes: Note[] = [];
	/** `retryMs` of each `onOffline`. */
	readonly retries: number[] = [];
	/** Tickets that were settled, with their outcome. A second time throws. */
	readonly settled = new Map<number, number>();
	/** Called after each note, inside the callback. */
	hook: ((note: Note, message?: Message) => void) | undefined;

	onOnline(present: boolean): void {
		this.#note(["online", present]);
	}
	onMessage(message: Message): void {
		this.#note(["message", message.topic(), message.text(), message.qos, message.retain], message);
	}
	onOversize(message: Message, bytes: number): void {
		this.#note(["oversize", message.topic(), bytes], message);
	}
	onSettled(ticket: number, outcome: number, reason: number, restored: boolean): void {
		if (this.settled.has(ticket)) throw new Error(`ticket ${ticket} is settled twice`);
		this.settled.set(ticket, outcome);
		this.#note(["settled", ticket, outcome, reason, restored]);
	}
	onSubscribed(_filter: Filter, reason: number): void {
		this.#note(["subscribed", reason]);
	}
	onUnsubscribed(_filter: Filter, reason: number): void {
		this.#note(["unsubscribed", reason]);
	}
	onRoom(): void {
		this.#note(["room"]);
	}
	onFlushed(remaining: number): void {
		this.#note(["flushed", remaining]);
	}
	onStoreFault(fault: number): void {
		this.#note(["fault", fault]);
	}
	onReauthenticated(): void {
		this.#note(["reauthenticated"]);
	}
	onOffline(reason: number, retryMs: number): void {
		this.retries.push(retryMs);
		this.#note(["offline", reason, retryMs >= 0]);
	}

	/** The notes of one kind, without their name. */
	of(kind: string): Note[] {
		return this.notes.filter((note) => note[0] === kind).map((note) => note.slice(1));
	}

	/** Forgets what was noted so far. */
	clear(): void {
		this.notes.length = 0;
	}

	/** How many of one kind. */
	count(kind: string): number {
		return this.of(kind).length;
	}

	#note(note: Note, message?: Message): void {
		this.notes.push(note);
		this.hook?.(note, message);
	}
}

export interface RigOptions extends Partial<Omit<ClientOptions, "limits">> {
	seed?: number;
	limits?: Partial<Limits>;
	/** Where the 32-bit ticks start. */
	ticks?: number;
	/** What the links are like. */
	conditions?: Partial<Conditions>;
	/** Ends the life without a word: power off. */
	scope?: Scope;
	/** The wall clock is right from the start. */
	synchronised?: boolean;
}

/** World, network, and one client on them. */
export class Rig {
	readonly world: World;
	readonly network: VirtualNetwork;
	readonly dialler: VirtualDialler;
	/** What the client dials: {@link dialler} under the contract of the ports. */
	readonly strict: StrictDialler;
	readonly clock: VirtualClock;
	readonly client: Client;
	readonly recorder = new Recorder();
	readonly topic: Topic;
	readonly filter: Filter;

	/** A life of its own on a world and a network that are there already, or on new ones. */
	constructor(
		options: RigOptions = {},
		world = new World({ seed: options.seed ?? 1 }),
		network = new VirtualNetwork(world, { conditions: options.conditions }),
	) {
		const { seed: _seed, ticks, conditions: _, scope, synchronised, limits = {}, ...rest } = options;
		this.world = world;
		this.network = network;
		this.dialler = this.network.dialler({ scope });
		this.strict = new StrictDialler(this.dialler);
		this.clock = new VirtualClock(world, { ticks, scope, synchronised });
		this.client = new Client({
			memory: new NodeMemory(),
			dialler: this.strict,
			clock: this.clock,
			random: world.random.fork("client"),
			store: new RamStore(limits),
			clientId: "board",
			listener: this.recorder,
			limits,
			...rest,
		});
		this.topic = this.client.topic("a/b");
		this.filter = this.client.filter("in/#");
	}

	/** Lets `ms` milliseconds pass. */
	pass(ms: number): void {
		this.world.run(this.world.now + ms);
	}

	/** Lets time pass until `predicate` holds; fails loudly after `ms`. */
	until(what: string, predicate: () => boolean, ms = 60_000): void {
		if (!this.world.runUntil(predicate, this.world.now + ms))
			throw new Error(
				`${what} did not happen within ${ms} ms; so far: ${JSON.stringify(this.recorder.notes)}`,
			);
	}

	/** Opens and waits until online. */
	online(): void {
		const before = this.recorder.count("online");
		this.client.open();
		this.until("online", () => this.recorder.count("online") > before);
	}

	/** Publishes a short text. Returns the ticket or the refusal. */
	publish(text: string, qos: 0 | 1 | 2, flags = 0, topic = this.topic): number {
		return this.client.publish(topic, new TextEncoder().encode(text), qos, flags);
	}

	/** Cuts every link, and waits until the client knows. */
	drop(): void {
		const before = this.recorder.count("offline");
		this.cut();
		this.until("offline", () => this.recorder.count("offline") > before);
	}

	/** Cuts every link; both sides learn. */
	cut(): void {
		for (const link of [...this.network.links]) link.cut();
	}
}
