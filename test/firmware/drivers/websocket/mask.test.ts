// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { Mask } from "../../../../firmware/drivers/websocket/mask.js";
import { SeededRandom } from "../../../../simulator/node/index.js";
import { patterned } from "../../../contract/ends.js";

/** RFC 6455, section 5.3, to the letter. */
function reference(bytes: Uint8Array, start: number, end: number, key: number): Uint8Array {
	const out = bytes.slice();
	for (let i = start; i < end; i++) out[i] ^= (key >>> (((i - start) % 4) * 8)) & 255;
	return out;
}

test.each([0, 1, 2, 3])("every range of a block that begins %i bytes off a word", (skew) => {
	const random = new SeededRandom(skew + 1);
	const whole = new Uint8Array(skew + 37);
	const bytes = whole.subarray(skew);
	const mask = new Mask();
	const plain = patterned(bytes.length);
	const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
	for (let start = 0; start <= bytes.length; start++) {
		for (let end = start; end <= bytes.length; end++) {
			mask.key = (random.below(0x10000) << 16) | random.below(0x10000);
			bytes.set(plain);
			mask.toggle(bytes, start, end);
			if (!same(bytes, reference(plain, start, end, mask.key))) expect.fail(`masked ${start}..${end}`);
			mask.toggle(bytes, start, end);
			if (!same(bytes, plain)) expect.fail(`unmasked ${start}..${end}`);
		}
	}
});

test("one block after the other, also one that is too short for a word", () => {
	const mask = new Mask();
	mask.key = 0x04030201;
	const blocks = [new Uint8Array(2), new Uint8Array(9), new Uint8Array(1), new Uint8Array(0)];
	for (const block of [...blocks, ...blocks]) mask.toggle(block, 0, block.length);
	expect(blocks.every((block) => block.every((byte) => byte === 0))).toBe(true);
	mask.toggle(blocks[1], 1, 9);
	expect([...blocks[1]]).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4]);
});
