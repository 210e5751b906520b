// SPDX-License-Identifier: MIT
/**
 * One broker in a process of its own, `broker-host.js ours|aedes|none`: `none` is a server of Node that takes connections,
 * answers CONNECT and SUBSCRIBE, and keeps nothing: what a connection costs before there is a broker. Tells its port;
 * answers "cpu" and "memory" with what it has used; ends with its parent.
 */
import { once } from "node:events";
import net from "node:net";

const hosts = {
	async ours() {
		const { Broker, TcpListener } = await import("../../dist/js/simulator/broker/index.js");
		const { NodeSchedule } = await import("../../dist/js/simulator/node/index.js");
		const { port } = await new TcpListener(new Broker({ schedule: new NodeSchedule() })).listen();
		return port;
	},
	async aedes() {
		const { Aedes } = await import("aedes");
		return serve((await Aedes.createBroker()).handle);
	},
	none() {
		const connack = Buffer.from([0x20, 2, 0, 0]);
		const suback = Buffer.from([0x90, 3, 0, 1, 1]);
		return serve((socket) => {
			socket.on("data", (bytes) => socket.write(bytes[0] === 0x10 ? connack : suback));
			socket.on("error", () => {});
		});
	},
};

async function serve(handle) {
	const server = net.createServer({ noDelay: true }, handle);
	server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
	await once(server, "listening");
	return server.address().port;
}

/** Bytes: of the heap with everything outside of it that V8 knows of, and of the whole process. */
async function memory() {
	for (let n = 0; n < 4; n++) {
		globalThis.gc();
		await new Promise((done) => setTimeout(done, 50));
	}
	const { heapUsed, external, rss } = process.memoryUsage();
	return { heap: heapUsed + external, rss };
}

process.on("disconnect", () => process.exit(0));
process.on("message", async (what) => process.send(what === "cpu" ? process.cpuUsage() : await memory()));
process.send({ port: await hosts[process.argv[2]]() });
