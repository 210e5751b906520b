// SPDX-License-Identifier: MIT
/** MQTT.js as the other client: code that we did not write, at the other end of the same broker. */
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Received } from "./board.js";
import { Watch } from "./watch.js";

let foreigners = 0;

export class Foreign {
	readonly client: MqttClient;
	readonly messages: Received[] = [];
	readonly watch = new Watch();
	/** Of the CONNACK. */
	sessionPresent = false;

	private constructor(client: MqttClient) {
		this.client = client;
		client.on("message", (topic, payload, { qos, retain }) => {
			this.messages.push({ topic, text: payload.toString(), qos, retain });
			this.watch.changed();
		});
		client.on("error", () => {});
	}

	/** Connects once; it does not come back by itself. */
	static async to(port: number, version: 4 | 5, options: IClientOptions = {}): Promise<Foreign> {
		const client = connect({
			host: "127.0.0.1",
			port,
			protocol: "mqtt",
			protocolVersion: version,
			clientId: `foreign-${process.pid}-${++foreigners}`,
			clean: true,
			reconnectPeriod: 0,
			...options,
		});
		const foreign = new Foreign(client); // before it is connected: messages may come with the CONNACK
		foreign.sessionPresent = await new Promise((resolve, reject) => {
			client.once("connect", (packet) => resolve(packet.sessionPresent));
			client.once("error", reject);
			client.once("close", () => reject(new Error("closed")));
		});
		return foreign;
	}

	async subscribe(filter: string, qos: 0 | 1 | 2): Promise<void> {
		await this.client.subscribeAsync(filter, { qos });
	}

	/** Resolves when the exchange is over (QoS 0: when it is written). */
	async publish(topic: string, text: string, qos: 0 | 1 | 2, retain = false): Promise<void> {
		await this.client.publishAsync(topic, text, { qos, retain });
	}

	/**
	 * Publishes "0" to "count - 1", and resolves when all exchanges are over. Ten at a time: MQTT.js does not count the
	 * broker's Receive Maximum by itself.
	 */
	async burst(topic: string, count: number, qos: 0 | 1 | 2): Promise<void> {
		for (let from = 0; from < count; from += 10) {
			const some: Promise<void>[] = [];
			for (let i = from; i < Math.min(from + 10, count); i++) some.push(this.publish(topic, String(i), qos));
			await Promise.all(some);
		}
	}

	until(what: string, predicate: () => boolean): Promise<void> {
		return this.watch.until(what, predicate, () => `So far ${this.messages.length}: ${this.texts.slice(-5)}`);
	}

	get texts(): string[] {
		return this.messages.map(({ text }) => text);
	}

	async close(): Promise<void> {
		await this.client.endAsync(true);
	}
}
