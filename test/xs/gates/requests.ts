// SPDX-License-Identifier: MIT
/** A request and its answer, and an answer of ours, cost no slot and no chunk; and what the extra itself takes. */
import { Requests } from "../../../lib/extras/requests.js";
import type { Listener } from "../../../lib/listener.js";
import type { Message } from "../../../lib/wire/message.js";
import { check, cost, gate } from "../gate.js";
import { bytesOf, online } from "../online.js";

let answered = 0;
let silent = 0;
const onReply = (reply: Message | undefined): void => {
	if (reply === undefined) silent++;
	else if (reply.integer() === 42) answered++;
};
const NOTHING = new Uint8Array(0);
/** Correlation data of 12 bytes. */
const DATA = Uint8Array.of(15, 0x09, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

function asking(): void {
	const requests = new Requests({ responseTopic: "greenhouse/1/answers" });
	const { client, broker, dialler, clock } = online(5, { requests });
	const topic = client.topic("store/ask");
	const answers = bytesOf("greenhouse/1/answers");
	const payload = bytesOf("42");
	for (let qos: 0 | 1 | 2 = 0; qos < 3; qos++) {
		const level = qos as 0 | 1 | 2;
		gate(`request and answer, QoS ${qos}`, () => {
			client.request(topic, NOTHING, onReply, 1000, level);
			dialler.settle();
			xs.copy(DATA, 4, broker.tail, 0, 12);
			broker.publish(answers, payload, level, DATA);
			dialler.settle();
		});
	}
	check("each was answered", answered === 3 * 1043 && silent === 0, `${answered}, ${silent}`);
	gate("a request without an answer", () => {
		client.request(topic, NOTHING, onReply, 1000);
		dialler.settle();
		clock.advance(1001);
	});
	check("each was given up", silent === 1043 && requests.count === 0, `${silent}`);
	for (let i = 0; i < 4; i++) client.request(topic, NOTHING, onReply, 1_000_000);
	dialler.settle();
	gate("a request that is refused", () => client.request(topic, NOTHING, onReply, 1000));
	DATA[15] ^= 1;
	gate("a stray answer", () => {
		broker.publish(answers, payload, 0, DATA);
		dialler.settle();
	});
}

function answering(): void {
	const listener: Listener = {};
	const { client, broker, dialler } = online(5, { listener });
	const payload = bytesOf("42");
	let sent = 0;
	listener.onMessage = (message) => {
		if (client.reply(message, payload) > 0) sent++;
	};
	const question = bytesOf("greenhouse/1/get");
	const properties = Uint8Array.of(0, 0x08, 0, 4, ...bytesOf("to/1"), 0x09, 0, 4, 1, 2, 3, 4);
	properties[0] = properties.length - 1;
	for (let qos = 0; qos < 3; qos++)
		gate(`answer a question of QoS ${qos}`, () => {
			broker.publish(question, NOTHING, qos, properties);
			dialler.settle();
		});
	check("each went out", sent === 3 * 1043 && client.pending === 0, `${sent}`);
	gate("a message that asks for no answer", () => {
		broker.publish(question, NOTHING, 0);
		dialler.settle();
	});
	check("none went out", sent === 3 * 1043);
}

asking();
answering();
cost(
	"Requests with 4 rows, besides its bytes of the arena",
	() => new Requests({ responseTopic: "greenhouse/1/answers" }),
	424,
);
