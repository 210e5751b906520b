// SPDX-License-Identifier: MIT
/** Records on bits that read well in one life and not in another: what a life has found is so for all later ones. */
import { describe, expect, test } from "vitest";
import { Cut, NorFlash } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world/random.js";
import { Life } from "./lives.js";

/** Bits that a cut has left take another value at each boot, those of one command mostly the same. */
function flashOf(seed: number): NorFlash {
	return new NorFlash({ sectors: 6, unstable: "together", random: new SeededRandom(seed, "flash") });
}

/** A life that has written nothing but its beginning and one record, that identifier 3 is taken; that was cut short. */
function tornBy(cut: Cut, flash: NorFlash): void {
	new Life(flash).open();
	const life = new Life(flash);
	life.open();
	flash.arm(1, cut);
	life.store.openInbound(3, life.content("txyz"));
	life.store.commit();
	expect(flash.dead).toBe(true);
}

/** The next life, cut at its `nth` command or when it has begun. Returns whether it found 3 taken; undefined: it was cut. */
function next(flash: NorFlash, nth = 0, cut: Cut = Cut.Ghost): boolean | undefined {
	flash.reboot();
	if (nth > 0) flash.arm(nth, cut);
	const life = new Life(flash);
	life.open();
	const found = flash.dead ? undefined : life.store.inbound(3);
	if (!flash.dead) flash.powerOff();
	return found;
}

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

describe("What a life has found is so for all later ones", () => {
	test("when it has found no trace of what was cut short, and done nothing itself", () => {
		for (const seed of seeds) {
			const flash = flashOf(seed);
			tornBy(Cut.Ghost, flash);
			const found = Array.from({ length: 5 }, () => next(flash));
			expect(found, `seed ${seed}`).toEqual([false, false, false, false, false]);
		}
	});

	test("when it has found what was cut short, and written it again", () => {
		for (const seed of seeds) {
			const flash = flashOf(seed);
			tornBy(Cut.Weak, flash);
			const found = Array.from({ length: 5 }, () => next(flash));
			expect(found, `seed ${seed}`).toEqual([true, true, true, true, true]);
		}
	});

	test("when the life before it had found that, too, and was cut writing it again", () => {
		let without = 0;
		for (const seed of seeds) {
			const flash = flashOf(seed);
			tornBy(Cut.Weak, flash);
			expect(next(flash, 3, Cut.Ghost)).toBeUndefined(); // two marks, then the copy
			const found = Array.from({ length: 5 }, () => next(flash));
			expect(new Set(found).size, `seed ${seed}: ${found}`).toBe(1);
			if (found[0] === false) without++;
		}
		expect(without).toBeGreaterThan(0);
		expect(without).toBeLessThan(seeds.length);
	});
});
