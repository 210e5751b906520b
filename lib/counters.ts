// SPDX-License-Identifier: MIT
/**
 * What the client has done, as numbers in one table. Imports nothing.
 *
 * Counters are 32 bits and wrap around; read them as differences where they may.
 */

/** Index into {@link Client.counters}. The first 32 are packets by type: `PacketsIn + type`, `PacketsOut + type`. */
export const Counter = {
	PacketsIn: 0,
	PacketsOut: 16,
	BytesIn: 32,
	BytesOut: 33,
	/** Messages handed to `onMessage`. */
	Delivered: 34,
	/** Tickets settled as acknowledged. */
	Acknowledged: 35,
	/** PUBLISH and PUBREL sent again on a new connection. */
	Resends: 36,
	/** Attempts to connect. */
	Dials: 37,
	/** CONNACKs with success. */
	Connects: 38,
	/** Calls answered with a refusal. */
	Refusals: 39,
	/** QoS 0 messages that were still waiting when the link went. */
	DroppedOffline: 40,
	/** Messages that the broker of this connection cannot take: too long, QoS, retain. */
	DroppedUnsendable: 41,
	/** Messages whose fate is unknown, or given up, because the broker lost the session. */
	DroppedSessionLost: 42,
	/** Messages that the broker refused with a reason. */
	Rejected: 43,
	/** Received PUBLISHes longer than the packet region: skipped. */
	Oversize: 44,
	/** Received QoS 2 messages left with the broker for want of room (3.1.1). */
	HeldBack: 45,
	/** Repeated inbound QoS 2 messages that were not delivered again. */
	Duplicates: 46,
	/** Acknowledgements that belong to no exchange. */
	Strays: 47,
	/** Connections ended because of what the broker sent. */
	PeerFaults: 48,
	/** The most messages, and bytes, that the outbox held. */
	PeakMessages: 49,
	PeakBytes: 50,
	/** The most exchanges in flight, and acknowledgements owed. */
	PeakInFlight: 51,
	PeakOwed: 52,
	/** Milliseconds from a packet to its answer: the last one measured, and the longest. */
	RoundTripMs: 53,
	PeakRoundTripMs: 54,
	/** How many there are. */
	Count: 55,
} as const;
