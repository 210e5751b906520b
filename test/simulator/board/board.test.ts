// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { VirtualBoard, VirtualSensors, WatchedDialler } from "../../../simulator/board/index.js";
import { NodeMemory } from "../../../simulator/node/index.js";
import { SeededRandom, VirtualClock, VirtualNetwork, World } from "../../../simulator/world.js";

/** A day of readings, one a minute. */
function day(seed: number): number[][] {
	const world = new World({ seed });
	const sensors = new VirtualSensors(new VirtualClock(world), new SeededRandom(seed));
	const rows: number[][] = [];
	for (let minute = 0; minute < 24 * 60; minute++) {
		world.run(minute * 60_000);
		sensors.sample();
		rows.push([sensors.temperature, sensors.humidity, sensors.battery, sensors.signal]);
	}
	return rows;
}

describe("virtual sensors", () => {
	it("are the same for the same seed, and others for another", () => {
		expect(day(3)).toEqual(day(3));
		expect(day(3)).not.toEqual(day(4));
	});

	it.each([1, 2, 3, 4, 5])("stay integers within what such sensors can say (seed %i)", (seed) => {
		for (const [temperature, humidity, battery, signal] of day(seed)) {
			for (const value of [temperature, humidity, battery, signal])
				expect(Number.isInteger(value)).toBe(true);
			expect(temperature).toBeGreaterThan(1_000);
			expect(temperature).toBeLessThan(3_500);
			expect(humidity).toBeGreaterThanOrEqual(0);
			expect(humidity).toBeLessThanOrEqual(10_000);
			expect(battery).toBeGreaterThan(2_890);
			expect(battery).toBeLessThan(4_200);
			expect(signal).toBeGreaterThan(-95);
			expect(signal).toBeLessThan(-30);
		}
	});

	it.each([1, 2, 3])("drift: a day is seen, a minute is not (seed %i)", (seed) => {
		const rows = day(seed);
		const temperatures = rows.map(([temperature]) => temperature);
		expect(Math.max(...temperatures) - Math.min(...temperatures)).toBeGreaterThan(500);
		for (let i = 1; i < rows.length; i++)
			expect(Math.abs(temperatures[i] - temperatures[i - 1])).toBeLessThan(160);
		expect(rows[0][2] - rows[rows.length - 1][2]).toBeGreaterThan(100);
	});
});

describe("a virtual board", () => {
	const ports = () => {
		const world = new World();
		const dialler = new VirtualNetwork(world).dialler();
		return { memory: new NodeMemory(), dialler, clock: new VirtualClock(world), random: new SeededRandom(1) };
	};

	it("comes with the settings of the factory, and takes others", () => {
		const board = new VirtualBoard({ name: "a", ...ports(), settings: { qos: 2 } });
		expect(board.settings).toMatchObject({ root: "ringbuoy", qos: 2, intervalSeconds: 2, version: 5 });
		expect(board.store.bytes).toBeGreaterThan(0);
	});

	it.each(["", "a/b", "+", "#", "x\0"])("has a name that is one level of a topic, not %j", (name) => {
		expect(() => new VirtualBoard({ name, ...ports() })).toThrow(RangeError);
	});

	it("lets its host see the link, and nothing of it changes", () => {
		const { dialler } = ports();
		const seen: string[] = [];
		const watched = new WatchedDialler(dialler, {
			onDial: () => seen.push("dial"),
			onUp: () => seen.push("up"),
		});
		expect(watched.lastError).toBe("");
		dialler.fault = "no network";
		const link = { onReadable() {}, onWritable() {}, onError() {} };
		expect(() => watched.dial(link)).toThrow("no network");
		expect(watched.lastError).toBe("no network");
		expect(seen).toEqual(["dial"]);
	});
});
