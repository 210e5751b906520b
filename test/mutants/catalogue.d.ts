// SPDX-License-Identifier: MIT
/** A rule, and how to switch it off. */
export interface Mutant {
	readonly name: string;
	readonly rule: string;
	readonly file: string;
	readonly find: string;
	readonly replace: string;
	readonly by: readonly string[];
	readonly without?: readonly string[];
}

export const CATALOGUE: readonly Mutant[];
