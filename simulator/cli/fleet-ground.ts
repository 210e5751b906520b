// SPDX-License-Identifier: MIT
/** What a fleet stands on: which broker, which way to it, and which time. */

import type { Dialler } from "../../lib/ports.js";
import { Broker, type BrokerLimits, LIMITS, PROFILES } from "../broker/index.js";
import { Breaker } from "../fleet/breaker.js";
import type { Ground } from "../fleet/course.js";
import { DirectNetwork } from "../fleet/direct.js";
import { sourceOf } from "../fleet/shard.js";
import { NodeTimeline, TcpDialler } from "../node/index.js";
import type { Timeline } from "../world/queue.js";
import { World } from "../world.js";
import { type BoardDialler, diallerFor } from "./boards.js";
import { EmbeddedBroker } from "./embedded.js";
import type { FleetSettings } from "./fleet-settings.js";
import { explainOpening } from "./opening.js";

/** Of each board, at one instant of virtual time: more would be a livelock. */
const EVENTS_AN_INSTANT = 1000;

export interface FleetGround extends Ground {
	readonly timeline: Timeline;
	/** Where the boards dial, for people. */
	readonly url: string;
	/** The broker's memory is that of this process. */
	readonly embedded: boolean;
	/** Descriptors that each board needs here. */
	readonly descriptors: number;
	open(): Promise<void>;
	/** For the board with this index in the shard. */
	dialler(index: number): Dialler;
	/** What a dialler says of the last failure; "": nothing. */
	readonly lastError: string;
	close(): Promise<void>;
}

export function groundFor(settings: FleetSettings): FleetGround {
	if (settings.broker !== undefined) return new ForeignGround(settings);
	return settings.sockets ? new SocketGround(settings) : new DirectGround(settings);
}

/** Our own broker is asked for as much as the fleet is. */
function brokerLimits({ names, profile }: FleetSettings): Partial<BrokerLimits> {
	const room = (name: "connections" | "sessions" | "retainedMessages") => ({
		[name]: Math.max(LIMITS[name].value, 2 * names.length),
	});
	return { ...room("connections"), ...room("sessions"), ...room("retainedMessages"), ...PROFILES[profile] };
}

/** In the process, in real or in virtual time. */
class DirectGround implements FleetGround {
	readonly timeline: Timeline;
	readonly url: string;
	readonly embedded = true;
	readonly descriptors = 0;
	readonly lastError = "";
	readonly #broker: Broker;
	readonly #network: DirectNetwork;
	readonly #dialler: Dialler;

	constructor(settings: FleetSettings) {
		const { world, latencyMs, seed, names } = settings;
		const most = { eventsMax: Number.MAX_SAFE_INTEGER, instantEventsMax: EVENTS_AN_INSTANT * names.length };
		this.timeline = world ? new World({ seed, ...most }) : new NodeTimeline();
		this.url = world ? "our own, in virtual time" : "our own, in this process";
		this.#broker = new Broker({ schedule: this.timeline, limits: brokerLimits(settings) });
		this.#network = new DirectNetwork(this.timeline, { latencyMs: world ? latencyMs : 0 });
		this.#network.acceptor = this.#broker;
		this.#dialler = this.#network.dialler("this process");
	}

	async open(): Promise<void> {}

	dialler(): Dialler {
		return this.#dialler;
	}

	cut(): void {
		this.#network.cut();
	}

	fall(): void {
		this.#network.acceptor = undefined;
		this.#broker.restart({ keepSessions: true });
	}

	rise(): void {
		this.#network.acceptor = this.#broker;
	}

	async close(): Promise<void> {
		this.#broker.close();
		if (this.timeline instanceof NodeTimeline) this.timeline.close();
	}
}

/** Our own broker behind a port of the loopback. */
class SocketGround implements FleetGround {
	readonly timeline = new NodeTimeline();
	readonly embedded = true;
	readonly descriptors = 2;
	readonly #settings: FleetSettings;
	readonly #embedded: EmbeddedBroker;
	readonly #breaker = new Breaker();
	readonly #diallers = new Map<string | undefined, Way>();

	constructor(settings: FleetSettings) {
		this.#settings = settings;
		this.#embedded = new EmbeddedBroker(settings.port, settings.profile, undefined, brokerLimits(settings));
	}

	get url(): string {
		return `mqtt://127.0.0.1:${this.#embedded.port}`;
	}

	get lastError(): string {
		return lastOf(this.#diallers);
	}

	async open(): Promise<void> {
		try {
			await this.#embedded.open();
		} catch (error) {
			throw explainOpening(error, this.#settings.port);
		}
	}

	dialler(index: number): Dialler {
		const source = sourceOf(index, this.#settings.names.length);
		const port = this.#embedded.port;
		const make = () => new TcpDialler({ host: "127.0.0.1", port, localAddress: source });
		return wayFrom(this.#diallers, this.#breaker, source, make);
	}

	cut(): void {
		this.#breaker.cut();
	}

	fall(): void {
		void this.#embedded.fall();
	}

	rise(): void {
		void this.#embedded.rise();
	}

	async close(): Promise<void> {
		await this.#embedded.close();
		this.timeline.close();
	}
}

/** A broker of others. */
class ForeignGround implements FleetGround {
	readonly timeline = new NodeTimeline();
	readonly url: string;
	readonly embedded = false;
	readonly descriptors = 1;
	readonly #settings: FleetSettings;
	readonly #breaker = new Breaker();
	readonly #diallers = new Map<string | undefined, Way>();
	readonly #loopback: boolean;

	/** Throws a `UsageError` when the certificates cannot be used. */
	constructor(settings: FleetSettings) {
		const { broker } = settings;
		this.#settings = settings;
		this.url = broker!.url;
		this.#loopback = /^(?:127\.\d+\.\d+\.\d+|localhost)$/i.test(broker!.host);
		this.dialler(0);
	}

	get lastError(): string {
		return lastOf(this.#diallers);
	}

	async open(): Promise<void> {}

	dialler(index: number): Dialler {
		const { first, boards, names } = this.#settings;
		const source = this.#loopback ? sourceOf(first + index, boards) : undefined;
		const make = () => diallerFor(this.#settings, names[0], source)!;
		return wayFrom(this.#diallers, this.#breaker, source, make);
	}

	cut(): void {
		this.#breaker.cut();
	}

	async close(): Promise<void> {
		this.timeline.close();
	}
}

/** A dialler from one address, and the same so that its connections can be broken. */
interface Way {
	readonly plain: BoardDialler;
	readonly dialler: Dialler;
}

function wayFrom(
	ways: Map<string | undefined, Way>,
	breaker: Breaker,
	source: string | undefined,
	make: () => BoardDialler,
): Dialler {
	const known = ways.get(source);
	if (known !== undefined) return known.dialler;
	const plain = make();
	const way = { plain, dialler: breaker.dialler(plain) };
	ways.set(source, way);
	return way.dialler;
}

function lastOf(ways: ReadonlyMap<unknown, Way>): string {
	for (const { plain } of ways.values()) if (plain.lastError !== "") return plain.lastError;
	return "";
}
