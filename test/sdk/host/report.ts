// SPDX-License-Identifier: MIT
/** How a gate reports: one JSON line each, which run.js collects. Reporting allocates; what it reports was measured before. */
import Host, { What } from "./host.js";

type Values = Record<string, number | string>;

const print = (line: object): void => Host.print(JSON.stringify(line));

/** A line of the table that is no verdict. */
export function row(name: string, values: Values): void {
	print({ row: name, values });
}

export function check(name: string, pass: boolean, fault: string, values: Values = {}): void {
	print({ gate: name, pass, fault: pass ? "" : fault, values });
}

/** Something that run.js does: the answer comes by the network. */
export function ask(what: string): void {
	print({ ask: what });
}

/** What happened since `Host.mark`, per message; complete before anything is allocated. */
export interface Counts extends Values {
	messages: number;
	slots: number;
	chunks: number;
	bytes: number;
	mallocs: number;
	collections: number;
	codes: number;
	stack: number;
}

/** Call it before anything else is done: a string literal of a preloaded module is a chunk each time it is met. */
export function countsOf(messages: number): Counts {
	const slots = Host.count(What.Slots);
	const chunks = Host.count(What.Chunks);
	const bytes = Host.count(What.ChunkBytes);
	const mallocs = Host.count(What.Mallocs);
	const collections = Host.count(What.Collections);
	const codes = Host.count(What.Codes);
	const stack = Host.count(What.Stack);
	return {
		messages,
		slots: slots / messages,
		chunks: chunks / messages,
		bytes: bytes / messages,
		mallocs: mallocs / messages,
		collections,
		codes: Math.round(codes / messages),
		stack,
	};
}

/** Demands that nothing was allocated, and shows what the messages took. */
export function nothingMade(name: string, counts: Counts): void {
	const pass = counts.slots === 0 && counts.chunks === 0 && counts.collections === 0;
	check(name, pass, "something was allocated", counts);
}
