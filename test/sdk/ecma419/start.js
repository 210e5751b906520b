// SPDX-License-Identifier: MIT
/**
 * The SDK's own example, byte for byte: it connects to test.mosquitto.org, port 1883. So the name is looked up by a resolver
 * that answers 127.0.0.1, and the socket is one that takes the port of the command line.
 */
import TCP from "embedded:io/socket/tcp";
import Timer from "timer";
import Host from "../host/host.js";

class Names {
	resolve({ host, onResolved }) {
		Timer.set(() => onResolved(host, "127.0.0.1"));
	}
}

class Elsewhere extends TCP {
	constructor(options) {
		super({ ...options, port: Number(Host.argument("port")) });
	}
}

export default function start() {
	const { mqtt } = device.network;
	globalThis.device = { network: { mqtt: { ...mqtt, dns: { io: Names }, socket: { io: Elsewhere } } } };
	import("example");
}
