// SPDX-License-Identifier: MIT
/** The client against MQTT.js, over loopback, at the same broker in the same run; and the garbage that a message makes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WINDOW } from "./ours.js";

/** How often faster than MQTT.js it has to be, and the garbage that a message may make, bytes. */
const FLOOR = 3;
const GARBAGE_MOST = 1;
/**
 * Many short rounds, a new connection in each, both sides right after one another and each first in every second round:
 * a slow moment of the machine hits both or one round of many. The median of the rounds' ratios counts.
 */
const ROUNDS = 31;
/** Of the longer way to a subscriber, which is only reported. */
const ROUNDS_THROUGH = 9;
/** Before those that count: the engine has to know the code, on both sides and in the broker. */
const WARM_UP_ROUNDS = 4;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The next message of a child; rejects when it ends instead. */
async function answerOf(child, who) {
	const over = new AbortController();
	try {
		const [answer] = await Promise.race([
			once(child, "message", over),
			once(child, "exit", over).then(([code]) => {
				throw new Error(`${who} ended with ${code}`);
			}),
		]);
		return answer;
	} finally {
		over.abort();
	}
}

/**
 * Runs rounds of both sides and returns a result for each key of what they measure. The first rounds count for nothing.
 * @param {{ ours: import("node:child_process").ChildProcess, theirs: import("node:child_process").ChildProcess }} sides
 */
async function compare(sides, what, port, messages, rounds) {
	const measured = [];
	for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
		const pair = {};
		for (const who of round & 1 ? ["theirs", "ours"] : ["ours", "theirs"]) {
			sides[who].send({ what, port, messages });
			pair[who] = await answerOf(sides[who], who);
		}
		if (round >= 0) measured.push(pair);
	}
	return (key) => ({
		unit: "messages/s",
		value: Math.round(median(measured.map(({ ours }) => ours[key]))),
		peer: Math.round(median(measured.map(({ theirs }) => theirs[key]))),
		ratio: Number(median(measured.map(({ ours, theirs }) => ours[key] / theirs[key])).toFixed(2)),
	});
}

/**
 * Runs a part of garbage.js in a process of its own, with a nursery so large that nothing is collected while it counts.
 * @returns {Promise<number>} bytes per message
 */
async function garbage(part, messages, port = 0) {
	const child = fork(path("./garbage.js"), [part, String(messages), String(port)], {
		execArgv: ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"],
	});
	const answer = await answerOf(child, `the count of ${part}`);
	return Number(answer.bytesPerMessage.toFixed(3));
}

/** @param {{ messages: number }} options */
export async function client({ messages }) {
	const broker = fork(path("./broker.js"));
	const side = (who) => fork(path("./side.js"), [who]);
	const sides = { ours: side("ours"), theirs: side("theirs") };
	try {
		const [{ port }] = await Promise.all([
			answerOf(broker, "the broker"),
			answerOf(sides.ours, "ours"),
			answerOf(sides.theirs, "theirs"),
		]);
		const speed = await compare(sides, "published", port, messages, ROUNDS);
		const through = await compare(sides, "passedOn", port, messages, ROUNDS_THROUGH);
		const pipe = await garbage("pipe", messages * 100);
		const clock = await garbage("clock", messages * 100);
		const socket = await garbage("socket", messages * 10, port);
		const raw = await garbage("raw", messages * 10, port);
		return [
			{
				name: "QoS 1, published and acknowledged",
				...speed("byClock"),
				floor: FLOOR,
				pass: speed("byClock").ratio >= FLOOR,
				note:
					`${messages} messages of 64 bytes, topic of 24, 3.1.1, window ${WINDOW}, over loopback; peer: MQTT.js at the ` +
					`same broker; client, peer and broker in a process each; medians of ${ROUNDS} alternating rounds, each with a ` +
					"new connection; the ratio is the median of the rounds' ratios",
			},
			{
				name: "the same, by the client's processor time",
				...speed("byCpu"),
				floor: FLOOR,
				pass: speed("byCpu").ratio >= FLOOR,
				note: "in the same rounds: without the time in which the client waits for the broker",
			},
			{
				name: "QoS 1, through to a subscriber",
				...through("byClock"),
				floor: null,
				pass: true,
				note: "the same with a subscriber of the same kind in the same process",
			},
			{
				name: "garbage over a pipe",
				unit: "bytes/message",
				value: pipe,
				peer: null,
				ratio: null,
				floor: GARBAGE_MOST,
				pass: pipe < GARBAGE_MOST,
				note:
					`growth of heapUsed over ${messages * 100} QoS 1 messages, after a full collection, with a nursery so large ` +
					"that nothing is collected meanwhile (checked); the peer and the clock are scripted and make none",
			},
			{
				name: "the same with Node's clock",
				unit: "bytes/message",
				value: clock,
				peer: null,
				ratio: null,
				floor: null,
				pass: true,
				note: "each look at performance.now() makes a number of 16 bytes",
			},
			{
				name: "garbage over a socket",
				unit: "bytes/message",
				value: socket,
				peer: raw,
				ratio: raw > 0 ? Number((socket / raw).toFixed(2)) : null,
				floor: null,
				pass: true,
				note: `counted likewise over ${messages * 10} messages; peer: a raw socket that sends the same bytes in the same window`,
			},
		];
	} finally {
		for (const child of [broker, sides.ours, sides.theirs]) if (child.connected) child.disconnect();
	}
}
