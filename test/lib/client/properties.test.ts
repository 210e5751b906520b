// SPDX-License-Identifier: MIT
/** Properties of 5.0 that the application gives and reads. */
import { describe, expect, test } from "vitest";
import { Property, Refusal, type Topic } from "../../../lib/index.js";
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
		const user = client.properties({ userProperties: [["a", "x".repeat(100)]] });
		expect(() => client.filter("t", user)).not.toThrow();
		expect(() => client.filter("a/b/c/d", user)).toThrow(/"a\/b\/c\/d": longer than limits.sendBytes allows/);
		expect(() => client.filter("a+", user)).toThrow(/"a\+": a wildcard/);
		const before = client.topic("b");
		expect(() => client.properties({ responseTopic: "#" })).toThrow(/without wildcards/);
		expect(() => client.properties({ contentType: "x".repeat(999) })).toThrow(/raise limits.textBytes/);
		expect(client.topic("c").start).toBe(before.end + 2);
	});
});

describe.each(VERSIONS)("version %i: properties of one message", (version) => {
	test("given before its payload, beside those of its topic [5.0 MQTT-3.3.2-13, MQTT-3.3.2-19]", () => {
		const { rig, peer } = met(version);
		const { client } = rig;
		const topic = client.topic("t", client.properties({ payloadFormat: 1, userProperties: [["unit", "C"]] }));
		const body = client.compose(topic, 1)!;
		expect(client.property(Property.ContentType, "text/größe")).toBe(0);
		expect(client.property(Property.ResponseTopic, rig.topic)).toBe(0);
		expect(client.property(Property.CorrelationData, Uint8Array.of(0, 7))).toBe(0);
		expect(client.property(Property.UserProperty, "unit", "K")).toBe(0);
		expect(client.property(Property.UserProperty, "empty")).toBe(0);
		body.decimal(2153, 2);
		expect(client.commit()).toBe(1);
		rig.pass(1);
		const [publish] = peer.all("publish");
		expect(publish.text).toBe("publish t=21.53 q1 #2");
		if (version === 5)
			expect(propertiesOf(publish)).toMatchObject({
				payloadFormatIndicator: true,
				contentType: "text/größe",
				responseTopic: "a/b",
				correlationData: Buffer.of(0, 7),
				userProperties: { unit: ["C", "K"], empty: "" },
			});
	});

	test("and through a store in flash", () => {
		const flash = new NodeFlash();
		const { client, topic } = meet(version, { store: new FlashStore(flash, {}) }).rig;
		const body = client.compose(topic, 1)!;
		client.property(Property.PayloadFormatIndicator, 0);
		client.property(Property.ResponseTopic, "antwort/é");
		body.text("kept");
		expect(client.commit()).toBe(1);
		const { rig, peer } = meet(version, { store: new FlashStore(flash, {}) });
		peer.answerAll();
		rig.online();
		rig.until("sent", () => rig.client.pending === 0);
		expect(peer.all("publish").map((one) => one.text)).toEqual(["publish a/b=kept q1 #2"]);
		if (version === 5)
			expect(propertiesOf(peer.all("publish")[0])).toEqual({
				payloadFormatIndicator: false,
				responseTopic: "antwort/é",
			});
	});

	test("what cannot be is refused, and the message is as if it had not been asked", () => {
		const { rig, peer } = met(version);
		const { client } = rig;
		const refused = (property: number, value: number | string | Uint8Array | Topic, text?: string): void => {
			expect(client.property(property, value, text), `${property} ${value}`).toBe(Refusal.WrongProperty);
			expect(client.refusal).toBe(Refusal.WrongProperty);
		};
		const body = client.compose(client.topic("t", client.properties({ contentType: "a" })), 0)!;
		refused(Property.ContentType, "again");
		for (const property of [-1, 0, 4, 0x2b, Number.NaN, 1.5]) refused(property, 1);
		refused(Property.MessageExpiryInterval, 60);
		refused(Property.TopicAlias, 1);
		refused(Property.SubscriptionIdentifier, 1); // [5.0 MQTT-3.3.4-6]
		refused(Property.ReasonString, "not in PUBLISH");
		refused(Property.PayloadFormatIndicator, 2);
		refused(Property.PayloadFormatIndicator, "1");
		refused(Property.ResponseTopic, "a/+"); // [5.0 MQTT-3.3.2-14]
		refused(Property.ResponseTopic, "");
		refused(Property.ResponseTopic, "a\u0000b");
		refused(Property.ResponseTopic, Uint8Array.of(0x61));
		refused(Property.CorrelationData, 5);
		refused(Property.UserProperty, "a", "\u0000");
		refused(Property.UserProperty, 5, "a");
		expect(client.property(Property.CorrelationData, "once")).toBe(0);
		refused(Property.CorrelationData, "twice");
		body.text("x");
		refused(Property.UserProperty, "too", "late");
		expect(client.commit()).toBe(1);
		rig.pass(1);
		expect(peer.all("publish").map((one) => one.text)).toEqual(["publish t=x q0"]);
		if (version === 5)
			expect(propertiesOf(peer.all("publish")[0])).toEqual({
				contentType: "a",
				correlationData: Buffer.from("once"),
			});
	});

	test("without a composition there is nothing to give them to", () => {
		const { rig } = met(version);
		const { client, topic } = rig;
		const seen: number[] = [];
		const give = (): number => client.property(Property.UserProperty, "a", "b");
		expect(give()).toBe(Refusal.NothingComposed);
		client.compose(topic, 1);
		client.discard();
		expect(give()).toBe(Refusal.NothingComposed);
		client.compose(topic, 1);
		client.commit();
		expect(give()).toBe(Refusal.NothingComposed);
		rig.recorder.hook = (note) => {
			if (note[0] !== "subscribed") return;
			client.compose(topic, 1);
			client.commit();
			seen.push(give());
		};
		client.subscribe(rig.filter, 1);
		rig.pass(1);
		expect(seen, "inside of a callback, too").toEqual([Refusal.NothingComposed]);
		client.compose(topic, 1);
		client.redial();
		client.open();
		expect(give(), "open asks for no turn when it is open").toBe(0);
		client.flush();
		expect(give(), "the turn is over").toBe(Refusal.NothingComposed);
	});

	test("they take room from the payload: too many of them are refused at once, and the message with them", () => {
		const { client, topic } = met(version).rig;
		for (let bytes = 0; bytes < 12; bytes++) {
			expect(client.compose(topic, 1, 0, bytes)).toBeDefined();
			expect(client.property(Property.UserProperty, "key", "value"), `${bytes}`).toBe(Refusal.TooLong);
			expect(client.commit()).toBe(Refusal.TooLong);
		}
		client.compose(topic, 1, 0, 13);
		expect(client.property(Property.UserProperty, "key", "value")).toBe(0);
		expect(client.commit()).toBe(1);
	});
});

describe("what a message brings", () => {
	const everything: Fields = {
		payloadFormatIndicator: true,
		messageExpiryInterval: 60,
		contentType: "text/plain",
		responseTopic: "reply/é",
		correlationData: Buffer.of(1, 0, 2),
		userProperties: { unit: ["C", "K"], place: "" },
		subscriptionIdentifier: [7, 268_435_455],
	};

	test("5.0: all of it, without allocation or as strings", () => {
		const { rig, peer } = met(5);
		const seen: unknown[] = [];
		rig.recorder.hook = (note, message) => {
			if (note[0] !== "message" || message === undefined) return;
			const { bytes } = message;
			const text = (at: number) => Buffer.from(bytes.slice(at, message.propertyEnd(at))).toString();
			const pairs: string[] = [];
			for (let nth = 0; ; nth++) {
				const at = message.propertyStart(Property.UserProperty, nth);
				if (at === 0) break;
				pairs.push(`${text(at)}=${text(message.propertyEnd(at) + 2)}`);
			}
			seen.push(
				...[message.payloadFormat, message.messageExpirySeconds, message.contentType()],
				...[message.responseTopic(), [...message.correlationData()!], pairs],
				...[0, 1, 2].map((nth) => message.subscriptionIdentifier(nth)),
				...["unit", "place", "none"].map((name) => message.userProperty(name)),
				...[message.reasonString(), text(message.propertyStart(Property.ContentType))],
				...[message.propertyStart(Property.AuthenticationData), message.propertyEnd(0)],
				client.said === message,
			);
		};
		const { client } = rig;
		peer.line.publish("in/x", "p", 0, undefined, { properties: everything });
		rig.pass(1);
		expect(seen).toEqual([
			...[1, 60, "text/plain"],
			...["reply/é", [1, 0, 2], ["unit=C", "unit=K", "place="]],
			...[7, 268_435_455, 0],
			...["C", "", undefined],
			...[undefined, "text/plain"],
			...[0, 0],
			true,
		]);
	});

	test.each(VERSIONS)(
		"version %i: nothing, where there is nothing, and when the callback is over",
		(version) => {
			const { rig, peer } = met(version);
			const seen: unknown[][] = [];
			const look = ({ said } = rig.client): unknown[] => [
				...[said.property(Property.PayloadFormatIndicator, -1), said.propertyStart(Property.UserProperty)],
				...[said.propertyText(Property.ContentType), said.userProperty("unit"), said.reasonString()],
			];
			rig.recorder.hook = (_note, message) => {
				if (message === undefined) return;
				const { payloadFormat, messageExpirySeconds } = message;
				seen.push([payloadFormat, messageExpirySeconds, message.contentType(), message.responseTopic()]);
				seen.push([message.correlationData(), message.subscriptionIdentifier(), ...look()]);
			};
			peer.line.publish("in/x", "p", 0);
			rig.pass(1);
			const nothing = [-1, 0, undefined, undefined, undefined];
			expect(seen).toEqual([
				[0, -1, undefined, undefined],
				[undefined, 0, ...nothing],
			]);
			if (version === 5) peer.line.publish("in/x", "p", 0, undefined, { properties: everything });
			rig.pass(1);
			expect(look()).toEqual(nothing);
		},
	);
});
