// SPDX-License-Identifier: MIT
import { NO_LOCAL, NO_RETAINED, RETAIN_AS_PUBLISHED, RETAINED_IF_NEW, Reason } from "../wire/protocol.js";
import { Refusal } from "../wire/refusal.js";
import { type Filter, hasWildcard, isShared } from "../wire/topic.js";
import type { Session } from "./session.js";

/* What can be subscribed to: by the standard, and by what the server of a connection offers. */

const RETAIN_HANDLING = RETAINED_IF_NEW | NO_RETAINED;

/** Puts a filter into the table of subscriptions. Returns 0 or a refusal. */
export function subscribe(
	session: Session,
	online: boolean,
	filter: Filter,
	qos: number,
	options: number,
): number {
	const legal = NO_LOCAL | RETAIN_AS_PUBLISHED | RETAINED_IF_NEW | NO_RETAINED;
	if ((qos !== 0 && qos !== 1 && qos !== 2) || (options & ~legal) !== 0) return Refusal.NotAllowed;
	if ((options & RETAIN_HANDLING) === RETAIN_HANDLING) return Refusal.NotAllowed; // 3 is an error [5.0, 3.8.3.1]
	if ((options & NO_LOCAL) !== 0 && isShared(session.packet.bytes, filter.start, filter.end))
		return Refusal.NotAllowed; // [5.0 MQTT-3.8.3-4]
	if (online && notOffered(session, filter) !== 0) return Refusal.NotOffered;
	const { subscriptions, limits } = session;
	return subscriptions.add(filter, qos | options, limits.subscriptions) ? 0 : Refusal.TableFull;
}

/** Why the server of this connection cannot be asked for a filter, a `Reason`, or 0 [5.0, 3.2.2.3.11 and 3.2.2.3.13]. */
export function notOffered(session: Session, filter: Filter): number {
	const { link, packet } = session;
	if (!link.sharedAvailable && isShared(packet.bytes, filter.start, filter.end))
		return Reason.SharedSubscriptionsNotSupported;
	return !link.wildcardsAvailable && hasWildcard(packet.bytes, filter.start, filter.end)
		? Reason.WildcardSubscriptionsNotSupported
		: 0;
}

/** The Subscription Identifier that a filter has on this connection, 0: none [5.0, 3.2.2.3.12]. */
export function identifierOf(session: Session, filter: Filter): number {
	const { router } = session.extras;
	if (router === null || !session.encoder.version5) return 0;
	return session.link.identifiersAvailable ? router.identifier(filter) : 0;
}
