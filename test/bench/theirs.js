// SPDX-License-Identifier: MIT
/** MQTT.js as a publisher and a subscriber of the benches. */
import { connectAsync } from "mqtt";
import { PAYLOAD, TOPIC, VERSIONS, WINDOW } from "./ours.js";

/** MQTT.js, used as its documentation does: a callback per message, and as many under way as ours may have. */
export class Theirs {
	#client;
	#qos;
	/** @param {import("mqtt").MqttClient} client @param {1 | 2} qos */
	constructor(client, qos) {
		this.#client = client;
		this.#qos = qos;
	}

	/** @param {number} port @param {string} clientId @param {1 | 2} qos */
	static async to(port, clientId, qos) {
		return new Theirs(
			await connectAsync({
				host: "127.0.0.1",
				port,
				protocol: "mqtt",
				protocolVersion: VERSIONS[qos],
				clientId,
				clean: true,
			}),
			qos,
		);
	}

	async subscribe() {
		await this.#client.subscribeAsync(TOPIC, { qos: this.#qos });
	}

	/** @param {number} count @returns {Promise<void>} */
	publish(count) {
		const payload = Buffer.from(PAYLOAD);
		const options = { qos: this.#qos };
		return new Promise((resolve, reject) => {
			let sent = 0;
			let acknowledged = 0;
			const next = () => {
				sent++;
				this.#client.publish(TOPIC, payload, options, settled);
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
