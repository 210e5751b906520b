// SPDX-License-Identifier: MIT
/** What a run of a fleet is: options and environment, checked before anything is opened. */

import type { Stage } from "../fleet/course.js";
import { rangeOf, type Shard } from "../fleet/shard.js";
import { type ConnectionSettings, connectionOf, type Environment } from "./connection.js";
import type { Typed } from "./options.js";
import { stemOf } from "./settings.js";
import { UsageError } from "./usage.js";
import { number, seconds } from "./values.js";

/** The backoff begins anew when a connection has lasted so long: before each trial all of them shall have. */
const REST_SECONDS = 31;
const BOARDS_MOST = 2_000_000;
const OUTAGE_MOST = 86_400;

export interface FleetSettings extends ConnectionSettings {
	/** In all shards. */
	readonly boards: number;
	readonly shard: Shard;
	/** The number of the first board of this shard, counted from 0. */
	readonly first: number;
	/** Of the boards of this shard. */
	readonly names: readonly string[];
	readonly intervalSeconds: number;
	readonly tiny: boolean;
	readonly seed: number;
	readonly stages: readonly Stage[];
	readonly world: boolean;
	/** Our own broker is reached through real sockets. */
	readonly sockets: boolean;
	readonly latencyMs: number;
	/** Undefined: whatever it takes. */
	readonly withinSeconds: number | undefined;
	readonly bytesMost: number | undefined;
	readonly json: boolean;
}

/** Throws a {@link UsageError} that says what is wrong with which option. */
export function fleetSettings(typed: Typed, environment: Environment): FleetSettings {
	const world = typed.has("world");
	if (world) refuseWithWorld(typed);
	const connection = connectionOf(typed, world ? {} : environment);
	const { broker } = connection;
	if (broker !== undefined && typed.has("restart"))
		throw new UsageError("--restart is for our own broker; restart that of --broker by hand");
	if (typed.has("latency") && !world)
		throw new UsageError("--latency is for --world; a real network has its own");
	const boards = number(typed, "boards", 1, BOARDS_MOST, 1000);
	const shard = shardOf(typed.get("shard"), boards);
	if (shard.count > 1 && broker === undefined)
		throw new UsageError("--shard needs --broker: the parts of a fleet meet there");
	const { first, end } = rangeOf(shard, boards);
	const sharded = shard.count > 1;
	const stem = sharded ? (typed.get("name") ?? "fleet") : stemOf(typed, broker !== undefined);
	return {
		...connection,
		...{ boards, shard, first, world },
		names: Array.from({ length: end - first }, (_, at) => `${stem}-${first + at + 1}`),
		intervalSeconds: number(typed, "interval", 1, 86_400, 10),
		tiny: typed.has("tiny"),
		seed: number(typed, "seed", 0, Number.MAX_SAFE_INTEGER, 1),
		stages: stagesOf(typed, world),
		sockets: typed.has("port"),
		latencyMs: number(typed, "latency", 0, 60_000, 20),
		withinSeconds: seconds(typed, "within"),
		bytesMost: typed.has("most-bytes") ? number(typed, "most-bytes", 1, 2 ** 40, 0) : undefined,
		json: typed.has("json"),
	};
}

function refuseWithWorld(typed: Typed): void {
	for (const name of ["broker", "port", "shard"])
		if (typed.has(name)) throw new UsageError(`--world has a network and a broker of its own: no --${name}`);
}

function shardOf(text: string | undefined, boards: number): Shard {
	if (text === undefined) return { index: 0, count: 1 };
	const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
	const shard = { index: Number(index), count: Number(count) };
	if (!(shard.index < shard.count && shard.count <= boards))
		throw new UsageError(
			`--shard must be I/N with I from 0 to N-1, and no more parts than boards, not "${text}"`,
		);
	return shard;
}

function stagesOf(typed: Typed, world: boolean): Stage[] {
	const stages: Stage[] = [{ name: "ramp", seconds: seconds(typed, "ramp") ?? 0 }];
	const outages = typed.get("restart")?.split(",").map(outageOf) ?? [];
	const shaken = typed.has("storm") || outages.length > 0;
	const otherwise = shaken || world ? 30 : Number.POSITIVE_INFINITY;
	stages.push({ name: "steady", seconds: seconds(typed, "for") ?? otherwise });
	const rest: Stage = { name: "rest", seconds: REST_SECONDS };
	if (typed.has("storm")) stages.push(rest, { name: "storm", seconds: 0 });
	for (const outage of outages) stages.push(rest, { name: "restart", seconds: outage });
	return stages;
}

function outageOf(text: string): number {
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
	if (value > 0 && value <= OUTAGE_MOST) return value;
	throw new UsageError(`--restart must be seconds, or several with commas between (1,30,120), not "${text}"`);
}
