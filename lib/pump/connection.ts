// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import { Next, type Transport } from "../ports.js";
import type { Pump } from "../pump.js";
import { Deadline } from "../session/deadlines.js";
import { next } from "../session/ends.js";
import { Attempt, isClose } from "../session/fallback.js";
import { Choice } from "../session/identity.js";
import { HeldBack, Past, Phase } from "../session/link.js";
import { freeCarried } from "../session/receiver.js";
import type { Session } from "../session/session.js";
import { PacketType, Property, Protocol, Reason } from "../wire/protocol.js";
import { Refusal } from "../wire/refusal.js";

/*
 * A connection's life, from the dial to the end, as the pump goes through it; `Phase` has the drawing.
 */

export function dial(pump: Pump): void {
	const session = pump.session;
	pump.phase = Phase.Dialling;
	session.counters[Counter.Dials]++;
	session.link.reset();
	pump.deadlines.set(Deadline.Connect, session.clock.ticks, session.limits.connectMs);
	try {
		pump.transport = pump.dialler.dial(pump);
	} catch {
		end(pump, Reason.DialFailed);
		return;
	}
	if (pump.dialler.stranger === true) pump.identity.beginAnew();
	session.extras.fallback?.choose(pump.dialler);
	pump.intake.version5 = session.encoder.version5;
}

/** The link is up: CONNECT is the first packet [MQTT-3.1.0-1]. It is made once, and waits where it stands until the link takes it. */
export function connect(pump: Pump): void {
	const session = pump.session;
	const encoder = session.encoder;
	const transport = pump.transport as Transport;
	if (encoder.position === encoder.start) {
		encoder.allow(session.limits.sendBytes, session.limits.sendBytes);
		pump.reason = pump.identity.connect(encoder, session.store, session.extras);
		if (pump.reason !== 0) return;
	}
	if (encoder.position - encoder.start > transport.room) return;
	pump.phase = Phase.Connecting;
	pump.deadlines.clear(Deadline.Connect);
	pump.deadlines.set(Deadline.Connack, session.clock.ticks, session.limits.connackMs);
	pump.transmit(transport);
	session.link.begin(session.clock.ticks);
}

/** Bytes of a CONNACK of 3.1.1; in 5.0 it has more. */
const SHORT_CONNACK = 4;

/** Returns 0, or why the link must end. */
export function connack(pump: Pump): number {
	const session = pump.session;
	const packet = session.packet;
	const link = session.link;
	pump.deadlines.clear(Deadline.Connack);
	session.extras.fallback?.answered(packet.reason, pump.intake.size > SHORT_CONNACK);
	if (packet.reason !== 0) {
		dismissed(pump);
		return 0;
	}
	const { authentication } = session.extras;
	const method = authentication === null ? packet.property(Property.AuthenticationMethod, 0) : 0;
	const refused = authentication?.accept(packet) ?? (method > 0 ? Reason.ProtocolError : 0); // [MQTT-4.12.0-6]
	if (refused !== 0) {
		// It may have begun a session all the same.
		if (session.past !== Past.Unclean) session.past = Past.Unanswered;
		return distrusted(pump, refused);
	}
	pump.dialler.accepted?.(false);
	const fault = pump.identity.accept(session.store);
	if (fault > 0) return fault;
	if (fault < 0) {
		say(pump, Reason.Success);
		pump.atOnce = fault !== Reason.SessionMismatch;
		pump.reason = Reason.SessionMismatch;
		return 0;
	}
	const now = session.clock.ticks;
	link.accept(packet, session.limits, pump.identity.keepAliveSeconds);
	session.extras.aliases?.reset(packet.property(Property.TopicAliasMaximum, 0));
	session.extras.requests?.online();
	pump.phase = Phase.Online;
	session.counters[Counter.Connects]++;
	pump.deadlines.set(Deadline.Stable, now, session.limits.stableMs);
	if (link.keepAliveMs > 0) pump.deadlines.set(Deadline.Ping, now, link.keepAliveMs);
	session.start(packet.sessionPresent === 1, pump.identity.choices);
	session.listener.onOnline?.(packet.sessionPresent === 1);
	return 0;
}

/** An AUTH came. The time that the server may be silent runs anew. Returns 0, or why the link must end. */
export function authenticate(pump: Pump): number {
	const { packet, clock, limits, extras } = pump.session;
	const { authentication } = extras;
	if (authentication === null) return Reason.ProtocolError; // [MQTT-4.12.0-6]
	const fault = authentication.receive(packet);
	if (authentication.isOpen) pump.deadlines.set(Deadline.Connack, clock.ticks, limits.connackMs);
	else pump.deadlines.clear(Deadline.Connack);
	return distrusted(pump, fault);
}

/** Re-authentication is asked for. Returns 0 or a refusal. */
export function authenticateAnew(pump: Pump): number {
	const { clock, limits, extras } = pump.session;
	if (extras.authentication === null) return Refusal.NotOffered;
	if (pump.phase !== Phase.Online) return Refusal.Offline;
	const { busy } = pump;
	pump.busy = true; // what the method calls is done when it has returned, as in any callback
	const refused = extras.authentication.again();
	pump.busy = busy;
	if (refused === 0) pump.deadlines.set(Deadline.Connack, clock.ticks, limits.connackMs);
	pump.turn();
	return refused;
}

/** Before CONNACK nothing but AUTH is said [MQTT-3.1.2-30]. */
export function converse(pump: Pump): void {
	const { encoder, extras, limits } = pump.session;
	if (extras.authentication === null) return;
	const transport = pump.transport as Transport;
	encoder.allow(transport.room, limits.sendBytes);
	extras.authentication.gather(encoder);
	if (encoder.position > encoder.start) pump.transmit(transport);
}

/** True when the packet has what Request Problem Information 0 asks to leave out [5.0, 3.1.2.11.7]. */
export function isUnwanted(pump: Pump): boolean {
	const { packet } = pump.session;
	const { type } = packet;
	if (type === PacketType.Publish || type === PacketType.Disconnect) return false;
	if ((pump.identity.choices & Choice.NoProblems) === 0) return false;
	return packet.property(Property.ReasonString, 0) + packet.property(Property.UserProperty, 0) > 0;
}

/**
 * The server was silent for too long: CONNACK did not come, an authentication came to no end [MQTT-4.12.1-2], or a SUBSCRIBE or
 * UNSUBSCRIBE was not answered. What is behind a payload from a source has time until that has been sent.
 */
export function overdue(pump: Pump, which: Deadline): void {
	const { clock, limits, extras } = pump.session;
	const connecting = pump.phase === Phase.Connecting;
	const request = which === Deadline.Request;
	if (extras.sources?.busy === true) {
		pump.deadlines.set(which, clock.ticks, request ? limits.requestMs : limits.connackMs);
		return;
	}
	if (request) {
		pump.reason = Reason.RequestTimeout;
		return;
	}
	if (!connecting) say(pump, Reason.Unspecified);
	pump.reason = connecting ? Reason.ConnackTimeout : Reason.AuthenticationTimeout;
}

/**
 * That we do not trust the server is no fault of the protocol, and has no reason code that a client may send
 * [5.0, 3.14.2.1]: the server hears 0x80, the application what it is. Returns any other reason.
 */
function distrusted(pump: Pump, reason: number): number {
	if (reason !== Reason.NotAuthorized) return reason;
	say(pump, Reason.Unspecified);
	pump.reason = reason;
	return 0;
}

/** The broker ends the connection, by a CONNACK with a reason or by DISCONNECT, and may name another server [5.0, 4.11]. */
export function dismissed(pump: Pump): void {
	const { packet } = pump.session;
	const reason = packet.reason === 0 ? Reason.Unspecified : packet.reason;
	pump.reason = reason;
	if (next(reason) !== Next.Elsewhere) return;
	const at = packet.property(Property.ServerReference, 0);
	if (at === 0) return;
	const start = at + 2;
	const permanent = reason === Reason.ServerMoved;
	if (pump.dialler.redirect?.(packet.bytes, start, start + packet.view.getUint16(at), permanent) === true)
		pump.atOnce = true;
}

/**
 * Says DISCONNECT, where there is one to say; without it the broker sends the will. `farewell` is its reason, or a
 * {@link Pump.goodbye}. False: there is no room for it now.
 */
export function say(pump: Pump, farewell: number): boolean {
	const { encoder, link, packet } = pump.session;
	const transport = pump.transport;
	if (transport === null || pump.phase < Phase.Connecting) return true;
	if (pump.session.extras.sources?.open === true) return false; // it would be taken for payload
	const reason = farewell & 0xff;
	// In 3.1.1 DISCONNECT has no reason: it would only take back the will [MQTT-3.14.4-3].
	if (reason > 0 && !encoder.version5) return true;
	encoder.allow(transport.room, pump.session.limits.sendBytes);
	const start = farewell >>> 8;
	const end = start === 0 ? 0 : start + packet.view.getUint16(start - 2);
	const most = pump.phase === Phase.Online ? link.maximumPacketSize : Protocol.LengthMax;
	if (!encoder.disconnect(reason, start, end, most)) return false;
	pump.transmit(transport);
	return true;
}

/** The connection is over, or was not made. What to do next is decided before anybody is told. */
export function end(pump: Pump, reason: number): void {
	const session = pump.session;
	const transport = pump.transport;
	const phase = pump.phase;
	const flushing = pump.deadlines.isSet(Deadline.Flush);
	const active = pump.active && next(reason) !== Next.Stop;
	const flushMs = active ? pump.deadlines.remaining(Deadline.Flush, session.clock.ticks) : 0;
	if (active && session.extras.fallback?.failed(reason, attemptOf(pump, reason)) === true) pump.atOnce = true;
	pump.transport = null;
	pump.reason = 0;
	pump.unread = false;
	pump.deadlines.clearAll();
	if (flushing) pump.deadlines.set(Deadline.Flush, session.clock.ticks, flushMs);
	pump.intake.reset();
	session.encoder.clear();
	transport?.close();
	let retryMs = -1;
	if (active) {
		pump.phase = Phase.Waiting;
		retryMs = pump.atOnce ? 0 : waitAfter(pump, reason);
		pump.deadlines.set(Deadline.Backoff, session.clock.ticks, retryMs);
	} else {
		pump.phase = Phase.Idle;
		if (pump.goodbye < 0) pump.goodbye = Reason.Success;
	}
	pump.atOnce = false;
	const keepQos0 = active && (pump.identity.choices & Choice.QueueQos0) !== 0;
	session.linkLost(keepQos0, phase, reason);
	if (!active) session.flush();
	const { packet } = session;
	if (packet.type !== PacketType.Disconnect && packet.type !== PacketType.Connack) packet.forget();
	session.listener.onOffline?.(reason, retryMs);
	packet.forget();
}

/** Whether the broker took CONNECT for something that it does not know. */
function attemptOf(pump: Pump, reason: number): Attempt {
	if (pump.phase !== Phase.Connecting) return Attempt.NoWord;
	return isClose(reason) && pump.intake.empty && !pump.unread ? Attempt.Silent : Attempt.Heard;
}

/** Milliseconds until the next attempt: none while the dialler knows another broker that is to be tried first. */
function waitAfter(pump: Pump, reason: number): number {
	let follows = next(reason);
	if (follows === Next.Elsewhere) follows = Next.Slow;
	const { dialler } = pump;
	if (follows !== Next.AtOnce && dialler.ended !== undefined) follows = dialler.ended(follows, reason);
	return follows === Next.AtOnce ? 0 : pump.backoff.next(follows === Next.Slow, pump.session.limits);
}

/**
 * What was held back comes with a new connection, once half of what is open inbound is finished, and all that is in flight: what is not
 * acknowledged is sent again then, and for ever when what it leads to is held back, too. Returns true when that is now.
 */
export function fetchHeldBack(pump: Pump): boolean {
	const { session, deadlines } = pump;
	const { extras, link, limits } = session;
	// What is held would come again, too; it waits no longer than `holdMs`.
	if (extras.holds !== null && extras.holds.count > 0) return false;
	if (isFull(session) || link.inFlight > 0) {
		if (!deadlines.isSet(Deadline.Fetch))
			deadlines.set(Deadline.Fetch, session.clock.ticks, limits.requestMs);
		return false;
	}
	const overrun = link.heldBack === HeldBack.Overrun;
	// Without a fault of the broker the will is not meant.
	if (!say(pump, overrun ? Reason.ReceiveMaximumExceeded : Reason.Success)) return false;
	pump.atOnce = true;
	end(pump, overrun ? Reason.ReceiveMaximumExceeded : Reason.FetchHeldBack);
	return true;
}

/** The broker finishes nothing of what is waited for before that. */
export function fetchOverdue(pump: Pump): void {
	if (!isFull(pump.session)) {
		say(pump, Reason.Success); // it is slow, and no more: the will is not meant
		pump.reason = Reason.FetchHeldBack;
	} else if (!freeCarried(pump.session)) pump.peerFault(Reason.ReceiveMaximumExceeded);
}

/** More than half of the inbound exchanges that may be open are. */
function isFull(session: Session): boolean {
	return session.store.inboundCount > session.limits.receiveMaximum >> 1;
}
