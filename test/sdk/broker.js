// SPDX-License-Identifier: MIT
/** A mosquitto of our own for one case: on a free port of loopback, with its sessions in a temporary folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** @returns {Promise<number>} */
export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	server.close();
	await once(server, "close");
	return port;
}

export class Broker {
	port = 0;
	/** What it said, for whoever looks for a reason. */
	log = "";
	/** @type {import("node:child_process").ChildProcess | undefined} */
	#process;
	#folder = mkdtempSync(join(tmpdir(), "ringbuoy-sdk-"));

	/** @param {string[]} [lines] more of its configuration, for its listener */
	async start(lines = []) {
		this.port = await freePort();
		const configuration = [
			`listener ${this.port} 127.0.0.1`,
			...lines,
			"allow_anonymous true",
			"persistence true",
			`persistence_location ${this.#folder}/`,
			"max_inflight_messages 100",
			"max_queued_messages 10000",
			// started by root it would become another user, who may not write into the folder
			`user ${userInfo().username}`,
		];
		writeFileSync(join(this.#folder, "mosquitto.conf"), `${configuration.join("\n")}\n`);
		await this.#run();
	}

	/** In order, so that its sessions survive; and up again. */
	async restart() {
		await this.#end();
		await this.#run();
	}

	async stop() {
		await this.#end();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	async #run() {
		const child = spawn("mosquitto", ["-c", join(this.#folder, "mosquitto.conf"), "-v"], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		this.#process = child;
		child.stderr.setEncoding("utf8").on("data", (text) => (this.log = (this.log + text).slice(-2_000_000)));
		for (let i = 0; i < 200; i++) {
			if (child.exitCode !== null) throw new Error(`mosquitto did not start:\n${this.log}`);
			if (await answers(this.port)) return;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		throw new Error(`mosquitto does not listen:\n${this.log}`);
	}

	async #end() {
		const child = this.#process;
		this.#process = undefined;
		if (child === undefined || child.exitCode !== null) return;
		const exited = once(child, "exit");
		child.kill("SIGTERM");
		await exited;
	}
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
		socket.on("connect", () => socket.destroy());
	});
}
