// SPDX-License-Identifier: MIT
/**
 * Makes a plan that fails smaller: fewer acts, fewer boards, fewer messages, plainer boards, as long as what is wrong stays of the
 * same kind. Nothing is drawn here: the same plan shrinks to the same plan.
 */

import { boardColumns } from "./check.js";
import { PLAIN_BOARD, PLAIN_BROKER } from "./plain.js";
import type { Act, BoardPlan, Plan } from "./plan.js";
import { failureOf } from "./play.js";
import { kindOf } from "./totals.js";

/** Candidates, one after the other; told of each whether it was taken. */
type Trials = Generator<Plan, void, boolean>;

export class Shrinker {
	/** The smallest plan so far that still fails so, and what it says. */
	best: Plan;
	failure: string;
	/** Plans that were tried. */
	trials = 0;
	readonly #kind: string;
	readonly #judge: (plan: Plan) => string | undefined;
	readonly #trials: Trials;
	#taken = false;
	#progress = false;

	/** `failure` is what `plan` says. `judge` plays a plan; default: a run. */
	constructor(plan: Plan, failure: string, judge: (plan: Plan) => string | undefined = failureOf) {
		this.best = plan;
		this.failure = failure;
		this.#kind = kindOf(failure);
		this.#judge = judge;
		this.#trials = this.#rounds();
	}

	/** Tries one plan. Returns false when none is left to try. */
	step(): boolean {
		const { done, value } = this.#trials.next(this.#taken);
		if (done) return false;
		this.trials++;
		const failure = this.#judge(value);
		this.#taken = failure !== undefined && kindOf(failure) === this.#kind;
		if (this.#taken) {
			this.best = value;
			this.failure = failure!;
			this.#progress = true;
		}
		return true;
	}

	/** Until a whole round makes nothing smaller. */
	*#rounds(): Trials {
		do {
			this.#progress = false;
			yield* this.#fewerActs();
			yield* this.#fewerBoards();
			yield* this.#sooner();
			yield* this.#lessTime();
			yield* this.#plainerWorld();
			yield* this.#plainerBoards();
			yield* this.#plainerActs();
		} while (this.#progress);
	}

	/** Halves first, then quarters, down to single ones. */
	*#fewerActs(): Trials {
		for (let size = this.best.acts.length; size >= 1; size >>= 1)
			for (let at = 0; at < this.best.acts.length; ) {
				const acts = this.best.acts.filter((_, index) => index < at || index >= at + size);
				if (!(yield { ...this.best, acts })) at += size;
			}
	}

	/** Without one and all that is about it; or with all that is about it done to another. */
	*#fewerBoards(): Trials {
		for (let board = this.best.boards.length - 1; board >= 0; board--)
			for (const other of [-1, ...this.best.boards.keys()])
				if (other !== board && this.best.boards.length > 1 && (yield withoutBoard(this.best, board, other)))
					break;
	}

	/** An act follows sooner on the one before, and so do all that follow it. */
	*#sooner(): Trials {
		for (let index = 0; index < this.best.acts.length; index++) {
			const gap = this.best.acts[index][0] - (this.best.acts[index - 1]?.[0] ?? 0);
			for (const less of [0, 1_000, 10_000, gap >> 1]) {
				if (less >= gap) continue;
				const acts = this.best.acts.map((act, at) => (at < index ? act : moved(act, less - gap)));
				if (yield { ...this.best, acts }) break;
			}
		}
	}

	*#lessTime(): Trials {
		const last = this.best.acts.at(-1)?.[0] ?? 0;
		for (const minutes of [1, Math.ceil((last + 1) / 60_000), Math.ceil(this.best.minutes / 2)])
			if (minutes < this.best.minutes && (yield { ...this.best, minutes })) return;
	}

	*#plainerWorld(): Trials {
		for (const key of Object.keys(this.best.conditions))
			yield { ...this.best, conditions: without(this.best.conditions, key) };
		for (const key of Object.keys(this.best.broker.limits)) {
			const { broker } = this.best;
			yield { ...this.best, broker: { ...broker, limits: without(broker.limits, key) } };
		}
		for (const key of ["identifiers", "passOn"] as const) {
			const { broker } = this.best;
			if (broker[key] !== PLAIN_BROKER[key])
				yield { ...this.best, broker: { ...broker, [key]: PLAIN_BROKER[key] } };
		}
	}

	*#plainerBoards(): Trials {
		for (let index = 0; index < this.best.boards.length; index++) {
			const change = (changes: Partial<BoardPlan>): Plan => ({
				...this.best,
				boards: this.best.boards.map((board, at) => (at === index ? { ...board, ...changes } : board)),
			});
			for (const key of Object.keys(PLAIN_BOARD) as (keyof BoardPlan)[])
				if (key !== "limits" && this.best.boards[index][key] !== PLAIN_BOARD[key])
					yield change({ [key]: PLAIN_BOARD[key] });
			if (Object.keys(this.best.boards[index].limits).length > 0) yield change({ limits: {} });
			for (const key of Object.keys(this.best.boards[index].limits))
				yield change({ limits: without(this.best.boards[index].limits, key) });
		}
	}

	*#plainerActs(): Trials {
		for (let index = 0; index < this.best.acts.length; index++) {
			const change = (act: Act): Plan => ({
				...this.best,
				acts: this.best.acts.map((other, at) => (at === index ? act : other)),
			});
			for (const [column, values] of columnsOf(this.best.acts[index]))
				for (const value of values(this.best.acts[index][column] as number)) {
					const act = this.best.acts[index];
					if (act[column] !== value && (yield change(act.toSpliced(column, 1, value) as unknown as Act)))
						break;
				}
			// Times that are easy to read, unless an act would come before the one that it follows.
			const [at] = this.best.acts[index];
			const before = this.best.acts[index - 1]?.[0] ?? 0;
			for (const step of [10_000, 1_000, 100]) {
				const round = Math.floor(at / step) * step;
				const act = moved(this.best.acts[index], round - at);
				if (round !== at && round >= before && (yield change(act))) break;
			}
		}
	}
}

/** The same, so many milliseconds later. */
function moved(act: Act, ms: number): Act {
	return act.toSpliced(0, 1, act[0] + ms) as unknown as Act;
}

/** What may stand in place of a number. */
type Choices = (value: number) => readonly number[];

const fewer: Choices = (value) => [1, value >> 1, value - 1].filter((less) => less >= 1 && less < value);
const none: Choices = () => [0];
const least: Choices = () => [2];

/** Columns of an act that have smaller, or plainer, values. */
function columnsOf(act: Act): readonly (readonly [column: number, values: Choices])[] {
	switch (act[1]) {
		case "publish":
			return [[5, fewer], [6, least], [7, none], [8, none], [9, none]]; // biome-ignore format: a list
		case "send":
			return [[4, fewer], [5, least], [6, none]]; // biome-ignore format: a list
		case "packet":
			return [[5, fewer], [6, fewer]]; // biome-ignore format: a list
		case "answer":
			return [[5, fewer]];
		case "power in flash":
			return [[3, fewer]];
		case "brown-out":
			return [[3, fewer]];
		default:
			return [];
	}
}

/** The plan without that board. What is done by it and to it is done by and to `other`; -1: by nobody. */
function withoutBoard(plan: Plan, board: number, other: number): Plan {
	const acts: Act[] = [];
	for (const act of plan.acts) {
		const columns = boardColumns(act);
		if (other < 0 && columns.some((column) => act[column] === board)) continue;
		const redone: unknown[] = [...act];
		for (const column of columns) {
			const now = act[column] === board ? other : (act[column] as number);
			redone[column] = now > board ? now - 1 : now;
		}
		acts.push(redone as unknown as Act);
	}
	return { ...plan, boards: plan.boards.filter((_, index) => index !== board), acts };
}

function without<Values extends object>(values: Values, key: string): Values {
	return Object.fromEntries(Object.entries(values).filter(([name]) => name !== key)) as Values;
}
