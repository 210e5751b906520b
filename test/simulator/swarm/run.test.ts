// SPDX-License-Identifier: MIT
/** A run in which one thing is not in order: what is looked at when all faults are over says which. */

import { describe, expect, it } from "vitest";
import { Client, type ClientOptions, Counter } from "../../../lib/index.js";
import type { Recorder } from "../../../simulator/swarm/actor.js";
import { PLAIN_BOARD, PLAIN_BROKER } from "../../../simulator/swarm/plain.js";
import type { Plan } from "../../../simulator/swarm/plan.js";
import { Run } from "../../../simulator/swarm/run.js";
import { kindOf } from "../../../simulator/swarm/totals.js";

/** One board with flash that sends itself messages for a minute, and nothing goes wrong. */
const PLAN: Plan = {
	seed: 1,
	minutes: 1,
	broker: PLAIN_BROKER,
	conditions: {},
	boards: [{ ...PLAIN_BOARD, sectors: 8, remembers: true }],
	acts: [[1000, "publish", 0, 0, 2, 3, 16, 100, 0, 0]],
};

/** What is wrong, when `spoil` has had its way with the run; without numbers. */
function spoilt(spoil: (run: Run) => void, plan: Plan = PLAN): string | undefined {
	const run = new Run(plan);
	spoil(run);
	const failure = run.run();
	return failure && kindOf(failure);
}

/** The same with another client in each life. */
function withClient(make: (options: ClientOptions) => Client): string | undefined {
	const recorder: Recorder = { flash: (flash) => flash, client: (options) => make(options) };
	const failure = new Run(PLAN, () => recorder).run();
	return failure && kindOf(failure);
}

it("nothing is wrong, and it was counted", () => {
	const run = new Run(PLAN);
	expect(run.run()).toBeUndefined();
	expect(run.tally).toMatchObject({ messages: 6, delivered: 6, repeats: 0, powerCuts: 0, faults: {} });
	expect(run.tally.virtualMs).toBeGreaterThan(60_000);
	expect(run.tally.packets).toBeGreaterThan(20);
});

it("acts are counted by their kind, and what they do shows", () => {
	const acts: Plan["acts"] = [
		...PLAN.acts,
		[20_000, "power", 0, 500],
		[30_000, "cut link", 0],
		[40_000, "power", 0, 500],
	];
	const run = new Run({ ...PLAN, acts });
	expect(run.run()).toBeUndefined();
	expect(run.tally).toMatchObject({ powerCuts: 2, faults: { power: 2, "cut link": 1 } });
	// The fifth: when all faults are over every link is cut once.
	expect(run.tally.connections).toBe(5);
});

it("a board that sleeps says goodbye, loses no power, and wants something else in every other life", () => {
	const acts: Plan["acts"] = [...PLAN.acts, [20_000, "sleep", 0, 500], [30_000, "sleep", 0, 500]];
	const run = new Run({ ...PLAN, boards: [{ ...PLAN.boards[0], resubscribe: "lost" }], acts });
	expect(run.run()).toBeUndefined();
	expect(run.tally).toMatchObject({ powerCuts: 0, connections: 4, faults: { sleep: 2 } });
	const filters = run.stage.broker.session(run.actors[0].board.name)?.filters;
	expect(filters?.toSorted()).toEqual(["also/0/0", "also/1/0", "to/0/#"]);
});

it("a board of 3.1.1 that writes to itself more than it can take gets it all, and does not reconnect for ever", () => {
	const limits = { receiveMaximum: 1, window: 3, requestMs: 5_000 };
	const boards: Plan["boards"] = [{ ...PLAIN_BOARD, version: 4, qos: 1, holdMs: 10, sectors: 8, limits }];
	const run = new Run({ ...PLAN, boards, acts: [[0, "publish", 0, 0, 1, 6, 100, 0, 0, 0]] });
	expect(run.run()).toBeUndefined();
	expect(run.tally.connections).toBeLessThan(40);
});

describe("Told when all faults are over", () => {
	it("a filter that the broker does not have", () => {
		const failure = withClient((options) => {
			const client = new Client(options);
			const { subscribe } = client;
			let asked = 0;
			client.subscribe = (...wanted) => (++asked === 2 ? 0 : subscribe.apply(client, wanted));
			return client;
		});
		expect(failure).toBe("does not finish");
	});

	it("a board that does not come online again", () => {
		const unreachable = spoilt(({ actors: [{ board }] }) => {
			board.reach("refuse");
			board.reach = () => {};
		});
		expect(unreachable).toBe("does not come online again");
	});

	it("one that cannot open its store", () => {
		const closed = withClient((options) => {
			const client = new Client(options);
			client.open = () => -3;
			return client;
		});
		expect(closed).toBe("board # cannot open its store: #");
	});

	it("messages that never come to an end", () => {
		// The handler of the settlement is deaf.
		expect(spoilt(({ actors: [actor] }) => void (actor.onSettled = () => {}))).toBe("does not finish");
	});

	it("a run that delivers nothing", () => {
		const deaf = spoilt(({ actors: [actor] }) => void (actor.onMessage = () => {}), { ...PLAN, acts: [] });
		expect(deaf).toBe("nobody hears of anybody in the end");
	});

	it("a number that is not the one of the messages that it is kept with", () => {
		expect(spoilt(({ actors: [actor] }) => void (actor.onOnline = () => void (actor.sum = 1)))).toBe(
			"board # keeps # with its messages, not #",
		);
	});

	it("a client that the broker throws out", () => {
		const thrown = spoilt((run) => run.later(5_000, () => run.stage.broker.disconnect("board-0", 0x82)));
		expect(thrown).toBe("the broker threw board-# out: #x#");
	});

	it("memory that is taken late", () => {
		const greedy = withClient((options) => {
			const client = new Client(options);
			options.memory.allocate(16);
			return client;
		});
		expect(greedy).toBe("the client of board # took # blocks of memory");
	});

	it("timers that are left on a board, and events in the world", () => {
		const timers = spoilt(({ actors: [{ board }], stage }) => {
			stage.after(61_000, () => board.scope.add({ vanish() {} }));
		});
		expect(timers).toBe("board # leaves # timers and links");
		const events = spoilt(({ stage }) => {
			for (let i = 0; i < 9; i++) stage.world.after(1e9, () => {});
		});
		expect(events).toBe("# events are left in the world");
	});

	it("more in flight than the window, more owed than there is room for", () => {
		const poke = (counter: number) =>
			spoilt((run) => run.stage.after(60_500, () => void (run.actors[0].client.counters[counter] = 10_000)));
		expect(poke(Counter.PeakInFlight)).toBe("board # had more than its window in flight");
		expect(poke(Counter.PeakOwed)).toBe("board # owed more than it has room for");
	});

	it("flash that is worn unevenly", () => {
		expect(spoilt(({ actors: [{ board }] }) => void (board.flash!.wear[3] += 40))).toBe(
			"board # wears its flash unevenly:",
		);
	});

	it("an exception, with where it was thrown", () => {
		const run = new Run(PLAN);
		run.actors[0].onMessage = () => {
			throw new Error("planted");
		};
		expect(run.run()).toMatch(/^Error: planted\n {4}at .*run\.test\.ts/);
	});
});
