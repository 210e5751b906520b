// SPDX-License-Identifier: MIT
/** Every call that an application can make, by the member of `Client` and of `Message` that it is about. */
import { DROP_OLDEST, KEEP_LATEST, Property, Refusal, SETTLE_STORED } from "../../../../lib/index.js";
import type { Life } from "./life.js";

type Call = (life: Life) => unknown;

const bytes = new Uint8Array([0x61]);

/** What is answered here is not looked at, but for tickets. */
export const CLIENT_CALLS: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
	refusal: { "": ({ rig }) => rig.client.refusal },
	topic: { "": ({ rig }) => rig.client.topic("t") },
	filter: { "": ({ rig }) => rig.client.filter("f") },
	properties: { "": ({ rig }) => rig.client.properties({ userProperties: [["a", "b"]] }) },
	subscribe: {
		"": ({ rig }) => rig.client.subscribe(rig.filter, 1),
		"another filter": ({ rig, other }) => rig.client.subscribe(other, 2),
	},
	unsubscribe: {
		"": ({ rig }) => rig.client.unsubscribe(rig.filter),
		"a filter that has a handler": ({ rig, routed }) => rig.client.unsubscribe(routed),
	},
	open: { "": ({ rig }) => rig.client.open() },
	redial: { "": ({ rig }) => rig.client.redial() },
	close: {
		"": ({ rig }) => rig.client.close(),
		"with the will": ({ rig }) => rig.client.close(true),
		"with properties": ({ rig, goodbye }) => rig.client.close(false, goodbye),
		"and open": ({ rig }) => [rig.client.close(), rig.client.open()],
	},
	flush: {
		"": ({ rig }) => rig.client.flush(),
		"at once": ({ rig }) => rig.client.flush(0),
		"and close": ({ rig }) => [rig.client.flush(1000), rig.client.close()],
	},
	reauthenticate: { "": ({ rig }) => rig.client.reauthenticate() },
	said: { "": ({ rig: { client } }) => [client.said.reasonString(), client.said.userProperty("a")] },
	server: { "": ({ rig }) => rig.client.server.maximumQos },
	clientId: { "": ({ rig }) => rig.client.clientId },
	online: { "": ({ rig }) => rig.client.online },
	counters: { "": ({ rig }) => rig.client.counters[0] },
	pending: { "": ({ rig }) => rig.client.pending },
	remembered: { "": ({ rig }) => rig.client.remembered },
	memory: { "": ({ rig }) => rig.client.memory },
	compose: {
		"and leave": ({ rig }) => rig.client.compose(rig.topic, 1)?.text("left behind"),
		"and commit": (life) => {
			const { client, topic } = life.rig;
			if (client.compose(topic, 1)?.decimal(2153, 2) !== undefined) life.ticket(client.commit());
		},
		"and let others give way": (life) => {
			const { client, topic } = life.rig;
			if (client.compose(topic, 2, DROP_OLDEST, 100)?.text("x") !== undefined) life.ticket(client.commit());
		},
	},
	property: {
		"": (life) => {
			const { client, topic } = life.rig;
			if (client.compose(topic, 1) === undefined) return;
			client.property(Property.UserProperty, "a", "b");
			life.ticket(client.commit());
		},
		"of nothing": ({ rig }) => {
			rig.client.discard();
			if (rig.client.property(Property.ContentType, "a") !== Refusal.NothingComposed)
				throw new Error("of nothing");
		},
	},
	commit: {
		"of nothing": ({ rig }) => {
			rig.client.discard();
			if (rig.client.commit() !== Refusal.NothingComposed) throw new Error("of nothing");
		},
	},
	discard: { "": ({ rig }) => rig.client.discard() },
	publish: {
		"QoS 0": (life) => life.ticket(life.rig.publish("again", 0)),
		"QoS 1": (life) => life.ticket(life.rig.publish("again", 1)),
		"QoS 2": (life) => life.ticket(life.rig.publish("again", 2)),
		"settled when stored": (life) => life.ticket(life.rig.publish("again", 1, SETTLE_STORED)),
		"the latest": (life) => life.ticket(life.rig.publish("again", 1, KEEP_LATEST)),
		"that expires": (life) => life.ticket(life.rig.client.publish(life.rig.topic, bytes, 1, 0, 1)),
	},
	request: {
		"": (life) => life.ticket(life.rig.client.request(life.answered, bytes, life.onReply, 500)),
		"nobody answers": (life) =>
			life.ticket(life.rig.client.request(life.rig.topic, bytes, life.onReply, 50, 2)),
	},
	composeReply: {
		"": (life) => {
			const { client } = life.rig;
			if (life.message === undefined) return;
			if (client.composeReply(life.message)?.text("reply") !== undefined) life.ticket(client.commit());
		},
	},
	reply: { "": (life) => life.message && life.ticket(life.rig.client.reply(life.message, bytes)) },
	publishFrom: {
		"": (life) => life.ticket(life.rig.client.publishFrom(life.rig.topic, life.source(500), 500, 1)),
		"and let others give way": (life) =>
			life.ticket(life.rig.client.publishFrom(life.rig.topic, life.source(9), 9, 1, DROP_OLDEST)),
		"QoS 0": (life) => life.ticket(life.rig.client.publishFrom(life.rig.topic, life.source(20), 20, 0)),
	},
	remember: { "": ({ rig }) => rig.client.remember(7) },
	acknowledge: {
		"": ({ rig, handles }) => rig.client.acknowledge(handles.pop() ?? 1),
		"with no": ({ rig, handles }) => rig.client.acknowledge(handles.pop() ?? 1, 0x80),
		"with a number": ({ rig, handles }) => rig.client.acknowledge(handles.pop() ?? 1, 0, 8),
	},
};

/** What acts among the members of `Message`; the others only look, and are called together. */
export const MESSAGE_CALLS: Readonly<Record<string, Call>> = {
	hold: ({ message, handles }) => {
		const handle = message?.hold() ?? 0;
		if (handle > 0 && !handles.includes(handle)) handles.push(handle);
	},
	"hold and acknowledge": ({ message, rig }) => {
		const handle = message?.hold() ?? 0;
		if (handle > 0 && rig.client.acknowledge(handle) !== 0)
			throw new Error("what is held can be acknowledged");
	},
	look: ({ message }) =>
		message && [
			[message.first, message.last, message.offset, message.totalLength, message.length],
			[message.qos, message.retain, message.byteAt(0), message.equals(bytes), message.integer()],
			[message.copyTo(new Uint8Array(2)), message.payload(), message.text(), message.topic()],
			[message.payloadFormat, message.messageExpirySeconds, message.subscriptionIdentifier()],
			[message.contentType(), message.responseTopic(), message.correlationData()],
		],
	matches: ({ message, rig }) => message?.matches(rig.filter),
};

/** Those that change nothing but what the text region holds. */
export const LOOKS: readonly string[] = [
	..."refusal topic filter properties said server clientId online counters pending remembered memory".split(
		" ",
	),
	"message: look",
	"message: matches",
];
