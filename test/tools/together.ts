// SPDX-License-Identifier: MIT
/**
 * Runs before each file of tests that shares its process with others: such a file may not reach the outside world, and
 * leaves the process as it was. One that must gets a process of its own, see `test/vitest.config.ts`.
 */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import workerThreads from "node:worker_threads";
import { afterAll, beforeAll, expect, vi } from "vitest";

const refuse = (what: string) =>
	function refused(): never {
		throw new Error(`${what} in a process that is shared: this file's second line must be // alone: why`);
	};

for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"] as const)
	childProcess[name] = refuse("a child process") as never;
net.Server.prototype.listen = refuse("a server") as never;
net.Socket.prototype.connect = refuse("a socket") as never;
workerThreads.Worker = refuse("a thread") as never;
syncBuiltinESMExports();

/** What a file could leave behind for the next one. */
const shared = () => ({
	globals: Object.getOwnPropertyNames(globalThis)
		.filter((name) => !name.startsWith("__vitest"))
		.sort(),
	timers: vi.isFakeTimers(),
	clocks: [Date, setTimeout, setInterval, setImmediate, queueMicrotask, performance, Math.random],
	builtins: [Number.isNaN, FinalizationRegistry, DataView, Uint8Array, console.log, process.stdout.write],
	environment: { ...process.env },
	listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
	folder: process.cwd(),
});

let before: ReturnType<typeof shared>;
beforeAll(() => {
	before = shared();
});
afterAll(() => {
	const after = shared();
	expect({ ...after, clocks: [], builtins: [] }).toEqual({ ...before, clocks: [], builtins: [] });
	after.clocks.forEach((one, at) => void expect(one).toBe(before.clocks[at]));
	after.builtins.forEach((one, at) => void expect(one).toBe(before.builtins[at]));
});
