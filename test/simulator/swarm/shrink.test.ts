// SPDX-License-Identifier: MIT
/** What fails becomes small, is put into words and into a file, and fails the same way when that is loaded and played. */

import { describe, expect, it } from "vitest";
import { mistakeIn } from "../../../simulator/swarm/check.js";
import { draw } from "../../../simulator/swarm/draw.js";
import { PLAIN_BOARD, PLAIN_BROKER } from "../../../simulator/swarm/plain.js";
import type { Plan } from "../../../simulator/swarm/plan.js";
import { play } from "../../../simulator/swarm/play.js";
import { Run } from "../../../simulator/swarm/run.js";
import { scriptOf } from "../../../simulator/swarm/script.js";
import { Shrinker } from "../../../simulator/swarm/shrink.js";
import { kindOf } from "../../../simulator/swarm/totals.js";
import { wordsOf } from "../../../simulator/swarm/words.js";

/** Shrinks as long as it gets smaller. */
function shrunk(plan: Plan, judge: (plan: Plan) => string | undefined): Shrinker {
	const shrinker = new Shrinker(plan, judge(plan)!, judge);
	while (shrinker.step());
	return shrinker;
}

/** A mistake that is not there: the handler of a board gets each QoS 2 message twice after a power cut. */
function planted(plan: Plan): string | undefined {
	const run = new Run(plan);
	for (const actor of run.actors) {
		const onMessage = actor.onMessage.bind(actor);
		actor.onMessage = (message) => {
			onMessage(message);
			if (message.qos === 2 && actor.board.cuts > 0 && run.now < plan.minutes * 60_000) onMessage(message);
		};
	}
	return run.run();
}

/** The module that a text is. */
async function loaded(text: string): Promise<{ title: string; plan: Plan }> {
	return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

/** The first plan from that seed on with which it fails. */
function failing(judge: (plan: Plan) => string | undefined, from: number): Plan {
	for (let seed = from; seed < from + 40; seed++) {
		const plan = draw(seed);
		if (plan.boards.length > 1 && plan.acts.length > 10 && judge(plan) !== undefined) return plan;
	}
	throw new Error("it is not found in forty seeds");
}

describe("A planted mistake", () => {
	const plan = failing(planted, 1);
	const { best, failure, trials } = shrunk(plan, planted);

	it("shrinks to the power cut and one message of QoS 2", () => {
		expect(kindOf(failure)).toBe("QoS # came twice in one life");
		expect(best.acts.length).toBeLessThanOrEqual(3);
		expect(best.acts.some(([, kind]) => ["power", "power in flash", "brown-out"].includes(kind))).toBe(true);
		expect(best.acts.filter(([, kind]) => kind === "publish" || kind === "send")).toHaveLength(1);
		expect(best.boards).toHaveLength(1);
		expect(best.broker.limits).toEqual({});
		expect(best.conditions).toEqual({});
		expect(trials).toBeGreaterThan(10);
	});

	it("shrinks to the same again", () => {
		const again = shrunk(plan, planted);
		expect(again.best).toEqual(best);
		expect(again.trials).toBe(trials);
	});

	it("is written as a module that is the same plan, and fails the same way", async () => {
		const text = scriptOf(best, "QoS 2 twice");
		const module = await loaded(text);
		expect(module.title).toBe("QoS 2 twice");
		expect(module.plan).toEqual(best);
		expect(mistakeIn(module.plan)).toBeUndefined();
		expect(planted(module.plan)).toBe(failure);
		expect(play(module.plan).failure).toBeUndefined();
	});

	it("stands in the file one act a line, with its words", () => {
		const acts = scriptOf(best, "")
			.split("\n")
			.filter((line) => line.startsWith("\t\t[") && line.includes(" // "));
		expect(acts).toHaveLength(best.acts.length);
		expect(acts.join("\n")).toMatch(/\/\/ .*publishes a message of QoS 2/);
	});
});

describe("Smaller", () => {
	/** Fails as long as those acts are in it. */
	const needs = (kinds: readonly string[]) => (plan: Plan) =>
		kinds.every((kind) => plan.acts.some((act) => act[1] === kind)) ? "it fails" : undefined;

	const large: Plan = {
		seed: 9,
		minutes: 10,
		broker: { limits: { receiveMaximum: 3 }, identifiers: "random", passOn: "pubrel" },
		conditions: { upMs: 30, pieceBytes: 2 },
		boards: [
			{ ...PLAIN_BOARD, version: 4, limits: { window: 2 } },
			{ ...PLAIN_BOARD, sectors: 7, aliases: true },
			PLAIN_BOARD,
		],
		acts: [
			[1_234, "publish", 0, 1, 1, 9, 60, 40, 0x20, 0],
			[2_345, "cut link", 1],
			[3_456, "publish", 2, 2, 2, 8, 60, 40, 0x20, 9],
			[4_567, "restart broker", true, 100],
			[5_678, "silence", -1, 100],
			[61_234, "packet", 2, "out", "puback", 5, 3, "drop"],
		],
	};

	it("to nothing that is not needed: acts, boards, time, limits, counts", () => {
		const { best } = shrunk(large, needs(["publish", "packet"]));
		expect(best).toEqual({
			seed: 9,
			minutes: 1,
			broker: PLAIN_BROKER,
			conditions: {},
			boards: [PLAIN_BOARD],
			acts: [[0, "publish", 0, 0, 2, 1, 2, 0, 0, 0], [0, "packet", 0, "out", "puback", 1, 1, "drop"]],
		}); // biome-ignore format: a plan
	});

	it("another failure is not taken for the same", () => {
		const judge = (plan: Plan) => (plan.acts.length > 4 ? "it fails 7 times" : "something else");
		const { best, failure } = shrunk(large, judge);
		expect(best.acts).toHaveLength(5);
		expect(failure).toBe("it fails 7 times");
	});

	it("a plan of which no world can be made is none that fails so", () => {
		const broken = { ...large, boards: [{ ...PLAIN_BOARD, limits: { window: 0 } }] };
		expect(new Shrinker(broken, "it fails").step()).toBe(true);
	});
});

it("every kind of act has words, for each seed", () => {
	const kinds = new Set<string>();
	for (let seed = 0; seed < 60; seed++) {
		const plan = draw(seed);
		for (const [, kind] of plan.acts) kinds.add(kind);
		const words = wordsOf(plan).join("\n");
		expect(words).not.toMatch(/undefined|NaN|\[object/);
		expect(mistakeIn(JSON.parse(JSON.stringify(plan)))).toBeUndefined();
	}
	expect(kinds.size).toBe(23);
});

describe("What is no plan", () => {
	const plan = draw(1);
	it.each([
		[undefined, "its plan is no object"],
		[{ ...plan, seed: "1" }, "the seed of its plan is no whole number from 0 on"],
		[{ ...plan, minutes: 0 }, "the minutes of its plan are no whole number from 1 on"],
		[{ ...plan, broker: undefined }, "its plan lacks the broker, or the conditions"],
		[{ ...plan, boards: [] }, "its plan has no boards"],
		[{ ...plan, acts: {} }, "its plan has no acts"],
		[
			{ ...plan, acts: [["cut link", 0]] },
			'act 1 of its plan does not begin with its milliseconds: ["cut link",0]',
		],
		[{ ...plan, acts: [[1, "cut it", 0]] }, 'act 1 of its plan is of no kind that there is: [1,"cut it",0]'],
		[{ ...plan, acts: [[1, "power", 0]] }, 'act 1 of its plan is not complete: [1,"power",0]'],
		[
			{ ...plan, acts: [[1, "cut link", 9]] },
			'act 1 of its plan is about a board that is not there: [1,"cut link",9]',
		],
	])("%#", (given, mistake) => {
		expect(mistakeIn(given)).toBe(mistake);
	});
});
