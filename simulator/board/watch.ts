// SPDX-License-Identifier: MIT
/** Looks over the shoulder of a dialler: a board's program never sees the link come up, its host wants to show it. */

import type { Dialler, Link, LinkFault, Transport } from "../../lib/ports.js";

export interface Watcher {
	/** A connection is being opened. */
	onDial(): void;
	/** It is up; for TLS, after the handshake. */
	onUp(): void;
}

export class WatchedDialler implements Dialler {
	readonly #dialler: Dialler & { readonly lastError?: string };
	readonly #watcher: Watcher;

	constructor(dialler: Dialler & { readonly lastError?: string }, watcher: Watcher) {
		this.#dialler = dialler;
		this.#watcher = watcher;
	}

	/** What happened last, in words; empty when the dialler has none. */
	get lastError(): string {
		return this.#dialler.lastError ?? "";
	}

	dial(link: Link): Transport {
		this.#watcher.onDial();
		return this.#dialler.dial(new WatchedLink(link, this.#watcher));
	}
}

class WatchedLink implements Link {
	readonly #link: Link;
	readonly #watcher: Watcher;
	#up = false;

	constructor(link: Link, watcher: Watcher) {
		this.#link = link;
		this.#watcher = watcher;
	}

	onReadable(count: number): void {
		this.#link.onReadable(count);
	}

	onWritable(room: number): void {
		if (!this.#up) {
			this.#up = true;
			this.#watcher.onUp();
		}
		this.#link.onWritable(room);
	}

	onError(fault: LinkFault): void {
		this.#link.onError(fault);
	}
}
