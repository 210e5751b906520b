// SPDX-License-Identifier: MIT
/** Makes a broker of MQTT 3.1.1 forget the sessions of a whole fleet, so many at a time. */

import { Farewell, type FarewellOptions } from "./farewell.js";

const AT_ONCE = 100;

/** Resolves with how many the broker has forgotten, when all were asked for or the time is up. `makeFor` is called once for each. */
export function forgetAll(
	count: number,
	makeFor: (index: number) => FarewellOptions,
	limitMs: number,
): Promise<number> {
	return new Promise((resolve) => {
		const open = new Set<Farewell>();
		let next = 0;
		let asked = 0;
		let forgotten = 0;
		const end = () => {
			clearTimeout(limit);
			next = count;
			for (const farewell of open) farewell.close();
			resolve(forgotten);
		};
		const limit = setTimeout(end, limitMs);
		const begin = () => {
			const farewell = new Farewell(makeFor(next++), (done) => {
				open.delete(farewell);
				asked++;
				if (done) forgotten++;
				if (asked === count) end();
				else if (next < count) begin();
			});
			open.add(farewell);
		};
		while (next < Math.min(AT_ONCE, count)) begin();
		if (count === 0) end();
	});
}
