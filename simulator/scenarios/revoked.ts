// SPDX-License-Identifier: MIT
import { hours, minutes, type Scene, seconds } from "../scene/index.js";

export const title = "Credentials revoked";
export const about =
	"The account of a board is revoked: it is thrown out, asks again only now and then, keeps its readings, and sends them when " +
	"the account is back; its neighbour does not notice anything.";

export const setting = { begins: "08:00" };

export default function (scene: Scene): void {
	scene.permit("ann", "sesame");
	scene.permit("bob", "swordfish");
	const settings = { intervalSeconds: 120 };
	const ann = scene.board("ann-1", { settings: { ...settings, user: "ann", password: "sesame" } });
	const bob = scene.board("bob-1", { settings: { ...settings, user: "bob", password: "swordfish" } });
	scene.expectWithin(seconds(2), () => ann.online && bob.online, "both boards are online");
	scene.always(() => bob.online || scene.now < seconds(2), "the board of the other account stays online");

	scene.passUntil("12:00");
	scene.story("the account of ann is revoked");
	scene.revoke("ann");
	scene.expectWithin(seconds(1), () => !ann.online, "her board is thrown out at once");
	const dials = ann.dials;
	scene.pass(hours(2));
	scene.expect(!ann.online, "and stays outside");
	scene.expect(ann.dials > dials, "it asks now and then whether it may come in");
	scene.expect(ann.dials - dials <= 60, "but no more than twice in four minutes");

	scene.story("ann has an account again");
	scene.permit("ann", "sesame");
	scene.expectWithin(minutes(10), () => ann.online, "her board is online");
	scene.expectWithin(minutes(2), () => ann.missing.length === 0, "what has waited has arrived");
	scene.expect(ann.lost === 0, "no reading was lost");
}
