// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import { Settled } from "../listener.js";
import { PacketType, Protocol, PublishFlag, Reason } from "../wire/protocol.js";
import { MessageState, Record } from "../wire/record.js";
import { published } from "./exchange.js";
import { HeldBack } from "./link.js";
import type { Session } from "./session.js";

/*
 * The outbound half of a session: the next thing out.
 *
 *     acknowledgements owed ─▶ PUBREL again ─▶ SUBSCRIBE, UNSUBSCRIBE ─▶ PUBLISH again, then new
 */

/** Bytes that PUBLISH may have more than its record: fixed header, identifier, length of properties, less the record's own. */
export const PUBLISH_OVERHEAD = 8;
/** Bytes of a Message Expiry Interval. */
export const EXPIRY_BYTES = 5;

/**
 * Fills the send region with what is due, in the order of `lib/README.md`, as far as it and the link have room.
 * Everything it encodes is durable: the caller has committed the store. Returns true when something may be left.
 */
export function gather(session: Session): boolean {
	// Asked here, because mostly nothing is due and a call costs more than the question.
	if ((session.owed.count > 0 || session.extras.holds !== null) && gatherOwed(session)) return true;
	if (session.link.released >= 0 && gatherReleased(session)) return true;
	if (session.subscriptions.due > 0 && gatherRequests(session)) return true;
	return gatherPublishes(session);
}

/** SUBSCRIBE and UNSUBSCRIBE. While one is open, a later life is not to rely on what was agreed before. */
function gatherRequests(session: Session): boolean {
	session.store.subscribed = 0;
	return session.subscriptions.gather(session);
}

function gatherOwed(session: Session): boolean {
	const { owed, encoder } = session;
	const { holds } = session.extras;
	const most = session.link.maximumPacketSize;
	while (owed.count > 0 || holds?.release() === true) {
		const row = owed.first;
		const start = owed.properties;
		const end = start === 0 ? 0 : session.packet.propertyEnd(start);
		if (!encoder.acknowledge(row >>> 24, row & 0xffff, (row >>> 16) & 0xff, start, end, most)) return true;
		owed.shift();
	}
	return false;
}

/** After a resumed session: PUBREL again for what has PUBREC [MQTT-4.4.0-1], in the order of the messages. */
function gatherReleased(session: Session): boolean {
	const link = session.link;
	while (link.released >= 0) {
		const number = session.store.next(link.released);
		if (number === 0 || number > link.resendEnd) {
			link.released = -1;
			return false;
		}
		if (session.store.state(number) === MessageState.AwaitComp) {
			if (!session.encoder.acknowledge(PacketType.Pubrel, idOf(session, number), Reason.Success)) return true;
			session.counters[Counter.Resends]++;
		}
		link.released = number;
	}
	return false;
}

/** PUBLISH in the order of the numbers: first what an earlier connection sent, with DUP, then what is new. */
function gatherPublishes(session: Session): boolean {
	const link = session.link;
	let number = link.cursor;
	while ((number = session.store.next(number)) !== 0) {
		const state = session.store.state(number);
		if (state !== MessageState.AwaitComp) {
			if (state !== MessageState.DueOnce && !mayOpen(session, number)) return gatherSkipping(session, number);
			if (!send(session, number, state)) return true;
		}
		link.cursor = number;
	}
	return false;
}

/** Quota holds back QoS 1 and 2 only: QoS 0 goes past them [MQTT-4.9]. */
function gatherSkipping(session: Session, from: number): boolean {
	const link = session.link;
	let number = link.skipped > from ? link.skipped : from;
	while ((number = session.store.next(number)) !== 0) {
		if (session.store.state(number) === MessageState.DueOnce && !send(session, number, MessageState.DueOnce))
			return true;
		link.skipped = number;
	}
	return false;
}

/**
 * True when one more exchange may be open, and none that is open has this identifier [MQTT-2.2.1-3]; and none is opened on a connection
 * that ends as soon as those that are open are finished, see `fetchHeldBack`.
 */
function mayOpen(session: Session, number: number): boolean {
	const link = session.link;
	if (link.heldBack !== HeldBack.No) return false;
	return link.inFlight < link.quota && number - session.store.low < session.limits.publishIds;
}

/** Encodes one PUBLISH. Returns false when there is no room for it now; one that can never go is settled here. */
function send(session: Session, number: number, state: number): boolean {
	const store = session.store;
	const link = session.link;
	const again = state === MessageState.AwaitAck || state === MessageState.AwaitRec;
	const lost = again ? Settled.Uncertain : Settled.Dropped; // an earlier connection may have got it through
	const at = store.load(number);
	if (at < 0) {
		session.drop(number, lost, Reason.StoreFault, Counter.DroppedUnreadable);
		return true;
	}
	const end = store.loadedEnd;
	const view = session.packet.view;
	const flags = view.getUint8(at + Record.Flags);
	const qos = (flags & PublishFlag.QosMask) >> PublishFlag.QosShift;
	const expires = view.getInt32(at + Record.Expires);
	let seconds = expires === 0 ? 0 : expires - session.clock.seconds;
	if (expires !== 0 && seconds < 1) {
		// What has been sent is sent again all the same, or its exchange could not end.
		if (!again) {
			session.drop(number, Settled.Expired, Reason.Unspecified, Counter.DroppedExpired);
			return true;
		}
		seconds = 1;
	}
	const sources = session.extras.sources;
	const more = sources === null ? 0 : sources.lengthOf(number);
	const refused = unsendable(session, at, end, flags, qos, seconds, more);
	if (refused !== 0) {
		session.drop(number, lost, refused, Counter.DroppedUnsendable);
		return true;
	}
	// Only where the property cannot make the packet longer than the server takes; 3.1.1 allows none.
	let aliases = session.extras.aliases;
	if (aliases !== null && end - at + more + 16 > link.maximumPacketSize) aliases = null;
	const id = qos === 0 ? 0 : idOf(session, number);
	if (sources !== null && more > 0) {
		const begun = sources.begin(number, at, id, again, seconds, aliases);
		if (begun <= 0) return begun < 0;
	} else if (!session.encoder.publish(at, end, id, again, seconds, aliases)) return false;
	if (again) session.counters[Counter.Resends]++;
	if (qos === 0) {
		if (more === 0) session.settle(number, Settled.Sent, Reason.Success);
		return true;
	}
	if (!again) store.mark(number, published(qos));
	if (++link.inFlight > session.counters[Counter.PeakInFlight])
		session.counters[Counter.PeakInFlight] = link.inFlight;
	if (session.timed === 0 && more === 0) {
		session.timed = number;
		session.timedAt = session.now;
	}
	return true;
}

/** Why the broker of this connection cannot take this message; 0 when it can. */
function unsendable(
	session: Session,
	at: number,
	end: number,
	flags: number,
	qos: number,
	expirySeconds: number,
	more: number,
): number {
	const link = session.link;
	if (qos > link.maximumQos) return Reason.QosNotSupported; // [MQTT-3.2.2-11]
	if ((flags & PublishFlag.Retain) !== 0 && !link.retainAvailable) return Reason.RetainNotSupported; // [MQTT-3.2.2-14]
	// The record is never shorter than its packet by more than the fixed header, identifier, lengths and expiry.
	if (end - at + more + 16 <= link.maximumPacketSize) return 0;
	return session.encoder.publishSize(at, end, expirySeconds, more) > link.maximumPacketSize
		? Reason.PacketTooLarge
		: 0; // [MQTT-3.2.2-15]
}

/**
 * True when no broker takes a packet as long as what was composed, which ends at `end`, and `more` bytes; or, `online`, that of
 * this connection does not [MQTT-3.2.2-15].
 */
export function exceeds(session: Session, end: number, more: number, online: boolean): boolean {
	const maximum = online ? session.link.maximumPacketSize : Protocol.LengthMax;
	const composed = session.composed;
	if (end - composed + PUBLISH_OVERHEAD + EXPIRY_BYTES + more <= maximum) return false;
	const expires = session.packet.view.getUint32(composed + Record.Expires);
	return session.encoder.publishSize(composed, end, expires, more) > maximum;
}

function idOf(session: Session, number: number): number {
	return 1 + (number % session.limits.publishIds);
}
