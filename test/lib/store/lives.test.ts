// SPDX-License-Identifier: MIT
/** What survives: a store is opened again on the same flash. */
import { describe, expect, test } from "vitest";
import { StoreFault } from "../../../lib/ports.js";
import { MessageState } from "../../../lib/wire/record.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

const flashOf = (sectors = 16): NorFlash => new NorFlash({ sectors, reprogram: "throw" });

describe("A next life finds", () => {
	test("an empty store in a blank partition, and the same one again", () => {
		const flash = flashOf();
		const first = new Life(flash);
		expect(first.open()).toBe(1);
		expect([first.store.unclean, first.store.takeFault(), first.store.count]).toEqual([
			false,
			StoreFault.None,
			0,
		]);
		const second = new Life(flash);
		expect(second.open()).toBe(0);
		expect([second.store.established, second.store.unclean]).toEqual([true, true]);
		second.store.flush();
		const third = new Life(flash);
		expect(third.open()).toBe(0);
		expect(third.store.unclean).toBe(false);
	});

	test.each([
		["in order", true],
		["by a cut", false],
	])("messages in order, with their states, when the life before ended %s", (_, orderly) => {
		const flash = flashOf();
		const life = new Life(flash, { window: 2 });
		life.open();
		const numbers = [1, 2, 1, 2, 2, 1, 1].map((qos, i) =>
			life.put({ topic: `topic/${i}`, payload: "x".repeat(i * 40), qos }),
		);
		const { store } = life;
		store.mark(numbers[0], MessageState.AwaitAck);
		store.mark(numbers[1], MessageState.AwaitRec);
		expect(store.commit()).toBe(0);
		store.mark(numbers[0], MessageState.Done);
		store.mark(numbers[1], MessageState.AwaitComp);
		store.mark(numbers[2], MessageState.AwaitAck);
		store.mark(numbers[3], MessageState.AwaitRec);
		expect(store.commit()).toBe(0);
		if (orderly) store.flush();
		const after = new Life(flash, { window: 2 });
		expect(after.open()).toBe(0);
		expect(after.numbers()).toEqual(numbers.slice(1));
		// Of the window that was sent nothing is known for certain, of what is behind it that it was not sent.
		expect(after.numbers().map((n) => after.store.state(n))).toEqual([
			MessageState.AwaitComp,
			MessageState.AwaitAck,
			MessageState.AwaitRec,
			MessageState.DuePublish,
			MessageState.DuePublish,
			MessageState.DuePublish,
		]);
		for (const [i, number] of numbers.entries())
			if (i > 1) expect(after.read(number)).toBe(`topic/${i}=${"x".repeat(i * 40)}`);
		expect(after.store.unclean).toBe(!orderly);
		const next = after.put();
		expect(next).toBeGreaterThan(numbers[6]);
	});

	test("what was done is done, once that was flushed", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open();
		const numbers = Array.from({ length: 9 }, (_, i) => life.put({ payload: "y".repeat(300 + i) }));
		for (const number of numbers) life.store.mark(number, MessageState.AwaitAck);
		expect(life.store.commit()).toBe(0);
		for (const number of numbers) life.store.mark(number, MessageState.Done);
		life.store.flush();
		const after = new Life(flash);
		after.open();
		expect(after.numbers()).toEqual([]);
		expect(after.store.used).toBe(life.store.used);
		expect(after.put()).toBeGreaterThan(numbers[8]);
	});
});
