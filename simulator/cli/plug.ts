// SPDX-License-Identifier: MIT
/** Pulls the plug of a board again and again: about every so many milliseconds, half of the time inside a flash command. */

import type { Random } from "../../lib/ports.js";
import type { Host } from "./host.js";

/** The plug is pulled during one of so many flash commands. */
const COMMANDS_MOST = 4;
/** When the board uses its flash no more, waiting has an end: this part of the period. */
const PATIENCE = 4;

export class Plug {
	readonly #host: Host;
	readonly #random: Random;
	readonly #everyMs: number;
	#timer: NodeJS.Timeout | undefined;

	/** `random` draws when; the same seed pulls at the same times, if not at the same instants of the program. */
	constructor(host: Host, random: Random, everyMs: number) {
		this.#host = host;
		this.#random = random;
		this.#everyMs = everyMs;
	}

	/** The first cut is due half to one and a half periods from now. */
	start(): void {
		const delayMs = this.#everyMs / 2 + this.#random.below(Math.ceil(this.#everyMs));
		this.#timer = setTimeout(() => this.#pull(), delayMs);
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#pull(): void {
		const host = this.#host;
		this.start();
		if (host.flash === undefined || this.#random.below(2) === 0) {
			host.cutPower();
			return;
		}
		const { cuts } = host;
		host.cutInFlash(1 + this.#random.below(COMMANDS_MOST));
		const next = this.#timer;
		const patience = setTimeout(() => {
			if (host.cuts === cuts && this.#timer === next) host.cutPower();
		}, this.#everyMs / PATIENCE);
		patience.unref();
	}
}
