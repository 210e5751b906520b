// SPDX-License-Identifier: MIT
import type { Limits } from "../limits.js";
import type { Packet } from "../wire/packet.js";
import { Property, Protocol } from "../wire/protocol.js";

/**
 * Where a connection stands.
 *
 *     Idle ──open──▶ Dialling ──link up──▶ Greeting ──CONNECT──▶ Connecting ──CONNACK 0──▶ Online
 *      ▲                ▲ │                   │                      │                       │
 *      │          alarm │ └─────────────┬─────┴──────────────────────┴───────────────────────┘
 *      └────close──── Waiting ◀─────────┘ any end
 */
export const enum Phase {
	Idle = 0,
	Waiting = 1,
	Dialling = 2,
	Greeting = 3,
	Connecting = 4,
	Online = 5,
}

/** Why QoS 2 messages are left with the broker for now. */
export const enum HeldBack {
	No = 0,
	/** There is no place to remember their identifiers. */
	NoPlace = 1,
	/** The same, and the broker has sent more than our Receive Maximum. */
	Overrun = 2,
}

/**
 * What may be believed of the session in the store.
 *
 *     store opened ──▶ Clean or Unclean ───▶ Known            a new session, here or at the broker ──▶ None
 *                      a connection was up,   ▲ │ ▲                                                    │
 *                      and ended              │ ▼ └── a connection was up, and ended                   ▼
 *                                          Unanswered ◀──────── a CONNECT that was not answered ◀── any but Unclean
 *
 * In Unclean and Unanswered the broker may have begun a session that the store does not know of: it was told with a CONNACK that
 * did not arrive, or arrived and was forgotten, or went to somebody else. It then says that it has our session, which is that one.
 */
export const enum Past {
	/** The session began in this life. */
	None = 0,
	/** It is an earlier life's, and a connection of this one was up. */
	Known = 1,
	/** It is an earlier life's, which ended in order. */
	Clean = 2,
	/** That life was cut short. */
	Unclean = 3,
	/** A CONNECT was sent, and never answered, or the answer was not believed; or another client was taken for us. */
	Unanswered = 4,
	/** The store has not been opened. */
	Unread = 5,
}

/** What the broker of a connection offers, as applications see it. */
export type Server = Readonly<
	Pick<
		Link,
		| "maximumPacketSize"
		| "maximumQos"
		| "retainAvailable"
		| "wildcardsAvailable"
		| "identifiersAvailable"
		| "sharedAvailable"
		| "keepAliveMs"
	>
>;

/** What the server of a connection offers, as bits of {@link Link.offers}; what it says nothing of, it does [5.0, 3.2.2.3]. */
export const enum Offer {
	MaximumQos = 3,
	Retain = 4,
	Wildcards = 8,
	Identifiers = 16,
	Shared = 32,
}

/**
 * What dies with a connection: the limits that CONNACK announced, how far this connection has come in the outbox, and
 * whether the broker lives.
 * Nothing here outlives {@link reset}, so nothing negotiated on one connection leaks into the next.
 */
export class Link {
	/** Ticks at which the last byte left, and came. */
	lastSent = 0;
	lastReceived = 0;
	/** Exchanges open on this connection; PUBLISH of QoS 1 and 2 only while it is below `quota` [MQTT-3.3.4-7]. */
	inFlight = 0;
	/** The window, or the server's Receive Maximum if that is smaller. */
	quota = 0;
	/** Numbers up to here have been sent on this connection, or are done. */
	cursor = 0;
	/** Numbers up to here have been looked at for QoS 0 while QoS 1 and 2 wait for quota. */
	skipped = 0;
	/** Numbers up to here have been looked at for a PUBREL to repeat; -1 when that is over. */
	released = -1;
	/** The last number that an earlier connection sent: beyond it there is no PUBREL to repeat. */
	resendEnd = 0;
	/**
	 * At most so many of the inbound QoS 2 exchanges that are open were begun on an earlier connection and have not come again on
	 * this one: the server does not count them against our Receive Maximum, which starts anew with each [5.0, 4.9].
	 */
	carried = 0;
	/** Whether QoS 2 messages were left with the broker, and a new connection would fetch them. */
	heldBack: HeldBack = HeldBack.No;
	/** A PINGREQ is to be written as soon as the link has room. */
	pingDue = false;
	/** A sign of life is awaited; any byte is one. */
	pingOpen = false;
	/** The server's Maximum Packet Size, bytes. */
	maximumPacketSize = 0;
	/** Bits of {@link Offer}. */
	offers = 0;
	/** Milliseconds of quiet after which a PINGREQ is due, an eighth before the Keep Alive in force [MQTT-3.1.2-20]; 0 is off. */
	keepAliveMs = 0;

	get maximumQos(): number {
		return this.offers & Offer.MaximumQos;
	}

	get retainAvailable(): boolean {
		return (this.offers & Offer.Retain) !== 0;
	}

	/** Filters may have wildcards [5.0, 3.2.2.3.11]. */
	get wildcardsAvailable(): boolean {
		return (this.offers & Offer.Wildcards) !== 0;
	}

	/** SUBSCRIBE may have a Subscription Identifier [5.0, 3.2.2.3.12]. */
	get identifiersAvailable(): boolean {
		return (this.offers & Offer.Identifiers) !== 0;
	}

	/** Filters may be shared, `$share/name/filter` [5.0, 3.2.2.3.13]. */
	get sharedAvailable(): boolean {
		return (this.offers & Offer.Shared) !== 0;
	}

	/** Before CONNACK. */
	reset(): void {
		this.inFlight = 0;
		this.quota = 0;
		this.cursor = 0;
		this.skipped = 0;
		this.released = -1;
		this.resendEnd = 0;
		this.carried = 0;
		this.heldBack = HeldBack.No;
	}

	/** CONNECT was sent. */
	begin(now: number): void {
		this.lastSent = this.lastReceived = now;
		this.pingDue = this.pingOpen = false;
	}

	/** Bytes came. */
	heard(now: number): void {
		this.lastReceived = now;
		this.pingOpen = false;
	}

	/**
	 * Looks whether it is time to ask the broker for a sign of life: when nothing was sent, or nothing was received, for the
	 * interval [MQTT-3.1.2-20]. Asked when the alarm goes, so that a message costs a field and no timer. Returns how many
	 * milliseconds may pass before the next look.
	 */
	look(now: number): number {
		const sentAgo = (now - this.lastSent) | 0;
		const receivedAgo = (now - this.lastReceived) | 0;
		const left = this.keepAliveMs - (sentAgo > receivedAgo ? sentAgo : receivedAgo);
		if (left > 0) return left;
		this.pingDue = this.pingOpen = true;
		return this.keepAliveMs;
	}

	/** Takes what CONNACK says; in 3.1.1 it says nothing and the defaults of 5.0 hold. */
	accept(connack: Packet, limits: Limits, keepAliveSeconds: number): void {
		const maximum = connack.property(Property.ReceiveMaximum, Protocol.ReceiveMaximumDefault);
		this.quota = maximum < limits.window ? maximum : limits.window;
		this.maximumPacketSize = connack.property(Property.MaximumPacketSize, Protocol.LengthMax);
		this.offers =
			connack.property(Property.MaximumQos, 2) |
			(connack.property(Property.RetainAvailable, 1) * Offer.Retain) |
			(connack.property(Property.WildcardSubscriptionAvailable, 1) * Offer.Wildcards) |
			(connack.property(Property.SubscriptionIdentifierAvailable, 1) * Offer.Identifiers) |
			(connack.property(Property.SharedSubscriptionAvailable, 1) * Offer.Shared);
		this.keepAliveMs = connack.property(Property.ServerKeepAlive, keepAliveSeconds) * 875;
	}
}
