// SPDX-License-Identifier: MIT
/**
 * From what a BME280 measures to degrees, percent and pascals: the integer routines of the data sheet
 * (BST-BME280-DS002, section 4.2.3), those of 64 bits for the pressure.
 *
 * No BigInt: a double holds every integer up to 2^53, and only two products of the pressure are longer. Those are taken
 * apart without losing a bit. Where the C of the data sheet would overflow, this does not.
 */

const enum Offset {
	/** Of 0x88 to 0xA1. */
	T1 = 0,
	T2 = 2,
	T3 = 4,
	P1 = 6,
	P2 = 8,
	P3 = 10,
	P4 = 12,
	P5 = 14,
	P6 = 16,
	P7 = 18,
	P8 = 20,
	P9 = 22,
	H1 = 25,
}

/** Bytes of calibration from 0x88 on, and from 0xE1 on. */
export const CALIBRATION_BYTES = 26;
export const CALIBRATION_H_BYTES = 7;

/** What a measurement holds in place of a value that was not measured. */
export const SKIPPED_20 = 0x80000;
export const SKIPPED_16 = 0x8000;

const PERCENT_100 = 419_430_400;
const TWO_47 = 2 ** 47;

export class Compensation {
	/** Hundredths of a degree Celsius. */
	temperature = 0;
	/** 256ths of a pascal. */
	pressure = 0;
	/** 1024ths of a percent of relative humidity. */
	humidity = 0;
	/** Temperature as the other two need it; 5120ths of a degree. */
	#fine = 0;
	/** T1 to T3, P1 to P9, H1 to H6, each at its number: an element costs a third of a field. */
	readonly #t = new Int32Array(4);
	readonly #p = new Int32Array(10);
	readonly #h = new Int32Array(7);

	/** Takes over what the sensor's own memory says of it. Returns whether it makes sense: blank memory does not. */
	load(bytes: Uint8Array, more: Uint8Array): boolean {
		const t = this.#t;
		const p = this.#p;
		const h = this.#h;
		t[1] = unsigned(bytes, Offset.T1);
		t[2] = signed(bytes, Offset.T2);
		t[3] = signed(bytes, Offset.T3);
		p[1] = unsigned(bytes, Offset.P1);
		for (let i = 2; i <= 9; i++) p[i] = signed(bytes, Offset.P1 + 2 * (i - 1));
		h[1] = bytes[Offset.H1];
		h[2] = signed(more, 0);
		h[3] = more[2];
		// Two signed numbers of 12 bits share the middle byte.
		h[4] = ((more[3] << 24) >> 20) | (more[4] & 0x0f);
		h[5] = ((more[5] << 24) >> 20) | (more[4] >> 4);
		h[6] = (more[6] << 24) >> 24;
		return t[1] !== 0 && t[1] !== 0xffff && p[1] !== 0 && p[1] !== 0xffff;
	}

	/** First: the other two depend on it. */
	setTemperature(adc: number): void {
		const t = this.#t;
		const a = floor(((adc >> 3) - (t[1] << 1)) * t[2], 2048);
		const b = (adc >> 4) - t[1];
		this.#fine = a + floor(floor(b * b, 4096) * t[3], 16_384);
		this.temperature = floor(this.#fine * 5 + 128, 256);
	}

	setPressure(adc: number): void {
		const p = this.#p;
		const fine = this.#fine - 128_000;
		const square = fine * fine;
		const offset = square * p[6] + fine * p[5] * 131_072 + p[4] * 34_359_738_368;
		const slope = TWO_47 + floor(square * p[3], 256) + fine * p[2] * 4096;
		// slope * P1 has 64 bits: 24 of them apart, the rest is exact, and the ones below cannot change the floor.
		const high = floor(slope, 16_777_216);
		const divisor = floor(high * p[1] + floor((slope - high * 16_777_216) * p[1], 16_777_216), 512);
		if (divisor === 0) {
			this.pressure = 0;
			return;
		}
		const dividend = (1_048_576 - adc) * 2_147_483_648 - offset;
		// dividend * 3125 has 64 bits, too: divided first, and what is left over after it.
		const whole = Math.trunc(dividend / divisor);
		const raw = whole * 3125 + Math.trunc(((dividend - whole * divisor) * 3125) / divisor);
		const part = floor(raw, 8192);
		const curve = floor(p[9] * part * part, 33_554_432) + floor(p[8] * raw, 524_288);
		this.pressure = floor(raw + curve, 256) + p[7] * 16;
	}

	setHumidity(adc: number): void {
		const h = this.#h;
		const fine = this.#fine - 76_800;
		const gain = floor(floor(fine * h[6], 1024) * (floor(fine * h[3], 2048) + 32_768), 1024);
		const slope = floor((gain + 2_097_152) * h[2] + 8192, 16_384);
		const raw = floor(adc * 16_384 - h[4] * 1_048_576 - h[5] * fine + 16_384, 32_768) * slope;
		const part = floor(raw, 32_768);
		const bent = raw - floor(floor(part * part, 128) * h[1], 16);
		const inside = bent < 0 ? 0 : bent > PERCENT_100 ? PERCENT_100 : bent;
		this.humidity = floor(inside, 4096);
	}
}

/** An arithmetic shift to the right, of numbers with more than 32 bits, too: the division by a power of two is exact. */
function floor(value: number, divisor: number): number {
	return Math.floor(value / divisor);
}

function unsigned(bytes: Uint8Array, at: number): number {
	return bytes[at] | (bytes[at + 1] << 8);
}

function signed(bytes: Uint8Array, at: number): number {
	return (unsigned(bytes, at) << 16) >> 16;
}
