// SPDX-License-Identifier: MIT

/** Control packet types of MQTT 3.1.1 [2.2.1]; ECMA-419 calls them operations. */
export const enum Operation {
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
}

/** Why a connection ended; the words for it are in {@link wordsFor}. */
export const enum Fault {
	/** The socket does not say: closed, reset, refused. */
	Link = 1,
	Unresolved = 2,
	NoSocket = 3,
	ConnectTimeout = 4,
	ConnackTimeout = 5,
	PingTimeout = 6,
	Refused = 7,
	/** What came is no packet, or none that a broker may send, or not now. */
	Malformed = 8,
	Unexpected = 9,
	TooLong = 10,
	ConnectTooLong = 11,
	/** A write failed when a part of its packet was gone. */
	Broken = 12,
	/** More QoS 2 exchanges than we keep. */
	TooMany = 13,
	/** In order, after DISCONNECT. */
	Goodbye = 14,
	/** The TLS socket has thrown. */
	Tls = 15,
}

const WORDS: readonly string[] = Object.freeze([
	"",
	"the connection was closed, reset or refused",
	"the host's name could not be resolved",
	"the socket could not be made",
	"no connection within 30 seconds",
	"the broker does not answer CONNECT",
	"the broker is silent: no answer to PINGREQ",
	"the broker refused the connection",
	"the broker sent what is no MQTT 3.1.1 packet",
	"the broker sent a packet out of place",
	"the broker sent a topic or an acknowledgement that is longer than 512 bytes",
	"CONNECT with its will is longer than the socket takes at once",
	"the socket took only a part of a packet",
	"the broker keeps more than 1024 QoS 2 messages open",
	"the connection ended after DISCONNECT",
	"TLS",
]);

/** CONNACK return codes [3.2.2.3]. */
const REFUSALS: readonly string[] = Object.freeze([
	"",
	"unacceptable protocol version",
	"client identifier rejected",
	"server unavailable",
	"bad user name or password",
	"not authorized",
]);

/** `returnCode` counts for `Fault.Refused`; `cause` is what the host said, or empty. */
export function wordsFor(fault: Fault, returnCode: number, cause: string): string {
	if (cause !== "") return `${WORDS[fault]}: ${cause}`;
	if (fault !== Fault.Refused) return WORDS[fault];
	return `${WORDS[fault]}: ${REFUSALS[returnCode] ?? `return code ${returnCode}`}`;
}
