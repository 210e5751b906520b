// SPDX-License-Identifier: MIT
/** What `test/xs/build.js` makes of recordings before it bundles: as text, because XS loads nothing but modules. */
export const RECORDINGS: readonly {
	readonly title: string;
	/** Base64, in pieces. */
	readonly tape: readonly string[];
}[];
