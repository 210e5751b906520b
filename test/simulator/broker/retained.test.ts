// SPDX-License-Identifier: MIT
/** The tree of retained messages against a plain list; what the broker does with them stands in `retained-will.test.ts`. */
import { describe, expect, it } from "vitest";
import { limitsOf } from "../../../simulator/broker/limits.js";
import { messageOf } from "../../../simulator/broker/message.js";
import { Retained } from "../../../simulator/broker/retained.js";
import { matches } from "../../../simulator/broker/topics.js";
import { SeededRandom } from "../../../simulator/world.js";

describe("retained messages", () => {
	it("come back as they were: every byte, properties, QoS, expiry, sender", () => {
		const retained = new Retained(limitsOf());
		const payload = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
		const properties = Buffer.from([3, 0, 2, 0xc3, 0xa4]);
		retained.set(messageOf("ä/b", payload, 2, true, "one", properties, 50));
		const [message] = retained.matching("ä/+", 49);
		expect(message).toMatchObject({ topic: "ä/b", qos: 2, retain: true, from: "one", expiresAt: 50 });
		expect([message.payload, message.properties]).toEqual([payload, properties]);
		expect(message.topicBytes).toEqual(Buffer.from("ä/b"));
		expect([message.bytes, retained.bytes]).toEqual([4 + 256 + 5, 4 + 256 + 5]);
		expect([retained.matching("ä/+", 50), retained.count, retained.bytes]).toEqual([[], 0, 0]);
	});

	it("a message that is kept is its own: what arrived may be overwritten", () => {
		const retained = new Retained(limitsOf());
		const payload = Buffer.from("before");
		retained.set(messageOf("a", payload, 0, true, ""));
		payload.fill(0);
		expect(retained.matching("a", 0)[0].payload.toString()).toBe("before");
	});

	it("are those that a list has, whatever is set, replaced and cleared", () => {
		const retained = new Retained(limitsOf());
		const list = new Map<string, string>();
		const random = new SeededRandom(6);
		const levels = ["", "a", "b", "c", "$s"];
		const topic = () => Array.from({ length: 1 + random.below(3) }, () => levels[random.below(5)]).join("/");
		for (let step = 0; step < 500; step++) {
			const name = topic() || "a";
			const text = random.below(3) > 0 ? `${step}` : "";
			retained.set(messageOf(name, Buffer.from(text), 0, true, ""));
			if (text === "") list.delete(name);
			else list.set(name, text);
			const filter = ["#", "+/a", "a/#", "+/+/+", "$s/#", name][random.below(6)];
			const found = retained.matching(filter, 0).map((one) => `${one.topic}=${one.payload}`);
			const wanted = [...list].filter(([one]) => matches(filter, one)).map(([one, held]) => `${one}=${held}`);
			expect(found.sort().join(" ")).toBe(wanted.sort().join(" "));
			expect(retained.count).toBe(list.size);
		}
		for (const name of list.keys()) retained.set(messageOf(name, Buffer.alloc(0), 0, true, ""));
		expect([retained.count, retained.bytes]).toEqual([0, 0]);
	});
});
