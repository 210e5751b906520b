// SPDX-License-Identifier: MIT
/** The client against MQTT.js, over loopback, at the same broker in the same run; and the garbage that a message makes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { Ours, PAYLOAD, TOPIC, WINDOW } from "./ours.js";

/** How often faster than MQTT.js it has to be, and the garbage that a message may make, bytes. */
const FLOOR = 3;
const GARBAGE_MOST = 1;
/** Rounds alternate, so that a slow moment of the machine hits both; the median of their ratios counts. */
const ROUNDS = 5;

/** MQTT.js, used as its documentation does: a callback per message, and as many under way as ours may have. */
class Theirs {
	#client;
	/** @param {import("mqtt").MqttClient} client */
	constructor(client) {
		this.#client = client;
	}

	/** @param {number} port @param {string} clientId */
	static async to(port, clientId) {
		return new Theirs(
			await connectAsync({
				host: "127.0.0.1",
				port,
				protocol: "mqtt",
				protocolVersion: 4,
				clientId,
				clean: true,
			}),
		);
	}

	async subscribe() {
		await this.#client.subscribeAsync(TOPIC, { qos: 1 });
	}

	/** @param {number} count @returns {Promise<void>} */
	publish(count) {
		const payload = Buffer.from(PAYLOAD);
		return new Promise((resolve, reject) => {
			let sent = 0;
			let acknowledged = 0;
			const next = () => {
				sent++;
				this.#client.publish(TOPIC, payload, { qos: 1 }, settled);
			};
			const settled = (error) => {
				if (error) reject(error);
				else if (++acknowledged === count) resolve();
				else if (sent < count) next();
			};
			while (sent < WINDOW && sent < count) next();
		});
	}

	/** @param {number} count @returns {Promise<void>} */
	receive(count) {
		let received = 0;
		return new Promise((resolve) => {
			this.#client.removeAllListeners("message");
			this.#client.on("message", () => {
				if (++received === count) resolve();
			});
		});
	}

	async close() {
		await this.#client.endAsync();
	}
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Messages per second of one side, by the clock and by the time that this process had the processor. */
async function published(side, port, messages) {
	const publisher = await side.to(port, "publisher");
	const startedCpu = process.cpuUsage();
	const started = performance.now();
	await publisher.publish(messages);
	const seconds = (performance.now() - started) / 1000;
	const { user, system } = process.cpuUsage(startedCpu);
	await publisher.close();
	return { byClock: messages / seconds, byCpu: messages / ((user + system) / 1e6) };
}

/** Messages per second from a publisher through the broker to a subscriber, both of the same kind, in this process. */
async function passedOn(side, port, messages) {
	const subscriber = await side.to(port, "subscriber");
	await subscriber.subscribe();
	const publisher = await side.to(port, "publisher");
	const arrived = subscriber.receive(messages);
	const started = performance.now();
	await Promise.all([publisher.publish(messages), arrived]);
	const seconds = (performance.now() - started) / 1000;
	await publisher.close();
	await subscriber.close();
	return { byClock: messages / seconds };
}

/**
 * Both sides in turn, and one round before that counts for nothing. Returns a result for each key of what `measure` does.
 */
async function compare(measure, port, messages) {
	const rounds = [];
	for (let round = 0; round <= ROUNDS; round++) {
		const value = await measure(Ours, port, messages);
		const peer = await measure(Theirs, port, messages);
		if (round > 0) rounds.push({ value, peer });
	}
	return (key) => ({
		unit: "messages/s",
		value: Math.round(median(rounds.map(({ value }) => value[key]))),
		peer: Math.round(median(rounds.map(({ peer }) => peer[key]))),
		ratio: Number(median(rounds.map(({ value, peer }) => value[key] / peer[key])).toFixed(2)),
	});
}

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Runs a part of garbage.js in a process of its own, with a nursery so large that nothing is collected while it counts.
 * @returns {Promise<number>} bytes per message
 */
async function garbage(part, messages, port = 0) {
	const child = fork(path("./garbage.js"), [part, String(messages), String(port)], {
		execArgv: ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"],
	});
	const [answer] = await Promise.race([
		once(child, "message"),
		once(child, "exit").then(([code]) => {
			throw new Error(`the count of ${part} ended with ${code}`);
		}),
	]);
	return Number(answer.bytesPerMessage.toFixed(3));
}

/** @param {{ messages: number }} options */
export async function client({ messages }) {
	const broker = fork(path("./broker.js"));
	try {
		const [{ port }] = await once(broker, "message");
		const speed = await compare(published, port, messages);
		const through = await compare(passedOn, port, messages);
		const pipe = await garbage("pipe", messages * 50);
		const clock = await garbage("clock", messages * 50);
		const socket = await garbage("socket", messages * 5, port);
		const raw = await garbage("raw", messages * 5, port);
		return [
			{
				name: "QoS 1, published and acknowledged",
				...speed("byClock"),
				floor: FLOOR,
				pass: speed("byClock").ratio >= FLOOR,
				note:
					`${messages} messages of 64 bytes, topic of 24, 3.1.1, window ${WINDOW}, over loopback; peer: MQTT.js at the ` +
					`same broker, a process of its own; medians of ${ROUNDS} alternating rounds`,
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
					`growth of heapUsed over ${messages * 50} QoS 1 messages, after a full collection, with a nursery so large ` +
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
				note: `counted likewise over ${messages * 5} messages; peer: a raw socket that sends the same bytes in the same window`,
			},
		];
	} finally {
		broker.disconnect();
	}
}
