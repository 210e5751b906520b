// SPDX-License-Identifier: MIT

/** Where a Server Reference leads. */
export interface Place {
	/** A name or an address, IPv6 without brackets. */
	readonly host: string;
	/** 0: it names none. */
	readonly port: number;
}

/** Bytes of a Server Reference that is read at all, and places in it that are taken. */
const BYTES_MOST = 512;
const PLACES_MOST = 4;
/** Characters of a host name [RFC 1035], and of an IPv6 address in its longest form. */
const NAME_MOST = 253;
const ADDRESS_MOST = 45;

/** For want of one. Of nobody's making, so it may be shared. */
export const NOWHERE: readonly Place[] = Object.freeze([]);

/**
 * The places in a Server Reference [5.0, 4.11]: `host`, `host:port` or `[IPv6]:port`, with spaces between. The bytes are
 * a stranger's: what is longer than 512 of them is none, a part that is no place is passed over, and after four the rest is.
 */
export function placesIn(bytes: Uint8Array, start: number, end: number): readonly Place[] {
	if (end - start > BYTES_MOST) return NOWHERE;
	const places: Place[] = [];
	for (let at = start; at < end && places.length < PLACES_MOST; ) {
		while (at < end && bytes[at] === SPACE) at++;
		const from = at;
		while (at < end && bytes[at] !== SPACE) at++;
		const place = at > from ? placeIn(bytes, from, at) : undefined;
		if (place !== undefined) places.push(place);
	}
	return places;
}

const SPACE = 0x20;
const COLON = 0x3a;
const BRACKET = 0x5b;

function placeIn(bytes: Uint8Array, start: number, end: number): Place | undefined {
	const bracketed = bytes[start] === BRACKET;
	if (bracketed) start++;
	let at = start;
	let host = "";
	while (at < end && isLegal(bytes[at], bracketed)) host += String.fromCharCode(bytes[at++]);
	const most = bracketed ? ADDRESS_MOST : NAME_MOST;
	if (host.length === 0 || host.length > most) return undefined;
	// An address has colons; a name begins with a letter or a digit, and DNS services begin with "_", which is no host.
	if (bracketed ? host.indexOf(":") < 0 : !isAlphanumeric(bytes[start])) return undefined;
	if (bracketed && bytes[at++] !== BRACKET + 2) return undefined;
	if (at === end) return { host, port: 0 };
	if (at > end || bytes[at++] !== COLON) return undefined;
	const digits = end - at;
	let port = 0;
	for (; at < end; at++) {
		const digit = bytes[at] - 0x30;
		if (!(digit >= 0 && digit <= 9)) return undefined;
		port = port * 10 + digit;
	}
	return digits >= 1 && digits <= 5 && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function isAlphanumeric(c: number): boolean {
	const letter = c | 0x20;
	return (c >= 0x30 && c <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

/** In a name: letters, digits, ".", "-", "_"; in an IPv6 address: hexadecimal digits, ":", ".". */
function isLegal(c: number, address: boolean): boolean {
	if (!address) return isAlphanumeric(c) || c === 0x2d || c === 0x2e || c === 0x5f;
	const letter = c | 0x20;
	return (c >= 0x30 && c <= 0x39) || (letter >= 0x61 && letter <= 0x66) || c === COLON || c === 0x2e;
}
