// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { Lamp } from "../../../firmware/drivers/lamp.js";
import { VirtualClock, World } from "../../../simulator/world.js";

function rig(lit: number) {
	const world = new World({ seed: 1 });
	const levels: number[] = [];
	const options: unknown[] = [];
	class Digital {
		static readonly Output = 8;
		constructor(given: { pin: number; mode: number }) {
			options.push(given);
		}
		write(level: number): void {
			levels.push(level);
		}
	}
	const lamp = new Lamp({ io: Digital, clock: new VirtualClock(world), pin: 2, lit });
	return { lamp, levels, options, pass: (ms: number) => world.run(world.now + ms) };
}

it.each([0, 1])("is dark, blinks for five seconds, and is dark again (lit at %i)", (lit) => {
	const { lamp, levels, options, pass } = rig(lit);
	expect(options).toEqual([{ pin: 2, mode: 8 }]);
	expect(levels).toEqual([1 - lit]);
	lamp.identify();
	expect(levels.at(-1)).toBe(lit);
	pass(4_800);
	expect(levels.length).toBe(1 + 39);
	pass(10_000);
	expect(levels.length).toBe(1 + 40);
	expect(levels.at(-1)).toBe(1 - lit);
	for (let i = 1; i < levels.length; i++) expect(levels[i]).not.toBe(levels[i - 1]);
});

it("begins anew when it is asked again, and ends dark whenever that is", () => {
	for (const after of [0, 100, 130, 1_000, 4_900, 6_000]) {
		const { lamp, levels, pass } = rig(1);
		lamp.identify();
		pass(after);
		lamp.identify();
		pass(4_700);
		expect(levels.length).toBeGreaterThan(37);
		pass(10_000);
		expect(levels.at(-1)).toBe(0);
		const { length } = levels;
		pass(10_000);
		expect(levels.length).toBe(length);
	}
});
