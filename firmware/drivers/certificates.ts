// SPDX-License-Identifier: MIT
/** What is in a certificate, as far as trust needs it (RFC 5280, section 4.1). Reads DER, throws nothing; cold. */

/** DER tags (X.690) that occur here. */
const enum Tag {
	Boolean = 0x01,
	Integer = 0x02,
	Utc = 0x17,
	Sequence = 0x30,
	Version = 0xa0,
	Extensions = 0xa3,
	DnsName = 0x82,
	IpAddress = 0x87,
}

/** Reads DER forward, within a range; `ok` is false for good when the bytes are none. */
class Reader {
	readonly bytes: Uint8Array;
	at: number;
	end: number;
	ok = true;

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	/** Of the next element; 0 behind the last one. */
	get tag(): number {
		return this.at < this.end ? this.bytes[this.at] : 0;
	}

	/** The content of the next element, which is passed. */
	next(): Reader {
		const { bytes } = this;
		let at = this.at + 1;
		let length = at < this.end ? bytes[at++] : -1;
		if (length > 0x80) {
			let left = length & 0x7f;
			length = left > 3 ? -1 : 0;
			for (; left > 0 && length >= 0 && at < this.end; left--) length = length * 256 + bytes[at++];
		}
		if (length < 0 || at + length > this.end) {
			this.ok = false;
			this.at = this.end;
			return new Reader(bytes, this.end, this.end);
		}
		this.at = at + length;
		return new Reader(bytes, at, at + length);
	}

	get text(): string {
		let text = "";
		for (let i = this.at; i < this.end; i++) text += String.fromCharCode(this.bytes[i]);
		return text;
	}

	/** True when the content is exactly that. */
	is(expected: readonly number[]): boolean {
		if (this.end - this.at !== expected.length) return false;
		for (let i = 0; i < expected.length; i++) if (this.bytes[this.at + i] !== expected[i]) return false;
		return true;
	}
}

/** 2.5.29.17, 2.5.29.19, 1.2.840.113549.1.1.1. */
const subjectAltName = Object.freeze([0x55, 0x1d, 0x11]);
const basicConstraints = Object.freeze([0x55, 0x1d, 0x13]);
const rsaEncryption = Object.freeze([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);

export interface Certificate {
	/** All of it. */
	readonly bytes: Uint8Array;
	/** The distinguished names, as bytes. */
	readonly issuer: Uint8Array;
	readonly subject: Uint8Array;
	/** Seconds since 1970. */
	readonly from: number;
	readonly until: number;
	/** Names and IPv4 addresses that it is for, in lower case. */
	names: string[];
	/** It may sign other certificates. */
	authority: boolean;
}

/** Reads a certificate; undefined when it is none. */
export function certificateOf(bytes: Uint8Array): Certificate | undefined {
	const whole = new Reader(bytes, 0, bytes.length);
	if (whole.tag !== Tag.Sequence) return undefined;
	const body = whole.next().next();
	if (body.tag === Tag.Version) body.next();
	body.next(); // serial number
	body.next(); // signature algorithm
	const issuer = body.next();
	const validity = body.next();
	const from = timeOf(validity);
	const until = timeOf(validity);
	const subject = body.next();
	body.next(); // public key
	if (!body.ok || Number.isNaN(from + until)) return undefined;
	const certificate = {
		bytes,
		issuer: bytes.subarray(issuer.at, issuer.end),
		subject: bytes.subarray(subject.at, subject.end),
		from,
		until,
		names: [],
		authority: false,
	};
	while (body.tag !== Tag.Extensions && body.tag !== 0) body.next();
	if (body.tag === Tag.Extensions) readExtensions(body.next().next(), certificate);
	return body.ok ? certificate : undefined;
}

function timeOf(validity: Reader): number {
	const long = validity.tag !== Tag.Utc;
	const { text } = validity.next();
	const digits = long ? text : (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text;
	if (digits.length !== 15) return Number.NaN;
	const part = (at: number, length = 2): number => Number(digits.slice(at, at + length));
	return Date.UTC(part(0, 4), part(4) - 1, part(6), part(8), part(10), part(12)) / 1000;
}

function readExtensions(extensions: Reader, certificate: Certificate): void {
	while (extensions.tag === Tag.Sequence) {
		const extension = extensions.next();
		const id = extension.next();
		if (extension.tag === Tag.Boolean) extension.next(); // critical
		if (id.is(subjectAltName)) certificate.names = namesIn(extension.next().next());
		else if (id.is(basicConstraints)) {
			const constraints = extension.next().next();
			certificate.authority = constraints.tag === Tag.Boolean && constraints.next().is([0xff]);
		}
	}
}

function namesIn(list: Reader): string[] {
	const names: string[] = [];
	while (list.tag !== 0) {
		const { tag } = list;
		const name = list.next();
		if (tag === Tag.DnsName) names.push(name.text.toLowerCase());
		else if (tag === Tag.IpAddress && name.end - name.at === 4) {
			const { bytes, at } = name;
			names.push(`${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`);
		}
	}
	return names;
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

/** The certificates of a TLS message, whose list is at `bytes[start]` to `bytes[end - 1]`; undefined when one of them is none. */
export function certificatesIn(bytes: Uint8Array, start: number, end: number): Certificate[] | undefined {
	const chain: Certificate[] = [];
	for (let at = start; at + 3 <= end; ) {
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
