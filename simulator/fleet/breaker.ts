// SPDX-License-Identifier: MIT
/** Connections to the broker of others that can be broken from here, all at once. */

import { type Dialler, type Link, LinkFault, type Transport } from "../../lib/ports.js";

export class Breaker {
	readonly #links = new Set<BreakableLink>();

	dialler(dialler: Dialler): Dialler {
		return { dial: (link) => new BreakableLink(dialler, link, this.#links) };
	}

	/** Each board hears of it in a turn of its own; the broker sees the connection close without a DISCONNECT. */
	cut(): void {
		for (const link of [...this.#links]) link.cut();
	}
}

class BreakableLink implements Transport, Link {
	readonly #transport: Transport;
	readonly #link: Link;
	readonly #links: Set<BreakableLink>;
	#open = true;
	/** The board knows that it is over. */
	#told = false;

	constructor(dialler: Dialler, link: Link, links: Set<BreakableLink>) {
		this.#link = link;
		this.#links = links;
		this.#transport = dialler.dial(this);
		links.add(this);
	}

	get room(): number {
		return this.#open ? this.#transport.room : 0;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		return this.#open ? this.#transport.read(bytes, start, limit) : 0;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		return this.#open ? this.#transport.write(bytes, start, end) : 0;
	}

	close(): void {
		this.#told = true;
		this.#end();
		this.#transport.close();
	}

	cut(): void {
		this.#end();
		this.#transport.close();
		setImmediate(() => {
			if (!this.#told) this.#link.onError(LinkFault.Reset);
		});
	}

	onReadable(count: number): void {
		if (this.#open) this.#link.onReadable(count);
	}

	onWritable(room: number): void {
		if (this.#open) this.#link.onWritable(room);
	}

	onError(fault: LinkFault): void {
		if (!this.#open) return;
		this.#end();
		this.#link.onError(fault);
	}

	#end(): void {
		this.#open = false;
		this.#links.delete(this);
	}
}
