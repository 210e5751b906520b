// SPDX-License-Identifier: MIT
/** Identifiers that a broker remembers from an earlier life of the board. */
import { describe, expect, test } from "vitest";
import { Router } from "../../../lib/extras/index.js";
import { Lives } from "../../kit/lives.js";
import type { Rig, RigOptions } from "../../kit/rig.js";
import { identifiers, withId } from "./routed.js";

/** Sets a handler for each name, as `heard` will have it, and subscribes to it. */
function program(rig: Rig, router: Router, names: readonly string[]): [string, string][] {
	const heard: [string, string][] = [];
	rig.recorder.hook = (note, message) => {
		if (note[0] === "message") heard.push(["default", message!.text()]);
	};
	for (const name of names) {
		const filter = rig.client.filter(name);
		router.on(filter, (message) => heard.push([name, message.text()]));
		rig.client.subscribe(filter, 1);
	}
	return heard;
}

describe("A session that an earlier life began", () => {
	function twoLives(before: readonly string[], after: readonly string[], options: RigOptions = {}) {
		const lives = new Lives(5, options);
		const { peer } = lives;
		const first = new Router();
		const rig = lives.boot({ router: first });
		program(rig, first, before);
		rig.online();
		rig.pass(1);
		const ids = identifiers(peer);
		rig.client.close();
		rig.pass(1);
		lives.cut();
		peer.present = true;
		const router = new Router();
		const next = lives.boot({ router });
		const heard = program(next, router, after);
		next.online();
		next.pass(1);
		return { peer, ids, heard, next };
	}

	test("its identifiers are the same, whatever the order in which handlers are set now", () => {
		const { peer, ids } = twoLives(["a/+", "b"], ["new", "b", "a/+"]);
		const now = identifiers(peer);
		expect([now["a/+"], now.b]).toEqual([ids["a/+"], ids.b]);
	});

	test("what a filter of the life before brings goes to no other filter's handler", () => {
		const { peer, ids, heard, next } = twoLives(["old/+", "a"], ["a", "b"]);
		const now = identifiers(peer);
		peer.line.publish("old/x", "1", 0, undefined, withId(ids["old/+"]));
		// As if the life before had given it to another filter than this one.
		peer.line.publish("old/x", "2", 0, undefined, withId(now.b));
		peer.line.publish("old/x", "3", 0, undefined, withId(now.b, now.a));
		peer.line.publish("a", "4", 0, undefined, withId(now.b));
		peer.line.publish("a", "5", 0, undefined, withId(now.a));
		next.pass(1);
		expect(heard).toEqual([
			["default", "1"],
			["default", "2"],
			["default", "3"],
			["a", "4"],
			["a", "5"],
		]);
	});

	test("subscriptions that are trusted are known with their identifiers", () => {
		const { peer, ids, heard, next } = twoLives(["a/+", "a/#"], ["a/+", "a/#"], { resubscribe: "lost" });
		expect(peer.all("subscribe")).toHaveLength(2); // both of the first life
		peer.line.publish("a/x", "1", 0, undefined, withId(ids["a/#"]));
		next.pass(1);
		expect(heard).toEqual([["a/#", "1"]]);
	});

	test("and asked for again when a handler came, since they had none", () => {
		const lives = new Lives(5, { resubscribe: "lost" });
		const rig = lives.boot();
		rig.client.subscribe(rig.client.filter("a"), 1);
		rig.online();
		rig.pass(1);
		rig.client.close();
		rig.pass(1);
		lives.cut();
		lives.peer.present = true;
		const router = new Router();
		const next = lives.boot({ router });
		program(next, router, ["a"]);
		next.online();
		next.pass(1);
		expect(lives.peer.all("subscribe")).toHaveLength(2);
		expect(identifiers(lives.peer).a).toBeGreaterThan(0);
	});
});
