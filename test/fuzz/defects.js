// SPDX-License-Identifier: MIT
/** What can be wrong with a packet of grammar.js: one thing at a time. */
import {
	ALL_IDS,
	bodyOf,
	counted,
	MANY,
	NO_ZERO,
	PROPERTIES,
	pick,
	propertyValue,
	u16,
	utf8,
	varint,
} from "./grammar.js";

const BAD_TEXTS = [
	[0xc0, 0x80],
	[0xed, 0xa0, 0x80],
	[0],
	[0xf5, 0x80, 0x80, 0x80],
	[0x61, 0xc3],
	[0xe0, 0x80, 0x80],
	[0xff],
];
const textIds = PROPERTIES.filter(([, kind]) => kind === "text" || kind === "topic" || kind === "pair").map(
	([id]) => id,
);
const has = (packet, test) => packet.properties.findIndex(([id]) => test(id));

/**
 * What can be wrong. `spoil` changes a packet that `fits` and returns nothing, or false where it cannot; `faults` are the reasons
 * with which the link may be ended, all of them where any will do.
 */
export const DEFECTS = [
	{
		name: "reserved flags [2.1.3]",
		fits: ({ type }) => type !== 3,
		spoil: (p, random) => void (p.flags ^= 1 + random(15)),
		faults: [0x81],
	},
	{
		name: "QoS 3 [3.3.1.2]",
		fits: ({ type }) => type === 3,
		spoil: (p) => void (p.flags |= 6),
		faults: [0x81],
	},
	{
		name: "packet type 0",
		fits: () => true,
		spoil: (p) => void Object.assign(p, { body: bodyOf(p), type: 0 }),
		faults: [0x81],
	},
	{
		name: "a packet of clients",
		fits: () => true,
		spoil: (p, random) =>
			void Object.assign(p, {
				body: bodyOf(p),
				type: pick(random, p.version5 ? [1, 8, 10, 12] : [1, 8, 10, 12, 14, 15]),
			}),
		faults: [0x82],
	},
	{ name: "identifier 0 [2.2.1]", fits: ({ id }) => id !== 0, spoil: (p) => void (p.id = 0), faults: [0x82] },
	{
		name: "remaining length of five bytes [2.1.4]",
		fits: () => true,
		spoil: (p, random) => void (p.lengthBytes = [0x80, 0x80, 0x80, 0x80, 1 + random(127)]),
		faults: [0x81],
	},
	{
		name: "remaining length longer than need be [MQTT-1.5.5-1]",
		fits: ({ version5 }) => version5,
		spoil: (p) => {
			const length = varint(bodyOf(p).length);
			if (length.length === 4) return false;
			length[length.length - 1] |= 0x80;
			p.lengthBytes = [...length, 0];
		},
		faults: [0x81],
	},
	{
		name: "property length longer than need be [MQTT-1.5.5-1]",
		fits: ({ version5, type, short }) => version5 && type !== 13 && short === 0,
		spoil: (p) => {
			const text = bodyOf(p);
			const at = indexOfProperties(p);
			const digits = lengthDigits(text, at);
			const length = text.slice(at, at + digits);
			length[digits - 1] |= 0x80;
			p.body = [...text.slice(0, at), ...length, 0, ...text.slice(at + digits)];
		},
		faults: [0x81],
	},
	{
		name: "property length beyond the packet [2.2.2]",
		fits: ({ version5, type, short }) => version5 && type !== 13 && short === 0,
		spoil: (p, random) => {
			const text = bodyOf(p);
			const at = indexOfProperties(p);
			const rest = text.length - at - lengthDigits(text, at);
			p.body = [
				...text.slice(0, at),
				...varint(rest + 1 + random(100)),
				...text.slice(at + lengthDigits(text, at)),
			];
		},
		faults: [0x81],
	},
	{
		name: "an unknown property [2.2.2.2]",
		fits: ({ version5, type }) => version5 && type !== 13,
		spoil: (p, random) => {
			p.short = 0;
			p.properties.push([pick(random, [0, 4, 7, 10, 12, 16, 20, 27, 29, 32, 43, 127]), [random(2)]]);
		},
		faults: [0x81, 0x82],
	},
	{
		name: "a property of another packet [2.2.2.2]",
		fits: ({ version5, type }) => version5 && type !== 13,
		spoil: (p, random) => {
			const id = pick(random, ALL_IDS);
			const row = PROPERTIES.find(([known]) => known === id);
			if (row?.[2].includes(p.type)) return false;
			p.short = 0;
			p.properties.push([id, row === undefined ? [0, 0, 0, 1] : propertyValue(random, row[1], id)]);
		},
		faults: [0x81, 0x82],
	},
	{
		name: "a property twice [2.2.2.2]",
		fits: (p) => has(p, (id) => !MANY.has(id)) >= 0,
		spoil: (p) => {
			const again = p.properties[has(p, (id) => !MANY.has(id))];
			p.properties.push([again[0], [...again[1]]]);
		},
		faults: [0x82],
	},
	{
		name: "a switch that is 2 [3.2.2.3.4]",
		fits: (p) => has(p, (id) => PROPERTIES.some(([known, kind]) => known === id && kind === "flag")) >= 0,
		spoil: (p, random) => {
			const at = has(p, (id) => PROPERTIES.some(([known, kind]) => known === id && kind === "flag"));
			p.properties[at] = [p.properties[at][0], [2 + random(254)]];
		},
		faults: [0x82],
	},
	{
		name: "a zero that may be none [3.2.2.3.3, 3.2.2.3.6, 3.3.2.3.4, 3.3.2.3.8]",
		fits: (p) => has(p, (id) => NO_ZERO.has(id)) >= 0,
		spoil: (p) => {
			const at = has(p, (id) => NO_ZERO.has(id));
			const [id, value] = p.properties[at];
			p.properties[at] = [id, id === 0x0b ? [0] : value.map(() => 0)];
		},
		faults: [0x82, 0x94],
	},
	{
		name: "a string that is no UTF-8 [MQTT-1.5.4-1, MQTT-1.5.4-2]",
		fits: (p) => p.type === 3 || has(p, (id) => textIds.includes(id)) >= 0,
		spoil: (p, random) => {
			const bad = pick(random, BAD_TEXTS);
			const at = has(p, (id) => textIds.includes(id));
			if (at < 0 || (p.type === 3 && random(2))) p.topic = [0x61, ...bad];
			else
				p.properties[at] = [
					p.properties[at][0],
					[...counted([0x61, ...bad]), ...(p.properties[at][0] === 0x26 ? [0, 0] : [])],
				];
		},
		faults: [0x81],
	},
	{
		name: "a wildcard in a topic [MQTT-3.3.2-2, MQTT-3.3.2-14]",
		fits: ({ type }) => type === 3,
		spoil: (p, random) => {
			const topic = [...utf8.encode(pick(random, ["a/+", "#", "+/b", "a#b", "temperature/+"]))];
			const at = has(p, (id) => id === 8);
			if (at < 0 || random(2)) p.topic = topic;
			else p.properties[at] = [8, counted(topic)];
		},
		faults: [0x81, 0x82, 0x90],
	},
	{
		name: "no topic, and no alias [3.3.2.1]",
		fits: (p) => p.type === 3 && has(p, (id) => id === 0x23) < 0,
		spoil: (p) => void (p.topic = []),
		faults: [0x82],
	},
	{
		name: "an alias above what was announced [MQTT-3.1.2-26]",
		fits: (p) => has(p, (id) => id === 0x23) >= 0,
		spoil: (p, random) => void (p.properties[has(p, (id) => id === 0x23)] = [0x23, u16(6 + random(60_000))]),
		faults: [0x94],
	},
	{
		name: "a reason that this packet cannot have [2.4]",
		fits: ({ version5, type, short }) => version5 && short < 2 && [2, 4, 5, 6, 7, 14, 15].includes(type),
		spoil: (p, random) => void (p.reason = pick(random, [0x03, 0x05, 0x1f, 0x40, 0x7f, 0xa3, 0xc0, 0xff])),
		faults: [0x82],
	},
	{
		name: "a code that this packet cannot have [MQTT-3.9.3-2]",
		fits: ({ codes }) => codes.length > 0,
		spoil: (p, random) =>
			void (p.codes[random(p.codes.length)] = pick(random, [0x03, 0x10, 0x7f, 0x81, 0xa3, 0xff])),
		faults: [0x82],
	},
	{
		name: "no code [3.9.3]",
		fits: ({ codes }) => codes.length > 0,
		spoil: (p) => void (p.codes = []),
		faults: [0x81],
	},
	{
		name: "reserved bits of CONNACK [MQTT-3.2.2-1]",
		fits: ({ type }) => type === 2,
		spoil: (p, random) => void (p.present = 2 + random(254)),
		faults: [0x81],
	},
	{
		name: "a session with a refusal [MQTT-3.2.2-6]",
		fits: ({ type, reason }) => type === 2 && reason !== 0,
		spoil: (p) => void (p.present = 1),
		faults: [0x82],
	},
	{
		name: "bytes behind the end",
		fits: ({ type, version5, short }) =>
			![3, 9, 11].includes(type) && (!version5 || short === 0 || type === 13),
		spoil: (p, random) =>
			void (p.body = [...bodyOf(p), ...Array.from({ length: 1 + random(4) }, () => random(256))]),
		faults: [0x81, 0x82],
	},
	{
		name: "cut short",
		fits: ({ type }) => type !== 13,
		spoil: (p, random) => {
			const whole = bodyOf(p);
			const length = random(whole.length);
			if (isWhole(p, length)) return false;
			p.body = whole.slice(0, length);
		},
		faults: [0x81, 0x82],
	},
];

/** True when the first `length` bytes of the body may be a packet of their own: a shorter form, or a shorter payload. */
function isWhole(p, length) {
	const whole = bodyOf(p);
	if (length >= whole.length) return true;
	if (p.type === 3) return length >= whole.length - p.payload.length;
	if (p.type === 9 || p.type === 11) return p.codes.length > 0 && length > whole.length - p.codes.length;
	if (p.type === 2) return p.version5 && length === 2 && whole[1] !== 0; // as 3.1.1 answers
	if (p.type === 14) return length <= 1;
	if (p.type === 15) return length === 0;
	return p.version5 && (length === 2 || length === 3);
}

/** Where the length of the properties stands in the body. */
function indexOfProperties({ type, topic, flags }) {
	if (type === 3) return 2 + topic.length + ((flags & 6) !== 0 ? 2 : 0);
	if (type === 9 || type === 11) return 2;
	return type === 2 ? 2 : type >= 14 ? 1 : 3;
}

function lengthDigits(body, at) {
	let digits = 1;
	while (body[at + digits - 1] >= 0x80) digits++;
	return digits;
}
