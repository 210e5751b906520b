// SPDX-License-Identifier: MIT
/** Every number by which a connection ends or a call is refused, as a cause and what to do about it. */

import { LINK_FAULT_BASE, LinkFault, Reason, Refusal, Settled } from "../../lib/index.js";
import { StoreFault } from "../../lib/ports.js";

/** The cause, and what to do; together one sentence. */
export type Explanation = readonly [cause: string, advice: string];

const OURS = "this is a mistake of the client: please report it";

export const REASONS: Readonly<Record<number, Explanation>> = {
	[Reason.Success]: ["The connection was closed in order", "nothing needs to be done"],
	[Reason.GrantedQos1]: ["The broker granted QoS 1", "nothing needs to be done"],
	[Reason.GrantedQos2]: ["The broker granted QoS 2", "nothing needs to be done"],
	[Reason.DisconnectWithWill]: ["The connection was closed, with the will", "nothing needs to be done"],
	[Reason.NoMatchingSubscribers]: ["Nobody has subscribed to that topic", "nothing needs to be done"],
	[Reason.NoSubscriptionExisted]: ["There was no such subscription", "nothing needs to be done"],
	[Reason.ContinueAuthentication]: ["The broker wants to go on authenticating", OURS],
	[Reason.Reauthenticate]: ["The broker wants to authenticate anew", OURS],
	[Reason.Unspecified]: ["The broker gave no reason", "look into its log"],
	[Reason.MalformedPacket]: ["One side saw a malformed packet", "look into the broker's log, and report it"],
	[Reason.ProtocolError]: ["One side broke a rule of MQTT", "look into the broker's log, and report it"],
	[Reason.ImplementationSpecific]: ["The broker has a rule of its own against this", "look into its log"],
	[Reason.UnsupportedProtocolVersion]: [
		"The broker does not speak this version of MQTT",
		"try the other one: --protocol 4, or --protocol 5",
	],
	[Reason.ClientIdentifierNotValid]: [
		"The broker does not like this client identifier",
		"choose another --name",
	],
	[Reason.BadUserNameOrPassword]: [
		"The broker does not accept this user and password",
		"check --user and --password, or RINGBUOY_USER and RINGBUOY_PASSWORD",
	],
	[Reason.NotAuthorized]: [
		"The broker says: not authorized",
		"check --user and --password, and what it permits them",
	],
	[Reason.ServerUnavailable]: ["The broker is not available", "wait, or look into its log"],
	[Reason.ServerBusy]: ["The broker is too busy", "wait, or use fewer --boards"],
	[Reason.Banned]: ["The broker has banned this client", "ask whoever runs it, or choose another --name"],
	[Reason.ServerShuttingDown]: ["The broker is shutting down", "wait until it is back"],
	[Reason.BadAuthenticationMethod]: ["The broker wants another way to authenticate", "ask whoever runs it"],
	[Reason.KeepAliveTimeout]: ["The broker heard nothing for too long", "check the network between"],
	[Reason.SessionTakenOver]: [
		"Somebody else connected with the same client identifier",
		"stop the other one, or choose another --name",
	],
	[Reason.TopicFilterInvalid]: ["The broker does not accept this filter", "choose another --root"],
	[Reason.TopicNameInvalid]: ["The broker does not accept this topic", "choose another --root"],
	[Reason.PacketIdentifierInUse]: ["The broker says that a packet identifier is in use", OURS],
	[Reason.PacketIdentifierNotFound]: ["The broker does not know a packet identifier", OURS],
	[Reason.ReceiveMaximumExceeded]: ["More messages were in flight than agreed", OURS],
	[Reason.TopicAliasInvalid]: ["A topic alias was not valid", OURS],
	[Reason.PacketTooLarge]: [
		"A packet was larger than the other side allows",
		"send less, or raise the limit",
	],
	[Reason.MessageRateTooHigh]: ["The broker wants fewer messages", "choose a longer --interval"],
	[Reason.QuotaExceeded]: [
		"A quota of the broker is used up",
		"wait, choose a longer --interval, or raise it",
	],
	[Reason.AdministrativeAction]: ["Somebody at the broker ended the connection", "ask whoever runs it"],
	[Reason.PayloadFormatInvalid]: ["The broker does not accept this payload", "look into its log"],
	[Reason.RetainNotSupported]: ["The broker keeps no retained messages", "use another broker"],
	[Reason.QosNotSupported]: ["The broker does not offer this QoS", "choose a lower --qos"],
	[Reason.UseAnotherServer]: ["The broker wants us to use another one", "choose another --broker"],
	[Reason.ServerMoved]: ["The broker has moved for good", "ask where to, and change --broker"],
	[Reason.SharedSubscriptionsNotSupported]: ["The broker has no shared subscriptions", "use another broker"],
	[Reason.ConnectionRateExceeded]: ["Too many connections at once for the broker", "use fewer --boards"],
	[Reason.MaximumConnectTime]: ["The broker lets no connection last longer", "nothing needs to be done"],
	[Reason.SubscriptionIdentifiersNotSupported]: ["The broker has no subscription identifiers", OURS],
	[Reason.WildcardSubscriptionsNotSupported]: ["The broker has no wildcards in filters", OURS],
	[Reason.ClosedByApplication]: ["Said goodbye", "the broker knows"],
	[Reason.ConnectTimeout]: [
		"The broker does not answer",
		"check the address, and whether a firewall is between; with mqtts://, whether that port speaks TLS",
	],
	[Reason.ConnackTimeout]: [
		"Something listens there, but does not answer as an MQTT broker",
		"check the port, and whether it wants TLS: mqtts:// instead of mqtt://",
	],
	[Reason.PingTimeout]: ["The broker fell silent", "check the network between"],
	[Reason.SessionMismatch]: [
		"The broker has a session that we know nothing of",
		"it is being replaced by a new one",
	],
	[Reason.FetchHeldBack]: [
		"Connecting anew on purpose, to fetch held back messages",
		"nothing needs to be done",
	],
	[Reason.StoreFault]: ["The board's store failed", OURS],
	[Reason.DialFailed]: ["There is no network", "check the network of this machine"],
	[Reason.RequestTimeout]: ["The broker did not answer a subscription", "look into its log"],
	[Reason.CredentialsFailed]: ["User or password could not be had", OURS],
	[Reason.HoldTimeout]: ["A message was held for too long", OURS],
	[Reason.AuthenticationTimeout]: ["The broker did not go on authenticating", "look into its log"],
	[Reason.SourceFailed]: ["The source of a message failed in the middle of it", OURS],
	[Reason.ReplyTimeout]: ["Nobody replied to a request in time", "nothing needs to be done"],
	...faults({
		[LinkFault.Unknown]: ["The connection broke", "look into the broker's log"],
		[LinkFault.Closed]: ["The broker closed the connection without a word", "look into its log"],
		[LinkFault.Refused]: ["Nobody listens at that port", "start the broker, or check the port"],
		[LinkFault.Reset]: ["The connection was reset", "check the port, and whether it wants TLS (mqtts://)"],
		[LinkFault.Dns]: ["The name could not be resolved", "check its spelling, and the DNS of this machine"],
		[LinkFault.TimedOut]: [
			"The broker does not answer",
			"check the address, and whether a firewall is between",
		],
		[LinkFault.NoNetwork]: ["There is no way to the broker", "check the network of this machine"],
		[LinkFault.Certificate]: ["The broker's certificate is not trusted", "give the authority with --ca FILE"],
		[LinkFault.HostName]: ["The broker's certificate is for another name", "use a name that it lists"],
		[LinkFault.Expired]: ["The broker's certificate is out of its dates", "check the clock, then renew it"],
	}),
};

function faults(table: Record<LinkFault, Explanation>): Record<number, Explanation> {
	return Object.fromEntries(
		Object.entries(table).map(([fault, words]) => [LINK_FAULT_BASE - Number(fault), words]),
	);
}

/** The dialler knows what to do, and the command line by which option. */
const OPTIONS: readonly (readonly [string, string])[] = [
	["give the CA that signed it", "--ca FILE"],
	["may want a client certificate", "--cert FILE --key FILE"],
	["does it want TLS", "mqtts://"],
];

/** Why a connection ended, and what to do: one sentence. `words`: those of the dialler, which knows the address. */
export function explain(reason: number, words: string): string {
	if (reason <= LINK_FAULT_BASE && words !== "")
		return OPTIONS.reduce((text, [advice, option]) => text.replace(advice, `${advice} (${option})`), words);
	const [cause, advice] = REASONS[reason] ?? [
		`The connection ended with reason ${reason}`,
		"look into the broker's log",
	];
	return `${cause}; ${advice}.`;
}

/** What became of an accepted message, and what to do about it; empty: nothing. */
export function explainOutcome(outcome: number, reason: number): Explanation {
	const [why, advice] = reason === 0 ? ["", ""] : explainAnswer(reason);
	const details = why === "" ? "" : `: ${why}`;
	if (outcome === Settled.Rejected) return [`not taken${details}`, advice];
	if (outcome === Settled.Dropped) return [`cannot be sent${details || ": the link went first"}`, advice];
	if (outcome === Settled.Uncertain) return ["the broker lost the session; it may have arrived", ""];
	if (outcome === Settled.GaveWay) return ["gave way to a newer one: there was no room", ""];
	if (outcome === Settled.Expired) return ["too old before it could be sent", ""];
	if (outcome === Settled.Acknowledged) return ["the broker has it", ""];
	return [`outcome ${outcome}${details}`, advice];
}

/** What a broker has against a message or a subscription, as the end of a sentence, and what to do about it. */
export function explainAnswer(reason: number): Explanation {
	const [cause, advice] = REASONS[reason] ?? [`Reason ${reason}`, "look into the broker's log"];
	return [lower(cause.replace(/^The broker says: /, "")), advice];
}

export const REFUSALS: Readonly<Record<number, string>> = {
	[Refusal.Busy]: "another message is being composed",
	[Refusal.Full]: "the outbox is full",
	[Refusal.TooLong]: "it is too long",
	[Refusal.Offline]: "QoS 0 does not wait for a connection",
	[Refusal.NotOffered]: "the broker does not offer this QoS; choose a lower --qos",
	[Refusal.NothingComposed]: "nothing was composed",
	[Refusal.StoreFault]: "the store failed",
	[Refusal.TableFull]: "the table of subscriptions is full",
	[Refusal.NothingHeld]: "no message is held by that handle",
	[Refusal.WrongProperty]: "a property has no place there",
	[Refusal.NotAllowed]: "it is not allowed here",
	[Refusal.NoResponseTopic]: "the message has no response topic",
	[Refusal.NotSubscribed]: "it is not subscribed",
};

/** What is wrong with a flash, as the rest of a sentence about it. */
export const FAULTS: Readonly<Record<number, string>> = {
	[StoreFault.None]: "nothing is wrong with it",
	[StoreFault.Foreign]: "there is something in it that is no store of ours",
	[StoreFault.Version]: "the store in it is of a version that we do not know",
	[StoreFault.Geometry]: "the store in it was made for a partition of another size",
	[StoreFault.Corrupt]: "the store in it is damaged: parts of its log are missing",
	[StoreFault.RecordLost]: "one message, or one state, could not be read back: it is lost, the rest is not",
	[StoreFault.ReadFailed]: "it could not be read",
	[StoreFault.WriteFailed]: "it could not be written, or did not keep what was written",
	[StoreFault.EraseFailed]: "a sector of it could not be erased: it is worn out",
};

function lower(sentence: string): string {
	return sentence[0].toLowerCase() + sentence.slice(1);
}
