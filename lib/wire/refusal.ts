// SPDX-License-Identifier: MIT
/**
 * "Not now", or "not at all": the negative numbers that calls return before they do any work. Imports nothing.
 */
export const enum Refusal {
	/** A composition is in progress: commit it or discard it first. Or an authentication is. */
	Busy = -1,
	/** No room in the outbox now. `onRoom` will be called once there is. */
	Full = -2,
	/** It can never fit: longer than the outbox, the send region, or the broker's Maximum Packet Size. */
	TooLong = -3,
	/** QoS 0 is not queued while offline, unless `queueQos0`. */
	Offline = -4,
	/** The broker or the protocol of this connection does not offer it, or this client was made without it. */
	NotOffered = -5,
	/** Nothing was composed, or the turn in which it was composed is over. */
	NothingComposed = -6,
	/** The store cannot make it durable. */
	StoreFault = -7,
	/** MQTT does not allow it: an option that there is not, or not together with the others. */
	NotAllowed = -13,
	/** The table is full, of subscriptions or of requests: raise its limit. */
	TableFull = -9,
	/** The message has no response topic, or is not the one whose callback runs. */
	NoResponseTopic = -12,
	/** There is no such message to acknowledge: QoS 0, the callback is over, answered before, forgotten, or of a connection that ended. */
	NothingHeld = -10,
	/** A property that does not belong there, has been given already, comes too late, or cannot have that value. */
	WrongProperty = -11,
	/** The filter is not subscribed. */
	NotSubscribed = -8,
}
