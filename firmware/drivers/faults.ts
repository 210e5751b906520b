// SPDX-License-Identifier: MIT
/** From the few words that the SDK has for a failure to the core's numbers, and to a sentence for a person. */
import { LinkFault } from "../../lib/index.js";

/** The fault of an error that the constructor of a socket threw (the SDK's `modules/io/socket/lwip/tcp.c`). */
export function faultOf(message: string): LinkFault {
	if (message === "no network") return LinkFault.NoNetwork;
	if (message === "invalid address") return LinkFault.Dns;
	return LinkFault.Unknown;
}

/** One sentence: what happened, and what to do about it. `cause`: the host's own words, which may be none. */
export function wordsFor(fault: LinkFault, host: string, port: number, cause: string): string {
	const place = `${host}:${port}`;
	const detail = cause === "" ? "" : ` (${cause})`;
	switch (fault) {
		case LinkFault.Closed:
			return `${place} closed the connection${detail}; its log says why, if it has one.`;
		case LinkFault.Refused:
			return `Nobody listens at ${place}, or it refuses this board; start the broker, or check the port.`;
		case LinkFault.Dns:
			return cause === "invalid address"
				? `${host} is not an IPv4 address; give the dialler a resolver.`
				: `The name ${host} could not be resolved${detail}.`;
		case LinkFault.TimedOut:
			return `${place} does not answer; check the address, and whether a firewall is between.`;
		case LinkFault.NoNetwork:
			return `There is no network${detail}; the board has to join one first.`;
		default:
			return `The connection to ${place} ended${detail}; the network's side gives no reason.`;
	}
}
