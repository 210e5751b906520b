// SPDX-License-Identifier: MIT
/** What many runs counted together. */

import type { Tally } from "./run.js";

export class Totals {
	runs = 0;
	failed = 0;
	virtualMs = 0;
	events = 0;
	/** See {@link Tally}. */
	messages = 0;
	delivered = 0;
	repeats = 0;
	connections = 0;
	packets = 0;
	powerCuts = 0;
	/** How often each kind of fault was performed. */
	readonly faults: Record<string, number> = {};
	/** By what is wrong, without its numbers: how many runs, and the seed of the first. */
	readonly failures = new Map<string, { count: number; seed: number }>();

	add(tally: Tally): void {
		this.runs++;
		this.virtualMs += tally.virtualMs;
		this.events += tally.events;
		this.messages += tally.messages;
		this.delivered += tally.delivered;
		this.repeats += tally.repeats;
		this.connections += tally.connections;
		this.packets += tally.packets;
		this.powerCuts += tally.powerCuts;
		for (const [kind, count] of Object.entries(tally.faults))
			this.faults[kind] = (this.faults[kind] ?? 0) + count;
	}

	/** A run of that seed has failed. Returns whether it is the first of its kind. */
	fail(seed: number, failure: string): boolean {
		this.failed++;
		const kind = kindOf(failure);
		const known = this.failures.get(kind);
		if (known !== undefined) known.count++;
		else this.failures.set(kind, { count: 1, seed });
		return known === undefined;
	}

	/** Faults performed, of all kinds. */
	get faultCount(): number {
		let sum = 0;
		for (const count of Object.values(this.faults)) sum += count;
		return sum;
	}
}

/** What is wrong, without that which differs from run to run: numbers, and whatever follows the sentence. */
export function kindOf(failure: string): string {
	return failure
		.split("\n", 1)[0]
		.replace(/ \[at \d+ ms\]$/, "")
		.replace(/(: (message|online) |; |\[).*$/, "")
		.replace(/(?<=[\s(])-\d+|\d+/g, "#")
		.trimEnd();
}
