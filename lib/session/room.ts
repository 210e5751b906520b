// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import { Settled } from "../listener.js";
import { Reason } from "../wire/protocol.js";
import { Trait } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";
import type { Topic } from "../wire/topic.js";
import type { Session } from "./session.js";

/* Room for a message: who gives way when there is none, and who is told when there is some again. */

/**
 * Where the store takes `bytes` bytes, or a refusal. With `Trait.KeepLatest` an older message of the topic gives way,
 * but only when there is no room otherwise, and not without `topic`; with `Trait.DropOldest` as many as it takes.
 */
export function reserveRoom(session: Session, topic: Topic | null, bytes: number, traits: number): number {
	const { store } = session;
	const volatile = (traits & Trait.Volatile) !== 0;
	let at = store.reserve(bytes, volatile);
	if (
		at === Refusal.Full &&
		topic !== null &&
		(traits & Trait.KeepLatest) !== 0 &&
		replaceOlder(session, topic, 0)
	)
		at = store.reserve(bytes, volatile);
	while (at === Refusal.Full && (traits & Trait.DropOldest) !== 0) {
		const oldest = store.waiting(Trait.DropOldest);
		if (oldest === 0) break;
		giveWay(session, oldest);
		at = store.reserve(bytes, volatile);
	}
	if (at === Refusal.Full) session.wanted = volatile ? -bytes : bytes;
	return at;
}

/** The waiting message of that topic gives way, unless it is `ticket`. Returns whether there was one. */
export function replaceOlder(session: Session, topic: Topic, ticket: number): boolean {
	const older = session.store.latest(topic.start, topic.end);
	if (older === 0 || older === ticket) return false;
	giveWay(session, older);
	return true;
}

/** Returns true when the application was told that there is room. */
export function offerRoom(session: Session): boolean {
	const store = session.store;
	const wanted = session.wanted;
	if (wanted === 0) return false;
	if ((wanted < 0 ? store.reserve(-wanted, true) : store.reserve(wanted, false)) < 0) return false;
	store.discard();
	session.wanted = 0;
	session.listener.onRoom?.();
	return true;
}

function giveWay(session: Session, number: number): void {
	session.drop(number, Settled.GaveWay, Reason.Success, Counter.DroppedGaveWay);
}
