// SPDX-License-Identifier: MIT
/** Looks at the bytes of a board's connections, where the board itself sees them: a dialler around a dialler. */

import type { Dialler, Link, LinkFault, Transport } from "../../lib/ports.js";

/** Who watches. The bytes are valid during the call. */
export interface Tap {
	/** A connection is being opened. */
	onDial(): void;
	/** It is up. */
	onUp(): void;
	onSent(bytes: Uint8Array, start: number, end: number): void;
	onReceived(bytes: Uint8Array, start: number, end: number): void;
	/** Closed by the board, or gone. Once for each that was dialled. */
	onGone(): void;
}

export class TappedDialler implements Dialler {
	readonly #dialler: Dialler;
	readonly #taps: readonly Tap[];

	constructor(dialler: Dialler, taps: readonly Tap[]) {
		this.#dialler = dialler;
		this.#taps = taps;
	}

	dial(link: Link): Transport {
		return new TappedTransport(this.#dialler, link, this.#taps);
	}
}

class TappedTransport implements Transport, Link {
	readonly #transport: Transport;
	readonly #link: Link;
	readonly #taps: readonly Tap[];
	#up = false;
	#gone = false;

	constructor(dialler: Dialler, link: Link, taps: readonly Tap[]) {
		this.#link = link;
		this.#taps = taps;
		for (const tap of taps) tap.onDial();
		try {
			this.#transport = dialler.dial(this);
		} catch (error) {
			this.#end();
			throw error;
		}
	}

	get room(): number {
		return this.#transport.room;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const count = this.#transport.read(bytes, start, limit);
		if (count > 0) for (const tap of this.#taps) tap.onReceived(bytes, start, start + count);
		return count;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		for (const tap of this.#taps) tap.onSent(bytes, start, end);
		return this.#transport.write(bytes, start, end);
	}

	close(): void {
		this.#end();
		this.#transport.close();
	}

	onReadable(count: number): void {
		this.#link.onReadable(count);
	}

	onWritable(room: number): void {
		if (!this.#up) {
			this.#up = true;
			for (const tap of this.#taps) tap.onUp();
		}
		this.#link.onWritable(room);
	}

	onError(fault: LinkFault): void {
		this.#end();
		this.#link.onError(fault);
	}

	#end(): void {
		if (this.#gone) return;
		this.#gone = true;
		for (const tap of this.#taps) tap.onGone();
	}
}
