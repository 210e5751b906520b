// SPDX-License-Identifier: MIT
import { Row } from "../limits.js";
import type { Listener } from "../listener.js";
import type { Arena } from "../memory/arena.js";
import { HASH_SEED, hashOf, hashWith } from "../memory/hash.js";
import type { Encoder } from "../wire/encoder.js";
import type { Packet } from "../wire/packet.js";
import { PacketType, Reason } from "../wire/protocol.js";
import type { Filter } from "../wire/topic.js";
import { STRAY } from "./exchange.js";

/** How far a subscription is, named by whose turn it is. Due + 1 is Await of the same request. */
const enum State {
	Free = 0,
	DueSubscribe = 1,
	AwaitSuback = 2,
	DueUnsubscribe = 3,
	AwaitUnsuback = 4,
	Active = 5,
	/** The broker said no. It is asked again when it has lost the session, or by the application. */
	Rejected = 6,
}

const enum At {
	Id = 0,
	Options = 2,
	State = 3,
}

/** The first identifier of SUBSCRIBE and UNSUBSCRIBE; PUBLISH never uses those from here on. */
const REQUEST_IDS = 65_280;

/**
 * What the application wants to be subscribed to, and what the broker knows of it.
 *
 *     ┌─▶ DueSubscribe ──▶ AwaitSuback ──▶ Active ──▶ DueUnsubscribe ──▶ AwaitUnsuback ──▶ Free
 *     │                         └────────▶ Rejected        ▲
 *     └── the broker lost the session, or                  └── the application's call
 *         the application subscribes again
 *
 * Identifiers go round, so that a late answer never meets a new request.
 */
export class Subscriptions {
	/** Requests that are to be sent. */
	due = 0;
	/** Requests that wait for their answer. */
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

	/**
	 * Encodes what is due. Returns true when there was no room for all of it. What is longer than the server's Maximum
	 * Packet Size is not sent but answered here [MQTT-3.2.2-15].
	 */
	gather(encoder: Encoder, maximumPacketSize: number, listener: Listener): boolean {
		for (let filter = this.first; filter !== null && this.due > 0; ) {
			const { row, next } = filter;
			const state = this.state(row);
			if (state === State.DueSubscribe || state === State.DueUnsubscribe) {
				const id = this.nextId();
				const before = encoder.position;
				const subscribe = state === State.DueSubscribe;
				const fits = subscribe
					? encoder.subscribe(id, filter.start, filter.end, this.view.getUint8(this.at(row) + At.Options))
					: encoder.unsubscribe(id, filter.start, filter.end);
				if (!fits) return true;
				if (encoder.position - before > maximumPacketSize) {
					encoder.position = before;
					this.done(filter, subscribe, Reason.PacketTooLarge, listener);
				} else {
					this.view.setUint16(this.at(row) + At.Id, id);
					this.set(row, state + 1);
				}
			}
			filter = next;
		}
		return false;
	}

	/** Takes a SUBACK or UNSUBACK. Returns 0, why the link must end, or {@link STRAY}. */
	answered(packet: Packet, listener: Listener): number {
		const filter = this.awaited(packet.id);
		if (filter === null) return STRAY;
		// One filter was asked for, so there is one code [MQTT-3.9.3-1]; an UNSUBACK of 3.1.1 has none.
		const codes = packet.payloadEnd - packet.payloadStart;
		const subscribe = packet.type === PacketType.Suback;
		const state = subscribe ? State.AwaitSuback : State.AwaitUnsuback;
		if (this.state(filter.row) !== state || codes > 1 || (subscribe && codes === 0))
			return Reason.ProtocolError;
		const reason = codes === 0 ? Reason.Success : this.view.getUint8(packet.payloadStart);
		this.done(filter, subscribe, reason, listener);
		return 0;
	}

	/**
	 * A connection is there. What was asked on an earlier one is asked again; when the broker has no session of ours,
	 * every subscription is.
	 */
	renew(resumed: boolean): void {
		for (let filter = this.first; filter !== null; filter = filter.next) {
			const { row } = filter;
			const state = this.state(row);
			if (state === State.AwaitUnsuback) this.set(row, State.DueUnsubscribe);
			else if (state === State.AwaitSuback) this.set(row, State.DueSubscribe);
			else if (!resumed && (state === State.Active || state === State.Rejected))
				this.set(row, State.DueSubscribe);
		}
	}

	/** Takes for granted what was to be asked for: the broker has the session, and in it all of this. */
	trust(): void {
		for (let filter = this.first; filter !== null; filter = filter.next)
			if (this.state(filter.row) === State.DueSubscribe) this.set(filter.row, State.Active);
	}

	/** A hash of what is wanted, never 0; the filters stand in `bytes`. */
	digest(bytes: Uint8Array): number {
		let sum = 0;
		for (let filter = this.first; filter !== null; filter = filter.next) {
			const text = hashOf(bytes, filter.start, filter.end, HASH_SEED);
			const hash = hashWith(text, this.view.getUint8(this.at(filter.row) + At.Options));
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
	private done(filter: Filter, subscribe: boolean, reason: number, listener: Listener): void {
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
		return this.view.getUint8(this.at(row) + At.State);
	}

	private set(row: number, state: number): void {
		const before = this.state(row);
		this.due += isDue(state) - isDue(before);
		this.awaiting += isAwaiting(state) - isAwaiting(before);
		this.view.setUint8(this.at(row) + At.State, state);
	}

	/** The filter that waits for the answer with this identifier, or null. */
	private awaited(id: number): Filter | null {
		let filter = this.first;
		while (
			filter !== null &&
			(this.view.getUint16(this.at(filter.row) + At.Id) !== id || isAwaiting(this.state(filter.row)) === 0)
		)
			filter = filter.next;
		return filter;
	}

	/** The next identifier that no request in flight has: there are 256, and at most 128 rows. */
	private nextId(): number {
		do this.lastId = (this.lastId + 1) & 255;
		while (this.awaited(REQUEST_IDS + this.lastId) !== null);
		return REQUEST_IDS + this.lastId;
	}
}

function isDue(state: number): number {
	return state === State.DueSubscribe || state === State.DueUnsubscribe ? 1 : 0;
}

function isAwaiting(state: number): number {
	return state === State.AwaitSuback || state === State.AwaitUnsuback ? 1 : 0;
}
