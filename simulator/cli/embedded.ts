// SPDX-License-Identifier: MIT
/** Our own broker in this process, behind a real port of the loopback: other programs can look in. */

import {
	Broker,
	type BrokerEvent,
	type BrokerLimits,
	PROFILES,
	type Profile,
	TcpListener,
	textOf,
} from "../broker/index.js";
import { NodeSchedule } from "../node/index.js";

/** How long the sockets of boards that have said goodbye may take to close. */
const closeMs = 1_000;

export class EmbeddedBroker {
	readonly broker: Broker;
	#listener: TcpListener;
	port = 0;

	/** Without `onEvent` it tells nothing, which costs it less. `limits` are over those of the profile. */
	constructor(
		port: number,
		profile: Profile,
		onEvent?: (event: BrokerEvent) => void,
		limits: Partial<BrokerLimits> = {},
	) {
		const all = { ...PROFILES[profile], ...limits };
		this.broker = new Broker({ schedule: new NodeSchedule(), limits: all, ...(onEvent && { onEvent }) });
		this.#listener = new TcpListener(this.broker, { port });
	}

	/** Rejects when the port cannot be had. */
	async open(): Promise<void> {
		this.port = (await this.#listener.listen()).port;
	}

	/** Falls over, with its sessions in a store: until {@link rise} nobody listens at its port. */
	async fall(): Promise<void> {
		this.broker.restart({ keepSessions: true });
		await this.#listener.close();
	}

	async rise(): Promise<void> {
		this.#listener = new TcpListener(this.broker, { port: this.port });
		await this.#listener.listen();
	}

	/** Lets the last words arrive, then closes everything. */
	async close(): Promise<void> {
		const until = performance.now() + closeMs;
		while (this.broker.counters.clients > 0 && performance.now() < until) {
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		this.broker.close();
		await this.#listener.close();
	}
}

/** An event of the broker in words, or undefined when the boards tell the same. */
export function brokerWords(
	event: BrokerEvent,
): { what: string; clientId: string; detail: string } | undefined {
	switch (event.kind) {
		case "connect":
			return {
				what: "accepted",
				clientId: event.clientId,
				detail: `MQTT ${event.version === 5 ? "5.0" : "3.1.1"} from ${event.address}`,
			};
		case "refuse":
			return { what: "refused", clientId: event.clientId, detail: textOf(event.reason) };
		case "disconnect":
			return {
				what: `disconnect by the ${event.by}`,
				clientId: event.clientId,
				detail: event.reason === 0 ? "" : textOf(event.reason),
			};
		case "publish":
			return {
				what: "got",
				clientId: event.clientId,
				detail: `${event.topic} ${Buffer.from(event.payload).toString()}`,
			};
		case "drop":
			return { what: "dropped", clientId: event.clientId, detail: `${event.topic}: ${event.cause}` };
		default:
			return undefined;
	}
}
