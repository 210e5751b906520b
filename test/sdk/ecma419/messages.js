// SPDX-License-Identifier: MIT
/** Messages of 64 bytes by `embedded:network/mqtt/client`, whosever it is; with `--echo yes` back again. What each takes is counted. */
import Host from "../host/host.js";
import { check, countsOf } from "../host/report.js";

const MQTTClient = device.network.mqtt.io;
const AT_ONCE = 4;
const WARM_UP = 50;
const total = WARM_UP + Number(Host.argument("messages") ?? 1000);
const QoS = Number(Host.argument("qos"));
const echo = Host.argument("echo") === "yes";
const name = Host.argument("name") ?? "";
const payload = new Uint8Array(64).map((_, i) => i).buffer;
const topic = "greenhouse/1/temperature";
let published = 0;
let settled = 0;
let received = 0;
let done = 0;
let limit = WARM_UP;
let ready = !echo;

function more(client) {
	while (ready && published < limit && published - done < AT_ONCE) {
		// One object per message, as the interface wants it.
		client.write(payload, { topic, QoS });
		published++;
	}
}

function step(client) {
	// With QoS 0 nothing but the message itself comes back.
	const least = QoS === 0 || (echo && received < settled) ? received : settled;
	if (least === done) return;
	done = least;
	if (done === WARM_UP) {
		limit = total;
		Host.collect();
		Host.mark();
	}
	if (done === total) {
		const counts = countsOf(total - WARM_UP);
		check(name, true, "", counts);
		Host.exit(0);
	}
	more(client);
}

export default function main() {
	new MQTTClient({
		...device.network.mqtt,
		host: "127.0.0.1",
		port: Number(Host.argument("port")),
		id: name,
		onWritable() {
			more(this);
		},
		onControl({ operation }) {
			if (operation === MQTTClient.CONNACK && echo)
				this.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic, QoS }] });
			if (operation === MQTTClient.SUBACK) {
				ready = true;
				more(this);
			}
			if (operation !== MQTTClient.PUBACK && operation !== MQTTClient.PUBCOMP) return;
			settled++;
			step(this);
		},
		onReadable(count, options) {
			const data = this.read(count);
			if (count !== 64 || options.more || options.topic !== topic || data.byteLength !== 64) {
				check(name, false, `message ${received} is not as it was sent`);
				Host.exit(0);
			}
			received++;
			step(this);
		},
		onError(error) {
			check(name, false, error?.message ?? "it failed");
			Host.exit(0);
		},
	});
}
