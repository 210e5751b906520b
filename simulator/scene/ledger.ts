// SPDX-License-Identifier: MIT
/**
 * What a board owes: every reading that its store accepted, until the broker has it. The board's side is told by its program,
 * the other one is seen at the broker; no power cut makes a debt forgotten but that of a reading which was not accepted yet.
 */

import type { Report } from "../../firmware/ports.js";
import { Settled } from "../../lib/index.js";
import type { Teller } from "./events.js";

/** Of these outcomes the program knows that a message does not arrive. */
const LOST: ReadonlySet<number> = new Set([
	Settled.Rejected,
	Settled.Dropped,
	Settled.GaveWay,
	Settled.Expired,
]);
const NUMBER = /"n":(\d+)/;

export class Ledger implements Report {
	taken = 0;
	arrived = 0;
	lost = 0;
	/** Whether it has power: code that is on its way out of a flash command that was cut short says nothing. */
	alive: () => boolean = () => true;
	readonly #board: string;
	readonly #tell: Teller;
	/** Accepted and not arrived, by number. */
	readonly #owed = new Set<number>();
	/** Of the readings that are not settled, by ticket. */
	readonly #numbers = new Map<number, number>();
	/** How often each has arrived. */
	readonly #arrivals = new Map<number, number>();
	/** Of lives whose store is no more. */
	#gone: number[] = [];
	#twice: number[] = [];
	/** Settled before `queued` was told: QoS 0. */
	#early: number | undefined;

	constructor(board: string, tell: Teller) {
		this.#board = board;
		this.#tell = tell;
	}

	missing(): number[] {
		return [...this.#gone, ...[...this.#owed].sort((a, b) => a - b)];
	}

	repeated(): number[] {
		return [...this.#twice, ...[...this.#arrivals].filter(([, times]) => times > 1).map(([n]) => n)];
	}

	/** A life begins whose store knows nothing of the one before, nor how far it had counted: what was owed stays missing. */
	beginAnew(): void {
		this.#gone = this.missing();
		this.#twice = this.repeated();
		this.#owed.clear();
		this.#numbers.clear();
		this.#arrivals.clear();
	}

	/** The broker has taken a message of this board on its topic for readings. */
	arrive(payload: Uint8Array): void {
		const text = NUMBER.exec(
			Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("latin1"),
		);
		if (text === null) return;
		const n = Number(text[1]);
		const times = this.#arrivals.get(n) ?? 0;
		this.#arrivals.set(n, times + 1);
		this.#owed.delete(n);
		if (times > 0) return;
		this.arrived++;
		this.#tell({ event: "arrived", board: this.#board, n });
	}

	// ── what the program tells ───────────────────────────────────────────────────────────────────────────────────

	sampled(): void {
		this.#early = undefined;
	}

	queued(n: number, ticket: number): void {
		if (!this.alive()) return;
		const board = this.#board;
		if (ticket < 0) {
			this.#tell({ event: "refused", board, n, refusal: ticket });
			return;
		}
		this.taken++;
		this.#tell({ event: "reading", board, n });
		// QoS 0 is handed to the connection, and nobody owes it any more.
		if (this.#early === ticket) return;
		this.#numbers.set(ticket, n);
		if (!this.#arrivals.has(n)) this.#owed.add(n);
	}

	settled(ticket: number, outcome: number, reason: number): void {
		if (!this.alive()) return;
		this.#early = ticket;
		const n = this.#numbers.get(ticket);
		if (n === undefined) return;
		this.#numbers.delete(ticket);
		if (!LOST.has(outcome)) return;
		this.#owed.delete(n);
		this.lost++;
		this.#tell({ event: "lost", board: this.#board, n, outcome, reason });
	}

	online(sessionPresent: boolean): void {
		if (this.alive()) this.#tell({ event: "online", board: this.#board, sessionPresent });
	}

	offline(reason: number, retryMs: number): void {
		if (this.alive()) this.#tell({ event: "offline", board: this.#board, reason, retryMs });
	}

	subscribed(): void {}

	command(): void {}

	interval(): void {}
}
