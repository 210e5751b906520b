// SPDX-License-Identifier: MIT
/** What the sources count with: `globalThis[COUNTERS]`, an array with room for all of them. Vitest's names are let alone by all. */
export const COUNTERS = "__vitest_branches";
