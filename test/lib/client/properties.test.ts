// SPDX-License-Identifier: MIT
/** Properties of 5.0 that the application gives and reads. */
import { describe, expect, test } from "vitest";
import { Refusal } from "../../../lib/index.js";
import { FlashStore } from "../../../lib/store/index.js";
import { NodeFlash } from "../../../simulator/node/flash.js";
import { type Fields, meet, met, VERSIONS } from "../../kit/peer.js";

const propertiesOf = (heard: { packet: unknown }): unknown => (heard.packet as Fields).properties;

describe.each(VERSIONS)("version %i: a topic with properties", (version) => {
	test("each of its messages has them, 3.1.1 sends none [5.0 MQTT-3.3.2-13, MQTT-3.3.2-19]", () => {
		const { rig, peer } = met(version);
		const json = rig.client.properties({ payloadFormat: 1, contentType: "application/json" });
		const topic = rig.client.topic("t", json);
		const other = rig.client.topic("u", json);
		rig.publish("{}", 0, 0, topic);
		rig.publish("[]", 1, 0, other);
		rig.publish("x", 1);
		rig.pass(1);
		expect(peer.line.texts.slice(1)).toEqual([
			"publish t={} q0",
			"publish u=[] q1 #3",
			"publish a/b=x q1 #4",
		]);
		const both = { payloadFormatIndicator: true, contentType: "application/json" };
		expect(peer.all("publish").map(propertiesOf)).toEqual(
			version === 5 ? [both, both, undefined] : [undefined, undefined, undefined],
		);
	});

	test("also when they are sent again, with what is left of their time", () => {
		const { rig, peer } = met(version);
		const topic = rig.client.topic("t", rig.client.properties({ userProperties: [["unit", "C"]] }));
		rig.client.publish(topic, Uint8Array.of(0x31), 1, 0, 60);
		rig.pass(1);
		peer.present = true;
		rig.drop();
		rig.until("sent again", () => peer.all("publish").length === 2);
		const [first, second] = peer.all("publish");
		expect(second.text).toBe("publish t=1 q1 #2 dup");
		if (version === 4) return;
		expect(propertiesOf(first)).toMatchObject({ messageExpiryInterval: 60, userProperties: { unit: "C" } });
		expect(propertiesOf(second)).toMatchObject({ userProperties: { unit: "C" } });
	});

	test("through a store in flash, and a life", () => {
		const flash = new NodeFlash();
		const first = meet(version, { store: new FlashStore(flash, {}) });
		const topic = first.rig.client.topic("t", first.rig.client.properties({ responseTopic: "r" }));
		expect(first.rig.publish("kept", 1, 0, topic)).toBe(1);
		const { rig, peer } = meet(version, { store: new FlashStore(flash, {}) });
		peer.answerAll();
		rig.online();
		rig.until("sent", () => rig.client.pending === 0);
		const [publish] = peer.all("publish");
		expect(publish.text).toBe("publish t=kept q1 #2");
		expect(propertiesOf(publish)).toEqual(version === 5 ? { responseTopic: "r" } : undefined);
	});

	test("count among the bytes that a message may have", () => {
		const { rig } = met(version, { limits: { sendBytes: 128, packetBytes: 128 } });
		const topic = rig.client.topic("t", rig.client.properties({ contentType: "x".repeat(40) }));
		const most = 128 - 10 - 1 - 43 - 8;
		expect(rig.client.publish(topic, new Uint8Array(most + 1), 1)).toBe(Refusal.TooLong);
		expect(rig.client.publish(topic, new Uint8Array(most), 1)).toBe(1);
	});
});

describe("what throws, and takes nothing of the text region", () => {
	test("properties that no message has, or too many of them", () => {
		const { client } = met(5, { limits: { sendBytes: 128 } }).rig;
		const goodbye = client.properties({ reasonString: "enough" });
		expect(() => client.topic("t", goodbye)).toThrow(/"t": its properties are not those of a message/);
		const long = client.properties({ contentType: "x".repeat(108) });
		expect(() => client.topic("t", long)).toThrow(/"t": longer than limits.sendBytes allows/);
		expect(() => client.topic("a/+", long)).toThrow(/"a\/\+": a topic to publish to has no wildcards/);
		const before = client.topic("b");
		expect(() => client.properties({ responseTopic: "#" })).toThrow(/without wildcards/);
		expect(() => client.properties({ contentType: "x".repeat(999) })).toThrow(/raise limits.textBytes/);
		expect(client.topic("c").start).toBe(before.end + 2);
	});
});
