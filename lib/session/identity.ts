// SPDX-License-Identifier: MIT
import { HASH_SEED, hashOf, hashWith } from "../memory/hash.js";
import type { Store } from "../ports.js";
import {
	ConnectAt,
	ConnectFlag,
	encodeConnect,
	type Password,
	sayConnect,
	type UserName,
	type Will,
} from "../wire/connect.js";
import type { Encoder } from "../wire/encoder.js";
import type { Packet } from "../wire/packet.js";
import { Property, Protocol, Reason } from "../wire/protocol.js";
import { findProperty } from "../wire/section.js";
import { decodeText } from "../wire/utf8.js";
import { varintAt, varintSize } from "../wire/varint.js";
import type { ExtraOptions, Extras } from "./extras.js";
import type { Session } from "./session.js";

/** Room for a client identifier that the server chooses. */
const ASSIGNED_ID_BYTES = 64;

/** How long a broker keeps the session of a client that says nothing else. */
export const DAY_SECONDS = 86_400;

/** Half of what a client is made of: who we are to the broker. */
export interface Who {
	/**
	 * 5 (default); 4, which is 3.1.1; or "auto": 5.0, and 3.1.1 with a broker that knows no other. One is taken for such when it
	 * refuses 5.0 (0x01, 0x84), or closes three times in a row without a byte after CONNECT; not when it has answered in
	 * 5.0 in this life, nor while exchanges are open. After a day 5.0 is tried again, with the next connection.
	 * Costs 288 bytes; what is said in CONNECT must be legal in both.
	 */
	readonly version?: 4 | 5 | "auto";
	/** Empty: the server chooses one (5.0). */
	readonly clientId: string;
	/** A name for the broker, such as its host. With another one than in the life before, the session that is in the store is void. */
	readonly broker?: string;
	/**
	 * A function is asked with each CONNECT, when the link is up: for what changes, such as a token. It may allocate, takes
	 * its time from the turn, and may use what `limits.sendBytes` leaves beside the rest of CONNECT, 2 bytes of length included,
	 * and 65,535 bytes at most. When it throws, or gives what is no text or does not fit, the attempt has failed with
	 * `Reason.CredentialsFailed`, and the next one comes as after other failures.
	 */
	readonly user?: UserName;
	/** The same. When either is a function, bytes that are given as such are read with each CONNECT, and stay yours. */
	readonly password?: Password;
	/** 0 to 65535; 0 is off. Default 60. */
	readonly keepAliveSeconds?: number;
	/**
	 * How long the broker keeps the session while we are away, seconds; 4294967295 is for ever. Default: a day. 0: the
	 * session ends with the connection. In 3.1.1 anything but 0 is for as long as the broker likes.
	 */
	readonly sessionExpirySeconds?: number;
	/** True: the first connection begins a new session even when both sides have one. Default false. */
	readonly cleanStart?: boolean;
	/** Sent by the broker when we vanish without a word. */
	readonly will?: Will;
	/** True: CONNACK may say below which topics answers to requests may go [5.0, 3.1.2.11.6]. Default false. */
	readonly requestResponseInformation?: boolean;
	/** False: reason strings and user properties come with PUBLISH, CONNACK and DISCONNECT only [5.0, 3.1.2.11.7]. Default true. */
	readonly requestProblemInformation?: boolean;
	/** Of CONNECT, name and value, any number of them; a name may come again [5.0, 3.1.2.11.8]. */
	readonly userProperties?: readonly (readonly [name: string, value: string])[];
	/** Lets QoS 0 messages wait for a connection, too. Default false: they are refused while offline. */
	readonly queueQos0?: boolean;
	/**
	 * What becomes of a QoS 2 message without PUBREC when the broker lost the session: sent anew, at the risk that it
	 * arrives twice ("requeue", default), or settled as `Settled.Uncertain` ("drop").
	 */
	readonly onSessionLost?: "requeue" | "drop";
	/**
	 * Whether a new life asks again for what the broker is still subscribed to: always, which also brings retained messages
	 * anew ("boot", default), or only when the broker lost the session, or the life before was cut short ("lost"), which
	 * saves a board that sleeps a packet each way.
	 */
	readonly resubscribe?: "boot" | "lost";
}

/** How the next connection begins. */
const enum Opening {
	/** With the session that is there. */
	Resume = 0,
	/** With a new session, whatever there is. */
	Clean = 1,
	/** 3.1.1: it makes the broker forget a session, and does nothing else. */
	Forget = 2,
	/** It has; this one begins our session. */
	Forgotten = 3,
}

/** What the application chose, as bits of {@link Identity.choices}. */
export const enum Choice {
	/** QoS 2 messages without PUBREC are sent anew when the broker lost the session, and may then arrive twice. */
	Requeue = 1,
	/** QoS 0 messages may wait for a connection. */
	QueueQos0 = 2,
	/** A session that an earlier life left in order has its subscriptions. */
	Trust = 4,
	/** The session outlives its connection. */
	Keeps = 8,
	/** Request Problem Information is 0. */
	NoProblems = 16,
}

/** Bytes before the body of CONNECT, for what is asked for once per connection. */
const enum Before {
	/** Bits of {@link Choice}. */
	Choices = -10,
	/** {@link Opening}. */
	Opening = -9,
	/** A hash, never 0, of the client identifier and the broker that the application chose; what the server assigns does not change it. */
	Hash = -8,
	/** Seconds, see {@link Who.sessionExpirySeconds}. */
	SessionExpiry = -4,
}

/** Bytes that an {@link Identity} takes in front of the body of CONNECT. */
const IDENTITY_BYTES = 10;

/**
 * Who we are to the broker, and whether we come to go on with a session or to begin one.
 *
 * A session is resumed only when our half of it is in the store. 5.0 asks for that with Clean Start [MQTT-3.2.2-4]. In
 * 3.1.1 Clean Session also says what happens at the end, so a broker that has a session we know nothing of is first
 * told to forget it: connect clean, disconnect, connect again.
 *
 *     our half    Session Present = 0             Session Present = 1
 *     there       begin anew, settle what is lost resume
 *     not there   begin anew                      5.0: a fault, it was told Clean Start; 3.1.1: make it forget
 */
export class Identity {
	private readonly packet: Packet;
	/** The body of CONNECT. */
	private readonly start: number;
	private end: number;

	/** The body of CONNECT stands from `start` to `end`, see wire/connect.ts; before it are {@link IDENTITY_BYTES} for us. */
	constructor(packet: Packet, options: Who, start: number, end: number) {
		this.packet = packet;
		this.start = start;
		this.end = end;
		const expiry = options.sessionExpirySeconds ?? DAY_SECONDS;
		const { bytes, view } = packet;
		this.opening = options.cleanStart === true ? Opening.Clean : Opening.Resume;
		view.setUint8(
			start + Before.Choices,
			(options.onSessionLost !== "drop" ? Choice.Requeue : 0) |
				(options.queueQos0 === true ? Choice.QueueQos0 : 0) |
				(options.resubscribe === "lost" ? Choice.Trust : 0) |
				(expiry > 0 ? Choice.Keeps : 0) |
				(options.requestProblemInformation === false ? Choice.NoProblems : 0),
		);
		const at = this.clientIdAt;
		let hash = hashOf(bytes, at + 2, at + 2 + view.getUint16(at), HASH_SEED);
		const broker = options.broker ?? "";
		for (let i = 0; i < broker.length; i++) hash = hashWith(hash, broker.charCodeAt(i));
		view.setUint32(start + Before.Hash, hash === 0 ? 1 : hash);
		view.setUint32(start + Before.SessionExpiry, expiry);
	}

	/** The next connection begins a new session, whatever there is. */
	beginAnew(): void {
		this.opening = Opening.Clean;
	}

	/** Opens the store as who we are, see {@link Store.open}. The identifier that the server assigned to an earlier life is ours again. */
	open(store: Store): number {
		const { view } = this.packet;
		const opened = store.open(
			view.getInt32(this.start + Before.Hash),
			view.getUint32(this.start + Before.SessionExpiry),
		);
		if (opened >= 0) this.restore(store);
		return opened;
	}

	/** Bits of {@link Choice}. */
	get choices(): number {
		return this.packet.view.getUint8(this.start + Before.Choices);
	}

	private get opening(): Opening {
		return this.packet.view.getUint8(this.start + Before.Opening);
	}

	private set opening(opening: Opening) {
		this.packet.view.setUint8(this.start + Before.Opening, opening);
	}

	/** What we ask for; the server may say otherwise for one connection. */
	get keepAliveSeconds(): number {
		return this.packet.view.getUint16(this.start + ConnectAt.KeepAlive);
	}

	/** Where the room ends for the longest CONNECT that may come of an identifier which the server assigns (5.0). */
	get reserved(): number {
		const { view } = this.packet;
		const v5 = view.getUint8(this.start + ConnectAt.Version) === Protocol.V5;
		return this.end + (v5 && view.getUint16(this.clientIdAt) === 0 ? ASSIGNED_ID_BYTES : 0);
	}

	/** What CONNECT asks for. */
	get sessionExpirySeconds(): number {
		return this.packet.view.getUint32(this.start + Before.SessionExpiry);
	}

	/** What CONNECT says. Allocates. */
	get clientId(): string {
		const at = this.clientIdAt + 2;
		return decodeText(this.packet.bytes, at, this.packet.propertyEnd(at));
	}

	private restore(store: Store): void {
		const at = this.clientIdAt;
		if (this.packet.view.getUint8(this.start + ConnectAt.Version) < Protocol.V5) return;
		if (this.packet.view.getUint16(at) > 0) return;
		const length = store.assigned(this.end);
		if (length === 0 || length > ASSIGNED_ID_BYTES) return;
		this.insert(at, length);
		store.assigned(at + 2);
	}

	/** Encodes CONNECT as it is to be said now, in the encoder's version. Returns 0 or the reason why it cannot be said. */
	connect(encoder: Encoder, store: Store, extras: Extras): number {
		const { bytes } = this.packet;
		const keeps = (this.choices & Choice.Keeps) !== 0;
		// In 3.1.1 a session that is begun clean also ends with its connection, so it is begun by making the broker forget.
		if (this.opening === Opening.Clean && keeps && !encoder.version5) this.opening = Opening.Forget;
		const { opening } = this;
		const anew = opening === Opening.Clean || opening === Opening.Forget || !keeps;
		const at = this.start + ConnectAt.Flags;
		if (anew || (encoder.version5 && !store.established)) bytes[at] |= ConnectFlag.CleanStart;
		else bytes[at] &= ~ConnectFlag.CleanStart;
		if (extras.aliases !== null) this.announce(Property.TopicAliasMaximum, extras.aliases.inboundMaximum);
		return sayConnect(encoder, this.start, this.end, extras.authentication, extras.credentials);
	}

	/** Changes a property of two bytes that CONNECT has; nothing where it has none. */
	private announce(property: number, value: number): void {
		const { view } = this.packet;
		const { clientIdAt } = this;
		const from = this.start + ConnectAt.Properties;
		const length = varintAt(view, from, this.end, true);
		const at = findProperty(view, clientIdAt - length, clientIdAt, property, 0);
		if (at > 0) view.setUint16(at, value);
	}

	/**
	 * Takes a CONNACK with success, which is in the packet. Returns 0; a reason to end the link; -1: connect again at once; or
	 * `Reason.SessionMismatch`: connect again later, since the broker does not forget what it was told to.
	 */
	accept(store: Store): number {
		const { packet } = this;
		const present = packet.sessionPresent === 1;
		const said = packet.view.getUint8(this.start + ConnectAt.Flags);
		if (present && (said & ConnectFlag.CleanStart) !== 0) return Reason.ProtocolError; // [MQTT-3.2.2-1, 5.0 MQTT-3.2.2-2]
		if (this.opening === Opening.Forget) {
			this.opening = Opening.Forgotten;
			return -1;
		}
		const again = this.opening === Opening.Forgotten;
		this.opening = Opening.Resume;
		if (present && !store.established) {
			this.opening = Opening.Forget;
			return again ? Reason.SessionMismatch : -1;
		}
		const assigned = packet.property(Property.AssignedClientIdentifier, 0);
		return assigned > 0 ? this.assign(assigned, store) : 0;
	}

	/** Keeps the identifier that the server chose, or the session could not be resumed [5.0, 3.2.2.3.7]. */
	private assign(from: number, store: Store): number {
		const { bytes, view } = this.packet;
		const at = this.clientIdAt;
		const length = view.getUint16(from);
		if (view.getUint16(at) > 0 || length === 0) return Reason.ProtocolError;
		if (length > ASSIGNED_ID_BYTES) return Reason.ImplementationSpecific;
		this.insert(at, length);
		bytes.copyWithin(at + 2, from + 2, from + 2 + length);
		store.assign(at + 2, at + 2 + length);
		return 0;
	}

	/** Makes room for a client identifier where there is an empty one. */
	private insert(at: number, length: number): void {
		const { bytes, view } = this.packet;
		bytes.copyWithin(at + 2 + length, at + 2, this.end);
		view.setUint16(at, length);
		this.end += length;
	}

	/** Where the client identifier stands in CONNECT, its length first. */
	private get clientIdAt(): number {
		const at = this.start + ConnectAt.Properties;
		const length = varintAt(this.packet.view, at, this.end, true);
		return at + varintSize(length) + length;
	}
}

/** Throws on options that no broker could take; returns the version. */
export function checked(options: Who & ExtraOptions): 4 | 5 {
	const version = options.version ?? 5;
	if (version !== 4 && version !== 5 && version !== "auto")
		throw new RangeError(`version must be 4 (MQTT 3.1.1), 5 or "auto", not ${version}`);
	const keepAlive = options.keepAliveSeconds ?? 60;
	if (!(Number.isInteger(keepAlive) && keepAlive >= 0 && keepAlive <= 65_535))
		throw new RangeError(`keepAliveSeconds must be 0 to 65535, not ${keepAlive}`);
	const expiry = options.sessionExpirySeconds ?? DAY_SECONDS;
	if (!(Number.isInteger(expiry) && expiry >= 0 && expiry <= 4_294_967_295))
		throw new RangeError(`sessionExpirySeconds must be 0 to 4294967295, not ${expiry}`);
	const qos = options.will?.qos ?? 0;
	if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError(`will.qos must be 0, 1 or 2, not ${qos}`);
	// Whoever may say it in 3.1.1 keeps its rules.
	if (version !== 5 && options.clientId === "" && expiry > 0)
		throw new RangeError("MQTT 3.1.1 needs a clientId, unless sessionExpirySeconds is 0"); // [MQTT-3.1.3-7]
	if (version !== 5 && options.password !== undefined && options.user === undefined)
		throw new RangeError("MQTT 3.1.1 needs a user with the password"); // [MQTT-3.1.2-22]
	// Falling back to a version without it would let anybody in the middle take it away.
	if (version !== 5 && options.authentication !== undefined)
		throw new RangeError("authentication needs version 5: MQTT 3.1.1 has none");
	return version === 4 ? 4 : 5;
}

/**
 * Writes CONNECT into the text region, at `at`, once. Throws when there is no room for it before `limit`, or in the send region,
 * and for what no broker takes.
 */
export function introduce(session: Session, options: Who, at: number, limit: number): Identity {
	const { packet, limits, extras, encoder } = session;
	const keepAliveSeconds = options.keepAliveSeconds ?? 60;
	const sessionExpirySeconds = options.sessionExpirySeconds ?? DAY_SECONDS;
	const { receiveMaximum, sendBytes } = limits;
	const maximumPacketSize = extras.fragments?.maximumPacketSize ?? limits.packetBytes;
	const informationBytes = extras.requests?.informationBytes ?? 0;
	const start = at + IDENTITY_BYTES;
	const end = encodeConnect(packet, start, limit, encoder.version5, {
		...options,
		keepAliveSeconds,
		sessionExpirySeconds,
		receiveMaximum,
		maximumPacketSize,
		topicAliasMaximum: extras.aliases?.inboundMaximum ?? 0,
		requestResponseInformation: informationBytes > 0 ? true : options.requestResponseInformation,
	});
	const identity = new Identity(packet, options, start, end);
	if (identity.reserved > limit) throw new RangeError("the region for text is full: raise limits.textBytes");
	const longest = identity.reserved - start + (extras.authentication?.most ?? 0);
	if (1 + varintSize(longest) + longest > sendBytes)
		throw new RangeError("CONNECT does not fit: raise limits.sendBytes");
	return identity;
}
