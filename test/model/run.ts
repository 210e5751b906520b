// SPDX-License-Identifier: MIT
import { Client, type Listener, type Message, type Topic } from "../../lib/index.js";
import type { Alarm, Clock, Dialler, Link, LinkFault, Timer, Transport } from "../../lib/ports.js";
import type { Pump } from "../../lib/pump.js";
import { type Link as Connection, Phase } from "../../lib/session/link.js";
import type { Session } from "../../lib/session/session.js";
import { RamStore } from "../../lib/store/index.js";
import { NodeMemory } from "../../simulator/node/memory.js";
import { Broker, Out } from "./broker.js";
import { GIVEN, Invariants } from "./invariants.js";
import { put, say, T, take, typeOf } from "./packets.js";
import { type Snapshot, Snapshots } from "./snapshots.js";

/** One thing to explore. */
export interface Plan {
	readonly version: 4 | 5;
	/** What the application publishes, one after the other. */
	readonly qos: readonly (0 | 1 | 2)[];
	/** What the broker sends. */
	readonly inbound: readonly (1 | 2)[];
	readonly publishIds: number;
	readonly window: number;
	/** Of the broker, for what the client sends; 5.0. */
	readonly receiveMaximum: number;
	/** How often the link is lost. */
	readonly losses: number;
	/** What the broker sends waits until the client reads it, all at once; what is not read is lost with the link. */
	readonly lazy: boolean;
	readonly onSessionLost: "requeue" | "drop";
	/** How many QoS 2 messages of a broker of 3.1.1, which does not know it, find a place with the client; 0: all. */
	readonly places: number;
	/** How many packets a broker of 3.1.1 repeats on a live link. */
	readonly repeats: number;
}

/** What can happen next; the low byte says to what. */
export const enum Step {
	Publish = 0x000,
	/** The broker looks at the next packet, and takes what it is. */
	Receive = 0x100,
	/** The broker looks at the next packet, and does not want it. */
	Refuse = 0x200,
	/** The broker writes one of the answers that are due. */
	Answer = 0x300,
	/** The broker sends a message, or PUBREL, or either again. */
	Send = 0x400,
	Repeat = 0x500,
	/** The client reads. */
	Read = 0x600,
	/** The link is lost with all that is on it. */
	Cut = 0x700,
	/** The client connects; the broker has its session. */
	Resume = 0x800,
	/** The client connects; the broker has lost its session. */
	Anew = 0x900,
	/** The client connects, the broker has its session, and CONNACK is lost with the link. */
	Vain = 0xa00,
	/** The same, but the broker has lost its session, and the client cannot know. */
	VainAnew = 0xb00,
}

const MINUTES = 600_000;

/** A field of the connection, all of them numbers or booleans. */
type LinkField = Exclude<keyof Connection, "reset" | "begin" | "heard" | "look" | "accept">;

/** A client, a broker that does what it is told, and who looks at both. Nothing happens here by itself. */
export class Run implements Clock, Timer, Dialler, Transport, Listener {
	readonly client: Client;
	readonly broker: Broker;
	readonly invariants: Invariants;
	private readonly session: Session;
	private readonly pump: Pump;
	/** What of the state is in lists. */
	private readonly lists: readonly (readonly number[])[];
	private readonly linkNames: readonly LinkField[];
	private readonly values = new Uint16Array(256);
	private readonly text = Buffer.from(this.values.buffer);
	private readonly snapshots: Snapshots;
	private readonly topic: Topic;
	private readonly payloads: readonly Uint8Array[];
	/** What the broker sent and the client has not read: packets, and the same as bytes. */
	private readonly inbox: number[] = [];
	private readonly bytes: number[] = [];
	private alarm: Alarm | null = null;
	private link: Link | null = null;
	up = false;
	losses: number;
	published = 0;
	ticks = 0;
	seconds = 0;
	readonly epochSeconds = 0;
	readonly room = 256;

	constructor(
		readonly plan: Plan,
		/** Breaks something of the client. */
		harm?: (client: Client) => void,
	) {
		const { version, qos, inbound, window, receiveMaximum, publishIds } = plan;
		this.losses = plan.losses;
		const maximum = plan.places || Math.max(1, inbound.length);
		const limits = {
			packetBytes: 64, sendBytes: 256, outboxBytes: 128, outboxMessages: 4, textBytes: 128, window,
			subscriptions: 1, receiveMaximum: maximum, publishIds,
		}; // biome-ignore format: a list
		const quota = version === 5 ? Math.min(window, receiveMaximum) : window;
		const drop = plan.onSessionLost === "drop";
		this.broker = new Broker(version, qos.length, inbound, version === 4 ? 255 : maximum, plan.repeats);
		this.invariants = new Invariants({ version, qos, inbound, publishIds, quota, places: maximum, drop });
		this.client = new Client({
			memory: new NodeMemory(), dialler: this, clock: this, random: { below: () => 0 }, store: new RamStore(limits),
			clientId: "c", version, keepAliveSeconds: 0, listener: this, limits, onSessionLost: plan.onSessionLost,
		}); // biome-ignore format: a list
		const { session, pump } = this.client as unknown as { session: Session; pump: Pump };
		this.session = session;
		this.pump = pump;
		this.linkNames = Object.keys(session.link).filter((name) => !name.startsWith("last")) as LinkField[];
		const { broker, invariants } = this;
		this.lists = [
			broker.pipe, broker.due, broker.takenIds, broker.takenMessages, broker.taken, broker.takenNow, broker.out,
			broker.outIds, broker.again, invariants.way, invariants.ids, invariants.outcome, invariants.reasons,
			invariants.now, invariants.doubt, invariants.inboundIds, invariants.handed, this.inbox,
		]; // biome-ignore format: a list
		this.topic = this.client.topic("t");
		this.payloads = qos.map((_, k) => Uint8Array.of(k));
		harm?.(this.client);
		this.snapshots = new Snapshots(this, [
			plan,
			plan.qos,
			plan.inbound,
			this.payloads,
			this.lists,
			this.linkNames,
			this.values.buffer,
			session.counters.buffer,
		]);
		this.client.open();
		this.take(Step.Anew);
	}

	// ── what can happen ──────────────────────────────────────────────────────────────────────────────────────────

	/** What can happen next. */
	steps(): number[] {
		const { broker, plan } = this;
		const steps: number[] = [];
		if (this.published < plan.qos.length) steps.push(Step.Publish);
		if (!this.up) {
			steps.push(Step.Resume, Step.Anew);
			if (broker.pipe.length > 0) steps.push(Step.Receive); // what the client wrote before it closed
			if (this.losses > 0) steps.push(Step.Vain);
			// An identifier of QoS 2 that the broker then gives away again would be taken for the old one, by any client.
			if (this.losses > 0 && plan.inbound.length === 0) steps.push(Step.VainAnew);
			return steps;
		}
		if (this.inbox.length > 0) steps.push(Step.Read);
		if (broker.pipe.length > 0) steps.push(Step.Receive);
		if (broker.pipe.length > 0 && broker.mayRefuse()) steps.push(Step.Refuse);
		for (let index = 0; index < broker.due.length; index++) steps.push(Step.Answer + index);
		const next = broker.nextOut;
		if (next >= 0) steps.push(Step.Send + next);
		for (let m = 0; m < plan.inbound.length; m++) if (broker.mayRepeat(m)) steps.push(Step.Repeat + m);
		if (steps.length === 0) this.end();
		if (this.losses > 0) steps.push(Step.Cut);
		return steps;
	}

	/** Lets it happen, and throws when a rule is broken. */
	take(step: number): void {
		const { broker, invariants } = this;
		const which = step & 0xff;
		switch (step - which) {
			case Step.Publish: {
				const k = this.published++;
				invariants.tickets[k] = GIVEN;
				const ticket = this.client.publish(this.topic, this.payloads[k], this.plan.qos[k]);
				if (this.plan.qos[k] > 0 && ticket <= 0) throw new Error(`message ${k} is refused: ${ticket}`);
				invariants.tickets[k] = ticket;
				break;
			}
			case Step.Receive:
			case Step.Refuse:
				broker.receive(step - which === Step.Receive);
				break;
			case Step.Answer:
				this.send(broker.due.splice(which, 1)[0]);
				break;
			case Step.Send:
				this.send(broker.send(which));
				break;
			case Step.Repeat:
				this.send(broker.repeat(which));
				break;
			case Step.Read:
				this.deliver();
				break;
			case Step.Cut:
				this.cut();
				break;
			default:
				this.connect(step);
		}
		for (let m = 0; m < broker.out.length; m++) if (broker.out[m] === Out.Done) invariants.finished(m);
		invariants.check(broker.taken, broker.takenNow);
	}

	/** In words, for who has to understand what went wrong. Before it is taken. */
	describe(step: number): string {
		const { broker } = this;
		const which = step & 0xff;
		switch (step - which) {
			case Step.Publish:
				return `publish ${this.published} q${this.plan.qos[this.published]}`;
			case Step.Receive:
				return `broker takes ${say(broker.pipe[0])}`;
			case Step.Refuse:
				return `broker refuses ${say(broker.pipe[0])}`;
			case Step.Answer:
				return `broker answers ${say(broker.due[which])}`;
			case Step.Send:
				return `broker sends message ${which}, state ${broker.out[which]}`;
			case Step.Repeat:
				return `broker repeats message ${which}`;
			case Step.Read:
				return `client reads ${this.inbox.map(say).join(", ")}`;
			case Step.Cut:
				return "cut";
			default:
				return ["resume", "session lost", "resume, CONNACK lost", "session and CONNACK lost"][
					(step - Step.Resume) >> 8
				];
		}
	}

	private send(packet: number): void {
		this.inbox.push(packet);
		put(this.bytes, packet, this.plan.version, this.plan.receiveMaximum);
		if (!this.plan.lazy || typeOf(packet) === T.Connack) this.deliver();
	}

	private deliver(): void {
		for (const packet of this.inbox) this.invariants.given(packet);
		this.inbox.length = 0;
		this.link?.onReadable(this.bytes.length);
		if (!this.up) this.closed();
		if (this.bytes.length > 0) throw new Error("the client does not read");
	}

	/** The client has closed the connection, to fetch what was held back. What it wrote is still on its way. */
	private closed(): void {
		const { broker, invariants } = this;
		if (!invariants.heldBack) throw new Error("the client closed the connection");
		invariants.check(broker.taken, broker.takenNow);
		this.bytes.length = 0;
		invariants.cut();
	}

	private cut(fault: LinkFault = 3): void {
		this.losses--;
		this.up = false;
		this.inbox.length = this.bytes.length = 0;
		this.broker.cut();
		this.invariants.cut();
		this.link?.onError(fault);
	}

	private connect(step: Step): void {
		const { invariants } = this;
		this.up = true;
		this.broker.cut();
		if (this.pump.phase === Phase.Waiting) {
			this.ticks = (this.ticks + MINUTES) | 0;
			this.alarm?.onAlarm(); // dials
		}
		this.link?.onWritable(this.room);
		const connect = this.broker.pipe.shift();
		if (connect === undefined || typeOf(connect) !== T.Connect)
			throw new Error("the client sends no CONNECT");
		const known = this.broker.session;
		const clean = connect !== T.Connect << 24;
		if (known && clean) throw new Error("the client does not want its session");
		const connack = this.broker.connect(clean, step === Step.Resume || step === Step.Vain);
		if (step === Step.VainAnew) invariants.doubtAll();
		if (step >= Step.Vain) this.cut();
		else this.send(connack);
	}

	/** Nothing can happen any more but another loss. */
	private end(): void {
		this.invariants.end();
		if (this.client.pending > 0) throw new Error(`${this.client.pending} messages stay in the store`);
		if (this.session.store.inboundCount > 0) throw new Error("an inbound identifier is never freed");
		if (!this.broker.finished) throw new Error("the broker waits for ever");
	}

	// ── the ports ────────────────────────────────────────────────────────────────────────────────────────────────

	dial(link: Link): Transport {
		this.link = link;
		return this;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const count = Math.min(limit - start, this.bytes.length);
		for (let at = 0; at < count; at++) bytes[start + at] = this.bytes[at];
		this.bytes.splice(0, count);
		return count;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		take(bytes, start, end, this.plan.version === 5, (packet) => {
			this.invariants.wrote(packet);
			this.broker.pipe.push(packet);
		});
		return this.room;
	}

	close(): void {
		this.up = false;
	}

	timer(wake: Alarm): Timer {
		this.alarm = wake;
		return this;
	}

	arm(): void {}

	disarm(): void {}

	onSettled(ticket: number, outcome: number): void {
		this.invariants.settled(ticket, outcome, this.broker.taken);
	}

	onMessage(message: Message): void {
		this.invariants.message(message.payload()[0]);
	}

	// ── states ───────────────────────────────────────────────────────────────────────────────────────────────────

	save(): Snapshot {
		return this.snapshots.take();
	}

	restore(snapshot: Snapshot): void {
		this.snapshots.restore(snapshot);
	}

	/** Throws when {@link restore} leaves something out. */
	checkSnapshots(): void {
		this.snapshots.check();
	}

	/**
	 * All that what comes next depends on: two states with the same key are one. Of the client: every field of the connection, what
	 * the store holds, how far the pump is. Not times, which decide nothing here, nor counters, nor what regions hold in passing.
	 */
	key(): string {
		const { broker, invariants, session } = this;
		const { store, link, owed } = session;
		const values = this.values;
		let at = 0;
		for (const list of this.lists) {
			values[at++] = list.length;
			for (const value of list) {
				values[at++] = value >>> 16;
				values[at++] = value & 0xffff;
			}
		}
		values[at++] = this.published;
		values[at++] = (this.losses << 8) | (broker.open << 4) | broker.repeats;
		values[at++] =
			(invariants.latest & 0xff) |
			(this.up ? 0x100 : 0) |
			(invariants.heldBack ? 0x400 : 0) |
			(broker.session ? 0x200 : 0);
		for (const name of this.linkNames) values[at++] = Number(link[name]);
		for (const ticket of invariants.tickets) values[at++] = ticket > 0 ? store.state(ticket) : 0;
		for (let id = 1; id <= broker.out.length; id++) values[at++] = Number(store.inbound(id));
		values[at++] = store.low;
		values[at++] = store.inboundCount;
		values[at++] = (Number(store.established) << 8) | session.past;
		values[at++] = owed.count;
		values[at++] = this.pump.phase;
		return this.text.toString("latin1", 0, 2 * at);
	}
}
