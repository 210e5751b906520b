// SPDX-License-Identifier: MIT

import type { StoreFault } from "./ports.js";
import type { Message } from "./wire/message.js";
import type { Filter } from "./wire/topic.js";

/** What became of a message that the client had accepted. */
export const enum Settled {
	/** QoS 0: handed to the link. Nothing more is known of it, nor ever will be. */
	Sent = 0,
	/** QoS 1: the broker has it. QoS 2: the broker has it, once. */
	Acknowledged = 1,
	/** The broker said no; `reason` says why. */
	Rejected = 2,
	/**
	 * It was never sent, and cannot be: too long, QoS or retain not offered by this broker, not readable any more (`reason`);
	 * or QoS 0 when the link went.
	 */
	Dropped = 3,
	/** The broker lost the session: QoS 2 after PUBREC, or given up by `onSessionLost: "drop"`. It may have arrived. */
	Uncertain = 4,
	/** Asked for with `SETTLE_STORED`: it is in flash. What becomes of it then is not told. */
	Stored = 5,
	/** It was never sent, and gave way to a newer message, as it was published to do (`DROP_OLDEST`, `KEEP_LATEST`). */
	GaveWay = 6,
	/** Its time ran out before it was ever sent. */
	Expired = 7,
}

/**
 * What the client tells the application. Every method may be left out, and inside each of them every call on the client
 * is legal. They must not throw: what is thrown goes on to the host, the message counts as taken, and the client goes on.
 */
export interface Listener {
	/**
	 * The broker accepted us. `sessionPresent`: it has our session, so nothing was lost meanwhile. What else CONNACK says is in
	 * `client.said` here and below, as are the properties of acknowledgements and of DISCONNECT.
	 */
	onOnline?(sessionPresent: boolean): void;
	/**
	 * A message arrived. `message` and its bytes are valid until this returns. Returning acknowledges it, unless it is held
	 * ({@link Message.hold}); a QoS 2 message comes here once, a QoS 1 message may come again after a broken link. Only when power
	 * was cut between here and the store, or the link broke while it was held, may a QoS 2 message come again, too: then
	 * `message.mayRepeat` is true, see {@link Client.remember}.
	 * With `fragments: new Fragments()` one that is longer than the packet region comes in several calls, see `message.first`;
	 * it is acknowledged with the last.
	 */
	onMessage?(message: Message): void;
	/**
	 * A PUBLISH longer than the packet region, or than `Fragments` take, was skipped to its end (and acknowledged; 3.1.1 only, a
	 * broker of 5.0 knows our limit). `message` has its topic, but no payload; `bytes` is its whole length.
	 */
	onOversize?(message: Message, bytes: number): void;
	/**
	 * A ticket is settled: once for each, also when it went badly. `restored`: the ticket was given in an earlier life. `Stored` and
	 * `GaveWay` are told from inside of the call that has done it: the former before `commit` or `publish` has returned the ticket.
	 */
	onSettled?(ticket: number, outcome: Settled, reason: number, restored: boolean): void;
	/**
	 * The broker answered for a filter: `reason` is the granted QoS (0 to 2), or 0x80 and above for no. That is also said here, and
	 * nothing is sent, of what this broker does not offer: `WildcardSubscriptionsNotSupported`, `SharedSubscriptionsNotSupported`,
	 * `PacketTooLarge`. A filter that it said no to is asked for again when it has lost the session, or by `subscribe`.
	 */
	onSubscribed?(filter: Filter, reason: number): void;
	/** The broker forgot a filter: `reason` 0 or 0x11; 0x80 and above for no. */
	onUnsubscribed?(filter: Filter, reason: number): void;
	/** There is room again after a call was refused with `Refusal.Full`. */
	onRoom?(): void;
	/** The store is not what it should be: it goes on without, as far as it can. What to do is with each `StoreFault`. */
	onStoreFault?(fault: StoreFault): void;
	/** What `flush` waited for is done (`remaining` 0), or its time is up with so many messages unfinished. */
	onFlushed?(remaining: number): void;
	/** What {@link Client.reauthenticate} asked for came to a good end. A bad one ends the connection. */
	onReauthenticated?(): void;
	/**
	 * The connection ended, or was not made. `reason` is a `Reason`, or `-16 - LinkFault`. The next attempt is in
	 * `retryMs` milliseconds, 0 being at once. What decides:
	 *
	 * - links that broke, brokers that are busy, shut down or silent: the backoff, from `backoffMs` to `backoffMaxMs`;
	 * - who we are is not accepted (0x84 to 0x87, 0x8a, 0x8c), nor a will or a subscription (0x8f, 0x9a, 0x9b, 0x9e, 0xa1, 0xa2);
	 *   a quota is used up (0x97); somebody at the broker ended it (0x98); the certificate is wrong: `slowLaneMs`;
	 * - another server is to be used (0x9c, 0x9d): at once, if the dialler follows (`Brokers`), or else `slowLaneMs`.
	 *
	 * -1 is never, until `open` is called: after `close`, and after `SessionTakenOver` (0x8e): another client has our
	 * identifier now, and each would throw the other out for ever. To fight for it all the same, call `open`, here or later.
	 */
	onOffline?(reason: number, retryMs: number): void;
}
