// SPDX-License-Identifier: MIT
/** What `test/xs/build.js` makes of the plans before it bundles: tapes that Node recorded, as text, because XS loads nothing but modules. */
export const RECORDINGS: readonly {
	readonly seed: number;
	readonly version: number;
	readonly blocks: number;
	readonly cuts: number;
	/** Base64, in pieces. */
	readonly tape: readonly string[];
}[];
