// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { xoshiro } from "../../simulator/world/random.js";
import { Scope, SeededRandom, VirtualClock, World } from "../../simulator/world.js";

describe("The queue of a world", () => {
	test("goes by time, then by insertion", () => {
		const world = new World();
		const seen: string[] = [];
		for (const [ms, name] of [
			[5, "c"],
			[1, "a"],
			[5, "d"],
			[0, "z"],
			[1, "b"],
		] as const) {
			world.after(ms, () => seen.push(`${name}${world.now}`));
		}
		world.run(4);
		expect(seen).toEqual(["z0", "a1", "b1"]);
		expect(world.now).toBe(4);
		world.run(5);
		expect(seen).toEqual(["z0", "a1", "b1", "c5", "d5"]);
		expect(world.step()).toBe(false);
	});

	test("a delay of 0 comes after all that is due now", () => {
		const world = new World();
		const seen: number[] = [];
		world.after(0, () => {
			seen.push(1);
			world.after(0, () => seen.push(3));
		});
		world.after(0, () => seen.push(2));
		world.run(0);
		expect(seen).toEqual([1, 2, 3]);
	});

	test("cancelled events leave nothing behind, and ten thousand random ones stay in order", () => {
		const world = new World({ seed: 3 });
		const random = world.random.fork("test");
		const times: number[] = [];
		const all = Array.from({ length: 10_000 }, () =>
			world.after(random.below(500), () => times.push(world.now)),
		);
		const cancelled = all.filter(() => random.chance(0.5));
		for (const scheduled of cancelled) {
			world.cancel(scheduled);
			world.cancel(scheduled);
		}
		expect(world.pending).toBe(10_000 - cancelled.length);
		world.run(500);
		for (const scheduled of all) world.cancel(scheduled);
		expect(times).toHaveLength(10_000 - cancelled.length);
		expect(times).toEqual(times.toSorted((a, b) => a - b));
	});

	test("runUntil stops at the event that makes it true, or at the limit", () => {
		const world = new World();
		let count = 0;
		for (let ms = 10; ms <= 50; ms += 10) world.after(ms, () => count++);
		expect(world.runUntil(() => count === 3, 1000)).toBe(true);
		expect(world.now).toBe(30);
		expect(world.runUntil(() => count === 9, 45)).toBe(false);
		expect(world.now).toBe(45);
		expect(world.runUntil(() => count === 9, Infinity)).toBe(false);
		expect(world.now).toBe(50);
	});

	test("a livelock fails, with seed and time", () => {
		const world = new World({ seed: 42, instantEventsMax: 1000 });
		const again = (): void => void world.after(0, again);
		world.after(7, again);
		expect(() => world.run(100)).toThrow(
			"livelock: more than 1000 events without time going on [seed 42, at 7 ms",
		);
	});

	test("the whole run is bounded, too", () => {
		const world = new World({ eventsMax: 100 });
		const again = (): void => void world.after(1, again);
		again();
		expect(() => world.runUntil(() => false, Infinity)).toThrow("more than 100 events");
	});

	test("what an event throws is told with seed and time, and kept as the cause", () => {
		const world = new World({ seed: 9 });
		const cause = new TypeError("broken");
		world.after(3, () => {
			throw cause;
		});
		let caught: Error | undefined;
		try {
			world.run(10);
		} catch (error) {
			caught = error as Error;
		}
		expect(caught?.message).toBe("broken [seed 9, at 3 ms, event 1]");
		expect(caught?.cause).toBe(cause);
	});

	test("a thousand timers that are moved to and fro fire once each, when and in the order in which they were set last", () => {
		const world = new World({ seed: 4 });
		const random = world.random.fork("test");
		const clock = new VirtualClock(world);
		const fired: [ms: number, timer: number][] = [];
		const timers = Array.from({ length: 1000 }, (_, at) =>
			clock.timer({ onAlarm: () => void fired.push([world.now, at]) }),
		);
		const wanted = new Map<number, number>();
		for (let round = 0; round < 5000; round++) {
			const at = random.below(1000);
			const ms = random.below(300);
			timers[at].arm(ms);
			wanted.delete(at); // what is set last stands behind its like
			wanted.set(at, ms);
		}
		expect(world.pending).toBe(wanted.size);
		world.run(300);
		expect(fired).toEqual([...wanted].map(([at, ms]) => [ms, at]).sort(([a], [b]) => a - b));
	});

	test("no delay runs backwards or for ever", () => {
		const world = new World();
		for (const ms of [-1, Number.NaN, Infinity])
			expect(() => world.after(ms, () => {})).toThrow("a delay of");
	});
});

describe("Seeded randomness", () => {
	test("is xoshiro128**: the reference's first values", () => {
		const state = { a: 1, b: 2, c: 3, d: 4 }; // the reference implementation's output for this state
		const drawn = Array.from({ length: 8 }, () => xoshiro(state));
		expect(drawn).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849]);
	});

	test("seeds mean the same draws for ever: a failing seed stays a failing seed", () => {
		const random = new SeededRandom(1).fork("board");
		expect([random.next(), random.next(), random.next()]).toEqual([1746684268, 2701254554, 3904171326]);
	});

	test("is even, and within its limit", () => {
		const random = new SeededRandom(5);
		const counts = new Array<number>(7).fill(0);
		for (let i = 0; i < 70_000; i++) counts[random.below(7)]++;
		for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
		for (let i = 0; i < 100; i++) expect(random.below(1)).toBe(0);
		for (let i = 0; i < 100; i++) expect(random.below(2 ** 31 - 1)).toBeLessThan(2 ** 31 - 1);
		expect(() => random.below(0)).toThrow(RangeError);
		expect(() => new SeededRandom(0.5)).toThrow(RangeError);
	});

	test("forks depend on the labels only, not on what others drew", () => {
		const one = new SeededRandom(11);
		const two = new SeededRandom(11);
		two.next();
		two.fork("newcomer").next();
		const draws = (random: SeededRandom): number[] => Array.from({ length: 5 }, () => random.next());
		expect(draws(one.fork("a").fork("b"))).toEqual(draws(two.fork("a").fork("b")));
		expect(draws(one.fork("a"))).not.toEqual(draws(one.fork("b")));
		expect(draws(new SeededRandom(12).fork("a"))).not.toEqual(draws(one.fork("a")));
	});
});

describe("A virtual clock", () => {
	test("wraps its ticks and keeps its seconds", () => {
		const world = new World();
		world.run(500);
		const clock = new VirtualClock(world, { ticks: 0x7fffffff - 1000, seconds: 5 });
		const start = clock.ticks;
		expect(start).toBe(0x7fffffff - 1000);
		world.run(2500);
		expect(clock.ticks).toBeLessThan(0);
		expect((clock.ticks - start) | 0).toBe(2000);
		expect(clock.seconds).toBe(7);
		clock.offsetMs = 3000;
		expect((clock.ticks - start) | 0).toBe(5000);
		expect(clock.seconds).toBe(10);
	});

	test("does not know the date until it is told, and may be wrong about it", () => {
		const world = new World({ epochMs: 1_000_000_000_000 });
		const clock = new VirtualClock(world);
		expect(clock.epochSeconds).toBe(0);
		clock.synchronise();
		world.run(1500);
		expect(clock.epochSeconds).toBe(1_000_000_001);
		clock.epochOffsetMs = -10_000;
		expect(clock.epochSeconds).toBe(999_999_991);
	});

	test("a timer wakes once, moves when it is armed again, and dies with its board", () => {
		const world = new World();
		const scope = new Scope();
		const clock = new VirtualClock(world, { scope });
		const alarms: number[] = [];
		const timer = clock.timer({ onAlarm: () => alarms.push(world.now) });
		timer.arm(10);
		timer.arm(20);
		world.run(100);
		expect(alarms).toEqual([20]);
		timer.arm(5);
		timer.disarm();
		timer.disarm();
		world.run(200);
		expect(alarms).toEqual([20]);
		timer.arm(5);
		expect(scope.size).toBe(1);
		scope.dispose();
		expect(world.pending).toBe(0);
		expect(() => timer.arm(1)).toThrow("no power");
	});
});
