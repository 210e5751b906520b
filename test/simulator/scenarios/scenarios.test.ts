// SPDX-License-Identifier: MIT
/** The scenarios hold, and each of them fails when what it is about is taken away. */
import { describe, expect, test } from "vitest";
import { Sensor } from "../../../firmware/programs/sensor.js";
import { DEFAULT_LIMITS } from "../../../lib/index.js";
import { SCENARIOS } from "../../../simulator/scenarios/index.js";
import type { Scene, SceneBoardOptions } from "../../../simulator/scene/index.js";
import { type PlayOptions, play } from "../../../simulator/scene/play.js";

const recast = (change: (options: SceneBoardOptions) => SceneBoardOptions): PlayOptions => ({
	recast: (_name, options) => change(options),
});

/** Boards that forget what is in their flash whenever they boot. */
function forgetful(): PlayOptions {
	let scene: Scene;
	return {
		onRise: (risen) => {
			scene = risen;
		},
		recast: (_name, options) => ({
			...options,
			program(board) {
				for (const { name, flash } of scene.stage.boards) if (name === board.name) flash?.renew();
				return opened(new Sensor(board));
			},
		}),
	};
}

function opened(sensor: Sensor): Sensor {
	sensor.open();
	return sensor;
}

/** How each is spoiled, and the promise that is broken then. */
const spoiled: Readonly<Record<string, readonly [PlayOptions, string]>> = {
	"power-cut": [forgetful(), "every reading has arrived"],
	"broker-restart": [
		// It hears no SUBSCRIBE in the night.
		{
			onRise: (scene) =>
				scene.after(600_000, () =>
					scene.broker.chaos.packet({ way: "in", packet: "subscribe", deed: "drop", times: Infinity }),
				),
		},
		"every board has carried it out",
	],
	"thousand-boards": [
		// All draw the same waits.
		recast((options) => ({
			...options,
			program: (board) => opened(new Sensor({ ...board, random: { below: (limit) => limit >> 1 } })),
		})),
		"the busiest second had no more than four times its share",
	],
	satellite: [
		recast((options) => ({ ...options, settings: { ...options.settings, keepAliveSeconds: 10 } })),
		"over the first connection, which has never been given up",
	],
	"deep-sleep": [recast((options) => ({ ...options, program: "sensor" })), "that is less than a hundredth"],
	revoked: [
		recast((options) => ({ ...options, limits: { ...DEFAULT_LIMITS, slowLaneMs: 10_000 } })),
		"but no more than twice in four minutes",
	],
};

describe.each(Object.entries(SCENARIOS))("%s", (name, scenario) => {
	test("has a title, and says in one sentence what it is about", () => {
		expect(scenario.title).toMatch(/^[A-Z].*[^.]$/);
		expect(scenario.about).toMatch(/^[A-Z][^.]*\.$/);
	});

	test("holds", () => {
		const { broken, error, expectations } = play(scenario);
		expect(error).toBeUndefined();
		expect(broken).toBeUndefined();
		expect(expectations).toBeGreaterThan(3);
	});

	test("fails when its promise is broken", () => {
		const [options, promise] = spoiled[name];
		const { broken, error } = play(scenario, options);
		expect(error).toBeUndefined();
		expect(broken?.message).toBe(promise);
	});
});
