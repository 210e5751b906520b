// SPDX-License-Identifier: MIT
/**
 * A stored message: version-neutral, so that topic aliases, a counted-down expiry, a version fallback or the limits of
 * a later CONNACK can still shape the PUBLISH that is made of it when it is sent.
 *
 *     0        1        2        4          8              10        10+T       10+T+P
 *     ┌────────┬────────┬────────┬──────────┬──────────────┬─────────┬──────────┬─────────┐
 *     │ flags  │ 0      │ P      │ expires  │ T            │ topic   │ 5.0 pro- │ payload │
 *     │ u8     │ u8     │ u16    │ u32      │ u16          │ T bytes │ perties  │ to end  │
 *     └────────┴────────┴────────┴──────────┴──────────────┴─────────┴──────────┴─────────┘
 *
 * `flags` are the low three bits of a PUBLISH header (retain, QoS). `expires` is `Clock.seconds` at which the message
 * is stale, 0 for never. Topic and its length prefix stand as on the wire. The properties are as on the wire, without
 * their length, without Message Expiry Interval and Topic Alias, which are made at sending. Integers are big-endian.
 */
export const enum Record {
	Flags = 0,
	PropertiesLength = 2,
	Expires = 4,
	TopicLength = 8,
	Topic = 10,
	/** Bytes of a record besides topic, properties and payload. */
	Overhead = 10,
}
