// SPDX-License-Identifier: MIT
/** What `ringbuoy world` tells. */

import type { Plan } from "../swarm/plan.js";
import type { Tally } from "../swarm/run.js";
import type { Totals } from "../swarm/totals.js";
import type { WorldSettings } from "./world-settings.js";

/** One run. */
export interface WorldResult {
	readonly seed: number;
	/** Undefined: nothing is wrong. */
	readonly failure: string | undefined;
	/** Undefined: the process that ran it did not live to tell. */
	readonly tally: Tally | undefined;
}

export interface Shrunk {
	readonly seed: number;
	readonly plan: Plan;
	readonly failure: string;
	/** What it was before. */
	readonly from: Plan;
	/** Plans that were tried. */
	readonly trials: number;
	readonly seconds: number;
	/** There was no time to try all. */
	readonly unfinished: boolean;
}

export type WorldEvent =
	| { readonly event: "start"; readonly settings: WorldSettings }
	| ({ readonly event: "run" } & WorldResult)
	/** With `command` it can be repeated. */
	| { readonly event: "failure"; readonly seed: number; readonly failure: string; readonly command: string }
	| ({ readonly event: "shrunk" } & Shrunk)
	/** A run failed, and did not when it was repeated. */
	| { readonly event: "unsteady"; readonly seed: number; readonly failure: string | undefined }
	| { readonly event: "written"; readonly file: string }
	| { readonly event: "worker"; readonly why: string; readonly seeds: readonly number[] }
	| { readonly event: "progress"; readonly totals: Totals; readonly seconds: number }
	| {
			readonly event: "end";
			readonly totals: Totals;
			readonly seconds: number;
			readonly command: string;
			/** Somebody asked to stop before all had run. */
			readonly stopped: boolean;
	  };

export interface WorldOutput {
	tell(event: WorldEvent): void;
}
