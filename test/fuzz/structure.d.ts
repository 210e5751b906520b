// SPDX-License-Identifier: MIT
import type { Lib } from "./mutate.js";

export class StructureFuzzer {
	constructor(lib: Lib, seed: number);
	readonly inputs: number;
	readonly accepted: number;
	readonly refused: ReadonlyMap<string, number>;
	next(): void;
}
