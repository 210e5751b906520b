// SPDX-License-Identifier: MIT
import type { Aliases, Fragments, Sources } from "../../lib/extras/index.js";
import type { Client, TINY_LIMITS } from "../../lib/index.js";
import type { RamStore } from "../../lib/store/index.js";
import type { VirtualClock, VirtualNetwork, World } from "../../simulator/world.js";

export interface LiveLib {
	readonly Aliases: typeof Aliases;
	readonly Fragments: typeof Fragments;
	readonly Sources: typeof Sources;
	readonly Client: typeof Client;
	readonly RamStore: typeof RamStore;
	readonly TINY_LIMITS: typeof TINY_LIMITS;
	readonly VirtualClock: typeof VirtualClock;
	readonly VirtualNetwork: typeof VirtualNetwork;
	readonly World: typeof World;
}
export class StatefulFuzzer {
	constructor(lib: LiveLib, seed: number);
	readonly inputs: number;
	readonly runs: number;
	next(): void;
	runOf(seed: number): void;
}
