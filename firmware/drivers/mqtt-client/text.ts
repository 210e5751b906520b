// SPDX-License-Identifier: MIT
import type { Bytes, Platform } from "./types.js";

/** Text as UTF-8; bytes as they are, whatever their view. Throws for anything else, and for more than 65,535 of them. */
export function bytesOf(what: string | Bytes, platform: Platform): Uint8Array {
	const bytes =
		typeof what === "string"
			? new Uint8Array(platform.encode(what))
			: what instanceof Uint8Array
				? what
				: ArrayBuffer.isView(what)
					? new Uint8Array(what.buffer, what.byteOffset, what.byteLength)
					: what instanceof ArrayBuffer
						? new Uint8Array(what)
						: undefined;
	if (bytes === undefined) throw new TypeError("text or bytes expected");
	if (bytes.length > 0xffff) throw new RangeError("longer than 65535 bytes");
	return bytes;
}

/** A topic or a filter. Throws when it is none. */
export function topicOf(
	what: string | Bytes | undefined,
	wildcards: boolean,
	platform: Platform,
): Uint8Array {
	if (what === undefined) throw new TypeError("topic expected");
	const bytes = bytesOf(what, platform);
	if (bytes.length === 0) throw new RangeError("empty topic"); // [MQTT-4.7.3-1]
	if (bytes.indexOf(0) >= 0) throw new RangeError("topic with U+0000"); // [MQTT-4.7.3-2]
	// [MQTT-3.3.2-2]
	if (!wildcards && (bytes.indexOf(0x23) >= 0 || bytes.indexOf(0x2b) >= 0))
		throw new RangeError("wildcard in the topic of a message");
	return bytes;
}

/** Throws unless it is 0, 1 or 2 [MQTT-3.3.1-4, MQTT-3.8.3-4]. */
export function qosOf(qos: number | undefined): number {
	if (qos === undefined) return 0;
	if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError("QoS is 0, 1 or 2");
	return qos;
}
