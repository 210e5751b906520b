// SPDX-License-Identifier: MIT
/** What the sensor firmware reports of its readings, as entries of the history: `firmware/programs/sensor.ts` runs as it is. */

import type { Report } from "../../firmware/ports.js";
import type { History } from "./history.js";
import { Fate, type Letter, NOBODY } from "./message.js";
import type { Qos } from "./plan.js";

/** Flags of a reading: the oldest gives way. */
const DROP_OLDEST = 0x20;

/** What a reading says of itself. */
interface Reading {
	readonly n: number;
	readonly t: number;
	readonly h: number;
}

export class Reporter implements Report {
	/** What is told of every client, and goes where it goes for others. */
	online: Report["online"] = () => {};
	offline: Report["offline"] = () => {};
	settled: Report["settled"] = () => {};
	storeFault: (fault: number) => void = () => {};
	/** Readings that the broker took, repeats among them. */
	arrivals = 0;
	readonly #history: History;
	readonly #board: number;
	readonly #qos: Qos;
	/** By the number of the reading; for all lives. */
	readonly #letters = new Map<number, Letter>();
	/** Sampled and not yet accepted or refused. */
	#current: Letter | undefined;

	constructor(history: History, board: number, qos: Qos) {
		this.#history = history;
		this.#board = board;
		this.#qos = qos;
	}

	sampled(number: number): void {
		// Only one that the power took before its number was in flash may have had it before.
		const other = this.#letters.get(number);
		if (
			other !== undefined &&
			this.#history.isLasting(this.#board) &&
			(other.fate !== Fate.Limbo || other.arrived > 0)
		)
			this.#history.fail(`board ${this.#board} gives number ${number} to a second reading: ${other.words}`);
		this.#current = this.#history.publishing(this.#board, NOBODY, this.#qos, DROP_OLDEST, 0);
		this.#letters.set(number, this.#current);
	}

	queued(_number: number, ticket: number): void {
		if (this.#current === undefined) return;
		this.#history.published(this.#current, ticket);
		this.#current = undefined;
	}

	subscribed(): void {}
	command(): void {}
	interval(): void {}

	/** The power has gone. */
	cut(): void {
		if (this.#current !== undefined) this.#history.interrupted(this.#current);
		this.#current = undefined;
	}

	/** The broker took a reading. */
	arrived(qos: number, payload: Uint8Array): void {
		this.arrivals++;
		let reading: Partial<Reading>;
		try {
			reading = JSON.parse(Buffer.from(payload).toString());
		} catch {
			reading = {};
		}
		const letter = this.#letters.get(reading.n ?? 0);
		if (letter === undefined || !isWeather(reading.t) || !isWeather(reading.h))
			this.#history.fail(`board ${this.#board} sent a reading that it never took: ${Buffer.from(payload)}`);
		else this.#history.arrived(letter, qos);
	}
}

function isWeather(value: number | undefined): boolean {
	return value !== undefined && value > -50 && value <= 100;
}
