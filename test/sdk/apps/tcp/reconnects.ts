// SPDX-License-Identifier: MIT
/** Connections that are ended and made anew: what a dial costs, and that nothing of it stays. */
import { Client, type Listener } from "../../../../lib/index.js";
import Host, { What } from "../../host/host.js";
import { check, countsOf } from "../../host/report.js";
import { type Ports, version } from "./board.js";

const ROUNDS = 100;
const WARM_UP = 5;

export class Reconnects implements Listener {
	readonly #name: string;
	readonly #client: Client;
	#rounds = 0;
	/** There at both times that are compared. */
	#counts = countsOf(1);
	#liveSlots = 0;
	#liveChunkBytes = 0;

	constructor(ports: Ports, name: string) {
		this.#name = name;
		this.#client = new Client({ ...ports, version: version(), clientId: "ringbuoy", listener: this });
		this.#client.open();
	}

	onOnline(): void {
		this.#rounds++;
		if (this.#rounds === WARM_UP) {
			Host.collect();
			this.#liveSlots = Host.count(What.LiveSlots);
			this.#liveChunkBytes = Host.count(What.LiveChunkBytes);
			Host.mark();
		}
		if (this.#rounds === WARM_UP + ROUNDS) this.#finish();
		else this.#client.close();
	}

	onOffline(): void {
		this.#client.open();
	}

	#finish(): void {
		this.#counts = countsOf(ROUNDS);
		Host.collect();
		const more = Host.count(What.LiveSlots) - this.#liveSlots;
		const moreBytes = Host.count(What.LiveChunkBytes) - this.#liveChunkBytes;
		const { slots, chunks, bytes, mallocs, collections, stack } = this.#counts;
		const values = { reconnects: ROUNDS, slots, chunks, bytes, mallocs, collections, stack };
		check(this.#name, more === 0 && moreBytes === 0, `${more} slots, ${moreBytes} chunk bytes stay`, values);
		Host.exit(0);
	}
}
