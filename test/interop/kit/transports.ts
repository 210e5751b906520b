// SPDX-License-Identifier: MIT
/** The ways to a broker, for our client and for MQTT.js. */
import type { IClientOptions } from "mqtt";
import { WebSocketDialler as DeviceWebSocketDialler } from "../../../firmware/drivers/websocket-dialler.js";
import type { Dialler } from "../../../lib/ports.js";
import {
	NodeClock,
	NodeRandom,
	TcpDialler,
	TlsDialler,
	WebSocketDialler,
} from "../../../simulator/node/index.js";
import { pem } from "../../simulator/node/loopback.js";

const host = "127.0.0.1";
const ca = pem("ca.pem");
const client = { ca, cert: pem("client.pem"), key: pem("client.key") };

/** A server that asks for a certificate of its clients. */
export const serverTls = {
	cert: pem("server.pem"),
	key: pem("server.key"),
	ca,
	requestCert: true,
	rejectUnauthorized: true,
};

export interface Transport {
	readonly name: string;
	/** Which of a broker's ports it needs. */
	readonly to: "tcp" | "tls" | "ws";
	dialler(port: number): Dialler & { readonly lastError: string };
	/** The same for MQTT.js. */
	readonly foreign: IClientOptions;
}

export const transports: readonly Transport[] = [
	{
		name: "TCP",
		to: "tcp",
		dialler: (port) => new TcpDialler({ host, port }),
		foreign: { protocol: "mqtt" },
	},
	{
		name: "TLS",
		to: "tls",
		dialler: (port) => new TlsDialler({ host, port, ...client }),
		foreign: { protocol: "mqtts", ...client },
	},
	{
		name: "WebSocket",
		to: "ws",
		dialler: (port) => new WebSocketDialler({ host, port }),
		foreign: { protocol: "ws", path: "/mqtt" },
	},
	{
		name: "the WebSocket of a device",
		to: "ws",
		dialler: (port) =>
			new DeviceWebSocketDialler({
				dialler: new TcpDialler({ host, port }),
				clock: new NodeClock(),
				random: new NodeRandom(),
				host: `${host}:${port}`,
			}),
		foreign: { protocol: "ws", path: "/mqtt" },
	},
];
