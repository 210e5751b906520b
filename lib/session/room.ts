// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import { Settled } from "../listener.js";
import { Reason } from "../wire/protocol.js";
import { Trait } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";
import type { Topic } from "../wire/topic.js";
import type { Session } from "./session.js";

/** Room for a message: who gives way when there is none, and who is told when there is some again. */
export class Room {
	/** A call was refused for want of so many bytes: tell when there are some. Negative: they may be volatile. 0: none was. */
	wanted = 0;
	private session: Session;

	constructor(session: Session) {
		this.session = session;
	}

	/**
	 * Where the store takes `bytes` bytes, or a refusal. With `Trait.KeepLatest` an older message of the topic gives way,
	 * but only when there is no room otherwise; with `Trait.DropOldest` as many as it takes.
	 */
	reserve(topic: Topic, bytes: number, traits: number): number {
		const { store } = this.session;
		const volatile = (traits & Trait.Volatile) !== 0;
		let at = store.reserve(bytes, volatile);
		if (at === Refusal.Full && (traits & Trait.KeepLatest) !== 0 && this.replace(topic, 0))
			at = store.reserve(bytes, volatile);
		while (at === Refusal.Full && (traits & Trait.DropOldest) !== 0) {
			const oldest = store.waiting(Trait.DropOldest);
			if (oldest === 0) break;
			this.giveWay(oldest);
			at = store.reserve(bytes, volatile);
		}
		if (at === Refusal.Full) this.wanted = volatile ? -bytes : bytes;
		return at;
	}

	/** The waiting message of that topic gives way, unless it is `ticket`. Returns whether there was one. */
	replace(topic: Topic, ticket: number): boolean {
		const older = this.session.store.latest(topic.start, topic.end);
		if (older === 0 || older === ticket) return false;
		this.giveWay(older);
		return true;
	}

	/** Returns true when the application was told that there is room. */
	offer(): boolean {
		if (this.wanted === 0) return false;
		const { store, listener } = this.session;
		const { wanted } = this;
		if ((wanted < 0 ? store.reserve(-wanted, true) : store.reserve(wanted, false)) < 0) return false;
		store.discard();
		this.wanted = 0;
		listener.onRoom?.();
		return true;
	}

	private giveWay(number: number): void {
		this.session.drop(number, Settled.GaveWay, Reason.Success, Counter.DroppedGaveWay);
	}
}
