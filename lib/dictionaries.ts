// SPDX-License-Identifier: MIT
/**
 * The numbers that applications name, as frozen objects. Inside of the core they are `const enum`s, which vanish when compiled:
 * an object is looked through property by property on XS, and costs every function that names it a slot of stack.
 */
import { Counter as Counters } from "./counters.js";
import { Settled as Outcomes } from "./listener.js";
import { LinkFault as LinkFaults, Next as Nexts, StoreFault as StoreFaults } from "./ports.js";
import { Property as Properties, Reason as Reasons } from "./wire/protocol.js";
import { Refusal as Refusals } from "./wire/refusal.js";

type Dictionary<T> = { readonly [Name in keyof T as Name extends string ? Name : never]: T[Name] };

export const Counter: Dictionary<typeof Counters> = Object.freeze({
	PacketsIn: Counters.PacketsIn,
	PacketsOut: Counters.PacketsOut,
	BytesIn: Counters.BytesIn,
	BytesOut: Counters.BytesOut,
	Delivered: Counters.Delivered,
	Acknowledged: Counters.Acknowledged,
	Resends: Counters.Resends,
	Dials: Counters.Dials,
	Connects: Counters.Connects,
	Refusals: Counters.Refusals,
	DroppedOffline: Counters.DroppedOffline,
	DroppedUnsendable: Counters.DroppedUnsendable,
	DroppedSessionLost: Counters.DroppedSessionLost,
	Rejected: Counters.Rejected,
	Oversize: Counters.Oversize,
	HeldBack: Counters.HeldBack,
	Duplicates: Counters.Duplicates,
	Strays: Counters.Strays,
	PeerFaults: Counters.PeerFaults,
	PeakMessages: Counters.PeakMessages,
	PeakBytes: Counters.PeakBytes,
	PeakInFlight: Counters.PeakInFlight,
	PeakOwed: Counters.PeakOwed,
	RoundTripMs: Counters.RoundTripMs,
	PeakRoundTripMs: Counters.PeakRoundTripMs,
	DroppedGaveWay: Counters.DroppedGaveWay,
	DroppedExpired: Counters.DroppedExpired,
	DroppedUnreadable: Counters.DroppedUnreadable,
	StoreFaults: Counters.StoreFaults,
	Count: Counters.Count,
});
export type Counter = Counters;

export const Settled: Dictionary<typeof Outcomes> = Object.freeze({
	Sent: Outcomes.Sent,
	Acknowledged: Outcomes.Acknowledged,
	Rejected: Outcomes.Rejected,
	Dropped: Outcomes.Dropped,
	Uncertain: Outcomes.Uncertain,
	Stored: Outcomes.Stored,
	GaveWay: Outcomes.GaveWay,
	Expired: Outcomes.Expired,
});
export type Settled = Outcomes;

export const Reason: Dictionary<typeof Reasons> = Object.freeze({
	Success: Reasons.Success,
	GrantedQos1: Reasons.GrantedQos1,
	GrantedQos2: Reasons.GrantedQos2,
	DisconnectWithWill: Reasons.DisconnectWithWill,
	NoMatchingSubscribers: Reasons.NoMatchingSubscribers,
	NoSubscriptionExisted: Reasons.NoSubscriptionExisted,
	ContinueAuthentication: Reasons.ContinueAuthentication,
	Reauthenticate: Reasons.Reauthenticate,
	Unspecified: Reasons.Unspecified,
	MalformedPacket: Reasons.MalformedPacket,
	ProtocolError: Reasons.ProtocolError,
	ImplementationSpecific: Reasons.ImplementationSpecific,
	UnsupportedProtocolVersion: Reasons.UnsupportedProtocolVersion,
	ClientIdentifierNotValid: Reasons.ClientIdentifierNotValid,
	BadUserNameOrPassword: Reasons.BadUserNameOrPassword,
	NotAuthorized: Reasons.NotAuthorized,
	ServerUnavailable: Reasons.ServerUnavailable,
	ServerBusy: Reasons.ServerBusy,
	Banned: Reasons.Banned,
	ServerShuttingDown: Reasons.ServerShuttingDown,
	BadAuthenticationMethod: Reasons.BadAuthenticationMethod,
	KeepAliveTimeout: Reasons.KeepAliveTimeout,
	SessionTakenOver: Reasons.SessionTakenOver,
	TopicFilterInvalid: Reasons.TopicFilterInvalid,
	TopicNameInvalid: Reasons.TopicNameInvalid,
	PacketIdentifierInUse: Reasons.PacketIdentifierInUse,
	PacketIdentifierNotFound: Reasons.PacketIdentifierNotFound,
	ReceiveMaximumExceeded: Reasons.ReceiveMaximumExceeded,
	TopicAliasInvalid: Reasons.TopicAliasInvalid,
	PacketTooLarge: Reasons.PacketTooLarge,
	MessageRateTooHigh: Reasons.MessageRateTooHigh,
	QuotaExceeded: Reasons.QuotaExceeded,
	AdministrativeAction: Reasons.AdministrativeAction,
	PayloadFormatInvalid: Reasons.PayloadFormatInvalid,
	RetainNotSupported: Reasons.RetainNotSupported,
	QosNotSupported: Reasons.QosNotSupported,
	UseAnotherServer: Reasons.UseAnotherServer,
	ServerMoved: Reasons.ServerMoved,
	SharedSubscriptionsNotSupported: Reasons.SharedSubscriptionsNotSupported,
	ConnectionRateExceeded: Reasons.ConnectionRateExceeded,
	MaximumConnectTime: Reasons.MaximumConnectTime,
	SubscriptionIdentifiersNotSupported: Reasons.SubscriptionIdentifiersNotSupported,
	WildcardSubscriptionsNotSupported: Reasons.WildcardSubscriptionsNotSupported,
	ClosedByApplication: Reasons.ClosedByApplication,
	ConnectTimeout: Reasons.ConnectTimeout,
	ConnackTimeout: Reasons.ConnackTimeout,
	PingTimeout: Reasons.PingTimeout,
	SessionMismatch: Reasons.SessionMismatch,
	FetchHeldBack: Reasons.FetchHeldBack,
	StoreFault: Reasons.StoreFault,
	DialFailed: Reasons.DialFailed,
	RequestTimeout: Reasons.RequestTimeout,
	CredentialsFailed: Reasons.CredentialsFailed,
	HoldTimeout: Reasons.HoldTimeout,
	AuthenticationTimeout: Reasons.AuthenticationTimeout,
	ReplyTimeout: Reasons.ReplyTimeout,
	SourceFailed: Reasons.SourceFailed,
});
export type Reason = Reasons;

export const Refusal: Dictionary<typeof Refusals> = Object.freeze({
	Busy: Refusals.Busy,
	Full: Refusals.Full,
	TooLong: Refusals.TooLong,
	Offline: Refusals.Offline,
	NotOffered: Refusals.NotOffered,
	NothingComposed: Refusals.NothingComposed,
	StoreFault: Refusals.StoreFault,
	TableFull: Refusals.TableFull,
	NotSubscribed: Refusals.NotSubscribed,
	NothingHeld: Refusals.NothingHeld,
	WrongProperty: Refusals.WrongProperty,
	NoResponseTopic: Refusals.NoResponseTopic,
	NotAllowed: Refusals.NotAllowed,
});
export type Refusal = Refusals;

export const LinkFault: Dictionary<typeof LinkFaults> = Object.freeze({
	Unknown: LinkFaults.Unknown,
	Closed: LinkFaults.Closed,
	Refused: LinkFaults.Refused,
	Reset: LinkFaults.Reset,
	Dns: LinkFaults.Dns,
	TimedOut: LinkFaults.TimedOut,
	NoNetwork: LinkFaults.NoNetwork,
	Certificate: LinkFaults.Certificate,
	HostName: LinkFaults.HostName,
	Expired: LinkFaults.Expired,
});
export type LinkFault = LinkFaults;

export const Next: Dictionary<typeof Nexts> = Object.freeze({
	Retry: Nexts.Retry,
	Slow: Nexts.Slow,
	Elsewhere: Nexts.Elsewhere,
	AtOnce: Nexts.AtOnce,
	Stop: Nexts.Stop,
});
export type Next = Nexts;

export const StoreFault: Dictionary<typeof StoreFaults> = Object.freeze({
	None: StoreFaults.None,
	Foreign: StoreFaults.Foreign,
	Version: StoreFaults.Version,
	Geometry: StoreFaults.Geometry,
	Corrupt: StoreFaults.Corrupt,
	RecordLost: StoreFaults.RecordLost,
	ReadFailed: StoreFaults.ReadFailed,
	WriteFailed: StoreFaults.WriteFailed,
	EraseFailed: StoreFaults.EraseFailed,
});
export type StoreFault = StoreFaults;

export const Property: Omit<Dictionary<typeof Properties>, "Limit"> = Object.freeze({
	PayloadFormatIndicator: Properties.PayloadFormatIndicator,
	MessageExpiryInterval: Properties.MessageExpiryInterval,
	ContentType: Properties.ContentType,
	ResponseTopic: Properties.ResponseTopic,
	CorrelationData: Properties.CorrelationData,
	SubscriptionIdentifier: Properties.SubscriptionIdentifier,
	SessionExpiryInterval: Properties.SessionExpiryInterval,
	AssignedClientIdentifier: Properties.AssignedClientIdentifier,
	ServerKeepAlive: Properties.ServerKeepAlive,
	AuthenticationMethod: Properties.AuthenticationMethod,
	AuthenticationData: Properties.AuthenticationData,
	RequestProblemInformation: Properties.RequestProblemInformation,
	WillDelayInterval: Properties.WillDelayInterval,
	RequestResponseInformation: Properties.RequestResponseInformation,
	ResponseInformation: Properties.ResponseInformation,
	ServerReference: Properties.ServerReference,
	ReasonString: Properties.ReasonString,
	ReceiveMaximum: Properties.ReceiveMaximum,
	TopicAliasMaximum: Properties.TopicAliasMaximum,
	TopicAlias: Properties.TopicAlias,
	MaximumQos: Properties.MaximumQos,
	RetainAvailable: Properties.RetainAvailable,
	UserProperty: Properties.UserProperty,
	MaximumPacketSize: Properties.MaximumPacketSize,
	WildcardSubscriptionAvailable: Properties.WildcardSubscriptionAvailable,
	SubscriptionIdentifierAvailable: Properties.SubscriptionIdentifierAvailable,
	SharedSubscriptionAvailable: Properties.SharedSubscriptionAvailable,
});
export type Property = Properties;
