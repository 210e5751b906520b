// SPDX-License-Identifier: MIT
/**
 * Whether a broker is who it says. The SDK's own check cannot be relied on (`modules/crypt/ssl/ssl_cert.js`, verify, 8.2):
 *
 * - a certificate whose signature does not hold is passed over, and then the last one of the chain alone decides; so anybody
 *   who appends the CA's certificate, which is public, to one of their own making is let in;
 * - it does not ask whether an issuer is an authority, and takes the date of one that is not the last for unimportant;
 * - it looks at names in chains of two and more only, so that a broker which sends its certificate alone is always refused.
 *
 * So that check is switched off, and this one takes its place, with the SDK's arithmetic:
 *
 *     server ◀──signed── authority ◀──signed── … ◀──signed── one of the trusted roots
 *        in its dates, names the server   each in its dates, each an authority
 */

import { LinkFault } from "../../lib/index.js";
import { type Certificate, certificateOf, dayOf, named, same } from "./certificates.js";
import { refused, type TlsFault } from "./tls-faults.js";

/** A public key, as the SDK's `x509` has it. */
export type PublicKey = object;

/** The part that we use of the SDK's module `x509` (`modules/crypt/etc/x509.js`). Both may throw. */
export interface X509 {
	decode(certificate: Uint8Array): object;
	decodeSPKI(certificate: Uint8Array): PublicKey | undefined;
	/** The authority's key identifier. */
	decodeAKI(certificate: Uint8Array): unknown;
}

/** The part that we use of the SDK's module `ssl/cert` (`modules/crypt/ssl/ssl_cert.js`). */
export type CertificateManager = new (
	options: object,
) => {
	/** Whether the key made the signature of the decoded certificate. May throw, at a kind of signature it does not know. */
	_verify(key: PublicKey, certificate: object): boolean;
	/** The key of a root in the resources that belongs to a key identifier. Throws when the resource is missing. */
	findCert(resource: string, identifier: unknown): PublicKey | undefined;
};

/** Bytes in DER: an ArrayBuffer, a Uint8Array, or a `Resource`, which stays in flash. */
export interface Der {
	readonly byteLength: number;
}

/** A view, no copy: of a resource it is a view into flash. */
export function bytesOf(der: Der): Uint8Array {
	return der instanceof Uint8Array ? der : new Uint8Array(der as ArrayBuffer);
}

/** A chain is no longer than that; a root of the Internet has two or three below it. */
const chainMost = 8;

export class Trust {
	readonly #x509: X509;
	readonly #manager: InstanceType<CertificateManager>;
	readonly #roots: readonly Der[];
	readonly #server: string;

	/** Without roots, those of the resource `ca.ski` are trusted, which the SDK brings. */
	constructor(x509: X509, certificates: CertificateManager, roots: readonly Der[], server: string) {
		this.#x509 = x509;
		this.#manager = new certificates({});
		this.#roots = roots;
		this.#server = server;
	}

	/** What is wrong with a chain, the server's own certificate first; undefined when it may be trusted at `now`. */
	fault(chain: readonly Certificate[], now: number): TlsFault | undefined {
		if (chain.length === 0 || chain.length > chainMost) return refused("sends no chain of certificates");
		const [own] = chain;
		if (!valid(own, now)) return outdated("a certificate", own, now);
		if (!named(own.names, this.#server)) {
			const listed = own.names.length === 0 ? "no name at all (subjectAltName)" : own.names.join(", ");
			return {
				fault: LinkFault.HostName,
				words: `has a certificate for ${listed}, not for ${this.#server}`,
			};
		}
		return this.ascend(chain, now);
	}

	/** From the server's certificate to a root, one signature after the other. */
	private ascend(chain: readonly Certificate[], now: number): TlsFault | undefined {
		for (let i = 0; ; i++) {
			const certificate = chain[i];
			const found = this.rooted(certificate, now);
			if (found !== Rooted.No) return found === Rooted.Outdated ? outdatedRoot(now) : undefined;
			const issuer = chain[i + 1];
			// An end of the chain that is a stranger, a gap in it, or a signature that does not hold.
			if (issuer === undefined || !same(issuer.subject, certificate.issuer)) return untrusted();
			if (!issuer.authority) return refused("has a certificate that was signed by one that may not sign");
			if (!valid(issuer, now)) return outdated("a certificate in its chain", issuer, now);
			if (!this.signed(this.keyOf(issuer.bytes), certificate)) return untrusted();
		}
	}

	/** Whether one of the trusted roots has signed this certificate, or is it. */
	private rooted(certificate: Certificate, now: number): Rooted {
		const roots = this.#roots;
		if (roots.length === 0)
			return this.signed(this.listed(certificate), certificate) ? Rooted.Yes : Rooted.No;
		let rooted = Rooted.No;
		for (let i = 0; i < roots.length; i++) {
			const root = certificateOf(bytesOf(roots[i]));
			if (root === undefined || !this.vouches(root, certificate)) continue;
			if (valid(root, now)) return Rooted.Yes;
			rooted = Rooted.Outdated;
		}
		return rooted;
	}

	private vouches(root: Certificate, certificate: Certificate): boolean {
		if (same(root.bytes, certificate.bytes)) return true;
		return same(root.subject, certificate.issuer) && this.signed(this.keyOf(root.bytes), certificate);
	}

	private signed(key: PublicKey | undefined, certificate: Certificate): boolean {
		if (key === undefined) return false;
		try {
			return this.#manager._verify(key, this.#x509.decode(certificate.bytes)) === true;
		} catch {
			return false; // a key of one kind, a signature of another
		}
	}

	private keyOf(bytes: Uint8Array): PublicKey | undefined {
		try {
			return this.#x509.decodeSPKI(bytes);
		} catch {
			return undefined; // a curve that the SDK does not know
		}
	}

	private listed(certificate: Certificate): PublicKey | undefined {
		try {
			return this.#manager.findCert("ca.ski", this.#x509.decodeAKI(certificate.bytes));
		} catch {
			return undefined; // no such resource
		}
	}
}

const enum Rooted {
	No,
	Yes,
	/** By one that is out of its dates. */
	Outdated,
}

function valid(certificate: Certificate, now: number): boolean {
	return certificate.from <= now && now <= certificate.until;
}

function untrusted(): TlsFault {
	return refused("has a certificate that none of the trusted roots has signed; give the CA that did");
}

function outdated(what: string, certificate: Certificate, now: number): TlsFault {
	const dates = `${dayOf(certificate.from)} to ${dayOf(certificate.until)}, today is ${dayOf(now)}`;
	return { fault: LinkFault.Expired, words: `has ${what} that is out of its dates (${dates})` };
}

function outdatedRoot(now: number): TlsFault {
	return {
		fault: LinkFault.Expired,
		words: `is vouched for by a trusted root that is out of its dates (today is ${dayOf(now)})`,
	};
}
