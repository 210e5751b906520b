// SPDX-License-Identifier: MIT
import { Counter } from "./counters.js";
import type { Arena } from "./memory/arena.js";
import type { Alarm, Dialler, Link as LinkEvents, LinkFault, Ports, Transport } from "./ports.js";
import {
	authenticate,
	connack,
	connect,
	converse,
	dial,
	dismissed,
	end,
	fetchHeldBack,
	fetchOverdue,
	isUnwanted,
	overdue,
	say,
} from "./pump/connection.js";
import { Backoff } from "./session/backoff.js";
import { Deadline, Deadlines, Flushing } from "./session/deadlines.js";
import type { PayloadSources } from "./session/extras.js";
import type { Identity } from "./session/identity.js";
import { Found, type Intake } from "./session/intake.js";
import { HeldBack, Phase } from "./session/link.js";
import { offerRoom } from "./session/room.js";
import { gather } from "./session/sender.js";
import type { Session } from "./session/session.js";
import { LINK_FAULT_BASE, PacketType, Reason } from "./wire/protocol.js";

/** As {@link Pump.goodbye}: never. */
export const STAY = -1;
/** Milliseconds after which a turn that receives pieces of a payload ends, and lets others have theirs. */
const TURN_MS = 50;

/**
 * Moves bytes between the transport and the session, and keeps the connection alive.
 *
 * Everything happens in turns. Whatever wakes the pump (the link, the alarm, a call of the application) leaves a note
 * and asks for a {@link turn}; a call from inside a callback finds a turn under way and only leaves the note. A turn
 * receives what waits, writes what is due, and repeats until nothing moves.
 */
export class Pump implements LinkEvents, Alarm {
	phase: Phase = Phase.Idle;
	/**
	 * With which reason code to say goodbye, 256 times where its properties start added; {@link STAY}: the application wants to
	 * be connected.
	 */
	goodbye: number = Reason.Success;
	readonly identity: Identity;
	/** A turn is under way, or one that has begun may not begin yet. */
	busy = false;
	/** The link has bytes that were not read. */
	unread = false;
	transport: Transport | null = null;
	/** Why the link must end; handled in the turn. 0: it goes on. */
	reason = 0;
	/** The next connection is made without waiting. */
	atOnce = false;
	private flushing = Flushing.No;
	session: Session;
	intake: Intake;
	dialler: Dialler;
	backoff: Backoff;
	deadlines: Deadlines;

	constructor(ports: Ports, arena: Arena, session: Session, intake: Intake, identity: Identity) {
		this.identity = identity;
		this.session = session;
		this.intake = intake;
		this.dialler = ports.dialler;
		this.backoff = new Backoff(session.limits, ports.random);
		this.deadlines = new Deadlines(arena, ports.clock, this);
	}

	// ── what wakes it ────────────────────────────────────────────────────────────────────────────────────────────

	onReadable(): void {
		this.unread = true;
		this.turn();
	}

	onWritable(): void {
		if (this.phase === Phase.Dialling) this.phase = Phase.Greeting;
		else this.session.extras.sources?.writable((this.transport as Transport).room);
		this.turn();
	}

	onError(fault: LinkFault): void {
		this.reason = LINK_FAULT_BASE - fault;
		this.turn();
	}

	onAlarm(): void {
		const now = this.session.clock.ticks;
		for (let which = this.deadlines.due(now); which >= 0; which = this.deadlines.due(now))
			this.expired(which, now);
		this.deadlines.rearm(now);
		this.turn();
	}

	/**
	 * Starts to wait for the outbox to become empty; without a connection that is wanted there is nothing to wait for. That
	 * is told by the alarm, so that a listener which flushes again cannot keep a turn going.
	 */
	flush(ms: number): void {
		const waits = this.active && !this.drained;
		this.flushing = waits ? Flushing.Waiting : Flushing.Soon;
		this.deadlines.set(Deadline.Flush, this.session.clock.ticks, waits ? ms : 0);
		this.turn();
	}

	redial(): void {
		if (this.phase !== Phase.Waiting) return;
		const now = this.session.clock.ticks;
		const left = this.deadlines.remaining(Deadline.Backoff, now);
		this.deadlines.set(Deadline.Backoff, now, this.backoff.hasten(left));
	}

	/** Does what is to be done. Legal everywhere: inside a turn it does nothing, the turn will come to it. */
	turn(): void {
		if (this.busy) return;
		this.busy = true;
		let done = false;
		try {
			this.takeTurn();
			done = true;
		} finally {
			this.busy = false;
			// A listener threw, which it must not: the rest of the turn is done a moment later.
			if (!done) this.deadlines.set(Deadline.Resume, this.session.clock.ticks, 0);
		}
	}

	// ── one turn ─────────────────────────────────────────────────────────────────────────────────────────────────

	private takeTurn(): void {
		const session = this.session;
		session.now = session.clock.ticks;
		if (session.composed !== 0) session.discard(); // a composition that was left behind
		let again = true;
		while (again) {
			if (this.unread && this.reason === 0) this.receive();
			if (this.reason === 0 && this.phase === Phase.Greeting) connect(this);
			if (this.reason === 0 && this.phase === Phase.Connecting) converse(this);
			if (this.reason === 0 && this.phase === Phase.Online) this.write();
			again = this.reason !== 0;
			if (again) end(this, this.reason);
			if (this.reconcile()) again = true;
			if (session.composed !== 0) session.discard(); // what a callback left behind
			if (this.attend()) again = true;
			if (session.wanted !== 0 && offerRoom(session)) again = true;
			// Reading stopped because nothing more could be owed, and goes on when some of that is written.
			if (this.unread && session.owed.room > 0 && !this.yields) again = true;
		}
		// After the goodbye the store has noted that this life ended in order: nothing is written any more.
		if (session.tend() && this.active && !this.deadlines.isSet(Deadline.Maintain))
			this.deadlines.set(Deadline.Maintain, session.clock.ticks, session.limits.maintainMs);
	}

	/** True while the application wants a connection, or waits for the outbox before it closes. */
	get active(): boolean {
		return this.goodbye < 0 || (this.phase !== Phase.Idle && this.flushing !== Flushing.No);
	}

	/** Nothing is owed to the broker. */
	private get drained(): boolean {
		return this.session.store.count === 0 && this.session.owed.count === 0;
	}

	/** Reads and handles until nothing waits, or nothing more can be owed: then `unread` stays true. */
	private receive(): void {
		const intake = this.intake;
		const session = this.session;
		const transport = this.transport;
		while (transport !== null && session.owed.room > 0) {
			const found = intake.next();
			if (found > 0) {
				if (found === Found.Fragment) this.takePiece();
				else this.handle(found);
				if (this.reason !== 0 || !this.active) return;
				if (found === Found.Fragment && this.yields) return;
			} else if (found < 0) {
				this.peerFault(-found);
				return;
			} else {
				const count = intake.fill(transport);
				if (count === 0) {
					this.unread = false;
					return;
				}
				session.link.heard(session.now);
			}
		}
	}

	/**
	 * A piece of a payload that is longer than the region. A handler that takes its time, to write flash, shall not hold up all
	 * else while the link brings more: the turn ends, and the alarm begins the next.
	 */
	private takePiece(): void {
		const { session, deadlines } = this;
		const fault = this.phase === Phase.Online ? this.intake.take(session) : Reason.ProtocolError;
		if (fault !== 0) this.peerFault(fault);
		else if (((session.clock.ticks - session.now) | 0) >= TURN_MS)
			deadlines.set(Deadline.Resume, session.now, 0);
	}

	/** The rest of this turn is left to the next one, whose alarm is due. */
	private get yields(): boolean {
		const { deadlines } = this;
		return deadlines.isSet(Deadline.Resume) && deadlines.remaining(Deadline.Resume, this.session.now) === 0;
	}

	private handle(found: number): void {
		const session = this.session;
		const packet = session.packet;
		session.counters[Counter.PacketsIn + packet.type]++;
		session.counters[Counter.BytesIn + packet.type] += this.intake.size;
		let fault = 0;
		if (this.phase === Phase.Online) {
			if (packet.propertiesEnd > packet.propertiesStart && isUnwanted(this)) fault = Reason.ProtocolError;
			else if (packet.type === PacketType.Disconnect) dismissed(this);
			else if (packet.type === PacketType.Auth) fault = authenticate(this);
			else fault = session.handle(found === Found.Oversize ? this.intake.size : 0);
			// An answer is progress: the other requests have their time from now.
			if (packet.type === PacketType.Suback || packet.type === PacketType.Unsuback)
				this.deadlines.clear(Deadline.Request);
		} else if (packet.type === PacketType.Connack && this.phase === Phase.Connecting) fault = connack(this);
		else if (packet.type === PacketType.Auth && this.phase === Phase.Connecting) fault = authenticate(this);
		else fault = Reason.ProtocolError; // the first packet is CONNACK [MQTT-3.2.0-1]
		if (fault !== 0) this.peerFault(fault);
		else if (this.reason === 0) packet.forget(); // otherwise it may be what the end of the connection is about
	}

	/** The broker broke a rule: 5.0 is told which [MQTT-4.13.1-1], 3.1.1 sees the link close [MQTT-4.8.0-1]. */
	peerFault(reason: number): void {
		this.session.counters[Counter.PeerFaults]++;
		this.session.packet.forget();
		say(this, reason);
		this.reason = reason;
	}

	/** Writes all that is due and that the link takes now: one write for many packets. */
	private write(): void {
		const session = this.session;
		const encoder = session.encoder;
		const transport = this.transport as Transport;
		const sources = session.extras.sources;
		for (let more = true; more && this.reason === 0 && this.transport === transport; ) {
			encoder.allow(transport.room, session.limits.sendBytes);
			if (sources === null) more = this.gather();
			else if (!this.gatherFrom(sources, transport.room)) {
				this.reason = Reason.SourceFailed;
				return;
			}
			if (encoder.position === encoder.start) break;
			// Nothing leaves that depends on what is not durable.
			if (session.store.commit() < 0) {
				this.reason = Reason.StoreFault;
				return;
			}
			this.transmit(transport);
		}
		this.watchRequests();
	}

	/** What is due, in its order. Returns true when something may be left. */
	private gather(): boolean {
		const session = this.session;
		// Nothing overtakes AUTH, or a link with little room might never take it.
		if (session.extras.authentication?.gather(session.encoder)) return false;
		if (session.link.pingDue && session.encoder.ping()) session.link.pingDue = false;
		if (session.owed.count > session.counters[Counter.PeakOwed])
			session.counters[Counter.PeakOwed] = session.owed.count;
		return gather(session);
	}

	/** The same behind a payload that is under way; no other one begins when the application wants to go. False: its source failed. */
	private gatherFrom(sources: PayloadSources, room: number): boolean {
		if (sources.open && !sources.pour()) return false;
		sources.look(room, this.active);
		if (!sources.open) this.gather();
		return true;
	}

	/** Lets the extras deal with what waits for time, or was done inside of a callback. Returns true when something moved. */
	private attend(): boolean {
		const extras = this.session.extras;
		if (extras.holds === null && extras.requests === null) return false;
		const { holds, requests } = extras;
		const now = this.session.now;
		const said = holds === null ? 0 : holds.tend(now);
		if (said < 0) {
			say(this, Reason.Success); // the broker is not at fault, so the will is not meant
			this.reason = said;
		}
		const answered = requests?.tend(now) === true;
		if (holds !== null) this.wake(now, holds.remaining(now));
		if (requests !== null) this.wake(now, requests.remaining(now));
		return answered || said !== 0;
	}

	/** A turn is to be taken in `ms` milliseconds at the latest; -1: it is not. */
	private wake(now: number, ms: number): void {
		const { deadlines } = this;
		if (ms < 0) return;
		if (deadlines.isSet(Deadline.Resume) && deadlines.remaining(Deadline.Resume, now) <= ms) return;
		deadlines.set(Deadline.Resume, now, ms);
	}

	/** Hands over what is encoded, all in one write. */
	transmit(transport: Transport): void {
		const session = this.session;
		const encoder = session.encoder;
		transport.write(encoder.bytes, encoder.start, encoder.position);
		encoder.clear();
		const { sources } = session.extras;
		// A server counts whole packets. Those that leave with the beginning of one were noted there.
		if (sources === null || !sources.open) session.link.lastSent = session.now;
	}

	/** Brings the phase to what the application wants. Returns true when it moved. */
	private reconcile(): boolean {
		const session = this.session;
		if (this.flushing === Flushing.Due || (this.flushing === Flushing.Waiting && this.drained)) {
			this.flushing = Flushing.No;
			this.deadlines.clear(Deadline.Flush);
			session.flush();
			session.listener.onFlushed?.(session.store.count);
			return true;
		}
		if (!this.active) {
			if (this.phase === Phase.Idle) return false;
			if (!say(this, this.goodbye)) {
				// Without DISCONNECT the broker would send the will, so room is waited for, for a while.
				if (!this.deadlines.isSet(Deadline.Goodbye))
					this.deadlines.set(Deadline.Goodbye, session.clock.ticks, session.limits.flushMs);
				return false;
			}
			end(this, Reason.ClosedByApplication);
		} else if (this.phase <= Phase.Waiting && !this.deadlines.isSet(Deadline.Backoff)) dial(this);
		else return session.link.heldBack !== HeldBack.No && fetchHeldBack(this);
		return true;
	}

	// ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

	private expired(which: Deadline, now: number): void {
		if (which === Deadline.Ping) this.keepAlive(now);
		else if (which === Deadline.PingReply) {
			if (this.session.link.pingOpen) this.reason = Reason.PingTimeout;
		} else if (which === Deadline.Connect) this.reason = Reason.ConnectTimeout;
		else if (which === Deadline.Connack || which === Deadline.Request) overdue(this, which);
		else if (which === Deadline.Fetch) fetchOverdue(this);
		else if (which === Deadline.Goodbye) {
			if (!this.active) this.reason = Reason.ClosedByApplication;
		} else if (which === Deadline.Stable) {
			this.backoff.stable(this.session.limits);
			this.dialler.accepted?.(true);
		} else if (which === Deadline.Flush) this.flushing = Flushing.Due;
		else if (which === Deadline.Maintain) {
			if (this.active && this.session.link.inFlight === 0) this.session.store.maintain();
		}
		// Backoff and Resume, and Maintain again: the turn that follows looks for itself.
	}

	/** The reply's deadline runs from when the PINGREQ is due: a link that takes nothing is dead too. */
	private keepAlive(now: number): void {
		const link = this.session.link;
		const asked = link.pingOpen;
		this.deadlines.set(Deadline.Ping, now, link.look(now));
		if (link.pingOpen && !asked) this.deadlines.set(Deadline.PingReply, now, this.session.limits.pingReplyMs);
	}

	private watchRequests(): void {
		if (this.session.subscriptions.awaiting === 0) this.deadlines.clear(Deadline.Request);
		else if (!this.deadlines.isSet(Deadline.Request))
			this.deadlines.set(Deadline.Request, this.session.clock.ticks, this.session.limits.requestMs);
	}
}
