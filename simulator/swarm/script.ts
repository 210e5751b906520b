// SPDX-License-Identifier: MIT
/** A plan as a file that `ringbuoy run` plays: JavaScript, one act a line, each with its words beside it. */

import type { Plan } from "./plan.js";
import { wordsOfAct } from "./words.js";

/** The text of a scenario. `title` says what goes wrong in it. */
export function scriptOf(plan: Plan, title: string): string {
	const { seed, minutes, broker, conditions, boards, acts } = plan;
	const lines = [
		`export const title = ${JSON.stringify(title)};`,
		"",
		"// Milliseconds from the start, what happens, and to which board; simulator/swarm/plan.ts explains each.",
		"export const plan = {",
		`\tseed: ${seed},`,
		`\tminutes: ${minutes},`,
		`\tbroker: ${literal(broker)},`,
		`\tconditions: ${literal(conditions)},`,
		"\tboards: [",
		...boards.map((board) => `\t\t${literal(board)},`),
		"\t],",
		"\tacts: [",
		...acts.map((act) => `\t\t${literal(act)}, // ${wordsOfAct(act)}`),
		"\t],",
		"};",
	];
	return `${lines.join("\n")}\n`;
}

/** A value as a person would write it. */
function literal(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	const entries = Object.entries(value).map(([name, item]) => `${name}: ${literal(item)}`);
	return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
