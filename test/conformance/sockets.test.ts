// SPDX-License-Identifier: MIT
// alone: it opens sockets
/** Every scenario once more, over sockets of this machine. */
import { describe, expect, test } from "vitest";
import { chapters, scenariosOf } from "./scenario/chapter.js";
import type { Scenario } from "./scenario/parse.js";
import { playOverSockets } from "./scenario/play.js";
import { Sockets } from "./scenario/sockets.js";

const dials = ({ steps }: Scenario): boolean =>
	steps.some(({ verb }) => verb === "connected" || verb === "dials");

describe.each(chapters())("Over TCP: %s", (chapter) => {
	for (const scenario of scenariosOf(chapter).filter(({ throws }) => throws === undefined))
		for (const version of scenario.shows.keys())
			test(`${version} ${scenario.title} (${scenario.path})`, async () => {
				const sockets = await Sockets.listen();
				try {
					await playOverSockets(scenario, version, sockets);
					expect(sockets.dialler.transports.length > 0).toBe(dials(scenario));
				} finally {
					sockets.close();
				}
			});
});
