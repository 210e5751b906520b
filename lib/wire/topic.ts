// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import { PacketType } from "./protocol.js";
import { charCodeAt, Writer } from "./writer.js";

const enum Ascii {
	Hash = 0x23,
	Dollar = 0x24,
	Plus = 0x2b,
	Slash = 0x2f,
}

/** Bytes of `$share/`. */
const SHARE: Readonly<Uint8Array> = Uint8Array.of(0x24, 0x73, 0x68, 0x61, 0x72, 0x65, Ascii.Slash);
const SHARE_LENGTH = 7;

/** A string that became bytes once: the arena's bytes `[start, end)`, with their length in the two bytes before `start`. */
export class Text {
	readonly start: number;
	readonly end: number;

	constructor(start: number, end: number) {
		this.start = start;
		this.end = end;
	}
}

/** Properties of 5.0 as they stand in a packet, without their length; checked. Made by `client.properties`. */
export class Properties extends Text {
	declare protected readonly kind: "properties";
	/** The packets in which all of them may stand, one bit per packet type; bit 0: in the will. */
	readonly packets: number;

	constructor(start: number, end: number, packets: number) {
		super(start, end);
		this.packets = packets;
	}
}

/** The bytes of a topic name, checked. Made by `client.topic`. */
export class Topic extends Text {
	declare protected readonly kind: "topic";
	/** What each message has that is published to it. */
	readonly properties: Properties | null;

	constructor(start: number, end: number, properties: Properties | null) {
		super(start, end);
		this.properties = properties;
	}
}

/** The bytes of a topic filter, checked. Made by `client.filter`. */
export class Filter extends Text {
	declare protected readonly kind: "filter";
	/** Its row in the client's table of subscriptions, -1 while it has none, and the filter that was wanted next. */
	row = -1;
	next: Filter | null = null;
	/** What its SUBSCRIBE and UNSUBSCRIBE have. */
	readonly properties: Properties | null;

	constructor(start: number, end: number, properties: Properties | null = null) {
		super(start, end);
		this.properties = properties;
	}
}

/**
 * Writes `text` at `start` as MQTT has it: a two-byte length, then UTF-8. Returns where it ends; nothing is written at
 * or beyond `limit`. Throws a RangeError for what no MQTT string may hold, or when there is no room. Construction only.
 */
export function encodeText(arena: Block, start: number, limit: number, text: string): number {
	checkText(text);
	const writer = new Writer(arena);
	writer.begin(start + 2, limit);
	writer.text(text);
	const end = writer.position;
	if (writer.overflowed || start + 2 > limit)
		throw new RangeError("the region for text is full: raise the limit of text bytes");
	if (end - start - 2 > 0xffff) throw new RangeError("MQTT strings have at most 65,535 bytes"); // [MQTT-4.7.3-3]
	arena.view.setUint16(start, end - start - 2);
	return end;
}

/** Throws a RangeError for what no MQTT string may hold. Construction only. */
export function checkText(text: string): void {
	let previous = 0;
	let c = 0;
	for (let i = 0; (c = charCodeAt(text, i)) === c; i++) {
		if (c === 0) throw new RangeError("MQTT strings cannot hold U+0000"); // [MQTT-1.5.3-2, MQTT-1.5.4-2]
		const low = c >= 0xdc00 && c < 0xe000;
		const afterHigh = previous >= 0xd800 && previous < 0xdc00;
		if (low !== afterHigh) throw loneSurrogate();
		previous = c;
	}
	if (previous >= 0xd800 && previous < 0xdc00) throw loneSurrogate();
}

/** [MQTT-1.5.3-1, MQTT-1.5.4-1]. */
function loneSurrogate(): RangeError {
	return new RangeError("the text has half of a surrogate pair, which UTF-8 cannot express");
}

/**
 * A topic name into bytes, at `at`; nothing is written at or beyond `limit`. `most`: bytes that it may have with its
 * properties. Throws a RangeError when it is not one, is longer, or there is no room. Construction only.
 */
export function encodeTopic(
	arena: Block,
	at: number,
	limit: number,
	name: string,
	properties: Properties | null,
	most: number,
): Topic {
	const start = at + 2;
	const end = encodeText(arena, at, limit, name);
	let length = end - start;
	let fault = topicFault(arena.bytes, start, end);
	if (properties !== null) {
		length += properties.end - properties.start;
		if (((properties.packets >> PacketType.Publish) & 1) === 0)
			fault = "its properties are not those of a message";
	}
	if (length > most) fault ??= TOO_LONG;
	if (fault !== undefined) throw new RangeError(`${JSON.stringify(name)}: ${fault}`);
	return new Topic(start, end, properties);
}

/** The same for a topic filter. Construction only. */
export function encodeFilter(
	arena: Block,
	at: number,
	limit: number,
	pattern: string,
	properties: Properties | null,
	most: number,
): Filter {
	const start = at + 2;
	const end = encodeText(arena, at, limit, pattern);
	let length = end - start;
	let fault = filterFault(arena.bytes, start, end);
	if (properties !== null) {
		length += properties.end - properties.start;
		// Both packets say them, so there are user properties only.
		if (
			((properties.packets >> PacketType.Subscribe) & (properties.packets >> PacketType.Unsubscribe) & 1) ===
			0
		)
			fault = "its properties are not those of a subscription: userProperties";
	}
	if (length > most) fault ??= TOO_LONG;
	if (fault !== undefined) throw new RangeError(`${JSON.stringify(pattern)}: ${fault}`);
	return new Filter(start, end, properties);
}

const TOO_LONG = "longer than limits.sendBytes allows";

/** What is wrong with the topic name `[start, end)`, as a sentence, or undefined. Construction only. */
export function topicFault(bytes: Uint8Array, start: number, end: number): string | undefined {
	if (start >= end) return "a topic has at least one character"; // [MQTT-4.7.3-1]
	for (let at = start; at < end; at++) {
		const c = bytes[at];
		// [MQTT-3.3.2-2, MQTT-4.7.1-1, MQTT-4.7.0-1]
		if (c === Ascii.Plus || c === Ascii.Hash) return "a topic to publish to has no wildcards (+ or #)";
	}
	return undefined;
}

/** What is wrong with the topic filter `[start, end)`, as a sentence, or undefined. Construction only. */
export function filterFault(bytes: Uint8Array, start: number, end: number): string | undefined {
	if (start >= end) return "a filter has at least one character"; // [MQTT-4.7.3-1]
	if (isShared(bytes, start, end)) {
		const name = start + SHARE_LENGTH;
		start = afterLevel(bytes, name, end);
		for (let at = name; at < start; at++) {
			const c = bytes[at];
			// [MQTT-4.8.2-2]
			if (c === Ascii.Plus || c === Ascii.Hash) return "the name of a share has no + or #";
		}
		if (start === name) return "the name of a share has at least one character: $share/name/filter"; // [MQTT-4.8.2-1]
		if (start + 1 >= end) return "a filter must follow the name of a share: $share/name/filter"; // [MQTT-4.8.2-2]
		start++;
	}
	for (let at = start; at < end; at++) {
		const c = bytes[at];
		if (c !== Ascii.Plus && c !== Ascii.Hash) continue;
		if (at > start && bytes[at - 1] !== Ascii.Slash) return "a wildcard (+ or #) is a level of its own"; // [MQTT-4.7.1-2, -3]
		if (c === Ascii.Hash && at + 1 < end) return "# is the last level of a filter"; // [MQTT-4.7.1-2; 5.0 MQTT-4.7.1-1]
		if (c === Ascii.Plus && at + 1 < end && bytes[at + 1] !== Ascii.Slash)
			return "a wildcard (+ or #) is a level of its own"; // [MQTT-4.7.1-3; 5.0 MQTT-4.7.1-2]
	}
	return undefined;
}

/**
 * True when the filter matches the topic name [4.7], both legal, given as ranges of the same bytes. The prefix
 * `$share/name/` of a filter is passed over [4.8.2].
 */
export function matches(
	bytes: Uint8Array,
	filterStart: number,
	filterEnd: number,
	topicStart: number,
	topicEnd: number,
): boolean {
	let f = filterStart;
	let t = topicStart;
	if (f >= filterEnd || t >= topicEnd) return false;
	let c = bytes[f];
	if (c === Ascii.Dollar && isShared(bytes, f, filterEnd)) {
		f = afterLevel(bytes, f + SHARE_LENGTH, filterEnd) + 1;
		if (f >= filterEnd) return false;
		c = bytes[f];
	}
	// A wildcard does not match the first character $ [MQTT-4.7.2-1].
	if ((c === Ascii.Plus || c === Ascii.Hash) && bytes[t] === Ascii.Dollar) return false;
	while (f < filterEnd) {
		c = bytes[f];
		if (t < topicEnd && bytes[t] === c) {
			f++;
			t++;
		} else if (c === Ascii.Plus) {
			t = afterLevel(bytes, t, topicEnd);
			f++;
		} else if (c === Ascii.Hash) return true;
		else {
			// `sport/#` also matches `sport` [4.7.1.2].
			return t === topicEnd && c === Ascii.Slash && f + 2 === filterEnd && bytes[f + 1] === Ascii.Hash;
		}
	}
	return t === topicEnd;
}

/** True when the filter begins with `$share/`: a shared subscription [4.8.2]. */
export function isShared(bytes: Uint8Array, start: number, end: number): boolean {
	if (end - start < SHARE_LENGTH) return false;
	for (let i = 0; i < SHARE_LENGTH; i++) if (bytes[start + i] !== SHARE[i]) return false;
	return true;
}

/** True when the filter `[start, end)` has a wildcard; the name of a share has none. */
export function hasWildcard(bytes: Uint8Array, start: number, end: number): boolean {
	while (start < end && bytes[start] !== Ascii.Plus && bytes[start] !== Ascii.Hash) start++;
	return start < end;
}

/** Where the level ends that starts at `at`: the next slash, or `end`. */
function afterLevel(bytes: Uint8Array, at: number, end: number): number {
	while (at < end && bytes[at] !== Ascii.Slash) at++;
	return at;
}
