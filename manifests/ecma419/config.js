// SPDX-License-Identifier: MIT
/** Puts `device.network.mqtt` in place, as the SDK's `examples/io/tcp/mqttclient/config.js` does. */
import "system"; // makes `device`, before this module adds to it
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import MQTTClient from "embedded:network/mqtt/client";

globalThis.device = Object.freeze(
	{
		...globalThis.device,
		network: {
			...globalThis.device?.network,
			mqtt: {
				io: MQTTClient,
				dns: { io: Resolver, servers: ["1.1.1.1"], socket: { io: UDP } },
				socket: { io: TCP },
			},
		},
	},
	true, // what hangs on it, too: XS
);
