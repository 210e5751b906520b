// SPDX-License-Identifier: MIT
/**
 * The SDK's own client (`embedded:network/mqtt/client`) with the messages of `apps/tcp/messages.ts`: QoS 1, 64 bytes, out.
 */
import MQTTClient from "embedded:network/mqtt/client";
import Host from "../../host/host.js";
import { check, countsOf } from "../../host/report.js";
import { TCP } from "../../host/sdk.js";

const AT_ONCE = 4;
const WARM_UP = 50;
const total = WARM_UP + Number(Host.argument("messages") ?? 1000);
const payload = new Uint8Array(64).map((_, i) => i).buffer;
const options = {
	operation: MQTTClient.PUBLISH,
	topic: "greenhouse/1/temperature",
	QoS: Number(Host.argument("qos")),
};
let published = 0;
let settled = 0;
let limit = WARM_UP;

/** The name is an address: it is known at once. */
class Dns {
	resolve({ host, onResolved }) {
		onResolved(host, host);
	}
}

function more(client) {
	while (published < limit && published - settled < AT_ONCE) {
		client.write(payload, options);
		published++;
	}
}

new MQTTClient({
	host: "127.0.0.1",
	port: Number(Host.argument("port")),
	id: "theirs",
	dns: { io: Dns },
	socket: { io: TCP },
	onWritable() {
		if (published === 0) more(this);
	},
	onControl({ operation }) {
		if (operation !== MQTTClient.PUBACK) return;
		settled++;
		if (settled === WARM_UP) {
			limit = total;
			Host.collect();
			Host.mark();
		}
		if (settled === total) {
			const counts = countsOf(total - WARM_UP);
			check(Host.argument("name") ?? "theirs", true, "", counts);
			Host.exit(0);
		}
		more(this);
	},
	onError() {
		check("theirs", false, "it failed");
		Host.exit(0);
	},
});
