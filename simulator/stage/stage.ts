// SPDX-License-Identifier: MIT
/**
 * The stage: a world with a network, a broker and boards in it, all of one seed. Scenarios play on it, random runs do, and
 * so do fleets in virtual time. What goes wrong in a play is done to a board, to its links, or to the broker; the stage lets
 * time pass, power cuts in the middle of a flash command included.
 */

import { Broker, type BrokerHooks, type BrokerLimits, type Profile } from "../broker/index.js";
import { type Conditions, type SeededRandom, VirtualNetwork, World } from "../world.js";
import { StageBoard, type StageBoardOptions } from "./board.js";

export interface StageOptions {
	/** Repeats a play; a whole number up to 2⁵³ - 1. Default 1. */
	readonly seed?: number;
	/** Milliseconds since 1970 when the curtain rises. Default 2026-01-01T00:00:00Z. */
	readonly epochMs?: number;
	/** Which broker of the field ours has the limits of. */
	readonly profile?: Profile;
	/** Over those of the profile. */
	readonly limits?: Partial<BrokerLimits>;
	/** Of the broker: passwords, permissions, events. */
	readonly hooks?: BrokerHooks;
	/** What the links of boards without conditions of their own are like. Default: 5 ms each way. */
	readonly conditions?: Partial<Conditions>;
}

export class Stage {
	readonly seed: number;
	readonly world: World;
	readonly network: VirtualNetwork;
	readonly broker: Broker;
	/** In the order in which they came. */
	readonly boards: StageBoard[] = [];
	/** For draws of the play itself. */
	readonly random: SeededRandom;

	constructor(options: StageOptions = {}) {
		const { seed = 1, epochMs, profile, limits, hooks, conditions } = options;
		this.seed = seed;
		this.world = new World({ seed, epochMs, instantEventsMax: 500_000 });
		this.random = this.world.random.fork("stage");
		this.network = new VirtualNetwork(this.world, { conditions: { upMs: 5, downMs: 5, ...conditions } });
		const random = this.world.random.fork("broker");
		this.broker = new Broker({
			...hooks,
			schedule: this.world,
			random: (below) => random.below(below),
			profile,
			limits,
		});
		this.network.listen(this.broker);
	}

	/** Virtual milliseconds since the curtain rose. */
	get now(): number {
		return this.world.now;
	}

	/** Puts a board on the stage, and switches it on unless `options.off`. Throws when there is one of that name. */
	board(options: StageBoardOptions): StageBoard {
		if (this.boards.some(({ name }) => name === options.name))
			throw this.world.error(`there is a board called "${options.name}" already`);
		const board = new StageBoard(this, options);
		this.boards.push(board);
		if (!options.off) board.powerOn();
		return board;
	}

	/** Does it `delayMs` from now. */
	after(delayMs: number, action: () => void): void {
		this.world.after(delayMs, () => this.guard(action));
	}

	/** Lets time pass. */
	pass(ms: number): void {
		this.until(never, ms);
	}

	/** Lets time pass until `predicate` holds, for `ms` at most. Returns whether it does. */
	until(predicate: () => boolean, ms: number): boolean {
		const { world } = this;
		const end = world.now + ms;
		let held: boolean | undefined;
		while (held === undefined)
			this.guard(() => {
				held = world.runUntil(predicate, end);
			});
		return held;
	}

	/** Runs code of a board. What it throws when its power has gone in the middle of it is of no interest: nobody is there. */
	guard(action: () => void): void {
		try {
			action();
		} catch (error) {
			if (this.#cutEvent !== this.world.events) throw error;
		}
	}

	/** For boards: the power of one has gone inside a flash command, whose code is being unwound. */
	cut(): void {
		this.#cutEvent = this.world.events;
	}

	/** In which event of the world that was: what is thrown in another one has other causes. */
	#cutEvent = -1;
}

const never = () => false;
