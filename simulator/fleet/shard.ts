// SPDX-License-Identifier: MIT
/** One process's part of a fleet: which of its boards, and from which addresses they dial. */

/** Part `index` (0 and up) of `count`. */
export interface Shard {
	readonly index: number;
	readonly count: number;
}

/** Ports that one address has for connections to one broker; Linux gives 28,232 unless it is told otherwise, others 16,384. */
const PORTS_AN_ADDRESS = 16_000;

/** The boards of a shard: from `first` to before `end`, of `boards` that are numbered from 0. Parts differ by one board at most. */
export function rangeOf({ index, count }: Shard, boards: number): { first: number; end: number } {
	return {
		first: Math.floor((boards * index) / count),
		end: Math.floor((boards * (index + 1)) / count),
	};
}

/**
 * The source address of a board at a broker on the loopback, by its number in the whole fleet; undefined: the one that the host
 * takes. Every 127.x.y.z is the loopback, so thousands of boards on one machine do not run out of ports.
 */
export function sourceOf(board: number, boards: number): string | undefined {
	if (boards <= PORTS_AN_ADDRESS) return undefined;
	const place = 1 + Math.floor(board / PORTS_AN_ADDRESS);
	return `127.0.${place >> 8}.${place & 255}`;
}
