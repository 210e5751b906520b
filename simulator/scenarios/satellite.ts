// SPDX-License-Identifier: MIT
import { hours, minutes, type Scene, seconds } from "../scene/index.js";

export const title = "A slow satellite link";
export const about =
	"A buoy reports over a satellite: 150 bytes a second, six hundred milliseconds each way, and rain that holds everything up " +
	"for half a minute; one connection lasts through all of it, and nothing is sent twice.";

export default function (scene: Scene): void {
	const conditions = { upMs: 600, downMs: 600, bytesPerSecond: 150, pieceBytes: 200 };
	const buoy = scene.board("buoy", { conditions, settings: { intervalSeconds: 20, keepAliveSeconds: 120 } });
	scene.expectWithin(seconds(15), () => buoy.online, "the buoy is online");

	scene.story("an hour of fair weather");
	scene.pass(hours(1));
	scene.expect(buoy.missing.length <= 1, "no more than one reading is under way");

	scene.story("an hour of rain: now and again nothing arrives for half a minute");
	for (let shower = 0; shower < 12; shower++) {
		scene.pass(minutes(4) + scene.random.below(seconds(60)));
		buoy.device.link?.stall(seconds(30));
		scene.pass(seconds(29));
	}
	scene.expectWithin(minutes(2), () => buoy.missing.length === 0, "every reading has arrived");
	scene.expect(buoy.taken > 300, "and there were many");
	scene.expect(buoy.dials === 1, "over the first connection, which has never been given up");
	scene.expect(buoy.resends === 0, "and nothing was sent twice");
}
