// SPDX-License-Identifier: MIT
/** A short life of a client in which everything that it can tell anybody is told. */
import {
	Aliases,
	Authentication,
	Fragments,
	Holds,
	Requests,
	Router,
	Sources,
} from "../../../../lib/extras/index.js";
import {
	Counter,
	DEFAULT_LIMITS,
	DROP_OLDEST,
	type Filter,
	KEEP_LATEST,
	type Message,
	type Properties,
	SETTLE_STORED,
	Settled,
	StoreFault,
	type Topic,
} from "../../../../lib/index.js";
import { FlashStore, RamStore } from "../../../../lib/store/index.js";
import { NodeFlash } from "../../../../simulator/node/flash.js";
import { Echo, properties } from "../../../kit/authentication.js";
import { type Fields, type Line, meet, type Peer, type Version } from "../../../kit/peer.js";
import type { Rig } from "../../../kit/rig.js";
import { TestSource } from "../../extras/sources.js";

/** Where an application may be called: a method of `Listener`, or of what it has handed to an extra. */
export type Where = string;

const LIMITS = {
	...DEFAULT_LIMITS,
	packetBytes: 160,
	sendBytes: 256,
	textBytes: 2048,
	outboxMessages: 8,
	keptMessages: 8,
	outboxBytes: 1024,
	window: 3,
	backoffMs: 100,
	stableMs: 1000,
	requestMs: 5000,
};

/** Of a ticket that is settled inside of the call that has done it, and not in a turn. */
export const INSIDE = ", inside of a call";

export class Life {
	readonly rig: Rig;
	readonly peer: Peer;
	readonly other: Filter;
	readonly routed: Filter;
	readonly answered: Topic;
	readonly goodbye: Properties;
	/** The message of the callback that runs. */
	message: Message | undefined;
	/** Handles of messages that are held. */
	readonly handles: number[] = [];
	/** Tickets that were given. */
	readonly tickets: number[] = [];
	/** What the hook has thrown. */
	readonly faults: string[] = [];
	/** Called inside of every callback. */
	hook: ((where: Where) => void) | undefined;
	/** Callbacks that run, the outermost first. */
	readonly running: Where[] = [];
	#fault = 0;
	readonly #full: boolean;

	/** `full`: with all extras, and a store in RAM; without them there are callbacks that there are not with them. */
	constructor(version: Version, full: boolean) {
		this.#full = full;
		const router = new Router();
		const asks = (where: Where, value: string) => () => {
			this.#told(where);
			return value;
		};
		const method = new Echo();
		method.hook = (what) => this.#told(`AuthenticationMethod.${what.replace(/ .*/, "")}`);
		const extras = {
			user: asks("UserName", "me"),
			password: asks("Password", "secret"),
			aliases: new Aliases(),
			fragments: new Fragments(),
			holds: new Holds({ holdMs: 2000 }),
			requests: new Requests({ responseTopic: "answers/board" }),
			router,
			sources: new Sources(1),
			...(version === 5 ? { authentication: new Authentication(method, { dataBytes: 64 }) } : {}),
		};
		const store = full ? new RamStore(LIMITS) : new FlashStore(new NodeFlash({ size: 16 * 4096 }), LIMITS);
		const takeFault = store.takeFault.bind(store);
		store.takeFault = () => {
			const fault = this.#fault;
			this.#fault = 0;
			return fault || takeFault();
		};
		const { rig, peer } = meet(version, { store, limits: LIMITS, ...(full ? extras : {}) });
		this.rig = rig;
		this.peer = peer.answerAll();
		peer.polite.delete("connect");
		peer.onPacket = (packet, line) => this.#converse(packet as unknown as Fields, line);
		const { recorder } = rig;
		recorder.hook = (note, message) => {
			this.message = message;
			const inside = note[0] === "settled" && (note[2] === Settled.Stored || note[2] === Settled.GaveWay);
			this.#told(LISTENER[String(note[0])], inside ? INSIDE : "");
			this.message = undefined;
		};
		const { client } = rig;
		this.other = client.filter("other");
		this.routed = client.filter("routed/+");
		this.answered = client.topic("answered");
		this.goodbye = client.properties({ reasonString: "again" });
		if (full)
			router.on(this.routed, (message) => {
				this.message = message;
				this.#told("Handler");
				this.message = undefined;
			});
	}

	#told(where: Where, how = ""): void {
		this.running.push(where + how);
		try {
			this.hook?.(where);
		} catch (error) {
			// Not every caller hands on what is thrown.
			this.faults.push((error as Error).message);
		}
		this.running.pop();
	}

	/** What a reply is told to, and a source of so many bytes. */
	readonly onReply = (reply: Message | undefined): void => {
		this.message = reply;
		this.#told("ReplyHandler");
		this.message = undefined;
	};

	source(length: number): TestSource {
		const source = new TestSource(length);
		source.onRead = () => this.#told("Source.read");
		return source;
	}

	/** Keeps a ticket; a refusal is none. */
	ticket(ticket: number): number {
		if (ticket > 0) this.tickets.push(ticket);
		return ticket;
	}

	/** The broker's half: authentication, and answers to requests. */
	#converse({ cmd, topic, reasonCode, properties: has, messageId: _ }: Fields, line: Line): void {
		const own =
			this.peer.version === 5 ? { topicAliasMaximum: 4, ...(this.#full ? properties("welcome") : {}) } : {};
		if (cmd === "connect" && (!this.#full || this.peer.version === 4)) line.connack({ properties: own });
		else if (cmd === "connect" || (cmd === "auth" && reasonCode === 0x19))
			line.send({ cmd: "auth", reasonCode: 0x18, properties: properties("challenge") });
		else if (cmd === "auth" && line.texts.filter((one) => one.startsWith("auth")).length === 1)
			line.connack({ properties: own });
		else if (cmd === "auth") line.send({ cmd: "auth", reasonCode: 0, properties: properties("welcome") });
		else if (cmd === "publish" && topic === "answered") {
			const { responseTopic, correlationData } = (has ?? {}) as Fields;
			line.publish(String(responseTopic), "reply", 0, undefined, { properties: { correlationData } });
		}
	}

	/** Lives it. */
	live(): void {
		const { rig, peer } = this;
		const { client } = rig;
		client.subscribe(rig.filter, 1);
		client.subscribe(this.routed, 2);
		client.open();
		rig.pass(20);
		if (this.#full) {
			this.ticket(client.publishFrom(rig.topic, this.source(400), 400, 1));
			this.ticket(client.request(this.answered, new Uint8Array(3), this.onReply, 1000));
			this.ticket(client.request(rig.topic, new Uint8Array(3), this.onReply, 100));
		}
		for (let i = 0; i < 16; i++) this.ticket(rig.publish(`${i}`, (i % 3) as 0 | 1 | 2));
		rig.pass(20);
		const ask =
			peer.version === 5
				? { properties: { responseTopic: "for/me", correlationData: Buffer.from("7") } }
				: {};
		peer.line
			?.publish("in/a", "hello", 1, 5, ask)
			.publish("routed/b", "hello", 2, 6, ask)
			.publish("in/c", "", 0, undefined);
		if (peer.version === 4 || this.#full) peer.line?.publish("in/d", new Uint8Array(400), 1, 7);
		rig.pass(20);
		client.subscribe(this.other, 1);
		rig.pass(20);
		client.unsubscribe(this.other);
		client.reauthenticate();
		this.#fault = StoreFault.RecordLost;
		client.flush();
		rig.pass(200);
		rig.cut();
		rig.pass(5000);
		// Tickets that are settled inside of the call: what is stored, what gives way.
		this.ticket(rig.publish("stored", 1, SETTLE_STORED));
		this.ticket(rig.publish("latest", 1, KEEP_LATEST));
		rig.cut();
		rig.pass(1);
		for (const flags of [SETTLE_STORED, KEEP_LATEST, KEEP_LATEST, DROP_OLDEST, DROP_OLDEST, SETTLE_STORED])
			for (let i = 0; i < 4; i++) this.ticket(rig.publish("after".repeat(i), 1, flags));
		for (const length of [10, 20])
			this.ticket(client.publishFrom(rig.topic, this.source(length), length, 1, DROP_OLDEST));
		client.flush();
		rig.pass(5000);
	}

	/** Whatever was done: it can be opened, sends, receives, and closes; every ticket is settled, nothing is left. */
	end(): void {
		const { rig, peer } = this;
		const { client, recorder } = rig;
		if (this.faults.length > 0) throw new Error(this.faults[0]);
		this.hook = undefined;
		client.open();
		rig.until("online", () => client.online, 200_000);
		rig.pass(4000);
		rig.until("online again", () => client.online, 200_000);
		const ticket = this.ticket(rig.publish("in the end", 2));
		if (ticket < 0) throw new Error(`refused: ${ticket}`);
		peer.line.publish("in/z", "in the end", 1, 77);
		rig.until("all is settled", () => client.pending === 0, 60_000);
		rig.pass(10);
		if (recorder.notes.findLast((note) => note[0] === "message")?.[2] !== "in the end")
			throw new Error("nothing came");
		if (!peer.line.texts.includes("puback #77")) throw new Error("it was not acknowledged");
		client.flush();
		client.close();
		rig.pass(1000);
		if (client.online || !peer.line.closed) throw new Error("it does not close");
		if (!peer.line.texts.at(-1)?.startsWith("disconnect")) throw new Error("it says no goodbye");
		if (client.counters[Counter.PeerFaults] > 0) throw new Error("it blames the broker");
		const missing = this.tickets.filter((one) => !recorder.settled.has(one));
		if (missing.length > 0) throw new Error(`never settled: ${missing.join()}`);
		if (recorder.settled.size !== new Set(this.tickets).size)
			throw new Error("settled what nobody has published");
		rig.pass(400_000);
		if (rig.world.pending > 0) throw new Error(`${rig.world.pending} events are left`);
	}
}

/** Names of the recorder for the methods of `Listener`. */
export const LISTENER: Readonly<Record<string, Where>> = {
	online: "onOnline",
	message: "onMessage",
	oversize: "onOversize",
	settled: "onSettled",
	subscribed: "onSubscribed",
	unsubscribed: "onUnsubscribed",
	room: "onRoom",
	fault: "onStoreFault",
	flushed: "onFlushed",
	reauthenticated: "onReauthenticated",
	offline: "onOffline",
};
