// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
	NodeClock,
	NodeMemory,
	NodeRandom,
	NodeSchedule,
	SeededRandom,
} from "../../../simulator/node/index.js";

const day = 86_400_000;

beforeEach(() => {
	vi.useFakeTimers({
		now: 1_700_000_000_000,
		toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance", "Date"],
	});
});

afterEach(() => {
	vi.useRealTimers();
});

describe("The clock of Node", () => {
	test("wraps its ticks and keeps its seconds", () => {
		const clock = new NodeClock({ ticks: 0x7fffffff - 5 });
		const start = clock.ticks;
		const seconds = clock.seconds;
		expect(start).toBe(0x7fffffff - 5);
		vi.advanceTimersByTime(10_000);
		expect(clock.ticks).toBeLessThan(0);
		expect((clock.ticks - start) | 0).toBe(10_000);
		expect(clock.seconds - seconds).toBe(10);
		expect(clock.epochSeconds).toBe(1_700_000_010);
	});

	test("wakes once, at the time armed last", () => {
		const clock = new NodeClock({ ticks: 0 });
		const alarms: number[] = [];
		const timer = clock.timer({ onAlarm: () => alarms.push(clock.ticks) });
		timer.arm(10);
		timer.arm(50);
		timer.arm(30);
		vi.advanceTimersByTime(1000);
		timer.arm(10);
		timer.arm(5);
		vi.advanceTimersByTime(1000);
		expect(alarms).toEqual([30, 1005]);
		timer.arm(10);
		timer.disarm();
		timer.disarm();
		vi.advanceTimersByTime(1000);
		expect(alarms).toHaveLength(2);
		expect(vi.getTimerCount()).toBe(0);
	});

	test("moving an alarm later sets no new timeout", () => {
		const timer = new NodeClock().timer({ onAlarm() {} });
		const spy = vi.spyOn(globalThis, "setTimeout");
		for (let ms = 1000; ms < 2000; ms++) timer.arm(ms);
		expect(spy).toHaveBeenCalledTimes(1);
		spy.mockRestore();
	});

	test("can be armed again inside the alarm", () => {
		const clock = new NodeClock({ ticks: 0 });
		const alarms: number[] = [];
		const timer = clock.timer({
			onAlarm() {
				alarms.push(clock.ticks);
				if (alarms.length < 3) timer.arm(100);
			},
		});
		timer.arm(0);
		vi.advanceTimersByTime(1000);
		expect(alarms).toEqual([0, 100, 200]);
	});

	test("waits longer than setTimeout can", () => {
		const clock = new NodeClock();
		let alarms = 0;
		clock.timer({ onAlarm: () => alarms++ }).arm(60 * day);
		vi.advanceTimersByTime(60 * day - 1);
		expect(alarms).toBe(0);
		vi.advanceTimersByTime(1);
		expect(alarms).toBe(1);
	});
});

describe("The schedule of Node", () => {
	test("runs at the time, at once, or not at all", () => {
		const schedule = new NodeSchedule();
		const seen: string[] = [];
		const note = (name: string) => () => seen.push(`${name}${schedule.now}`);
		schedule.after(20, note("b"));
		schedule.after(0, note("a"));
		const cancelled = [
			schedule.after(0, note("x")),
			schedule.after(5, note("y")),
			schedule.after(60 * day, note("z")),
		];
		for (const scheduled of cancelled) schedule.cancel(scheduled);
		vi.advanceTimersByTime(1000);
		expect(seen).toEqual(["a0", "b20"]);
		for (const scheduled of cancelled) schedule.cancel(scheduled);
		expect(schedule.epochMs).toBe(1_700_000_001_000);
		expect(vi.getTimerCount()).toBe(0);
		expect(() => schedule.after(-1, () => {})).toThrow(RangeError);
	});

	test("waits longer than setTimeout can", () => {
		const schedule = new NodeSchedule();
		let done = 0;
		schedule.after(60 * day, () => done++);
		vi.advanceTimersByTime(60 * day - 1);
		expect(done).toBe(0);
		vi.advanceTimersByTime(1);
		expect(done).toBe(1);
	});
});

test("Memory is zeroed, of exact length, and counted", () => {
	const memory = new NodeMemory();
	expect(memory.allocate(7)).toEqual(new Uint8Array(7));
	expect(memory.allocate(9).buffer.byteLength).toBe(9);
	expect(memory.allocated).toBe(16);
});

test("Randomness is within its limit, seeded or not", () => {
	for (const random of [new NodeRandom(), new SeededRandom(3)]) {
		for (const limit of [1, 2, 10, 2 ** 31 - 1]) {
			for (let i = 0; i < 50; i++) {
				const drawn = random.below(limit);
				expect(Number.isInteger(drawn) && drawn >= 0 && drawn < limit).toBe(true);
			}
		}
	}
});
