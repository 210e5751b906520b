// SPDX-License-Identifier: MIT
/**
 * What a server may send, made from the grammar of both standards. A packet is `{ type, flags, id, reason, present, topic, properties: [[id, bytes]], codes, payload, form }`; {@link encode} makes its bytes.
 */

/** Property → how its value is written, and the packets of a server in which it is legal [5.0, 2.2.2.2]. */
// biome-ignore format: a table
export const PROPERTIES = [
	[0x01, "flag", [3]], [0x02, "u32", [3]], [0x03, "text", [3]], [0x08, "topic", [3]], [0x09, "data", [3]],
	[0x0b, "varint", [3]], [0x11, "u32", [2]], [0x12, "text", [2]], [0x13, "u16", [2]], [0x15, "text", [2, 15]],
	[0x16, "data", [2, 15]], [0x1a, "text", [2]], [0x1c, "text", [2, 14]], [0x1f, "text", [2, 4, 5, 6, 7, 9, 11, 14, 15]],
	[0x21, "u16", [2]], [0x22, "u16", [2]], [0x23, "u16", [3]], [0x24, "flag", [2]], [0x25, "flag", [2]],
	[0x26, "pair", [2, 3, 4, 5, 6, 7, 9, 11, 14, 15]], [0x27, "u32", [2]], [0x28, "flag", [2]], [0x29, "flag", [2]],
	[0x2a, "flag", [2]],
];
export const ALL_IDS = [...PROPERTIES.map(([id]) => id), 0x17, 0x18, 0x19];
export const MANY = new Set([0x0b, 0x26]);
export const NO_ZERO = new Set([0x0b, 0x21, 0x23, 0x27]);

/** Packet type → the reasons that a server may give in 5.0; SUBACK and UNSUBACK: one for each filter. */
// biome-ignore format: a table
const REASONS = {
	2: [0, 0x80, 0x84, 0x87, 0x88, 0x95, 0x9c, 0x9d, 0x9f],
	4: [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], 5: [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
	6: [0, 0x92], 7: [0, 0x92],
	9: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2], 11: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
	14: [0, 0x80, 0x81, 0x82, 0x8b, 0x8d, 0x8e, 0x93, 0x95, 0x98, 0x9c, 0x9d, 0xa0, 0xa1, 0xa2], 15: [0, 0x18],
};
const TYPES3 = [2, 3, 3, 3, 4, 5, 6, 7, 9, 11, 13];
const TYPES5 = [...TYPES3, 14, 15];
const WITH_ID = new Set([4, 5, 6, 7, 9, 11]);
const TEXTS = ["a", "in/a", "sensors/1/temperature", "é", "日本/語", "😀", "\ufeffx", "x".repeat(70)];

export const utf8 = new TextEncoder();
export const pick = (random, list) => list[random(list.length)];
export const u16 = (n) => [n >> 8, n & 255];
const u32 = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
export const counted = (bytes) => [...u16(bytes.length), ...bytes];

export function varint(n) {
	const out = [];
	do {
		out.push(n > 127 ? (n & 127) | 128 : n);
		n >>>= 7;
	} while (n > 0);
	return out;
}

export function propertyValue(random, kind, id) {
	const least = NO_ZERO.has(id) ? 1 : 0;
	switch (kind) {
		case "flag":
			return [random(2)];
		case "u16":
			return u16(id === 0x23 ? 1 + random(5) : least + random(0x10000 - least));
		case "u32":
			return u32(least + random(0x7fffffff));
		case "varint":
			return varint(pick(random, [1, 127, 128, 16_384, 268_435_455]));
		case "pair":
			return [
				...counted(utf8.encode(pick(random, TEXTS))),
				...counted(utf8.encode(random(3) ? pick(random, TEXTS) : "")),
			];
		case "data":
			return counted(Array.from({ length: random(6) }, () => random(256)));
		default:
			return counted(utf8.encode(pick(random, TEXTS)));
	}
}

function propertiesOf(random, type) {
	const out = [];
	if (random(3) === 0 && type !== 15) return out;
	for (const [id, kind, types] of PROPERTIES)
		if (types.includes(type) && random(4) === 0)
			for (let n = MANY.has(id) ? 1 + random(3) : 1; n > 0; n--)
				out.push([id, propertyValue(random, kind, id)]);
	if (type === 15 && !out.some(([id]) => id === 0x15)) out.push([0x15, counted(utf8.encode("SCRAM"))]);
	return out;
}

/** One that a server may send. */
export function packetOf(random, version5) {
	const type = pick(random, version5 ? TYPES5 : TYPES3);
	const packet = {
		type,
		version5,
		flags: type === 6 ? 2 : 0,
		id: 0,
		reason: 0,
		present: 0,
		topic: [],
		codes: [],
		payload: [],
	};
	packet.properties = version5 && type !== 13 ? propertiesOf(random, type) : [];
	if (type === 3) {
		const qos = random(3);
		packet.flags = (qos << 1) | random(2) | (qos > 0 ? random(2) << 3 : 0);
		packet.topic = [...utf8.encode(pick(random, TEXTS))];
		packet.payload = Array.from({ length: pick(random, [0, 1, 5, 120, 200]) }, () => random(256));
		if (qos > 0) packet.id = 1 + random(65_535);
		if (packet.properties.some(([id]) => id === 0x23) && random(3) === 0) packet.topic = [];
	} else if (WITH_ID.has(type)) packet.id = 1 + random(65_535);
	if (version5 && REASONS[type] !== undefined) packet.reason = pick(random, REASONS[type]);
	if (type === 2) {
		if (!version5) packet.reason = random(6);
		packet.present = packet.reason === 0 ? random(2) : 0;
	}
	if (type === 9 || (type === 11 && version5))
		packet.codes = Array.from({ length: 1 + random(4) }, () =>
			version5 ? pick(random, REASONS[type]) : pick(random, [0, 1, 2, 0x80]),
		);
	packet.short = shortOf(random, packet);
	return packet;
}

/** What may be left out of the end: 0 nothing, 1 the properties, 2 the reason too. */
function shortOf(random, { type, version5, properties, reason }) {
	if (!version5 || properties.length > 0 || ![4, 5, 6, 7, 14, 15].includes(type)) return version5 ? 0 : 2;
	if (type === 15) return 0;
	return reason === 0 ? random(3) : random(2);
}

function propertyBytes({ properties }) {
	const bytes = properties.flatMap(([id, value]) => [id, ...value]);
	return [...varint(bytes.length), ...bytes];
}

/** What stands behind the fixed header. */
export function bodyOf(packet) {
	const { type, version5, id, reason, present, topic, codes, payload, short, flags } = packet;
	const properties = version5 ? propertyBytes(packet) : [];
	const tail = short === 2 ? [] : short === 1 ? [reason] : [reason, ...properties];
	switch (type) {
		case 2:
			return version5 ? [present, reason, ...properties] : [present, reason];
		case 3:
			return [...counted(topic), ...((flags & 6) !== 0 ? u16(id) : []), ...properties, ...payload];
		case 9:
		case 11:
			return [...u16(id), ...properties, ...codes];
		case 13:
			return [];
		case 14:
		case 15:
			return tail;
		default:
			return [...u16(id), ...tail];
	}
}

export function encode(packet) {
	const body = packet.body ?? bodyOf(packet);
	return Uint8Array.from([
		(packet.type << 4) | packet.flags,
		...(packet.lengthBytes ?? varint(body.length)),
		...body,
	]);
}
