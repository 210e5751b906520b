// SPDX-License-Identifier: MIT
/**
 * The load that both brokers are given: raw sockets and packets made beforehand, so that it costs little and the same. 3.1.1;
 * all PUBLISH packets have one length, so that nothing has to be decoded.
 */
import { once } from "node:events";
import net from "node:net";
import mqttPacket from "mqtt-packet";

const PAYLOAD = Buffer.alloc(64, "x");
const ACK_BYTES = 4;

/** A connection on which CONNECT was accepted, and, with a filter, SUBSCRIBE. */
export async function connected(port, clientId, { clean = true, filter, qos = 1, keepalive = 0 } = {}) {
	const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
	socket.on("error", (error) => {
		throw error;
	});
	socket.write(mqttPacket.generate({ cmd: "connect", clientId, clean, keepalive, protocolVersion: 4 }));
	await answer(socket, 0x20, 4);
	if (filter !== undefined) {
		const subscriptions = [{ topic: filter, qos }];
		socket.write(mqttPacket.generate({ cmd: "subscribe", messageId: 1, subscriptions }));
		await answer(socket, 0x90, 5);
	}
	return socket;
}

async function answer(socket, first, length) {
	const [bytes] = await once(socket, "data");
	if (bytes[0] !== first || bytes.length !== length || bytes[3] > 2)
		throw new Error(`a broker answered ${bytes.toString("hex")}`);
}

export function publishPacket(topic, qos, messageId) {
	const packet = { cmd: "publish", topic, payload: PAYLOAD, qos, messageId, dup: false, retain: false };
	return mqttPacket.generate(packet);
}

/** Calls `take(bytes, at)` for each packet that arrives, `publishBytes` long or an acknowledgement; `after` at the end of a chunk. */
function listen(socket, publishBytes, take, after) {
	let rest = Buffer.alloc(0);
	socket.on("data", (chunk) => {
		const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
		let at = 0;
		while (at < bytes.length) {
			const end = at + (bytes[at] >> 4 === 3 ? publishBytes : ACK_BYTES);
			if (end > bytes.length) break;
			take(bytes, at);
			at = end;
		}
		rest = bytes.subarray(at);
		after();
	});
}

/** A publisher and its subscriber, with so many messages under way at most. */
export class Pair {
	static async to(port, name, qos, window) {
		const topic = `bench/${name}`;
		const subscriber = await connected(port, `s-${name}`, { filter: topic, qos });
		const publisher = await connected(port, `p-${name}`);
		return new Pair(publisher, subscriber, topic, qos, window);
	}

	constructor(publisher, subscriber, topic, qos, window) {
		Object.assign(this, { publisher, subscriber, qos, window });
		/** The window twice: any run of as many packets is one piece. */
		const packets = [];
		for (let n = 0; n < 2 * window; n++) packets.push(publishPacket(topic, qos, 1 + (n % window)));
		this.packets = Buffer.concat(packets);
		this.publishBytes = packets[0].length;
		this.next = 0;
		/** Sent, acknowledged to the publisher, arrived at the subscriber. */
		this.sent = this.acknowledged = this.arrived = this.wanted = 0;
		this.#publish();
		this.#subscribe();
	}

	/** Resolves when `count` more messages are through, and acknowledged. */
	run(count) {
		this.wanted += count;
		const through = new Promise((resolve) => {
			this.through = resolve;
		});
		this.#send();
		return through;
	}

	close() {
		this.publisher.destroy();
		this.subscriber.destroy();
	}

	#send() {
		const under = this.sent - (this.qos === 0 ? this.arrived : Math.min(this.acknowledged, this.arrived));
		const count = Math.min(this.window - under, this.wanted - this.sent);
		if (count <= 0) return;
		const { next, publishBytes } = this;
		this.publisher.write(this.packets.subarray(next * publishBytes, (next + count) * publishBytes));
		this.next = (next + count) % this.window;
		this.sent += count;
	}

	#step() {
		if (this.arrived === this.wanted && (this.qos === 0 || this.acknowledged === this.wanted)) this.through();
		else this.#send();
	}

	#publish() {
		const releases = [];
		listen(
			this.publisher,
			this.publishBytes,
			(bytes, at) => {
				if (bytes[at] === 0x50) releases.push(0x62, 2, bytes[at + 2], bytes[at + 3]);
				else this.acknowledged++;
			},
			() => {
				if (releases.length > 0) this.publisher.write(Buffer.from(releases.splice(0)));
				this.#step();
			},
		);
	}

	#subscribe() {
		const idAt = this.publishBytes - PAYLOAD.length - 2;
		const first = this.qos === 1 ? 0x40 : 0x50;
		const answers = [];
		listen(
			this.subscriber,
			this.publishBytes,
			(bytes, at) => {
				if (bytes[at] >> 4 === 6) answers.push(0x70, 2, bytes[at + 2], bytes[at + 3]);
				else {
					this.arrived++;
					if (this.qos > 0) answers.push(first, 2, bytes[at + idAt], bytes[at + idAt + 1]);
				}
			},
			() => {
				if (answers.length > 0) this.subscriber.write(Buffer.from(answers.splice(0)));
				this.#step();
			},
		);
	}
}

/** Boards of which each sends a report and waits for the acknowledgement before another is sent; and one subscriber to all. */
export class Boards {
	static async to(port, count, underWay) {
		const all = await connected(port, "collector", { filter: "boards/#" });
		const boards = [];
		for (let n = 0; n < count; n++) boards.push(await connected(port, `board-${n}`));
		return new Boards(all, boards, underWay);
	}

	constructor(all, boards, underWay) {
		Object.assign(this, { all, boards, underWay });
		this.next = this.sent = this.acknowledged = this.arrived = this.wanted = 0;
		const digits = `${boards.length}`.length;
		this.reports = boards.map((_, n) => publishPacket(`boards/${`${n}`.padStart(digits, "0")}/report`, 1, 1));
		const { length } = this.reports[0];
		for (const board of boards) {
			board.on("data", (bytes) => {
				this.acknowledged += bytes.length / ACK_BYTES;
				this.#step();
			});
		}
		const answers = [];
		const idAt = length - PAYLOAD.length - 2;
		listen(
			all,
			length,
			(bytes, at) => {
				this.arrived++;
				answers.push(0x40, 2, bytes[at + idAt], bytes[at + idAt + 1]);
			},
			() => {
				all.write(Buffer.from(answers.splice(0)));
				this.#step();
			},
		);
	}

	run(count) {
		this.wanted += count;
		const through = new Promise((resolve) => {
			this.through = resolve;
		});
		this.#send();
		return through;
	}

	close() {
		for (const socket of [this.all, ...this.boards]) socket.destroy();
	}

	#send() {
		while (this.sent < this.wanted && this.sent - Math.min(this.acknowledged, this.arrived) < this.underWay) {
			this.boards[this.next].write(this.reports[this.next]);
			this.next = (this.next + 1) % this.boards.length;
			this.sent++;
		}
	}

	#step() {
		if (this.arrived === this.wanted && this.acknowledged === this.wanted) this.through();
		else this.#send();
	}
}
