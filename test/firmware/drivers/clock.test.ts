// SPDX-License-Identifier: MIT
import { afterEach, describe, expect, test, vi } from "vitest";
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { VirtualTime } from "../../kit/ecma419/timer.js";

/** A board that was switched on so many milliseconds ago. */
function board(ms: number) {
	const time = new VirtualTime(ms);
	const clock = new DeviceClock({ Timer: time, Time: time });
	return { time, clock };
}

function alarmed(clock: DeviceClock) {
	const wake = { times: 0, onAlarm() { this.times++; } }; // biome-ignore format: one line
	return { wake, timer: clock.timer(wake) };
}

const DAY = 86_400_000;

describe("The clock of a device", () => {
	afterEach(() => void vi.useRealTimers());

	test("shows the ticks as they are on the ESP32: signed, and wrapping", () => {
		const { time, clock } = board(2 ** 31 - 1);
		expect(clock.ticks).toBe(2 ** 31 - 1);
		time.advance(1);
		expect(clock.ticks).toBe(-(2 ** 31));
	});

	test("makes 32 bits of the Linux ticks, which are milliseconds since 1970", () => {
		const ticks = 1_795_648_359_123;
		const clock = new DeviceClock({ Timer: new VirtualTime(), Time: { ticks } });
		expect(clock.ticks).toBe(ticks | 0);
	});

	test("counts seconds from its start, also where ticks begin just before they wrap", () => {
		const { time, clock } = board(2 ** 32 - 500);
		expect(clock.seconds).toBe(0);
		time.advance(999);
		expect(clock.seconds).toBe(0);
		time.advance(1);
		expect(clock.seconds).toBe(1);
	});

	test("seconds never wrap, though nobody asks for a year", () => {
		const { time, clock } = board(123);
		time.advance(400 * DAY);
		expect(clock.seconds).toBe((400 * DAY) / 1000);
	});

	test("the time of day is 0 until somebody has set it", () => {
		const { clock } = board(0);
		vi.useFakeTimers({ toFake: ["Date"] });
		vi.setSystemTime(45_000); // a board wakes up in 1970
		expect(clock.epochSeconds).toBe(0);
		vi.setSystemTime(Date.UTC(2026, 0, 1) - 1);
		expect(clock.epochSeconds).toBe(0);
		vi.setSystemTime(Date.UTC(2026, 5, 1, 12) + 999);
		expect(clock.epochSeconds).toBe(Date.UTC(2026, 5, 1, 12) / 1000);
		vi.setSystemTime(Date.UTC(2040, 0, 1));
		expect(clock.epochSeconds).toBe(Date.UTC(2040, 0, 1) / 1000);
	});
});

describe("A timer of the device", () => {
	test("wakes once, when it is time, and can be used again and again", () => {
		const { time, clock } = board(2 ** 31 - 200); // ticks wrap meanwhile
		const { wake, timer } = alarmed(clock);
		const { timers } = time;
		for (let i = 1; i <= 20; i++) {
			timer.arm(100);
			time.advance(99);
			expect(wake.times).toBe(i - 1);
			time.advance(1);
			expect(wake.times).toBe(i);
			time.advance(1000);
			expect(wake.times).toBe(i);
		}
		expect(time.timers).toBe(timers); // none was destroyed, none made
	});

	test("is silent until it is armed, and when it was disarmed", () => {
		const { time, clock } = board(0);
		const { wake, timer } = alarmed(clock);
		time.advance(100 * DAY);
		timer.arm(50);
		time.advance(49);
		timer.disarm();
		timer.disarm();
		time.advance(100 * DAY);
		expect(wake.times).toBe(0);
	});

	test("arming replaces the earlier time, to earlier and to later", () => {
		const { time, clock } = board(0);
		const { wake, timer } = alarmed(clock);
		timer.arm(1000);
		timer.arm(10);
		time.advance(10);
		expect(wake.times).toBe(1);
		timer.arm(10);
		timer.arm(1000);
		time.advance(999);
		expect(wake.times).toBe(1);
		time.advance(1);
		expect(wake.times).toBe(2);
	});

	test("0 means soon, not never and not at once", () => {
		const { time, clock } = board(0);
		const { wake, timer } = alarmed(clock);
		timer.arm(0);
		expect(wake.times).toBe(0);
		time.advance(1);
		time.advance(1000);
		expect(wake.times).toBe(1);
	});

	test("can be armed inside its own alarm", () => {
		const { time, clock } = board(0);
		let times = 0;
		const timer = clock.timer({
			onAlarm() {
				if (++times < 5) timer.arm(10);
			},
		});
		timer.arm(10);
		time.advance(49);
		expect(times).toBe(4);
		time.advance(1000);
		expect(times).toBe(5);
	});

	test("fires once after the processor was busy for long", () => {
		const { time, clock } = board(0);
		const { wake, timer } = alarmed(clock);
		timer.arm(10);
		time.stall(10_000);
		time.advance(0);
		time.advance(1000);
		expect(wake.times).toBe(1);
	});

	test("an exception goes to whoever takes it, and to the engine where nobody does", () => {
		const time = new VirtualTime();
		const caught: unknown[] = [];
		const failure = new Error("of the application");
		const wake = {
			onAlarm() {
				throw failure;
			},
		};
		const onException = (error: unknown): void => void caught.push(error);
		const guarded = new DeviceClock({ Timer: time, Time: time, onException }).timer(wake);
		guarded.arm(5);
		time.advance(5);
		expect(caught).toEqual([failure]);
		new DeviceClock({ Timer: time, Time: time }).timer(wake).arm(5);
		expect(() => time.advance(5)).toThrow(failure);
	});
});
