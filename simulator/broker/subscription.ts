// SPDX-License-Identifier: MIT
/** One subscription, what it grants, and the groups that share one (5.0, section 4.8.2). */

import type { Qos } from "./protocol.js";

const NO_IDENTIFIERS: readonly number[] = [];

/** The options of one subscription. `identifier` 0: none. */
export interface SubscribeOptions {
	readonly qos: Qos;
	readonly noLocal: boolean;
	readonly retainAsPublished: boolean;
	readonly identifier: number;
}

/** How one subscriber gets a message. */
export interface Grant {
	readonly qos: Qos;
	readonly retainAsPublished: boolean;
	readonly identifiers: readonly number[];
}

/** One filter of one subscriber; subscribing again changes it and leaves it in its place. */
export class Subscription<Subscriber> implements Grant {
	/** As the client wrote it, with `$share/…`. */
	readonly filter: string;
	readonly subscriber: Subscriber;
	/** Ascending in the order of subscribing. */
	readonly order: number;
	qos: Qos = 0;
	noLocal = false;
	retainAsPublished = false;
	identifiers = NO_IDENTIFIERS;

	constructor(filter: string, subscriber: Subscriber, order: number) {
		this.filter = filter;
		this.subscriber = subscriber;
		this.order = order;
	}

	take({ qos, noLocal, retainAsPublished, identifier }: SubscribeOptions): void {
		this.qos = qos;
		this.noLocal = noLocal;
		this.retainAsPublished = retainAsPublished;
		this.identifiers = identifier > 0 ? [identifier] : NO_IDENTIFIERS;
	}
}

/** One shared subscription: its members take turns. */
export class Group<Subscriber> {
	/** Ascending in the order of subscribing. */
	readonly order: number;
	readonly members = new Map<Subscriber, Subscription<Subscriber>>();
	/** The members once more, to be counted through; undefined: they have changed. */
	#list: Subscription<Subscriber>[] | undefined;
	#turn = 0;

	constructor(order: number) {
		this.order = order;
	}

	set(member: Subscriber, subscription: Subscription<Subscriber>): void {
		this.members.set(member, subscription);
		this.#list = undefined;
	}

	delete(member: Subscriber): boolean {
		this.#list = undefined;
		return this.members.delete(member);
	}

	/**
	 * The member whose turn it is, or the next one after it that is `ready`, if any is; the turn goes on by one. Undefined:
	 * there is none.
	 */
	choose(ready: (member: Subscriber) => boolean): Subscription<Subscriber> | undefined {
		const list = (this.#list ??= [...this.members.values()]);
		const count = list.length;
		if (count === 0) return undefined;
		const first = this.#turn++ % count;
		for (let step = 0; step < count; step++) {
			const member = list[(first + step) % count];
			if (ready(member.subscriber)) return member;
		}
		return list[first];
	}
}

/** What several subscriptions grant together. */
export function grantOf(subscriptions: readonly Grant[]): Grant {
	if (subscriptions.length === 1) return subscriptions[0];
	let qos: Qos = 0;
	let retainAsPublished = false;
	const identifiers: number[] = [];
	for (const one of subscriptions) {
		if (one.qos > qos) qos = one.qos;
		if (one.retainAsPublished) retainAsPublished = true;
		identifiers.push(...one.identifiers);
	}
	return { qos, retainAsPublished, identifiers };
}
