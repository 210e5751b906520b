// SPDX-License-Identifier: MIT
/**
 * The numbers of MQTT 3.1.1 and 5.0. Imports nothing; everything here is data.
 *
 * `const enum`s are internal and vanish when compiled. What applications name (`Reason`) is a frozen dictionary.
 */

/** Control packet types [MQTT 2.1.2]. */
export const enum PacketType {
	Connect = 1,
	Connack = 2,
	Publish = 3,
	Puback = 4,
	Pubrec = 5,
	Pubrel = 6,
	Pubcomp = 7,
	Subscribe = 8,
	Suback = 9,
	Unsubscribe = 10,
	Unsuback = 11,
	Pingreq = 12,
	Pingresp = 13,
	Disconnect = 14,
	Auth = 15,
}

/** Bits of the PUBLISH fixed header, and of a stored message's first byte. */
export const enum PublishFlag {
	Retain = 1,
	QosShift = 1,
	QosMask = 6,
	Dup = 8,
}

export const enum Protocol {
	V311 = 4,
	V5 = 5,
	/** What a variable byte integer of four bytes can hold [MQTT-1.5.5]. */
	LengthMax = 268_435_455,
	/** "Absent" for Receive Maximum [5.0, 3.2.2.3.3]. */
	ReceiveMaximumDefault = 65_535,
}

// Options for `Client.subscribe`: bits of the options byte of 5.0 [3.8.3.1]. 3.1.1 has none of them: there they have no effect,
// so that the same program works with either version.
/** What this client publishes itself does not come back to it. Not with a shared subscription [5.0 MQTT-3.8.3-4]. */
export const NO_LOCAL = 4;
/** `message.retain` tells how it was published; without it, whether the broker had kept it. */
export const RETAIN_AS_PUBLISHED = 8;
/** Messages that the broker keeps come only when the subscription is new to it. Without this and the next they come each time. */
export const RETAINED_IF_NEW = 0x10;
/** Messages that the broker keeps do not come. */
export const NO_RETAINED = 0x20;

/** Property identifiers of 5.0 [2.2.2.2]. */
export const enum Property {
	PayloadFormatIndicator = 0x01,
	MessageExpiryInterval = 0x02,
	ContentType = 0x03,
	ResponseTopic = 0x08,
	CorrelationData = 0x09,
	SubscriptionIdentifier = 0x0b,
	SessionExpiryInterval = 0x11,
	AssignedClientIdentifier = 0x12,
	ServerKeepAlive = 0x13,
	AuthenticationMethod = 0x15,
	AuthenticationData = 0x16,
	RequestProblemInformation = 0x17,
	WillDelayInterval = 0x18,
	RequestResponseInformation = 0x19,
	ResponseInformation = 0x1a,
	ServerReference = 0x1c,
	ReasonString = 0x1f,
	ReceiveMaximum = 0x21,
	TopicAliasMaximum = 0x22,
	TopicAlias = 0x23,
	MaximumQos = 0x24,
	RetainAvailable = 0x25,
	UserProperty = 0x26,
	MaximumPacketSize = 0x27,
	WildcardSubscriptionAvailable = 0x28,
	SubscriptionIdentifierAvailable = 0x29,
	SharedSubscriptionAvailable = 0x2a,
	/** One above the highest identifier: the length of tables indexed by identifier. */
	Limit = 0x2b,
}

/** How a property's value is written [5.0, 1.5 and 2.2.2.2]. */
export const enum PropertyType {
	None = 0,
	Byte = 1,
	TwoBytes = 2,
	FourBytes = 3,
	Variable = 4,
	String = 5,
	Binary = 6,
	StringPair = 7,
}

/**
 * Reason codes of 5.0 [2.4], used for both versions: a CONNACK of 3.1.1 is translated at the door. The negative ones
 * are ringbuoy's own, for ends that no packet announced; a link that broke tells `-16 - LinkFault`.
 */
export const enum Reason {
	Success = 0x00,
	GrantedQos1 = 0x01,
	GrantedQos2 = 0x02,
	DisconnectWithWill = 0x04,
	NoMatchingSubscribers = 0x10,
	NoSubscriptionExisted = 0x11,
	ContinueAuthentication = 0x18,
	Reauthenticate = 0x19,
	Unspecified = 0x80,
	MalformedPacket = 0x81,
	ProtocolError = 0x82,
	ImplementationSpecific = 0x83,
	UnsupportedProtocolVersion = 0x84,
	ClientIdentifierNotValid = 0x85,
	BadUserNameOrPassword = 0x86,
	NotAuthorized = 0x87,
	ServerUnavailable = 0x88,
	ServerBusy = 0x89,
	Banned = 0x8a,
	ServerShuttingDown = 0x8b,
	BadAuthenticationMethod = 0x8c,
	KeepAliveTimeout = 0x8d,
	SessionTakenOver = 0x8e,
	TopicFilterInvalid = 0x8f,
	TopicNameInvalid = 0x90,
	PacketIdentifierInUse = 0x91,
	PacketIdentifierNotFound = 0x92,
	ReceiveMaximumExceeded = 0x93,
	TopicAliasInvalid = 0x94,
	PacketTooLarge = 0x95,
	MessageRateTooHigh = 0x96,
	QuotaExceeded = 0x97,
	AdministrativeAction = 0x98,
	PayloadFormatInvalid = 0x99,
	RetainNotSupported = 0x9a,
	QosNotSupported = 0x9b,
	UseAnotherServer = 0x9c,
	ServerMoved = 0x9d,
	SharedSubscriptionsNotSupported = 0x9e,
	ConnectionRateExceeded = 0x9f,
	MaximumConnectTime = 0xa0,
	SubscriptionIdentifiersNotSupported = 0xa1,
	WildcardSubscriptionsNotSupported = 0xa2,
	/** The application called `close`. */
	ClosedByApplication = -1,
	/** The link did not come up in `connectMs`. */
	ConnectTimeout = -2,
	/** The link came up, but no CONNACK came in `connackMs`. */
	ConnackTimeout = -3,
	/** Neither a PINGRESP nor any other byte came in `pingReplyMs`. */
	PingTimeout = -4,
	/** The broker cannot be used with these settings: the session cannot be resumed from our side. */
	SessionMismatch = -5,
	/** Reconnecting on purpose, to fetch QoS 2 messages for which there was no room, by no fault of the broker. */
	FetchHeldBack = -6,
	/** The store could not make durable what was due. */
	StoreFault = -7,
	/** The dialler threw: no network. */
	DialFailed = -8,
	/** SUBSCRIBE or UNSUBSCRIBE was not answered in `requestMs`. */
	RequestTimeout = -9,
	/**
	 * `user` or `password`, as functions, threw, or gave what is no text (or bytes) or does not fit into CONNECT; or the method
	 * of authentication threw when it was to begin, or wrote more than it has room for.
	 */
	CredentialsFailed = -10,
	/** 3.1.1: a message that was held was not acknowledged in time; the broker sends it again. */
	HoldTimeout = -11,
	/** In a re-authentication the server was silent for `connackMs`. */
	AuthenticationTimeout = -12,
	/** A request was not answered in time. */
	ReplyTimeout = -13,
	/** A `Source` failed in the middle of its message, which could not be completed. The message is dropped. */
	SourceFailed = -14,
}

/** `reason` for a link that broke: {@link LinkFault} 0 to 9 as -16 to -25. */
export const LINK_FAULT_BASE = -16;

/** Property identifier → {@link PropertyType}; 0 where there is no such property. */
// biome-ignore format: sixteen a line
export const PROPERTY_TYPE: Readonly<Uint8Array> = Uint8Array.of(
	/* 0x00 */ 0, 1, 3, 5, 0, 0, 0, 0, 5, 6, 0, 4, 0, 0, 0, 0,
	/* 0x10 */ 0, 3, 5, 2, 0, 5, 6, 1, 3, 1, 5, 0, 5, 0, 0, 5,
	/* 0x20 */ 0, 2, 2, 2, 1, 1, 7, 3, 1, 1, 1,
);

/**
 * Property identifier → packets in which it is legal, one bit per {@link PacketType}; bit 0 stands for the will
 * properties inside CONNECT [5.0, table 2-4].
 */
// biome-ignore format: sixteen a line
export const PROPERTY_PACKETS: Readonly<Uint16Array> = Uint16Array.of(
	/* 0x00 */ 0, 0x0009, 0x0009, 0x0009, 0, 0, 0, 0, 0x0009, 0x0009, 0, 0x0108, 0, 0, 0, 0,
	/* 0x10 */ 0, 0x4006, 0x0004, 0x0004, 0, 0x8006, 0x8006, 0x0002, 0x0001, 0x0002, 0x0004, 0, 0x4004, 0, 0, 0xcaf4,
	/* 0x20 */ 0, 0x0006, 0x0006, 0x0008, 0x0004, 0x0004, 0xcfff, 0x0006, 0x0004, 0x0004, 0x0004,
);

/**
 * Packet type → the reason codes that a server may send in it [5.0, table 2-6 and each packet's own], three words a
 * type: codes 0x00 to 0x1f, 0x80 to 0x9f, 0xa0 to 0xbf, one bit each.
 */
// biome-ignore format: one type a line
export const REASONS: Readonly<Uint32Array> = Uint32Array.of(
	/* -        */ 0, 0, 0,
	/* CONNECT  */ 0, 0, 0,
	/* CONNACK  */ 0x0000_0001, 0xbea1_17ff, 0,
	/* PUBLISH  */ 0, 0, 0,
	/* PUBACK   */ 0x0001_0001, 0x0283_0089, 0,
	/* PUBREC   */ 0x0001_0001, 0x0283_0089, 0,
	/* PUBREL   */ 0x0000_0001, 0x0004_0000, 0,
	/* PUBCOMP  */ 0x0000_0001, 0x0004_0000, 0,
	/* SUBSCR.  */ 0, 0, 0,
	/* SUBACK   */ 0x0000_0007, 0x4082_8089, 0x6,
	/* UNSUBSC. */ 0, 0, 0,
	/* UNSUBACK */ 0x0002_0001, 0x0002_8089, 0,
	/* PINGREQ  */ 0, 0, 0,
	/* PINGRESP */ 0, 0, 0,
	/* DISCONN. */ 0x0000_0001, 0xfff9_fa8f, 0x7,
	/* AUTH     */ 0x0100_0001, 0, 0,
);
