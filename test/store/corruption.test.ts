// SPDX-License-Identifier: MIT
/** Damage that is no power cut: found, told, kept to what it hit; the client goes on; nothing is formatted, nothing throws. */
import { describe, expect, test, vi } from "vitest";
import { StoreFault } from "../../lib/ports.js";
import { cellBytes, type SectorFault, sectorBytes } from "../../simulator/nor-flash.js";
import { SeededRandom } from "../../simulator/world.js";
import type { Plan, Step } from "./campaign/plan.js";
import { Trial } from "./campaign/trial.js";
import { WORKLOADS } from "./campaign/workloads.js";

/** They compute only, but many of them at once on few cores take their time. */
vi.setConfig({ testTimeout: 60_000 });

const SEED = 20261125;
const [BLANK] = WORKLOADS;
const MESSAGES = 10;

/** Ten messages wait while the broker cannot be reached; the damage comes before step 3, with or without a reboot after it. */
function waiting(reboot: boolean): Plan {
	const script: Step[] = [["online"], ["reachable", false], ["publish", 1, MESSAGES], ["pass", 500]];
	if (reboot) script.push(["off", 10]);
	script.push(["reachable", true], ["settle"]);
	return { ...BLANK, name: "messages wait", script, mountChecks: 0 };
}

/** Plays a plan whose flash is damaged before step `at`. What goes wrong is in `history.damage`; what throws fails here. */
function damaged(plan: Plan, at: number, damage: (trial: Trial) => void): Trial {
	const trial = new Trial(plan);
	trial.history.lenient = true;
	trial.onStep = (index) => {
		if (index === at) damage(trial);
	};
	expect(trial.run(), `${plan.name}, seed ${plan.seed}`).toBeUndefined();
	return trial;
}

const lost = (trial: Trial): number =>
	trial.history.up.filter(({ arrived, ticket }) => ticket > 0 && arrived === 0).length;

describe("Bits that flip", () => {
	test.each([false, true])(
		"in one of ten messages that wait (a reboot comes before it is read: %s)",
		(reboot) => {
			const random = new SeededRandom(SEED, "flip");
			let losses = 0;
			let silent = 0;
			for (let run = 0; run < 100; run++) {
				const trial = damaged({ ...waiting(reboot), seed: run }, 4, ({ machine: { flash } }) => {
					// Somewhere in what was written: the first sector, from the first record on.
					let last = sectorBytes - 1;
					while (flash.bytes[last] === 0xff) last--;
					flash.flip(random.below(last + 1), random.below(8));
				});
				const gone = lost(trial);
				losses += gone;
				if (gone > 0 && trial.faults.length === 0) silent++;
				// One bit in the only header of a store takes the store with it: that is told as such.
				if (gone > 1) expect(trial.faults.some((fault) => fault !== StoreFault.RecordLost)).toBe(true);
			}
			// To a mount the last record, and one that ends with its page, look as a cut leaves them.
			expect(silent).toBeLessThanOrEqual(reboot ? losses / 2 : 0);
			expect(losses, "the flips hit something").toBeGreaterThan(10);
		},
	);

	test("anywhere, many of them, before a reboot: the client starts, and goes on", () => {
		const random = new SeededRandom(SEED, "flips");
		for (let run = 0; run < 120; run++) {
			const plan = WORKLOADS[run % WORKLOADS.length];
			const script: Step[] = [...plan.script, ["off", 5], ["publish", 1, 2, 0x10], ["settle"]];
			const trial = damaged(
				{ ...plan, script, seed: run, mountChecks: 0 },
				plan.script.length,
				({ machine: { flash } }) => {
					const { size } = flash.status();
					for (let flips = 1 + random.below(60); flips > 0; flips--)
						flash.flip(random.below(size), random.below(8));
				},
			);
			const told = trial.history.up.slice(-2);
			expect(
				told.every(({ arrived }) => arrived > 0),
				`run ${run}: what is volatile arrives`,
			).toBe(true);
		}
	});
});

describe("Commands that fail", () => {
	const busy = WORKLOADS.find(({ name }) => name === "erases while it is used")!;

	test("an erase that leaves bits behind, or throws, is done again: nothing is lost, nothing is told", () => {
		for (const silently of [false, true])
			for (let nth = 1; nth <= 6; nth++) {
				const trial = new Trial(busy);
				trial.onStep = (index) => {
					if (index === 0) trial.machine.flash.failErase(nth, silently);
				};
				expect(trial.run(), `erase ${nth}, silently: ${silently}`).toBeUndefined();
			}
	});

	test("a program command that throws half way: the record goes elsewhere, or it is told", () => {
		for (let nth = 1; nth <= 120; nth += 3) {
			const trial = damaged(busy, 1, ({ machine }) => machine.flash.failProgram(nth));
			if (lost(trial) > 0) expect(trial.faults).toContain(StoreFault.WriteFailed);
		}
	});

	test.each<[SectorFault, readonly number[]]>([
		["programs nothing", [StoreFault.WriteFailed]],
		["erases nothing", [StoreFault.EraseFailed]],
		["refuses to program", [StoreFault.WriteFailed]],
		["refuses to erase", [StoreFault.EraseFailed]],
		[
			"refuses to read",
			[StoreFault.RecordLost, StoreFault.ReadFailed, StoreFault.WriteFailed, StoreFault.EraseFailed],
		],
	])("a sector that %s is told of when it is used", (fault, expected) => {
		for (let sector = 0; sector < busy.sectors; sector++) {
			// Every sector is used more than once, so that it is found out also when it is erased.
			const script: Step[] = [...busy.script, ["publish", 1, 120, 0, 3, 400], ["settle"]];
			const trial = damaged({ ...busy, script }, 1, ({ machine }) => machine.flash.spoil(sector, fault));
			expect(trial.faults.length, `sector ${sector}`).toBeGreaterThan(0);
			for (const one of trial.faults) expect(expected, `sector ${sector}`).toContain(one);
		}
	});
});

describe("A partition that holds something else", () => {
	const script: Step[] = [
		["online"],
		["publish", 1, 2],
		["publish", 1, 2, 0x10],
		["publish", 2, 2, 0x10],
		["settle"],
	];
	const plan: Plan = { ...BLANK, name: "not ours", script, mountChecks: 0 };
	const random = new SeededRandom(SEED, "foreign");

	/** A partition that a store of ours has written. */
	function ours(): Uint8Array {
		const trial = new Trial(waiting(false));
		expect(trial.run()).toBeUndefined();
		return trial.machine.flash.bytes.slice();
	}

	/** The client on that partition. Kept messages are refused, volatile ones arrive, not a bit of it is changed. */
	function on(image: Uint8Array): number {
		const trial = new Trial(plan);
		trial.history.lenient = true;
		trial.machine.flash.renew(image);
		expect(trial.run()).toBeUndefined();
		expect(trial.history.up.map(({ ticket }) => ticket > 0)).toEqual([false, false, true, true, true, true]);
		expect(trial.history.up.map(({ arrived }) => arrived)).toEqual([0, 0, 1, 1, 1, 1]);
		expect(trial.machine.flash.commands, "nothing was programmed or erased").toBe(0);
		expect([...trial.machine.flash.bytes]).toEqual([...image]);
		return trial.faults[0];
	}

	const bytes = (fill: (at: number) => number): Uint8Array =>
		Uint8Array.from({ length: plan.sectors * sectorBytes }, (_, at) => fill(at));

	test.each<[string, () => Uint8Array, number]>([
		["noise", () => bytes(() => random.below(256)), StoreFault.Foreign],
		["zeros", () => bytes(() => 0), StoreFault.Foreign],
		["text", () => bytes((at) => 32 + (at % 90)), StoreFault.Foreign],
		[
			"blank but for some bytes",
			() => bytes((at) => (at > 9000 && at < 9100 ? at : 255)),
			StoreFault.Foreign,
		],
	])("%s", (_name, make, expected) => {
		expect(on(make())).toBe(expected);
	});

	test("a store of another version, of a partition of another size", () => {
		const version = ours();
		for (let at = 0; at < version.length; at += 8 * cellBytes) {
			if (String.fromCharCode(...version.slice(at, at + 4)) === "RBLG") version[at + 4] = 2;
		}
		expect([StoreFault.Version, StoreFault.Foreign]).toContain(on(version));
		const larger = { ...waiting(false), sectors: 9 };
		const trial = new Trial(larger);
		expect(trial.run()).toBeUndefined();
		expect(on(trial.machine.flash.bytes.slice(0, plan.sectors * sectorBytes))).toBe(StoreFault.Geometry);
	});

	test("a dump that was cut short", () => {
		const busy = WORKLOADS.find(({ name }) => name === "a nearly full ring is cleaned")!;
		const trial = new Trial({ ...busy, script: busy.script.slice(0, 4) });
		trial.history.lenient = true;
		trial.run();
		const image = trial.machine.flash.bytes.slice();
		const used = Array.from(
			{ length: busy.sectors },
			(_, sector) => image[sector * sectorBytes] !== 0xff,
		).lastIndexOf(true);
		expect(used).toBeGreaterThan(1);
		image.fill(0xff, 0, sectorBytes);
		const short = new Trial({ ...plan, script: [["online"], ["publish", 1, 1, 0x10], ["settle"]] });
		short.history.lenient = true;
		short.machine.flash.renew(image);
		expect(short.run()).toBeUndefined();
		expect(short.faults.length).toBeGreaterThan(0);
	});
});
