// SPDX-License-Identifier: MIT
/**
 * Makes a broker of MQTT 3.1.1 forget the session of a board that will not come back. There it would keep it, and queue
 * what is published to it, for good; only a connection with Clean Session ends that [MQTT-3.1.2-6].
 */

import type { Settings } from "../../firmware/ports.js";
import { Client, type Limits } from "../../lib/index.js";
import type { Dialler, Random } from "../../lib/ports.js";
import { RamStore } from "../../lib/store/index.js";
import { NodeClock, NodeMemory } from "../node/index.js";

export interface FarewellOptions {
	readonly name: string;
	readonly dialler: Dialler;
	readonly random: Random;
	readonly settings: Settings;
	readonly limits: Limits;
}

export class Farewell {
	readonly #client: Client;
	#forgotten = false;

	/** Connects at once, tries it once. `onDone` hears whether the broker has forgotten it. */
	constructor(options: FarewellOptions, onDone: (forgotten: boolean) => void) {
		const { name, dialler, random, settings, limits } = options;
		const { user, password, keepAliveSeconds } = settings;
		this.#client = new Client({
			...{ dialler, random, limits, user, password, keepAliveSeconds, clientId: name, version: 4 },
			...{ memory: new NodeMemory(), clock: new NodeClock(), store: new RamStore(limits) },
			sessionExpirySeconds: 0,
			listener: {
				onOnline: () => {
					this.#forgotten = true;
					this.close();
				},
				onOffline: (_reason, retryMs) => {
					if (retryMs < 0) onDone(this.#forgotten);
					else this.close();
				},
			},
		});
		this.#client.open();
	}

	close(): void {
		this.#client.close();
	}
}
