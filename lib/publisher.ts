// SPDX-License-Identifier: MIT
import { Counter } from "./counters.js";
import type { Pump } from "./pump.js";
import type { ReplyHandler, Source } from "./session/extras.js";
import { Choice } from "./session/identity.js";
import { Phase } from "./session/link.js";
import { addProperty } from "./session/properties.js";
import { beginReply } from "./session/reply.js";
import { replaceOlder, reserveRoom } from "./session/room.js";
import { EXPIRY_BYTES, exceeds, PUBLISH_OVERHEAD } from "./session/sender.js";
import type { Session } from "./session/session.js";
import type { Qos } from "./wire/connect.js";
import type { Message } from "./wire/message.js";
import { PublishFlag } from "./wire/protocol.js";
import { RETAIN, Record, Trait, VOLATILE } from "./wire/record.js";
import { Refusal } from "./wire/refusal.js";
import type { Properties, Topic } from "./wire/topic.js";
import type { Writer } from "./wire/writer.js";

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

/** Bytes that the send region must have besides the head of a message that has a source. */
const SOURCE_ROOM = 16;
/** Where the bits of `Trait` stand in the flags. */
const TRAIT_SHIFT = 4;

/** What is done per message: the hot half of a client, which is made and opened by the other one. */
export class Publisher {
	/** Why the last call was refused; 0 when it was not. */
	refusal = 0;
	protected readonly session: Session;
	protected readonly pump: Pump;
	private readonly writer: Writer;
	/** The topic of what is being composed, when it is to replace one of that topic. */
	private replacing: Topic | null = null;

	constructor(session: Session, pump: Pump, writer: Writer) {
		this.session = session;
		this.pump = pump;
		this.writer = writer;
	}

	/** True between `onOnline` and `onOffline`. */
	get online(): boolean {
		return this.pump.phase === Phase.Online;
	}

	/**
	 * Begins a message of at most `bytes` bytes of payload (default: 256, or what the send region holds if that is less).
	 * `flags`: {@link RETAIN}, {@link VOLATILE}, {@link DROP_OLDEST}, {@link KEEP_LATEST}, {@link SETTLE_STORED}, or 0.
	 * `expirySeconds`: how long it is worth anything, counted while it waits, too, and through a reboot; 0 is for ever.
	 * Returns the writer of its payload, valid until {@link commit}, {@link discard} or the end of the turn; or undefined,
	 * and {@link refusal} says why.
	 */
	compose(topic: Topic, qos: Qos, flags = 0, bytes = -1, expirySeconds = 0): Writer | undefined {
		const session = this.session;
		const properties = topic.properties;
		const propertyBytes = properties === null ? 0 : properties.end - properties.start;
		const head = Record.Overhead + topic.end - topic.start + propertyBytes;
		const most = session.limits.sendBytes - head - PUBLISH_OVERHEAD - (expirySeconds > 0 ? EXPIRY_BYTES : 0);
		if (bytes < 0) bytes = most < 256 ? most : 256;
		const refused = this.refusalOf(qos, flags);
		const traits = (flags >> TRAIT_SHIFT) | (qos === 0 ? Trait.Volatile : 0);
		const at =
			refused < 0
				? refused
				: bytes <= most
					? reserveRoom(session, topic, head + bytes, traits)
					: Refusal.TooLong;
		if (at < 0) {
			this.refuse(at);
			return undefined;
		}
		const view = session.packet.view;
		session.composed = at;
		this.replacing = (traits & Trait.KeepLatest) !== 0 ? topic : null;
		// Flags, traits and the length of the properties are neighbours.
		const first = (qos << PublishFlag.QosShift) | (flags & RETAIN);
		view.setInt32(at + Record.Flags, (first << 24) | (traits << 16) | propertyBytes);
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
		const session = this.session;
		const traits = session.packet.view.getUint8(session.composed + Record.Traits);
		const ticket = session.store.seal(end);
		session.composed = 0;
		if (ticket < 0) return this.refuse(ticket);
		if (source !== null) session.extras.sources?.hold(ticket, source, length);
		const replacing = this.replacing; // what is told now may lead to another composition
		session.accepted(ticket, traits);
		if (replacing !== null) replaceOlder(session, replacing, ticket);
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

	protected refuse(refusal: number): number {
		if (refusal === Refusal.StoreFault) this.pump.turn(); // which tells the listener
		this.session.counters[Counter.Refusals]++;
		this.refusal = refusal;
		return refusal;
	}
}
