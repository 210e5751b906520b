// SPDX-License-Identifier: MIT
/** Looks at a plan that came from a file, before a world is made of it. */

import type { Act, Plan } from "./plan.js";
import { wordsOfAct } from "./words.js";

/** What is wrong with it, in words; undefined: nothing that is seen at once. */
export function mistakeIn(plan: unknown): string | undefined {
	if (typeof plan !== "object" || plan === null) return "its plan is no object";
	const { seed, minutes, broker, conditions, boards, acts } = plan as { [Key in keyof Plan]?: unknown };
	if (!isCount(seed)) return "the seed of its plan is no whole number from 0 on";
	if (!isCount(minutes) || minutes === 0) return "the minutes of its plan are no whole number from 1 on";
	if (typeof broker !== "object" || typeof conditions !== "object")
		return "its plan lacks the broker, or the conditions";
	if (!Array.isArray(boards) || boards.length === 0) return "its plan has no boards";
	if (!Array.isArray(acts)) return "its plan has no acts";
	for (const [index, act] of acts.entries()) {
		const mistake = mistakeInAct(act, boards.length);
		if (mistake !== undefined) return `act ${index + 1} of its plan ${mistake}: ${JSON.stringify(act)}`;
	}
	return undefined;
}

function mistakeInAct(act: unknown, boards: number): string | undefined {
	if (!Array.isArray(act) || !isCount(act[0])) return "does not begin with its milliseconds";
	try {
		if (/undefined|NaN/.test(wordsOfAct(act as unknown as Act))) return "is not complete";
	} catch {
		return "is of no kind that there is";
	}
	for (const column of boardColumns(act as unknown as Act)) {
		const board = act[column];
		const all = act[1] === "silence" && board === -1;
		if (!all && !(isCount(board) && board < boards)) return `is about a board that is not there`;
	}
	return undefined;
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Where the boards stand in an act. */
export function boardColumns(act: Act): readonly number[] {
	if (act[1] === "publish") return [2, 3];
	return act[1] === "restart broker" ? [] : [2];
}
