// SPDX-License-Identifier: MIT
import type { Arena } from "../../lib/memory/arena.js";
import type { Decoder } from "../../lib/wire/decoder.js";
import type { Packet } from "../../lib/wire/packet.js";

export interface Seed {
	readonly bytes: Uint8Array;
	readonly version5: boolean;
}
export interface Lib {
	readonly Arena: typeof Arena;
	readonly Decoder: typeof Decoder;
	readonly Packet: typeof Packet;
}
export function randomFrom(seed: number): (limit: number) => number;
export class Fuzzer {
	constructor(lib: Lib, seeds: readonly Seed[], seed: number);
	readonly inputs: number;
	readonly accepted: number;
	readonly slowestMs: number;
	next(): void;
}
