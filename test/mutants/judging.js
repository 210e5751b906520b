// SPDX-License-Identifier: MIT
/** Has a process judge a mutant; one that does not come to an end is a verdict, too. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./copies.js";

/** Seconds on the clock for each second of processor time, and for starting: a machine may be busy. */
const PATIENCE = 6;
const START_SECONDS = 60;

/**
 * Resolves to one verdict for each of `job.layers`, in that order: `by` is the check that killed the mutant, or "", and
 * `passed` what did not. `onVerdict` is called with each as it comes, and its layer. Adds what is sound to `job.green`.
 */
export async function judge(job, onVerdict = () => {}) {
	const verdicts = [];
	while (verdicts.length < job.layers.length) {
		const rest = { ...job, layers: job.layers.slice(verdicts.length) };
		for (const verdict of await judgeUntilItHangs(rest, onVerdict)) verdicts.push(verdict);
	}
	return verdicts;
}

function judgeUntilItHangs(job, onVerdict) {
	return new Promise((done) => {
		const arguments_ = [join(root, "test/mutants/judge.js"), JSON.stringify(job)];
		const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
		const stop = () => child.kill("SIGKILL");
		process.once("exit", stop);
		const verdicts = [];
		let check = "";
		let rest = "";
		let passed = [];
		let timer;
		const wait = () => {
			clearTimeout(timer);
			const layer = job.layers[verdicts.length];
			if (layer === undefined) return;
			// Tests have an end of their own.
			const tests = layer.checks.filter((one) => one.startsWith("test: ")).length;
			const seconds = layer.seconds * PATIENCE + START_SECONDS + tests * 700;
			timer = setTimeout(stop, seconds * 1000);
		};
		const conclude = (verdict) => {
			const layer = job.layers[verdicts.length];
			verdicts.push({ passed, ...verdict });
			passed = [];
			onVerdict(verdicts.at(-1), layer);
		};
		const hear = (message) => {
			if (message.check !== undefined) check = message.check;
			else if (message.passed !== undefined) passed.push(message);
			else if (message.green !== undefined) job.green?.push(message.green);
			else {
				conclude(message);
				wait();
			}
		};
		wait();
		child.stdout.setEncoding("utf8");
		child.stdout.on("data", (chunk) => {
			const lines = (rest + chunk).split("\n");
			rest = lines.pop();
			for (const line of lines) hear(JSON.parse(line));
		});
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			process.off("exit", stop);
			if (verdicts.length < job.layers.length) {
				const wrong = signal === null ? `it ended with ${code}` : "it has no end";
				conclude({ by: check || "loading", runs: 1, total: 1, noise: 0, wrong });
			}
			done(verdicts);
		});
	});
}
