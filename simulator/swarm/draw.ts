// SPDX-License-Identifier: MIT
/**
 * A seed draws a plan: boards, work, and not only which faults happen but which kinds can happen at all. A run in which
 * everything happens at once hides what only shows when some of it does not (swarm testing, Groce and others, 2012).
 */

import { CUTS, type Cut } from "../nor-flash.js";
import { SeededRandom } from "../world.js";
import { ILLEGAL } from "./faults.js";
import type { Act, BoardPlan, Packets, Plan, Qos } from "./plan.js";

/** Payload bytes. The longest fits the packets of a tiny board. */
const SIZES = [2, 3, 16, 24, 60, 100, 180];
const FLAGS = [0x10, 0x20, 0x40, 0x80, 0x60];
/** From the last of these minutes on nothing goes wrong that was not under way. */
const CALM_PART = 0.9;

/** Minutes with a mix of their own; a longer run has several of them. */
const PERIOD = 10;

export interface DrawOptions {
	/** Virtual minutes; default 10. */
	readonly minutes?: number;
	/** Undefined: drawn, 1 to 3. */
	readonly boards?: number;
}

/** The plan of a seed. */
export function draw(seed: number, options: DrawOptions = {}): Plan {
	const random = new SeededRandom(seed, "world");
	const habits = new SeededRandom(seed, "habits");
	const minutes = options.minutes ?? 10;
	const boards = Array.from({ length: options.boards ?? 1 + random.below(3) }, (_, index) =>
		boardOf(random, habits, index),
	);
	const receiveMaximum = 1 + random.below(random.chance(0.3) ? 40 : 6);
	const passOn = random.chance(0.3) ? "pubrel" : "publish";
	const identifiers = pick(random, ["rotation", "lowest", "random"] as const);
	const acts: Act[] = [];
	for (let from = 0; from < minutes; from += PERIOD) {
		const period = Math.min(PERIOD, minutes - from);
		const work = workOf(random, boards.length, period);
		const faults = faultsOf(random, boards, period);
		const sleeps = sleepsOf(habits, boards.length, period);
		for (const act of [
			...work,
			...sleeps,
			...faults.filter((act) => isFair(act, boards, passOn, identifiers)),
		])
			acts.push(act.toSpliced(0, 1, act[0] + from * 60_000) as unknown as Act);
	}
	return {
		seed,
		minutes,
		broker: {
			limits: {
				receiveMaximum,
				inflight: 1 + random.below(30),
				maximumPacketSize: random.chance(0.3) ? 256 + random.below(256) : 65_536,
				topicAliasMaximum: random.below(5),
				maximumQos: random.chance(0.1) ? leastQos(boards, random.below(2)) : 2,
				keepAliveSeconds: habits.chance(0.25) ? 5 + habits.below(60) : 65_535,
			},
			identifiers,
			passOn,
		},
		conditions: {
			upMs: random.below(random.chance(0.2) ? 900 : 40),
			downMs: random.below(random.chance(0.2) ? 900 : 40),
			pieceBytes: random.chance(0.15) ? 1 + random.below(6) : 1436,
			randomPieces: random.chance(0.3),
		},
		boards,
		acts: acts.sort((a, b) => a[0] - b[0]),
	};
}

/** `habits` is for what was added later: the seeds of what is older stay what they were. */
function boardOf(random: SeededRandom, habits: SeededRandom, index: number): BoardPlan {
	const version = random.chance(0.35) ? 4 : 5;
	const window = 1 + random.below(random.chance(0.3) ? 24 : 6);
	const sectors = random.chance(0.75) ? 6 + random.below(random.chance(0.5) ? 3 : 11) : 0;
	return {
		version,
		// The first one always listens.
		program: index > 0 && random.fork(`program ${index}`).chance(0.25) ? "sensor" : "traffic",
		sectors,
		sliceBytes: random.chance(0.3) ? 32 : 64,
		unstable: random.chance(0.25) ? "read" : "boot",
		slowFlash: random.chance(0.2),
		limits: {
			window,
			packetBytes: pick(random, [300, 512, 1024]),
			sendBytes: pick(random, [400, 1024]),
			receiveMaximum: 1 + random.below(random.chance(0.3) ? 16 : 5),
			outboxMessages: Math.max(window, 8 + random.below(30)),
			outboxBytes: pick(random, [1024, 2048, 4096]),
			keptMessages: Math.max(window, pick(random, [16, 64, 256])),
			recordBytes: pick(random, [288, 512]),
			// Few identifiers only where they cannot come round while an earlier life may have left one open: see limits.ts.
			publishIds: sectors === 0 && random.chance(0.3) ? Math.max(window, 2 + random.below(8)) : 65_279,
			backoffMs: 100 + random.below(1_000),
			backoffMaxMs: 2_000 + random.below(20_000),
			slowLaneMs: 5_000 + random.below(40_000),
			connectMs: 2_000 + random.below(10_000),
			connackMs: 2_000 + random.below(8_000),
			pingReplyMs: 2_000 + random.below(8_000),
			requestMs: 5_000 + random.below(10_000),
			stableMs: 5_000 + random.below(20_000),
		},
		keepAliveSeconds: pick(random, [0, 10, 30, 60, 120]),
		sessionExpirySeconds: random.chance(0.15) ? random.below(120) : 86_400,
		onSessionLost: random.chance(0.2) ? "drop" : "requeue",
		resubscribe: habits.chance(0.5) ? "lost" : "boot",
		ticks: random.chance(0.5) ? 0x7fff_ffff - random.below(120_000) : random.below(1_000_000),
		synchronised: random.chance(0.7),
		qos: pick(random, [2, 2, 2, 1, 0] as const),
		remembers: random.chance(0.6),
		aliases: version === 5 && random.chance(0.4),
		queueQos0: random.chance(0.2),
		holdMs: random.chance(0.12) ? random.below(3_000) : -1,
	};
}

/** A client of 3.1.1 cannot know that a broker has not all of them; and the will of the sensor firmware needs QoS 1. */
function leastQos(boards: readonly BoardPlan[], wanted: number): number {
	if (boards.some(({ version }) => version === 4)) return 2;
	return boards.some(({ program }) => program === "sensor") ? Math.max(1, wanted) : wanted;
}

// ── the work ─────────────────────────────────────────────────────────────────────────────────────────────────────

function workOf(random: SeededRandom, boards: number, minutes: number): Act[] {
	const flagged = random.chance(0.4);
	const big = random.chance(0.2) ? 40 : 8;
	const weights = [1 + random.below(3), 1 + random.below(6), 1 + random.below(6)];
	const most = minutes * 60_000;
	return Array.from({ length: 4 + random.below(16) }, () => {
		const at = random.below(most);
		const qos = weighted(random, weights) as Qos;
		const count = 1 + random.below(big);
		const bytes = pick(random, SIZES);
		const everyMs = random.chance(0.4) ? 0 : random.below(random.chance(0.3) ? 8_000 : 60);
		const to = random.below(boards);
		if (random.chance(0.3)) return [at, "send", to, qos, count, bytes, everyMs] as const;
		const flags = flagged && random.chance(0.5) ? pick(random, FLAGS) : 0;
		const expirySeconds = random.chance(0.1) ? 1 + random.below(60) : 0;
		return [
			at,
			"publish",
			random.below(boards),
			to,
			qos,
			count,
			bytes,
			everyMs,
			flags,
			expirySeconds,
		] as const;
	});
}

/** Boards of some runs sleep now and then. */
function sleepsOf(random: SeededRandom, boards: number, minutes: number): Act[] {
	if (random.chance(0.7)) return [];
	return Array.from({ length: 1 + random.below(6) }, () => {
		const at = random.below(minutes * 60_000 * CALM_PART);
		return [
			at,
			"sleep",
			random.below(boards),
			200 + random.below(random.chance(0.3) ? 60_000 : 2_000),
		] as const;
	});
}

// ── the faults ───────────────────────────────────────────────────────────────────────────────────────────────────

type Draw = (random: SeededRandom, at: number, board: number, plan: BoardPlan) => Act;

const LOSSES: readonly (readonly [
	way: "in" | "out",
	packet: Packets,
	deeds: readonly ("drop" | "duplicate" | "late")[],
])[] = [
	["out", "connack", ["drop", "duplicate", "late"]],
	["out", "puback", ["drop", "duplicate", "late"]],
	["out", "pubrec", ["drop", "duplicate", "late"]],
	["out", "pubrel", ["drop", "duplicate", "late"]],
	["out", "pubcomp", ["drop", "duplicate", "late"]],
	["out", "suback", ["drop", "late"]],
	["out", "pingresp", ["drop", "late"]],
	["in", "connect", ["drop", "late"]],
	["in", "puback", ["drop", "late"]],
	["in", "pubrec", ["drop", "late"]],
	["in", "pubrel", ["drop", "duplicate", "late"]],
	["in", "pubcomp", ["drop", "late"]],
	["in", "subscribe", ["drop"]],
	["in", "pingreq", ["drop"]],
	["in", "disconnect", ["drop"]],
];

/** How each kind of fault is drawn. What loses a session, or an order, is not among those of a run that must not: see below. */
const DRAWS: { readonly [Kind in Exclude<Act[1], "publish" | "send" | "sleep">]: Draw } = {
	"cut link": (_random, at, board) => [at, "cut link", board],
	"cut in a packet": (random, at, board) => [at, "cut in a packet", board, way(random), random.below(80)],
	"half-open": (random, at, board) => [at, "half-open", board, random.chance(0.4) ? "both" : way(random)],
	stall: (random, at, board) => [
		at,
		"stall",
		board,
		random.chance(0.3) ? "both" : way(random),
		500 + random.below(60_000),
	],
	conditions: (random, at, board) => [
		at,
		"conditions",
		board,
		conditionsOf(random),
		5_000 + random.below(90_000),
	],
	"restart broker": (random, at) => [
		at,
		"restart broker",
		random.chance(0.75),
		random.below(random.chance(0.3) ? 90_000 : 3_000),
	],
	"forget session": (_random, at, board) => [at, "forget session", board],
	packet: (random, at, board) => {
		const [way, packet, deeds] = pick(random, LOSSES);
		const deed = pick(random, deeds);
		const times = random.chance(0.2) ? 1 + random.below(4) : 1;
		return [
			at,
			"packet",
			board,
			way,
			packet,
			1 + random.below(5),
			times,
			deed === "late" ? 50 + random.below(8_000) : deed,
		];
	},
	answer: (random, at, board, { version }) => {
		const packet =
			version === 4
				? pick(random, ["connack", "suback"] as const)
				: pick(random, ["connack", "puback", "pubrec", "suback"] as const);
		return [at, "answer", board, packet, reasonOf(random, packet, version), 1 + random.below(4)];
	},
	disconnect: (random, at, board) => [at, "disconnect", board, pick(random, [0x89, 0x8b, 0x8e, 0x97, 0x98])],
	silence: (random, at, board) => [
		at,
		"silence",
		random.chance(0.2) ? -1 : board,
		500 + random.below(90_000),
	],
	impostor: (random, at, board) => [at, "impostor", board, random.chance(0.5), random.below(20_000)],
	illegal: (random, at, board) => [at, "illegal", board, random.below(ILLEGAL.length)],
	dial: (random, at, board) => [
		at,
		"dial",
		board,
		pick(random, ["refuse", "hang", "dns", "no network"] as const),
		1_000 + random.below(60_000),
	],
	wifi: (random, at, board) => [at, "wifi", board, 500 + random.below(60_000)],
	"clock jump": (random, at, board) => [
		at,
		"clock jump",
		board,
		random.below(random.chance(0.3) ? 3_600_000 : 5_000),
	],
	"wall clock": (random, at, board) => [at, "wall clock", board, random.below(200_000) - 100_000],
	power: (random, at, board) => [at, "power", board, 1 + random.below(random.chance(0.2) ? 120_000 : 2_000)],
	"power in flash": (random, at, board) => [
		at, "power in flash", board, 1 + random.below(random.chance(0.7) ? 8 : 60), random.below(CUTS) as Cut,
		random.chance(0.15), 1 + random.below(2_000),
	], // biome-ignore format: a list
	"brown-out": (random, at, board) => [
		at,
		"brown-out",
		board,
		2 + random.below(8),
		random.below(random.chance(0.5) ? 50 : 3_000),
	],
};

type Kind = keyof typeof DRAWS;
const KINDS = Object.keys(DRAWS) as Kind[];

function faultsOf(random: SeededRandom, boards: readonly BoardPlan[], minutes: number): Act[] {
	// The mix: how likely each kind is in this run, most of them not at all.
	const weights = KINDS.map(() => (random.chance(0.6) ? 0 : 1 + random.below(8)));
	if (weights.every((weight) => weight === 0)) return [];
	const most = Math.floor(minutes * 60_000 * CALM_PART);
	// Faults come alone, or in a storm: all around the same time.
	const storm = random.chance(0.4) ? random.below(most) : -1;
	return Array.from({ length: random.below(random.chance(0.3) ? 24 : 8) }, () => {
		const at = storm < 0 ? random.below(most) : Math.min(most, storm + random.below(30_000));
		const board = random.below(boards.length);
		return DRAWS[KINDS[weighted(random, weights)]](random, at, board, boards[board]);
	});
}

/**
 * What is done to acknowledgements is to be seen through. Nobody can when an identifier comes again while a doubled one is under
 * way; nor is there an order when a broker that passes messages on with their PUBREL gets a late one.
 */
function isFair(
	act: Act,
	boards: readonly BoardPlan[],
	passOn: Plan["broker"]["passOn"],
	identifiers: Plan["broker"]["identifiers"],
): boolean {
	// What is held counts as forgotten after 30 seconds of the board's clock, see lib/extras/holds.ts.
	if (act[1] === "clock jump") return boards[act[2]].holdMs < 0 || act[3] < 10_000;
	if (act[1] !== "packet") return true;
	const [, , board, way, packet, , , deed] = act;
	if (deed === "duplicate" && boards[board].limits.publishIds! < 65_279) return false;
	if (deed === "duplicate" && packet === "pubrel" && way === "out" && identifiers !== "rotation")
		return false;
	return passOn === "publish" || (packet === "pubrel" ? way === "out" : packet !== "pubrec" || way === "in");
}

function reasonOf(
	random: SeededRandom,
	packet: "connack" | "puback" | "pubrec" | "suback",
	version: 4 | 5,
): number {
	if (packet === "connack") return pick(random, [0x86, 0x87, 0x88, 0x89]);
	if (packet === "suback") return version === 4 ? 0x80 : pick(random, [0x80, 0x87, 0x97]);
	return pick(random, [0x80, 0x83, 0x87, 0x97]);
}

function conditionsOf(random: SeededRandom): Partial<{
	upMs: number;
	downMs: number;
	pieceBytes: number;
	randomPieces: boolean;
	bytesPerSecond: number;
	lookupMs: number;
}> {
	switch (random.below(4)) {
		case 0:
			return { upMs: random.below(3_000), downMs: random.below(3_000), lookupMs: random.below(2_000) };
		case 1:
			return { bytesPerSecond: 20 + random.below(400) };
		case 2:
			return { pieceBytes: 1 };
		default:
			return { pieceBytes: 1 + random.below(20), randomPieces: true };
	}
}

function way(random: SeededRandom): "up" | "down" {
	return random.chance(0.5) ? "up" : "down";
}

function pick<Value>(random: SeededRandom, values: readonly Value[]): Value {
	return values[random.below(values.length)];
}

/** An index, as likely as its weight says. */
function weighted(random: SeededRandom, weights: readonly number[]): number {
	let sum = 0;
	for (const weight of weights) sum += weight;
	let drawn = random.below(sum);
	let index = 0;
	while (drawn >= weights[index]) drawn -= weights[index++];
	return index;
}
