// SPDX-License-Identifier: MIT
/** What `ringbuoy run` writes: a story with times for people, or one JSON object a line, the same for the same seed. */

import type { SceneEvent } from "../scene/events.js";
import type { Outcome } from "../scene/play.js";
import { clockOf, days } from "../scene/units.js";
import { explainOutcome, REASONS, REFUSALS } from "./reasons.js";
import { traceOf } from "./run-trace.js";
import { counted, duration, type Paint, wrapped } from "./words.js";

/** Written with `--verbose` only. */
const QUIET: ReadonlySet<string> = new Set(["reading", "arrived"]);

/** What is played. */
export interface Bill {
	/** As it was typed. */
	readonly name: string;
	readonly title: string;
	readonly about: string;
	readonly seed: number;
	/** Milliseconds since 1970 at which it begins. */
	readonly epochMs: number;
}

export interface RunOutput {
	begin(bill: Bill): void;
	/** `nowMs` after the beginning. Returns whether a line was written. */
	event(nowMs: number, event: SceneEvent): boolean;
	end(outcome: Outcome, realMs: number): void;
}

/** The one command that plays it again. */
export function command({ name, seed }: Bill): string {
	return `npx ringbuoy run ${/[^\w./\\:-]/.test(name) ? `"${name}"` : name} --seed ${seed}`;
}

export class JsonRun implements RunOutput {
	readonly #write: (line: string) => void;
	readonly #verbose: boolean;
	#bill!: Bill;

	constructor(write: (line: string) => void, verbose: boolean) {
		this.#write = write;
		this.#verbose = verbose;
	}

	begin(bill: Bill): void {
		this.#bill = bill;
		const { name, title, about, seed } = bill;
		this.#line(0, { event: "start", name, title, about, seed });
	}

	event(nowMs: number, event: SceneEvent): boolean {
		if (!this.#verbose && QUIET.has(event.event)) return false;
		this.#line(nowMs, withCause(event));
		return true;
	}

	end({ broken, error, expectations, virtualMs }: Outcome): void {
		const { seed } = this.#bill;
		this.#line(virtualMs, {
			event: "end",
			held: broken === undefined && error === undefined,
			...{ expectations, seed },
			...(broken === undefined ? {} : { broken: broken.message }),
			...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
			command: command(this.#bill),
		});
	}

	#line(nowMs: number, event: object): void {
		const at = new Date(this.#bill.epochMs + nowMs).toISOString();
		this.#write(JSON.stringify({ time: Math.round(nowMs) / 1000, at, ...event }));
	}
}

/** The numbers of an event in words, too. */
function withCause(event: SceneEvent): object {
	if (event.event === "offline") return { ...event, cause: causeOf(event.reason) };
	if (event.event === "lost") return { ...event, cause: explainOutcome(event.outcome, event.reason)[0] };
	if (event.event === "refused") return { ...event, cause: REFUSALS[event.refusal] ?? "" };
	return event;
}

export interface TextRunOptions {
	readonly columns: number;
	readonly verbose: boolean;
	readonly paint: Paint;
}

export class TextRun implements RunOutput {
	readonly #write: (line: string) => void;
	readonly #options: TextRunOptions;
	#bill!: Bill;
	#day = 0;
	/** Something was written since the beginning. */
	#told = false;

	constructor(write: (line: string) => void, options: TextRunOptions) {
		this.#write = write;
		this.#options = options;
	}

	begin(bill: Bill): void {
		this.#bill = bill;
		const { paint, columns } = this.#options;
		this.#write(paint("bold", bill.title));
		if (bill.about !== "") for (const line of wrapped(bill.about, columns)) this.#write(line);
		this.#write("");
	}

	event(nowMs: number, event: SceneEvent): boolean {
		if (event.event === "story") this.#line(nowMs, event.text);
		else if (event.event === "expectation") this.#judged(nowMs, event);
		else if (this.#options.verbose) this.#line(nowMs, wordsOf(event), true);
		else return false;
		this.#told = true;
		return true;
	}

	end(outcome: Outcome, realMs: number): void {
		const { broken, error, expectations, virtualMs } = outcome;
		const { paint } = this.#options;
		const { seed } = this.#bill;
		if (this.#told) this.#write("");
		const took = `${duration(virtualMs)} of its time in ${duration(realMs)}, seed ${seed}`;
		if (broken === undefined && error === undefined) {
			const held =
				expectations === 0 ? "over: it expects nothing" : `held: ${counted(expectations, "expectation")}`;
			this.#write(`${paint("green", held)}, ${took}`);
			return;
		}
		if (broken !== undefined)
			this.#write(
				`${paint("red", "FAILED")} at ${this.#clock(broken.atMs)}: expected that ${broken.message}`,
			);
		else {
			this.#write(`${paint("red", "ENDED")} at ${this.#clock(virtualMs)} by an error, ${took}`);
			for (const line of traceOf(error)) this.#write(line);
		}
		this.#write(`repeat it: ${command(this.#bill)}`);
	}

	#judged(nowMs: number, { what, held, afterMs }: Extract<SceneEvent, { event: "expectation" }>): void {
		const { paint } = this.#options;
		const mark = held ? paint("green", "ok") : paint("red", "no");
		const after =
			held && afterMs !== undefined && afterMs > 0 ? paint("dim", `, after ${duration(afterMs)}`) : "";
		this.#write(`${this.#clock(nowMs)}    ${mark}  ${what}${after}`);
	}

	#line(nowMs: number, text: string, dim = false): void {
		const { paint, columns } = this.#options;
		const [first, ...rest] = wrapped(text, columns - 10);
		const style = (line: string) => (dim ? paint("dim", line) : line);
		this.#write(`${this.#clock(nowMs)}  ${style(first)}`);
		for (const line of rest) this.#write(`          ${style(line)}`);
	}

	/** The time of day; where a new day begins, a line says so. */
	#clock(nowMs: number): string {
		const epochMs = this.#bill.epochMs + nowMs;
		const day = Math.floor(epochMs / days(1)) - Math.floor(this.#bill.epochMs / days(1));
		if (day > this.#day) this.#write(this.#options.paint("dim", `day ${day + 1}`));
		this.#day = Math.max(day, this.#day);
		return clockOf(epochMs);
	}
}

/** Without advice: there is no machine here that could be looked at. */
function causeOf(reason: number): string {
	return REASONS[reason]?.[0] ?? `reason ${reason}`;
}

function wordsOf(event: Exclude<SceneEvent, { event: "story" | "expectation" }>): string {
	switch (event.event) {
		case "boot":
			return `${event.board} boots${event.boot > 1 ? `, for the ${event.boot}. time` : ""} (${event.cause})`;
		case "cut":
			return `${event.board} loses its power${event.torn ? " in the middle of a flash command" : ""}`;
		case "asleep":
			return `${event.board} sleeps for ${duration(event.ms)}`;
		case "online":
			return `${event.board} is online${event.sessionPresent ? ", with its session" : ""}`;
		case "offline": {
			const { board, reason, retryMs } = event;
			const next = retryMs < 0 ? "" : `; next attempt in ${duration(retryMs)}`;
			return `${board} is offline: ${causeOf(reason)}${next}`;
		}
		case "reading":
			return `${event.board} takes reading ${event.n}`;
		case "arrived":
			return `the broker has reading ${event.n} of ${event.board}`;
		case "refused":
			return `${event.board} cannot keep reading ${event.n}: ${REFUSALS[event.refusal] ?? event.refusal}`;
		case "lost":
			return `${event.board} loses reading ${event.n}: ${explainOutcome(event.outcome, event.reason)[0]}`;
		case "restart":
			return `the broker restarts, ${event.keepSessions ? "with" : "without"} its sessions`;
	}
}
