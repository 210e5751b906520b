// SPDX-License-Identifier: MIT
/**
 * The numbers of MQTT that the broker speaks of by name.
 *
 * They are not shared with `lib/wire` on purpose: a mistake there must not be answered by the same mistake
 * here.
 */

export type Version = 4 | 5;
export type Qos = 0 | 1 | 2;

/** Control packet types (5.0, section 2.1.2). */
export const Type = {
	Connect: 1,
	Connack: 2,
	Publish: 3,
	Puback: 4,
	Pubrec: 5,
	Pubrel: 6,
	Pubcomp: 7,
	Subscribe: 8,
	Suback: 9,
	Unsubscribe: 10,
	Unsuback: 11,
	Pingreq: 12,
	Pingresp: 13,
	Disconnect: 14,
	Auth: 15,
} as const;

/** Names of the packet types, by number; what chaos rules and events call them. */
export const KINDS = [
	"reserved",
	"connect",
	"connack",
	"publish",
	"puback",
	"pubrec",
	"pubrel",
	"pubcomp",
	"subscribe",
	"suback",
	"unsubscribe",
	"unsuback",
	"pingreq",
	"pingresp",
	"disconnect",
	"auth",
] as const;
export type Kind = (typeof KINDS)[number];

/** Reason codes (5.0, section 2.4). */
export const Code = {
	Success: 0x00,
	DisconnectWithWill: 0x04,
	NoMatchingSubscribers: 0x10,
	NoSubscriptionExisted: 0x11,
	ContinueAuthentication: 0x18,
	ReAuthenticate: 0x19,
	Unspecified: 0x80,
	Malformed: 0x81,
	ProtocolError: 0x82,
	ImplementationSpecific: 0x83,
	UnsupportedVersion: 0x84,
	ClientIdInvalid: 0x85,
	BadUserOrPassword: 0x86,
	NotAuthorized: 0x87,
	ServerUnavailable: 0x88,
	ServerBusy: 0x89,
	Banned: 0x8a,
	ShuttingDown: 0x8b,
	BadAuthenticationMethod: 0x8c,
	KeepAliveTimeout: 0x8d,
	TakenOver: 0x8e,
	FilterInvalid: 0x8f,
	TopicInvalid: 0x90,
	IdentifierInUse: 0x91,
	IdentifierNotFound: 0x92,
	ReceiveMaximumExceeded: 0x93,
	TopicAliasInvalid: 0x94,
	PacketTooLarge: 0x95,
	MessageRateTooHigh: 0x96,
	QuotaExceeded: 0x97,
	AdministrativeAction: 0x98,
	PayloadFormatInvalid: 0x99,
	RetainNotSupported: 0x9a,
	QosNotSupported: 0x9b,
	UseAnotherServer: 0x9c,
	ServerMoved: 0x9d,
	SharedNotSupported: 0x9e,
	ConnectionRateExceeded: 0x9f,
	MaximumConnectTime: 0xa0,
	IdentifiersNotSupported: 0xa1,
	WildcardsNotSupported: 0xa2,
} as const;

/** What may stand beside a reason code, in 5.0. */
export interface Beside {
	/** Where to go instead: host names or addresses, each with or without a port (5.0, section 4.11). CONNACK and DISCONNECT only. */
	readonly serverReference?: string;
	/** The reason in words; without it those of {@link textOf}, from 0x80 on. */
	readonly reasonString?: string;
	readonly userProperties?: Readonly<Record<string, string | string[]>>;
}

const TEXTS: Record<number, string> = {};
for (const [name, code] of Object.entries(Code)) {
	TEXTS[code] = name.replace(/[A-Z]/g, (letter, at) => (at ? ` ${letter.toLowerCase()}` : letter));
}

/** A reason code in words, for reason strings and displays. */
export function textOf(code: number): string {
	return TEXTS[code] ?? `Reason 0x${code.toString(16)}`;
}

/** Reason string and user properties of a packet with this reason code; undefined: it has none. */
export function wordsFor(reason: number, beside: Beside = {}): Omit<Beside, "serverReference"> | undefined {
	const { reasonString = reason < 0x80 ? undefined : textOf(reason), userProperties } = beside;
	if (reasonString === undefined && userProperties === undefined) return undefined;
	return { reasonString, userProperties };
}

/** The return code of a 3.1.1 CONNACK that says about the same (3.1.1, section 3.2.2.3). */
export function returnCodeOf(code: number): number {
	if (code < 0x80) return code;
	if (code === Code.UnsupportedVersion) return 1;
	if (code === Code.ClientIdInvalid) return 2;
	if (code === Code.BadUserOrPassword) return 4;
	if (code === Code.NotAuthorized || code === Code.Banned || code === Code.BadAuthenticationMethod) return 5;
	return 3;
}
