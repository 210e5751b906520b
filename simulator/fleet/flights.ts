// SPDX-License-Identifier: MIT
/** When messages were committed whose end is not known yet: as many of each board as its store can hold, in one table. */

/** A hundredth of a millisecond: 32 bits of them are half a day. */
const STEPS_A_MS = 100;

export class Flights {
	readonly #rows: number;
	/** By board and ticket modulo `rows`: the ticket, and when. A later message may take the place of one; it is not measured then. */
	readonly #tickets: Uint32Array;
	readonly #times: Uint32Array;

	/** `rows`: messages that a board can have under way. */
	constructor(boards: number, rows: number) {
		this.#rows = rows;
		this.#tickets = new Uint32Array(boards * rows);
		this.#times = new Uint32Array(boards * rows);
	}

	begin(board: number, ticket: number, nowMs: number): void {
		const at = board * this.#rows + (ticket % this.#rows);
		this.#tickets[at] = ticket;
		this.#times[at] = nowMs * STEPS_A_MS;
	}

	/** Milliseconds since {@link begin}; -1: nobody knows. Tells it once. */
	end(board: number, ticket: number, nowMs: number): number {
		const at = board * this.#rows + (ticket % this.#rows);
		if (this.#tickets[at] !== ticket) return -1;
		this.#tickets[at] = 0;
		return ((Math.floor(nowMs * STEPS_A_MS) - this.#times[at]) >>> 0) / STEPS_A_MS;
	}
}
