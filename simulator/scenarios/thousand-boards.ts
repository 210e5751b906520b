// SPDX-License-Identifier: MIT
import { minutes, type Scene, seconds } from "../scene/index.js";

export const title = "A thousand boards return at once";
export const about =
	"The broker of a thousand boards is away for ten minutes; when it is back they come one after the other, and not all at once.";

export default function (scene: Scene): void {
	const boards = scene.boards(1000, "meter", {
		limits: "tiny",
		flash: false,
		settings: { intervalSeconds: 300 },
	});
	const { counters } = scene.broker;
	const all = () => counters.clients === boards.length;
	scene.expectWithin(minutes(1), all, "a thousand boards are online");
	scene.pass(minutes(5));

	scene.story("the broker falls over");
	scene.broker.restart({ keepSessions: true, downMs: minutes(10) });
	scene.pass(minutes(10));

	scene.story("it is back, and a thousand boards want to connect");
	let before = counters.clients;
	let most = 0;
	scene.every(seconds(1), () => {
		most = Math.max(most, counters.clients - before);
		before = counters.clients;
	});
	const began = scene.now;
	scene.expectWithin(minutes(3), all, "all are back");
	const mean = boards.length / ((scene.now - began) / 1000);
	scene.pass(seconds(1));
	scene.story(`that were ${mean.toFixed(1)} a second, and ${most} in the busiest one`);
	scene.expect(most <= 4 * mean, "the busiest second had no more than four times its share");
	scene.expectWithin(
		minutes(6),
		() => boards.every((board) => board.missing.length === 0),
		"no reading is lost",
	);
}
