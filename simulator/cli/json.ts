// SPDX-License-Identifier: MIT
/** Events for machines: one JSON object a line, with the units of the readings' payload. */

import type { BoardEvent, Output, RunEvent } from "./events.js";

const QUIET: ReadonlySet<string> = new Set(["dial", "subscribed", "accepted"]);

export class JsonOutput implements Output {
	readonly #write: (line: string) => void;
	readonly #seconds: () => number;
	readonly #verbose: boolean;

	constructor(write: (line: string) => void, seconds: () => number, verbose: boolean) {
		this.#write = write;
		this.#seconds = seconds;
		this.#verbose = verbose;
	}

	board(name: string, event: BoardEvent): void {
		if (!this.#verbose && QUIET.has(event.event)) return;
		this.#line({ board: name, ...inUnits(event) });
	}

	run(event: RunEvent): void {
		if (event.event === "broker" && !this.#verbose) return;
		this.#line(event);
	}

	#line(event: object): void {
		this.#write(JSON.stringify({ time: Math.round(this.#seconds() * 1000) / 1000, ...event }));
	}
}

function inUnits(event: BoardEvent): object {
	if (event.event === "asleep")
		return { ...event, ms: Math.round(event.ms), awakeMs: Math.round(event.awakeMs) };
	if (!("t" in event)) return event;
	const { t, h } = event;
	const scaled = { ...event, t: t / 100, h: h / 100 };
	return event.event === "reading" ? { ...scaled, ms: Math.round(event.ms * 10) / 10 } : scaled;
}
