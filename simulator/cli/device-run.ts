// SPDX-License-Identifier: MIT
/** Child processes that end with us: each in a group of its own, so that what they have started ends, too. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Command {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** On top of our own environment. */
	readonly env: Readonly<Record<string, string>>;
}

/** After that a child that was asked to end is killed. */
const GRACE_MS = 3_000;

/** Runs it to its end and hands over its lines; returns its exit code, 130 when `signal` ended it, 127 when it is not there. */
export function run(
	{ command, args, cwd, env }: Command,
	onLine: (line: string) => void,
	signal: AbortSignal,
): Promise<number> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve(130);
		const child = spawn(command, args, {
			cwd,
			env: { ...process.env, ...env },
			detached: true,
			stdio: ["ignore", "pipe", "pipe"],
		});
		let hammer: NodeJS.Timeout | undefined;
		const stop = (): void => {
			killGroup(child.pid, "SIGTERM");
			hammer = setTimeout(() => killGroup(child.pid, "SIGKILL"), GRACE_MS);
		};
		const done = (code: number): void => {
			clearTimeout(hammer);
			signal.removeEventListener("abort", stop);
			resolve(signal.aborted ? 130 : code);
		};
		signal.addEventListener("abort", stop);
		for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
		child.on("error", (error) => {
			onLine(
				`# error: ${command}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "not found" : error.message}`,
			);
			done(127);
		});
		child.on("close", (code) => done(code ?? 1));
	});
}

/** Runs it at our own terminal: for a monitor, which is talked to. Ctrl-C reaches it by itself. */
export function runAtTerminal({ command, args, cwd, env }: Command): Promise<number> {
	return new Promise((resolve) => {
		const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "inherit" });
		child.on("error", () => resolve(127));
		child.on("close", (code) => resolve(code ?? 130));
	});
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch {
		// It has ended by itself.
	}
}

/** As somebody would type it; what their shell has anyway is a variable. */
export function typed({ command, args, cwd, env }: Command): string {
	const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(shortened(name, value))}`);
	return `(cd ${quoted(cwd)} && ${[...variables, command, ...args.map(quoted)].join(" ")})`;
}

function shortened(name: string, value: string): string {
	const own = process.env[name] ?? "";
	return own !== "" && value.length > own.length && value.endsWith(own)
		? `${value.slice(0, -own.length)}$${name}`
		: value;
}

function quoted(text: string): string {
	if (/^[\w@%+=:,./-]+$/.test(text)) return text;
	// Paths that begin with, or end in, a variable.
	if (text.includes("$") && /^(?:\$[A-Z_]+)?[\w@%+=:,./ -]*(?:\$[A-Z_]+)?$/.test(text)) return `"${text}"`;
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
