// SPDX-License-Identifier: MIT
/** Processes of a bench: they end with it, also when it is interrupted. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Starts a module of this folder in a process of its own. @param {string} name @param {string[]} args @param {string[]} execArgv */
export function start(name, args = [], execArgv = []) {
	return kept(fork(fileURLToPath(new URL(name, import.meta.url)), args, { execArgv }));
}

/** A process that is to end with the bench. @template {import("node:child_process").ChildProcess} Child @param {Child} child */
export function kept(child) {
	running.add(child);
	child.on("exit", () => running.delete(child));
	return child;
}

/** The next message of a child; rejects when it ends instead. @param {import("node:child_process").ChildProcess} child @param {string} who */
export async function answerOf(child, who) {
	const over = new AbortController();
	try {
		const [answer] = await Promise.race([
			once(child, "message", over),
			once(child, "exit", over).then(([code]) => {
				throw new Error(`${who} ended with ${code}`);
			}),
		]);
		return answer;
	} finally {
		over.abort();
	}
}

/** Ends all that are left. */
export function endAll() {
	for (const child of running) child.kill("SIGKILL");
	running.clear();
}
