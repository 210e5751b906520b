// SPDX-License-Identifier: MIT
/**
 * CRC-32 (reflected 0x04C11DB7, as in Ethernet), in signed arithmetic: on XS an `Int32Array` and `| 0` are 2.5 times as
 * fast as unsigned ones, because numbers above 2³¹ - 1 become floats there. The table is made once and is in ROM on a device.
 */
const TABLE: Readonly<Int32Array> = table();

function table(): Int32Array {
	const rows = new Int32Array(256);
	for (let n = 0; n < 256; n++) {
		let c = n;
		for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
		rows[n] = c;
	}
	return rows;
}

/** The CRC of `bytes[start]` to `bytes[end - 1]`, an int32. `seed` is 0, the CRC of what stood before, or where it stands. */
export function crc32(bytes: Uint8Array, start: number, end: number, seed: number): number {
	let crc = ~seed;
	for (let at = start; at < end; at++) crc = TABLE[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
	return ~crc;
}
