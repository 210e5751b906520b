// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Counter, Reason } from "../../../lib/index.js";
import { met, VERSIONS } from "../../kit/peer.js";

describe.each(VERSIONS)(
	"version %i: a session that the broker lost, with the CONNACK that said so",
	(version) => {
		test("identifiers of which nothing more is heard do not hold the table for ever", () => {
			const { rig, peer } = met(version, { limits: { receiveMaximum: 2, requestMs: 5000 } });
			peer.line.publish("in/x", "1", 2, 1).publish("in/x", "2", 2, 2);
			rig.pass(1);
			peer.present = true; // of a new session, as we were to be told on a connection that broke too early
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(1);
			peer.line.publish("in/x", "3", 2, 7);
			rig.pass(1);
			expect(rig.client.counters[Counter.HeldBack]).toBe(1);
			expect(rig.recorder.count("message")).toBe(2);
			rig.until("fetched", () => peer.lines.length === 3, 6000);
			rig.pass(1);
			expect(rig.recorder.of("offline").at(-1)).toEqual([Reason.FetchHeldBack, true]);
			peer.line.take();
			peer.line.publish("in/x", "3", 2, 7, { dup: true });
			rig.pass(1);
			expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["1", "2", "3"]);
			peer.line.ack("pubrel", 7).ack("pubrel", 1); // one that comes after all is answered, and that is all
			rig.pass(1);
			expect(peer.line.take().map((text) => text.split(" 0x")[0])).toEqual([
				"pubrec #7",
				"pubcomp #7",
				"pubcomp #1",
			]);
		});

		test("[3.1.1 MQTT-4.3.3-2] [5.0 MQTT-4.3.3-10] one that came again is still open, however long the broker takes", () => {
			const { rig, peer } = met(version, { limits: { receiveMaximum: 1, requestMs: 5000 } });
			peer.line.publish("in/x", "1", 2, 1);
			rig.pass(1);
			peer.present = true;
			rig.drop();
			for (let connection = 2; connection <= 4; connection++) {
				rig.until("online", () => rig.client.online, 60_000);
				peer.line.publish("in/x", "1", 2, 1, { dup: true }).publish("in/x", "2", 2, 2);
				rig.until("given up", () => !rig.client.online, 6000);
			}
			expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["1"]);
		});

		test("those that move are waited for", () => {
			const { rig, peer } = met(version, { limits: { receiveMaximum: 2, requestMs: 5000 } });
			peer.line.publish("in/x", "1", 2, 1).publish("in/x", "2", 2, 2);
			rig.pass(1);
			peer.present = true;
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(1);
			peer.line.publish("in/x", "3", 2, 7);
			rig.pass(3000);
			peer.line.ack("pubrel", 1);
			rig.until("fetched", () => peer.lines.length === 3, 100);
			rig.pass(1);
			peer.line.publish("in/x", "2", 2, 2, { dup: true });
			rig.pass(1);
			expect(rig.recorder.of("message").map((note) => note[1])).toEqual(["1", "2"]);
		});
	},
);

describe("3.1.1: what was held back is fetched", () => {
	/** One QoS 2 message is open, another one is held back, and a message of ours is not acknowledged. */
	function heldBack() {
		const { rig, peer } = met(4, { limits: { receiveMaximum: 1, requestMs: 5000 } });
		rig.publish("ours", 1);
		rig.pass(1);
		peer.line.publish("in/x", "1", 2, 1).publish("in/x", "2", 2, 2);
		rig.pass(1);
		expect(rig.client.counters[Counter.HeldBack]).toBe(1);
		peer.line.take();
		return { rig, peer };
	}

	test("when what we have in flight is acknowledged: or it is sent again each time, and may never be", () => {
		const { rig, peer } = heldBack();
		const line = peer.line;
		line.ack("pubrel", 1);
		rig.pass(1000);
		expect(rig.client.online).toBe(true);
		const later = rig.publish("later", 1);
		rig.pass(100);
		expect(line.take()).toEqual(["pubcomp #1"]); // nothing new is begun on a connection that is to end
		line.ack("puback", 2);
		rig.until("fetched", () => peer.lines.length === 2, 100);
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.FetchHeldBack, true]]);
		expect(peer.line.take().slice(1)).toEqual([`publish a/b=later q1 #${later + 1}`]);
	});

	test("after requestMs all the same", () => {
		const { rig, peer } = heldBack();
		const line = peer.line;
		line.ack("pubrel", 1);
		rig.until("given up", () => !rig.client.online, 6000);
		rig.pass(1);
		expect(line.take()).toEqual(["pubcomp #1", "disconnect"]); // in order: the will is not meant
		expect(rig.recorder.of("offline")).toEqual([[Reason.FetchHeldBack, true]]);
	});
});
