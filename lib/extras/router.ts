// SPDX-License-Identifier: MIT
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import { HASH_SEED, hashOf } from "../memory/hash.js";
import type { MessageRouter } from "../session/extras.js";
import type { Session } from "../session/session.js";
import type { Message } from "../wire/message.js";
import type { Packet } from "../wire/packet.js";
import { Property } from "../wire/protocol.js";
import { afterProperty } from "../wire/section.js";
import type { Filter } from "../wire/topic.js";
import { varintAt } from "../wire/varint.js";

/** Takes a message, as `Listener.onMessage` does: what is said there holds. */
export type Handler = (message: Message) => void;

export interface RouterOptions {
	/** Filters that may have a handler, 1 to 128, default 16. Each takes 5 to 7 bytes, and 32 of the heap once it is used. */
	readonly routes?: number;
}

/** A row: Subscription Identifier u16, flags u8. */
const enum Row {
	Id = 0,
	Flags = 2,
	Bytes = 3,
}

const enum Flag {
	/** The broker does not tell of this filter by identifier: it is matched. */
	Matched = 1,
	/** An identifier of the message in hand is its. */
	Named = 2,
}

/** Identifiers are 1 to 16383, two bytes on the wire at most. */
const IDS = 16_383;

/**
 * Hands each message to the handlers of the filters that it matches; the listener's `onMessage` gets what is for none of them.
 *
 *     const router = new Router();
 *     const client = new Client({ ..., router });
 *     const target = client.filter("greenhouse/1/target");
 *     router.on(target, (message) => heat(message.integer()));
 *     client.subscribe(target, 1);
 *
 * In 5.0 a filter that has a handler when it is subscribed to takes a Subscription Identifier along, and the broker puts that into
 * each message for it [3.3.4]: then a message finds its handler by number, however many there are. Where there are none (3.1.1, a
 * broker without them, a filter that is not itself subscribed to) the topic is compared with the filters.
 *
 * A PUBLISH comes to each handler once, in the order in which they were set. When subscriptions overlap a broker may send one
 * PUBLISH for all or one for each [3.3.4]; only with identifiers a handler then gets its own and no other's.
 *
 * An identifier is made from its filter, so it is the same in each life. A session that an earlier life began may have others:
 * there an identifier is believed when its filter matches, and a message with one that is not known is compared with all filters.
 */
export class Router implements MessageRouter {
	/** The handler of each row, and its filter. */
	private readonly handlers: Handler[] = [];
	private readonly filters: Filter[] = [];
	private view!: DataView;
	private rows = 0;
	/** Rows by the low bits of their identifiers: a byte each, the row plus 1, 0 for none. */
	private index = 0;
	/** How many rows are matched. */
	private matched = 0;
	private session!: Session;
	private readonly mask: number;
	private readonly routes: number;

	constructor(options: RouterOptions = {}) {
		const { routes = 16 } = options;
		if (!(Number.isInteger(routes) && routes >= 1 && routes <= 128))
			throw new RangeError(`router: routes must be 1 to 128, not ${routes}`);
		this.routes = routes;
		let size = 2;
		while (size < routes * 2) size *= 2;
		this.mask = size - 1;
	}

	term(): BudgetTerm {
		const bytes = this.routes * Row.Bytes + this.mask + 1;
		return { name: "router", bytes, reason: "identifiers of filters that have a handler" };
	}

	attach(arena: Arena, session: Session): void {
		this.view = arena.view;
		this.session = session;
		this.rows = arena.region(this.routes * Row.Bytes);
		this.index = arena.region(this.mask + 1);
	}

	/**
	 * Sets the handler of a filter, before or after it is subscribed to, better before; or another one in its place. To be called
	 * when the program starts: it allocates. Throws a RangeError when there are `routes` filters with a handler.
	 */
	on(filter: Filter, handler: Handler): void {
		const { filters, handlers } = this;
		const { bytes } = this.session.packet;
		let row = 0;
		while (row < filters.length && !same(bytes, filters[row], filter)) row++;
		if (row === this.routes) throw new RangeError("router: full, raise routes");
		if (row === filters.length)
			this.enter(row, 1 + ((hashOf(bytes, filter.start, filter.end, HASH_SEED) >>> 0) % IDS));
		filters[row] = filter;
		handlers[row] = handler;
		this.refresh();
	}

	identifier(filter: Filter): number {
		const row = this.filters.indexOf(filter);
		return row < 0 ? 0 : this.view.getUint16(this.rows + row * Row.Bytes);
	}

	refresh(): void {
		const { filters, view } = this;
		const { subscriptions } = this.session;
		const count = filters.length;
		let matched = 0;
		for (let row = 0; row < count; row++) {
			const at = this.rows + row * Row.Bytes + Row.Flags;
			const flag = subscriptions.identified(filters[row]) ? 0 : Flag.Matched;
			view.setUint8(at, (view.getUint8(at) & Flag.Named) | flag);
			matched += flag;
		}
		this.matched = matched;
	}

	dispatch(packet: Packet, ours: boolean): boolean {
		const { view } = this;
		const end = packet.propertiesEnd;
		let named = 0;
		let row = -1;
		let known = true;
		for (let at = packet.propertiesStart; at < end; at = afterProperty(view, at)) {
			if (view.getUint8(at) !== Property.SubscriptionIdentifier) continue;
			named++;
			row = this.rowOf(varintAt(view, at + 1, end, true));
			if (row < 0 || !(ours || packet.matches(this.filters[row]))) known = false;
		}
		if (named !== 1 || !known || this.matched > 0) return this.choose(packet, named > 0 && known);
		const handler = this.handlers[row];
		handler(packet);
		return true;
	}

	/** The long way: several identifiers or none, or filters that have to be matched; all of them have, unless `known`. */
	private choose(packet: Packet, known: boolean): boolean {
		const { view, filters, handlers } = this;
		const count = filters.length;
		for (let row = 0; row < count; row++) this.mark(row, 0);
		if (known) this.markNamed(packet);
		let taken = false;
		for (let row = 0; row < count; row++) {
			const flags = view.getUint8(this.rows + row * Row.Bytes + Row.Flags);
			if ((flags & Flag.Named) === 0) {
				if (known && (flags & Flag.Matched) === 0) continue;
				if (!packet.matches(filters[row])) continue;
			}
			taken = true;
			const handler = handlers[row];
			handler(packet);
		}
		return taken;
	}

	private markNamed(packet: Packet): void {
		const { view } = this;
		const end = packet.propertiesEnd;
		for (let at = packet.propertiesStart; at < end; at = afterProperty(view, at))
			if (view.getUint8(at) === Property.SubscriptionIdentifier)
				this.mark(this.rowOf(varintAt(view, at + 1, end, true)), Flag.Named);
	}

	private mark(row: number, named: number): void {
		const at = this.rows + row * Row.Bytes + Row.Flags;
		this.view.setUint8(at, (this.view.getUint8(at) & Flag.Matched) | named);
	}

	/** The row with this identifier, -1: none has it. */
	private rowOf(id: number): number {
		const { view, index, mask, rows } = this;
		for (let at = id & mask; ; at = (at + 1) & mask) {
			const row = view.getUint8(index + at) - 1;
			if (row < 0 || view.getUint16(rows + row * Row.Bytes + Row.Id) === id) return row;
		}
	}

	/** Gives a new row the first free identifier from `id` on. */
	private enter(row: number, id: number): void {
		const { view, index, mask } = this;
		while (this.rowOf(id) >= 0) id = (id % IDS) + 1;
		let at = id & mask;
		while (view.getUint8(index + at) !== 0) at = (at + 1) & mask;
		view.setUint16(this.rows + row * Row.Bytes + Row.Id, id);
		view.setUint8(index + at, row + 1);
	}
}

function same(bytes: Uint8Array, one: Filter, other: Filter): boolean {
	let at = one.start;
	let against = other.start;
	if (one.end - at !== other.end - against) return false;
	while (at < one.end && bytes[at] === bytes[against]) {
		at++;
		against++;
	}
	return at === one.end;
}
