// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { PluggedFlash, type Torn } from "../../../simulator/board/index.js";
import { NodeFlash } from "../../../simulator/node/index.js";
import { SeededRandom } from "../../../simulator/world.js";

function plugged(seed: number) {
	const inner = new NodeFlash({ size: 8192 });
	const flash = new PluggedFlash(inner, new SeededRandom(seed));
	const cuts: Torn[] = [];
	flash.onCut = (torn) => cuts.push(torn);
	const at = (offset: number, length: number) => {
		const view = new Uint8Array(length);
		inner.read(view, offset);
		return view;
	};
	return { inner, flash, cuts, at };
}

const zeros = new Uint8Array(32);

describe("a flash with a plug", () => {
	it("is the flash inside as long as nobody pulls it", () => {
		const { inner, flash, cuts, at } = plugged(1);
		expect(flash.status()).toEqual(inner.status());
		flash.write(zeros, 100);
		expect(at(100, 32)).toEqual(zeros);
		const view = new Uint8Array(33);
		flash.read(view, 100);
		expect(view[32]).toBe(0xff);
		flash.eraseBlock(0);
		expect(at(100, 1)[0]).toBe(0xff);
		expect(cuts).toEqual([]);
	});

	it.each(Array.from({ length: 20 }, (_, i) => i))(
		"tears a write: a part is there, and one byte half (seed %i)",
		(seed) => {
			const { flash, cuts, at } = plugged(seed);
			flash.arm(2);
			flash.write(zeros, 0);
			expect(() => flash.write(zeros, 32)).toThrow("power");
			expect(cuts).toEqual(["write"]);
			expect(at(0, 32)).toEqual(zeros);
			const torn = at(32, 32);
			const whole = torn.findIndex((byte) => byte !== 0);
			if (whole >= 0) expect([...torn.subarray(whole + 1)].every((byte) => byte === 0xff)).toBe(true);
			// Without power nothing works, and with it everything does again.
			for (const call of [
				() => flash.read(new Uint8Array(1), 0),
				() => flash.write(zeros, 64),
				() => flash.eraseBlock(0),
			])
				expect(call).toThrow("power");
			flash.powerOn();
			flash.write(zeros, 64);
			expect(at(64, 32)).toEqual(zeros);
		},
	);

	it("tears an erase: nothing, everything or some of the bits", () => {
		const outcomes = new Set<string>();
		for (let seed = 0; seed < 30; seed++) {
			const { flash, cuts, at } = plugged(seed);
			flash.write(new Uint8Array(4096), 4096);
			flash.arm(1);
			expect(() => flash.eraseBlock(1)).toThrow("power");
			expect(cuts).toEqual(["erase"]);
			const block = at(4096, 4096);
			if (block.every((byte) => byte === 0)) outcomes.add("nothing");
			else if (block.every((byte) => byte === 0xff)) outcomes.add("everything");
			else outcomes.add("some");
		}
		expect([...outcomes].sort()).toEqual(["everything", "nothing", "some"]);
	});

	it("can be told otherwise before it happens", () => {
		const { flash, cuts } = plugged(1);
		flash.arm(1);
		flash.arm(0);
		flash.write(zeros, 0);
		flash.arm(1);
		flash.powerOff();
		flash.powerOn();
		flash.write(zeros, 32);
		expect(cuts).toEqual([]);
	});
});
