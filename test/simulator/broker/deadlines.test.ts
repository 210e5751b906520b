// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Deadlines, type Due } from "../../../simulator/broker/deadlines.js";
import { SeededRandom } from "../../../simulator/world.js";
import { ManualTime } from "./rig.js";

function scene() {
	const time = new ManualTime();
	const rung: string[] = [];
	const named = (name: string, then = () => {}): Due => ({
		place: -1,
		onDue() {
			rung.push(`${name}@${time.now}`);
			then();
		},
	});
	return { time, rung, named, deadlines: new Deadlines(time) };
}

describe("deadlines", () => {
	it("fall due in their order, those of one instant in that of setting; one timer waits for all", () => {
		const { time, rung, named, deadlines } = scene();
		const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => named(name));
		deadlines.set(a, 30);
		deadlines.set(b, 10);
		deadlines.set(c, 30);
		deadlines.set(d, 20);
		deadlines.set(a, 30);
		expect(time.pending).toBe(1);
		time.pass(100);
		expect(rung).toEqual(["b@10", "d@20", "c@30", "a@30"]);
		expect([time.pending, a.place]).toEqual([0, -1]);
	});

	it("are moved and cleared; no timer is left when none is", () => {
		const { time, rung, named, deadlines } = scene();
		const [a, b] = [named("a"), named("b")];
		deadlines.set(a, 10);
		deadlines.set(b, 20);
		deadlines.set(a, 40);
		deadlines.clear(b);
		deadlines.clear(b);
		time.pass(30);
		expect(rung).toEqual([]);
		deadlines.clear(a);
		expect(time.pending).toBe(0);
		time.pass(100);
		expect(rung).toEqual([]);
	});

	it("may be set and cleared by what falls due, and what throws keeps nobody else waiting", () => {
		const { time, rung, named, deadlines } = scene();
		const again: Due = named("again", () => deadlines.set(again, time.now + 5));
		const late = named("late");
		const killer = named("killer", () => deadlines.clear(late));
		const bad = named("bad", () => {
			throw new Error("bad");
		});
		deadlines.set(again, 5);
		deadlines.set(killer, 6);
		deadlines.set(late, 6);
		deadlines.set(bad, 7);
		expect(() => time.pass(7)).toThrow("bad");
		time.pass(10);
		expect(rung).toEqual(["again@5", "killer@6", "bad@7", "again@10", "again@15"]);
	});

	it("beyond what a host's timer takes, and in the past", () => {
		const { time, rung, named, deadlines } = scene();
		deadlines.set(named("far"), 2 ** 33);
		deadlines.set(named("past"), -5);
		time.pass(2 ** 33);
		expect(rung).toEqual(["past@0", `far@${2 ** 33}`]);
	});

	it("are what a list says that is sorted anew each time", () => {
		const { time, rung, named, deadlines } = scene();
		const random = new SeededRandom(6);
		const dues = Array.from({ length: 40 }, (_, at) => named(`${at}`));
		let wanted: { due: number; at: number }[] = [];
		const expected: string[] = [];
		for (let step = 0; step < 2_000; step++) {
			const due = random.below(dues.length);
			wanted = wanted.filter((one) => one.due !== due);
			if (random.below(4) === 0) deadlines.clear(dues[due]);
			else {
				const at = time.now + random.below(50);
				wanted.push({ due, at });
				deadlines.set(dues[due], at);
			}
			const end = time.now + random.below(3);
			const over = wanted.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
			expected.push(...over.map(({ due: one, at }) => `${one}@${at}`));
			wanted = wanted.filter(({ at }) => at > end);
			time.pass(end - time.now);
		}
		expect(rung).toEqual(expected);
		expect(rung.length).toBeGreaterThan(500);
	});
});
