// SPDX-License-Identifier: MIT
import { PROPERTY_TYPE, Property, PropertyType } from "./protocol.js";
import { putVarint, varintSize } from "./varint.js";

/*
 * Properties one after the other, as they stand in a packet or a stored message, without their length. They were checked when
 * they were received or written, so nothing is checked here.
 */

/** Where the property ends whose identifier stands at `at`. */
export function afterProperty(view: DataView, at: number): number {
	const kind = PROPERTY_TYPE[view.getUint8(at++)];
	if (kind >= PropertyType.String) {
		at += 2 + view.getUint16(at);
		return kind === PropertyType.StringPair ? at + 2 + view.getUint16(at) : at;
	}
	if (kind === PropertyType.FourBytes) return at + 4;
	if (kind === PropertyType.TwoBytes) return at + 2;
	while (view.getUint8(at++) >= 0x80);
	return at;
}

/** Where the value of the `nth` such property of `[at, end)` begins, its length first where it has one; 0: there is none. */
export function findProperty(view: DataView, at: number, end: number, property: number, nth: number): number {
	for (; at < end; at = afterProperty(view, at))
		if (view.getUint8(at) === property && nth-- === 0) return at + 1;
	return 0;
}

/** What is left out to make a packet short enough, in this order. */
export const enum Leave {
	Nothing = 0,
	ReasonString = 1,
	UserProperties = 2,
	All = 3,
}

/**
 * What of the properties `[start, end)` has to be left out, so that they take `room` bytes at most, with their length in front:
 * the reason string [5.0 MQTT-3.4.2-2 and its kin], then the user properties [5.0 MQTT-3.4.2-3 and its kin], then the rest.
 */
export function leaveOut(view: DataView, start: number, end: number, room: number): Leave {
	let leave = Leave.Nothing;
	for (; leave < Leave.All; leave++) {
		const length = lengthWithout(view, start, end, leave);
		if (varintSize(length) + length <= room) break;
	}
	return leave;
}

/** Bytes of the properties `[start, end)` without those. */
export function lengthWithout(view: DataView, start: number, end: number, leave: Leave): number {
	if (leave === Leave.Nothing) return end - start;
	let length = 0;
	for (let at = start, next = 0; at < end; at = next) {
		next = afterProperty(view, at);
		if (isKept(view.getUint8(at), leave)) length += next - at;
	}
	return length;
}

/** Writes the properties `[start, end)` at `to` without those, their length in front, and returns where they end. */
export function putSection(
	bytes: Uint8Array,
	view: DataView,
	to: number,
	start: number,
	end: number,
	leave: Leave,
): number {
	to = putVarint(bytes, to, lengthWithout(view, start, end, leave));
	if (leave === Leave.Nothing) {
		bytes.copyWithin(to, start, end);
		return to + end - start;
	}
	for (let at = start, next = 0; at < end; at = next) {
		next = afterProperty(view, at);
		if (!isKept(view.getUint8(at), leave)) continue;
		bytes.copyWithin(to, at, next);
		to += next - at;
	}
	return to;
}

function isKept(property: number, leave: Leave): boolean {
	if (property === Property.ReasonString) return false;
	return (
		leave === Leave.ReasonString || (leave === Leave.UserProperties && property !== Property.UserProperty)
	);
}
