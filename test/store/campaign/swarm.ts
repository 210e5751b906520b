// SPDX-License-Identifier: MIT
/** Random plans: a seed draws which mix of work, faults, sizes and cuts a run is made of. */
import { CUTS, type Cut } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world.js";
import { PLAIN, type Plan, type PlannedCut, type Qos, type Step } from "./plan.js";

const FLAGS = [0x10, 0x20, 0x40, 0x80];
const SIZES = [3, 16, 60, 100, 300, 600, 900];

/** The plan of a seed. */
export function swarm(seed: number): Plan {
	const random = new SeededRandom(seed, "swarm");
	const version = random.chance(0.3) ? 4 : 5;
	const lossy = random.chance(0.2);
	const recordBytes = [288, 512, 1024][random.below(3)];
	const receiveMaximum = 1 + random.below(random.chance(0.3) ? 16 : 5);
	const window = 1 + random.below(random.chance(0.3) ? 40 : 6);
	const sectors = 6 + random.below(random.chance(0.5) ? 3 : 11);
	const sizes = Array.from({ length: 1 + random.below(4) }, () => SIZES[random.below(SIZES.length)]);
	return {
		...PLAIN,
		name: "swarm",
		seed,
		version,
		sectors,
		encrypted: random.chance(0.08),
		sliceBytes: random.chance(0.3) ? 32 : 64,
		unstable: (["boot", "boot", "boot", "read", "together"] as const)[random.below(5)],
		stalls: random.chance(0.2),
		limits: {
			keptMessages: Math.max(window, [16, 48, 128, 256][random.below(4)]),
			recordBytes,
			window,
			receiveMaximum,
			publishIds: 65_279,
			outboxMessages: Math.max(window, 8 + random.below(24)),
			outboxBytes: recordBytes + 256 + 4 * random.below(400),
			backoffMs: 30,
			backoffMaxMs: 400,
			pingReplyMs: 1000,
			requestMs: 1500,
			connackMs: 1000,
			connectMs: 2000,
		},
		broker: { inflight: receiveMaximum, receiveMaximum: 1 + random.below(12) },
		identifiers: (["rotation", "lowest", "random"] as const)[random.below(3)],
		passOn: !lossy && random.chance(0.3) ? "pubrel" : "publish",
		conditions: {
			upMs: random.below(30),
			downMs: random.below(30),
			pieceBytes: random.chance(0.15) ? 1 + random.below(6) : 1436,
			randomPieces: random.chance(0.3),
		},
		sessionExpirySeconds: lossy && random.chance(0.3) ? 2 : 86_400,
		synchronised: random.chance(0.7),
		sizes: sizes.map((size) => Math.min(size, recordBytes - 60)),
		echo: random.chance(0.15) ? (random.below(3) as Qos) : -1,
		byHand: -1,
		mountChecks: 6,
		script: scriptOf(random, lossy),
		cuts: cutsOf(random),
	};
}

function scriptOf(random: SeededRandom, lossy: boolean): Step[] {
	const script: Step[] = [];
	// The mix: how likely each kind of step is in this run, some not at all.
	const weights = Array.from({ length: 16 }, () => (random.chance(0.3) ? 0 : 1 + random.below(8)));
	weights[0] += 6;
	const sum = weights.reduce((total, weight) => total + weight, 0);
	const flagged = random.chance(0.4);
	const big = random.chance(0.2) ? 40 : 8;
	if (random.chance(0.7)) script.push(["online"]);
	for (let steps = 4 + random.below(20); steps > 0; steps--) {
		let draw = random.below(sum);
		let kind = 0;
		while (draw >= weights[kind]) draw -= weights[kind++];
		script.push(...stepOf(random, kind, lossy, flagged, big));
	}
	return script;
}

function stepOf(random: SeededRandom, kind: number, lossy: boolean, flagged: boolean, big: number): Step[] {
	const flags = flagged && random.chance(0.5) ? FLAGS[random.below(4)] : 0;
	const pace = random.chance(0.5) ? 0 : random.below(40);
	switch (kind) {
		case 0:
		case 1:
			return [["publish", random.below(3) as Qos, 1 + random.below(big), flags, pace]];
		case 2:
			return [["publish", 2, 1 + random.below(8), flags, pace]];
		case 3:
		case 4:
			return [["receive", random.below(3) as Qos, 1 + random.below(6), random.below(20)]];
		case 5:
			return [["receive", 2, 1 + random.below(8), pace]];
		case 6:
			return [["pass", random.below(random.chance(0.2) ? 5000 : 100)]];
		case 7:
			return [["settle"]];
		case 8:
			return [["cut link"]];
		case 9:
			return [["cut after", random.chance(0.5) ? "up" : "down", random.below(80)]];
		case 10:
			return random.chance(0.3) ? [["silence"]] : [["online"]];
		case 11:
			return [
				["reachable", false],
				["publish", (1 + random.below(2)) as Qos, 1 + random.below(big), flags],
				["reachable", true],
			];
		case 12:
			return lossy ? [random.chance(0.5) ? ["forget"] : ["restart", false]] : [["restart", true]];
		case 13:
			return [["sleep", 10 + random.below(6000), random.chance(0.3)]];
		case 14:
			return [["off", 1 + random.below(lossy ? 6000 : 50)], ["remember"]];
		default:
			if (lossy && random.chance(0.3)) return [["rename"], ["off", 5]];
			return random.chance(0.2)
				? [["loop", 1 + random.below(10), random.below(30)]]
				: [["pass", random.below(30)]];
	}
}

/** Up to thirteen; a third of them at erases, some soon after the boot, only some of the variants. */
function cutsOf(random: SeededRandom): PlannedCut[] {
	const variants = Array.from({ length: CUTS }, (_, cut) => cut as Cut).filter(() => random.chance(0.6));
	if (variants.length === 0) variants.push(random.below(CUTS) as Cut);
	const far = [8, 30, 120][random.below(3)];
	const erasing = random.chance(0.5) ? 0.33 : random.chance(0.5) ? 0.8 : 0;
	return Array.from({ length: 1 + random.below(13) }, () => {
		const erases = random.chance(erasing);
		const cut = variants[random.below(variants.length)];
		const nth = 1 + random.below(erases ? 3 : random.chance(0.3) ? 6 : far);
		return { nth, cut, erases };
	});
}
