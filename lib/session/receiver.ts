// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import { PacketType, PublishFlag, Reason } from "../wire/protocol.js";
import type { HeldMessages } from "./extras.js";
import { HeldBack, Past } from "./link.js";
import type { Session } from "./session.js";

/*
 * The inbound half of a session: PUBLISH and PUBREL, each identifier of QoS 2 once.
 *
 *     PUBLISH ─▶ identifier noted ─▶ listener.onMessage ─▶ PUBREC owed         PUBREL ─▶ identifier freed ─▶ PUBCOMP owed
 *
 * The store is committed before what is owed is written: a cut in between repeats a message, and never loses one.
 */

/**
 * Takes a PUBLISH; `oversize` as in {@link Session.handle}. What is owed is noted before the application is told, so that
 * a handler that throws leaves no gap, and written after it has returned [MQTT-4.3.2-4].
 */
export function takePublish(session: Session, oversize: number): number {
	const { flags, id } = session.packet;
	const qos = (flags & PublishFlag.QosMask) >> PublishFlag.QosShift;
	session.packet.mayRepeat = mayRepeat(session);
	const { holds } = session.extras;
	if (holds !== null && qos > 0) return takeByHand(session, holds, qos, oversize);
	if (qos === 2) return publishOnce(session, id, oversize);
	if (qos === 1) session.owed.push(PacketType.Puback, id, Reason.Success);
	deliver(session, oversize);
	return 0;
}

/** See `Message.mayRepeat`. */
export function mayRepeat(session: Session): boolean {
	const again = PublishFlag.Dup | (2 << PublishFlag.QosShift);
	if ((session.packet.flags & again) !== again) return false;
	const { holds } = session.extras;
	return session.past !== Past.None || holds?.lost === true;
}

/**
 * True when {@link takePublish} would not give the message to the application. Of one that comes in pieces this is asked at its
 * beginning; the other way round, that it is given pieces and then not its last, does no harm. So what an earlier life took
 * counts as new until its last piece tells, see `Store.stale`.
 */
export function passes(session: Session, qos: number, id: number): boolean {
	const { store, link } = session;
	const { holds } = session.extras;
	if (qos === 0 || (qos === 1 && holds === null)) return false;
	const known = qos === 2 && store.inbound(id);
	if (known && !(session.past === Past.Unclean && store.stale(id, session.packet))) return true;
	if (link.heldBack !== HeldBack.No) return true;
	if (holds === null) return !known && store.inboundCount === session.limits.receiveMaximum;
	return (qos === 2 && holds.awaits(id)) || !holds.hasRoom(qos === 2 && !known);
}

/** Leaves the message, and all that follow it, with the broker, until the next connection fetches it. */
export function leave(session: Session): void {
	session.counters[Counter.HeldBack]++;
	if (session.link.heldBack === HeldBack.No) session.link.heldBack = HeldBack.NoPlace;
}

/** Gives the application a piece of a message, which is not the last. */
export function hand(session: Session): void {
	if (session.extras.requests?.answers() !== true) route(session);
}

export function takePubrel(session: Session): number {
	const store = session.store;
	const id = session.packet.id;
	const known = store.inbound(id);
	if (known) {
		store.closeInbound(id);
		if (store.inboundCount < session.link.carried) session.link.carried = store.inboundCount;
	}
	// An identifier that we do not know is answered all the same, or the broker never frees it [MQTT-4.3.3-11].
	session.owed.push(PacketType.Pubcomp, id, known ? Reason.Success : Reason.PacketIdentifierNotFound);
	return 0;
}

/**
 * A new message found no place, and for a long time nothing was heard of what earlier connections opened. A broker goes on
 * with what is unfinished before it sends what is new [MQTT-4.4.0-1], so it has none of it: it lost that session, and the
 * CONNACK that said so was lost, too. Frees all of it. Returns false when that is not so: some of what is open came again, or is
 * of this connection.
 */
export function freeCarried(session: Session): boolean {
	const store = session.store;
	const link = session.link;
	if (link.carried === 0 || store.inboundCount !== link.carried) return false;
	for (let id = store.anyInbound; id !== 0; id = store.anyInbound) store.closeInbound(id);
	link.carried = 0;
	return true;
}

/** QoS 2: method B of [MQTT-4.3.3], once per identifier until its PUBREL. */
function publishOnce(session: Session, id: number, oversize: number): number {
	const store = session.store;
	const link = session.link;
	const known = store.inbound(id);
	// After a cut the broker may have begun a session that the store does not know of, and the identifier may be from the
	// one before it: then the content differs. Otherwise the identifier alone decides [MQTT-4.3.3-10].
	const stale = known && session.past === Past.Unclean && store.stale(id, session.packet);
	if (known && !stale) {
		session.counters[Counter.Duplicates]++;
		if (link.carried > 0) link.carried--;
		session.owed.push(PacketType.Pubrec, id, Reason.Success);
		return 0;
	}
	// The broker keeps what does not fit, and all that follows it, until the next connection. What is open is finished
	// before that, or a broker that always sends too much would never get anything across.
	if (link.heldBack !== HeldBack.No || (!known && store.inboundCount === session.limits.receiveMaximum)) {
		session.counters[Counter.HeldBack]++;
		if (link.heldBack === HeldBack.No)
			link.heldBack = overrun(session, false) ? HeldBack.Overrun : HeldBack.NoPlace;
		return 0;
	}
	if (store.openInbound(id, session.packet) < 0) return Reason.QuotaExceeded;
	session.owed.push(PacketType.Pubrec, id, Reason.Success);
	deliver(session, oversize);
	return 0;
}

/** QoS 1 and 2 where messages are acknowledged by hand: each has a row in `holds` until its acknowledgement is owed. */
function takeByHand(session: Session, holds: HeldMessages, qos: number, oversize: number): number {
	const { store, link, packet } = session;
	const { id } = packet;
	const waits = qos === 2 && holds.awaits(id);
	let known = qos === 2 && store.inbound(id);
	if (known && session.past === Past.Unclean && store.stale(id, packet)) {
		store.closeInbound(id); // another session's, see publishOnce; it is nobody's until this message is taken
		known = false;
	}
	if (known || waits) session.counters[Counter.Duplicates]++;
	if (known && link.carried > 0) link.carried--;
	if (waits) return 0; // one answer is for both
	if (link.heldBack !== HeldBack.No || !holds.hasRoom(qos === 2 && !known)) {
		session.counters[Counter.HeldBack]++;
		const full = holds.count === session.limits.receiveMaximum;
		if (link.heldBack === HeldBack.No)
			link.heldBack = overrun(session, full) ? HeldBack.Overrun : HeldBack.NoPlace;
		return 0;
	}
	holds.begin(qos, qos === 2 ? store.hashOf(packet) : 0, known);
	if (!known) deliver(session, oversize);
	holds.handled();
	return 0;
}

/**
 * True when the table is full by the broker's fault [MQTT-3.3.4-9], which what an earlier connection opened is not. `full`: all of
 * it is of this one.
 */
function overrun(session: Session, full: boolean): boolean {
	return session.encoder.version5 && (full || session.link.carried === 0);
}

function deliver(session: Session, oversize: number): void {
	if (oversize > 0) {
		session.counters[Counter.Oversize]++;
		session.listener.onOversize?.(session.packet, oversize);
	} else if (session.extras.requests?.answers() !== true) {
		session.counters[Counter.Delivered]++;
		route(session);
	}
}

/** To those of the handlers that it is for, or else to the listener. */
function route(session: Session): void {
	const { router } = session.extras;
	if (router === null || !router.dispatch(session.packet, session.past === Past.None))
		session.listener.onMessage?.(session.packet);
}
