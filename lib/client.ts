// SPDX-License-Identifier: MIT
import { Counter } from "./counters.js";
import { type BudgetTerm, budget, DEFAULT_LIMITS, type Limits, limitsFrom, owedRows } from "./limits.js";
import type { Listener } from "./listener.js";
import { Arena } from "./memory/arena.js";
import { OwedRing } from "./memory/ring.js";
import type { Ports, Store } from "./ports.js";
import { authenticateAnew } from "./pump/connection.js";
import { Pump, STAY } from "./pump.js";
import {
	budgetOf,
	type ExtraOptions,
	extrasFrom,
	listOf,
	type ReplyHandler,
	type Source,
} from "./session/extras.js";
import { Choice, checked, introduce, type Who } from "./session/identity.js";
import { Intake } from "./session/intake.js";
import { Link, Phase, type Server } from "./session/link.js";
import { addProperty, mayEndWith } from "./session/properties.js";
import { beginReply } from "./session/reply.js";
import { replaceOlder, reserveRoom } from "./session/room.js";
import { EXPIRY_BYTES, exceeds, PUBLISH_OVERHEAD } from "./session/sender.js";
import { Session } from "./session/session.js";
import { subscribe } from "./session/subscribable.js";
import { Subscriptions } from "./session/subscriptions.js";
import type { Qos } from "./wire/connect.js";
import { Encoder } from "./wire/encoder.js";
import { encodeProperties, type PropertyFields } from "./wire/fields.js";
import type { PropertyLens } from "./wire/lens.js";
import type { Message } from "./wire/message.js";
import { Packet } from "./wire/packet.js";
import { PublishFlag, Reason } from "./wire/protocol.js";
import { RETAIN, Record, Trait, VOLATILE } from "./wire/record.js";
import { Refusal } from "./wire/refusal.js";
import { encodeFilter, encodeTopic, type Filter, type Properties, type Topic } from "./wire/topic.js";
import { Writer } from "./wire/writer.js";

/*
 * The hot path, from a sensor's reading to the broker's acknowledgement; nothing in it allocates:
 *
 *   client.compose(topic, 1)    store.reserve ── room? ── Writer over the store's own bytes
 *   body.decimal(2153, 2) ...   Writer ── digits straight into place
 *   client.commit()             store.seal: in flash, where there is one ── a ticket ── pump.turn()
 *     pump                      session.gather ── Encoder: outbox ─copyWithin─▶ send region
 *                               store.commit ── transport.write, all packets of the turn in one
 *   onReadable                  transport.read ─▶ Intake ─▶ Decoder ─▶ Session.handle: PUBACK ends the exchange
 *     listener.onSettled        the ticket, acknowledged
 */

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

/** Bytes that the send region must have besides the head of a message that has a source. */
const SOURCE_ROOM = 16;
/** Where the bits of `Trait` stand in the flags. */
const TRAIT_SHIFT = 4;

/**
 * An MQTT client in fixed memory. Everything is made in the constructor, which throws on a programmer's mistake; after
 * it, calls answer with a number: positive is a ticket, negative a `Refusal`. Every call is legal inside every callback.
 */
export class Client {
	/** Why the last {@link compose}, {@link publish}, {@link subscribe} was refused; 0 when it was not. */
	refusal = 0;
	private readonly session: Session;
	private readonly pump: Pump;
	private readonly writer: Writer;
	/** The topic of what is being composed, when it is to replace one of that topic. */
	private replacing: Topic | null = null;
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
		this.text = arena.region(limits.textBytes); // behind the send region, see textEnd
		const rows = owedRows(limits);
		const owed = extras.holds === null ? new OwedRing(arena, rows) : extras.holds.owed(arena, rows);
		const subscriptions = new Subscriptions(arena, limits.subscriptions);
		store.attach(arena, arena.region(store.bytes), clock, options.random);
		const listener = options.listener ?? {};
		this.session = new Session({
			store, packet, link: new Link(), owed, encoder, counters, listener, subscriptions, limits, clock, extras,
		}); // biome-ignore format: a list
		for (const extra of list) extra.attach(arena, this.session, options.random);
		this.writer = new Writer(arena);
		const identity = introduce(this.session, options, this.text, this.textEnd);
		this.text = identity.reserved;
		this.pump = new Pump(options, arena, this.session, intake, identity);
	}

	// ── cold: before, or rarely ──────────────────────────────────────────────────────────────────────────────────

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

	/** True between `onOnline` and `onOffline`. */
	get online(): boolean {
		return this.pump.phase === Phase.Online;
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

	// ── hot: per message ─────────────────────────────────────────────────────────────────────────────────────────

	/**
	 * Begins a message of at most `bytes` bytes of payload (default: 256, or what the send region holds if that is less).
	 * `flags`: {@link RETAIN}, {@link VOLATILE}, {@link DROP_OLDEST}, {@link KEEP_LATEST}, {@link SETTLE_STORED}, or 0.
	 * `expirySeconds`: how long it is worth anything, counted while it waits, too, and through a reboot; 0 is for ever.
	 * Returns the writer of its payload, valid until {@link commit}, {@link discard} or the end of the turn; or undefined,
	 * and {@link refusal} says why.
	 */
	compose(topic: Topic, qos: Qos, flags = 0, bytes = -1, expirySeconds = 0): Writer | undefined {
		const { properties } = topic;
		const propertyBytes = properties === null ? 0 : properties.end - properties.start;
		const head = Record.Overhead + topic.end - topic.start + propertyBytes;
		const most =
			this.session.limits.sendBytes - head - PUBLISH_OVERHEAD - (expirySeconds > 0 ? EXPIRY_BYTES : 0);
		if (bytes < 0) bytes = most < 256 ? most : 256;
		const { session } = this;
		const refused = this.refusalOf(qos, flags);
		const traits = (flags >> TRAIT_SHIFT) | (qos === 0 ? Trait.Volatile : 0);
		const fits = bytes <= most;
		const at =
			refused < 0 ? refused : fits ? reserveRoom(session, topic, head + bytes, traits) : Refusal.TooLong;
		if (at < 0) {
			this.refuse(at);
			return undefined;
		}
		const { view } = session.packet;
		session.composed = at;
		this.replacing = (traits & Trait.KeepLatest) !== 0 ? topic : null;
		view.setUint8(at + Record.Flags, (qos << PublishFlag.QosShift) | (flags & RETAIN));
		view.setUint8(at + Record.Traits, traits);
		view.setUint16(at + Record.PropertiesLength, propertyBytes);
		view.setUint32(at + Record.Expires, expirySeconds > 0 ? session.clock.seconds + expirySeconds : 0);
		const writer = this.writer;
		writer.begin(at + Record.TopicLength, at + head + bytes);
		writer.copy(topic.start - 2, topic.end);
		if (properties !== null) writer.copy(properties.start, properties.end);
		this.refusal = 0;
		return writer;
	}

	/**
	 * Gives the composed message a property more, before the first byte of its payload; the room for it is that of the payload.
	 * `property`: `Property.PayloadFormatIndicator` with 0 or 1; `ContentType`, `ResponseTopic`, `CorrelationData` with a
	 * string, and the latter with bytes, too; `UserProperty` with a name and its value in `text`. A {@link Topic} is as good as
	 * its name. Goes beside those of its topic; 3.1.1 sends none.
	 * Returns 0 or a refusal: `Refusal.WrongProperty` for any other, for a value that it cannot have, a second one of a kind
	 * (but for user properties), or after the first byte of payload; `TooLong`, as {@link commit} will say, too;
	 * `NothingComposed`.
	 */
	property(property: number, value: number | string | Uint8Array | Topic, text = ""): number {
		const refused = addProperty(this.session, this.writer, property, value, text);
		return refused === 0 ? 0 : this.refuse(refused);
	}

	/** Accepts the composed message. Returns its ticket (1 to 2³¹ - 1), settled once by `onSettled`; or a refusal. */
	commit(): number {
		const ticket = this.accept();
		if (ticket > 0) this.pump.turn();
		return ticket;
	}

	private accept(source: Source | null = null, length = 0): number {
		const end = this.writer.position;
		if (this.writer.overflowed || exceeds(this.session, end, length, this.online)) {
			this.discard();
			return this.refuse(Refusal.TooLong);
		}
		const ticket = this.session.store.seal(end);
		this.session.composed = 0;
		if (ticket < 0) return this.refuse(ticket);
		if (source !== null) this.session.extras.sources?.hold(ticket, source, length);
		const replacing = this.replacing; // what is told now may lead to another composition
		this.session.accepted(ticket);
		if (replacing !== null) replaceOlder(this.session, replacing, ticket);
		return ticket;
	}

	/** Drops the composition. Harmless when there is none. */
	discard(): void {
		this.session.discard();
	}

	/** The plain form, for a payload that is ready: copies `payload`. Returns a ticket or a refusal. */
	publish(topic: Topic, payload: Uint8Array, qos: Qos, flags = 0, expirySeconds = 0): number {
		const body = this.compose(topic, qos, flags, payload.length, expirySeconds);
		if (body === undefined) return this.refusal;
		body.bytes(payload);
		return this.commit();
	}

	/**
	 * Publishes `payload` with a response topic and correlation data [5.0, 4.10], and tells `onReply` the answer, or after `timeoutMs`
	 * milliseconds (1 to 2³⁰) that there was none; once, and inside of this call only when it turns out that it cannot be sent. The
	 * request is volatile, and expires with its time, so nobody acts on what nobody waits for any more. `onReply` is kept until then:
	 * one function for all requests costs nothing, its last argument is the ticket. Needs `requests: new Requests(...)`.
	 *
	 * Returns the ticket of the message, settled like any other; or a refusal: those of {@link compose}, `Refusal.TableFull`, and
	 * `Refusal.NotOffered` in 3.1.1, without `requests`, or when `topic` has a response topic or correlation data of its own.
	 */
	request(topic: Topic, payload: Uint8Array, onReply: ReplyHandler, timeoutMs: number, qos: Qos = 1): number {
		const { session } = this;
		const { requests } = session.extras;
		const refused = requests === null ? Refusal.NotOffered : requests.prepare(topic.properties);
		if (requests === null || refused < 0) return this.refuse(refused);
		const { propertiesStart, propertiesEnd } = requests;
		const size = propertiesEnd - propertiesStart;
		const ms = timeoutMs > 1 ? Math.min(timeoutMs, 0x4000_0000) : 1;
		const body = this.compose(topic, qos, VOLATILE, size + payload.length, Math.ceil(ms / 1000));
		if (body === undefined) return this.refusal;
		body.copy(propertiesStart, propertiesEnd);
		body.bytes(payload);
		const { view } = session.packet;
		const at = session.composed + Record.PropertiesLength;
		view.setUint16(at, view.getUint16(at) + size);
		const ticket = this.accept();
		if (ticket > 0) {
			requests.expect(ticket, onReply, ms);
			this.pump.turn();
		}
		return ticket;
	}

	/**
	 * Begins the answer to a message, inside its callback: a message to its response topic, which brings back its correlation data.
	 * The rest is as with {@link compose}, without KEEP_LATEST; by default it has the QoS of what it answers and does not survive a
	 * reboot. `Refusal.NoResponseTopic`: no answer is asked for.
	 */
	composeReply(message: Message, qos = message.qos as Qos, flags = VOLATILE, bytes = -1): Writer | undefined {
		const { session, writer } = this;
		const head = (qos << PublishFlag.QosShift) | (flags & RETAIN);
		const traits = (flags >> TRAIT_SHIFT) | (qos === 0 ? Trait.Volatile : 0);
		const refused = message === session.packet ? this.refusalOf(qos, flags) : Refusal.NoResponseTopic;
		const at = refused < 0 ? refused : beginReply(session, writer, head, traits, bytes);
		if (at < 0) {
			this.refuse(at);
			return undefined;
		}
		session.composed = at;
		this.replacing = null;
		this.refusal = 0;
		return writer;
	}

	/** The plain form of {@link composeReply}: answers with a copy of `payload`. Returns a ticket or a refusal. */
	reply(message: Message, payload: Uint8Array, qos = message.qos as Qos, flags = VOLATILE): number {
		const body = this.composeReply(message, qos, flags, payload.length);
		if (body === undefined) return this.refusal;
		body.bytes(payload);
		return this.commit();
	}

	/**
	 * Publishes `length` bytes, read from `source` when the link has room for them: a payload may be longer than all memory, up to
	 * 268,435,455 bytes less the head. Needs `sources: new Sources()`; `Refusal.TableFull` without, or when all of its rows are
	 * taken. The message is volatile, and `source` ours until its ticket is settled, see `Source`. One that fails settles it as
	 * `Settled.Dropped` with `Reason.SourceFailed`, and ends the connection unless nothing was written. Returns a ticket or a refusal.
	 */
	publishFrom(topic: Topic, source: Source, length: number, qos: Qos, flags = 0, expirySeconds = 0): number {
		const { sources } = this.session.extras;
		if (sources?.hasRow !== true) return this.refuse(Refusal.TableFull);
		if (length >>> 0 !== length) return this.refuse(Refusal.TooLong);
		const composed = this.compose(topic, qos, flags | VOLATILE, SOURCE_ROOM, expirySeconds);
		if (composed === undefined) return this.refusal;
		if (!sources.hasRow) {
			this.discard(); // what gave way was told, and there the last row was taken
			return this.refuse(Refusal.TableFull);
		}
		const ticket = this.accept(source, length);
		if (ticket > 0) this.pump.turn();
		return ticket;
	}

	/**
	 * Keeps a number for the application. Inside `onMessage` of a QoS 2 message it is kept in one piece with the fact that the
	 * message was taken, so that its effect on the number happens once even if power is cut anywhere. See {@link remembered}.
	 * Of a message that is held give it to {@link acknowledge}; once remembered, a QoS 2 message cannot be held any more.
	 */
	remember(value: number): void {
		this.session.extras.holds?.take();
		this.session.store.remember(value);
		this.pump.turn();
	}

	/**
	 * Answers a message that was held by {@link Message.hold}: `handle` is what that returned. `reason` 0 takes it; a reason from
	 * 0x80 on that PUBACK and PUBREC have [5.0, 3.4.2.1, 3.5.2.1] tells a broker of 5.0 no, which ends the exchange: the message is
	 * not taken and not sent again. In 3.1.1 there is no such word: it is acknowledged like any other, since it is not wanted again.
	 * `value`: kept as by {@link remember}, of a QoS 2 message in one piece with the fact that it was taken.
	 * `properties` (5.0): reason string and user properties; the former, and then the latter are left out where the broker takes no
	 * packet as long [MQTT-3.4.2-2, MQTT-3.4.2-3, MQTT-3.5.2-2, MQTT-3.5.2-3]. `Refusal.WrongProperty`: they are others.
	 *
	 * Returns 0, `Refusal.NothingHeld` (answered before, forgotten, or the connection on which it came has ended: then it comes
	 * again), or `Refusal.NotOffered` (a reason that is none, or a client without `holds`). The answer leaves after those of
	 * older messages of its QoS [MQTT-4.6.0-2, MQTT-4.6.0-3].
	 */
	acknowledge(handle: number, reason = 0, value?: number, properties: Properties | null = null): number {
		const { extras, store } = this.session;
		const { holds } = extras;
		const said = holds === null ? Refusal.NotOffered : holds.acknowledge(handle, reason, properties);
		if (said < 0) return this.refuse(said);
		if (value !== undefined) store.remember(value);
		this.pump.turn();
		return 0;
	}

	/** What is not possible before any room is looked for. */
	private refusalOf(qos: number, flags: number): number {
		if (this.pump.phase !== Phase.Online)
			return qos === 0 && (this.pump.identity.choices & Choice.QueueQos0) === 0 ? Refusal.Offline : 0;
		const link = this.session.link;
		if (qos > link.maximumQos) return Refusal.NotOffered;
		return (flags & RETAIN) !== 0 && !link.retainAvailable ? Refusal.NotOffered : 0;
	}

	private refuse(refusal: number): number {
		if (refusal === Refusal.StoreFault) this.pump.turn(); // which tells the listener
		this.counters[Counter.Refusals]++;
		this.refusal = refusal;
		return refusal;
	}

	// ── construction ─────────────────────────────────────────────────────────────────────────────────────────────

	/** The end of the text region. */
	private get textEnd(): number {
		const { encoder, limits } = this.session;
		return encoder.start + limits.sendBytes + limits.textBytes;
	}
}
