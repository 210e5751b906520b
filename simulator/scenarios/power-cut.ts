// SPDX-License-Identifier: MIT
import { hours, minutes, type Scene, seconds } from "../scene/index.js";

export const title = "A power cut in a burst";
export const about =
	"A board was without network for an hour; while it sends what has waited, its power goes three times in the middle of a " +
	"flash write, and every reading arrives exactly once.";

export default function (scene: Scene): void {
	const greenhouse = scene.board("greenhouse", { settings: { intervalSeconds: 30, qos: 2 } });
	scene.expectWithin(seconds(2), () => greenhouse.online, "the greenhouse is online");
	scene.pass(minutes(5));

	scene.story("the Wi-Fi goes, for an hour; readings wait in the flash");
	greenhouse.loseNetwork();
	scene.pass(hours(1));
	const waited = greenhouse.missing.length;
	scene.expect(waited >= 119, "a reading has waited for each half minute");

	scene.story(`the Wi-Fi is back: ${waited} readings go out in a burst`);
	greenhouse.regainNetwork();
	for (let cut = 1; cut <= 3; cut++) {
		scene.until(() => greenhouse.missing.length <= waited - 25 * cut, minutes(5));
		scene.story(`power cut ${cut}: it comes in the middle of one of the next flash commands`);
		greenhouse.cutPowerInFlash(1 + scene.random.below(8));
		scene.expectWithin(minutes(1), () => greenhouse.boots === cut + 1, "it has booted again");
		scene.expect(greenhouse.missing.length > 0, "the burst was not over");
	}

	scene.expectWithin(minutes(5), () => greenhouse.missing.length === 0, "every reading has arrived");
	scene.expect(greenhouse.repeated.length === 0, "and none of them twice");
}
