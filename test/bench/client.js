// SPDX-License-Identifier: MIT
/** The client against MQTT.js, over loopback, at the same broker in the same run; and the garbage that a message makes. */
import { answerOf, start } from "./children.js";
import { VERSIONS, WINDOW } from "./ours.js";
import { compared, inTurns } from "./rounds.js";

/** How often faster than MQTT.js it has to be, and how often it should be; the most garbage that a message may make, bytes. */
const FLOOR = 3;
const AIM = 4;
const GARBAGE_MOST = 1;
/** Many short rounds, a new connection in each: a slow moment is one round of many. */
const ROUNDS = 31;
/** Of the longer way to a subscriber, which is only reported. */
const ROUNDS_THROUGH = 9;
/** Before those that count: the engine has to know the code, on both sides and in the broker. */
const WARM_UP_ROUNDS = 4;
const MESSAGES = 10_000;

/** @typedef {{ ours: import("node:child_process").ChildProcess, theirs: import("node:child_process").ChildProcess }} Sides */

/**
 * Runs rounds of both sides and returns a result for each key of what they measure.
 * @param {Sides} sides @param {{ what: string, port: number, messages: number, qos: number }} order
 * @param {number} rounds @param {import("./benches.js").Options["progress"]} progress
 */
async function compare(sides, order, rounds, progress) {
	const side = (/** @type {"ours" | "theirs"} */ who) => {
		sides[who].send(order);
		return answerOf(sides[who], who);
	};
	const measured = await inTurns({
		rounds,
		warmUp: WARM_UP_ROUNDS,
		ours: () => side("ours"),
		theirs: () => side("theirs"),
		progress: (round) => progress(`QoS ${order.qos}, ${order.what}, round ${round} of ${rounds}`),
	});
	return (/** @type {string} */ key) => {
		const result = compared(measured.map(({ ours, theirs }) => ({ ours: ours[key], theirs: theirs[key] })));
		return {
			unit: "messages/s",
			...result,
			value: Math.round(result.value),
			peer: Math.round(result.peer),
		};
	};
}

/** @param {ReturnType<Awaited<ReturnType<typeof compare>>>} result */
const judged = (result) => ({ ...result, floor: FLOOR, aim: AIM, pass: result.ratio >= FLOOR });

/**
 * Runs a part of garbage.js in a process of its own, with a nursery so large that nothing is collected while it counts.
 * @param {string} part @param {number} messages
 * @returns {Promise<number>} bytes per message
 */
async function garbage(part, messages, port = 0) {
	const child = start(
		"./garbage.js",
		[part, String(messages), String(port)],
		["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"],
	);
	const answer = await answerOf(child, `the count of ${part}`);
	return Number(answer.bytesPerMessage.toFixed(3));
}

/** @param {Sides} sides @param {number} port @param {number} messages @param {import("./benches.js").Options} options */
async function speeds(sides, port, messages, { rounds, progress }) {
	/** @type {import("./benches.js").Entry[]} */
	const entries = [];
	for (const qos of /** @type {const} */ ([1, 2])) {
		const order = { port, messages, qos };
		const speed = await compare(sides, { ...order, what: "published" }, rounds ?? ROUNDS, progress);
		const through = await compare(sides, { ...order, what: "passedOn" }, rounds ?? ROUNDS_THROUGH, progress);
		entries.push(
			{
				name: `QoS ${qos}, published and acknowledged`,
				...judged(speed("byClock")),
				note:
					`${messages} messages of 64 bytes, topic of 24, ${VERSIONS[qos] === 5 ? "5.0" : "3.1.1"}, window ${WINDOW}, over loopback; peer: MQTT.js at the ` +
					"same broker; client, peer and broker in a process each; alternating rounds, each with a new connection",
			},
			{
				name: `QoS ${qos}, the same by the client's processor time`,
				...judged(speed("byCpu")),
				note: "in the same rounds: without the time in which the client waits for the broker",
			},
			{
				name: `QoS ${qos}, through to a subscriber`,
				...through("byClock"),
				floor: null,
				pass: true,
				note: "the same with a subscriber of the same kind in the same process",
			},
		);
	}
	return entries;
}

/** @param {number} port @param {number} messages @param {import("./benches.js").Options["progress"]} progress */
async function garbages(port, messages, progress) {
	const counted = async (/** @type {string} */ part, /** @type {number} */ times) => {
		progress(`garbage, ${part}`);
		return garbage(part, messages * times, port);
	};
	const pipe = await counted("pipe", 100);
	const clock = await counted("clock", 100);
	const socket = await counted("socket", 10);
	const raw = await counted("raw", 10);
	const unit = "bytes/message";
	const only = { peer: null, ratio: null, floor: null, pass: true };
	return [
		{
			name: "garbage over a pipe",
			unit,
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
			unit,
			value: clock,
			...only,
			note: "each look at performance.now() makes a number of 16 bytes",
		},
		{
			name: "garbage over a socket",
			unit,
			value: socket,
			...only,
			peer: raw,
			note: `counted likewise over ${messages * 10} messages; peer: a raw socket that sends the same bytes in the same window`,
		},
	];
}

/** @param {import("./benches.js").Options} options */
export async function client(options) {
	const messages = options.messages ?? MESSAGES;
	const broker = start("./broker.js");
	const sides = { ours: start("./side.js", ["ours"]), theirs: start("./side.js", ["theirs"]) };
	try {
		const [{ port }] = await Promise.all([
			answerOf(broker, "the broker"),
			answerOf(sides.ours, "ours"),
			answerOf(sides.theirs, "theirs"),
		]);
		const entries = await speeds(sides, port, messages, options);
		return [...entries, ...(await garbages(port, messages, options.progress))];
	} finally {
		for (const child of [broker, sides.ours, sides.theirs]) if (child.connected) child.disconnect();
	}
}
