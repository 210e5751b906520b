// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Clock, Timer } from "../../../lib/ports.js";
import { Deadline, Deadlines } from "../../../lib/session/deadlines.js";
import { newArena } from "../wire/bytes.js";

class FakeTimer implements Timer {
	armed: number[] = [];
	arm(ms: number): void {
		this.armed.push(ms);
	}
	disarm(): void {
		this.armed.push(-1);
	}
}

function table(): { timer: FakeTimer; deadlines: Deadlines } {
	const timer = new FakeTimer();
	const clock: Clock = { ticks: 0, seconds: 0, epochSeconds: 0, timer: () => timer };
	return { timer, deadlines: new Deadlines(newArena(64), clock, { onAlarm() {} }) };
}

describe("deadlines", () => {
	test("the timer is set to the nearest, and moved only for a nearer one", () => {
		const { timer, deadlines } = table();
		deadlines.set(Deadline.Ping, 1000, 500);
		deadlines.set(Deadline.Stable, 1000, 900);
		deadlines.set(Deadline.Flush, 1000, 100);
		expect(timer.armed).toEqual([500, 100]);
		expect(deadlines.due(1099)).toBe(-1);
		expect(deadlines.due(1100)).toBe(Deadline.Flush);
		expect(deadlines.due(1100)).toBe(-1);
		deadlines.rearm(1100);
		expect(timer.armed).toEqual([500, 100, 400]);
		expect(deadlines.remaining(Deadline.Stable, 1100)).toBe(800);
	});

	test("they survive the wrap-around of ticks", () => {
		const { deadlines } = table();
		const now = 0x7fff_ff00;
		deadlines.set(Deadline.Connect, now, 0x200);
		expect(deadlines.due((now + 0x1ff) | 0)).toBe(-1);
		expect(deadlines.due((now + 0x200) | 0)).toBe(Deadline.Connect);
	});

	test("what is cleared is not due, and a spurious alarm does nothing", () => {
		const { timer, deadlines } = table();
		deadlines.set(Deadline.Connect, 0, 10);
		deadlines.clear(Deadline.Connect);
		expect(deadlines.due(20)).toBe(-1);
		deadlines.rearm(20);
		expect(timer.armed).toEqual([10]);
		deadlines.set(Deadline.Connect, 20, 10);
		deadlines.clearAll();
		expect(deadlines.due(100)).toBe(-1);
		expect(timer.armed).toEqual([10, 10, -1]);
	});
});
