// SPDX-License-Identifier: MIT
/**
 * CRC-32 (reflected 0x04C11DB7, as in Ethernet), in signed arithmetic: on XS an `Int32Array` and `| 0` are 2.5 times as
 * fast as unsigned ones, because numbers above 2³¹ - 1 become floats there. Four bytes at a time, by four tables: half the byte
 * codes of one at a time. The tables, 4 KiB, are made once and are in ROM on a device.
 */
const TABLE: Readonly<Int32Array> = table();
/** What a byte does to the CRC of the one, two, three bytes that follow it. */
const TABLE1: Readonly<Int32Array> = behind(TABLE);
const TABLE2: Readonly<Int32Array> = behind(TABLE1);
const TABLE3: Readonly<Int32Array> = behind(TABLE2);

function table(): Int32Array {
	const rows = new Int32Array(256);
	for (let n = 0; n < 256; n++) {
		let c = n;
		for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
		rows[n] = c;
	}
	return rows;
}

function behind(before: Readonly<Int32Array>): Int32Array {
	const rows = new Int32Array(256);
	for (let n = 0; n < 256; n++) rows[n] = TABLE[before[n] & 0xff] ^ (before[n] >>> 8);
	return rows;
}

/** The CRC of the bytes from `start` to `end - 1`, an int32. `seed` is 0, the CRC of what stood before, or where it stands. */
export function crc32(view: DataView, start: number, end: number, seed: number): number {
	let crc = ~seed;
	const tail = end - ((end - start) & 3);
	let at = start;
	while (at < tail) {
		crc ^= view.getInt32(at, true);
		crc = TABLE3[crc & 0xff] ^ TABLE2[(crc >> 8) & 0xff] ^ TABLE1[(crc >> 16) & 0xff] ^ TABLE[crc >>> 24];
		at += 4;
	}
	while (at < end) crc = TABLE[(crc ^ view.getUint8(at++)) & 0xff] ^ (crc >>> 8);
	return ~crc;
}
