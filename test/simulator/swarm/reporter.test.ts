// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Settled } from "../../../lib/index.js";
import { History } from "../../../simulator/swarm/history.js";
import { PLAIN_BOARD, PLAIN_BROKER } from "../../../simulator/swarm/plain.js";
import type { Plan, Qos } from "../../../simulator/swarm/plan.js";
import { Reporter } from "../../../simulator/swarm/reporter.js";
import { Run } from "../../../simulator/swarm/run.js";
import { kindOf } from "../../../simulator/swarm/totals.js";

/** A board with that sensor firmware, and a history that is told of its readings. */
function watched(qos: Qos = 2) {
	const history = new History({
		now: 0,
		maximumQos: 2,
		isSubscribed: () => false,
		qosOf: () => 2,
		refuses: () => false,
	});
	history.board({ forgetful: false, partial: true });
	history.born(0, 1);
	const reporter = new Reporter(history, 0, qos);
	const take = (n: number, ticket: number) => {
		reporter.sampled(n);
		reporter.queued(n, ticket);
	};
	const arrive = (n: number, t = 21.5) => reporter.arrived(qos, Buffer.from(JSON.stringify({ t, h: 40, n })));
	const wrong = () => history.failure && kindOf(history.failure);
	return { history, reporter, take, arrive, wrong };
}

describe("Readings of the sensor firmware", () => {
	it("that arrive once each are in order", () => {
		const { history, take, arrive, wrong } = watched();
		for (const n of [1, 2, 3]) take(n, n);
		for (const n of [1, 2, 3]) arrive(n);
		for (const n of [1, 2, 3]) history.settled(0, n, Settled.Acknowledged, false);
		history.settled(0, 99, Settled.Acknowledged, false); // its status, of which nobody told
		history.conclude();
		expect(wrong()).toBeUndefined();
	});

	it("one that is lost", () => {
		const { history, take, wrong } = watched();
		take(1, 1);
		history.settled(0, 1, Settled.Acknowledged, false);
		expect(wrong()).toMatch(/^acknowledged and never arrived/);
	});

	it("one that comes twice", () => {
		const { take, arrive, wrong } = watched();
		take(1, 1);
		arrive(1);
		arrive(1);
		expect(wrong()).toMatch(/^arrived again/);
	});

	it("one that nobody took, and one that makes no sense", () => {
		for (const [n, t] of [
			[2, 20],
			[1, 900],
		]) {
			const { take, arrive, wrong } = watched();
			take(1, 1);
			arrive(n, t);
			expect(wrong()).toMatch(/^board # sent a reading that it never took/);
		}
	});

	it("a number that is given twice, unless the power took the first one", () => {
		const { history, reporter, take, wrong } = watched();
		reporter.sampled(1);
		reporter.cut();
		history.born(0, 2);
		take(1, 1);
		expect(wrong()).toBeUndefined();
		take(1, 2);
		expect(wrong()).toMatch(/^board # gives number # to a second reading/);
	});
});

describe("A run with the sensor firmware", () => {
	const plan: Plan = {
		seed: 3,
		minutes: 3,
		broker: PLAIN_BROKER,
		conditions: {},
		boards: [PLAIN_BOARD, { ...PLAIN_BOARD, program: "sensor", sectors: 8 }],
		acts: [
			[30_000, "power in flash", 1, 2, 4, false, 500],
			[60_000, "half-open", 1, "both"],
			[90_000, "restart broker", true, 5_000],
		],
	};

	it("nothing is wrong, and its readings are among the messages", () => {
		const run = new Run(plan);
		expect(run.run()).toBeUndefined();
		expect(run.tally.messages).toBeGreaterThan(80);
		expect(run.tally.powerCuts).toBe(1);
	});

	it("told when it is silent in the end", () => {
		const run = new Run(plan);
		Object.assign(run.actors[1].reporter!, { arrived: () => {} });
		expect(kindOf(run.run() ?? "")).toMatch(/a sensor is silent in the end|acknowledged and never arrived/);
	});
});
