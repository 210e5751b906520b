// SPDX-License-Identifier: MIT
/**
 * Two further implementations of the BME280's compensation, to hold ours against: the C of the data sheet in BigInt, word by
 * word, and its formulas in floating point (BST-BME280-DS002, 4.2.3 and 8.1), which come from other code than the integers.
 */

import type { Calibration, Raw } from "./chips.js";

export interface Compensated {
	/** Hundredths of a degree, 256ths of a pascal, 1024ths of a percent. */
	readonly temperature: number;
	readonly pressure: number;
	readonly humidity: number;
}

/** With int64 throughout, and an error where the C, with its int32 in places, would overflow. */
export function integers({ T, P, H }: Calibration, raw: Raw): Compensated | "overflow" {
	let overflow = false;
	const int32 = (value: bigint): bigint => {
		if (BigInt.asIntN(32, value) !== value) overflow = true;
		return value;
	};
	const int64 = (value: bigint): bigint => {
		if (BigInt.asIntN(64, value) !== value) overflow = true;
		return value;
	};
	const [t1, t2, t3] = T.map(BigInt);
	const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = P.map(BigInt);
	const [h1, h2, h3, h4, h5, h6] = H.map(BigInt);

	const adcT = BigInt(raw.temperature);
	let var1 = int32(((adcT >> 3n) - (t1 << 1n)) * t2) >> 11n;
	let var2 = int32((int32(((adcT >> 4n) - t1) * ((adcT >> 4n) - t1)) >> 12n) * t3) >> 14n;
	const fine = var1 + var2;
	const temperature = (fine * 5n + 128n) >> 8n;

	var1 = fine - 128000n;
	var2 = int64(var1 * var1 * p6);
	var2 = int64(var2 + int64((var1 * p5) << 17n));
	var2 = int64(var2 + (p4 << 35n));
	var1 = int64((int64(var1 * var1 * p3) >> 8n) + int64((var1 * p2) << 12n));
	var1 = int64(((1n << 47n) + var1) * p1) >> 33n;
	let pressure = 0n;
	if (var1 !== 0n) {
		let p = 1048576n - BigInt(raw.pressure);
		p = int64(((p << 31n) - var2) * 3125n) / var1;
		const a = int64(p9 * (p >> 13n) * (p >> 13n)) >> 25n;
		const b = int64(p8 * p) >> 19n;
		pressure = ((p + a + b) >> 8n) + (p7 << 4n);
	}

	const v = fine - 76800n;
	const left = int32(int32((BigInt(raw.humidity) << 14n) - (h4 << 20n) - int32(h5 * v)) + 16384n) >> 15n;
	const gain = int32((int32(v * h6) >> 10n) * ((int32(v * h3) >> 11n) + 32768n)) >> 10n;
	let x = int32(left * (int32((gain + 2097152n) * h2 + 8192n) >> 14n));
	x = int32(x - (int32((((x >> 15n) * (x >> 15n)) >> 7n) * h1) >> 4n));
	x = x < 0n ? 0n : x > 419430400n ? 419430400n : x;
	if (overflow) return "overflow";
	return { temperature: Number(temperature), pressure: Number(pressure), humidity: Number(x >> 12n) };
}

/** Degrees, pascals, percent. */
export function floats({ T, P, H }: Calibration, raw: Raw): Compensated {
	const [t1, t2, t3] = T;
	const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = P;
	const [h1, h2, h3, h4, h5, h6] = H;
	const a = (raw.temperature / 16384 - t1 / 1024) * t2;
	const b = (raw.temperature / 131072 - t1 / 8192) ** 2 * t3;
	const fine = a + b;
	let var1 = fine / 2 - 64000;
	let var2 = (var1 * var1 * p6) / 32768;
	var2 += var1 * p5 * 2;
	var2 = var2 / 4 + p4 * 65536;
	var1 = ((p3 * var1 * var1) / 524288 + p2 * var1) / 524288;
	var1 = (1 + var1 / 32768) * p1;
	let pressure = 0;
	if (var1 !== 0) {
		const p = ((1048576 - raw.pressure - var2 / 4096) * 6250) / var1;
		pressure = p + ((p9 * p * p) / 2147483648 + (p * p8) / 32768 + p7) / 16;
	}
	const v = fine - 76800;
	let humidity =
		(raw.humidity - (h4 * 64 + (h5 / 16384) * v)) *
		((h2 / 65536) * (1 + (h6 / 67108864) * v * (1 + (h3 / 67108864) * v)));
	humidity *= 1 - (h1 * humidity) / 524288;
	return { temperature: fine / 5120, pressure, humidity: Math.max(0, Math.min(100, humidity)) };
}
