// SPDX-License-Identifier: MIT
/** The brokers of the matrix, each behind a port for TCP, one for TLS and one for WebSocket. */
import {
	Broker,
	type BrokerEvent,
	type Profile,
	TcpListener,
	WebSocketListener,
} from "../../../simulator/broker/index.js";
import { NodeSchedule } from "../../../simulator/node/index.js";
import { freePort } from "../../simulator/node/loopback.js";
import { aedes, startAedes } from "./aedes.js";
import { Mosquitto, mosquitto, tlsLines } from "./mosquitto.js";
import type { Need } from "./needs.js";
import { serverTls } from "./transports.js";

export interface Ports {
	readonly tcp: number;
	readonly tls: number;
	readonly ws: number;
	close(): Promise<void>;
}

export interface Subject {
	readonly name: string;
	readonly need: Need;
	start(): Promise<Ports>;
}

const ours: Need = { name: "the embedded broker", found: true, hint: "" };

export const subjects: readonly Subject[] = [
	{ name: "mosquitto", need: mosquitto, start: startMosquitto },
	{ name: "aedes", need: aedes, start: startAedes },
	{ name: "the embedded broker", need: ours, start: () => startOurs("default") },
	{ name: "the embedded broker as HiveMQ", need: ours, start: () => startOurs("hivemq") },
];

async function startMosquitto(): Promise<Ports> {
	const [tls, ws] = [await freePort(), await freePort()];
	const lines = [`listener ${tls} 127.0.0.1`, ...tlsLines, `listener ${ws} 127.0.0.1`, "protocol websockets"];
	const started = await Mosquitto.start({ lines });
	return { tcp: started.port, tls, ws, close: () => started.close() };
}

/** The embedded broker; frames of a WebSocket end anywhere. */
export async function startOurs(
	profile: Profile,
	onEvent?: (event: BrokerEvent) => void,
): Promise<Ports & { readonly broker: Broker; readonly wss: number }> {
	const broker = new Broker({ schedule: new NodeSchedule(), profile, onEvent });
	let next = 0;
	const frameBytes = () => 1 + (next++ % 7);
	const listeners = [
		new TcpListener(broker),
		new TcpListener(broker, { tls: serverTls }),
		new WebSocketListener(broker, { frameBytes }),
		new WebSocketListener(broker, { frameBytes, tls: serverTls }),
	];
	const ports: number[] = [];
	for (const listener of listeners) ports.push((await listener.listen()).port);
	const [tcp, tls, ws, wss] = ports;
	return {
		broker,
		tcp,
		tls,
		ws,
		wss,
		async close() {
			broker.close();
			for (const listener of listeners) await listener.close();
		},
	};
}
