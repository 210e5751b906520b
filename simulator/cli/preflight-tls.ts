// SPDX-License-Identifier: MIT
/** What a server of TLS shows, looked at piece by piece: a handshake that checks nothing, and then our own checks of each thing. */

import { isIP } from "node:net";
import {
	type ConnectionOptions,
	checkServerIdentity,
	connect,
	type DetailedPeerCertificate,
	type TLSSocket,
} from "node:tls";

export interface TlsTarget {
	readonly host: string;
	readonly port: number;
	/** Of a WebSocket. */
	readonly path: string | undefined;
	readonly ca: Buffer | undefined;
	readonly cert: Buffer | undefined;
	readonly key: Buffer | undefined;
	readonly insecure: boolean;
	/** "": none is offered. */
	readonly alpn: string;
}

/** What was seen of one thing, and what to do about it; "" when it is as it should be. */
export interface Seen {
	readonly found: string;
	readonly advice: string;
}

/** Undefined: not looked at, because there was no handshake, or nothing to look at. */
export interface TlsFindings {
	readonly TLS: Seen;
	readonly clock?: Seen;
	readonly CA?: Seen;
	readonly name?: Seen;
	readonly ALPN?: Seen;
}

interface Place {
	readonly now: () => number;
	readonly deadlineMs: number;
}

/** Before it this was not written: a clock that says so was never set. */
const EPOCH_MIN_MS = Date.UTC(2026, 0, 1);

export async function examineTls(target: TlsTarget, place: Place): Promise<TlsFindings> {
	const { host, port, ca, cert, key, alpn } = target;
	const options: ConnectionOptions = {
		...{ host, port, ca, cert, key, rejectUnauthorized: false },
		// SNI is for names.
		...(isIP(host) === 0 ? { servername: host } : {}),
		...(alpn === "" ? {} : { ALPNProtocols: [alpn] }),
	};
	let socket: TLSSocket;
	try {
		socket = connect(options);
	} catch (error) {
		return { TLS: { found: (error as Error).message, advice: "check --ca, --cert and --key" } };
	}
	try {
		const failure = await shaken(socket, place.deadlineMs);
		if (failure !== undefined) return handshakeFault(target, failure);
		const chain = chainOf(socket.getPeerCertificate(true));
		const code = String(socket.authorizationError ?? "");
		return {
			TLS: { found: `${socket.getProtocol()}, ${socket.getCipher().name}`, advice: "" },
			clock: clock(chain, place.now()),
			CA: authority(chain, code, target),
			name: name(host, chain[0]),
			...(alpn === "" ? {} : { ALPN: protocol(alpn, socket.alpnProtocol) }),
		};
	} finally {
		socket.destroy();
	}
}

/** Undefined when the handshake is done; otherwise the code of what went wrong. */
function shaken(socket: TLSSocket, ms: number): Promise<string | undefined> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve("LATE"), ms);
		const done = (code: string | undefined) => {
			clearTimeout(timer);
			resolve(code);
		};
		socket.once("secureConnect", () => done(undefined));
		socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
		socket.once("end", () => done("CLOSED"));
	});
}

function handshakeFault({ host, port, alpn, cert }: TlsTarget, code: string): TlsFindings {
	const place = `${host}:${port}`;
	if (/NO_APPLICATION_PROTOCOL/.test(code))
		return {
			TLS: { found: "it answers", advice: "" },
			ALPN: {
				found: `${place} does not know ${alpn}`,
				advice: "check --alpn, and whether this is the port for it",
			},
		};
	if (/WRONG_VERSION|UNKNOWN_PROTOCOL|PACKET_LENGTH/.test(code)) {
		const found = `${place} does not speak TLS`;
		return { TLS: { found, advice: "write mqtt:// instead of mqtts://, or give its port for TLS" } };
	}
	if (/ALERT/.test(code)) {
		const own =
			cert === undefined
				? "it may want a client certificate: --cert FILE --key FILE"
				: "it may not know --cert";
		return { TLS: { found: `${place} refuses the handshake (${code})`, advice: own } };
	}
	if (code === "LATE") {
		const found = `${place} does not answer the handshake`;
		return { TLS: { found, advice: "check the port, and whether it speaks TLS" } };
	}
	const found = `${place} ends the handshake${code === "CLOSED" ? "" : ` (${code})`}`;
	return {
		TLS: { found, advice: "check the port; some brokers close when SNI or a client certificate is missing" },
	};
}

/** The server's own certificate first. */
function chainOf(first: DetailedPeerCertificate): DetailedPeerCertificate[] {
	const chain: DetailedPeerCertificate[] = [];
	for (let one = first; one?.raw !== undefined && chain.length < 8; one = one.issuerCertificate) {
		chain.push(one);
		if (one.issuerCertificate === one) break;
	}
	return chain;
}

/** Of a clock and a certificate that disagree either may be wrong; which one, the years tell. */
function clock(chain: readonly DetailedPeerCertificate[], now: number): Seen {
	const today = new Date(now).toISOString().slice(0, 10);
	if (now < EPOCH_MIN_MS)
		return { found: `the clock says ${today}: it was never set`, advice: "set the clock of this machine" };
	for (const { valid_from, valid_to, subject } of chain) {
		const whose = `the certificate of ${commonName(subject)}`;
		if (Date.parse(valid_from) > now)
			return {
				found: `the clock says ${today}, and ${whose} begins on ${day(valid_from)}`,
				advice:
					"check the clock of this machine first; if it is right, the broker has a certificate of the future",
			};
		if (Date.parse(valid_to) < now)
			return {
				found: `${whose} ended on ${day(valid_to)}, and the clock says ${today}`,
				advice: "check the clock of this machine; if it is right, have the broker's certificate renewed",
			};
	}
	return { found: `the clock says ${today}, within all dates`, advice: "" };
}

function authority(
	chain: readonly DetailedPeerCertificate[],
	code: string,
	{ ca, insecure }: TlsTarget,
): Seen {
	const signer = commonName(chain[chain.length - 1]?.issuer);
	// Dates and names are looked at for themselves: with one of these the chain holds.
	if (code === "" || /HAS_EXPIRED|NOT_YET_VALID|ALTNAME/.test(code))
		return { found: `${signer} vouches for it`, advice: "" };
	const found = `${signer} is not trusted (${code})`;
	if (insecure) return { found: `${found}, and --insecure does not mind`, advice: "" };
	if (ca === undefined) return { found, advice: "give the authority that signed it: --ca FILE" };
	return {
		found,
		advice: "--ca is not the authority that signed it, or the broker leaves out what is between",
	};
}

function name(host: string, certificate: DetailedPeerCertificate | undefined): Seen {
	if (certificate === undefined)
		return { found: "there is no certificate", advice: "look into the broker's log" };
	if (checkServerIdentity(host, certificate) === undefined)
		return { found: `the certificate is for ${host}`, advice: "" };
	const names = certificate.subjectaltname ?? commonName(certificate.subject);
	return {
		found: `the certificate is for ${names}, not for ${host}`,
		advice: "use a name that it lists in --broker",
	};
}

function protocol(offered: string, chosen: string | false | null): Seen {
	if (chosen === offered) return { found: `both speak ${offered}`, advice: "" };
	return {
		found: `${offered} was offered, and the server chose ${chosen || "nothing"}`,
		advice: "this is not the port for it, or something between speaks TLS for the broker",
	};
}

function commonName(of: { CN?: string | string[]; O?: string | string[] } | undefined): string {
	const said = of?.CN ?? of?.O ?? "somebody without a name";
	return Array.isArray(said) ? said[0] : said;
}

function day(text: string): string {
	return new Date(text).toISOString().slice(0, 10);
}
