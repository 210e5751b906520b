// SPDX-License-Identifier: MIT
/** Variable byte integers [MQTT-1.5.5], 1 to 4 bytes. Imports nothing. */

/** What {@link varintAt} says when there is no value. */
export const enum Varint {
	/** The bytes end before the integer does. */
	Incomplete = -1,
	/** Five bytes, or more of them than the value needs [MQTT-1.5.5-1]. */
	Malformed = -2,
}

/** How many bytes the variable byte integer of `value` has, 1 to 4. */
export function varintSize(value: number): number {
	if (value < 0x80) return 1;
	if (value < 0x4000) return 2;
	return value < 0x20_0000 ? 3 : 4;
}

/** Writes `value` (0 to 268,435,455) at `at` in the shortest form [MQTT-1.5.5-1] and returns where it ends. The room is the caller's care. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
	while (value >= 0x80) {
		bytes[at++] = (value & 0x7f) | 0x80;
		value >>>= 7;
	}
	bytes[at++] = value;
	return at;
}

/**
 * The integer at `at`, before `end`; or a {@link Varint}. With `minimal` false more bytes than needed are taken as well:
 * 3.1.1 describes the short form (2.2.3) but demands it nowhere, and its decoding algorithm takes the others.
 */
export function varintAt(view: DataView, at: number, end: number, minimal: boolean): number {
	let value = 0;
	for (let shift = 0; shift < 28; shift += 7) {
		if (at >= end) return Varint.Incomplete;
		const byte = view.getUint8(at++);
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80) return minimal && byte === 0 && shift > 0 ? Varint.Malformed : value;
	}
	return Varint.Malformed;
}
