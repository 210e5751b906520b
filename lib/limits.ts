// SPDX-License-Identifier: MIT
/**
 * Every limit of the client: default, unit, reason, and how they hang together. Imports nothing.
 *
 * Nothing in the core grows: what does not fit a limit is refused before any work is done, or ends the connection with
 * a reason. {@link budget} adds the memory up, term by term.
 */

export interface Limits {
	/**
	 * Bytes. The longest packet that can be received whole; announced as Maximum Packet Size in 5.0. With `Fragments` a PUBLISH may
	 * be longer, and 512 are plenty: topic and properties must fit, and every other packet.
	 */
	readonly packetBytes: number;
	/** Bytes. What one write can carry; so the longest packet that can be sent, CONNECT included. At most the transport's send buffer. */
	readonly sendBytes: number;
	/**
	 * Bytes. Messages that wait or are in flight, or those of them that are volatile when the store is in flash; such a store
	 * makes its records here, too, and leaves a quarter at least. One message takes 10 bytes more than its topic and payload.
	 */
	readonly outboxBytes: number;
	/** Messages in the outbox at once, each 8 bytes of table. */
	readonly outboxMessages: number;
	/** Messages that a flash store keeps at once, kept or volatile; each 6 bytes of table. */
	readonly keptMessages: number;
	/** Bytes. The longest record of a flash store, its 16 bytes of header included; a multiple of 32, at most 1024. */
	readonly recordBytes: number;
	/** Bytes. CONNECT (client identifier, user, password and will, each with 2 bytes of length, and about 25 more), topics and filters. */
	readonly textBytes: number;
	/** QoS 1 and 2 messages that are sent and not yet finished. The broker's Receive Maximum may lower it. */
	readonly window: number;
	/** QoS 1 and 2 messages that the broker may send before we finish the earlier ones; announced as Receive Maximum in 5.0. */
	readonly receiveMaximum: number;
	/** Subscriptions that the client keeps and renews, each 4 bytes of table. */
	readonly subscriptions: number;
	/**
	 * Identifiers for PUBLISH, 1 to this number; SUBSCRIBE and UNSUBSCRIBE use those above it. Models set it to 2 or 3. With a
	 * store in flash leave it: an identifier must not come round while a life that was cut may have left it open.
	 */
	readonly publishIds: number;
	/** Milliseconds until the link must be up, name look-up and TLS included. */
	readonly connectMs: number;
	/** Milliseconds from CONNECT to CONNACK, or from one packet of an enhanced authentication to the next. */
	readonly connackMs: number;
	/** Milliseconds from PINGREQ to any byte of the broker. */
	readonly pingReplyMs: number;
	/** Milliseconds from SUBSCRIBE or UNSUBSCRIBE to its acknowledgement. */
	readonly requestMs: number;
	/** Milliseconds that `flush` may take before what is left is given up waiting for. */
	readonly flushMs: number;
	/** Milliseconds before the second attempt to connect, half of them drawn at random; up to twice as many with each failure. */
	readonly backoffMs: number;
	/** Milliseconds: where that ends. */
	readonly backoffMaxMs: number;
	/** Milliseconds between attempts after a refusal that does not heal by itself: wrong password, not authorized, taken over. */
	readonly slowLaneMs: number;
	/** Milliseconds after which the store is tidied, again and again while it is untidy and nothing is in flight; an erase takes 40. */
	readonly maintainMs: number;
	/** Milliseconds that a connection must last before the backoff starts from its beginning. */
	readonly stableMs: number;
}

/** For an ESP32: window 16, packets of 1 KiB, an outbox of 4 KiB. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
	packetBytes: 1024,
	sendBytes: 1024,
	outboxBytes: 4096,
	outboxMessages: 36,
	keptMessages: 256,
	recordBytes: 1024,
	textBytes: 456,
	window: 16,
	receiveMaximum: 16,
	subscriptions: 16,
	publishIds: 65_279,
	connectMs: 20_000,
	connackMs: 10_000,
	pingReplyMs: 10_000,
	requestMs: 30_000,
	flushMs: 5_000,
	backoffMs: 1_000,
	backoffMaxMs: 120_000,
	slowLaneMs: 300_000,
	maintainMs: 50,
	stableMs: 30_000,
});

/** For boards with little memory: window 4, packets of 256 bytes. */
export const TINY_LIMITS: Limits = Object.freeze({
	...DEFAULT_LIMITS,
	packetBytes: 256,
	sendBytes: 256,
	outboxBytes: 1024,
	outboxMessages: 12,
	keptMessages: 64,
	recordBytes: 288,
	textBytes: 304,
	window: 4,
	receiveMaximum: 4,
	subscriptions: 4,
});

/** Bytes of one row of the tables that live in the arena. */
export const enum Row {
	/** Outbox: number u16, traits u8, state u8, offset u16, length u16. */
	Outbox = 8,
	/** An inbound QoS 2 exchange: identifier u16. */
	Inbound = 2,
	/** A control packet that is owed: type u8, reason u8, identifier u16. */
	Owed = 4,
	/** A subscription: identifier u16, options u8, state u8. */
	Subscription = 4,
	/** A deadline: ticks i32. */
	Deadline = 4,
}

/** Rows of tables whose length is no limit. */
export const enum Rows {
	/** Things that the client waits for, see session/deadlines.ts. */
	Deadlines = 12,
}

/** One term of the memory budget. */
export interface BudgetTerm {
	readonly name: string;
	readonly bytes: number;
	readonly reason: string;
}

/** Rows of the ring of owed packets: one for each inbound message we may owe for, one for each PUBREL, two to spare. */
export function owedRows(limits: Limits): number {
	return limits.receiveMaximum + limits.window + 2;
}

/** The client's part of the arena, term by term; the store adds its own. */
export function budget(limits: Limits): BudgetTerm[] {
	return [
		{ name: "packet region", bytes: limits.packetBytes, reason: "the packet being received" },
		{ name: "send region", bytes: limits.sendBytes, reason: "packets of one write" },
		{ name: "text", bytes: limits.textBytes, reason: "CONNECT, topics, filters" },
		{ name: "owed", bytes: owedRows(limits) * Row.Owed, reason: "acknowledgements to send" },
		{ name: "subscriptions", bytes: limits.subscriptions * Row.Subscription, reason: "what is renewed" },
		{ name: "deadlines", bytes: Rows.Deadlines * Row.Deadline, reason: "what is waited for" },
	];
}

/**
 * The defaults with `changes`, checked and frozen. Throws a RangeError that names the limit and the relation that it
 * breaks. A profile that is whole and frozen comes back as it is, so client and store share one object: make your own
 * with this function and give it to both.
 */
export function limitsFrom(changes: Partial<Limits> = DEFAULT_LIMITS, base: Limits = DEFAULT_LIMITS): Limits {
	const whole = Object.isFrozen(changes) && Object.keys(base).every((name) => name in changes);
	const limits = whole ? (changes as Limits) : Object.freeze({ ...base, ...changes });
	for (const [name, value] of Object.entries(limits)) {
		if (!(name in DEFAULT_LIMITS)) throw new RangeError(`limits: there is no limit called ${name}`);
		require(Number.isInteger(value) && value > 0, `${name} must be a positive whole number, not ${value}`);
		if (name.endsWith("Ms")) require(value < 0x4000_0000, `${name} must stay below 2^30 milliseconds`);
	}
	// Offsets are two bytes, and a packet must hold the longest fixed header, an identifier and some topic.
	for (const name of ["packetBytes", "sendBytes", "outboxBytes", "textBytes"] as const)
		require(limits[name] <= 0x8000 && limits[name] >= 64, `${name} must be 64 to 32768`);
	require(limits.window <= limits.outboxMessages, "window must not exceed outboxMessages");
	require(limits.outboxMessages <= 4096, "outboxMessages must not exceed 4096");
	require(limits.keptMessages >= limits.window &&
		limits.keptMessages <= 4096, "keptMessages must be window to 4096");
	const cells = limits.recordBytes / 32;
	require(Number.isInteger(cells) &&
		cells >= 4 &&
		cells <= 32, "recordBytes must be 128 to 1024, a multiple of 32");
	require(limits.receiveMaximum <= 1024, "receiveMaximum must not exceed 1024");
	require(limits.subscriptions <= 128, "subscriptions must not exceed 128");
	require(limits.publishIds <= 65_279, "publishIds must leave 65280 to 65535 for SUBSCRIBE and UNSUBSCRIBE");
	require(limits.backoffMs <= limits.backoffMaxMs, "backoffMs must not exceed backoffMaxMs");
	return limits;
}

function require(holds: boolean, relation: string): void {
	if (!holds) throw new RangeError(`limits: ${relation}`);
}
