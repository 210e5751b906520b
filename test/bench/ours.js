// SPDX-License-Identifier: MIT
/** Our client as a publisher and a subscriber of the benches. */
import { Client } from "../../dist/js/lib/index.js";
import { RamStore } from "../../dist/js/lib/store/index.js";
import { NodeClock, NodeMemory, NodeRandom, TcpDialler } from "../../dist/js/simulator/node/index.js";

export const TOPIC = "greenhouse/1/temperature"; // 24 bytes
export const PAYLOAD = new Uint8Array(64).fill(0x78);
/** Messages under way, for both clients. */
export const WINDOW = 16;
/**
 * The version that a QoS is measured in: 3.1.1 has no Receive Maximum, and a broker that sends a subscriber more QoS 2 messages than
 * it has rows for is made to wait by a new connection.
 * @type {{ readonly 1: 4, readonly 2: 5 }}
 */
export const VERSIONS = { 1: 4, 2: 5 };

/** Publishes as fast as the window allows, and counts what is acknowledged and what is received. */
export class Ours {
	acknowledged = 0;
	received = 0;
	/** @type {1 | 2} */
	qos = 1;
	#toSend = 0;
	#toSettle = 0;
	#toReceive = 0;
	/** @type {(() => void) | undefined} */
	#done;

	/**
	 * @param {import("../../dist/js/lib/index.js").Dialler} dialler
	 * @param {string} clientId
	 * @param {import("../../dist/js/lib/index.js").Clock} [clock]
	 * @param {4 | 5} [version]
	 */
	constructor(dialler, clientId, clock = new NodeClock(), version = VERSIONS[1]) {
		const limits = { window: WINDOW };
		this.client = new Client({
			memory: new NodeMemory(),
			clock,
			random: new NodeRandom(),
			store: new RamStore(limits),
			dialler,
			clientId,
			limits,
			version,
			sessionExpirySeconds: 0,
			listener: this,
		});
		this.topic = this.client.topic(TOPIC);
	}

	/** @param {number} port @param {string} clientId @param {1 | 2} qos */
	static async to(port, clientId, qos = 1) {
		const dialler = new TcpDialler({ host: "127.0.0.1", port });
		const ours = new Ours(dialler, clientId, new NodeClock(), VERSIONS[qos]);
		ours.qos = qos;
		ours.client.open();
		await ours.#wait();
		return ours;
	}

	async subscribe() {
		this.client.subscribe(this.client.filter(TOPIC), this.qos);
		await this.#wait();
	}

	/** Publishes `count` messages; resolves when the last one is acknowledged. @param {number} count */
	publish(count) {
		this.#toSend = count;
		this.#toSettle = this.acknowledged + count;
		const done = this.#wait();
		this.onRoom();
		return done;
	}

	/** Resolves when `count` messages have been received. @param {number} count */
	receive(count) {
		this.#toReceive = this.received + count;
		return this.#wait();
	}

	/** Resolves when the link is closed. */
	close() {
		const done = this.#wait();
		this.client.close();
		return done;
	}

	onOnline() {
		this.#done();
	}
	onSubscribed() {
		this.#done();
	}
	onOffline(reason) {
		if (reason !== -1) throw new Error(`the link ended: ${reason}`);
		this.#done();
	}
	onRoom() {
		while (this.#toSend > 0 && this.client.publish(this.topic, PAYLOAD, this.qos) > 0) this.#toSend--;
	}
	onSettled() {
		if (++this.acknowledged === this.#toSettle) this.#done();
	}
	onMessage() {
		if (++this.received === this.#toReceive) this.#done();
	}

	/** @returns {Promise<void>} */
	#wait() {
		return new Promise((resolve) => {
			this.#done = resolve;
		});
	}
}
