// SPDX-License-Identifier: MIT
/** Our client as a publisher and a subscriber of the benches. */
import { Client } from "../../dist/js/lib/index.js";
import { RamStore } from "../../dist/js/lib/store/index.js";
import { NodeClock, NodeMemory, NodeRandom, TcpDialler } from "../../dist/js/simulator/node/index.js";

export const TOPIC = "greenhouse/1/temperature"; // 24 bytes
export const PAYLOAD = new Uint8Array(64).fill(0x78);
/** QoS 1 messages under way, for both clients. */
export const WINDOW = 16;

/** Publishes as fast as the window allows, and counts what is acknowledged and what is received. */
export class Ours {
	acknowledged = 0;
	received = 0;
	#toSend = 0;
	#toSettle = 0;
	#toReceive = 0;
	/** @type {(() => void) | undefined} */
	#done;

	/**
	 * @param {import("../../dist/js/lib/index.js").Dialler} dialler
	 * @param {string} clientId
	 * @param {import("../../dist/js/lib/index.js").Clock} [clock]
	 */
	constructor(dialler, clientId, clock = new NodeClock()) {
		const limits = { window: WINDOW };
		this.client = new Client({
			memory: new NodeMemory(),
			clock,
			random: new NodeRandom(),
			store: new RamStore(limits),
			dialler,
			clientId,
			limits,
			version: 4,
			sessionExpirySeconds: 0,
			listener: this,
		});
		this.topic = this.client.topic(TOPIC);
	}

	/** @param {number} port @param {string} clientId */
	static async to(port, clientId) {
		const ours = new Ours(new TcpDialler({ host: "127.0.0.1", port }), clientId);
		ours.client.open();
		await ours.#wait();
		return ours;
	}

	async subscribe() {
		this.client.subscribe(this.client.filter(TOPIC), 1);
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
		while (this.#toSend > 0 && this.client.publish(this.topic, PAYLOAD, 1) > 0) this.#toSend--;
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
