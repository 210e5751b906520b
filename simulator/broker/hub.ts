// SPDX-License-Identifier: MIT
/**
 * What all connections of a broker share, and the two things that concern more than one of them: passing on a
 * message, and the life of a session beyond its connection.
 *
 * Everything runs in turns. A turn is one call from outside (bytes, an alarm, a method); whatever it makes
 * the connections send is handed to their sockets at its end, in the order in which they were first written
 * to, or before its end when they are many.
 */

import type { Schedule } from "../seams.js";
import { Alarm } from "./alarm.js";
import type { BrokerHooks } from "./broker.js";
import type { Chaos } from "./chaos.js";
import { Decoder } from "./codec.js";
import { Deadlines } from "./deadlines.js";
import { type BrokerEvent, type DropCause, newCounters } from "./events.js";
import type { BrokerLimits } from "./limits.js";
import { type Delivery, type Message, messageOf, Turn } from "./message.js";
import { newSending, POOLED_BUFFERS } from "./output.js";
import { Retained } from "./retained.js";
import { NO_SUBSCRIPTIONS, Session } from "./session.js";
import { Strict } from "./strict.js";
import type { Group } from "./subscription.js";
import { Subscriptions } from "./subscriptions.js";

/** Connections that have something to send at a time: each holds a buffer until it is flushed. */
const MOST_DIRTY = POOLED_BUFFERS;
const FOR_EVER = 0xffffffff;
const isReady = (session: Session) => session.ready;

/** A connection that has something to hand to its socket. */
export interface Dirty {
	flush(): void;
}

export class Hub {
	readonly schedule: Schedule;
	readonly random: (below: number) => number;
	readonly limits: BrokerLimits;
	readonly hooks: BrokerHooks;
	readonly onEvent: ((event: BrokerEvent) => void) | undefined;
	readonly chaos: Chaos;
	readonly counters = newCounters();
	readonly decoder = new Decoder();
	readonly strict = new Strict();
	readonly buffers: Buffer[] = [];
	/** Of the PUBLISH that is being written: one for all. */
	readonly sending = newSending();
	readonly sessions = new Map<string, Session>();
	readonly subscriptions = new Subscriptions<Session>();
	readonly retained: Retained;
	/** The topic of a PUBLISH found within the limits last: publishers repeat themselves. */
	topicWithin = "";

	/** Of connections and sessions; each rings in a turn of its own. */
	readonly deadlines: Deadlines;
	/** Connections that have written in this turn, and how many of them are flushed. */
	readonly #dirty: Dirty[] = [];
	#flushed = 0;
	#isFlushing = false;
	#depth = 0;
	#now = 0;

	constructor(
		schedule: Schedule,
		random: (below: number) => number,
		limits: BrokerLimits,
		hooks: BrokerHooks,
		chaos: Chaos,
	) {
		this.schedule = schedule;
		this.random = random;
		this.limits = limits;
		this.hooks = hooks;
		this.onEvent = hooks.onEvent;
		this.chaos = chaos;
		this.retained = new Retained(limits);
		this.deadlines = new Deadlines(schedule);
	}

	/** By the clock of the schedule; a turn is one instant. */
	get now(): number {
		return this.#depth > 0 ? this.#now : this.schedule.now;
	}

	/** Begins a turn; each is ended by {@link leave}. They nest. */
	enter(): void {
		if (this.#depth === 0) this.#now = this.schedule.now;
		this.#depth++;
	}

	leave(): void {
		if (this.#depth > 1) {
			this.#depth--;
			return;
		}
		if (this.#dirty.length === 0) {
			this.#depth = 0;
			return;
		}
		this.#isFlushing = true;
		try {
			while (this.#flushed < this.#dirty.length) this.#dirty[this.#flushed++].flush(); // which may add to it
		} finally {
			this.#dirty.length = 0;
			this.#flushed = 0;
			this.#isFlushing = false;
			this.#depth = 0;
		}
	}

	/** Does it in a turn of its own. */
	turn<Result>(action: () => Result): Result {
		this.enter();
		try {
			return action();
		} finally {
			this.leave();
		}
	}

	/** An alarm whose ringing is a turn. */
	alarm(ring: () => void): Alarm {
		return new Alarm(this.schedule, () => this.turn(ring));
	}

	/** The connection is flushed when this turn ends, or when many others have come after it. */
	touch(connection: Dirty): void {
		const dirty = this.#dirty;
		dirty.push(connection);
		if (this.#isFlushing || dirty.length - this.#flushed <= MOST_DIRTY) return;
		this.#isFlushing = true;
		try {
			dirty[this.#flushed++].flush();
		} finally {
			this.#isFlushing = false;
		}
	}

	/** Counts a message that did not reach `clientId`, and tells. */
	drop(cause: DropCause, clientId: string, what: Pick<Delivery, "message" | "qos">): void {
		this.counters.dropped[cause]++;
		const { topic, payload } = what.message;
		this.onEvent?.({ kind: "drop", clientId, topic, qos: what.qos, cause, payload });
	}

	/** Passes a message on to everybody who wants it. Returns how many subscribers there were. */
	publish(message: Message, publisher: Session | undefined, will = false): number {
		if (this.onEvent) {
			const { topic, qos, retain, payload } = message;
			this.onEvent({ kind: "publish", clientId: message.from, topic, qos, retain, payload, will });
		}
		if (message.retain) this.#retain(message);
		const route = this.subscriptions.route(message.topic);
		let count = 0;
		for (const target of route.targets) {
			const grant = target.subscriber === publisher ? target.own : target.grant; // [MQTT-3.8.3-3]
			if (!grant) continue;
			count++;
			target.subscriber.deliver(message, grant, message.retain && grant.retainAsPublished);
		}
		for (const group of route.groups) if (this.#share(group, message)) count++;
		return count;
	}

	/** Gives a message to a member of the group, to one that can take it now if there is any. False: it has none. */
	#share(group: Group<Session>, message: Message): boolean {
		const chosen = group.choose(isReady);
		if (!chosen) return false;
		chosen.subscriber.deliver(message, chosen, message.retain && chosen.retainAsPublished, group);
		return true;
	}

	/** Gives `session` its connection-less life; `willed`: its will is to be published. */
	linkLost(session: Session, willed: boolean): void {
		session.detach();
		this.counters.clients--;
		if (!willed) session.will = undefined;
		if (session.expirySeconds === 0) {
			this.endSession(session);
			return;
		}
		session.aloneSince = this.now;
		this.await(session);
	}

	/** What happens to a session that has no connection: its will is published, and it ends. */
	await(session: Session): void {
		const { will, aloneSince, expirySeconds } = session;
		const end = expirySeconds < FOR_EVER ? aloneSince + expirySeconds * 1000 : Infinity;
		const willAt = will ? aloneSince + will.delaySeconds * 1000 : Infinity;
		if (end <= this.now) this.endSession(session);
		else if (willAt <= this.now) {
			this.#publishWill(session);
			this.await(session);
		} else if (end < Infinity || will) this.deadlines.set(session, Math.min(end, willAt));
	}

	/** A connection took it up again in time: a will that waits is off [MQTT-3.1.3-9]. */
	takeUp(session: Session): void {
		this.deadlines.clear(session);
		session.will = undefined;
	}

	newSession(clientId: string): Session {
		const session = new Session(this, clientId);
		this.sessions.set(clientId, session);
		this.counters.sessions++;
		return session;
	}

	/**
	 * Ends a session that has no connection; a will that still waits is due now. What it was owed by shared subscriptions
	 * goes to other members, if it is to be handed on, but for QoS 2 messages whose delivery had begun (5.0, section 4.8.2)
	 * [5.0 MQTT-4.8.2-5].
	 */
	endSession(session: Session, handOn = true): void {
		this.deadlines.clear(session);
		this.sessions.delete(session.clientId);
		this.counters.sessions--;
		for (const { filter } of session.subscriptions) this.subscriptions.remove(filter, session);
		session.subscriptions = NO_SUBSCRIPTIONS;
		this.counters.subscriptions = this.subscriptions.count;
		this.#publishWill(session);
		for (const delivery of session.abandon()) {
			const { share, turn, message } = delivery;
			const passed = handOn && share && turn !== Turn.AwaitRec && this.#share(share, message);
			if (!passed) this.drop("sessionEnded", session.clientId, delivery);
		}
		this.onEvent?.({ kind: "session-end", clientId: session.clientId });
	}

	/** Forgets everything that a store would have kept. Connections must be gone. */
	wipe(): void {
		for (const session of [...this.sessions.values()]) {
			session.will = undefined;
			this.endSession(session, false);
		}
		this.retained.clear();
		this.counters.retained = 0;
	}

	#publishWill(session: Session): void {
		const will = session.will;
		session.will = undefined;
		if (!will) return;
		this.counters.wills++;
		const { topic, payload, qos, retain, from, properties } = will.message;
		const expiresAt = will.expirySeconds < 0 ? Infinity : this.now + will.expirySeconds * 1000;
		this.publish(messageOf(topic, payload, qos, retain, from, properties, expiresAt), undefined, true);
	}

	#retain(message: Message): void {
		if (this.limits.retainAvailable === 0) return;
		if (this.retained.fits(message)) this.retained.set(message);
		else this.drop("retainedFull", message.from, { message, qos: message.qos });
		this.counters.retained = this.retained.count;
	}
}
