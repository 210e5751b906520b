// SPDX-License-Identifier: MIT
import type { BrokerEvent } from "../../../simulator/broker/index.js";
import { Watch } from "./watch.js";

/** What a broker has told, to be waited for. */
export class Told {
	readonly #events: BrokerEvent[] = [];
	readonly #watch = new Watch();
	readonly onEvent = (event: BrokerEvent): void => {
		this.#events.push(event);
		this.#watch.changed();
	};

	/** Resolves when there is, or comes, an event of this kind from this client. */
	until(kind: BrokerEvent["kind"], clientId: string): Promise<void> {
		const fits = (event: BrokerEvent): boolean =>
			event.kind === kind && "clientId" in event && event.clientId === clientId;
		return this.#watch.until(
			`${kind} of ${clientId}`,
			() => this.#events.some(fits),
			() => JSON.stringify(this.#events.slice(-3)),
		);
	}

	/** The last event of this kind from this client. */
	last(kind: BrokerEvent["kind"], clientId: string): BrokerEvent | undefined {
		return this.#events.findLast(
			(event) => event.kind === kind && "clientId" in event && event.clientId === clientId,
		);
	}
}
