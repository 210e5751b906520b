// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { Settled } from "../../lib/index.js";
import { Broker } from "../../simulator/broker/index.js";
import { Rig } from "../kit/rig.js";

test.each([4, 5] as const)("version %i: QoS 0, 1, 2 out and in, over the embedded broker", (version) => {
	const rig = new Rig({ version });
	const broker = new Broker({ schedule: rig.world });
	rig.network.listen(broker);
	rig.client.subscribe(rig.client.filter("a/+"), 2);
	rig.online();
	rig.until("subscribed", () => rig.recorder.count("subscribed") === 1);
	const tickets = [rig.publish("zero", 0), rig.publish("one", 1), rig.publish("two", 2)];
	rig.until("all", () => rig.recorder.count("settled") === 3 && rig.recorder.count("message") === 3);
	expect(rig.recorder.of("settled")).toEqual([
		[tickets[0], Settled.Sent, 0, false],
		[tickets[1], Settled.Acknowledged, 0, false],
		[tickets[2], Settled.Acknowledged, 0, false],
	]);
	expect(rig.recorder.of("message").map((note) => note.slice(0, 3))).toEqual([
		["a/b", "zero", 0],
		["a/b", "one", 1],
		["a/b", "two", 2],
	]);
	rig.client.close();
	rig.pass(1000);
	expect(rig.recorder.of("offline")).toEqual([[-1, false]]);
	expect(broker.counters.connections).toBe(0);
});
