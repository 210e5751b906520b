// SPDX-License-Identifier: MIT
/**
 * What a reading costs on the wire with and without topic aliases, beside MQTT.js: bytes, and writes that reach the kernel. It is
 * counted, not timed, so it is the same on every machine.
 */
import { Socket } from "node:net";
import { connectAsync } from "mqtt";
import { Aliases } from "../../dist/js/lib/extras/index.js";
import { Client } from "../../dist/js/lib/index.js";
import { RamStore } from "../../dist/js/lib/store/index.js";
import { Broker, TcpListener } from "../../dist/js/simulator/broker/index.js";
import {
	NodeClock,
	NodeMemory,
	NodeRandom,
	NodeSchedule,
	TcpDialler,
} from "../../dist/js/simulator/node/index.js";

/** What a node of a house tells, each minute: three topics, one message of QoS 1 each, all acknowledged before the next reading. */
const TOPICS = ["temperature", "humidity", "pressure"].map((what) => `house/garden/greenhouse-1/${what}`);
const PAYLOAD = new TextEncoder().encode("21.53");
const READINGS = 1000;
const TOPIC_BYTES = TOPICS.join("").length;
/** A message with an alias: fixed header 2, topic 2, identifier 2, properties 1 + 3, payload 5. Without: the topic, no property. */
const BYTES_WITH = TOPICS.length * (2 + 2 + 2 + 1 + 3 + PAYLOAD.length);
const BYTES_WITHOUT = TOPICS.length * (2 + 2 + 2 + 1 + PAYLOAD.length) + TOPIC_BYTES;
/** The first reading brings the topics. */
const ONCE = TOPIC_BYTES / READINGS;

/** Writes of the process' sockets on a client's side: each call hands one piece, or several at once, to the kernel. */
let writes = 0;
/** The port of the broker, whose own sockets, in the same process, do not count. */
let brokerPort = 0;
for (const name of ["_write", "_writev"]) {
	const original = Socket.prototype[name];
	Socket.prototype[name] = function (...args) {
		if (this.connecting || this.remotePort === brokerPort) {
			writes++;
			counted = this;
		}
		return original.apply(this, args);
	};
}
/** The socket of the client that is being counted. @type {Socket} */
let counted;

/** Calls of `Transport.write`: what a device, whose driver gathers nothing, hands to its network. */
let handed = 0;

class CountingDialler extends TcpDialler {
	dial(link) {
		const transport = super.dial(link);
		const write = transport.write.bind(transport);
		transport.write = (bytes, start, end) => {
			handed++;
			return write(bytes, start, end);
		};
		return transport;
	}
}

class Reader {
	/** @type {() => void} */
	#done = () => {};

	constructor(port, withAliases) {
		const limits = { textBytes: 512 };
		this.client = new Client({
			memory: new NodeMemory(),
			clock: new NodeClock(),
			random: new NodeRandom(),
			store: new RamStore(limits),
			dialler: new CountingDialler({ host: "127.0.0.1", port }),
			clientId: "ours",
			limits,
			sessionExpirySeconds: 0,
			listener: this,
			...(withAliases ? { aliases: new Aliases() } : {}),
		});
		this.topics = TOPICS.map((name) => this.client.topic(name));
	}
	onOnline() {
		this.#done();
	}
	onSettled() {
		if (this.client.pending === 0) this.#done();
	}
	onOffline() {
		this.#done();
	}
	#turn(act) {
		return new Promise((resolve) => {
			this.#done = resolve;
			act();
		});
	}
	open() {
		return this.#turn(() => this.client.open());
	}
	read() {
		return this.#turn(() => {
			for (const topic of this.topics) this.client.publish(topic, PAYLOAD, 1);
		});
	}
	close() {
		return this.#turn(() => this.client.close());
	}
}

async function ours(port, withAliases) {
	const reader = new Reader(port, withAliases);
	await reader.open();
	return { read: () => reader.read(), close: () => reader.close() };
}

async function theirs(port, withAliases) {
	const client = await connectAsync({
		host: "127.0.0.1",
		port,
		protocol: "mqtt",
		protocolVersion: 5,
		clientId: "theirs",
		autoUseTopicAlias: withAliases,
		autoAssignTopicAlias: withAliases,
	});
	const payload = Buffer.from(PAYLOAD);
	return {
		read: () => Promise.all(TOPICS.map((topic) => client.publishAsync(topic, payload, { qos: 1 }))),
		close: () => client.endAsync(),
	};
}

/** Bytes and writes of one reading, on the average. */
async function measure(make, port, withAliases) {
	const side = await make(port, withAliases);
	const bytesBefore = counted.bytesWritten;
	const writesBefore = writes;
	handed = 0;
	for (let reading = 0; reading < READINGS; reading++) await side.read();
	const answer = {
		bytes: (counted.bytesWritten - bytesBefore) / READINGS,
		writes: (writes - writesBefore) / READINGS,
		handed: handed / READINGS,
	};
	await side.close();
	return answer;
}

/** @param {import("./benches.js").Options} options */
export async function aliases({ progress }) {
	const broker = new Broker({ schedule: new NodeSchedule() });
	const listener = new TcpListener(broker);
	const { port } = await listener.listen();
	brokerPort = port;
	/** @type {import("./benches.js").Entry[]} */
	const entries = [];
	for (const withAliases of [false, true]) {
		progress(withAliases ? "with topic aliases" : "without");
		const mine = await measure(ours, port, withAliases);
		const peers = await measure(theirs, port, withAliases);
		const most = withAliases ? BYTES_WITH + ONCE : BYTES_WITHOUT;
		const title = withAliases ? "with topic aliases" : "without";
		for (const [key, unit, floor] of [
			["bytes", "bytes/reading", most],
			["writes", "writes/reading", 1],
		]) {
			entries.push({
				name: `${key} of a reading, ${title}`,
				unit,
				value: Number(mine[key].toFixed(3)),
				peer: Number(peers[key].toFixed(3)),
				ratio: null,
				floor: Number(floor.toFixed(3)),
				pass: mine[key] <= floor + 0.001,
			});
		}
	}
	entries.push({
		name: "the same, as a device hands it to its network",
		unit: "writes/reading",
		value: (await measure(ours, port, true)).handed,
		peer: null,
		ratio: null,
		floor: null,
		pass: true,
		note: "one for each publish from outside of a callback; from inside of one they leave together",
	});
	entries[0].note =
		`${READINGS} readings of three QoS 1 messages, topics of ${TOPIC_BYTES / TOPICS.length} bytes on the ` +
		`average, payload of ${PAYLOAD.length}, 5.0, all acknowledged before the next reading; peer: MQTT.js at the same broker, ` +
		"which assigns its aliases by itself; counted at the client's socket, the connection itself left out";
	await listener.close();
	return entries;
}
