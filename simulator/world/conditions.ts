// SPDX-License-Identifier: MIT
/** What a virtual link is like, and how a dial goes wrong. Plain settings; the random ones draw from the world's seed. */

/** Adjustable at any time: what is already under way keeps its order, what is sent later follows the new settings. */
export interface Conditions {
	/** Milliseconds from the board to the broker; default 0. */
	upMs: number;
	/** Milliseconds from the broker to the board; default 0. */
	downMs: number;
	/** Milliseconds that a name lookup takes; default 0. */
	lookupMs: number;
	/** The longest piece that arrives at once, in bytes: default 1436 (the SDK's segment size); 1 = each byte an event of its own. */
	pieceBytes: number;
	/** True: each piece is cut to a random length from 1 to `pieceBytes`. Default false. */
	randomPieces: boolean;
	/** Bandwidth of each direction; default 0 = without limit. */
	bytesPerSecond: number;
}

/**
 * How a dial ends: `none` as the listeners have it; `refuse` nobody listens; `hang` never a word; `dns` the name does
 * not resolve; `no network` it throws.
 */
export type DialFault = "none" | "refuse" | "hang" | "dns" | "no network";

/** A full set of conditions: the given ones over a perfect network. */
export function conditionsOf(given: Partial<Conditions> = {}): Conditions {
	return {
		upMs: 0,
		downMs: 0,
		lookupMs: 0,
		pieceBytes: 1436,
		randomPieces: false,
		bytesPerSecond: 0,
		...given,
	};
}
