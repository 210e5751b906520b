// SPDX-License-Identifier: MIT
/** What survives: a store is opened again on the same flash. */
import { describe, expect, test } from "vitest";
import { StoreFault } from "../../../lib/ports.js";
import { MessageState, Trait } from "../../../lib/wire/record.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Hands, Life } from "./lives.js";

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

describe("A next life finds the session", () => {
	test("established or not, its number, its subscriptions, the assigned identifier, for that identity only", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open(5);
		const { store, arena } = life;
		arena.bytes.set(new TextEncoder().encode("assigned-id"), 0);
		store.assign(0, 11);
		store.subscribed = 0xdeadbeef;
		store.remember(2 ** 40 + 0.5);
		expect(store.commit()).toBe(0);
		store.flush();
		const after = new Life(flash);
		expect(after.open(5)).toBe(0);
		expect([after.store.established, after.store.remembered, after.store.subscribed]).toEqual([
			true,
			2 ** 40 + 0.5,
			0xdeadbeef,
		]);
		expect(after.store.assigned(100)).toBe(11);
		expect(new TextDecoder().decode(after.arena.bytes.slice(100, 111))).toBe("assigned-id");
		const other = new Life(flash);
		expect(other.store.open(6, 60)).toBe(1);
		expect([other.store.established, other.store.assigned(100), other.store.subscribed]).toEqual([
			false,
			0,
			0,
		]);
		expect(other.store.remembered).toBe(2 ** 40 + 0.5); // it is the application's
	});

	test("a foreign one keeps the messages, and what was exchanged is void once it is cleared", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open(5);
		const sent = life.put({ topic: "a" });
		const released = life.put({ topic: "b", qos: 2 });
		life.store.mark(sent, MessageState.AwaitAck);
		life.store.mark(released, MessageState.AwaitRec);
		life.store.mark(released, MessageState.AwaitComp);
		life.store.openInbound(3, life.content("txyz"));
		expect(life.store.commit()).toBe(0);
		const other = new Life(flash);
		expect(other.store.open(6, 60)).toBe(1);
		expect(other.numbers()).toEqual([sent, released]);
		other.store.clear(false);
		for (const now of [other, new Life(flash)]) {
			expect(now.store.open(6, 60)).toBe(0);
			expect(now.numbers()).toEqual([sent]);
			expect([now.store.state(sent), now.store.inbound(3), now.store.established]).toEqual([
				MessageState.DuePublish,
				false,
				false,
			]);
		}
	});

	test("inbound identifiers, and by its content whether one of them is meant", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open();
		for (const id of [1, 2, 65535]) expect(life.store.openInbound(id, life.content(`t${id}`))).toBe(0);
		life.store.remember(17);
		expect(life.store.commit()).toBe(0);
		life.store.closeInbound(2);
		expect(life.store.commit()).toBe(0);
		life.store.openInbound(9, life.content("t9"));
		life.store.remember(18); // neither of them is committed
		const after = new Life(flash);
		after.open();
		const { store } = after;
		expect([1, 2, 9, 65535].map((id) => store.inbound(id))).toEqual([true, false, false, true]);
		expect([store.inboundCount, store.remembered]).toEqual([2, 17]);
		expect(store.stale(1, after.content("t1"))).toBe(false);
		expect(store.stale(1, after.content("t2"))).toBe(true);
		expect(store.stale(1, after.content("t1 and more"))).toBe(true);
		// Taken anew it is of this life, and its number decides.
		store.openInbound(1, after.content("t2"));
		expect(store.stale(1, after.content("t1"))).toBe(false);
	});

	test("each number of the application's with its own identifier, when several come in one turn", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open();
		for (let id = 1; id <= 6; id++) {
			life.store.openInbound(id, life.content(`t${id}`));
			life.store.remember(id * 100);
		}
		// The sixth is not written yet, whatever became of the others.
		const copy = flashOf();
		copy.renew(flash.bytes.slice());
		const after = new Life(copy);
		after.open();
		const { inboundCount, remembered } = after.store;
		expect(inboundCount).toBeGreaterThan(0);
		expect(remembered).toBe(inboundCount * 100);
		expect(life.store.commit()).toBe(0);
		const last = new Life(flash);
		last.open();
		expect([last.store.inboundCount, last.store.remembered]).toEqual([6, 600]);
	});

	test("what the application asked for with a message", () => {
		const flash = flashOf();
		const life = new Life(flash);
		life.open();
		const traits = [
			Trait.DropOldest,
			Trait.KeepLatest,
			Trait.SettleWhenStored,
			Trait.DropOldest | Trait.KeepLatest,
		];
		const numbers = traits.map((one, i) =>
			life.put({ topic: `long/topic/of/thirty/bytes/${i}`, traits: one }),
		);
		const once = life.put({ qos: 0 });
		expect(life.store.traits(once)).toBe(Trait.Volatile);
		const after = new Life(flash);
		after.open();
		expect(after.numbers()).toEqual(numbers);
		expect(numbers.map((number) => after.store.traits(number))).toEqual(traits);
		expect(after.latest("long/topic/of/thirty/bytes/3")).toBe(numbers[3]);
		expect(after.latest("long/topic/of/thirty/bytes/4")).toBe(0);
		expect(after.store.waiting(Trait.DropOldest)).toBe(numbers[0]);
	});
});

describe("Numbers are given away once,", () => {
	test("also those of messages that did not survive but were sent", () => {
		const flash = flashOf();
		let highest = 0;
		for (let turn = 0; turn < 5; turn++) {
			const life = new Life(flash);
			life.open();
			for (let i = 0; i < 20; i++) {
				const number = life.put({ volatile: true });
				expect(number).toBeGreaterThan(highest);
				life.store.mark(number, MessageState.AwaitAck);
				expect(life.store.commit()).toBe(0);
				highest = number;
				life.store.mark(number, MessageState.Done);
			}
		}
	});

	test("and messages of both kinds stand in one order", () => {
		const life = new Life(flashOf());
		life.open();
		const numbers = [0, 1, 2, 0, 1].map((qos, i) => life.put({ qos, topic: `${i}`, volatile: i !== 1 }));
		expect(life.numbers()).toEqual(numbers);
		expect(numbers.map((number) => life.read(number))).toEqual(["0=", "1=", "2=", "3=", "4="]);
		life.store.mark(numbers[1], MessageState.Done);
		life.store.mark(numbers[3], MessageState.Done);
		expect(life.numbers()).toEqual([numbers[0], numbers[2], numbers[4]]);
	});
});

describe("A message is stale", () => {
	const at = (flash: NorFlash, seconds: number, epochSeconds: number): Life => {
		const clock = new Hands();
		Object.assign(clock, { seconds, epochSeconds });
		const life = new Life(flash, {}, {}, clock);
		life.open();
		return life;
	};

	test("at the time of day that was meant, whatever the clock of a later life counts", () => {
		const flash = flashOf();
		const life = at(flash, 500, 1_700_000_000);
		const number = life.put({ expires: 560 });
		expect(life.expires(number)).toBe(560);
		expect(at(flash, 3, 1_700_000_020).expires(number)).toBe(43);
		expect(at(flash, 3, 1_700_000_059).expires(number)).toBe(4);
		const late = at(flash, 3, 1_700_009_000);
		expect(late.expires(number)).toBe(3 + 60 - 9000);
	});

	test("as long after the start as it had to live, while the time of day is not known; then at its time", () => {
		const flash = flashOf();
		const number = at(flash, 500, 1_700_000_000).put({ expires: 560 });
		const life = at(flash, 3, 0);
		expect(life.expires(number)).toBe(63);
		Object.assign(life.clock, { seconds: 13, epochSeconds: 1_700_000_030 });
		life.put(); // so that it is read again
		expect(life.expires(number)).toBe(43);
	});

	test("after as long as it had to live, when the time of day was not known at first", () => {
		const flash = flashOf();
		const life = at(flash, 500, 0);
		const [short, long, never] = [
			life.put({ expires: 560 }),
			life.put({ expires: 500 + 1_000_000_000 }),
			life.put(),
		];
		expect([life.expires(short), life.expires(long), life.expires(never)]).toEqual([560, 1_000_000_500, 0]);
		const later = at(flash, 3, 1_700_000_000);
		expect([later.expires(short), later.expires(never)]).toEqual([63, 0]);
		const left = later.expires(long) - 3;
		expect(left).toBeGreaterThanOrEqual(1_000_000_000);
		expect(left).toBeLessThan(1_001_000_000); // eleven bits of it are kept
	});
});
