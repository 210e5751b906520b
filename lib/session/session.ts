// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { Limits } from "../limits.js";
import { type Listener, Settled } from "../listener.js";
import type { OwedRing } from "../memory/ring.js";
import { type Clock, type Store, StoreFault } from "../ports.js";
import type { Encoder } from "../wire/encoder.js";
import type { Packet } from "../wire/packet.js";
import { PacketType, Reason } from "../wire/protocol.js";
import { MessageState, settlesWhenStored, Trait } from "../wire/record.js";
import { acknowledged, ILLEGAL, STRAY } from "./exchange.js";
import type { Extras } from "./extras.js";
import { Choice } from "./identity.js";
import { HeldBack, type Link, Past, Phase } from "./link.js";
import { takePublish, takePubrel } from "./receiver.js";
import type { Subscriptions } from "./subscriptions.js";

/**
 * The rules of an MQTT session, without a socket: a packet goes in and changes tables ({@link handle}); what is due comes
 * out into the send region (sender.ts). It survives connections; what does not is in {@link Link}.
 */
export class Session {
	/** Set from outside at each turn: the ticks of now. The clock itself is asked for expiries only. */
	now = 0;
	/** What this life may believe of the one before it. */
	past: Past = Past.Unread;
	// What it is made of; pump and client look it up here.
	readonly store: Store;
	readonly packet: Packet;
	readonly link: Link;
	readonly owed: OwedRing;
	readonly encoder: Encoder;
	readonly counters: Uint32Array;
	readonly listener: Listener;
	readonly subscriptions: Subscriptions;
	readonly limits: Limits;
	readonly clock: Clock;
	readonly extras: Extras;
	/** A call was refused for want of so many bytes: tell when there are some. Negative: they may be volatile. 0: none was. */
	wanted = 0;
	/** Where the record starts that is being composed; 0: none is. */
	composed = 0;
	/** The number whose answer is being timed, 0 for none, and when it was sent. */
	timed = 0;
	timedAt = 0;
	/** Numbers below were given by an earlier life. */
	private firstNumber = -1;

	constructor(parts: SessionParts) {
		this.store = parts.store;
		this.packet = parts.packet;
		this.link = parts.link;
		this.owed = parts.owed;
		this.encoder = parts.encoder;
		this.counters = parts.counters;
		this.listener = parts.listener;
		this.subscriptions = parts.subscriptions;
		this.limits = parts.limits;
		this.clock = parts.clock;
		this.extras = parts.extras;
	}

	// ── packet in ────────────────────────────────────────────────────────────────────────────────────────────────

	/**
	 * Handles the decoded packet: changes tables, calls the listener, writes nothing. `oversize` is 0, or the length of a
	 * PUBLISH of which only the head could be received. Returns 0, or why the link must end.
	 */
	handle(oversize: number): number {
		const type = this.packet.type;
		if (type === PacketType.Publish) return takePublish(this, oversize);
		if (type <= PacketType.Pubcomp && type >= PacketType.Puback)
			return type === PacketType.Pubrel ? takePubrel(this) : this.acknowledgement(type);
		if (type === PacketType.Suback || type === PacketType.Unsuback) {
			const fault = this.subscriptions.answered(this);
			if (fault === STRAY) this.counters[Counter.Strays]++;
			if (this.subscriptions.agreed) this.store.subscribed = this.subscriptions.digest(this);
			this.extras.router?.refresh();
			return fault === STRAY ? 0 : fault;
		}
		if (type === PacketType.Pingresp) return 0;
		// A second CONNACK.
		return Reason.ProtocolError;
	}

	/** PUBACK, PUBREC, PUBCOMP. */
	private acknowledgement(type: number): number {
		const id = this.packet.id;
		const reason = this.packet.reason;
		const store = this.store;
		const number = this.numberOf(id);
		const state = number === 0 ? MessageState.Done : store.state(number);
		const next = acknowledged(state, type, reason);
		const sources = this.extras.sources;
		if (sources !== null && number !== 0 && sources.early(number, reason)) return Reason.ProtocolError;
		if (next === ILLEGAL) return Reason.ProtocolError;
		if (next === STRAY) {
			this.counters[Counter.Strays]++;
			if (type === PacketType.Pubrec && reason < 0x80)
				this.owed.push(PacketType.Pubrel, id, Reason.PacketIdentifierNotFound);
			return 0;
		}
		if (number === this.timed) this.measured();
		if (next === MessageState.AwaitComp) {
			this.owed.push(PacketType.Pubrel, id, Reason.Success);
			if (state === next) return 0;
			if (number > this.link.cursor) this.link.inFlight++; // opened on an earlier connection
			store.mark(number, next);
			return 0;
		}
		// What was opened on an earlier connection, and not sent again on this one, is not counted on this one.
		if (state === MessageState.AwaitComp || number <= this.link.cursor) this.link.inFlight--;
		// A PUBCOMP that knows the identifier no more answers a repeated PUBREL: the message had arrived before.
		const refused = reason >= 0x80 && type !== PacketType.Pubcomp;
		this.settle(number, refused ? Settled.Rejected : Settled.Acknowledged, reason);
		return 0;
	}

	/** The message whose exchange has this identifier, or 0: identifiers are numbers modulo `publishIds`, counted from the oldest. */
	private numberOf(id: number): number {
		const ids = this.limits.publishIds;
		if (id > ids) return 0;
		const low = this.store.low;
		let ahead = id - 1 - (low % ids);
		if (ahead < 0) ahead += ids;
		return low + ahead;
	}

	/** Ends a message, and settles its ticket unless that was done when it was stored. */
	settle(number: number, outcome: Settled, reason: number): void {
		const told = settlesWhenStored(this.store.traits(number));
		const sources = this.extras.sources;
		this.store.mark(number, MessageState.Done);
		if (sources !== null) sources.settled(number);
		if (outcome === Settled.Acknowledged) this.counters[Counter.Acknowledged]++;
		else if (outcome === Settled.Rejected) this.counters[Counter.Rejected]++;
		if (!told) this.listener.onSettled?.(number, outcome, reason, number < this.firstNumber);
		this.extras.requests?.settled(number, outcome, reason);
	}

	/** Gives a message up. */
	drop(number: number, outcome: Settled, reason: number, counter: number): void {
		this.counters[counter]++;
		this.settle(number, outcome, reason);
	}

	private measured(): void {
		const ms = (this.now - this.timedAt) | 0;
		this.timed = 0;
		this.counters[Counter.RoundTripMs] = ms;
		if (ms > this.counters[Counter.PeakRoundTripMs]) this.counters[Counter.PeakRoundTripMs] = ms;
	}

	// ── lives ────────────────────────────────────────────────────────────────────────────────────────────────────

	/** The store was opened. `foreign`: what it holds was accepted as somebody else, or for another broker. `choices` are bits of `Choice`. */
	begin(foreign: boolean, choices: number): void {
		const store = this.store;
		if (this.firstNumber < 0) {
			this.firstNumber = 0;
			for (let number = store.next(0); number !== 0; number = store.next(number))
				this.firstNumber = number + 1;
		}
		if (this.past === Past.Unread)
			this.past = !store.established ? Past.None : store.unclean ? Past.Unclean : Past.Clean;
		if (!foreign) return;
		this.settleLost(choices);
		store.clear(false);
	}

	/** A message was accepted that asks for these traits; the store has the last word. */
	accepted(number: number, traits: number): void {
		const store = this.store;
		const link = this.link;
		if ((traits & Trait.SettleWhenStored) !== 0 && settlesWhenStored(store.traits(number)))
			this.listener.onSettled?.(number, Settled.Stored, Reason.Success, false);
		if (this.firstNumber < 0) this.firstNumber = number; // accepted before the first `open`
		// Numbers start anew every two thousand million messages, when nothing is in flight.
		if (number <= link.cursor) link.cursor = link.skipped = this.firstNumber = 0;
		if (store.count > this.counters[Counter.PeakMessages]) this.counters[Counter.PeakMessages] = store.count;
		if (store.used > this.counters[Counter.PeakBytes]) this.counters[Counter.PeakBytes] = store.used;
	}

	/** CONNACK came: go on with the session, or with a new one. `choices` are bits of `Choice`. */
	start(resumed: boolean, choices: number): void {
		const store = this.store;
		const link = this.link;
		if (resumed) {
			link.released = 0;
			link.carried = store.inboundCount;
			for (let number = store.next(0); number !== 0; number = store.next(number)) {
				const state = store.state(number);
				if (state === MessageState.AwaitComp) link.inFlight++;
				if (state >= MessageState.AwaitAck) link.resendEnd = number;
			}
		} else {
			this.settleLost(choices);
			store.clear(true);
			store.subscribed = 0;
			this.past = Past.None;
		}
		const wanted = this.subscriptions.digest(this);
		const known = this.past === Past.Clean && store.subscribed !== 0 && store.subscribed === wanted;
		if (resumed && known && (choices & Choice.Trust) !== 0) this.subscriptions.trust(this);
		else this.subscriptions.renew(resumed, this.past === Past.Unanswered);
		this.extras.router?.refresh();
	}

	/** The broker lost the session: what is certain is sent anew, what is not is settled as such. */
	private settleLost(choices: number): void {
		const requeue = (choices & Choice.Requeue) !== 0;
		const store = this.store;
		for (let number = store.next(0); number !== 0; number = store.next(number)) {
			const state = store.state(number);
			if (state === MessageState.AwaitComp || (state === MessageState.AwaitRec && !requeue))
				this.drop(number, Settled.Uncertain, Reason.Unspecified, Counter.DroppedSessionLost);
		}
	}

	/** Drops what is being composed. */
	discard(): void {
		this.composed = 0;
		this.store.discard();
	}

	/** Makes all durable. This life does not end in order while it is in doubt whose session the broker has. */
	flush(): void {
		this.store.flush(this.past !== Past.Unclean && this.past !== Past.Unanswered);
	}

	/**
	 * The end of a turn: what nothing was sent for is made durable, too, and faults are told. Returns true when the store
	 * has something to tidy.
	 */
	tend(): boolean {
		const store = this.store;
		store.commit();
		const fault = store.takeFault();
		if (fault !== StoreFault.None) {
			this.counters[Counter.StoreFaults]++;
			this.listener.onStoreFault?.(fault as StoreFault);
		}
		return store.untidy;
	}

	/** The link is gone: what only it knew is forgotten. QoS 0 that waited goes with it, unless it may wait. */
	linkLost(keepQos0: boolean, phase: Phase, reason: number): void {
		this.owed.clear();
		this.extras.holds?.drop();
		this.extras.sources?.cut();
		if (phase === Phase.Online && this.past !== Past.None) this.past = Past.Known;
		// Whoever it was may have begun a session of their own, without our subscriptions.
		if (reason === Reason.SessionTakenOver) this.past = Past.Unanswered;
		// A reason below zero is not the broker's.
		if (phase === Phase.Connecting && reason < 0 && this.past !== Past.Unclean) this.past = Past.Unanswered;
		this.timed = 0;
		this.link.heldBack = HeldBack.No;
		if (keepQos0) return;
		const store = this.store;
		for (let number = store.next(0); number !== 0; number = store.next(number))
			if (store.state(number) === MessageState.DueOnce)
				this.drop(number, Settled.Dropped, Reason.Unspecified, Counter.DroppedOffline);
	}
}

/** What a session is made of; the client makes them once. */
export type SessionParts = Pick<
	Session,
	| "store"
	| "packet"
	| "link"
	| "owed"
	| "encoder"
	| "counters"
	| "listener"
	| "subscriptions"
	| "limits"
	| "clock"
	| "extras"
>;
