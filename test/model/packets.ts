// SPDX-License-Identifier: MIT
/** The few packets that the model knows, as numbers, and their bytes in both versions: written without the client's codec. */

/** Types of packets. */
export const enum T {
	Connect = 1,
	Connack = 2,
	Publish = 3,
	Puback = 4,
	Pubrec = 5,
	Pubrel = 6,
	Pubcomp = 7,
	Pingreq = 12,
	Disconnect = 14,
}

export const DUP = 8;
/** The broker does not want a message: Quota exceeded. */
export const NO = 0x97;
/** Nobody knows the identifier. */
export const UNKNOWN = 0x92;

/** type u4, flags u4, message u4, reason u8, identifier u8. Flags of CONNECT: Clean Start; of CONNACK: Session Present. */
export function pack(type: T, id: number, reason = 0, flags = 0, message = 0): number {
	return (type << 24) | (flags << 20) | (message << 16) | (reason << 8) | id;
}

export const typeOf = (packet: number): T => packet >> 24;
export const flagsOf = (packet: number): number => (packet >> 20) & 15;
export const messageOf = (packet: number): number => (packet >> 16) & 15;
export const reasonOf = (packet: number): number => (packet >> 8) & 0xff;
export const idOf = (packet: number): number => packet & 0xff;
export const qosOf = (packet: number): number => (flagsOf(packet) >> 1) & 3;
export const isDup = (packet: number): boolean => (flagsOf(packet) & DUP) !== 0;

const NAMES = "0,CONNECT,CONNACK,PUBLISH,PUBACK,PUBREC,PUBREL,PUBCOMP,,,,,PINGREQ,,DISCONNECT".split(",");

/** `PUBLISH 2 #1 q2 dup`, `PUBREC #1 0x97`. */
export function say(packet: number): string {
	const words: (string | number)[] = [NAMES[typeOf(packet)]];
	if (typeOf(packet) === T.Publish) words.push(messageOf(packet));
	if (typeOf(packet) === T.Connack) words.push(flagsOf(packet) === 1 ? "present" : "new");
	if (idOf(packet) > 0) words.push(`#${idOf(packet)}`);
	if (typeOf(packet) === T.Publish) words.push(`q${qosOf(packet)}`);
	if (typeOf(packet) === T.Publish && isDup(packet)) words.push("dup");
	if (reasonOf(packet) > 0) words.push(`0x${reasonOf(packet).toString(16)}`);
	return words.join(" ");
}

/** Appends the bytes of a packet of the broker. The topic is always `t`, the payload one byte: which message it is. */
export function put(bytes: number[], packet: number, version: 4 | 5, receiveMaximum: number): void {
	const type = typeOf(packet);
	const id = idOf(packet);
	const five = version === 5;
	if (type === T.Connack) {
		const properties = five ? [3, 0x21, 0, receiveMaximum] : [];
		bytes.push(0x20, 2 + properties.length, flagsOf(packet), 0, ...properties);
	} else if (type === T.Publish) {
		bytes.push(0x30 | flagsOf(packet), five ? 7 : 6, 0, 1, 0x74, 0, id);
		if (five) bytes.push(0);
		bytes.push(messageOf(packet));
	} else {
		const reason = reasonOf(packet);
		bytes.push((type << 4) | (type === T.Pubrel ? 2 : 0), reason === 0 ? 2 : 3, 0, id);
		if (reason > 0) bytes.push(reason);
	}
}

/** Takes what the client wrote in one go apart. Nothing that it writes here is longer than 127 bytes. */
export function take(
	bytes: Uint8Array,
	start: number,
	end: number,
	five: boolean,
	to: (packet: number) => void,
): void {
	let at = start;
	while (at < end) {
		const type: T = bytes[at] >> 4;
		const flags = bytes[at] & 15;
		const body = at + 2;
		const length = bytes[at + 1];
		at = body + length;
		if (length > 127 || at > end)
			throw new Error(`the client wrote half a packet: ${bytes.slice(start, end)}`);
		if (type === T.Publish) {
			const id = (flags & 6) === 0 ? 0 : bytes[body + 4];
			to(pack(type, id, 0, flags, bytes[at - 1]));
		} else if (type === T.Connect) to(pack(type, 0, 0, (bytes[body + 7] >> 1) & 1));
		else if (type === T.Pingreq || type === T.Disconnect) to(pack(type, 0));
		else if (type >= T.Puback && type <= T.Pubcomp && flags === (type === T.Pubrel ? 2 : 0)) {
			if (!five && length !== 2) throw new Error(`${NAMES[type]} of ${length} bytes in 3.1.1`);
			to(pack(type, bytes[body + 1], length > 2 ? bytes[body + 2] : 0));
		} else throw new Error(`the client wrote a packet of type ${type}, flags ${flags}`);
	}
}
