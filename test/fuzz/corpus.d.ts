// SPDX-License-Identifier: MIT
import type { Lib, Seed } from "./mutate.js";

export function loadCorpus(): (Seed & { readonly result: number })[];
export function judge(lib: Lib): (seed: Seed) => number;
