// SPDX-License-Identifier: MIT
import { hours, minutes, type Scene, seconds } from "../scene/index.js";

export const title = "Deep sleep every five minutes";
export const about =
	"A sensor on a battery wakes every five minutes for a day, with two hours in between without network; it is awake for less " +
	"than a hundredth of the time, and the broker has all of its readings.";

export default function (scene: Scene): void {
	let lost = 0;
	scene.hear("ringbuoy/+/status", ({ payload }) => {
		if (payload === "offline") lost++;
	});
	const cellar = scene.board("cellar", { program: "sleeper", settings: { intervalSeconds: 300 } });
	scene.passUntil("09:59");
	scene.expect(
		cellar.taken === 120 && cellar.missing.length === 0,
		"a reading every five minutes has arrived",
	);

	scene.story("the Wi-Fi goes for two hours: each wake-up leaves its reading in the flash");
	cellar.loseNetwork();
	scene.pass(hours(2));
	scene.expect(cellar.missing.length >= 23, "they wait");

	scene.story("the Wi-Fi is back");
	cellar.regainNetwork();
	scene.expectWithin(minutes(6), () => cellar.missing.length === 0, "the next wake-up brings all of them");

	scene.passUntil("00:00");
	scene.pass(seconds(30));
	scene.expect(cellar.taken >= 288 && cellar.missing.length === 0, "the day has all of its readings");
	const awake = 1 - cellar.sleptMs / scene.now;
	scene.story(`awake for ${(awake * 100).toFixed(2)} percent of the day, ${cellar.boots} times`);
	scene.expect(awake < 0.01, "that is less than a hundredth");
	scene.expect(lost === 0, "it was never said to be offline");
}
