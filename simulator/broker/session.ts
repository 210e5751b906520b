// SPDX-License-Identifier: MIT
/**
 * What the broker keeps of one client whether or not it is connected: subscriptions, the queue, and the
 * exchanges of QoS 1 and 2 (5.0, section 4.1).
 *
 *   deliver ─▶ queue ─▶ AwaitAck ──PUBACK──▶ done
 *                  └──▶ AwaitRec ──PUBREC──▶ AwaitComp ──PUBCOMP──▶ done
 *
 * Exchanges sit in an array that the packet identifier indexes: identifiers are handed out in rotation, so
 * the slot is nearly always free, nothing is hashed, and an identifier just freed is the last to come again.
 */

import type { Due } from "./deadlines.js";
import type { Hub } from "./hub.js";
import { type Delivery, type Message, Turn } from "./message.js";
import { Code, type Qos } from "./protocol.js";
import { Queue } from "./queue.js";
import type { Grant, Group, Subscription } from "./subscription.js";

/** The connection, as its session sees it. */
export interface Link {
	/** Whether more may be sent now: the backlog is below its limit. */
	readonly writable: boolean;
	/** PUBLISH of QoS 1 and 2 that may be unacknowledged at a time. */
	readonly window: number;
	/** Sends a PUBLISH. False: the client does not take packets of that size, nothing was sent. */
	publish(delivery: Delivery, dup: boolean): boolean;
	/** Sends a PUBREL. */
	release(id: number, reason: number): void;
	/** Ends the connection, for a reason. */
	fail(reason: number): void;
}

export interface Will {
	readonly message: Message;
	readonly delaySeconds: number;
	/** Seconds after its publication; -1: none. */
	readonly expirySeconds: number;
}

const FIRST_SLOTS = 4;
const MOST_SLOTS = 65_536;
const MOST_INFLIGHT = 65_000;
/** What most sessions have most of the time, without a table of their own; never changed. */
export const NO_SUBSCRIPTIONS: readonly Subscription<Session>[] = [];
const NO_DELIVERIES: Delivery[] = [];
const BY_ORDER = (a: Delivery, b: Delivery) => a.order - b.order;

export class Session implements Due {
	readonly clientId: string;
	readonly #hub: Hub;
	link: Link | undefined;
	user = "";
	/** How long it outlives its connection. */
	expirySeconds = 0;
	will: Will | undefined;
	/** When its connection was lost, by the clock of the schedule. */
	aloneSince = 0;
	/** Of its deadline without a connection. */
	place = -1;
	/** In the order of subscribing. */
	subscriptions: readonly Subscription<Session>[] = NO_SUBSCRIPTIONS;
	/** QoS 2 packet identifiers of the client whose PUBREL has not come, with the message if it is passed on only then. */
	inbound: Map<number, Message | undefined> | undefined;
	/** Bytes of messages waiting and in flight. */
	heldBytes = 0;
	/** Exchanges that are not complete. */
	inflight = 0;

	#queue: Queue<Delivery> | undefined;
	/** Sent on an earlier connection and not yet again on this one, in order. */
	#resend = NO_DELIVERIES;
	#slots: (Delivery | undefined)[] = NO_DELIVERIES;
	#nextId = 1;
	#nextOrder = 1;
	/** PUBLISH sent on this connection and unacknowledged: what Receive Maximum counts (5.0, section 4.9). */
	#unacknowledged = 0;

	constructor(hub: Hub, clientId: string) {
		this.#hub = hub;
		this.clientId = clientId;
	}

	/** One more subscription, see {@link Subscriptions.add}. */
	subscribed(added: Subscription<Session>): void {
		if (this.subscriptions.length === 0) this.subscriptions = [added];
		else (this.subscriptions as Subscription<Session>[]).push(added);
	}

	unsubscribed(removed: Subscription<Session>): void {
		if (this.subscriptions.length === 1) this.subscriptions = NO_SUBSCRIPTIONS;
		else (this.subscriptions as Subscription<Session>[]).splice(this.subscriptions.indexOf(removed), 1);
	}

	/** A QoS 2 message came; `held`: it is passed on with its PUBREL. */
	remember(id: number, held: Message | undefined): void {
		this.inbound ??= new Map();
		this.inbound.set(id, held);
	}

	/** Messages that have not been sent. */
	get waiting(): number {
		return this.#queue?.length ?? 0;
	}

	/** Whether a message could be sent now rather than wait. */
	get ready(): boolean {
		return this.#room(this.link) && this.waiting === 0 && this.#resend.length === 0;
	}

	/** Takes a message for this client: sends it, lets it wait, or drops it and says so. */
	deliver(message: Message, grant: Grant, retain: boolean, share?: Group<Session>): void {
		const qos = Math.min(message.qos, grant.qos) as Qos;
		const link = this.link;
		const delivery = {
			message,
			qos,
			retain,
			identifiers: grant.identifiers,
			share,
			id: 0,
			turn: Turn.Queued,
			counted: false,
			order: 0,
		};
		if (qos === 0) {
			if (!link) this.#hub.drop("offline", this.clientId, delivery);
			else if (!link.writable) this.#hub.drop("backlog", this.clientId, delivery);
			else if (!link.publish(delivery, false)) this.#hub.drop("tooLarge", this.clientId, delivery);
			return;
		}
		const limits = this.#hub.limits;
		if (this.heldBytes + message.bytes > limits.heldBytes) {
			this.#hub.drop("queueFull", this.clientId, delivery);
			return;
		}
		if (link && this.ready) {
			this.heldBytes += message.bytes;
			this.#start(link, delivery);
		} else if (this.waiting >= limits.queuedMessages) {
			this.#hub.drop("queueFull", this.clientId, delivery);
		} else {
			this.heldBytes += message.bytes;
			this.#queue ??= new Queue();
			this.#queue.push(delivery);
		}
	}

	onDue(): void {
		this.#hub.turn(() => this.#hub.await(this));
	}

	/** A connection took this session up: sends again what was under way, in its order, then what waits. */
	resume(link: Link): void {
		this.link = link;
		const open = this.#slots.filter((slot) => slot !== undefined).sort(BY_ORDER);
		this.#resend = open.filter((delivery) => delivery.turn !== Turn.AwaitComp);
		for (const delivery of open) {
			if (delivery.turn === Turn.AwaitComp) link.release(delivery.id, Code.Success); // [MQTT-4.4.0-1]
		}
		this.pump();
	}

	/** The connection is gone; what it counted is, too. */
	detach(): void {
		this.link = undefined;
		this.#unacknowledged = 0;
		for (const delivery of this.#slots) if (delivery) delivery.counted = false;
	}

	/** Sends what waits, as far as the window and the backlog allow. */
	pump(): void {
		for (;;) {
			const link = this.link;
			if (!link || !this.#room(link)) return;
			const again = this.#resend.length > 0 ? this.#resend.shift() : undefined;
			if (again) {
				if (this.#at(again.id) === again && again.turn !== Turn.AwaitComp) this.#sendAgain(link, again);
				continue;
			}
			const delivery = this.#queue?.shift();
			if (!delivery) return;
			this.#start(link, delivery);
		}
	}

	/** Returns 0, or the reason code with which the connection has to end. */
	onPuback(id: number, reason: number): number {
		const delivery = this.#at(id);
		if (!delivery) return 0;
		if (delivery.turn !== Turn.AwaitAck) return Code.ProtocolError;
		this.#finish(delivery, reason);
		return 0;
	}

	/** From 0x80 on the exchange ends there [MQTT-4.3.3-4]; otherwise PUBREL, also when it comes again. */
	onPubrec(id: number, reason: number): number {
		const delivery = this.#at(id);
		if (!delivery) {
			if (reason < 0x80) this.link?.release(id, Code.IdentifierNotFound);
			return 0;
		}
		if (delivery.turn === Turn.AwaitAck) return Code.ProtocolError;
		if (reason >= 0x80) {
			this.#finish(delivery, reason);
			return 0;
		}
		if (delivery.turn === Turn.AwaitRec) {
			delivery.turn = Turn.AwaitComp;
			delivery.order = this.#nextOrder++;
			this.heldBytes -= delivery.message.bytes;
		}
		this.link?.release(id, Code.Success);
		return 0;
	}

	onPubcomp(id: number, reason: number): number {
		const delivery = this.#at(id);
		if (!delivery) return 0;
		if (delivery.turn !== Turn.AwaitComp) return Code.ProtocolError;
		this.#finish(delivery, reason);
		return 0;
	}

	/** The session ends. Returns the messages that it still owed, in their order. */
	abandon(): Delivery[] {
		const owed = this.#slots
			.filter((slot) => slot !== undefined && slot.turn !== Turn.AwaitComp)
			.sort((a, b) => BY_ORDER(a!, b!)) as Delivery[];
		for (let one = this.#queue?.shift(); one; one = this.#queue?.shift()) owed.push(one);
		this.#slots = NO_DELIVERIES;
		this.#resend = NO_DELIVERIES;
		this.heldBytes = 0;
		this.inflight = 0;
		return owed;
	}

	#start(link: Link, delivery: Delivery): void {
		const { message } = delivery;
		if (message.expiresAt <= this.#hub.now) {
			this.heldBytes -= message.bytes;
			this.#hub.drop("expired", this.clientId, delivery); // [MQTT-3.3.2-5]
			return;
		}
		delivery.id = this.#allocate();
		delivery.turn = delivery.qos === 1 ? Turn.AwaitAck : Turn.AwaitRec;
		delivery.order = this.#nextOrder++;
		this.#slots[delivery.id & (this.#slots.length - 1)] = delivery;
		this.inflight++;
		this.#count(delivery);
		if (link.publish(delivery, false)) return;
		this.#release(delivery);
		this.#hub.drop("tooLarge", this.clientId, delivery); // [MQTT-3.1.2-25]
	}

	#sendAgain(link: Link, delivery: Delivery): void {
		this.#count(delivery);
		this.#hub.counters.resent++;
		if (link.publish(delivery, true)) return; // [MQTT-3.3.1-1]
		this.#release(delivery);
		this.#hub.drop("tooLarge", this.clientId, delivery);
	}

	#finish(delivery: Delivery, reason: number): void {
		this.#release(delivery);
		if (this.#hub.onEvent) {
			const { id, qos } = delivery;
			const { topic, payload } = delivery.message;
			this.#hub.onEvent({ kind: "settled", clientId: this.clientId, topic, qos, id, reason, payload });
		}
		if (this.waiting > 0 || this.#resend.length > 0) this.pump();
	}

	#release(delivery: Delivery): void {
		if (delivery.turn !== Turn.AwaitComp) this.heldBytes -= delivery.message.bytes;
		this.#slots[delivery.id & (this.#slots.length - 1)] = undefined;
		if (delivery.counted) this.#unacknowledged--;
		delivery.counted = false;
		this.inflight--;
	}

	#count(delivery: Delivery): void {
		delivery.counted = true;
		this.#unacknowledged++;
	}

	/** Identifiers must never run out, whatever the client leaves open from earlier connections. */
	#room(link: Link | undefined): boolean {
		return link?.writable === true && this.#unacknowledged < link.window && this.inflight < MOST_INFLIGHT;
	}

	#at(id: number): Delivery | undefined {
		const delivery = this.#slots[id & (this.#slots.length - 1)];
		return delivery?.id === id ? delivery : undefined;
	}

	/** The next identifier whose slot is free; there is one, because the table is kept at most half full. */
	#allocate(): number {
		if (this.inflight * 2 >= this.#slots.length && this.#slots.length < MOST_SLOTS) this.#grow();
		const mask = this.#slots.length - 1;
		const { chaos, random } = this.#hub;
		if (chaos.identifiers === "lowest") this.#nextId = 1;
		else if (chaos.identifiers === "random") this.#nextId = 1 + random(65_535);
		for (;;) {
			const id = this.#nextId;
			this.#nextId = id === 65_535 ? 1 : id + 1;
			if (this.#slots[id & mask] === undefined) return id;
		}
	}

	#grow(): void {
		const count = Math.max(FIRST_SLOTS, this.#slots.length * 2);
		const slots: (Delivery | undefined)[] = new Array(count).fill(undefined);
		for (const delivery of this.#slots) if (delivery) slots[delivery.id & (slots.length - 1)] = delivery;
		this.#slots = slots;
	}
}
