// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { DevicePower } from "../../../firmware/drivers/power.js";
import { VirtualClock, World } from "../../../simulator/world.js";

it("restarts by the SDK's System", () => {
	const calls: string[] = [];
	const clock = new VirtualClock(new World({ seed: 1 }));
	new DevicePower({ system: { restart: () => calls.push("restart") }, clock }).restart();
	expect(calls).toEqual(["restart"]);
});

it("sleeps by what a board brings for it", () => {
	const calls: string[] = [];
	const world = new World({ seed: 1 });
	const power = new DevicePower({
		system: { restart: () => calls.push("restart") },
		clock: new VirtualClock(world),
		sleep: (ms) => calls.push(`sleep ${ms}`),
		onSleep: () => calls.push("onSleep"),
	});
	power.deepSleep(900_000);
	world.run(world.now + 3_600_000);
	expect(calls).toEqual(["onSleep", "sleep 900000"]);
	expect(power.sleeps).toBe(true);
});

it("without deep sleep rests, and restarts when the time is up", () => {
	const calls: string[] = [];
	const world = new World({ seed: 1 });
	const power = new DevicePower({
		system: { restart: () => calls.push(`restart at ${world.now}`) },
		clock: new VirtualClock(world),
		onSleep: () => calls.push("onSleep"),
	});
	expect(power.sleeps).toBe(false);
	power.deepSleep(900_000);
	expect(calls).toEqual(["onSleep"]);
	world.run(world.now + 899_999);
	expect(calls).toEqual(["onSleep"]);
	world.run(world.now + 2);
	expect(calls).toEqual(["onSleep", "restart at 900000"]);
});
