// SPDX-License-Identifier: MIT
/** Plays a scenario from its beginning to its end, or to the first promise that is broken. */

import { WorldError } from "../world.js";
import type { SceneBoardOptions } from "./board.js";
import type { Teller } from "./events.js";
import { type Broken, Scene, type Setting } from "./scene.js";

/** A scenario: what a module exports. */
export interface Scenario {
	readonly title: string;
	/** What happens and what is promised, in a sentence. */
	readonly about: string;
	readonly setting?: Setting;
	readonly default: (scene: Scene) => void;
}

export interface PlayOptions {
	/** Default 1. */
	readonly seed?: number;
	readonly tell?: Teller;
	/** Called again and again while time passes. */
	readonly onBeat?: () => void;
	/** Called with the scene before its script begins. */
	readonly onRise?: (scene: Scene) => void;
	/** Has the last word about a board that comes on. */
	readonly recast?: (name: string, options: SceneBoardOptions) => SceneBoardOptions;
}

export interface Outcome {
	/** Promises that held. */
	readonly expectations: number;
	/** The one that did not. */
	readonly broken: Broken | undefined;
	/** The scenario, or what it is made of, threw something else. */
	readonly error: unknown;
	/** Milliseconds that passed in it. */
	readonly virtualMs: number;
	/** Events of the world that happened. */
	readonly events: number;
}

/** Never throws: what goes wrong in it is its outcome. */
export function play(scenario: Scenario, options: PlayOptions = {}): Outcome {
	const { seed = 1, tell = () => {}, onBeat, onRise, recast } = options;
	let scene: Scene | undefined;
	let error: unknown;
	try {
		scene = new Scene({ seed, setting: scenario.setting, tell, onBeat, recast });
		onRise?.(scene);
		const result: unknown = scenario.default(scene);
		if (isPromise(result))
			throw new TypeError(
				"a scenario is no async function: time passes with scene.pass, and nothing is awaited",
			);
		scene.end();
	} catch (thrown) {
		// The world says when it was, and so does whoever plays this.
		error = thrown instanceof WorldError ? (thrown.cause ?? thrown) : thrown;
	}
	return {
		expectations: scene?.expectations ?? 0,
		broken: scene?.broken,
		error: scene?.broken === undefined ? error : undefined,
		virtualMs: scene?.now ?? 0,
		events: scene?.stage.world.events ?? 0,
	};
}

function isPromise(result: unknown): boolean {
	// What it is rejected with later is of no interest.
	if (result instanceof Promise) result.catch(() => {});
	return result instanceof Promise;
}
