// SPDX-License-Identifier: MIT
/**
 * A program for the SDK's MQTT client, on ours: subscribes, publishes a reading every five seconds, and prints what comes
 * back. Nothing in it is ringbuoy's own; it runs on `embedded:network/mqtt/client` of the SDK just as well.
 */
import config from "mc/config";
import Timer from "timer";

const MQTTClient = device.network.mqtt.io;

function connect() {
	let readings;
	let payload = "";

	new MQTTClient({
		...device.network.mqtt,
		host: config.mqtt_host,
		port: config.mqtt_port,
		id: config.mqtt_id,
		keepAlive: 60_000,
		will: { topic: `${config.mqtt_id}/status`, message: "offline", QoS: 1, retain: true },
		onControl(message) {
			if (message.operation === MQTTClient.CONNACK) {
				const items = [{ topic: `${config.mqtt_id}/#`, QoS: 1 }];
				this.write(null, { operation: MQTTClient.SUBSCRIBE, items });
			} else if (message.operation === MQTTClient.SUBACK) {
				let count = 0;
				readings = Timer.repeat(() => {
					const reading = ArrayBuffer.fromString(`{"n":${++count}}`);
					this.write(reading, { topic: `${config.mqtt_id}/reading`, QoS: 1, id: count });
				}, 5000);
			} else if (message.operation === MQTTClient.PUBACK) trace(`reading ${message.id} is acknowledged\n`);
		},
		onReadable(count, { topic, more }) {
			if (topic !== undefined) trace(`${topic}: `);
			payload += String.fromArrayBuffer(this.read(count));
			if (more) return;
			trace(payload, "\n");
			payload = "";
		},
		onError(error) {
			trace(`${error?.message ?? "error"}; again in ten seconds\n`);
			Timer.clear(readings);
			Timer.set(connect, 10_000);
		},
	});
}

connect();
