// SPDX-License-Identifier: MIT
/** A virtual board in a world with the embedded broker, and what both of them saw. */

import type { Board, Program, Report, Settings } from "../../firmware/ports.js";
import type { Limits } from "../../lib/index.js";
import type { Flash, Store } from "../../lib/ports.js";
import { type Cause, Machine, VirtualBoard } from "../../simulator/board/index.js";
import { Broker, type BrokerEvent, type Profile } from "../../simulator/broker/index.js";
import { NodeMemory } from "../../simulator/node/index.js";
import {
	type Scope,
	SeededRandom,
	VirtualClock,
	type VirtualDialler,
	VirtualNetwork,
	World,
} from "../../simulator/world.js";

export const BASE = "ringbuoy/board-1";

/** Sensors that stand still. */
export class FixedSensors {
	temperature = 2153;
	humidity = 4520;
	battery = 3712;
	signal = -61;
	samples = 0;
	sample(): void {
		this.samples++;
	}
}

/** Writes down every call: name and numbers. */
export class Log implements Report {
	readonly calls: [string, ...(number | boolean)[]][] = [];
	online = (present: boolean) => this.#add("online", present);
	offline = (reason: number, retryMs: number) => this.#add("offline", reason, retryMs);
	sampled = (number: number) => this.#add("sampled", number);
	queued = (number: number, ticket: number) => this.#add("queued", number, ticket);
	settled = (ticket: number, outcome: number, reason: number, restored: boolean) =>
		this.#add("settled", ticket, outcome, reason, restored);
	subscribed = (reason: number, inlet: number) => this.#add("subscribed", reason, inlet);
	command = (command: number, inlet: number) => this.#add("command", command, inlet);
	interval = (seconds: number) => this.#add("interval", seconds);
	storeFault = (fault: number) => this.#add("storeFault", fault);

	of(name: string): (number | boolean)[][] {
		return this.calls.filter((call) => call[0] === name).map(([, ...values]) => values);
	}

	#add(name: string, ...values: (number | boolean)[]): void {
		this.calls.push([name, ...values]);
	}
}

export interface StationOptions {
	readonly settings?: Partial<Settings>;
	/** Default: `DEFAULT_LIMITS`. */
	readonly limits?: Limits;
	/** Which broker of the field ours has the limits of. */
	readonly profile?: Profile;
	/** Nobody listens. */
	readonly unreachable?: boolean;
	/** Published before the board starts. */
	readonly retained?: Readonly<Record<string, string>>;
	/** Its partition; without one its store is in RAM. */
	readonly flash?: Flash;
	/** The board knows the time of day, from its start on. */
	readonly synchronised?: boolean;
}

export class Station<Running extends Program> {
	readonly world = new World({ seed: 7 });
	readonly events: BrokerEvent[] = [];
	readonly broker: Broker;
	readonly network: VirtualNetwork;
	readonly sensors = new FixedSensors();
	readonly log = new Log();
	/** Its power switch. */
	readonly machine: Machine;
	/** Milliseconds of each sleep, and when it began. */
	readonly sleeps: { ms: number; at: number }[] = [];
	readonly causes: Cause[] = [];
	/** Those of the life under way. */
	dialler!: VirtualDialler;
	store!: Store;
	identified = 0;
	readonly #start: (board: Board) => Running;
	readonly #options: StationOptions;

	constructor(start: (board: Board) => Running, options: StationOptions = {}) {
		const { world } = this;
		this.#start = start;
		this.#options = options;
		this.broker = new Broker({
			schedule: world,
			profile: options.profile,
			onEvent: (event) => this.#note(event),
		});
		for (const [topic, payload] of Object.entries(options.retained ?? {})) {
			this.broker.publish({ topic, payload, retain: true });
		}
		this.network = new VirtualNetwork(world, { conditions: { upMs: 5, downMs: 5 } });
		this.network.listen(this.broker);
		this.machine = new Machine({
			schedule: world,
			boot: (scope, cause) => this.#boot(scope, cause),
			onSleep: (ms) => this.sleeps.push({ ms, at: world.now }),
		});
		this.machine.powerOn();
	}

	get program(): Running {
		return this.machine.program as Running;
	}

	#boot(scope: Scope, cause: Cause): Running {
		const { world, machine } = this;
		const { settings, limits, flash, synchronised, unreachable } = this.#options;
		this.causes.push(cause);
		const fault = this.dialler?.fault ?? (unreachable ? "refuse" : "none");
		this.dialler = this.network.dialler({ name: `board-1 life ${machine.boots}`, scope });
		this.dialler.fault = fault;
		// The clock goes on through sleep, and begins anew when the power was away.
		const now = cause === "power" ? 0 : world.now;
		const clock = { scope, ticks: now | 0, seconds: Math.floor(now / 1000), synchronised };
		const board = new VirtualBoard({
			name: "board-1",
			memory: new NodeMemory(),
			dialler: this.dialler,
			clock: new VirtualClock(world, clock),
			random: new SeededRandom(7),
			sensors: this.sensors,
			indicator: { identify: () => void this.identified++ },
			report: this.log,
			power: machine,
			settings,
			flash,
			limits,
		});
		this.store = board.store;
		return this.#start(board);
	}

	/** Lets `seconds` pass. */
	pass(seconds: number): void {
		this.world.run(this.world.now + seconds * 1000);
	}

	publish(topic: string, payload: string, retain = false): void {
		this.broker.publish({ topic: `${BASE}/${topic}`, payload, qos: 1, retain });
		this.pass(0.1);
	}

	/** What the broker was sent, wills included. */
	published(topic: string): { text: string; qos: number; retain: boolean; will: boolean }[] {
		return this.#notes
			.filter((note) => note.topic === `${BASE}/${topic}`)
			.map(({ text, qos, retain, will }) => ({ text, qos, retain, will }));
	}

	get readings(): string[] {
		return this.published("reading").map(({ text }) => text);
	}

	/** Their numbers. */
	get numbers(): number[] {
		return this.readings.map((text) => JSON.parse(text).n);
	}

	readonly #notes: { topic: string; text: string; qos: number; retain: boolean; will: boolean }[] = [];

	#note(event: BrokerEvent): void {
		this.events.push(event);
		if (event.kind !== "publish" || event.clientId === "") return;
		const { topic, qos, retain, will } = event;
		this.#notes.push({ topic, text: Buffer.from(event.payload).toString(), qos, retain, will });
	}
}
