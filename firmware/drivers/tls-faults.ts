// SPDX-License-Identifier: MIT
/** From what the SDK's TLS throws to the core's numbers, and to what a person can do about it. */

import { LinkFault } from "../../lib/index.js";

/** Why a TLS connection failed. */
export interface TlsFault {
	readonly fault: LinkFault;
	/** Without its beginning, which is the broker's place, and its full stop. */
	readonly words: string;
}

export function refused(words: string): TlsFault {
	return { fault: LinkFault.Certificate, words };
}

export const CLOCK_NOT_SET: TlsFault = Object.freeze({
	fault: LinkFault.Expired,
	words: "has to wait until this board knows the time: without it the dates of certificates mean nothing",
});

/** It ended before the handshake did, without a word. */
export const CUT: TlsFault = Object.freeze({
	fault: LinkFault.Reset,
	words:
		"ended the connection in the middle of the TLS handshake. If it does so each time: is this its TLS port, " +
		"and does it want a client certificate?",
});

/** It was given up on. */
export const SILENT: TlsFault = Object.freeze({
	fault: LinkFault.TimedOut,
	words: "does not finish the TLS handshake. Is this its TLS port, and is it quick enough?",
});

/** The handshake ended with a polite alert, which the SDK takes for success. */
export const DECLINED: TlsFault = Object.freeze({
	fault: LinkFault.Certificate,
	words: "closed the TLS session before it began; its log says why, if it has one",
});

/** The SDK was content, and we have seen no certificate. */
export const UNKNOWN: TlsFault = Object.freeze({
	fault: LinkFault.Certificate,
	words: "did not show who it is",
});

/** The orderly end of a session. */
export const GOODBYE: TlsFault = Object.freeze({
	fault: LinkFault.Closed,
	words: "closed the connection; its log says why, if it has one",
});

/** What an exception of the handshake means (`modules/crypt/ssl/ssl_*.js`). */
export function handshakeFault(message: string): TlsFault {
	if (message.startsWith("alert: ")) return alertFault(Number(message.slice(message.indexOf(",") + 1)));
	if (message === "would block")
		return refused("is not answered: the client certificates are longer than the socket's send buffer");
	if (message.includes("verify signature") || message.includes("auth"))
		return refused(`could not prove that it owns its certificate (${message})`);
	if (message.includes("unsup") || message.includes("curve"))
		return refused(`and this board have no cipher or curve in common (${message})`);
	const detail = message === "" ? "" : ` (${message})`;
	return refused(`does not speak TLS 1.2 as the SDK does${detail}. Is this its TLS port?`);
}

/** An exception later on. */
export function sessionFault(message: string): TlsFault {
	const what = message === "" ? "a record that cannot be read" : message;
	return { fault: LinkFault.Reset, words: `broke the TLS session (${what})` };
}

/** Alerts that tell of certificates are about ours (RFC 5246, section 7.2.2). */
function alertFault(alert: number): TlsFault {
	switch (alert) {
		case 40:
			return refused(
				"refused the TLS handshake (alert 40): it may want a client certificate, or another cipher",
			);
		case 42:
		case 43:
		case 44:
		case 46:
			return refused(`does not accept the client certificate (alert ${alert})`);
		case 45:
			return {
				fault: LinkFault.Expired,
				words: "says that the client certificate is out of its dates (alert 45)",
			};
		case 48:
			return refused("does not know the CA of the client certificate (alert 48)");
		case 49:
			return refused("denies access to this client certificate (alert 49)");
		case 70:
			return refused("does not speak TLS 1.2 (alert 70), and the SDK speaks nothing newer");
		case 112:
			return { fault: LinkFault.HostName, words: "does not know itself by that name (alert 112)" };
		default:
			return refused(`refused the TLS handshake (alert ${alert})`);
	}
}
