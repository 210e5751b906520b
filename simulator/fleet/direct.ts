// SPDX-License-Identifier: MIT
/**
 * Connections within the process, for thousands of boards and a broker: no sockets, one object for both ends.
 *
 * It keeps the rules of `lib/ports.ts` and of `seams.ts`: what is written is consumed when the call returns, a write has at most
 * the SDK's 8192 bytes under way, so has the broker to the board, nobody is called back from inside a call of his own, and
 * what was received is read before the end is told. All links share one queue with one latency, so what is under way is in the
 * order of its arrival, and one event of the schedule serves all of them. A link at rest holds no buffer.
 */

import type { Dialler, Link, Transport } from "../../lib/ports.js";
import type { Acceptor, Schedule } from "../seams.js";
import { Cargo, type Slab } from "./cargo.js";
import { DirectLink, Kind, type Parcel } from "./direct-link.js";

export interface DirectOptions {
	/** Milliseconds from one end to the other; default 0: the next turn of the schedule. */
	readonly latencyMs?: number;
}

export class DirectNetwork {
	readonly schedule: Schedule;
	/** Who takes new connections; undefined: nobody listens, and who dials is refused. */
	acceptor: Acceptor | undefined;
	readonly #latencyMs: number;
	#parcels: Parcel[] = [];
	/** Those of them that have arrived. */
	#arrived = 0;
	#scheduled = false;
	readonly #cargo = new Cargo();
	readonly #links = new Set<DirectLink>();

	constructor(schedule: Schedule, options: DirectOptions = {}) {
		this.schedule = schedule;
		this.#latencyMs = options.latencyMs ?? 0;
	}

	/** One may serve many boards. `address` is where the broker believes them to be. */
	dialler(address: string): DirectDialler {
		return new DirectDialler(this, address);
	}

	/** Connections of which one end is there. */
	get size(): number {
		return this.#links.size;
	}

	/** Breaks every connection, at once; both ends learn of it. */
	cut(): void {
		for (const link of this.#links) link.cut();
	}

	/** For links: bytes for the broker. */
	carry(link: DirectLink, bytes: Uint8Array, start: number, end: number): void {
		const slab = this.#cargo.put(bytes, start, end);
		this.#add(link, Kind.Up, end - start, slab, slab.used - (end - start));
	}

	/** For links: anything else. */
	send(link: DirectLink, kind: Kind, bytes = 0): void {
		this.#add(link, kind, bytes, undefined, 0);
	}

	/** For links: the broker sees what {@link carry} took, and does not keep it. */
	shown({ slab, start, bytes }: Parcel): Buffer {
		return this.#cargo.show(slab!, start, bytes);
	}

	#add(link: DirectLink, kind: Kind, bytes: number, slab: Slab | undefined, start: number): void {
		const arrivesMs = this.schedule.now + this.#latencyMs;
		const last = this.#arrived < this.#parcels.length ? this.#parcels[this.#parcels.length - 1] : undefined;
		const joins = last !== undefined && (last.arrivesMs === arrivesMs || this.#latencyMs === 0);
		if (joins && last.link === link && last.kind === kind && last.slab === slab) {
			last.bytes += bytes;
			return;
		}
		this.#parcels.push({ link, kind, arrivesMs, bytes, slab, start });
		if (slab !== undefined) slab.parcels++;
		if (!this.#scheduled) this.#wake();
	}

	/** For links: the dial has arrived. Returns who takes it. */
	accept(link: DirectLink): Acceptor | undefined {
		if (this.acceptor === undefined) return undefined;
		this.#links.add(link);
		return this.acceptor;
	}

	/** For links: neither end is there any more. */
	forget(link: DirectLink): void {
		this.#links.delete(link);
	}

	#wake(): void {
		this.#scheduled = true;
		const { arrivesMs } = this.#parcels[this.#arrived];
		this.schedule.after(Math.max(0, arrivesMs - this.schedule.now), this.#pass);
	}

	/** What is sent meanwhile is left for the next pass. */
	readonly #pass = (): void => {
		const { now } = this.schedule;
		const end = this.#parcels.length;
		try {
			while (this.#arrived < end && this.#parcels[this.#arrived].arrivesMs <= now) {
				const parcel = this.#parcels[this.#arrived++];
				parcel.link.arrive(parcel);
				if (parcel.slab !== undefined) this.#cargo.drop(parcel.slab);
			}
		} finally {
			this.#scheduled = false;
			if (this.#arrived === this.#parcels.length) {
				this.#parcels = [];
				this.#arrived = 0;
			} else {
				if (this.#arrived >= 1024) {
					this.#parcels.splice(0, this.#arrived);
					this.#arrived = 0;
				}
				this.#wake();
			}
		}
	};
}

export class DirectDialler implements Dialler {
	readonly address: string;
	/** What happened last, in words; empty before the first failure. */
	lastError = "";
	readonly network: DirectNetwork;

	constructor(network: DirectNetwork, address: string) {
		this.network = network;
		this.address = address;
	}

	dial(link: Link): Transport {
		return new DirectLink(this, link);
	}
}
