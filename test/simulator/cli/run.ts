// SPDX-License-Identifier: MIT
/** Runs the command line as a user does: the bundle, in a process of its own. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import net from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Broker, type BrokerEvent, type BrokerHooks, TcpListener } from "../../../simulator/broker/index.js";
import { NodeSchedule } from "../../../simulator/node/index.js";

export const bundle = fileURLToPath(new URL("../../../dist/ringbuoy.js", import.meta.url));

export interface Options {
	readonly env?: Record<string, string>;
	readonly cwd?: string;
	readonly file?: string;
	/** Milliseconds after which it is killed; nothing of a run may outlive a test that has failed. */
	readonly guardMs?: number;
}

export type Event = Record<string, unknown> & { event: string; time: number; board?: string };

export class Run {
	stdout = "";
	stderr = "";
	/** Exit code, or the signal that ended it. */
	readonly exit: Promise<number | string>;
	readonly child: ChildProcessByStdio<null, Readable, Readable>;
	#waiting: (() => void)[] = [];

	constructor(args: readonly string[], { env = {}, cwd, file = bundle, guardMs = 58_000 }: Options = {}) {
		if (!existsSync(file)) throw new Error(`${file} is missing: node test/tools/prepare.js makes it`);
		const { PATH = "" } = process.env;
		this.child = spawn(process.execPath, [file, ...args], {
			cwd,
			env: { PATH, ...env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.child.stdout.setEncoding("utf8").on("data", (text) => {
			this.stdout += text;
			this.#wake();
		});
		this.child.stderr.setEncoding("utf8").on("data", (text) => {
			this.stderr += text;
		});
		const guard = setTimeout(() => this.child.kill("SIGKILL"), guardMs);
		this.exit = new Promise((resolve) => {
			this.child.on("close", (code, signal) => {
				clearTimeout(guard);
				this.#wake();
				resolve(signal ?? code ?? -1);
			});
		});
	}

	/** What `--json` wrote so far, whole lines only. */
	get events(): Event[] {
		const lines = this.stdout.slice(0, this.stdout.lastIndexOf("\n") + 1).split("\n");
		return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
	}

	of(event: string): Event[] {
		return this.events.filter((one) => one.event === event);
	}

	/** Waits until the output satisfies `condition`; rejects when the run ends before. */
	async until(condition: (run: this) => boolean): Promise<void> {
		const ended = this.exit.then(() => true);
		while (!condition(this)) {
			const more = new Promise<boolean>((resolve) => this.#waiting.push(() => resolve(false)));
			const over = await Promise.race([more, ended]);
			if (over && !condition(this)) throw new Error(`it ended: ${this.stdout}${this.stderr}`);
		}
	}

	/** Runs until the condition holds, then ends it as Ctrl-C does. Returns its exit code. */
	async endWhen(condition: (run: this) => boolean): Promise<number | string> {
		await this.until(condition);
		this.child.kill("SIGINT");
		return this.exit;
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const wake of waiting) wake();
	}
}

/** Runs it to its end. */
export async function ringbuoy(
	args: readonly string[],
	options?: Options,
): Promise<Run & { code: number | string }> {
	const run = new Run(args, options);
	return Object.assign(run, { code: await run.exit });
}

/** Seconds from the request to stop to the end, by the clock of the run: whether it waited for something. */
export function stoppedIn(run: Run): number {
	return run.of("end")[0].time - run.of("stopping")[0].time;
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
	const server = net.createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as net.AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** The embedded broker in the process of the test: the other side of a run with `--broker`. */
export async function withBroker<Result>(
	hooks: BrokerHooks,
	use: (broker: Broker, url: string, events: BrokerEvent[]) => Promise<Result>,
): Promise<Result> {
	const events: BrokerEvent[] = [];
	const onEvent = (event: BrokerEvent) => void events.push({ ...event });
	const broker = new Broker({ schedule: new NodeSchedule(), onEvent, ...hooks });
	const listener = new TcpListener(broker);
	const { port } = await listener.listen();
	try {
		return await use(broker, `mqtt://127.0.0.1:${port}`, events);
	} finally {
		broker.close();
		await listener.close();
	}
}

/** Waits for something that no event of ours announces. */
export async function eventually(condition: () => boolean): Promise<void> {
	const until = performance.now() + 20_000;
	while (!condition()) {
		if (performance.now() > until) throw new Error("it did not come true in twenty seconds");
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
