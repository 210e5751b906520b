// SPDX-License-Identifier: MIT
import { minutes, type Scene, seconds } from "../scene/index.js";

export const title = "The broker restarts at night";
export const about =
	"At three in the morning the broker is updated, is away for five minutes and has forgotten every session; until breakfast " +
	"nobody has to look after any board, and nothing is lost.";

export const setting = { begins: "02:30" };

export default function (scene: Scene): void {
	const statuses = new Map<string, string>();
	scene.hear("ringbuoy/+/status", ({ board, payload }) => statuses.set(board, payload));
	const boards = scene.boards(20, "room", { settings: { intervalSeconds: 60 } });
	const online = () => boards.every((board) => board.online);
	scene.expectWithin(seconds(10), online, "all rooms are online");

	scene.passUntil("03:00");
	scene.story("the broker goes down for its update, and its store is emptied");
	scene.broker.restart({ keepSessions: false, downMs: minutes(5) });
	scene.pass(seconds(1));
	scene.expect(!boards.some((board) => board.online), "every board has noticed");
	statuses.clear();

	scene.passUntil("03:05");
	scene.story("the broker is back");
	scene.expectWithin(minutes(3), online, "all rooms are online again");
	scene.pass(seconds(10));
	scene.expect(
		boards.every(({ name }) => statuses.get(name) === "online"),
		"each has said so",
	);

	// Between two readings, which they take at full minutes.
	scene.passUntil("03:10:30");
	scene.story('the broker sends "report" to each: their subscriptions were lost with the sessions');
	const taken = boards.map((board) => board.taken);
	for (const { name } of boards)
		scene.broker.publish({ topic: `ringbuoy/${name}/do`, payload: "report", qos: 1 });
	scene.pass(seconds(1));
	scene.expect(
		boards.every((board, index) => board.taken > taken[index]),
		"every board has carried it out",
	);

	scene.passUntil("07:00");
	scene.expectWithin(
		seconds(10),
		() => boards.every((board) => board.missing.length === 0),
		"no reading is lost",
	);
	scene.expect(online(), "at breakfast all rooms are online");
}
