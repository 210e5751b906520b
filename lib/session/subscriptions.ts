// SPDX-License-Identifier: MIT
import { Row } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import { HASH_SEED, hashOf, hashWith } from "../memory/hash.js";
import { PacketType, RETAINED_IF_NEW, Reason } from "../wire/protocol.js";
import type { Filter } from "../wire/topic.js";
import { STRAY } from "./exchange.js";
import type { Session } from "./session.js";
import { identifierOf, notOffered } from "./subscribable.js";

/** How far a subscription is, named by whose turn it is. Due + 1 is Await of the same request. */
const enum State {
	Free = 0,
	DueSubscribe = 1,
	AwaitSuback = 2,
	DueUnsubscribe = 3,
	AwaitUnsuback = 4,
	Active = 5,
	/** The broker said no, or does not offer it. It is asked again when it has lost the session, or by the application. */
	Rejected = 6,
	Mask = 7,
}

/** A row. */
const enum At {
	/** The identifier of the packet that is not answered yet; 0: there is none. */
	Id = 0,
	/** Options of SUBSCRIBE, and {@link Bit}s. */
	Options = 2,
	State = 3,
}

/** In a row's options. */
const enum Bit {
	Qos = 0x03,
	/** What SUBSCRIBE says [3.8.3.1]. */
	Options = 0x3f,
	RetainHandling = 0x30,
	/** Asked again, not by the application, and the broker may have it still. */
	Again = 0x40,
	/** SUBSCRIBE had a Subscription Identifier. */
	Identified = 0x80,
}

/** In a row's state: the packet that is not answered is UNSUBSCRIBE. */
const UNSUBSCRIBING = 8;

/** The first identifier of SUBSCRIBE and UNSUBSCRIBE; PUBLISH never uses those from here on. */
const REQUEST_IDS = 65_280;

/**
 * What the application wants to be subscribed to, and what the broker knows of it.
 *
 *     ┌─▶ DueSubscribe ──▶ AwaitSuback ──▶ Active ──▶ DueUnsubscribe ──▶ AwaitUnsuback ──▶ Free
 *     │        │                └────────▶ Rejected        ▲
 *     │        └─ not offered, too long ──────┘            │
 *     └── the broker lost the session, or                  └── the application's call
 *         the application subscribes again
 *
 * What is due leaves as many filters a packet as fit. One request of a filter is open at a time: what the application asks for
 * meanwhile waits for the answer, which is then not told. Identifiers go round, so that a late answer never meets a new request.
 */
export class Subscriptions {
	/** Requests that can be sent. */
	due = 0;
	/** Filters that wait for an answer. */
	awaiting = 0;
	/** What is wanted, linked by `Filter.next`. */
	private first: Filter | null = null;
	private view: DataView;
	private start: number;
	private lastId = 0;

	constructor(arena: Arena, rows: number) {
		this.view = arena.view;
		this.start = arena.region(rows * Row.Subscription);
	}

	/** Wants `filter` with these options (QoS in the low two bits). Returns false when all `rows` of the table are taken. */
	add(filter: Filter, options: number, rows: number): boolean {
		if (filter.row < 0) {
			let row = 0;
			while (row < rows && this.state(row) !== State.Free) row++;
			if (row === rows) return false;
			filter.row = row;
			this.append(filter);
		}
		this.view.setUint8(this.at(filter.row) + At.Options, options);
		this.set(filter.row, State.DueSubscribe);
		return true;
	}

	/** No longer wants `filter`. Returns false when it is not in the table. */
	remove(filter: Filter): boolean {
		if (filter.row < 0) return false;
		this.set(filter.row, State.DueUnsubscribe);
		return true;
	}

	/** Encodes what is due. Returns true when there was no room for all of it. */
	gather(session: Session): boolean {
		for (let filter = this.first; filter !== null && this.due > 0; ) {
			const { next } = filter;
			if (this.isDue(filter.row) && !this.settled(session, filter) && !this.request(session, filter))
				return true;
			filter = next;
		}
		return false;
	}

	/**
	 * Answers what cannot be sent to this server: what it does not offer, or what is longer than its Maximum Packet Size
	 * [MQTT-3.2.2-15]. Returns true when that was so.
	 */
	private settled(session: Session, filter: Filter): boolean {
		const subscribe = this.state(filter.row) === State.DueSubscribe;
		let reason = subscribe ? notOffered(session, filter) : 0;
		if (reason === 0) {
			const identifier = subscribe ? identifierOf(session, filter) : 0;
			const size = session.encoder.requestSize(lengthOf(filter, subscribe), identifier, filter.properties);
			if (size > session.link.maximumPacketSize) reason = Reason.PacketTooLarge;
		}
		if (reason !== 0) this.done(session, filter, subscribe, reason);
		return reason !== 0;
	}

	/** Encodes a packet with `head`, and with what else is due behind it and fits. Returns false when there is no room for it. */
	private request(session: Session, head: Filter): boolean {
		const { encoder, link } = session;
		const subscribe = this.state(head.row) === State.DueSubscribe;
		const identifier = subscribe ? identifierOf(session, head) : 0;
		const left = encoder.limit - encoder.position;
		const most = left < link.maximumPacketSize ? left : link.maximumPacketSize;
		let length = 0;
		let last: Filter | null = null;
		for (let filter: Filter | null = head; filter !== null; filter = filter.next) {
			if (!this.joins(session, filter, head, subscribe, identifier)) continue;
			const longer = length + lengthOf(filter, subscribe);
			if (encoder.requestSize(longer, identifier, head.properties) > most) break;
			length = longer;
			last = filter;
		}
		if (last === null) return false;
		const id = this.nextId();
		const type = subscribe ? PacketType.Subscribe : PacketType.Unsubscribe;
		encoder.request(type, id, length, identifier, head.properties);
		for (let filter: Filter | null = head; filter !== null; filter = filter === last ? null : filter.next)
			if (this.joins(session, filter, head, subscribe, identifier)) this.put(session, filter, id, identifier);
		return true;
	}

	/** True when a filter can be in the packet that begins with `head`, with that Subscription Identifier [5.0, 3.8.2.1.2]. */
	private joins(
		session: Session,
		filter: Filter,
		head: Filter,
		subscribe: boolean,
		identifier: number,
	): boolean {
		const { row } = filter;
		if (!this.isDue(row) || (this.state(row) === State.DueSubscribe) !== subscribe) return false;
		if (filter.properties !== head.properties) return false;
		return !subscribe || (identifierOf(session, filter) === identifier && notOffered(session, filter) === 0);
	}

	/** Adds a filter to the packet. */
	private put(session: Session, filter: Filter, id: number, identifier: number): void {
		const { row } = filter;
		const at = this.at(row);
		const state = this.state(row);
		let options = this.view.getUint8(at + At.Options);
		if (state === State.DueSubscribe) {
			let said = options & Bit.Options;
			// What the broker keeps has come already, if it has the subscription still.
			if ((options & Bit.Again) !== 0 && (said & Bit.RetainHandling) === 0) said |= RETAINED_IF_NEW;
			// A server need not answer for a QoS that it does not have [5.0, 3.2.2.3.4]; AWS IoT Core does not.
			const { maximumQos } = session.link;
			if ((said & Bit.Qos) > maximumQos) said += maximumQos - (said & Bit.Qos);
			session.encoder.filter(filter.start, filter.end, said);
			options = identifier > 0 ? options | Bit.Identified : options & ~Bit.Identified;
			this.view.setUint8(at + At.Options, options);
		} else session.encoder.filter(filter.start, filter.end, -1);
		this.count(row, -1);
		this.view.setUint16(at + At.Id, id);
		this.view.setUint8(
			at + At.State,
			state === State.DueSubscribe ? State.AwaitSuback : State.AwaitUnsuback | UNSUBSCRIBING,
		);
		this.count(row, 1);
	}

	/** Takes the SUBACK or UNSUBACK that is in the packet. Returns 0, why the link must end, or {@link STRAY}. */
	answered(session: Session): number {
		const { packet } = session;
		const { id } = packet;
		const subscribe = packet.type === PacketType.Suback;
		let asked = 0;
		for (let filter = this.first; filter !== null; filter = filter.next) {
			if (this.idOf(filter.row) !== id) continue;
			const unsubscribing = this.view.getUint8(this.at(filter.row) + At.State) & UNSUBSCRIBING;
			if (subscribe === (unsubscribing !== 0)) return Reason.ProtocolError;
			asked++;
		}
		if (asked === 0) return STRAY;
		// A code for each filter [3.1.1: MQTT-3.8.4-5] [5.0: MQTT-3.8.4-6, MQTT-3.11.3-1]; an UNSUBACK of 3.1.1 has none.
		const codes = packet.payloadEnd - packet.payloadStart;
		if (codes !== asked && (subscribe || codes > 0)) return Reason.ProtocolError;
		let at = packet.payloadStart;
		for (let filter = this.first; filter !== null; ) {
			const { row, next } = filter;
			// In the order of the filters in the request, which is theirs here [5.0: MQTT-3.9.3-1, MQTT-3.11.3-1].
			if (this.idOf(row) === id) this.answer(session, filter, codes > 0 ? this.view.getUint8(at++) : 0);
			filter = next;
		}
		return 0;
	}

	/** A filter has its answer; when the application has changed its mind since, that is due now. */
	private answer(session: Session, filter: Filter, reason: number): void {
		const { row } = filter;
		const state = this.state(row);
		this.landed(row, state);
		if (state === State.AwaitSuback) this.done(session, filter, true, reason);
		else if (state === State.AwaitUnsuback) this.done(session, filter, false, reason);
	}

	/**
	 * A connection is there. What was asked on an earlier one is asked again; when the broker has no session of ours, or `inDoubt`
	 * whether it is that one, every subscription is.
	 */
	renew(resumed: boolean, inDoubt: boolean): void {
		for (let filter = this.first; filter !== null; filter = filter.next) {
			const { row } = filter;
			const state = this.state(row);
			const at = this.at(row) + At.Options;
			const options = this.view.getUint8(at);
			if (state === State.AwaitUnsuback) this.landed(row, State.DueUnsubscribe);
			else if (state === State.AwaitSuback) {
				this.view.setUint8(at, options & ~Bit.Again); // what the broker keeps may not have come
				this.landed(row, State.DueSubscribe);
			} else if ((!resumed || inDoubt) && (state === State.Active || state === State.Rejected)) {
				if (state === State.Active) this.view.setUint8(at, options | Bit.Again);
				this.landed(row, State.DueSubscribe);
			} else this.landed(row, state);
		}
	}

	/** Takes for granted what was to be asked for: the broker has the session, and in it all of this. */
	trust(session: Session): void {
		for (let filter = this.first; filter !== null; filter = filter.next) {
			const { row } = filter;
			if (this.state(row) !== State.DueSubscribe) continue;
			const at = this.at(row) + At.Options;
			if (identifierOf(session, filter) > 0) this.view.setUint8(at, this.view.getUint8(at) | Bit.Identified);
			this.set(row, State.Active);
		}
	}

	/** True when messages for `filter` come with its Subscription Identifier. */
	identified(filter: Filter): boolean {
		const { row } = filter;
		if (row < 0 || this.state(row) !== State.Active) return false;
		return (this.view.getUint8(this.at(row) + At.Options) & Bit.Identified) !== 0;
	}

	/** A hash of what is wanted, never 0. */
	digest(session: Session): number {
		let sum = 0;
		for (let filter = this.first; filter !== null; filter = filter.next) {
			const options = this.view.getUint8(this.at(filter.row) + At.Options) & Bit.Options;
			let hash = hashWith(hashOf(session.packet.bytes, filter.start, filter.end, HASH_SEED), options);
			// Of what is agreed, as it was asked for.
			const known = this.state(filter.row) !== State.Active || this.identified(filter);
			const identifier = known ? identifierOf(session, filter) : 0;
			if (identifier > 0) hash = hashWith(hash, identifier);
			sum = (sum + (hash ^ (hash >>> 15))) | 0; // in whatever order they were asked for
		}
		return sum === 0 ? 1 : sum >>> 0;
	}

	/** True when the broker has said yes to all that is wanted. */
	get agreed(): boolean {
		let filter = this.first;
		while (filter !== null && this.state(filter.row) === State.Active) filter = filter.next;
		return filter === null;
	}

	/** A request has its answer. Without a SUBSCRIBE of that filter there is nothing to unsubscribe from. */
	private done(session: Session, filter: Filter, subscribe: boolean, reason: number): void {
		const { listener } = session;
		if (subscribe) {
			this.set(filter.row, reason >= 0x80 ? State.Rejected : State.Active);
			listener.onSubscribed?.(filter, reason);
			return;
		}
		this.set(filter.row, State.Free);
		this.unlink(filter);
		listener.onUnsubscribed?.(filter, reason);
	}

	private append(filter: Filter): void {
		let last = this.first;
		if (last === null) this.first = filter;
		else {
			while (last.next !== null) last = last.next;
			last.next = filter;
		}
	}

	private unlink(filter: Filter): void {
		let before = this.first;
		if (before === filter) this.first = filter.next;
		else {
			while (before !== null && before.next !== filter) before = before.next;
			if (before !== null) before.next = filter.next;
		}
		filter.row = -1;
		filter.next = null;
	}

	private at(row: number): number {
		return this.start + row * Row.Subscription;
	}

	private state(row: number): number {
		return this.view.getUint8(this.at(row) + At.State) & State.Mask;
	}

	private idOf(row: number): number {
		return this.view.getUint16(this.at(row) + At.Id);
	}

	/** Changes what is wanted; what is asked stays asked. */
	private set(row: number, state: number): void {
		const at = this.at(row) + At.State;
		this.count(row, -1);
		this.view.setUint8(at, (this.view.getUint8(at) & UNSUBSCRIBING) | state);
		this.count(row, 1);
	}

	/** There is no open request of this row any more. */
	private landed(row: number, state: number): void {
		const at = this.at(row);
		this.count(row, -1);
		this.view.setUint16(at + At.Id, 0);
		this.view.setUint8(at + At.State, state);
		this.count(row, 1);
	}

	/** Keeps {@link due} and {@link awaiting} right. */
	private count(row: number, by: number): void {
		if (this.idOf(row) !== 0) this.awaiting += by;
		else if (this.isDue(row)) this.due += by;
	}

	/** True when there is something to ask for, and nothing asked. */
	private isDue(row: number): boolean {
		const state = this.state(row);
		return (state === State.DueSubscribe || state === State.DueUnsubscribe) && this.idOf(row) === 0;
	}

	/** The next identifier that no request in flight has: there are 256, and at most 128 rows. */
	private nextId(): number {
		let filter: Filter | null;
		do {
			this.lastId = (this.lastId + 1) & 255;
			filter = this.first;
			while (filter !== null && this.idOf(filter.row) !== REQUEST_IDS + this.lastId) filter = filter.next;
		} while (filter !== null);
		return REQUEST_IDS + this.lastId;
	}
}

/** Bytes of a filter in the payload of SUBSCRIBE, or UNSUBSCRIBE. */
function lengthOf(filter: Filter, subscribe: boolean): number {
	return filter.end - filter.start + (subscribe ? 3 : 2);
}
