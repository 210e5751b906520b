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
 *
 * No key is used before it is known to be good: the walk goes up by names alone until a root vouches, and the signatures are
 * checked on the way down. RSA has 2048 to 4096 bits, and an exponent that is not tiny, because the SDK takes signatures with any
 * padding; hashes are SHA-256 to 512. A certificate that says something critical which is not looked at here, such as name
 * constraints, is refused (RFC 5280, section 4.2).
 *
 * What cannot be mended here, of the SDK's arithmetic (`ssl_cert.js`, `ecdsa.js`; read, not tried): one in 256 signatures of
 * ECDSA, whose first number begins with a zero byte, does not hold, nor does one over a hash that is longer than the key. Such a
 * certificate is refused; have it signed again. Nobody asks whether one was revoked, and the SDK's list of roots is old. A session
 * that other code of the board made with the same name, by the SDK's own check, may be resumed if it bears the same number.
 */

import { LinkFault } from "../../lib/index.js";
import { type Certificate, certificateOf, dayOf, isFor, Kind, same } from "./certificates.js";
import { refused, type TlsFault } from "./tls-faults.js";

/** A public key, as the SDK's `x509` has it: of RSA it has these two numbers. */
export interface PublicKey {
	readonly modulus?: bigint;
	readonly exponent?: bigint;
}

/** The part that we use of the SDK's module `x509` (`modules/crypt/etc/x509.js`). Both may throw. */
export interface X509 {
	decode(certificate: Uint8Array): object;
	decodeSPKI(certificate: Uint8Array): object | undefined;
}

/** The part that we use of the SDK's module `ssl/cert` (`modules/crypt/ssl/ssl_cert.js`). */
export type CertificateManager = new (
	options: object,
) => {
	/** Whether the key made the signature of the decoded certificate. May throw, at a kind of signature it does not know. */
	_verify(key: object, certificate: object): boolean;
	/** The key of a root in the resources that belongs to a key identifier. Throws when the resource is missing. */
	findCert(resource: string, identifier: Uint8Array): PublicKey | undefined;
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
		if (!isFor(own, this.#server)) {
			const listed = own.names.length === 0 ? "no name at all (subjectAltName)" : own.names.join(", ");
			return {
				fault: LinkFault.HostName,
				words: `has a certificate for ${listed}, not for ${this.#server}`,
			};
		}
		if (!own.server) return refused("has a certificate that is not one for servers (extendedKeyUsage)");
		return this.ascend(chain, now);
	}

	/** From the server's certificate up to the one that a root vouches for, and down again, one signature after the other. */
	private ascend(chain: readonly Certificate[], now: number): TlsFault | undefined {
		for (let i = 0; ; i++) {
			const certificate = chain[i];
			if (certificate.strange)
				return refused("has a certificate with a critical extension that is not known here");
			const found = this.rooted(certificate, i, now);
			if (found === Rooted.Outdated) return outdatedRoot(now);
			if (found === Rooted.Yes) return this.descend(chain, i);
			const issuer = chain[i + 1];
			// An end of the chain that is a stranger, or a gap in it.
			if (issuer === undefined || !same(issuer.subject, certificate.issuer)) return untrusted();
			if (!issuer.authority || issuer.depth < i)
				return refused("has a certificate that was signed by one that may not sign");
			if (!valid(issuer, now)) return outdated("a certificate in its chain", issuer, now);
		}
	}

	/** Below a certificate that is trusted. */
	private descend(chain: readonly Certificate[], top: number): TlsFault | undefined {
		for (let i = top; i > 0; i--) if (!this.signedBy(chain[i], chain[i - 1])) return untrusted();
		return undefined;
	}

	/** Whether one of the trusted roots has signed this certificate, or is it. So many authorities are below it. */
	private rooted(certificate: Certificate, below: number, now: number): Rooted {
		const roots = this.#roots;
		if (roots.length === 0) return this.listed(certificate) ? Rooted.Yes : Rooted.No;
		let rooted = Rooted.No;
		for (let i = 0; i < roots.length; i++) {
			const root = certificateOf(bytesOf(roots[i]));
			if (root === undefined || !this.vouches(root, certificate, below)) continue;
			if (valid(root, now)) return Rooted.Yes;
			rooted = Rooted.Outdated;
		}
		return rooted;
	}

	private vouches(root: Certificate, certificate: Certificate, below: number): boolean {
		if (same(root.bytes, certificate.bytes)) return true;
		if (!root.authority || root.depth < below || !same(root.subject, certificate.issuer)) return false;
		return this.signedBy(root, certificate);
	}

	/** Whether the key of the issuer, which is trusted, has made the signature, and not one that the SDK would stumble over. */
	private signedBy(issuer: Certificate, certificate: Certificate): boolean {
		if (issuer.key !== certificate.signature || !fits(certificate, issuer.keyBytes)) return false;
		return this.signed(this.keyOf(issuer.bytes), certificate);
	}

	private signed(key: object | undefined, certificate: Certificate): boolean {
		// The SDK reads the key of what it decodes, too.
		if (key === undefined || certificate.key === Kind.Other) return false;
		try {
			return this.#manager._verify(key, this.#x509.decode(certificate.bytes)) === true;
		} catch {
			return false; // a key of one kind, a signature of another
		}
	}

	private keyOf(bytes: Uint8Array): object | undefined {
		try {
			return this.#x509.decodeSPKI(bytes);
		} catch {
			return undefined; // a curve that the SDK does not know
		}
	}

	/** Whether a root of the SDK's list has signed it. Those are from long ago: some have keys that no longer protect. */
	private listed(certificate: Certificate): boolean {
		if (certificate.issuerKey === undefined) return false;
		try {
			const key = this.#manager.findCert("ca.ski", certificate.issuerKey);
			if (key === undefined) return false;
			const { modulus, exponent } = key;
			if (modulus === undefined || exponent === undefined)
				return certificate.signature === Kind.Ec && fits(certificate, 48) && this.signed(key, certificate);
			const bytes = Math.ceil(modulus.toString(16).length / 2);
			const strong = bytes >= 256 && Number(exponent) >= 0x8000;
			return (
				strong &&
				certificate.signature === Kind.Rsa &&
				fits(certificate, bytes) &&
				this.signed(key, certificate)
			);
		} catch {
			return false; // no such resource
		}
	}
}

function fits(certificate: Certificate, keyBytes: number): boolean {
	const { signature, signatureBytes } = certificate;
	if (signature === Kind.Rsa) return signatureBytes === keyBytes;
	return signature === Kind.Ec && signatureBytes <= keyBytes;
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
