// SPDX-License-Identifier: MIT
/** Answering: to the response topic, with the correlation data brought back. */
import { describe, expect, test } from "vitest";
import { Aliases } from "../../../lib/extras/index.js";
import { DROP_OLDEST, type Message, RETAIN, Refusal, SETTLE_STORED, Settled } from "../../../lib/index.js";
import { type Fields, met, type Peer } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

/** A client that answers what comes with what `answer` does; and the results of that. */
function answering(
	answer: (rig: Rig, message: Message) => number = (rig, message) =>
		rig.client.reply(message, Uint8Array.of(0x6f, 0x6b)),
	options: RigOptions = {},
): { rig: Rig; peer: Peer; said: number[] } {
	const both = met(5, options);
	const said: number[] = [];
	both.rig.recorder.hook = (note, message) => {
		if (note[0] === "message") said.push(answer(both.rig, message!));
	};
	return { ...both, said };
}

function propertiesOf(peer: Peer): Fields | undefined {
	const last = peer.line.heard.findLast((one) => one.packet.cmd === "publish");
	return (last!.packet as unknown as { properties?: Fields }).properties;
}

test("goes to the response topic, with the QoS of the question and its correlation data, of any length", () => {
	const { rig, peer, said } = answering();
	let id = 0;
	for (const length of [-1, 0, 1, 12, 300]) {
		for (const qos of [0, 1, 2]) {
			const correlationData = length < 0 ? undefined : Buffer.alloc(length, 0xa5);
			const properties = { responseTopic: `to/${length}`, ...(correlationData && { correlationData }) };
			peer.line.publish("in", "?", qos, ++id, { properties });
			rig.pass(1);
			const text = peer.line.texts.findLast((one) => one.startsWith("publish"));
			expect(text).toBe(`publish to/${length}=ok q${qos}${qos > 0 ? ` #${said.at(-1)! + 1}` : ""}`);
			expect(propertiesOf(peer)?.correlationData).toEqual(correlationData);
			expect(propertiesOf(peer)?.responseTopic).toBeUndefined();
		}
	}
	expect(said.every((one) => one > 0)).toBe(true);
});

test("other properties of the question are not brought back, wherever the two stand among them", () => {
	const { rig, peer } = answering();
	const properties = {
		payloadFormatIndicator: true,
		messageExpiryInterval: 5,
		contentType: "text/plain",
		userProperties: { a: "b" },
		correlationData: Buffer.from("c"),
		responseTopic: "to",
	};
	peer.line.publish("in", "?", 0, undefined, { properties });
	rig.pass(1);
	expect(propertiesOf(peer)).toEqual({ correlationData: Buffer.from("c") });
});

test("QoS and flags can be chosen; composing works as ever", () => {
	const { rig, peer } = answering((one, message) => {
		const body = one.client.composeReply(message, 1, RETAIN);
		body?.decimal(2153, 2);
		return one.client.commit();
	});
	peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "to" } });
	rig.pass(1);
	expect(peer.line.take()).toEqual(["publish to=21.53 q1 #2 retain"]);
});

test("without a length there is room for 256 bytes, or for what the send region holds; without a QoS it has the question's", () => {
	const properties = { responseTopic: "to" };
	for (const [sendBytes, most] of [
		[1024, 256],
		[128, 128 - 8 - 4 - 8],
	]) {
		for (const bytes of [most, most + 1]) {
			const { rig, peer, said } = answering(
				(one, message) => {
					one.client.composeReply(message)?.bytes(new Uint8Array(bytes).fill(0x2e));
					return one.client.commit();
				},
				{ limits: { sendBytes } },
			);
			peer.line.publish("in", "?", 1, 1, { properties });
			rig.pass(1);
			expect(said, `${bytes} of ${sendBytes}`).toEqual([bytes > most ? Refusal.TooLong : 1]);
			expect(peer.line.texts.includes(`publish to=${".".repeat(bytes)} q1 #2`)).toBe(bytes <= most);
		}
	}
});

describe("refused", () => {
	test("without a response topic, in 3.1.1, for a message of another client", () => {
		const { rig, peer, said } = answering();
		peer.line.publish("in", "?", 1, 1, { properties: { correlationData: Buffer.from("c") } });
		rig.pass(1);
		const other = met(5);
		const old = met(4);
		const more: number[] = [];
		other.rig.recorder.hook = (note, message) =>
			note[0] === "message" && more.push(rig.client.reply(message!, new Uint8Array(1)));
		old.rig.recorder.hook = (note, message) =>
			note[0] === "message" && more.push(old.rig.client.reply(message!, new Uint8Array(1)));
		other.peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "to" } });
		old.peer.line.publish("in", "?", 0);
		other.rig.pass(1);
		old.rig.pass(1);
		expect([...said, ...more]).toEqual([
			Refusal.NoResponseTopic,
			Refusal.NoResponseTopic,
			Refusal.NoResponseTopic,
		]);
	});

	test("when the message is over and more was read, whatever that was", () => {
		let kept: Message | undefined;
		const { rig, peer } = answering((_, message) => {
			kept = message;
			return 0;
		});
		peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "to" } });
		rig.pass(1);
		for (const bytes of ["d000", "40020001", "30"]) {
			peer.line.raw(bytes);
			rig.pass(1);
			expect(rig.client.reply(kept!, new Uint8Array(1))).toBe(Refusal.NoResponseTopic);
		}
	});

	test("when it is too long, when there is no room, when the broker does not offer it", () => {
		const { rig, peer, said } = answering((one, message) =>
			one.client.reply(message, new Uint8Array(900), 1),
		);
		const ask = () =>
			peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "t".repeat(90) } });
		for (let i = 0; i < 6; i++) ask();
		rig.pass(1);
		expect(said.filter((one) => one > 0).length).toBe(4);
		expect(said.slice(4)).toEqual([Refusal.Full, Refusal.Full]);
		const long = answering((one, message) => one.client.reply(message, new Uint8Array(950)));
		long.peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "t".repeat(90) } });
		long.rig.pass(1);
		expect(long.said).toEqual([Refusal.TooLong]);
		const narrow = answering((one, message) => one.client.reply(message, new Uint8Array(1), 2));
		narrow.peer.properties = { maximumQoS: 1 };
		narrow.rig.drop();
		narrow.rig.until("online", () => narrow.rig.client.online);
		narrow.peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "to" } });
		narrow.rig.pass(1);
		expect(narrow.said).toEqual([Refusal.NotOffered]);
	});
});

test("DROP_OLDEST makes room, and the answer is volatile unless it is told otherwise", () => {
	const { rig, peer, said } = answering(
		(one, message) => one.client.reply(message, new Uint8Array(1), 1, DROP_OLDEST | SETTLE_STORED),
		{ limits: { outboxMessages: 2, window: 1 } },
	);
	for (let i = 0; i < 4; i++)
		peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic: "to" } });
	rig.pass(1);
	expect(said).toEqual([1, 2, 3, 4]);
	expect(rig.recorder.settled).toEqual(new Map([[2, Settled.GaveWay], [3, Settled.GaveWay]])); // biome-ignore format: short
});

test("topic aliases apply to answers, and to questions", () => {
	const { rig, peer } = answering(undefined, { aliases: new Aliases({ inbound: 2 }) });
	peer.properties = { topicAliasMaximum: 4 };
	rig.drop();
	rig.until("online", () => rig.client.online);
	peer.line.take();
	const responseTopic = "to/somebody";
	peer.line.publish("in", "?", 0, undefined, { properties: { responseTopic, topicAlias: 1 } });
	peer.line.publish("", "?", 0, undefined, { properties: { responseTopic, topicAlias: 1 } });
	rig.pass(1);
	expect(peer.line.take()).toEqual(["publish to/somebody=ok q0", "publish =ok q0"]);
});
