// SPDX-License-Identifier: MIT
/** One run of `ringbuoy sim`: a broker if none is given, boards, a demonstration, and an end that leaves nothing behind. */

import { Counter, type Limits } from "../../lib/index.js";
import { ENDURANCE } from "../../lib/store/index.js";
import { FACTORY_SETTINGS } from "../board/index.js";
import { flashBlockBytes, NodeFlash, NodeRandom, SeededRandom, TcpDialler } from "../node/index.js";
import { Capture, CapturedDialler } from "../pcap/index.js";
import { diallerFor, limitsFor } from "./boards.js";
import { begun, ended } from "./capture.js";
import { brokerWords, EmbeddedBroker } from "./embedded.js";
import type { BoardEvent, FlashSummary, Output, Summary } from "./events.js";
import { FLASH_BYTES, type FlashFile, fileOf, openFlash } from "./flash.js";
import { Host, type HostOptions } from "./host.js";
import { explainOpening } from "./opening.js";
import { Plug } from "./plug.js";
import type { SimSettings } from "./settings.js";
import { version } from "./version.js";

/** The demonstration follows this reading of the first board. */
const DEMONSTRATION_AT = 3;
/** Boards start this far apart at most, so that a thousand do not dial in the same millisecond. */
const STAGGER_MS = 20;
/** The client gives its flush five seconds; whoever is not done a little later is left behind. */
const STOP_MS = 6_000;

/**
 * On a broker of others a board without `--flash FILE` will not come back to its session after this run, only within it:
 * after a power cut or a broken link. So the broker shall not keep it for long. 3.1.1 cannot say that.
 */
const SESSION_SECONDS = 300;

export class Simulation {
	readonly #settings: SimSettings;
	readonly #output: Output;
	readonly #seconds: () => number;
	readonly #hosts: Host[] = [];
	readonly #plugs: Plug[] = [];
	readonly #files: FlashFile[] = [];
	readonly #timers = new Set<NodeJS.Timeout>();
	readonly #limits: Limits;
	/** To the broker of others; all boards share it, because certificates are expensive to read. */
	readonly #dialler: HostOptions["dialler"] | undefined;
	#embedded: EmbeddedBroker | undefined;
	#capture: Capture | undefined;
	#stopping = false;
	#demonstrated = false;
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
		this.#dialler = diallerFor(settings, settings.names[0]);
	}

	/** Resolves when it is over: true, unless it had a time limit and no reading arrived in it. */
	async run(): Promise<boolean> {
		const { broker, port, names, forSeconds, pcap } = this.#settings;
		try {
			if (pcap !== undefined) this.#capture = begun(pcap, (file) => new Capture(file, epochMs));
			// Before anything else: what cannot be used is to be told before anything has begun.
			for (let i = 0; i < names.length; i++) this.#openFile(i);
			if (broker === undefined) this.#embedded = await this.#openBroker(port);
			if (!this.#stopping) this.#begin(names, forSeconds);
			if (this.#hosts.length > 0) await this.#finished;
		} finally {
			for (const host of this.#hosts) host.close();
			for (const { flash, lock } of this.#files) {
				flash.close();
				lock.release();
			}
			await this.#embedded?.close();
			this.#capture?.flush();
		}
		const summary = this.#summary();
		this.#output.run({ event: "end", ...summary });
		if (this.#capture !== undefined) ended(pcap!, this.#capture);
		return forSeconds === undefined || summary.acknowledged > 0;
	}

	/** Lets the boards say goodbye. Harmless when it is called again. */
	stop(): void {
		if (this.#stopping) return;
		this.#stopping = true;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		for (const plug of this.#plugs) plug.stop();
		if (this.#hosts.length === 0) return; // the broker is still being opened
		const pending = this.#hosts.reduce((sum, host) => sum + host.pending, 0);
		this.#output.run({ event: "stopping", pending });
		this.#after(STOP_MS, () => this.#finish());
		for (const host of this.#hosts) host.stop();
		this.#settle();
	}

	/** Pulls the plug of every board that runs; each comes back a moment later. */
	cutPower(): void {
		for (const host of this.#hosts) host.cutPower();
	}

	#begin(names: readonly string[], forSeconds: number | undefined): void {
		const first = this.#add(names[0]);
		this.#announce();
		this.#powerOn(first);
		const apartMs = Math.min(STAGGER_MS, (this.#settings.intervalSeconds * 1000) / names.length);
		for (let i = 1; i < names.length; i++) this.#after(i * apartMs, () => this.#powerOn(this.#add(names[i])));
		if (forSeconds !== undefined) this.#after(forSeconds * 1000, () => this.stop());
	}

	async #openBroker(port: number): Promise<EmbeddedBroker> {
		const embedded = new EmbeddedBroker(port, this.#settings.profile, (event) => {
			const words = brokerWords(event);
			if (words !== undefined) this.#output.run({ event: "broker", ...words });
		});
		try {
			await embedded.open();
		} catch (error) {
			throw explainOpening(error, port);
		}
		return embedded;
	}

	#add(name: string): Host {
		const { broker, seed, seeded, root, user, password, version, qos, intervalSeconds, program } =
			this.#settings;
		const leaves = leavesSession(this.#settings);
		const plain = this.#dialler ?? new TcpDialler({ host: "127.0.0.1", port: this.#embedded!.port });
		const dialler = this.#capture === undefined ? plain : new CapturedDialler(plain, this.#capture, name);
		const random = new SeededRandom(seed).fork(name);
		const host = new Host(
			{
				name,
				program,
				dialler,
				random: seeded ? random.fork("backoff") : new NodeRandom(),
				weather: random.fork("weather"),
				plug: random.fork("plug"),
				settings: {
					...FACTORY_SETTINGS,
					...{ root, user, password, version, qos, intervalSeconds, broker: broker?.url ?? "our own" },
					...(leaves ? { sessionExpirySeconds: SESSION_SECONDS } : {}),
				},
				place: (broker?.url ?? `mqtt://127.0.0.1:${this.#embedded!.port}`).replace(/^.*\/\//, ""),
				secure: broker?.secure ?? false,
				forget: leaves && version === 4,
				limits: this.#limits,
				flash: this.#flash(this.#hosts.length),
			},
			(event) => this.#onBoard(name, event),
		);
		this.#hosts.push(host);
		return host;
	}

	/** Of the board with this index. */
	#flash(index: number): NodeFlash | undefined {
		const { flash, tiny } = this.#settings;
		if (flash !== undefined) return this.#files[index].flash;
		return tiny ? undefined : new NodeFlash({ size: FLASH_BYTES });
	}

	/** Of the board with this index; without `--flash` there is none. */
	#openFile(index: number): void {
		const { flash, format } = this.#settings;
		if (flash !== undefined) this.#files.push(openFlash(fileOf(flash, index), this.#limits, format));
	}

	#powerOn(host: Host): void {
		const { killPowerSeconds, seed } = this.#settings;
		host.powerOn();
		if (killPowerSeconds === undefined) return;
		const plug = new Plug(host, new SeededRandom(seed).fork(host.name).fork("cuts"), killPowerSeconds * 1000);
		this.#plugs.push(plug);
		plug.start();
	}

	#announce(): void {
		const { broker, insecure, names, root, version: protocol, qos, intervalSeconds, seed } = this.#settings;
		const { program, flash } = this.#settings;
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
			program,
			flashBytes: this.#hosts[0].flash?.status().size ?? 0,
			flashFile: flash,
			sessionSeconds: sessionSecondsOf(this.#settings),
			memoryBytes: this.#memory().reduce((sum, term) => sum + term.bytes, 0),
		});
	}

	#memory(): Summary["memory"] {
		return this.#hosts[0]?.memory ?? [];
	}

	#onBoard(name: string, event: BoardEvent): void {
		this.#output.board(name, event);
		if (event.event === "offline" || event.event === "forgotten") this.#settle();
		if (event.event !== "reading" || this.#demonstrated || this.#stopping) return;
		// Not on a broker of others: what is published there is up to our user. And nobody listens in his sleep.
		const { names, program } = this.#settings;
		if (name !== names[0] || this.#embedded === undefined || program !== "sensor") return;
		if (this.#hosts[0].tally.acknowledged < DEMONSTRATION_AT) return;
		this.#demonstrated = true;
		this.#after(0, () => this.#demonstrate(name));
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
		const total = (index: number) => sum((host) => host.counter(index));
		const peak = (index: number) => hosts.reduce((most, host) => Math.max(most, host.peak(index)), 0);
		const byType = (base: number) =>
			Array.from({ length: 16 }, (_, type) => total(base + type)).reduce((a, b) => a + b, 0);
		const memory = this.#memory();
		const seconds = this.#seconds();
		return {
			seconds: Math.round(seconds * 1000) / 1000,
			boards: hosts.length,
			readings: sum(({ tally }) => tally.taken),
			acknowledged: sum(({ tally }) => tally.acknowledged),
			restored: sum(({ tally }) => tally.restored),
			refused: sum(({ tally }) => tally.refused),
			lost: sum(({ tally }) => tally.lost),
			unfinished: sum((host) => host.unfinished),
			boots: sum(({ machine }) => machine.boots),
			cuts: sum(({ cuts }) => cuts),
			commands: sum(({ tally }) => tally.commands),
			ignored: sum(({ tally }) => tally.ignored),
			dials: total(Counter.Dials),
			connects: total(Counter.Connects),
			resends: total(Counter.Resends),
			packetsOut: byType(Counter.PacketsOut),
			packetsIn: byType(Counter.PacketsIn),
			bytesOut: byType(Counter.BytesOut),
			bytesIn: byType(Counter.BytesIn),
			roundTripMs: peak(Counter.RoundTripMs),
			peakRoundTripMs: peak(Counter.PeakRoundTripMs),
			peakMessages: peak(Counter.PeakMessages),
			peakBytes: peak(Counter.PeakBytes),
			memory,
			memoryBytes: memory.reduce((bytes, term) => bytes + term.bytes, 0),
			flash: flashSummary(hosts, seconds),
		};
	}
}

/** Milliseconds since 1970, with fractions. */
function epochMs(): number {
	return performance.timeOrigin + performance.now();
}

/** As the event `start` has it. */
function sessionSecondsOf(settings: SimSettings): number | undefined {
	const { version, program, intervalSeconds } = settings;
	if (!leavesSession(settings)) return undefined;
	if (version === 4) return 0;
	// A sleeper is lost after three intervals, and the session must outlive that.
	return program === "sleeper" ? Math.max(SESSION_SECONDS, 6 * intervalSeconds) : SESSION_SECONDS;
}

/** At a broker that goes on after this run, and nobody will come back to it. */
function leavesSession({ broker, flash }: SimSettings): boolean {
	return broker !== undefined && flash === undefined;
}

const YEAR_SECONDS = 31_557_600;

function flashSummary(hosts: readonly Host[], seconds: number): FlashSummary | undefined {
	const flashes = hosts.map(({ flash }) => flash).filter((flash) => flash !== undefined);
	if (flashes.length === 0) return undefined;
	const bytes = flashes[0].status().size;
	const wear = flashes.flatMap((flash) => [...flash.wear]);
	// A partition lives as long as its bytes can be written, and of those the headers of sectors take a cell each.
	const lives = hosts.map(({ bytesWritten, erasesMost }) => {
		const left = bytes * (127 / 128) * Math.max(0, ENDURANCE - erasesMost);
		return (left * Math.max(1, seconds)) / bytesWritten / YEAR_SECONDS;
	});
	const shortest = Math.min(...lives);
	return {
		bytes,
		sectors: bytes / flashBlockBytes,
		bytesWritten: hosts.reduce((sum, host) => sum + host.bytesWritten, 0),
		erases: wear.reduce((sum, erases) => sum + erases, 0),
		least: Math.min(...wear),
		most: Math.max(...wear),
		lifeYears: shortest < Infinity ? shortest : undefined,
	};
}
