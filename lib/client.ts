// SPDX-License-Identifier: MIT
import { Counter } from "./counters.js";
import { type BudgetTerm, budget, DEFAULT_LIMITS, type Limits, limitsFrom, owedRows } from "./limits.js";
import type { Listener } from "./listener.js";
import { Arena } from "./memory/arena.js";
import { OwedRing } from "./memory/ring.js";
import type { Ports, Store } from "./ports.js";
import { Publisher } from "./publisher.js";
import { authenticateAnew } from "./pump/connection.js";
import { Pump, STAY } from "./pump.js";
import { budgetOf, type ExtraOptions, extrasFrom, listOf } from "./session/extras.js";
import { checked, introduce, type Who } from "./session/identity.js";
import { Intake } from "./session/intake.js";
import { Link, Phase, type Server } from "./session/link.js";
import { mayEndWith } from "./session/properties.js";
import { PUBLISH_OVERHEAD } from "./session/sender.js";
import { Session } from "./session/session.js";
import { subscribe } from "./session/subscribable.js";
import { Subscriptions } from "./session/subscriptions.js";
import type { Qos } from "./wire/connect.js";
import { Encoder } from "./wire/encoder.js";
import { encodeProperties, type PropertyFields } from "./wire/fields.js";
import type { PropertyLens } from "./wire/lens.js";
import { Packet } from "./wire/packet.js";
import { Reason } from "./wire/protocol.js";
import { Record } from "./wire/record.js";
import { Refusal } from "./wire/refusal.js";
import { encodeFilter, encodeTopic, type Filter, type Properties, type Topic } from "./wire/topic.js";
import { Writer } from "./wire/writer.js";

export type { Qos, Will } from "./wire/connect.js";

export { DROP_OLDEST, KEEP_LATEST, RETAIN, SETTLE_STORED, VOLATILE } from "./wire/record.js";

/** What a client is made of. The ports come from the board, the rest is who we are and what we want. */
export interface ClientOptions extends Who, Ports, ExtraOptions {
	/** Keeps the messages; made with the same limits as the client. */
	readonly store: Store;
	/** Changes to `DEFAULT_LIMITS`, or a whole profile such as `TINY_LIMITS`. */
	readonly limits?: Partial<Limits>;
	readonly listener?: Listener;
}

/**
 * An MQTT client in fixed memory. Everything is made in the constructor, which throws on a programmer's mistake; after
 * it, calls answer with a number: positive is a ticket, negative a `Refusal`. Every call is legal inside every callback.
 */
export class Client extends Publisher {
	/** The next free byte of the text region. */
	private text: number;

	constructor(options: ClientOptions) {
		const limits = limitsFrom(options.limits, DEFAULT_LIMITS);
		const version5 = checked(options) === 5;
		const { store, clock } = options;
		const counters = new Uint32Array(Counter.Count);
		let size = store.bytes;
		for (const term of budget(limits)) size += term.bytes;
		const extras = extrasFrom(options);
		const list = listOf(extras);
		for (const extra of list) size += extra.term(limits).bytes;
		const arena = new Arena(options.memory, size);
		const { packetBytes } = limits;
		const intake =
			extras.fragments?.intake(arena, arena.region(packetBytes), packetBytes) ??
			new Intake(new Packet(arena), arena.region(packetBytes), packetBytes);
		const { packet } = intake;
		const sendStart = arena.region(limits.sendBytes);
		const encoder = new Encoder(arena, sendStart, sendStart + limits.sendBytes, counters);
		intake.version5 = encoder.version5 = version5;
		intake.aliases = extras.aliases;
		const text = arena.region(limits.textBytes); // behind the send region, see textEnd
		const rows = owedRows(limits);
		const owed = extras.holds === null ? new OwedRing(arena, rows) : extras.holds.owed(arena, rows);
		const subscriptions = new Subscriptions(arena, limits.subscriptions);
		store.attach(arena, arena.region(store.bytes), clock, options.random);
		const listener = options.listener ?? {};
		const session = new Session({
			store, packet, link: new Link(), owed, encoder, counters, listener, subscriptions, limits, clock, extras,
		}); // biome-ignore format: a list
		for (const extra of list) extra.attach(arena, session, options.random);
		const identity = introduce(session, options, text, text + limits.textBytes);
		super(session, new Pump(options, arena, session, intake, identity), new Writer(arena));
		this.text = identity.reserved;
	}

	/**
	 * Turns a topic name into bytes, once. `properties`: what each message has that is published to it; 3.1.1 has none, and
	 * sends none. Throws when it is no topic name, or the text region is full. Not hot.
	 */
	topic(name: string, properties: Properties | null = null): Topic {
		const most = this.session.limits.sendBytes - PUBLISH_OVERHEAD - Record.Overhead;
		const topic = encodeTopic(this.session.packet, this.text, this.textEnd, name, properties, most);
		this.text = topic.end;
		return topic;
	}

	/**
	 * Turns a topic filter into bytes, once; `properties` go with each SUBSCRIBE and UNSUBSCRIBE of it (5.0, user properties
	 * only). Throws when it is not one, or the text region is full. Not hot.
	 */
	filter(pattern: string, properties: Properties | null = null): Filter {
		const most = this.session.limits.sendBytes - PUBLISH_OVERHEAD - 8;
		const filter = encodeFilter(this.session.packet, this.text, this.textEnd, pattern, properties, most);
		this.text = filter.end;
		return filter;
	}

	/**
	 * Turns properties of 5.0 into bytes, once, for {@link topic}, {@link close} and whatever else takes them. They may be used
	 * again and again, and stay in the text region. Message Expiry Interval and Topic Alias are not among them: they are made
	 * when a message is sent. Throws on values that are none, on properties that no packet has together, and when the text
	 * region is full. Not hot.
	 */
	properties(fields: PropertyFields): Properties {
		const properties = encodeProperties(this.session.packet, this.text, this.textEnd, fields);
		this.text = properties.end;
		return properties;
	}

	/**
	 * Wants messages that match `filter`, with at most that QoS. Kept until {@link unsubscribe}, renewed whenever the
	 * broker lost the session. `options`: `NO_LOCAL`, `RETAIN_AS_PUBLISHED`, and `RETAINED_IF_NEW` or `NO_RETAINED`;
	 * or 0. All that is asked for in one turn goes out in as few packets as hold it.
	 * `listener.onSubscribed` tells the answer, and when a later broker does not offer it. Returns 0 or a refusal.
	 */
	subscribe(filter: Filter, qos: Qos, options = 0): number {
		const refused = subscribe(this.session, this.online, filter, qos, options);
		if (refused !== 0) return this.refuse(refused);
		this.pump.turn();
		return 0;
	}

	/** No longer wants them. `listener.onUnsubscribed` tells when the broker knows. Returns 0 or a refusal. */
	unsubscribe(filter: Filter): number {
		if (!this.session.subscriptions.remove(filter)) return this.refuse(Refusal.NotSubscribed);
		this.pump.turn();
		return 0;
	}

	/** Connects, and stays connected until {@link close}. Returns 0, or a refusal when the store cannot be used. */
	open(): number {
		const pump = this.pump;
		if (pump.goodbye === STAY) return 0;
		if (pump.phase === Phase.Idle) {
			const opened = pump.identity.open(this.session.store);
			if (opened < 0) return this.refuse(opened);
			this.session.begin(opened > 0, pump.identity.choices);
		}
		pump.goodbye = STAY;
		pump.turn();
		return 0;
	}

	/**
	 * The network is back: the next attempt to connect is made now, instead of at the end of its wait. To be called whenever
	 * the board has an address again; nothing happens while there is a connection or an attempt at one, nor when none is
	 * wanted. An attempt comes at the earliest `backoffMs` after the one before it failed, so a network that comes and goes
	 * costs one a second by default; and a refusal that does not heal by itself, a wrong password, waits as before.
	 */
	redial(): void {
		this.pump.redial();
	}

	/**
	 * Says DISCONNECT and closes; after {@link flush}, when that is done. What is in the store stays there, and one in flash
	 * then knows that this life ended in order.
	 * `withWill`: the broker shall send the will all the same. `properties` (5.0): session expiry, reason string, user
	 * properties; the latter two are left out where the broker takes no packet as long [MQTT-3.14.2-3, MQTT-3.14.2-4].
	 * Inside a callback it takes place when the callback has returned, and {@link open} before that takes it back; but at once inside an
	 * `onSettled` that comes from inside of your own call.
	 * Returns 0, or `Refusal.WrongProperty`: they do not belong in DISCONNECT, or give a session a time after CONNECT gave it
	 * none [5.0, 3.14.2.2.2].
	 */
	close(withWill = false, properties: Properties | null = null): number {
		const { view } = this.session.packet;
		if (properties !== null && !mayEndWith(view, properties, this.pump.identity.sessionExpirySeconds))
			return this.refuse(Refusal.WrongProperty);
		const reason = withWill ? Reason.DisconnectWithWill : Reason.Success;
		this.pump.goodbye = properties === null ? reason : reason + 256 * properties.start;
		this.pump.turn();
		return 0;
	}

	/**
	 * Waits until the outbox is empty, `ms` at most (default `flushMs`; up to 2³⁰), and then calls `listener.onFlushed`,
	 * never from inside this call. Without a connection that is wanted there is nothing to wait for.
	 */
	flush(ms: number = this.session.limits.flushMs): void {
		this.pump.flush(ms > 0 ? Math.min(ms, 0x4000_0000) : 0);
	}

	/**
	 * Authenticates anew, with the method of CONNECT [5.0, 4.12.1]; all else goes on meanwhile. `listener.onReauthenticated` tells
	 * the good end, a bad one ends the connection. Returns 0 or a refusal: `NotOffered` without `authentication` among the
	 * options, `Offline`, `Busy` while it is under way, `TooLong` when the method threw, or wrote what does not fit.
	 */
	reauthenticate(): number {
		const refused = authenticateAnew(this.pump);
		return refused < 0 ? this.refuse(refused) : 0;
	}

	/**
	 * The properties of the packet that a callback is about: in `onOnline` those of CONNACK, in `onOffline` those of the
	 * broker's DISCONNECT or of a CONNACK that says no, in `onSettled`, `onSubscribed` and `onUnsubscribed` those of the
	 * acknowledgement. None where no packet is the cause, in 3.1.1, and when the callback has returned.
	 */
	get said(): PropertyLens {
		return this.session.packet;
	}

	/** What the broker of this connection offers. Only while {@link online}. */
	get server(): Server {
		return this.session.link;
	}

	/** The client identifier; the one that the server assigned, when it has. Allocates. */
	get clientId(): string {
		return this.pump.identity.clientId;
	}

	/** What was done so far, indexed by `Counter`. Numbers of 32 bits that wrap around. */
	get counters(): Uint32Array {
		return this.session.counters;
	}

	/** Messages accepted and not settled. */
	get pending(): number {
		return this.session.store.count;
	}

	/** The number that {@link remember} kept last, also in an earlier life when the store is in flash; NaN: there is none. */
	get remembered(): number {
		return this.session.store.remembered;
	}

	/** The memory budget, term by term; their sum is what was taken from the board's memory. Allocates. */
	get memory(): BudgetTerm[] {
		return budgetOf(this.session);
	}

	/** The end of the text region. */
	private get textEnd(): number {
		const { encoder, limits } = this.session;
		return encoder.start + limits.sendBytes + limits.textBytes;
	}
}
