// SPDX-License-Identifier: MIT
/**
 * A stored message: version-neutral, so that topic aliases, a counted-down expiry, a version fallback or the limits of
 * a later CONNACK can still shape the PUBLISH that is made of it when it is sent.
 *
 *     0        1        2        4          8              10        10+T       10+T+P
 *     ┌────────┬────────┬────────┬──────────┬──────────────┬─────────┬──────────┬─────────┐
 *     │ flags  │ traits │ P      │ expires  │ T            │ topic   │ 5.0 pro- │ payload │
 *     │ u8     │ u8     │ u16    │ i32      │ u16          │ T bytes │ perties  │ to end  │
 *     └────────┴────────┴────────┴──────────┴──────────────┴─────────┴──────────┴─────────┘
 *
 * `flags` are the low three bits of a PUBLISH header (retain, QoS), `traits` are bits of {@link Trait}. `expires`, signed, is
 * the `Clock.seconds` at which the message is stale, 0 for never; below 0 that was before this life. Topic and its length
 * prefix stand as on the wire. The properties are as on the wire, without their length, without Message Expiry Interval
 * and Topic Alias, which are made at sending. Integers are big-endian.
 */
export const enum Record {
	Flags = 0,
	Traits = 1,
	PropertiesLength = 2,
	Expires = 4,
	TopicLength = 8,
	Topic = 10,
	/** Bytes of a record besides topic, properties and payload. */
	Overhead = 10,
}

/** What the application wants of its message, besides what goes over the wire. */
export const enum Trait {
	/** It need not survive a reboot. */
	Volatile = 1,
	/** It gives way to a newer message with this trait when there is no room. */
	DropOldest = 2,
	/** It gives way to a newer message with this trait and the same topic. */
	KeepLatest = 4,
	/** Its ticket is settled when it is in flash; what becomes of it then is not told. */
	SettleWhenStored = 8,
}

/** Flag for `compose` and `publish`: the broker keeps the message for later subscribers. */
export const RETAIN = 1;
// Further flags: bits of `Trait`, four to the left. Without any, a message of QoS 1 or 2 is kept in flash, where there is a
// store in flash, before its first byte is sent; and when there is no room for it, that is told by `Refusal.Full`.
/** It need not survive a reboot, and costs no flash. QoS 0 never does. */
export const VOLATILE = 0x10;
/** When there is no room it takes that of the oldest message with this flag that was never sent. */
export const DROP_OLDEST = 0x20;
/** It takes the place of a message with this flag and the same topic that was never sent, at the end of the queue. */
export const KEEP_LATEST = 0x40;
/** Its ticket is settled when it is in flash, as `Settled.Stored`; what becomes of it then is not told. Without a store in flash: as ever. */
export const SETTLE_STORED = 0x80;

/**
 * How far a stored message is, named by whose turn it is. The store keeps it, the session decides it
 * (`session/exchange.ts` has the drawing).
 */
export const enum MessageState {
	/** Finished, or never there. */
	Done = 0,
	/** QoS 0: waits to be written. */
	DueOnce = 1,
	/** QoS 1 or 2: no PUBLISH of it has been sent in this session. */
	DuePublish = 2,
	/** QoS 1: sent, PUBACK awaited. */
	AwaitAck = 3,
	/** QoS 2: sent, PUBREC awaited. */
	AwaitRec = 4,
	/** QoS 2: PUBREC came, PUBREL is owed or sent, PUBCOMP awaited. */
	AwaitComp = 5,
}

/** True when the ticket of such a message is settled as soon as it is stored. A volatile one is never stored. */
export function settlesWhenStored(traits: number): boolean {
	return (traits & (Trait.SettleWhenStored | Trait.Volatile)) === Trait.SettleWhenStored;
}
