// SPDX-License-Identifier: MIT
/** A broker on a real port, with the host's time, for foreign clients. */

import { afterEach } from "vitest";
import {
	Broker,
	type BrokerEvent,
	type BrokerOptions,
	type ListenOptions,
	TcpListener,
	WebSocketListener,
	type WebSocketListenOptions,
} from "../../../simulator/broker/index.js";
import type { Schedule } from "../../../simulator/seams.js";

const TIME: Schedule = {
	get now() {
		return performance.now();
	},
	get epochMs() {
		return Date.now();
	},
	after: (delayMs, action) => setTimeout(action, delayMs),
	cancel: (scheduled) => clearTimeout(scheduled as NodeJS.Timeout),
};

const cleanups: (() => unknown)[] = [];

/** Done when the test ends, the last one first. */
export function atEnd(cleanup: () => unknown): void {
	cleanups.push(cleanup);
}

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** One more door to a broker, for WebSockets; it goes when the test ends. */
export async function openWebSocket(broker: Broker, options: WebSocketListenOptions = {}): Promise<number> {
	const listener = new WebSocketListener(broker, options);
	const { port } = await listener.listen();
	atEnd(() => listener.close());
	return port;
}

/** Opens a broker on a port of its own; both go when the test ends. */
export async function open(options: Partial<BrokerOptions> = {}, listen: ListenOptions = {}) {
	const events: BrokerEvent[] = [];
	const waiting: (() => void)[] = [];
	const onEvent = (event: BrokerEvent) => {
		events.push(event);
		for (const look of waiting.splice(0)) look();
	};
	const broker = new Broker({ schedule: TIME, onEvent, ...options });
	const listener = new TcpListener(broker, listen);
	const { port } = await listener.listen();
	atEnd(async () => {
		broker.close();
		await listener.close();
	});
	/** Resolves when the broker has told an event that fits. */
	const told = async (fits: (event: BrokerEvent) => boolean): Promise<BrokerEvent> => {
		for (;;) {
			const event = events.find(fits);
			if (event) return event;
			await new Promise<void>((resolve) => waiting.push(resolve));
		}
	};
	return { broker, listener, port, events, told };
}
