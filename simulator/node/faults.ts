// SPDX-License-Identifier: MIT
/** From Node's errors to the core's numbers, and to a sentence for a person. */

import { LinkFault } from "../../lib/ports.js";

/** What the words need to know about the connection. */
export interface Target {
	readonly host: string;
	readonly port: number;
	/** TLS is spoken, or tried. */
	readonly secure?: boolean;
}

const faults: Readonly<Record<string, LinkFault>> = {
	ECONNREFUSED: LinkFault.Refused,
	ENOTFOUND: LinkFault.Dns,
	EAI_AGAIN: LinkFault.Dns,
	EAI_NODATA: LinkFault.Dns,
	EAI_NONAME: LinkFault.Dns,
	EAI_FAIL: LinkFault.Dns,
	ENODATA: LinkFault.Dns,
	ECONNRESET: LinkFault.Reset,
	ECONNABORTED: LinkFault.Reset,
	EPIPE: LinkFault.Reset,
	ETIMEDOUT: LinkFault.TimedOut,
	ERR_SOCKET_CONNECTION_TIMEOUT: LinkFault.TimedOut,
	ENETUNREACH: LinkFault.NoNetwork,
	EHOSTUNREACH: LinkFault.NoNetwork,
	ENETDOWN: LinkFault.NoNetwork,
	EHOSTDOWN: LinkFault.NoNetwork,
	EADDRNOTAVAIL: LinkFault.NoNetwork,
	CERT_HAS_EXPIRED: LinkFault.Expired,
	CERT_NOT_YET_VALID: LinkFault.Expired,
	ERR_TLS_CERT_ALTNAME_INVALID: LinkFault.HostName,
	DEPTH_ZERO_SELF_SIGNED_CERT: LinkFault.Certificate,
	SELF_SIGNED_CERT_IN_CHAIN: LinkFault.Certificate,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: LinkFault.Certificate,
	UNABLE_TO_GET_ISSUER_CERT: LinkFault.Certificate,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: LinkFault.Certificate,
	CERT_SIGNATURE_FAILURE: LinkFault.Certificate,
	CERT_UNTRUSTED: LinkFault.Certificate,
	CERT_REJECTED: LinkFault.Certificate,
	CERT_REVOKED: LinkFault.Certificate,
	CERT_CHAIN_TOO_LONG: LinkFault.Certificate,
	INVALID_CA: LinkFault.Certificate,
	INVALID_PURPOSE: LinkFault.Certificate,
	EPROTO: LinkFault.Certificate,
};

/** The fault of an error that a socket of Node emitted. */
export function faultOf(error: unknown): LinkFault {
	const code = codeOf(error);
	if (code in faults) return faults[code];
	// OpenSSL's own: alerts of the peer, bytes that are no TLS, no version or cipher in common.
	return /^ERR_(SSL|TLS|OSSL)_/.test(code) ? LinkFault.Certificate : LinkFault.Unknown;
}

/** One sentence: what happened, and what to do about it. */
export function wordsFor(fault: LinkFault, target: Target, error?: unknown): string {
	const place = `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
	const code = codeOf(error);
	switch (fault) {
		case LinkFault.Closed:
			return `${place} closed the connection; its log says why, if it has one.`;
		case LinkFault.Refused:
			return `Nobody listens at ${place}; start the broker, or check the port.`;
		case LinkFault.Reset:
			return (
				`${place} reset the connection (${code || "ECONNRESET"}); ` +
				`is this the right port, and does it ${target.secure ? "speak" : "want"} TLS?`
			);
		case LinkFault.Dns:
			return `The name ${target.host} could not be resolved (${code}); check its spelling and the DNS of this machine.`;
		case LinkFault.TimedOut:
			return `${place} does not answer; check the address, and whether a firewall is between.`;
		case LinkFault.NoNetwork:
			return `There is no way to ${place} (${code}); check the network of this machine.`;
		case LinkFault.HostName:
			return `The certificate of ${place} is for another name; use a name that it lists${listed(error)}.`;
		case LinkFault.Expired:
			return `The certificate of ${place} is out of its dates (${code}); check the clock of this machine, then renew it.`;
		case LinkFault.Certificate:
			return certificateWords(place, code);
		default:
			return `The connection to ${place} failed: ${detail(error)}`;
	}
}

function certificateWords(place: string, code: string): string {
	if (/SELF_SIGNED|UNABLE_TO|CA$|UNTRUSTED/.test(code)) {
		return `The certificate of ${place} is not trusted (${code}); give the CA that signed it.`;
	}
	if (/WRONG_VERSION|UNKNOWN_PROTOCOL|PACKET_LENGTH/.test(code)) {
		return `${place} does not speak TLS; use mqtt:// instead of mqtts://, or its TLS port.`;
	}
	if (/ALERT/.test(code)) {
		return `${place} refused the TLS handshake (${code}); it may want a client certificate.`;
	}
	return `The TLS handshake with ${place} failed (${code || "no code"}).`;
}

/** The code of an error; of the first one when several addresses of a name were tried. */
function codeOf(error: unknown): string {
	if (typeof error !== "object" || error === null) return "";
	if ("code" in error && typeof error.code === "string") return error.code;
	return error instanceof AggregateError && error.errors.length > 0 ? codeOf(error.errors[0]) : "";
}

/** The names of a certificate, out of Node's words; what OpenSSL says besides is for its own developers. */
function listed(error: unknown): string {
	const names = error instanceof Error ? /altnames: (.+)$/.exec(error.message) : null;
	return names === null ? "" : ` (${names[1].trim()})`;
}

function detail(error: unknown): string {
	return error instanceof Error && error.message !== "" ? `(${error.message.trim()})` : "";
}
