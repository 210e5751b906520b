// SPDX-License-Identifier: MIT
/** Where answers go when the server has a say in it. */
import { describe, expect, test } from "vitest";
import { Requests } from "../../../lib/extras/index.js";
import { Refusal } from "../../../lib/index.js";
import { type Fields, type Line, meet, type Peer } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";
import { ask, asked } from "./asking.js";

describe("[5.0, 3.1.2.11.6, 3.2.2.3.15] Response Information", () => {
	const informed = (information: string | undefined, options: RigOptions = {}): { rig: Rig; peer: Peer } => {
		const both = meet(5, {
			...options,
			requests: new Requests({ responseTopic: "ünser", informationBytes: 16 }),
		});
		both.peer.properties = information === undefined ? {} : { responseInformation: information };
		return both;
	};
	const topicOf = (line: Line) =>
		line.texts.filter((text) => text.startsWith("subscribe")).map((text) => text.split(" ")[2]);

	test("is asked for, and goes before the topic", () => {
		for (const [information, topic] of [
			["r/1", "r/1/ünser"],
			["x".repeat(16), `${"x".repeat(16)}/ünser`],
			["", "ünser"],
			[undefined, "ünser"],
		] as const) {
			// biome-ignore format: a list
			const { rig, peer } = informed(information);
			expect(ask(rig, "q", 1000).ticket).toBe(Refusal.Offline); // nobody knows yet where the answer is to go
			rig.online();
			const { told } = ask(rig, "q", 1000);
			rig.pass(1);
			const connect = peer.line.heard[0].packet as unknown as Fields;
			expect((connect.properties as Fields).requestResponseInformation).toBe(true);
			expect(topicOf(peer.line)).toEqual([topic]);
			const { responseTopic, correlationData } = asked(peer.line);
			expect(responseTopic).toBe(topic);
			peer.line.publish(topic, "x", 0, undefined, { properties: { correlationData } });
			rig.pass(1);
			expect(told.length).toBe(1);
		}
	});

	test("that is another one on the next connection is subscribed to anew; the same one is not", () => {
		const { rig, peer } = informed("r/1");
		rig.online();
		rig.pass(1);
		peer.present = true;
		for (const [information, expected] of [
			["r/1", []],
			["r/22", ["r/22/ünser"]],
			["r/22", []],
			["s/22", ["s/22/ünser"]],
			["r", ["r/ünser"]],
		] as const) {
			// biome-ignore format: a list
			peer.properties = { responseInformation: information };
			rig.drop();
			rig.until("online", () => rig.client.online);
			ask(rig, "q", 1);
			rig.pass(2);
			expect(topicOf(peer.line)).toEqual(expected);
			expect(asked(peer.line).responseTopic).toBe(`${information}/ünser`);
		}
	});

	test("that is too long, or no topic, makes requests impossible, and nothing else", () => {
		for (const [information, refusal] of [
			["x".repeat(17), Refusal.TooLong],
			["a/+", Refusal.NotOffered],
		] as const) {
			const { rig, peer } = informed(information);
			rig.online();
			rig.pass(1);
			expect(topicOf(peer.line)).toEqual([]);
			expect(ask(rig, "q", 1000).ticket).toBe(refusal);
			peer.properties = { responseInformation: "ok" };
			rig.drop();
			rig.until("online", () => rig.client.online);
			expect(ask(rig, "q", 1000).ticket).toBeGreaterThan(0);
		}
	});
});
