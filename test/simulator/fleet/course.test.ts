// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { LINK_FAULT_BASE, LinkFault } from "../../../lib/index.js";
import { VirtualFleet } from "./grounds.js";

const RAMP = { name: "ramp", seconds: 0 } as const;
const REST = { name: "rest", seconds: 31 } as const;

describe("A fleet in virtual time", () => {
	test("ramp, steady rate, reconnect storm: every reading arrives once, and the figures say so", () => {
		const virtual = new VirtualFleet(100, { intervalSeconds: 2 });
		const figures = virtual.run([RAMP, { name: "steady", seconds: 10 }, { name: "storm", seconds: 0 }]);
		const { fleet, broker } = virtual;
		expect(figures.map(({ stage, connected, gaveUp }) => [stage, connected, gaveUp])).toEqual([
			["ramp", 100, false],
			["steady", 100, false],
			["storm", 100, false],
		]);
		const [, steady, storm] = figures;
		expect(steady.acknowledged).toBeGreaterThanOrEqual(490);
		expect(steady.perSecond).toBeCloseTo(50, -1);
		// There and back, 20 ms each.
		expect([steady.p50Ms, steady.p99Ms, steady.mostMs]).toEqual([40, 40, 40]);
		// The first attempt is half a second to a second after the cut.
		expect(storm.returns).toMatchObject({ count: 100 });
		expect(storm.seconds).toBeLessThan(1.2);
		expect(fleet.lost).toEqual(new Map([[LINK_FAULT_BASE - LinkFault.Reset, 100]]));
		expect(fleet.totals()).toMatchObject({ dials: 200, connects: 200, dropped: new Map() });
		virtual.world.run(virtual.world.now + 100);
		expect(fleet.acknowledged).toBe(fleet.taken);
		expect(broker.counters.clients).toBe(100);
		fleet.stop();
		virtual.world.run(virtual.world.now + 1000);
		expect([fleet.isDone, fleet.connected, broker.counters.clients]).toEqual([true, 0, 0]);
		expect(broker.counters.wills).toBe(100); // of the storm; those who say goodbye have none
	});

	test("the same seed gives the same figures, another one others", () => {
		const run = (seed: number) =>
			new VirtualFleet(30, { seed }).run([RAMP, REST, { name: "restart", seconds: 5 }]);
		expect(run(1)).toEqual(run(1));
		expect(run(1)).not.toEqual(run(2));
	});

	test("--ramp spreads the boards over its time", () => {
		const virtual = new VirtualFleet(50);
		const [ramp] = virtual.run([{ name: "ramp", seconds: 10 }]);
		expect(ramp.seconds).toBeGreaterThan(9.7);
		expect(ramp.seconds).toBeLessThan(10.3);
	});

	test("boards that cannot connect are given up, and said to be", () => {
		const virtual = new VirtualFleet(10);
		virtual.network.acceptor = undefined;
		const [ramp] = virtual.run([RAMP], { patienceSeconds: 3 });
		expect(ramp).toMatchObject({ connected: 0, gaveUp: true });
		expect(virtual.fleet.failed.get(LINK_FAULT_BASE - LinkFault.Refused)).toBeGreaterThan(10);
	});

	// With 10,000 boards in a second: `ringbuoy fleet --boards 10000 --world --restart 1,30,120,600`. A thousand have as many in more.
	test.each([
		[1, 1, 1000],
		[30, 2, 3000],
		[120, 3, 10_000],
	])(
		"after an outage of %i s boards come back at no more than 2.2 times the mean (seed %i)",
		(seconds, seed, windowMs) => {
			const virtual = new VirtualFleet(1000, { seed, intervalSeconds: 600 });
			const figures = virtual.run([RAMP, REST, { name: "restart", seconds }], { windowMs });
			const { returns, gaveUp } = figures[2];
			expect(gaveUp).toBe(false);
			expect(returns).toMatchObject({ count: 1000 });
			expect(returns!.ratio).toBeLessThan(2.2);
			expect(returns!.ratio).toBeGreaterThan(1);
		},
	);
});
