// SPDX-License-Identifier: MIT
/** Random numbers of the hardware. */
import type { Random } from "../../lib/index.js";

/**
 * 32 random bits, by way of `Math.random`: on the ESP32 that is `esp_random` (the SDK's `xs/platforms/esp/xsHost.h` and
 * `xs/sources/xsMath.c`), the hardware's generator, whose numbers are truly random while the radio is on.
 */
export function randomWord(): number {
	return ((Math.random() * 0x10000) << 16) | (Math.random() * 0x10000);
}

/** A generator that is stuck must not stop the board. */
const DRAWS = 32;

/** Even numbers below any limit, from a source of 32-bit words, signed or not. */
export class DeviceRandom implements Random {
	readonly #word: () => number;

	constructor(word: () => number = randomWord) {
		this.#word = word;
	}

	below(limit: number): number {
		// Words above the last whole multiple of the limit would favour the small numbers: less than half of them.
		const most = 0x1_0000_0000 - (0x1_0000_0000 % limit);
		let word = this.#word() >>> 0;
		for (let i = 0; i < DRAWS && word >= most; i++) word = this.#word() >>> 0;
		return word % limit;
	}
}
