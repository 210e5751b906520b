// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NodeTimeline } from "../../../simulator/node/index.js";
import { VirtualClock } from "../../../simulator/world.js";

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

/** A timeline, and what happened on it: names with the time. */
function begin(): { timeline: NodeTimeline; happened: string[]; note: (name: string) => () => void } {
	const timeline = new NodeTimeline();
	const happened: string[] = [];
	const note = (name: string) => () => void happened.push(`${name} ${timeline.now}`);
	return { timeline, happened, note };
}

describe("The timeline of Node", () => {
	test("lets things happen in order of their time, then of their coming", () => {
		const { timeline, happened, note } = begin();
		timeline.after(20, note("c"));
		timeline.after(10, note("a"));
		timeline.after(10, note("b"));
		timeline.cancel(timeline.after(15, note("never")));
		vi.advanceTimersByTime(100);
		expect(happened).toEqual(["a 10", "b 10", "c 20"]);
		expect([timeline.now, timeline.epochMs, timeline.pending]).toEqual([100, 1_700_000_000_100, 0]);
	});

	test("one timeout of the host serves all, and what is due at once comes in a turn of its own", () => {
		const { timeline, happened, note } = begin();
		for (let i = 0; i < 1000; i++) timeline.after(1000 + i, () => {});
		expect(vi.getTimerCount()).toBe(1);
		timeline.after(0, () => {
			note("first")();
			timeline.after(0, note("second"));
		});
		expect(happened).toEqual([]);
		vi.advanceTimersToNextTimer();
		expect(happened[0]).toBe("first 0");
		vi.advanceTimersByTime(1);
		expect(happened).toHaveLength(2);
	});

	test("waits longer than the host's own timers can", () => {
		const { timeline, happened, note } = begin();
		timeline.after(40 * day, note("late"));
		vi.advanceTimersByTime(40 * day - 1);
		expect(happened).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(happened).toEqual([`late ${40 * day}`]);
	});

	test("timers of boards move on it, later and earlier, and wake once", () => {
		const { timeline } = begin();
		const clock = new VirtualClock(timeline, { synchronised: true });
		const alarms: number[] = [];
		const timer = clock.timer({ onAlarm: () => alarms.push(clock.ticks) });
		timer.arm(10);
		timer.arm(50);
		vi.advanceTimersByTime(30);
		expect(alarms).toEqual([]);
		timer.arm(5);
		vi.advanceTimersByTime(100);
		expect(alarms).toEqual([35]);
		timer.arm(5);
		timer.disarm();
		vi.advanceTimersByTime(100);
		expect(alarms).toEqual([35]);
		expect(clock.epochSeconds).toBe(1_700_000_000);
	});

	test("goes on behind an event that throws, and stops when it is closed", () => {
		const { timeline, happened, note } = begin();
		timeline.after(1, () => {
			throw new Error("mine");
		});
		timeline.after(1, note("after it"));
		expect(() => vi.advanceTimersByTime(1)).toThrow("mine");
		vi.advanceTimersByTime(1);
		expect(happened).toHaveLength(1);
		timeline.after(5, note("never"));
		timeline.close();
		vi.advanceTimersByTime(10);
		expect([happened.length, vi.getTimerCount()]).toEqual([1, 0]);
		expect(() => timeline.after(-1, () => {})).toThrow("a delay of -1 ms");
	});
});
