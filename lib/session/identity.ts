// SPDX-License-Identifier: MIT
import type { Arena } from "../memory/arena.js";
import type { Store } from "../ports.js";
import type { ConnectFields } from "../wire/encoder.js";
import type { Packet } from "../wire/packet.js";
import { Property, Reason } from "../wire/protocol.js";

/** Quality of service. */
export type Qos = 0 | 1 | 2;

/** Half of what a client is made of: who we are to the broker. */
export interface Who {
	/** 5 (default) or 4, which is 3.1.1. */
	readonly version?: 4 | 5;
	/** Empty: the server chooses one (5.0). */
	readonly clientId: string;
	readonly user?: string;
	readonly password?: string | Uint8Array;
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
	/** Lets QoS 0 messages wait for a connection, too. Default false: they are refused while offline. */
	readonly queueQos0?: boolean;
	/**
	 * What becomes of a QoS 2 message without PUBREC when the broker lost the session: sent anew, at the risk that it
	 * arrives twice ("requeue", default), or settled as `Settled.Uncertain` ("drop").
	 */
	readonly onSessionLost?: "requeue" | "drop";
}

export interface Will {
	readonly topic: string;
	readonly payload: string | Uint8Array;
	readonly qos?: Qos;
	readonly retain?: boolean;
	/** How long the broker waits before it sends the will, seconds (5.0). */
	readonly delaySeconds?: number;
}

/** 3.1.1: where we are in making the broker forget a session. */
const enum Forget {
	No = 0,
	/** The next connection does nothing else. */
	Due = 1,
	/** It has; the next one begins our session. */
	Done = 2,
}

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
	/** What we ask for; the server may say otherwise for one connection. */
	keepAliveSeconds = 0;
	/** QoS 2 messages without PUBREC are sent anew when the broker lost the session, and may then arrive twice. */
	requeue = true;
	/** QoS 0 messages may wait for a connection. */
	queueQos0 = false;
	#fields: ConnectFields;
	#store: Store;
	#arena: Arena;
	#version5: boolean;
	#sessionExpirySeconds: number;
	/** The first connection begins a new session, whatever there is. */
	#startClean: boolean;
	#forget = Forget.No;
	#hash: number;
	/** Room for an identifier that the server assigns. */
	#assignable: number;

	constructor(arena: Arena, store: Store, fields: ConnectFields, options: IdentityOptions) {
		this.#arena = arena;
		this.#store = store;
		this.#fields = fields;
		this.#version5 = options.version5;
		this.#sessionExpirySeconds = options.sessionExpirySeconds;
		// In 3.1.1 a session that is begun clean also ends with its connection, so it is begun by making the broker forget.
		const dance = options.cleanStart && !options.version5 && options.sessionExpirySeconds > 0;
		this.#startClean = options.cleanStart && !dance;
		if (dance) this.#forget = Forget.Due;
		this.#assignable = options.assignableBytes;
		this.#hash = hashOf(arena.bytes, fields.clientIdStart, fields.clientIdEnd);
	}

	/** A hash of the client identifier that the application chose, never 0; what the server assigns does not change it. */
	hash(): number {
		return this.#hash;
	}

	/** What CONNECT says now. */
	connect(): ConnectFields {
		const fields = this.#fields;
		const keeps = this.#sessionExpirySeconds > 0;
		const anew = this.#startClean || this.#forget === Forget.Due || !keeps;
		fields.cleanStart = anew || (this.#version5 && !this.#store.established);
		return fields;
	}

	/**
	 * Takes a CONNACK with success. Returns 0; a reason to end the link; -1: connect again at once; or
	 * `Reason.SessionMismatch`: connect again later, since the broker does not forget what it was told to.
	 */
	accept(connack: Packet): number {
		const present = connack.sessionPresent === 1;
		if (present && this.#fields.cleanStart) return Reason.ProtocolError; // [MQTT-3.2.2-1, 5.0 MQTT-3.2.2-2]
		if (this.#forget === Forget.Due) {
			this.#forget = Forget.Done;
			return -1;
		}
		const again = this.#forget === Forget.Done;
		this.#forget = Forget.No;
		if (present && !this.#store.established) {
			this.#forget = Forget.Due;
			return again ? Reason.SessionMismatch : -1;
		}
		this.#startClean = false;
		return connack.has(Property.AssignedClientIdentifier) ? this.assign(connack) : 0;
	}

	/** Keeps the identifier that the server chose, or the session could not be resumed [5.0, 3.2.2.3.7]. */
	private assign(connack: Packet): number {
		const fields = this.#fields;
		const { bytes, view } = this.#arena;
		const from = connack.value(Property.AssignedClientIdentifier);
		const length = view.getUint16(from);
		if (fields.clientIdEnd > fields.clientIdStart || length === 0) return Reason.ProtocolError;
		if (length > this.#assignable) return Reason.ImplementationSpecific;
		const start = fields.clientIdStart;
		bytes.copyWithin(start - 2, from, from + 2 + length);
		fields.clientIdEnd = start + length;
		return 0;
	}
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
	let hash = 0x811c9dc5 | 0;
	for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
	return hash === 0 ? 1 : hash;
}

export interface IdentityOptions {
	readonly version5: boolean;
	readonly sessionExpirySeconds: number;
	readonly cleanStart: boolean;
	/** Bytes behind the (empty) client identifier for one that the server assigns. */
	readonly assignableBytes: number;
}
