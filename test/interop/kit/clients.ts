// SPDX-License-Identifier: MIT
/** mosquitto_pub and mosquitto_sub, and where they find a broker. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Need } from "./needs.js";

export const mosquittoClients: Need = {
	name: "mosquitto_sub",
	found: spawnSync("mosquitto_sub", ["--help"]).error === undefined,
	hint: "apt-get install mosquitto-clients",
};

const file = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const certificates = ["--cafile", file("ca.pem"), "--cert", file("client.pem"), "--key", file("client.key")];

/** Arguments that lead to a broker. */
export function way(port: number, version: 4 | 5, secure: boolean): string[] {
	const protocol = version === 5 ? "mqttv5" : "mqttv311";
	return ["-h", "localhost", "-p", `${port}`, "-V", protocol, ...(secure ? certificates : [])];
}

/** Resolves when the message is published; rejects when it could not be. */
export function publish(...args: string[]): Promise<void> {
	return new Promise((resolve, reject) => {
		execFile("mosquitto_pub", args, (error) => (error ? reject(error) : resolve()));
	});
}

/** A subscriber that ends by itself after `count` messages, if it is told a number. */
export class Subscriber {
	/** "topic QoS retain payload" of each message, once it has ended. */
	readonly lines: Promise<string[]>;
	readonly #child: ChildProcess;

	constructor(count: number, ...args: string[]) {
		const all = ["-C", `${count}`, "-F", "%t %q %r %p", ...args];
		const child = spawn("mosquitto_sub", all, { stdio: ["ignore", "pipe", "inherit"] });
		this.#child = child;
		let text = "";
		child.stdout.on("data", (chunk) => {
			text += chunk;
		});
		this.lines = new Promise((resolve) => child.on("close", () => resolve(text.trim().split("\n"))));
	}

	/** Without a goodbye. */
	kill(): void {
		this.#child.kill("SIGKILL");
	}
}
