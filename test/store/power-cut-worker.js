// SPDX-License-Identifier: MIT
/** One worker of the campaign: runs plans until it is stopped, and tells what it counted and found. */
import { parentPort, workerData } from "node:worker_threads";

const { directory, seed, step, exhaustive, first } = workerData;
const [{ add, repeatCommand }, { swarm }, { Trial }, { singles, multiples }, { WORKLOADS, SHORT }] =
	await Promise.all(
		["report", "swarm", "trial", "exhaustive", "workloads"].map((name) => import(`${directory}/${name}.js`)),
	);

/** Every single cut of every workload, then two and three on the short ones; this worker's share. */
function* everything() {
	for (const plan of WORKLOADS) yield* singles(plan, step, first);
	for (const cuts of [2, 3])
		for (const plan of WORKLOADS) if (SHORT.includes(plan.name)) yield* multiples(plan, cuts, step, first);
}

function* seeds() {
	for (let next = seed + first; ; next += step) yield swarm(next);
}

let going = true;
parentPort.on("message", () => {
	going = false;
});

const plans = exhaustive ? everything() : seeds();
let last = seed;
while (going) {
	const sum = { ...new Trial(swarm(0)).tally };
	let runs = 0;
	let done = false;
	const violations = [];
	const started = performance.now();
	while (performance.now() - started < 250) {
		const { value: plan, done: over } = plans.next();
		done = over === true;
		if (done) break;
		last = plan.seed;
		const trial = new Trial(plan);
		const failure = trial.run();
		runs++;
		add(sum, trial.tally);
		if (failure !== undefined) violations.push({ failure, repeat: repeatCommand(plan) });
	}
	parentPort.postMessage({ runs, sum, violations, last, done });
	if (done) break;
	// Lets a message in.
	await new Promise((resolve) => setImmediate(resolve));
}
parentPort.close();
