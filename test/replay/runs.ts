// SPDX-License-Identifier: MIT
/** The boards of random runs, `simulator/swarm/`, on tapes. */
import { type DrawOptions, draw } from "../../simulator/swarm/draw.js";
import { Run, type Tally } from "../../simulator/swarm/run.js";
import { Recorder, type Recording } from "./recorder.js";

export interface RecordedRun {
	readonly tally: Tally;
	/** What is wrong with the run, or undefined: a run that fails is recorded as well. */
	readonly failure: string | undefined;
	/** One of each board. */
	readonly recordings: readonly Recording[];
}

/** The run of a seed. */
export function recordRun(seed: number, options: DrawOptions = {}): RecordedRun {
	const plan = draw(seed, options);
	const recorders = plan.boards.map(() => new Recorder());
	const run = new Run(plan, (board) => recorders[board]);
	const failure = run.run();
	// The sensor firmware makes its client itself, out of the reach of a tape.
	const onTape = run.actors.filter(({ plan: { program } }) => program === "traffic");
	const recordings = onTape.map(({ index, plan: { version, sectors } }) => ({
		title: `seed ${seed}, board ${index}, version ${version}, ${sectors} blocks`,
		tape: recorders[index].finish(),
	}));
	return { tally: run.tally, failure, recordings };
}
