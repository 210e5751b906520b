// SPDX-License-Identifier: MIT
/** Two sides in turns, round by round: a slow moment of the machine hits both or one round of many, and each is first in every second round. */

/** @param {readonly number[]} values */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** @param {number} value @param {number} digits */
const rounded = (value, digits = 2) => Number(value.toFixed(digits));

/**
 * @template T
 * @param {{ rounds: number, warmUp?: number, ours: () => T | Promise<T>, theirs: () => T | Promise<T>,
 *   progress?: (round: number, rounds: number) => void }} options `warmUp`: rounds before, which count for nothing
 * @returns {Promise<{ ours: T, theirs: T }[]>} a pair for each round
 */
export async function inTurns({ rounds, warmUp = 0, ours, theirs, progress }) {
	const measured = [];
	for (let round = -warmUp; round < rounds; round++) {
		progress?.(round < 0 ? 0 : round + 1, rounds);
		/** @type {{ ours?: T, theirs?: T }} */
		const pair = {};
		if ((round & 1) === 0) pair.ours = await ours();
		pair.theirs = await theirs();
		if ((round & 1) !== 0) pair.ours = await ours();
		if (round >= 0) measured.push(/** @type {{ ours: T, theirs: T }} */ (pair));
	}
	return measured;
}

/**
 * What the rounds say: medians of both, the median of the rounds' ratios, and the least, the median and the most of these.
 * Above 1 we are better, also where less is (`less`).
 * @param {readonly { ours: number, theirs: number }[]} measured
 */
export function compared(measured, less = false) {
	const ratios = measured.map(({ ours, theirs }) => (less ? theirs / ours : ours / theirs));
	const spread = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((ratio) => rounded(ratio));
	return {
		value: median(measured.map(({ ours }) => ours)),
		peer: median(measured.map(({ theirs }) => theirs)),
		ratio: spread[1],
		spread,
		rounds: measured.length,
	};
}
