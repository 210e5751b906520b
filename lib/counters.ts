// SPDX-License-Identifier: MIT
/**
 * What the client has done, as numbers in one table. Imports nothing.
 *
 * Counters are 32 bits and wrap around; read them as differences where they may.
 */

/** Index into {@link Client.counters}. The first 64 are packets and bytes by type of packet: `PacketsIn + type`, `BytesOut + type`. */
export const enum Counter {
	PacketsIn = 0,
	PacketsOut = 16,
	BytesIn = 32,
	BytesOut = 48,
	/** Messages handed to `onMessage`. */
	Delivered = 64,
	/** Tickets settled as acknowledged. */
	Acknowledged = 65,
	/** PUBLISH and PUBREL sent again on a new connection. */
	Resends = 66,
	/** Attempts to connect. */
	Dials = 67,
	/** CONNACKs with success. */
	Connects = 68,
	/** Calls answered with a refusal. */
	Refusals = 69,
	/** QoS 0 messages that were still waiting when the link went. */
	DroppedOffline = 70,
	/** Messages that the broker of this connection cannot take: too long, QoS, retain. */
	DroppedUnsendable = 71,
	/** Messages whose fate is unknown, or given up, because the broker lost the session. */
	DroppedSessionLost = 72,
	/** Messages that the broker refused with a reason. */
	Rejected = 73,
	/** Received PUBLISHes longer than the packet region: skipped. */
	Oversize = 74,
	/** Received QoS 2 messages left with the broker for want of room. */
	HeldBack = 75,
	/** Repeated inbound QoS 2 messages that were not delivered again. */
	Duplicates = 76,
	/** Acknowledgements that belong to no exchange, and answers that belong to no request. */
	Strays = 77,
	/** Connections ended because of what the broker sent. */
	PeerFaults = 78,
	/** The most messages, and bytes, that the outbox held. */
	PeakMessages = 79,
	PeakBytes = 80,
	/** The most exchanges in flight, and acknowledgements owed. */
	PeakInFlight = 81,
	PeakOwed = 82,
	/** Milliseconds from a packet to its answer: the last one measured, and the longest. */
	RoundTripMs = 83,
	PeakRoundTripMs = 84,
	/** Messages that gave way to newer ones, whose time ran out, and that the store could not read back. */
	DroppedGaveWay = 85,
	DroppedExpired = 86,
	DroppedUnreadable = 87,
	/** Faults of the store. */
	StoreFaults = 88,
	/** How many there are. */
	Count = 89,
}
