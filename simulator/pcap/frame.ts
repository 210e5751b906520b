// SPDX-License-Identifier: MIT
/** One TCP segment in an IPv4 packet in an Ethernet frame, checksums included (RFC 791, RFC 9293). */

const ETHERNET = 14;
const IP = 20;
const TCP = 20;
/** The option that says how long segments may be; with SYN only. */
const MSS_OPTION = 4;

/** What fits into one frame. */
export const MSS = 1460;
/** What a receiver has room for, as far as the frames say. */
const WINDOW = 65_535;

export const enum Flag {
	Fin = 0x01,
	Syn = 0x02,
	Rst = 0x04,
	Psh = 0x08,
	Ack = 0x10,
}

/** One end of a connection. */
export interface End {
	/** IPv4. */
	readonly address: number;
	readonly port: number;
	/** Of the next byte that it sends; wraps at 2³². */
	sequence: number;
	/** It has sent FIN. */
	finished: boolean;
}

const bytes = new Uint8Array(ETHERNET + IP + TCP + MSS_OPTION + MSS);
const view = new DataView(bytes.buffer);

/** Makes a frame. What is returned is valid until the next call. */
export function frame(from: End, to: End, flags: number, id: number, payload: Uint8Array): Uint8Array {
	const options = flags & Flag.Syn ? MSS_OPTION : 0;
	const segment = TCP + options + payload.length;
	const end = ETHERNET + IP + segment;
	hardware(0, to.address);
	hardware(6, from.address);
	view.setUint16(12, 0x0800);
	view.setUint16(14, 0x4500); // version 4, a header of five words
	view.setUint16(16, IP + segment);
	view.setUint16(18, id & 0xffff);
	view.setUint16(20, 0x4000); // not to be fragmented
	view.setUint16(22, 0x4006); // 64 hops; TCP
	view.setUint16(24, 0);
	view.setUint32(26, from.address);
	view.setUint32(30, to.address);
	view.setUint16(24, folded(sum(ETHERNET, ETHERNET + IP)));
	view.setUint16(34, from.port);
	view.setUint16(36, to.port);
	view.setUint32(38, from.sequence);
	view.setUint32(42, flags & Flag.Ack ? to.sequence : 0);
	view.setUint16(46, ((TCP + options) << 10) | flags);
	view.setUint16(48, WINDOW);
	view.setUint32(50, 0); // checksum, no urgent bytes
	if (options > 0) view.setUint32(54, (2 << 24) | (4 << 16) | MSS);
	bytes.set(payload, ETHERNET + IP + TCP + options);
	// The pseudo header: both addresses, the protocol, the length.
	view.setUint16(50, folded(sum(26, end) + 6 + segment));
	return bytes.subarray(0, end);
}

/** A locally administered address made of the IPv4 one. */
function hardware(at: number, address: number): void {
	view.setUint16(at, 0x0200);
	view.setUint32(at + 2, address);
}

/** Of 16 bit words. */
function sum(start: number, end: number): number {
	let total = 0;
	for (let at = start; at + 1 < end; at += 2) total += (bytes[at] << 8) | bytes[at + 1];
	return (end - start) % 2 === 1 ? total + (bytes[end - 1] << 8) : total;
}

/** The one's complement sum, complemented. */
function folded(total: number): number {
	const once = (total & 0xffff) + (total >>> 16);
	return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
