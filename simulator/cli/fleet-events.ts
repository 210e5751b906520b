// SPDX-License-Identifier: MIT
/** What happens in a run of a fleet, as facts: written as lines for people, or as JSON. */

import type { Stage, StageFigures } from "../fleet/course.js";
import type { StrainFigures } from "../fleet/strain.js";

export interface FleetStart {
	readonly event: "start";
	readonly version: string;
	readonly url: string;
	/** The broker is in this process. */
	readonly embedded: boolean;
	readonly insecure: boolean;
	/** In this process, and in all shards. */
	readonly boards: number;
	readonly ofBoards: number;
	readonly shard: string | undefined;
	readonly first: string;
	readonly last: string;
	readonly root: string;
	readonly protocol: 4 | 5;
	readonly qos: number;
	readonly intervalSeconds: number;
	readonly seed: number;
	readonly virtual: boolean;
}

/** What happened in a stage, and the processor time that this process took for it: of a busy machine the better measure. */
export interface StageReport extends StageFigures {
	readonly cpuSeconds: number;
}

/** Now, and since the last time. */
export interface FleetProgress {
	readonly event: "progress";
	readonly stage: Stage["name"];
	readonly stageSeconds: number;
	/** How long it is to last; undefined: nobody knows. */
	readonly ofSeconds: number | undefined;
	readonly powered: number;
	readonly connected: number;
	readonly boards: number;
	readonly perSecond: number;
	readonly p50Ms: number;
	readonly p95Ms: number;
	readonly p99Ms: number;
	/** Of the event loop; undefined in virtual time. */
	readonly strain: StrainFigures | undefined;
}

export interface Cause {
	readonly reason: number;
	readonly cause: string;
	readonly count: number;
}

export interface FleetSummary {
	readonly event: "end";
	/** Of the host, and of the boards' own time. */
	readonly seconds: number;
	readonly virtualSeconds: number | undefined;
	readonly boards: number;
	/** At the end of the last stage. */
	readonly connected: number;
	/** From the first board's power to the last one's CONNACK; undefined: not all came. */
	readonly connectSeconds: number | undefined;
	readonly readings: number;
	readonly acknowledged: number;
	readonly refused: number;
	readonly dials: number;
	readonly connects: number;
	readonly resends: number;
	readonly lost: readonly Cause[];
	readonly failed: readonly Cause[];
	/** Messages that did not reach the broker, by cause. */
	readonly dropped: readonly { readonly cause: string; readonly count: number }[];
	readonly denied: number;
	/** Sessions that a broker of 3.1.1 was told to forget, and has; undefined: there was none to tell. */
	readonly forgotten: number | undefined;
	/** Of this process, a board; with the broker's side when that is here. Undefined: it was stopped before. */
	readonly bytesPerBoard: number | undefined;
	readonly bufferBytes: number;
	readonly embedded: boolean;
	readonly stages: readonly StageReport[];
	readonly strain: StrainFigures | undefined;
	/** What was not as it should be; empty: all was. */
	readonly failures: readonly string[];
	/** What to know about the figures. */
	readonly warnings: readonly string[];
}

export type FleetEvent =
	| FleetStart
	| ({ readonly event: "stage" } & Stage)
	| ({ readonly event: "figures" } & StageReport)
	| FleetProgress
	| { readonly event: "stopping" }
	| FleetSummary;

export interface FleetOutput {
	tell(event: FleetEvent): void;
}
