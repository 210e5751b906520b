// SPDX-License-Identifier: MIT
/** A plan that a random run has written out, or a person: `ringbuoy run` plays it once, and `ringbuoy world` draws its like. */

import { type Capture, pcapOf } from "../pcap/index.js";
import { mistakeIn } from "../swarm/check.js";
import type { Plan } from "../swarm/plan.js";
import { type Played, play } from "../swarm/play.js";
import { wordsOf, wordsOfAct } from "../swarm/words.js";
import { begun, ended } from "./capture.js";
import type { Typed } from "./options.js";
import type { Loaded } from "./run-load.js";
import type { Terminal } from "./run-performance.js";
import { UsageError } from "./usage.js";
import { counted, duration, grouped, wrapped } from "./words.js";

/** Returns whether nothing was wrong. `seed` in place of that of the plan; undefined: that one. */
export function performPlan(
	{ name, title, plan: loaded }: Extract<Loaded, { kind: "plan" }>,
	seed: number | undefined,
	typed: Typed,
	terminal: Terminal,
): boolean {
	const mistake = mistakeIn(loaded);
	if (mistake !== undefined) throw new UsageError(`${name}: ${mistake}`);
	const plan: Plan = seed === undefined ? (loaded as Plan) : { ...(loaded as Plan), seed };
	const json = typed.has("json");
	if (json)
		terminal.write(JSON.stringify({ event: "start", name, title, seed: plan.seed, acts: wordsOf(plan) }));
	else {
		terminal.write(terminal.paint("bold", title));
		for (const line of wordsOf(plan))
			wrapped(line, terminal.columns - 6).forEach((part, at) => {
				terminal.write(`${at === 0 ? "  " : "      "}${part}`);
			});
		terminal.write("");
	}
	const began = performance.now();
	const played = playCaptured(plan, typed.get("pcap"));
	const again = `npx ringbuoy run ${name}${seed === undefined ? "" : ` --seed ${seed}`}`;
	if (json) terminal.write(JSON.stringify(ending(played, again)));
	else for (const line of verdict(played, again, performance.now() - began, terminal)) terminal.write(line);
	return played.failure === undefined;
}

/** Plays it, and writes what is said to a file; each act stands beside the packet that follows it. */
export function playCaptured(plan: Plan, file: string | undefined): Played {
	if (file === undefined) return play(plan);
	let capture: Capture | undefined;
	const played = play(plan, ({ stage }) => {
		capture = begun(file, () => pcapOf(stage.network, file));
		for (const act of plan.acts) stage.after(act[0], () => capture?.comment(wordsOfAct(act)));
	});
	if (capture !== undefined) ended(file, capture);
	return played;
}

function ending({ failure, tally }: Played, command: string): object {
	const digest = tally.digest.toString(16).padStart(8, "0");
	return { event: "end", held: failure === undefined, failure, ...tally, digest, command };
}

function verdict({ failure, tally }: Played, again: string, ms: number, { paint }: Terminal): string[] {
	const took = `${duration(tally.virtualMs)} of its time in ${duration(ms)}`;
	if (failure !== undefined) return [`${paint("red", "FAILED")}: ${failure}`, `${took}; repeat it: ${again}`];
	const what = `${counted(tally.messages, "message")}, ${grouped(tally.delivered)} delivered`;
	return [`${paint("green", "held")}: no violation; ${what}; ${took}`];
}
