// SPDX-License-Identifier: MIT
/** One run of `ringbuoy sim`: a broker if none is given, boards, a demonstration, and an end that leaves nothing behind. */

import { Counter, DEFAULT_LIMITS, type Limits, TINY_LIMITS } from "../../lib/index.js";
import { FACTORY_SETTINGS } from "../board/index.js";
import { NodeClock, NodeMemory, NodeRandom, SeededRandom, TcpDialler, TlsDialler } from "../node/index.js";
import { brokerWords, EmbeddedBroker } from "./embedded.js";
import type { BoardEvent, Output, Summary } from "./events.js";
import { Host, type HostOptions } from "./host.js";
import type { SimSettings } from "./settings.js";
import { UsageError } from "./usage.js";
import { version } from "./version.js";

/** The demonstration follows this reading of the first board. */
const DEMONSTRATION_AT = 3;
/** Boards start this far apart at most, so that a thousand do not dial in the same millisecond. */
const STAGGER_MS = 20;
/** The client gives its flush five seconds; whoever is not done a little later is left behind. */
const STOP_MS = 6_000;

/** A run could not begin; the message says why and what to do. */
export class RunError extends Error {
	override readonly name = "RunError";
}

export class Simulation {
	readonly #settings: SimSettings;
	readonly #output: Output;
	readonly #seconds: () => number;
	readonly #hosts: Host[] = [];
	readonly #timers = new Set<NodeJS.Timeout>();
	readonly #limits: Limits;
	/** To the broker of others; all boards share it, because certificates are expensive to read. */
	readonly #dialler: HostOptions["dialler"] | undefined;
	#embedded: EmbeddedBroker | undefined;
	#stopping = false;
	#finish!: () => void;
	readonly #finished = new Promise<void>((resolve) => {
		this.#finish = resolve;
	});

	/** Throws a {@link UsageError} when the certificates cannot be used. */
	constructor(settings: SimSettings, output: Output, seconds: () => number) {
		this.#settings = settings;
		this.#output = output;
		this.#seconds = seconds;
		this.#limits = limitsFor(settings);
		this.#dialler = diallerFor(settings);
	}

	/** Resolves when it is over: true, unless it had a time limit and no reading arrived in it. */
	async run(): Promise<boolean> {
		const { broker, port, names, forSeconds } = this.#settings;
		if (broker === undefined) this.#embedded = await this.#openBroker(port);
		try {
			if (!this.#stopping) this.#begin(names, forSeconds);
			if (this.#hosts.length > 0) await this.#finished;
		} finally {
			await this.#embedded?.close();
		}
		const summary = this.#summary();
		this.#output.run({ event: "end", ...summary });
		return forSeconds === undefined || summary.acknowledged > 0;
	}

	/** Lets the boards say goodbye. Harmless when it is called again. */
	stop(): void {
		if (this.#stopping) return;
		this.#stopping = true;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		if (this.#hosts.length === 0) return; // the broker is still being opened
		const pending = this.#hosts.reduce((sum, host) => sum + host.pending, 0);
		this.#output.run({ event: "stopping", pending });
		this.#after(STOP_MS, () => this.#finish());
		for (const host of this.#hosts) host.program.stop();
		this.#settle();
	}

	#begin(names: readonly string[], forSeconds: number | undefined): void {
		const first = this.#add(names[0]);
		this.#announce();
		first.program.open();
		const apartMs = Math.min(STAGGER_MS, (this.#settings.intervalSeconds * 1000) / names.length);
		for (let i = 1; i < names.length; i++) this.#after(i * apartMs, () => this.#add(names[i]).program.open());
		if (forSeconds !== undefined) this.#after(forSeconds * 1000, () => this.stop());
	}

	async #openBroker(port: number): Promise<EmbeddedBroker> {
		const embedded = new EmbeddedBroker(port, (event) => {
			const words = brokerWords(event);
			if (words !== undefined) this.#output.run({ event: "broker", ...words });
		});
		try {
			await embedded.open();
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			if (code === "EADDRINUSE") {
				const use = `--port ${port + 1}, or --broker mqtt://127.0.0.1:${port} to use what listens there`;
				throw new RunError(`port ${port} is taken; try ${use}`);
			}
			if (code === "EACCES")
				throw new RunError(`port ${port} is not for ordinary users; choose one above 1023`);
			throw new RunError(`the port cannot be opened: ${message}`);
		}
		return embedded;
	}

	#add(name: string): Host {
		const { seed, seeded, root, user, password, version, qos, intervalSeconds } = this.#settings;
		const dialler = this.#dialler ?? new TcpDialler({ host: "127.0.0.1", port: this.#embedded!.port });
		const random = new SeededRandom(seed).fork(name);
		const settings = { ...FACTORY_SETTINGS, root, user, password, version, qos, intervalSeconds };
		const host = new Host(
			{
				name,
				memory: new NodeMemory(),
				dialler,
				clock: new NodeClock(),
				random: seeded ? random.fork("backoff") : new NodeRandom(),
				weather: random.fork("weather"),
				settings,
				limits: this.#limits,
			},
			(event) => this.#onBoard(name, event),
		);
		this.#hosts.push(host);
		return host;
	}

	#announce(): void {
		const { broker, insecure, names, root, version: protocol, qos, intervalSeconds, seed } = this.#settings;
		this.#output.run({
			event: "start",
			version,
			url: broker?.url ?? `mqtt://127.0.0.1:${this.#embedded!.port}`,
			embedded: broker === undefined,
			insecure,
			boards: names,
			root,
			protocol,
			qos,
			intervalSeconds,
			seed,
			memoryBytes: this.#memory().reduce((sum, term) => sum + term.bytes, 0),
		});
	}

	#memory(): Summary["memory"] {
		return this.#hosts[0]?.program.client.memory ?? [];
	}

	#onBoard(name: string, event: BoardEvent): void {
		this.#output.board(name, event);
		if (event.event === "offline") this.#settle();
		const due = event.event === "reading" && event.n === DEMONSTRATION_AT && name === this.#settings.names[0];
		// Not on a broker of others: what is published there is up to our user.
		if (due && this.#embedded !== undefined && !this.#stopping) this.#after(0, () => this.#demonstrate(name));
	}

	#demonstrate(name: string): void {
		const topic = `${this.#settings.root}/${name}/do`;
		this.#output.run({ event: "demonstration", topic, payload: "report" });
		this.#embedded!.broker.publish({ topic, payload: "report", qos: 1 });
	}

	#settle(): void {
		if (!this.#stopping || !this.#hosts.every((host) => host.done)) return;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#finish();
	}

	#after(ms: number, action: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			action();
		}, ms);
		this.#timers.add(timer);
	}

	#summary(): Summary {
		const hosts = this.#hosts;
		const sum = (of: (host: Host) => number) => hosts.reduce((total, host) => total + of(host), 0);
		const peak = (of: (host: Host) => number) => hosts.reduce((most, host) => Math.max(most, of(host)), 0);
		const counter = (index: number) => (host: Host) => host.program.client.counters[index];
		const byType = (base: number) =>
			sum((host) => host.program.client.counters.subarray(base, base + 16).reduce((a, b) => a + b, 0));
		const memory = this.#memory();
		return {
			seconds: Math.round(this.#seconds() * 1000) / 1000,
			boards: hosts.length,
			readings: sum((host) => host.program.readings),
			acknowledged: sum((host) => host.acknowledged),
			refused: sum((host) => host.program.refused),
			rejected: sum((host) => host.lost),
			unfinished: sum((host) => host.unfinished),
			commands: sum((host) => host.commands),
			dials: sum(counter(Counter.Dials)),
			connects: sum(counter(Counter.Connects)),
			resends: sum(counter(Counter.Resends)),
			packetsOut: byType(Counter.PacketsOut),
			packetsIn: byType(Counter.PacketsIn),
			bytesOut: byType(Counter.BytesOut),
			bytesIn: byType(Counter.BytesIn),
			roundTripMs: peak(counter(Counter.RoundTripMs)),
			peakRoundTripMs: peak(counter(Counter.PeakRoundTripMs)),
			peakMessages: peak(counter(Counter.PeakMessages)),
			peakBytes: peak(counter(Counter.PeakBytes)),
			memory,
			memoryBytes: memory.reduce((total, term) => total + term.bytes, 0),
		};
	}
}

function diallerFor({ broker, ca, cert, key, insecure }: SimSettings): HostOptions["dialler"] | undefined {
	if (broker === undefined) return undefined;
	const { host, port } = broker;
	if (!broker.secure) return new TcpDialler({ host, port });
	try {
		return new TlsDialler({ host, port, ca, cert, key, insecure });
	} catch (error) {
		const { message } = error as Error;
		if (/mismatch/.test(message)) throw new UsageError("--key is not the key of --cert");
		throw new UsageError(`--ca, --cert, --key: ${message}`);
	}
}

/** The profile, widened where names, user and password of this run are longer than it foresees. */
function limitsFor({ tiny, names, root, user, password }: SimSettings): Limits {
	const base = tiny ? TINY_LIMITS : DEFAULT_LIMITS;
	const name = Math.max(...names.map((one) => Buffer.byteLength(one)));
	const topic = Buffer.byteLength(root) + 1 + name + "/set/interval".length + 2;
	const own = name + Buffer.byteLength(user ?? "") + Buffer.byteLength(password ?? "") + 16;
	return {
		...base,
		textBytes: Math.max(base.textBytes, own + 5 * topic),
		sendBytes: Math.max(base.sendBytes, own + topic + 128),
	};
}
