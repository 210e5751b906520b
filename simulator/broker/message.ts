// SPDX-License-Identifier: MIT
/**
 * An application message as the broker holds it: independent of version and of connection, never changed once
 * made.
 */

import type { Qos } from "./protocol.js";
import type { Session } from "./session.js";
import type { Group } from "./subscription.js";

export class Message {
	readonly topic: string;
	/** Owned by the message: a copy of what arrived, unless nobody wants it, when it is gone after the turn. */
	readonly payload: Buffer;
	readonly qos: Qos;
	readonly retain: boolean;
	/** The client id of the publisher; empty for the broker itself. */
	readonly from: string;
	/** Properties to be passed on, encoded, in the order of their arrival. */
	readonly properties: Buffer;
	/** When it is no longer worth delivering, in milliseconds of the schedule; Infinity: never. */
	readonly expiresAt: number;
	/** What it counts for against the limits. */
	readonly bytes: number;
	#topicBytes: Buffer | undefined;

	constructor(
		topic: string,
		payload: Buffer,
		qos: Qos,
		retain: boolean,
		from: string,
		properties: Buffer,
		expiresAt: number,
		topicBytes: Buffer | undefined,
	) {
		this.topic = topic;
		this.payload = payload;
		this.qos = qos;
		this.retain = retain;
		this.from = from;
		this.properties = properties;
		this.expiresAt = expiresAt;
		this.bytes = (topicBytes?.length ?? Buffer.byteLength(topic)) + payload.length + properties.length;
		this.#topicBytes = topicBytes;
	}

	/** The topic in UTF-8. */
	get topicBytes(): Buffer {
		this.#topicBytes ??= Buffer.from(this.topic);
		return this.#topicBytes;
	}
}

const NONE = Buffer.alloc(0);

/**
 * Makes a message; `payload` and `properties` must be owned by it from now on, or not be kept by anybody. `topicBytes`: the
 * topic in UTF-8, where it is there already.
 */
export function messageOf(
	topic: string,
	payload: Buffer,
	qos: Qos,
	retain: boolean,
	from: string,
	properties: Buffer = NONE,
	expiresAt = Infinity,
	topicBytes: Buffer | undefined = undefined,
): Message {
	return new Message(topic, payload, qos, retain, from, properties, expiresAt, topicBytes);
}

/** Where a message to one subscriber stands: whose answer is awaited. */
export const enum Turn {
	/** In the queue, no packet identifier yet. */
	Queued,
	/** QoS 1: PUBLISH sent. */
	AwaitAck,
	/** QoS 2: PUBLISH sent. */
	AwaitRec,
	/** QoS 2: PUBREL sent. */
	AwaitComp,
}

/** One message on its way to one subscriber. */
export interface Delivery {
	readonly message: Message;
	readonly qos: Qos;
	readonly retain: boolean;
	/** Subscription identifiers. */
	readonly identifiers: readonly number[];
	/** The shared subscription by whose turn this subscriber got it. */
	readonly share: Group<Session> | undefined;
	id: number;
	turn: Turn;
	/** Sent on this connection and not acknowledged: it counts against Receive Maximum. */
	counted: boolean;
	/** Ascending in the order of first sending; of PUBREC once that came. */
	order: number;
}
