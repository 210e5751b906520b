// SPDX-License-Identifier: MIT
/** A virtual board in a world with the embedded broker, and what both of them saw. */

import type { Board, Program, Report, Settings } from "../../firmware/ports.js";
import { TINY_LIMITS } from "../../lib/index.js";
import { VirtualBoard } from "../../simulator/board/index.js";
import { Broker, type BrokerEvent, type Profile } from "../../simulator/broker/index.js";
import { NodeMemory } from "../../simulator/node/index.js";
import {
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
	settled = (ticket: number, outcome: number, reason: number) =>
		this.#add("settled", ticket, outcome, reason);
	subscribed = (reason: number) => this.#add("subscribed", reason);
	command = (command: number) => this.#add("command", command);
	interval = (seconds: number) => this.#add("interval", seconds);

	of(name: string): (number | boolean)[][] {
		return this.calls.filter((call) => call[0] === name).map(([, ...values]) => values);
	}

	#add(name: string, ...values: (number | boolean)[]): void {
		this.calls.push([name, ...values]);
	}
}

export interface StationOptions {
	readonly settings?: Partial<Settings>;
	readonly tiny?: boolean;
	/** Which broker of the field ours has the limits of. */
	readonly profile?: Profile;
	/** Nobody listens. */
	readonly unreachable?: boolean;
	/** Published before the board starts. */
	readonly retained?: Readonly<Record<string, string>>;
}

export class Station<Running extends Program> {
	readonly world = new World({ seed: 7 });
	readonly events: BrokerEvent[] = [];
	readonly broker: Broker;
	readonly dialler: VirtualDialler;
	readonly sensors = new FixedSensors();
	readonly log = new Log();
	readonly program: Running;
	identified = 0;

	constructor(start: (board: Board) => Running, options: StationOptions = {}) {
		const { world } = this;
		this.broker = new Broker({
			schedule: world,
			profile: options.profile,
			onEvent: (event) => this.#note(event),
		});
		for (const [topic, payload] of Object.entries(options.retained ?? {})) {
			this.broker.publish({ topic, payload, retain: true });
		}
		const network = new VirtualNetwork(world, { conditions: { upMs: 5, downMs: 5 } });
		network.listen(this.broker);
		this.dialler = network.dialler({ name: "board-1" });
		if (options.unreachable) this.dialler.fault = "refuse";
		this.program = start(
			new VirtualBoard({
				name: "board-1",
				memory: new NodeMemory(),
				dialler: this.dialler,
				clock: new VirtualClock(world),
				random: new SeededRandom(7),
				sensors: this.sensors,
				indicator: { identify: () => void this.identified++ },
				report: this.log,
				settings: options.settings,
				limits: options.tiny ? TINY_LIMITS : undefined,
			}),
		);
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
