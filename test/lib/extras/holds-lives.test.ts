// SPDX-License-Identifier: MIT
/** Acknowledging by hand, and an identifier that an earlier life took. */
import { describe, expect, test } from "vitest";
import { Holds } from "../../../lib/extras/index.js";
import { Counter } from "../../../lib/index.js";
import { born } from "../../kit/lives.js";
import { VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)("version %i: after a cut, QoS 2 with an identifier that is known", (version) => {
	test.each([
		["the same content: answered, and not given again", "first", 0],
		["other content: another session's message, given and held like any other", "other", 1],
	] as const)("%s", (_what, payload, times) => {
		const { lives, rig, peer } = born(version, { holds: new Holds() });
		peer.line.publish("in/x", "first", 2, 7);
		rig.pass(5);
		expect(peer.line.take()).toEqual(["pubrec #7"]);
		lives.cut();
		peer.present = true;
		const next = lives.boot({ holds: new Holds() });
		let handle = 0;
		next.recorder.hook = (note, message) => {
			if (note[0] === "message") handle = message!.hold();
		};
		next.online();
		next.pass(1);
		peer.line.take();
		peer.line.publish("in/x", payload, 2, 7, { dup: true });
		next.pass(5);
		expect(next.recorder.count("message")).toBe(times);
		expect(next.client.counters[Counter.Duplicates]).toBe(1 - times);
		if (times > 0) {
			expect(peer.line.take()).toEqual([]);
			expect(next.client.acknowledge(handle)).toBe(0);
			next.pass(1);
		}
		expect(peer.line.take()).toEqual(["pubrec #7"]);
		peer.line.ack("pubrel", 7);
		next.pass(1);
		expect(peer.line.take()).toEqual(["pubcomp #7"]);
	});
});
