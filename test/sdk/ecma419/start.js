// SPDX-License-Identifier: MIT
/**
 * The SDK's own example, byte for byte: it connects to test.mosquitto.org, port 1883, sends itself 16 KiB, and never ends. So
 * the name is looked up by a resolver that answers 127.0.0.1, the socket takes the port of the command line, and `trace` looks
 * whether everything was said that has to be.
 */
import TCP from "embedded:io/socket/tcp";
import Timer from "timer";
import Host from "../host/host.js";
import { check } from "../host/report.js";

const WORDS = ["SUBACK", "UNSUBACK", "Ping response", "PUBREC", "PUBCOMP", "PUBREL", "PUBACK - 1234"];
/** Of the long message: "XXL", and letters from A on. */
const LONG = 3 + 16 * 1024;

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
	const missing = new Set(WORDS);
	let long = 0;
	let small = "";
	globalThis.device = { network: { mqtt: { ...mqtt, dns: { io: Names }, socket: { io: Elsewhere } } } };
	globalThis.trace = (text) => {
		const said = missing.size;
		for (const word of WORDS) if (text.startsWith(word)) missing.delete(word);
		if (missing.size < said) return finish(text);
		if (text.startsWith("SMALL")) small = text;
		else if (/^(?:XXL)?[A-Z]+\n$/.test(text)) long += text.length - 1;
		finish(text);
	};
	const finish = (text) => {
		const done = missing.size === 0 && small === "SMALL\n\n" && long === LONG;
		if (!done && text !== "ERROR\n") return;
		const fault = `missing: ${[...missing].join(", ")}; ${long} bytes of ${LONG}; "${small}"`;
		check(Host.argument("name") ?? "", done, fault, { bytes: long });
		Host.exit(0);
	};
	import("example");
}
