// SPDX-License-Identifier: MIT
/**
 * What is in a certificate, as far as trust needs it (RFC 5280, section 4.1). Reads DER, throws nothing; cold.
 *
 * It is strict about everything that the SDK's natives read once more (`x509.js`, `x509.c`, `ber.js`), because those believe
 * every length: an own element of a stranger's certificate would let them loop for ever, or read where there is nothing.
 */

import { Reader, Tag } from "./der.js";

/** 1.2.840.113549.1.1.1, 1.2.840.10045.2.1, 1.2.840.10045.3.1.7, 1.3.132.0.34. */
const rsaEncryption = Object.freeze([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
const ecPublicKey = Object.freeze([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
const secp256r1 = Object.freeze([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
const secp384r1 = Object.freeze([0x2b, 0x81, 0x04, 0x00, 0x22]);
/** Without their last number: with RSA 11 to 13, with ECDSA 2 to 4, each SHA-256, 384, 512. MD5 and SHA-1 are no longer good. */
const withRsa = Object.freeze([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]);
const withEcdsa = Object.freeze([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03]);
/** 1.3.6.1.5.5.7.3.1 and 2.5.29.37.0. */
const serverAuth = Object.freeze([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]);
const anyPurpose = Object.freeze([0x55, 0x1d, 0x25, 0x00]);

/** Extensions, all below 2.5.29 (RFC 5280, section 4.2.1). */
const enum Extension {
	KeyUsage = 15,
	SubjectAltName = 17,
	BasicConstraints = 19,
	Policies = 32,
	AuthorityKey = 35,
	Purposes = 37,
}

export const enum Kind {
	/** None that we would trust, or that the SDK can reckon with. */
	Other,
	Rsa,
	Ec,
}

/** So many names are kept for words; for a comparison all of them are looked at. */
const namesMost = 8;
/** RFC 1035, section 2.3.4. */
const nameBytesMost = 253;
const chainMost = 8;

export interface Certificate {
	/** All of it. */
	readonly bytes: Uint8Array;
	/** The distinguished names, as bytes. */
	readonly issuer: Uint8Array;
	readonly subject: Uint8Array;
	/** Seconds since 1970. */
	readonly from: number;
	readonly until: number;
	/** Its public key, and the bytes of modulus or coordinate. */
	readonly key: Kind;
	readonly keyBytes: number;
	/** What signed it, and the bytes of the signature, or of the longer of its two numbers. */
	readonly signature: Kind;
	readonly signatureBytes: number;
	/** Where the content of subjectAltName is; nowhere: 0, 0. */
	namesAt: number;
	namesEnd: number;
	/** Tells the issuer's key from others with its name. */
	issuerKey: Uint8Array | undefined;
	/** It may sign other certificates. */
	authority: boolean;
	/** How many authorities may be below it. */
	depth: number;
	/** It may stand for a server. */
	server: boolean;
	/** It says something that must be heeded, and we do not know it. */
	strange: boolean;
	/** The first {@link namesMost} names and IPv4 addresses that it is for. */
	readonly names: string[];
}

/** Reads a certificate; undefined when it is none. */
export function certificateOf(bytes: Uint8Array): Certificate | undefined {
	const all = new Reader(bytes, 0, bytes.length);
	const whole = all.expect(Tag.Sequence);
	all.close();
	const body = whole.expect(Tag.Sequence);
	// The SDK takes every element of a class for the version.
	if (body.tag >= 0x80) body.expect(Tag.Version);
	body.expect(Tag.Integer); // serial number
	const algorithm = body.expect(Tag.Sequence);
	const issuer = body.expect(Tag.Sequence);
	const validity = body.expect(Tag.Sequence);
	const from = timeOf(validity);
	const until = timeOf(validity);
	const subject = body.expect(Tag.Sequence);
	const key = keyOf(body.expect(Tag.Sequence));
	const signature = signatureOf(whole, algorithm);
	whole.close();
	if (!all.ok || Number.isNaN(from + until)) return undefined;
	const certificate = {
		bytes,
		issuer: bytes.subarray(issuer.at, issuer.end),
		subject: bytes.subarray(subject.at, subject.end),
		from,
		until,
		key: key > 0xffff ? Kind.Ec : key > 0 ? Kind.Rsa : Kind.Other,
		keyBytes: key & 0xffff,
		signature: signature > 0xffff ? Kind.Ec : signature > 0 ? Kind.Rsa : Kind.Other,
		signatureBytes: signature & 0xffff,
		namesAt: 0,
		namesEnd: 0,
		issuerKey: undefined,
		authority: false,
		depth: Number.POSITIVE_INFINITY,
		server: true,
		strange: false,
		names: [],
	};
	while (body.tag !== Tag.Extensions && !body.done) body.next();
	if (!body.done) {
		const extensions = body.next();
		body.close();
		readExtensions(extensions.expect(Tag.Sequence), certificate);
		extensions.close();
	}
	return all.ok ? certificate : undefined;
}

/** Bytes of the modulus; of a coordinate, and 0x10000; 0 for a key that will not do. */
function keyOf(info: Reader): number {
	const algorithm = info.expect(Tag.Sequence);
	const id = algorithm.expect(Tag.Identifier);
	const bits = info.expect(Tag.Bits);
	info.close();
	if (!info.ok || bits.done || bits.bytes[bits.at] !== 0) return 0;
	bits.at++;
	if (id.is(ecPublicKey)) {
		const curve = algorithm.tag === Tag.Identifier ? algorithm.next() : algorithm;
		const size = curve.is(secp256r1) ? 32 : curve.is(secp384r1) ? 48 : 0;
		return size > 0 && bits.length === 2 * size + 1 && bits.bytes[bits.at] === 4 ? 0x10000 + size : 0;
	}
	return id.is(rsaEncryption) ? rsaKey(bits) : 0;
}

/**
 * 2048 to 4096 bits. The SDK does not look at how a signature is padded (`pkcs1_5.js`, emsaDecode), so that with an exponent of
 * 3 anybody can make one for any certificate; and a long exponent takes for ever.
 */
function rsaKey(bits: Reader): number {
	const pair = new Reader(bits.bytes, bits.at, bits.end);
	const numbers = pair.expect(Tag.Sequence);
	pair.close();
	const modulus = numbers.natural();
	const exponent = numbers.natural();
	numbers.close();
	const { bytes, at, length } = exponent;
	const fits = length > 2 ? length <= 4 : length === 2 && bytes[at] >= 0x80;
	if (!pair.ok || modulus.length < 256 || modulus.length > 512 || !fits) return 0;
	return modulus.length;
}

/** Bytes of the signature; of the longer of two numbers, and 0x10000; 0 for one that will not do. It is told twice by what it was made. */
function signatureOf(whole: Reader, inner: Reader): number {
	const outer = whole.expect(Tag.Sequence);
	const bits = whole.expect(Tag.Bits);
	if (!same(inner.bytes.subarray(inner.at, inner.end), outer.bytes.subarray(outer.at, outer.end)))
		whole.fail();
	const id = outer.expect(Tag.Identifier);
	if (!whole.ok || bits.done || bits.bytes[bits.at] !== 0) return 0;
	bits.at++;
	const which = id.bytes[id.end - 1];
	const family = new Reader(id.bytes, id.at, id.end - 1);
	if (family.is(withRsa) && which >= 11 && which <= 13) return bits.length;
	if (!family.is(withEcdsa) || which < 2 || which > 4) return 0;
	const size = ecdsaBytes(bits.bytes, bits.at, bits.end);
	return size > 0 ? 0x10000 + size : 0;
}

/** Bytes of the longer number of an ECDSA signature; 0 when it is none: of a zero the SDK never finds the inverse (`modular.c`). */
export function ecdsaBytes(bytes: Uint8Array, at: number, end: number): number {
	const all = new Reader(bytes, at, end);
	const pair = all.expect(Tag.Sequence);
	all.close();
	const r = pair.natural();
	const s = pair.natural();
	pair.close();
	if (!all.ok) return 0;
	return r.length > s.length ? r.length : s.length;
}

function timeOf(validity: Reader): number {
	const long = validity.tag !== Tag.Utc;
	const time = validity.next();
	const text = time.length <= 15 ? time.text : "";
	const digits = long ? text : (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text;
	if (digits.length !== 15 || !digits.endsWith("Z")) return Number.NaN;
	for (let i = 0; i < 14; i++) if (digits[i] < "0" || digits[i] > "9") return Number.NaN;
	const part = (at: number, length = 2): number => Number(digits.slice(at, at + length));
	return Date.UTC(part(0, 4), part(4) - 1, part(6), part(8), part(10), part(12)) / 1000;
}

/** All extensions, each at most once. */
function readExtensions(extensions: Reader, certificate: Certificate): void {
	const seen: number[] = [];
	while (!extensions.done) {
		const extension = extensions.expect(Tag.Sequence);
		const id = extension.expect(Tag.Identifier);
		const critical = extension.tag === Tag.Boolean && !extension.next().is([0]);
		const value = extension.expect(Tag.Octets);
		extension.close();
		const { bytes, at } = id;
		const which = id.length === 3 && bytes[at] === 0x55 && bytes[at + 1] === 0x1d ? bytes[at + 2] : 0;
		if (which > 0 && seen.includes(which)) extensions.fail();
		seen.push(which);
		if (extensions.ok && !readExtension(which, value, certificate) && critical) certificate.strange = true;
	}
}

/** False for one that we do not know. */
function readExtension(which: number, value: Reader, certificate: Certificate): boolean {
	if (which === Extension.Policies) return true;
	if (which === Extension.KeyUsage) {
		const bits = value.expect(Tag.Bits);
		// The last thing that may take the right to sign away again; basicConstraints may come before or after it.
		if (bits.length < 2 || (bits.bytes[bits.at + 1] & 0x04) === 0) certificate.depth = -1;
	} else if (which === Extension.SubjectAltName) {
		const list = value.expect(Tag.Sequence);
		certificate.namesAt = list.at;
		certificate.namesEnd = list.end;
		while (!list.done) keepName(list, certificate.names);
	} else if (which === Extension.BasicConstraints) {
		const constraints = value.expect(Tag.Sequence);
		if (constraints.tag === Tag.Boolean) certificate.authority = constraints.next().is([0xff]);
		if (!constraints.done) {
			const depth = constraints.expect(Tag.Integer);
			const most = depth.length === 1 ? depth.bytes[depth.at] & 0x7f : 0;
			if (most < certificate.depth) certificate.depth = most;
		}
		constraints.close();
	} else if (which === Extension.AuthorityKey) {
		const list = value.expect(Tag.Sequence);
		if (list.tag === Tag.KeyIdentifier) {
			const id = list.next();
			certificate.issuerKey = id.bytes.subarray(id.at, id.end);
		}
	} else if (which === Extension.Purposes) {
		certificate.server = false;
		const list = value.expect(Tag.Sequence);
		while (!list.done) {
			const purpose = list.expect(Tag.Identifier);
			if (purpose.is(serverAuth) || purpose.is(anyPurpose)) certificate.server = true;
		}
	} else return false;
	value.close();
	return true;
}

/** The next name of a list, if it is one that can be compared: no control characters, no address that pretends to be a name. */
function nameOf(list: Reader): string {
	const { tag } = list;
	const name = list.next();
	const { bytes, at } = name;
	if (tag === Tag.IpAddress && name.length === 4)
		return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
	if (tag !== Tag.DnsName || name.done || name.length > nameBytesMost) return "";
	for (let i = at; i < name.end; i++) if (bytes[i] <= 0x20 || bytes[i] >= 0x7f) return "";
	const last = bytes[name.end - 1];
	return last >= 0x30 && last <= 0x39 && isAddress(name.text) ? "" : name.text.toLowerCase();
}

function isAddress(text: string): boolean {
	for (let i = 0; i < text.length; i++) if ("0123456789.*".indexOf(text[i]) < 0) return false;
	return true;
}

function keepName(list: Reader, names: string[]): void {
	if (names.length >= namesMost) list.next();
	else {
		const name = nameOf(list);
		if (name !== "") names.push(name);
	}
}

/** True when the certificate is for this server. Keeps nothing of its names, of which a stranger may have thousands. */
export function isFor(certificate: Certificate, server: string): boolean {
	const list = new Reader(certificate.bytes, certificate.namesAt, certificate.namesEnd);
	while (!list.done) if (named([nameOf(list)], server)) return true;
	return false;
}

/** True when one of the names is for this server; "*.example" stands for one more label (RFC 6125, section 6.4.3). */
export function named(names: readonly string[], server: string): boolean {
	const wanted = server.toLowerCase();
	const dot = wanted.indexOf(".");
	for (let i = 0; i < names.length; i++) {
		const name = names[i];
		if (name === wanted && name !== "") return true;
		if (dot > 0 && name.startsWith("*.") && name.slice(1) === wanted.slice(dot)) return true;
	}
	return false;
}

/**
 * The certificates of a TLS message, whose list is at `bytes[start]` to `bytes[end - 1]`; undefined when one of them is none,
 * or when there are more than a chain has: a root of the Internet has two or three below it.
 */
export function certificatesIn(bytes: Uint8Array, start: number, end: number): Certificate[] | undefined {
	const chain: Certificate[] = [];
	for (let at = start; at < end; ) {
		if (at + 3 > end || chain.length === chainMost) return undefined;
		const length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
		const next = at + 3 + length;
		const certificate = next <= end ? certificateOf(bytes.subarray(at + 3, next)) : undefined;
		if (certificate === undefined) return undefined;
		chain.push(certificate);
		at = next;
	}
	return chain;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
	if (one.length !== other.length) return false;
	for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
	return true;
}

/** True for a PKCS#8 key of RSA, the only kind that the SDK signs with (`ssl_handshake.js`, certificateVerify). */
export function isRsaKey(bytes: Uint8Array): boolean {
	const key = new Reader(bytes, 0, bytes.length);
	if (key.tag !== Tag.Sequence) return false;
	const body = key.next();
	if (body.tag !== Tag.Integer) return false;
	body.next();
	return body.next().next().is(rsaEncryption);
}

/** "2026-01-31": enough for a person to see what is wrong. */
export function dayOf(seconds: number): string {
	return new Date(seconds * 1000).toISOString().slice(0, 10);
}
