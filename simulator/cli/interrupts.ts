// SPDX-License-Identifier: MIT
/** What Ctrl-C and its like mean: the first is a request, the second an order. */

/** One Ctrl-C may come twice, from the terminal and handed on by npm: only a later one is a second one. */
const ECHO_MS = 250;

export class Interrupts {
	readonly #stop: () => void;
	readonly #end: () => void;
	readonly #nowMs: () => number;
	#firstMs: number | undefined;

	constructor(stop: () => void, end: () => void, nowMs: () => number) {
		this.#stop = stop;
		this.#end = end;
		this.#nowMs = nowMs;
	}

	/** Somebody wants us to stop. */
	readonly heard = (): void => {
		const now = this.#nowMs();
		if (this.#firstMs === undefined) {
			this.#firstMs = now;
			this.#stop();
		} else if (now - this.#firstMs > ECHO_MS) this.#end();
	};
}
